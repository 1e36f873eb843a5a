"""Chats and messages as plain values for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from chat.conversations import ShownChat, ShownMessage
from chat.delivery_state import MessageDelivery
from federation.models import Actor
from sebangsa.api.entities.statuses import attachments_of
from sebangsa.text.handles import shown_domain
from sebangsa.web.pieces import Face

if TYPE_CHECKING:
    from sebangsa.site import Site

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class File:
    """A picture or other file of a message. `src` is ours and may be shown at once; a peer's is a link (`href`)."""

    href: str
    src: str
    alt: str
    width: int
    height: int
    size: int | None
    is_remote: bool


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `html` is sanitised. `delivery` is set for one's own; `day` begins a new day in the log."""

    id: int
    author: Face
    html: Markup
    at: datetime
    edited_at: datetime | None
    is_own: bool
    is_deleted: bool
    can_edit: bool
    warning: str
    files: Sequence[File]
    hides_files: bool
    delivery: MessageDelivery | None
    begins_day: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A chat in the list."""

    id: int
    title: str
    faces: Sequence[Face]
    preview: str
    at: datetime | None
    unread: int
    is_deleted: bool
    is_own_last: bool


def face(actor: Actor) -> Face:
    """Who somebody is at a glance; pictures only of our own server (no page loads another's)."""
    name, _, domain = actor.handle.partition("@")
    kind = "community" if actor.is_group else "body" if actor.type == "Organization" else "person"
    return Face(
        name=actor.name or actor.username,
        handle=f"{name}@{shown_domain(domain)}" if domain else name,
        href=actor.url if actor.is_local else f"/u/{actor.handle}",
        picture=actor.icon_url if actor.is_local else "",
        kind=kind,
    )


def title_of(shown: ShownChat) -> str:
    """Who is in it: names, and how many more."""
    names = [actor.name or actor.username for actor in shown.others]
    more = len(names) - NAMES_SHOWN + len(shown.chat.strangers)
    return ", ".join(names[:NAMES_SHOWN]) + (f" +{more}" if more > 0 else "")


def line_of(viewer: Actor, shown: ShownChat) -> Line:
    """A chat as the list shows it."""
    last = shown.last
    return Line(
        id=shown.chat.id,
        title=title_of(shown),
        faces=[face(actor) for actor in shown.others],
        preview=shown.preview,
        at=last.created_at if last else None,
        unread=shown.member.unread_count,
        is_deleted=last is not None and not last.is_shown,
        is_own_last=last is not None and last.author_id == viewer.id,
    )


def bubbles_of(site: Site, messages: Sequence[ShownMessage]) -> list[Bubble]:
    """Messages in their order."""
    made: list[Bubble] = []
    before: datetime | None = None
    for message in messages:
        post = message.post
        files = [] if message.hides_media or message.is_deleted else _files(site, message)
        made.append(
            Bubble(
                id=post.id,
                author=face(post.author),
                html=Markup(message.html),  # noqa: S704 - sanitised when it was written
                at=post.created_at,
                edited_at=post.edited_at,
                is_own=message.is_own,
                is_deleted=message.is_deleted,
                can_edit=message.is_own and not message.is_deleted and post.kind != "chat-message",
                warning=post.summary,
                files=files,
                hides_files=message.hides_media and bool(attachments_of(post)),
                delivery=message.delivery,
                begins_day=before is None or before.date() != post.created_at.date(),
            )
        )
        before = post.created_at
    return made


def _files(site: Site, message: ShownMessage) -> list[File]:
    found = []
    for attachment in attachments_of(message.post):
        is_picture = attachment.media_type.startswith("image/") and bool(attachment.key)
        found.append(
            File(
                href=site.media.url(attachment.key) if attachment.key else attachment.remote_url,
                src=site.media.url(attachment.small_key or attachment.key) if is_picture else "",
                alt=attachment.description,
                width=attachment.width or 0,
                height=attachment.height or 0,
                size=attachment.size,
                is_remote=not attachment.key,
            )
        )
    return found
