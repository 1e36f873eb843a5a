"""Opening a picture that a stranger sent: what it is, how big, which way up, in which colours.

Nothing here trusts a name or a declared type. What comes out is bare pixels in sRGB; what the file said
beside them (place, camera, names, thumbnails) is left behind, save the place, which is handed over once.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from sebangsa.errors import Invalid

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION, _GPS_IFD = 0x0112, 0x8825
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_LARGEST_PROFILE = 1_000_000  # bytes; printers' are half of that, larger ones are an attack (S-099)
_HARD_PIXEL_LIMIT = 100_000_000
# A large picture decoded whole takes up to 300 MiB for a second: one at a time, or a small machine is full.
_LARGE = 12_500_000
_ONE_LARGE = Lock()
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_MOST_JPEG_SCANS, _MOST_JPEG_MARKERS = 64, 4096
_JPEG_MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """How large an upload may be.

    `max_pixels` (33 megapixels, as clients are used to) holds for what must be decoded whole. A baseline JPEG
    is decoded row by row at a fraction of its size, so `max_streamed_pixels` lets today's phone cameras in.
    """

    max_bytes: int = 16 * 1024 * 1024
    max_pixels: int = 33_177_600
    max_streamed_pixels: int = 80_000_000


DEFAULT_LIMITS = ImageLimits()

# code -> sentence
IMAGE_REFUSALS: dict[str, str] = {
    "empty": "The file is empty.",
    "too-large": "The picture's file is too large.",
    "too-many-pixels": "The picture has too many pixels. Send a smaller one.",
    "not-an-image": "This is not a picture that can be used here. Send a JPEG, PNG, WebP, GIF or AVIF.",
    "svg": "SVG drawings are not accepted. Send a JPEG, PNG, WebP, GIF or AVIF.",
    "heic": "HEIC pictures are not accepted. Set the camera to 'most compatible', or send a JPEG.",
    "broken-image": "The picture is damaged and cannot be read.",
}


class MediaRefused(Invalid):
    """An upload that is not taken: `code` is a key of `IMAGE_REFUSALS`; answered with 422."""

    def __init__(self, code: str) -> None:
        super().__init__(code, IMAGE_REFUSALS[code], field="file")


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """Pixels alone, upright, `RGB` or `RGBA`, no longer than asked; `gps` is (latitude, longitude)."""

    pixels: Image
    source_format: str
    gps: Place | None


def open_image(data: bytes, limits: ImageLimits, longest_side: int) -> OpenedImage:
    """Decode `data` so that its longer side is at most `longest_side` pixels. Blocking: call it in a thread.

    Raises `MediaRefused`. Size is known and judged before a single pixel is decoded (S-099).
    """
    kind = _recognise(data, limits)
    try:
        return _decode(data, kind, limits, longest_side)
    except MediaRefused:
        raise
    except Exception as error:  # a hostile file makes a decoder raise anything at all (S-103); never a 500
        raise MediaRefused("broken-image") from error


def _recognise(data: bytes, limits: ImageLimits) -> str:
    """Pillow's name of the format, from the first bytes alone (S-100)."""
    if not data:
        raise MediaRefused("empty")
    if len(data) > limits.max_bytes:
        raise MediaRefused("too-large")
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        # Its decoder sets aside memory for the whole canvas as soon as it is opened.
        _judge_size(_webp_size(data), limits.max_pixels)
        return "WEBP"
    if data[4:8] == b"ftyp":
        brands = data[8 : max(12, min(int.from_bytes(data[:4], "big"), 256))]
        if b"avif" in brands or b"avis" in brands:
            return "AVIF"
        is_heic = b"hei" in brands or b"hev" in brands or b"mif1" in brands
        raise MediaRefused("heic" if is_heic else "not-an-image")
    if b"<svg" in data[:4096].lower():
        raise MediaRefused("svg")
    raise MediaRefused("not-an-image")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Canvas size from the first chunk (RFC 9649, sections 2.5 to 2.7)."""
    chunk, head = data[12:16], data[20:30]
    if len(head) < 10:
        raise MediaRefused("broken-image")
    if chunk == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg_first_scan(data: bytes) -> int:
    """How many colour channels the first scan carries; refuses a JPEG of very many scans.

    Each scan walks the whole picture again: measured, one of 42 bytes costs 20 ms, so a small file would hold
    a core for an hour (S-103). Cameras write about ten. What follows the picture's end is not looked at:
    phones append whole films there.
    """
    at, scans, channels = 2, 0, 0
    for _ in range(_MOST_JPEG_MARKERS):
        match = _JPEG_MARKER.search(data, at)
        if match is None or match[0][-1] == _END_OF_IMAGE:
            return channels
        body = match.end()
        if match[0][-1] == _START_OF_SCAN:
            scans += 1
            channels = channels or int.from_bytes(data[body + 2 : body + 3], "big")
            if scans > _MOST_JPEG_SCANS:
                break
        at = body + int.from_bytes(data[body : body + 2], "big")
    raise MediaRefused("broken-image")


def _judge_size(size: tuple[int, int], most: int) -> None:
    if size[0] * size[1] > most:
        raise MediaRefused("too-many-pixels")


def _decode(data: bytes, kind: str, limits: ImageLimits, longest_side: int) -> OpenedImage:
    from PIL import Image

    _lower_pillows_limit()
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=[kind])
    except Image.DecompressionBombError as error:
        raise MediaRefused("too-many-pixels") from error
    streamed = (
        kind == "JPEG"
        and _jpeg_first_scan(data) == len(image.getbands())
        # Progressive, or a colour at a time: every coefficient is kept in memory, however small the result.
        and not image.info.get("progressive")
    )
    _judge_size(image.size, limits.max_streamed_pixels if streamed else limits.max_pixels)
    orientation, gps = _read_exif(image)
    profile = image.info.get("icc_profile")
    target = fitted_size(image.size, longest_side)
    if kind == "JPEG":
        # Decodes at 1/2, 1/4 or 1/8 inside the JPEG's own transform: several times faster and smaller.
        image.draft(None, target)
    with nullcontext() if streamed or image.width * image.height < _LARGE else _ONE_LARGE:
        image.load()
        small = _shrunk(_plain_mode(image), target)
    pixels = _in_srgb(small, profile)
    return OpenedImage(_upright(_bare(pixels), orientation), kind, gps)


@cache
def _lower_pillows_limit() -> None:
    """The second net under our own check: Pillow merely warns up to twice its limit, and raises beyond."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = _HARD_PIXEL_LIMIT // 2
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def fitted_size(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """`size` made to fit a square of `longest_side`, never enlarged, never below one pixel."""
    width, height = size
    scale = min(1.0, longest_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _plain_mode(image: Image) -> Image:
    """Grey, RGB, CMYK or RGBA: what can be shrunk and colour-managed."""
    if image.mode in ("L", "RGB", "CMYK", "RGBA"):
        return image
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("LA", "La", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")


def _shrunk(image: Image, target: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    if image.size == target:
        return image
    return image.resize(target, Resampling.LANCZOS, reducing_gap=2.0)


def _in_srgb(image: Image, profile: bytes | None) -> Image:
    """Colours converted from the embedded profile, which is dropped: it can name the device."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha is not None else image
    if profile and len(profile) <= _LARGEST_PROFILE:
        colours = _profile_applied(colours, profile)
    colours = colours.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        colours.putalpha(alpha)
    return colours


def _profile_applied(image: Image, profile: bytes) -> Image:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # a broken profile spoils the colours, not the picture
    return converted or image


def _bare(image: Image) -> Image:
    """The pixels in a picture that never had anything else: encoders copy comments unasked (S-104)."""
    from PIL import Image as images

    bare = images.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _upright(image: Image, orientation: int) -> Image:
    from PIL.Image import Transpose

    turn = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def _read_exif(image: Image) -> tuple[int, Place | None]:
    """Orientation (1 when unknown) and place. Broken EXIF spoils neither the picture nor the request."""
    try:
        exif = image.getexif()
        orientation = exif.get(_ORIENTATION, 1)
        gps: dict[int, Any] = exif.get_ifd(_GPS_IFD)
    except Exception:  # noqa: BLE001 - its parser meets a stranger's bytes with whatever exception comes first
        return 1, None
    return orientation if isinstance(orientation, int) else 1, _place(gps)


def _place(gps: dict[int, Any]) -> Place | None:
    try:
        latitude = _degrees(gps[_LATITUDE], gps.get(_LATITUDE_REF), "S")
        longitude = _degrees(gps[_LONGITUDE], gps.get(_LONGITUDE_REF), "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    # Cameras without a fix write zeros: nobody reports a pothole at sea off Ghana.
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0.0, 0.0):
        return None
    return latitude, longitude


def _degrees(parts: Any, reference: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError("no number")
    letter = reference.decode("ascii", "replace") if isinstance(reference, bytes) else str(reference or "")
    # Six decimals are a tenth of a metre: more than any phone knows.
    return round(-value if letter.strip("\x00 ").upper().startswith(negative) else value, 6)
