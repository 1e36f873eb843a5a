"""Photos of a report: made safe, stored, and compared with the place that was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civic_bridge.areas import NotInIndonesia, check_point, distance_km
from federation.models import Actor
from sebangsa.media.images import process_image
from sebangsa.media.store import put_images
from sebangsa.models import Attachment

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_PHOTOS = 4
ELSEWHERE_KM = 1.0
"""A photo taken further away than this from the given place is flagged for people (S-124)."""


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """An upload that waits for its post, and where the camera says it was taken (told to nobody)."""

    attachment: Attachment
    place: tuple[float, float] | None


async def store_photo(site: Site, owner: Actor, data: bytes, description: str = "", phase: str = "") -> StoredPhoto:
    """Take an upload. What the file said besides its pixels is left behind (EXIF, S-124).

    `phase` is `before`, `during` or `after` for an office's evidence. Raises `MediaRefused`.
    """
    image = await process_image(data)
    keys = await put_images(site.media, image.variants)
    attachment = await Attachment.create(
        id=site.ids.next(),
        owner=owner,
        media_type=image.original.content_type,
        key=keys["original"],
        small_key=keys["feed"],
        description=description.strip()[:1500],
        width=image.original.width,
        height=image.original.height,
        size=image.original.size,
        blurhash=image.blurhash,
        extra={"civic:phase": phase} if phase else {},
        created_at=site.clock.now(),
    )
    return StoredPhoto(attachment, _readable(image.gps))


def _readable(place: tuple[float, float] | None) -> tuple[float, float] | None:
    if place is None:
        return None
    try:
        check_point(*place)
    except NotInIndonesia:
        return None  # a camera without a fix writes 0, 0
    return place


def place_flags(lat: float | None, lon: float | None, places: Sequence[tuple[float, float] | None]) -> list[str]:
    """`photo-elsewhere` when a photo was taken far from the given point."""
    if lat is None or lon is None:
        return []
    far = any(place and distance_km(lat, lon, *place) > ELSEWHERE_KM for place in places)
    return ["photo-elsewhere"] if far else []
