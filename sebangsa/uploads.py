"""Pictures that people upload: made safe and small, stored, and kept for the post that will use them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from federation.models import Actor
from sebangsa.errors import Invalid, NotFound
from sebangsa.media.images import process_image
from sebangsa.media.opening import Place
from sebangsa.media.store import put_images
from sebangsa.models import Attachment

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_DESCRIPTION = 1500
"""Characters of a picture's description: Mastodon's limit."""
MAX_WAITING = 50
"""Uploads that one person may leave unused."""
UNUSED_FOR = timedelta(days=1)

Focus = tuple[float, float]


@dataclass(frozen=True)
class Uploaded:
    """`place` is where the camera says it was: offer it to the uploader once; it is stored nowhere."""

    attachment: Attachment
    place: Place | None


async def upload_picture(
    site: Site, owner: Actor, data: bytes, *, description: str = "", focus: Focus | None = None
) -> Uploaded:
    """Take a picture of any accepted kind; only `owner` may use it, once.

    Raises `MediaRefused` for what is no usable picture, `Invalid` for a description that is too long.
    """
    checked = _description(description)
    if await Attachment.filter(owner_id=owner.id, post_id=None).count() >= MAX_WAITING:
        raise Invalid(
            "too-many-uploads", "Use or remove the pictures that you uploaded before.", field="file"
        )
    processed = await process_image(data)
    keys = await put_images(site.media, {"original": processed.original, "feed": processed.feed})
    attachment = await Attachment.create(
        id=site.ids.next(),
        owner=owner,
        media_type=processed.original.content_type,
        key=keys["original"],
        small_key=keys["feed"],
        description=checked,
        width=processed.original.width,
        height=processed.original.height,
        size=processed.original.size,
        blurhash=processed.blurhash,
        focus_x=focus[0] if focus else None,
        focus_y=focus[1] if focus else None,
        created_at=site.clock.now(),
    )
    return Uploaded(attachment, processed.gps)


async def waiting_upload(owner: Actor, upload_id: int) -> Attachment:
    """One's own upload that no post uses yet. Raises `NotFound`, also for another's (S-077)."""
    found = await Attachment.get_or_none(id=upload_id, owner_id=owner.id, post_id=None)
    if found is None:
        raise NotFound
    return found


async def describe_upload(
    attachment: Attachment, *, description: str | None = None, focus: Focus | None = None
) -> Attachment:
    """Change the description, or the point that must stay visible in a crop."""
    if description is not None:
        attachment.description = _description(description)
    if focus is not None:
        attachment.focus_x, attachment.focus_y = focus
    await attachment.save(update_fields=["description", "focus_x", "focus_y"])
    return attachment


async def drop_upload(site: Site, attachment: Attachment) -> None:
    """Remove an unused upload and its files."""
    removed = await Attachment.filter(id=attachment.id, post_id=None).delete()
    if removed:
        await site.queue.enqueue(
            "delete_media", [key for key in (attachment.key, attachment.small_key) if key]
        )


async def drop_unused(site: Site) -> None:
    """A job: remove uploads that were never used (S-106)."""
    old = site.clock.now() - UNUSED_FOR
    for attachment in await Attachment.filter(post_id=None, owner_id__isnull=False, created_at__lt=old).limit(
        500
    ):
        await drop_upload(site, attachment)


def _description(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_DESCRIPTION:
        raise Invalid(
            "too-long",
            "A description has at most %(most)s characters.",
            field="description",
            most=MAX_DESCRIPTION,
        )
    return text


def read_focus(text: str) -> Focus | None:
    """`x,y`, each from -1 to 1; None for nothing. Raises `Invalid`."""
    if not text.strip():
        return None
    x, comma, y = text.partition(",")
    try:
        focus = (float(x), float(y))
    except ValueError as error:
        raise Invalid("focus-invalid", "A focus is written x,y, each from -1 to 1.", field="focus") from error
    if not comma or not all(-1 <= value <= 1 for value in focus):
        raise Invalid("focus-invalid", "A focus is written x,y, each from -1 to 1.", field="focus")
    return focus
