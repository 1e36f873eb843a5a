"""Reading what the forms of this feature hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from starlette.datastructures import FormData

from civic_bridge.models import CivicCommunity
from civic_bridge.photos import MAX_PHOTOS, StoredPhoto, store_photo
from civic_bridge.reporting import Filing
from federation.models import Actor
from sebangsa.errors import Invalid
from sebangsa.models import Attachment
from sebangsa.web.forms import files_of

if TYPE_CHECKING:
    from sebangsa.site import Site

WIB = timezone(timedelta(hours=7))
END_OF_WORK = time(17)


def text(form: FormData, name: str, limit: int = 20_000) -> str:
    """A text field, "" where it is absent or a file."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n").strip()[:limit] if isinstance(value, str) else ""


def number(given: str) -> int:
    """A positive whole number that the database can hold, else 0."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def degrees(form: FormData, name: str) -> float | None:
    """A coordinate, with a point or a comma. Raises `Invalid`."""
    given = text(form, name, 30).replace(",", ".")
    if not given:
        return None
    try:
        return float(given)
    except ValueError as error:
        raise Invalid("point-bad", "That is not a place on Earth.", field=name) from error


def expected(form: FormData) -> datetime | None:
    """A day until when, as the end of its working hours in Jakarta. Raises `Invalid`."""
    given = text(form, "expected", 10)
    if not given:
        return None
    try:
        day = datetime.strptime(given, "%Y-%m-%d").date()
    except ValueError as error:
        raise Invalid("day-bad", "That is not a day.", field="expected") from error
    if not 2020 <= day.year <= 2100:
        raise Invalid("day-bad", "That is not a day.", field="expected")
    return datetime.combine(day, END_OF_WORK, WIB).astimezone(UTC)


@dataclass
class Uploads:
    """Photos of a form: those kept from an earlier try, by id, and those sent now."""

    photos: list[StoredPhoto] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        return [photo.attachment.id for photo in self.photos]


async def uploads(site: Site, owner: Actor, form: FormData, phase: str = "") -> Uploads:
    """Take the photos. A form that is shown again keeps them, so that nobody uploads twice on a slow network.

    Raises `MediaRefused`, `Invalid` for more than are taken.
    """
    kept = [number(value) for value in form.getlist("kept") if isinstance(value, str)][:MAX_PHOTOS]
    found = Uploads()
    for attachment in await Attachment.filter(id__in=kept, owner_id=owner.id, post_id=None) if kept else []:
        found.photos.append(StoredPhoto(attachment, None))
    sent = await files_of(form, "photos")
    if len(found.photos) + len(sent) > MAX_PHOTOS:
        raise Invalid(
            "too-many-pictures", "A post has at most %(most)s pictures.", field="photos", most=MAX_PHOTOS
        )
    for file in sent:
        found.photos.append(await store_photo(site, owner, file, text(form, "alt", 1500), phase))
    return found


async def filing_of(form: FormData, photos: Uploads) -> Filing:
    """What the report form says. Raises `Invalid`."""
    civic = await CivicCommunity.get_or_none(
        id=number(text(form, "community", 20)), is_open=True
    ).select_related("actor")
    if civic is None:
        raise Invalid("community-needed", "Choose who should hear of it.", field="community")
    return Filing(
        community=civic.actor,
        category=text(form, "category", 40),
        title=text(form, "title", 1000),
        description=text(form, "description"),
        area_code=text(form, "area", 20) or text(form, "area_on_map", 20),
        address=text(form, "address", 1000),
        lat=degrees(form, "lat"),
        lon=degrees(form, "lon"),
        photos=photos.photos,
        idempotency_key=text(form, "key", 64),
    )
