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
from sebangsa.models import Post
from sebangsa.web.pieces import Face, Picture
from sebangsa.web.presenting import face_of, pictures_of

if TYPE_CHECKING:
    from sebangsa.site import Site

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `html` is sanitised; `files` are (address, description) of what is no picture.

    `delivery` is set for one's own; `begins_day` for the first of a day in the log.
    """

    id: int
    author: Face
    html: Markup
    at: datetime
    edited_at: datetime | None
    is_own: bool
    is_deleted: bool
    can_edit: bool
    warning: str
    pictures: Sequence[Picture]
    files: Sequence[tuple[str, str]]
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


def title_of(shown: ShownChat) -> str:
    """Who is in it: names, and how many more."""
    names = [actor.name or actor.username for actor in shown.others]
    more = len(names) - NAMES_SHOWN + len(shown.chat.strangers)
    return ", ".join(names[:NAMES_SHOWN]) + (f" +{more}" if more > 0 else "")


def line_of(site: Site, viewer: Actor, shown: ShownChat) -> Line:
    """A chat as the list shows it."""
    last = shown.last
    return Line(
        id=shown.chat.id,
        title=title_of(shown),
        faces=[face_of(site, actor) for actor in shown.others],
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
        shows_files = not message.hides_media and not message.is_deleted
        made.append(
            Bubble(
                id=post.id,
                author=face_of(site, post.author),
                html=Markup(message.html),  # noqa: S704 - sanitised when it was written
                at=post.created_at,
                edited_at=post.edited_at,
                is_own=message.is_own,
                is_deleted=message.is_deleted,
                can_edit=message.is_own and not message.is_deleted and post.kind != "chat-message",
                warning=post.summary,
                pictures=pictures_of(site, post) if shows_files else [],
                files=_files(site, post) if shows_files else [],
                hides_files=message.hides_media and bool(attachments_of(post)),
                delivery=message.delivery,
                begins_day=before is None or before.date() != post.created_at.date(),
            )
        )
        before = post.created_at
    return made


def _files(site: Site, post: Post) -> list[tuple[str, str]]:
    return [
        (site.media.url(part.key) if part.key else part.remote_url, part.description)
        for part in attachments_of(post)
        if not part.media_type.startswith("image/")
    ]
