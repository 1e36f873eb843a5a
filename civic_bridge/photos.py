"""Photos of a report: made safe, stored, and compared with the place that was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civic_bridge.areas import NotInIndonesia, check_point, distance_km
from federation.models import Actor
from sebangsa.models import Attachment
from sebangsa.uploads import MAX_DESCRIPTION, upload_picture

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


async def store_photo(
    site: Site, owner: Actor, data: bytes, description: str = "", phase: str = ""
) -> StoredPhoto:
    """Take an upload. What the file said besides its pixels is left behind (EXIF, S-124).

    `phase` is `before`, `during` or `after` for an office's evidence. Raises `MediaRefused`, `Invalid`.
    """
    uploaded = await upload_picture(site, owner, data, description=description[:MAX_DESCRIPTION])
    if phase:
        uploaded.attachment.extra = {"civic:phase": phase}
        await uploaded.attachment.save(update_fields=["extra"])
    return StoredPhoto(uploaded.attachment, _readable(uploaded.place))


def _readable(place: tuple[float, float] | None) -> tuple[float, float] | None:
    if place is None:
        return None
    try:
        check_point(*place)
    except NotInIndonesia:
        return None  # a camera without a fix writes 0, 0
    return place


def place_flags(
    lat: float | None, lon: float | None, places: Sequence[tuple[float, float] | None]
) -> list[str]:
    """`photo-elsewhere` when a photo was taken far from the given point."""
    if lat is None or lon is None:
        return []
    far = any(place and distance_km(lat, lon, *place) > ELSEWHERE_KM for place in places)
    return ["photo-elsewhere"] if far else []
