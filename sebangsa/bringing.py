"""A post that a list of another server names becomes a row here, as if it had been sent, if it belongs in that list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from federation import strict_json
from federation.actors import resolve_actor
from federation.inbound import Inbound
from federation.models import Actor
from federation.processing import handle
from federation.refusals import Refused
from federation.urls import host_of
from federation.vocabulary import ACTIVITY_TYPES, AS_PUBLIC
from federation.wire import ObjectDocument, id_of, read_activity, read_object, types_of
from federation.wire.shapes import total_of
from sebangsa.counts import COLLECTIONS, stated_columns
from sebangsa.models import Post, Visibility
from sebangsa.receiving import MAX_ANCESTORS, is_written_to

if TYPE_CHECKING:
    from sebangsa.site import Site

WRAPPINGS = frozenset({"Create", "Announce"})


@dataclass(frozen=True, slots=True)
class Place:
    """Which list names a post: that of a thread (`root`), else of a community or person (`owner`), served by `host`."""

    host: str
    root: Post | None = None
    owner: Actor | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """`document` is what was read of the post, None where it was known."""

    post: Post
    document: dict[str, Any] | None


async def bring(site: Site, item: Any, place: Place) -> Brought | None:
    """As `_bring`, with what the list says of its votes."""
    brought = await _bring(site, item, place)
    if brought is not None and brought.document is not None:
        await _take_counts_of(site, brought.post, item, place)
    return brought


async def _bring(site: Site, item: Any, place: Place) -> Brought | None:
    """The post that an item of a list is about, written if it belongs there. Never inside a transaction.

    `item` is an id, an object, or a `Create` or `Announce` of one. None for what does not belong there, is not public,
    bears no date or is no post. Raises `Refused` where it cannot be read.
    """
    fed = site.federation
    value = unwrapped(item)
    uri = id_of(value)
    if not uri:
        return None
    known = await Post.get_or_none(uri=uri)
    if known is not None or fed.config.is_ours(uri):
        return Brought(known, None) if known is not None and _is_at(known, place) else None
    if _is_announced_for_another(item, uri, place):
        return await _bring_announced(site, item, uri, place)
    document = await _document_of(site, value, uri, place)
    obj = read_object(document, allow_http=fed.config.development)
    if obj.id != uri and (known := await Post.get_or_none(uri=obj.id)) is not None:
        return Brought(known, None) if _is_at(known, place) else None
    if not await _is_readable(obj, place):
        return None
    if place.root is not None:
        return await _bring_comment(site, document, obj, place, place.root)
    owner = place.owner
    if owner is None or (obj.in_reply_to and not await Post.exists(uri=obj.in_reply_to)):
        return None
    if not (is_written_to(obj, owner) if owner.is_group else obj.attributed_to == owner.uri):
        return None
    return await _write(site, document, obj, owner if owner.is_group else None)


def unwrapped(item: Any) -> Any:
    """The post that an item is about: itself, or the object of its `Create` or `Announce`; None for other activities."""
    for _ in range(3):
        if not isinstance(item, dict) or not set(types_of(item)) & ACTIVITY_TYPES:
            return item
        if not set(types_of(item)) & WRAPPINGS:
            return None
        item = item.get("object")
    return None


def _is_at(post: Post, place: Place) -> bool:
    if place.root is not None:
        return (post.root_id or post.id) == place.root.id
    if place.owner is None or post.kind == "boost":
        return False
    return place.owner.id in (post.community_id, post.author_id)


async def _is_readable(obj: ObjectDocument, place: Place) -> bool:
    """Only what anybody, or every member of the community, may read is read because somebody asks. Without a date it would
    stand at the top as news.
    """
    if obj.published is None or obj.is_poll_vote:
        return False
    if obj.is_public or obj.is_unlisted:
        return True
    group = await group_of(place.root, place.owner)
    return group is not None and group.followers_url in (*obj.to, *obj.cc)


async def group_of(root: Post | None, owner: Actor | None) -> Actor | None:
    """The community for members whose list or thread it is."""
    if owner is not None:
        return owner if owner.is_members_only else None
    if root is None or root.visibility != Visibility.MEMBERS:
        return None
    return await Actor.get_or_none(id=root.community_id or 0)


def _is_announced_for_another(item: Any, uri: str, place: Place) -> bool:
    """A community passes on an activity of a third server: its proof may spare us a fetch."""
    return (
        place.owner is not None
        and place.owner.is_group
        and isinstance(item, dict)
        and "Announce" in types_of(item)
        and isinstance(item.get("object"), dict)
        and "Create" in types_of(item["object"])
        and host_of(uri) != place.host
    )


async def _bring_announced(site: Site, item: dict[str, Any], uri: str, place: Place) -> Brought | None:
    fed, group = site.federation, place.owner
    assert group is not None
    obj = unwrapped(item)
    if isinstance(obj, dict):
        read = read_object(obj, allow_http=fed.config.development)
        if not await _is_readable(read, place):
            return None
    activity = read_activity(item, allow_http=fed.config.development)
    if activity.actor != group.uri:
        return None
    await handle(Inbound(fed, activity, group, item, strict_json.dumps(item).decode(), is_asked_for=True))
    post = await Post.get_or_none(uri=uri)
    return Brought(post, obj if isinstance(obj, dict) else {}) if post is not None else None


async def _document_of(site: Site, value: Any, uri: str, place: Place) -> dict[str, Any]:
    """As embedded when the host that served the list is its own, else as its own host serves it (S-044)."""
    if isinstance(value, dict) and host_of(uri) == place.host and "attributedTo" in value:
        return value
    return await _document_at(site, uri, place)


async def _document_at(site: Site, uri: str, place: Place) -> dict[str, Any]:
    client, tokens = site.federation.client, site.federation.actor_tokens
    shown = await tokens.authorization(site.federation, await group_of(place.root, place.owner), uri)
    document = (await client.get_document(uri, authorization=shown)).document
    if not set(types_of(document)) & ACTIVITY_TYPES:
        return document
    inner = unwrapped(document)
    inner_uri = id_of(inner)
    if not inner_uri:
        raise Refused("not-an-object", uri)
    if isinstance(inner, dict) and host_of(inner_uri) == host_of(uri) and "attributedTo" in inner:
        return inner
    return (await client.get_document(inner_uri)).document


async def _bring_comment(
    site: Site, document: dict[str, Any], obj: ObjectDocument, place: Place, root: Post
) -> Brought | None:
    """Write a comment, and those between it and what we have of its thread. A thread's list cannot bring in posts of
    another, nor a ring or an endless chain (S-052, S-053).
    """
    fed = site.federation
    chain = [(document, obj)]
    while True:
        above = chain[-1][1].in_reply_to
        if not above or len(chain) > MAX_ANCESTORS or any(entry.id == above for _, entry in chain):
            return None
        parent = await Post.get_or_none(uri=above)
        if parent is not None:
            if (parent.root_id or parent.id) != root.id:
                return None
            break
        if fed.config.is_ours(above):
            return None
        found = await _document_at(site, above, place)
        read = read_object(found, allow_http=fed.config.development)
        if not await _is_readable(read, place):
            return None
        chain.append((found, read))
    brought = None
    # Whose people may answer what is for members, only that community knows.
    group = await group_of(root, None)
    for found, read in reversed(chain):
        brought = await _write(site, found, read, group)
    return brought


async def _write(
    site: Site, document: dict[str, Any], obj: ObjectDocument, group: Actor | None
) -> Brought | None:
    """Hand it to those who take in posts, as the `Create` that its author's server would have sent."""
    fed = site.federation
    author = await resolve_actor(fed, obj.attributed_to)
    await fed.registry.admit(author.host, author)
    if not author.is_usable:
        raise Refused("suspended-actor", author.uri)
    create = {
        "id": f"{obj.id}#read",
        "type": "Create",
        "actor": author.uri,
        "object": document,
        "to": [AS_PUBLIC],
    }
    activity = read_activity(create, allow_http=fed.config.development)
    # There is no text to pass on.
    await handle(Inbound(fed, activity, author, create, "", announcer=group, is_asked_for=True))
    post = await Post.get_or_none(uri=obj.id)
    if post is None:
        return None
    return Brought(post, document)


async def _take_counts_of(site: Site, post: Post, item: Any, place: Place) -> None:
    """A community says in its outbox, on the `Announce`, how often each post was voted on there, whoever's it is."""
    owner = place.owner
    if owner is None or not isinstance(item, dict) or "Announce" not in types_of(item):
        return
    if post.community_id != owner.id or owner.host != place.host:
        return
    likes, dislikes, shares = (total_of(item.get(name)) for name in COLLECTIONS)
    columns = stated_columns(likes, dislikes, shares, post.created_at, site.clock.now())
    if columns:
        await Post.filter(id=post.id, likes_count=0, dislikes_count=0).update(**columns)
