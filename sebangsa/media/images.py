"""Making pictures safe and small: every upload is decoded and drawn anew in the sizes that we serve."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sebangsa.media.opening import (
    DEFAULT_LIMITS,
    IMAGE_REFUSALS,
    ImageLimits,
    MediaRefused,
    OpenedImage,
    Place,
    fitted_size,
    open_image,
)

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "DEFAULT_LIMITS",
    "IMAGE_REFUSALS",
    "EncodedImage",
    "ImageLimits",
    "MediaRefused",
    "ProcessedAvatar",
    "ProcessedBanner",
    "ProcessedImage",
    "process_avatar",
    "process_banner",
    "process_image",
]

T = TypeVar("T")

ORIGINAL_SIDE, FEED_SIDE, THUMBNAIL_SIDE = 1920, 640, 320
AVATAR_SIDE, SMALL_AVATAR_SIDE = 400, 48
BANNER_SIZE, SMALL_BANNER_SIZE = (1500, 500), (640, 213)
FEED_BUDGET = 60_000  # bytes: what a picture in a feed may cost a prepaid phone
SMALL_AVATAR_BUDGET = 1_500
EMOJI_SIDE, EMOJI_BUDGET = 64, 3_000

# Pictures are the only work here that fills a core for long: two at once leave the loop and the other work
# alive, and bound the memory of decoding (S-099). Per process, since cores and memory are too.
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="pictures")


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """One size of a picture, ready to store: pixels and nothing beside them."""

    data: bytes
    content_type: str
    extension: str
    width: int
    height: int

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class ProcessedImage:
    """A picture in the sizes that we serve.

    `original` is at most 1920 px long, JPEG, or WebP where it is see-through; `feed` (640 px) and `thumbnail`
    (320 px) are WebP. `gps` is (latitude, longitude) as the camera wrote it: offer it to the uploader once,
    then forget it.
    """

    original: EncodedImage
    feed: EncodedImage
    thumbnail: EncodedImage
    blurhash: str
    gps: Place | None

    @property
    def variants(self) -> Mapping[str, EncodedImage]:
        """Name → size, as `put_images` takes them."""
        return {"original": self.original, "feed": self.feed, "thumbnail": self.thumbnail}


@dataclass(frozen=True, slots=True)
class ProcessedAvatar:
    """The middle square of a picture as WebP: 400 px, and 48 px of at most about 1.5 KB."""

    large: EncodedImage
    small: EncodedImage
    blurhash: str

    @property
    def variants(self) -> Mapping[str, EncodedImage]:
        return {"large": self.large, "small": self.small}


@dataclass(frozen=True, slots=True)
class ProcessedBanner:
    """The middle 3:1 of a picture: at most 1500 × 500 JPEG, and 640 px WebP."""

    large: EncodedImage
    small: EncodedImage
    blurhash: str

    @property
    def variants(self) -> Mapping[str, EncodedImage]:
        return {"large": self.large, "small": self.small}


async def process_image(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> ProcessedImage:
    """A posted picture or report photo. Raises `MediaRefused`; stores nothing."""
    return await _in_pool(_process_image, data, limits)


async def process_avatar(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> ProcessedAvatar:
    """A person's or community's picture. Raises `MediaRefused`; stores nothing."""
    return await _in_pool(_process_avatar, data, limits)


async def process_banner(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> ProcessedBanner:
    """The wide picture on top of a profile. Raises `MediaRefused`; stores nothing."""
    return await _in_pool(_process_banner, data, limits)


async def process_emoji(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> EncodedImage:
    """A custom emoji of another server, with its proportions; of a moving one the first picture. Raises `MediaRefused`."""
    return await _in_pool(_process_emoji, data, limits)


async def _in_pool(work: Callable[[bytes, ImageLimits], T], data: bytes, limits: ImageLimits) -> T:
    return await asyncio.get_running_loop().run_in_executor(_POOL, work, data, limits)


def _process_image(data: bytes, limits: ImageLimits) -> ProcessedImage:
    opened = open_image(data, limits, ORIGINAL_SIDE)
    whole = opened.pixels
    feed = _resized(whole, fitted_size(whole.size, FEED_SIDE))
    thumbnail = _resized(feed, fitted_size(feed.size, THUMBNAIL_SIDE))
    return ProcessedImage(
        original=_as_original(opened),
        feed=_as_webp(feed, FEED_BUDGET),
        thumbnail=_as_webp(thumbnail, FEED_BUDGET // 3),
        blurhash=blurhash_of(thumbnail),
        gps=opened.gps,
    )


def _process_avatar(data: bytes, limits: ImageLimits) -> ProcessedAvatar:
    # Decoded larger than shown: the middle square of a long picture is only a part of it.
    square = _middle(open_image(data, limits, ORIGINAL_SIDE).pixels, 1, 1)
    large = _resized(square, fitted_size(square.size, AVATAR_SIDE))
    small = _resized(large, fitted_size(large.size, SMALL_AVATAR_SIDE))
    return ProcessedAvatar(
        _as_webp(large, FEED_BUDGET // 2), _as_webp(small, SMALL_AVATAR_BUDGET), blurhash_of(small)
    )


def _process_emoji(data: bytes, limits: ImageLimits) -> EncodedImage:
    pixels = open_image(data, limits, THUMBNAIL_SIDE).pixels
    return _as_webp(_resized(pixels, fitted_size(pixels.size, EMOJI_SIDE)), EMOJI_BUDGET)


def _process_banner(data: bytes, limits: ImageLimits) -> ProcessedBanner:
    opened = open_image(data, limits, ORIGINAL_SIDE)
    wide = _middle(opened.pixels, *BANNER_SIZE)
    large = _resized(wide, fitted_size(wide.size, BANNER_SIZE[0]))
    small = _resized(large, fitted_size(large.size, SMALL_BANNER_SIZE[0]))
    encoded = _as_original(OpenedImage(large, opened.source_format, None))
    return ProcessedBanner(encoded, _as_webp(small, FEED_BUDGET // 2), blurhash_of(small))


def _resized(image: Image, size: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    return image if image.size == size else image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)


def _middle(image: Image, wide: int, high: int) -> Image:
    """The largest middle part with the proportions `wide`:`high`."""
    width = min(image.width, max(1, image.height * wide // high))
    height = min(image.height, max(1, image.width * high // wide))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _as_original(opened: OpenedImage) -> EncodedImage:
    image = opened.pixels
    if image.mode == "RGBA":
        return _encoded(image, "WEBP", quality=82, method=2)
    # Screenshots and drawings come as PNG or GIF: their thin coloured lines need full colour resolution.
    drawn = opened.source_format in ("PNG", "GIF")
    return _encoded(image, "JPEG", quality=82, progressive=True, subsampling="4:4:4" if drawn else "4:2:0")


def _as_webp(image: Image, budget: int) -> EncodedImage:
    """WebP of the first quality that fits the budget in bytes, or of the last one."""
    encoded = None
    for quality in (76, 62, 46, 32, 18):
        encoded = _encoded(image, "WEBP", quality=quality, alpha_quality=80, method=4)
        if encoded.size <= budget:
            break
    assert encoded is not None
    return encoded


_WIRE_TYPES = {"JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp"), "PNG": ("image/png", "png")}


def _encoded(image: Image, image_format: str, **options: Any) -> EncodedImage:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    content_type, extension = _WIRE_TYPES[image_format]
    return EncodedImage(buffer.getvalue(), content_type, extension, image.width, image.height)


def blurhash_of(image: Image) -> str:
    """A short text from which a client paints a blur while the picture loads; glass counts as white."""
    import blurhash
    from PIL import Image as images

    tiny = _resized(image, fitted_size(image.size, 32))
    if tiny.mode == "RGBA":
        ground = images.new("RGBA", tiny.size, (255, 255, 255, 255))
        tiny = images.alpha_composite(ground, tiny)
    raw = tiny.convert("RGB").tobytes()
    width, height = tiny.size
    rows = [[raw[i : i + 3] for i in range(y * width * 3, (y + 1) * width * 3, 3)] for y in range(height)]
    across, down = (4, 3) if width >= height else (3, 4)
    return str(blurhash.encode(rows, across, down))
