"""A community's labels for posts: its moderators name them, authors and moderators put them on posts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from communities.authority import is_moderator
from communities.log import write_log
from communities.models import PostFlair
from federation.database import transaction
from federation.models import Actor
from federation.outbox import publish
from federation.wire.tags import Flair
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.flair import chosen_among, flair_tag, flairs_of
from sebangsa.hooks import Origin
from sebangsa.models import Post
from sebangsa.post_documents import document_of
from sebangsa.text.plain import clean_name
from sebangsa.visibility import OPEN
from sebangsa.wire import update_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_FLAIRS = 30
MAX_FLAIR = 40
_LINE = re.compile(r"(?P<name>.*?)(?:\s+(?P<colour>#[0-9a-fA-F]{6}))?\Z")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


def read_lines(community: Actor, text: str) -> list[Flair]:
    """The labels that a settings form names, one a line, each with a colour if it likes: `Banjir #1d6fa5`.

    One that has the same name as before keeps its id: posts hang on it. Raises `Invalid`.
    """
    known = {flair.display_name: flair for flair in flairs_of(community)}
    found: dict[str, Flair] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = _LINE.match(line)
        shown = clean_name(match["name"], 200) if match else ""
        if not shown or len(shown) > MAX_FLAIR:
            raise Invalid(
                "flair-long", "A label has 1 to %(most)s characters.", field="flairs", most=MAX_FLAIR
            )
        colour = ((match["colour"] if match else "") or "").lower()
        old = known.get(shown)
        name = (
            old.name
            if old
            else _free_name(shown, {flair.name for flair in (*known.values(), *found.values())})
        )
        found[shown] = Flair(f"{community.uri}/tag/{name}", name, shown, colour, "")
    if len(found) > MAX_FLAIRS:
        raise Invalid(
            "flairs-many", "A community has at most %(most)s labels.", field="flairs", most=MAX_FLAIRS
        )
    return list(found.values())


def _free_name(shown: str, taken: Collection[str]) -> str:
    base = _NOT_IN_A_NAME.sub("_", shown.lower()).strip("_") or "label"
    return next(
        name
        for number in range(1, MAX_FLAIRS * 2 + 2)
        if (name := base if number == 1 else f"{base}_{number}") not in taken
    )


def as_lines(community: Actor) -> str:
    """The labels as the form shows them."""
    return "\n".join(f"{flair.display_name} {flair.background}".strip() for flair in flairs_of(community))


async def label_new(site: Site, post: Post, origin: Origin) -> None:
    """A thread was written: what it says of labels counts as far as they are its community's."""
    if post.community_id is None or post.in_reply_to_id is not None:
        return
    if origin.object is None:
        if names := [str(tag["id"]) for tag in post.extra.get("tag", ())]:
            await _write_rows(site, post, chosen_among(await Actor.get(id=post.community_id), names))
    elif origin.object.flairs:
        await _label(site, post, [flair.id for flair in origin.object.flairs])


async def label_edited(site: Site, post: Post, origin: Origin) -> None:
    """A peer edited a thread: its labels are those that it has now."""
    if post.community_id is None or post.in_reply_to_id is not None or origin.object is None:
        return
    await _label(site, post, [flair.id for flair in origin.object.flairs])


async def _label(site: Site, post: Post, ids: Sequence[str]) -> list[Flair]:
    assert post.community_id is not None
    flairs = chosen_among(await Actor.get(id=post.community_id), ids)
    post.extra = {name: value for name, value in post.extra.items() if name != "tag"}
    if flairs:
        post.extra |= {"tag": [flair_tag(flair) for flair in flairs]}
    await post.save(update_fields=["extra"])
    await PostFlair.filter(post_id=post.id).delete()
    await _write_rows(site, post, flairs)
    return flairs


async def _write_rows(site: Site, post: Post, flairs: Sequence[Flair]) -> None:
    await PostFlair.bulk_create(
        [PostFlair(id=site.ids.next(), post=post, flair=flair.id) for flair in flairs]
    )


async def relabel(site: Site, by: Actor, post: Post, ids: Sequence[str]) -> None:
    """Its author or a moderator gives a post of ours other labels; an `Update` by that person says so (Lemmy 1.0).

    A post of another server is labelled there: Lemmy and we refuse an edit of what lies on another host than the editor.
    Raises `NotAllowed`.
    """
    community = await Actor.get(id=post.community_id) if post.community_id else None
    if community is None or post.in_reply_to_id is not None or not post.is_local:
        raise NotAllowed("not-labelled-here", "The labels of this post cannot be changed here.")
    is_author = by.id == post.author_id
    if not is_author and not await is_moderator(community, by):
        raise NotAllowed("not-a-moderator", "Only its author and moderators may do this.")
    if is_author:
        await site.hooks.may_edit.ask(by, post)
    async with transaction():
        flairs = await _label(site, post, ids)
        if not is_author:
            await log_labels(site, community, by, post, flairs)
        document, addresses = await document_of(site, post)
        update = update_activity(by, document, site.clock.now())
        sent = await publish(
            site.federation, by, update, addresses.audience, is_public=post.visibility in OPEN
        )
        await site.hooks.post_edited.emit(post, Origin(sent.body))


async def receive_labels(site: Site, by: Actor, post: Post, community: Actor, ids: Sequence[str]) -> None:
    """A moderator elsewhere gave a post other labels, in the transaction under way; nothing else of it changes."""
    await log_labels(site, community, by, post, await _label(site, post, ids))


async def label_as_stated(site: Site, post: Post, ids: Sequence[str]) -> None:
    """A post of a community elsewhere gets the labels that it has there, in the transaction under way."""
    await _label(site, post, ids)


async def log_labels(site: Site, community: Actor, by: Actor, post: Post, flairs: Sequence[Flair]) -> None:
    """Write it into the log."""
    names = ", ".join(flair.display_name for flair in flairs)
    await write_log(site, community, by, "label", post=post, reason=names)
