"""People edit how they are seen, and their followers' servers are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from federation.actor_document import actor_document
from federation.database import transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.vocabulary import AS_PUBLIC
from sebangsa.errors import Invalid
from sebangsa.lookup import actors_by_handle
from sebangsa.media.images import process_avatar, process_banner
from sebangsa.media.store import put_images
from sebangsa.models import User
from sebangsa.text.handles import find_handles
from sebangsa.text.linking import MentionTarget
from sebangsa.text.markdown import Markup, render_post
from sebangsa.text.plain import clean_name
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_NAME = 100
MAX_BIO = 2000
MAX_FIELDS = 4
MAX_FIELD = 255

Field = tuple[str, str]


@dataclass(frozen=True)
class ProfileEdit:
    """What to change; None leaves a thing as it is. `bio` and the fields' values are Markdown and text.

    `avatar` and `header` are the bytes of a picture, empty to have none.
    """

    name: str | None = None
    bio: str | None = None
    fields: Sequence[Field] | None = None
    avatar: bytes | None = None
    header: bytes | None = None
    is_locked: bool | None = None
    is_bot: bool | None = None
    is_discoverable: bool | None = None
    is_indexable: bool | None = None


async def edit_profile(site: Site, user: User, edit: ProfileEdit) -> Actor:
    """Write the changes and send `Update{Person}` to followers. Raises `Invalid` with the field, or `MediaRefused`."""
    actor = user.actor
    changes = await _changes(site, actor, edit)
    pictures, old_keys = await _pictures(site, user, edit)
    changes |= pictures
    if not changes:
        return actor
    actor.update_from_dict(changes)
    actor.updated_at = site.clock.now()
    async with transaction():
        await actor.save(update_fields=[*changes, "updated_at"])
        await user.save(update_fields=["preferences"])
        await send_update(site, actor)
        if actor.profile_fields and "profile_fields" in changes:
            await site.queue.enqueue("verify_links", actor.id)
        if old_keys:
            await site.queue.enqueue("delete_media", old_keys)
    return actor


async def send_update(site: Site, actor: Actor) -> None:
    """`Update` with the whole actor, to its followers: Mastodon reads no part of one."""
    document = await actor_document(site.federation.config, actor)
    activity = activity_about(
        "Update",
        actor,
        {name: value for name, value in document.items() if name != "@context"},
        to=[AS_PUBLIC],
        cc=[actor.followers_url],
    )
    activity["@context"] = document["@context"]
    await publish(site.federation, actor, activity, Audience(followers_of=[actor]), is_public=True)


async def _changes(site: Site, actor: Actor, edit: ProfileEdit) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if edit.name is not None:
        _must_fit(edit.name, MAX_NAME, "display_name")
        changes["name"] = clean_name(edit.name, MAX_NAME) or actor.username
    if edit.bio is not None:
        source = edit.bio.strip()
        _must_fit(source, MAX_BIO, "note")
        changes |= {"source": source, "summary": await _rendered(site, source, "markdown")}
    if edit.fields is not None:
        changes["profile_fields"] = await _fields(site, edit.fields, actor.profile_fields)
    for column, wanted in (
        ("manually_approves_followers", edit.is_locked),
        ("discoverable", edit.is_discoverable),
        ("indexable", edit.is_indexable),
    ):
        if wanted is not None:
            changes[column] = wanted
    if edit.is_bot is not None and actor.type in ("Person", "Service"):
        changes["type"] = "Service" if edit.is_bot else "Person"
    return changes


async def _fields(
    site: Site, fields: Sequence[Field], before: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    """As they are kept. What was confirmed of an unchanged link stays so."""
    confirmed = {entry["source"]: entry["verified_at"] for entry in before if entry.get("verified_at")}
    if len(fields) > MAX_FIELDS:
        raise Invalid("too-many", "A profile has at most %(most)s fields.", field="fields", most=MAX_FIELDS)
    kept = []
    for name, value in fields:
        _must_fit(name, MAX_FIELD, "fields")
        _must_fit(value, MAX_FIELD, "fields")
        cleaned, source = clean_name(name, MAX_FIELD), clean_name(value, MAX_FIELD)
        if cleaned and source:
            html = (await _rendered(site, source, "plain")).removeprefix("<p>").removesuffix("</p>")
            # Others look for it to see that the page named there is this person's.
            html = html.replace(' rel="nofollow', ' rel="me nofollow')
            entry = {"name": cleaned, "value": html, "source": source}
            kept.append(entry | ({"verified_at": confirmed[source]} if source in confirmed else {}))
    return kept


async def _rendered(site: Site, source: str, markup: Markup) -> str:
    named = await actors_by_handle(site, find_handles(source)[:10])
    targets = {
        key: MentionTarget(actor.uri, actor.url or actor.uri, actor.username, actor.is_group)
        for key, actor in named.items()
    }
    return (await render_post(source, mentions=targets, base_url=site.settings.url, markup=markup)).html


async def _pictures(site: Site, user: User, edit: ProfileEdit) -> tuple[dict[str, Any], list[str]]:
    """The new pictures' columns, and the keys of the files that they replace."""
    kept: dict[str, str] = dict(user.preferences.get("pictures", {}))
    changes: dict[str, Any] = {}
    old_keys: list[str] = []
    for kind, column, data in (("avatar", "icon_url", edit.avatar), ("header", "image_url", edit.header)):
        if data is None:
            continue
        if kind in kept:
            old_keys.append(kept.pop(kind))
        changes[column] = ""
        if data:
            processed = await process_avatar(data) if kind == "avatar" else await process_banner(data)
            kept[kind] = (await put_images(site.media, {kind: processed.large}))[kind]
            changes[column] = site.media.url(kept[kind])
    user.preferences = {**user.preferences, "pictures": kept}
    return changes, old_keys


def _must_fit(text: str, limit: int, field: str) -> None:
    if len(text) > limit:
        raise Invalid("too-long", "At most %(most)s characters fit here.", field=field, most=limit)
