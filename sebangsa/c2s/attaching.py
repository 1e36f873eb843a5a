"""What an app hangs on a post: pictures that its person uploaded before, and one link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from federation.models import Actor
from federation.wire import text_of, types_of
from federation.wire.shapes import as_list, link_of, plain
from sebangsa.api.access import Call
from sebangsa.c2s.endpoints import UPLOADS
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Attachment
from sebangsa.posting import MAX_PICTURES
from sebangsa.uploads import MAX_DESCRIPTION, MAX_WAITING, describe_upload

if TYPE_CHECKING:
    from sebangsa.site import Site


def upload_uri(site: Site, attachment: Attachment) -> str:
    """The id of an upload."""
    return site.federation.config.url(f"{UPLOADS}/{attachment.id}")


def upload_document(site: Site, owner: Actor, attachment: Attachment) -> dict[str, Any]:
    """An upload as the object that is named or embedded as `attachment`."""
    document: dict[str, Any] = {
        "id": upload_uri(site, attachment),
        "type": "Image",
        "attributedTo": owner.uri,
        "mediaType": attachment.media_type,
        "url": site.media.url(attachment.key),
        "width": attachment.width,
        "height": attachment.height,
        "blurhash": attachment.blurhash,
    }
    if attachment.description:
        document["name"] = attachment.description
    if attachment.focus_x is not None and attachment.focus_y is not None:
        document["focalPoint"] = [attachment.focus_x, attachment.focus_y]
    return document


async def read_attachments(call: Call, document: Mapping[str, Any]) -> tuple[list[Attachment], str]:
    """The uploads that an object names, by id or by address, and its link or "".

    Raises `Invalid` (`picture-unusable`) for anything that is not an unused upload of the person's own (S-106): we show
    nothing that lies elsewhere as ours.
    """
    uploads: list[Attachment] = []
    link = ""
    given = as_list(document.get("attachment")) + as_list(document.get("image"))
    waiting = await _waiting(call.site, call.me) if given else {}
    for item in given:
        entry: Mapping[str, Any] = plain(item) if isinstance(item, dict) else {"id": item}
        if "Link" in types_of(entry) and not text_of(entry.get("mediaType")).startswith("image/"):
            if link:
                raise Invalid("one-link", "A post is about one link.", field="attachment")
            link = link_of(entry.get("href"))
            continue
        found = next((waiting[a] for a in _addresses(entry) if a in waiting), None)
        if found is None:
            raise Invalid(
                "picture-unusable", "That picture is not yours or was used already.", field="attachment"
            )
        uploads.append(await _described(found, entry))
    if len(uploads) > MAX_PICTURES:
        raise Invalid(
            "too-many-pictures",
            "A post has at most %(most)s pictures.",
            field="attachment",
            most=MAX_PICTURES,
        )
    return uploads, link


async def upload_named(call: Call, value: Any) -> Attachment:
    """The one unused upload that a value names. Raises `NotFound`."""
    waiting = await _waiting(call.site, call.me)
    for item in as_list(value)[:1]:
        for address in _addresses(plain(item) if isinstance(item, dict) else {"id": item}):
            if address in waiting:
                return waiting[address]
    raise NotFound


async def _waiting(site: Site, owner: Actor) -> dict[str, Attachment]:
    """One's unused uploads, by id and by address."""
    found = await Attachment.filter(owner_id=owner.id, post_id=None).order_by("-id").limit(MAX_WAITING)
    return {
        address: attachment
        for attachment in found
        for address in (upload_uri(site, attachment), site.media.url(attachment.key))
    }


def _addresses(entry: Mapping[str, Any]) -> list[str]:
    named = [value for key in ("id", "url", "href") for value in as_list(entry.get(key))]
    return [found for found in map(link_of, named) if found]


async def _described(attachment: Attachment, entry: Mapping[str, Any]) -> Attachment:
    name = text_of(entry.get("name") or entry.get("summary"), limit=MAX_DESCRIPTION + 1)
    if name and name != attachment.description:
        await describe_upload(attachment, description=name)
    return attachment
