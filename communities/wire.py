"""A community's activities as ActivityPub JSON, in the shapes that Lemmy reads (interop b1). Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Raw

from communities.models import Community, JoinMode, Posting
from communities.state_digest import Listing, Section
from federation.actor_document import timestamp
from federation.contexts import context_for
from federation.models import Actor
from federation.vocabulary import AS_PUBLIC
from sebangsa.wire import activity_about

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English", "jv": "Basa Jawa", "su": "Basa Sunda"}


def announce(community: Actor, inner: str, **more: Any) -> dict[str, Any]:
    """`Announce` of an activity, its bytes kept exactly: a proof in it must survive (FEP-1b12, FEP-8b32)."""
    return _announce(community, Raw(inner.encode()), **more)


def announce_all(community: Actor, inner: Sequence[str], **more: Any) -> dict[str, Any]:
    """`Announce` of several activities in a collection, each byte for byte: as PieFed sends votes in batches."""
    collection = {
        "type": "OrderedCollection",
        "totalItems": len(inner),
        "orderedItems": [Raw(body.encode()) for body in inner],
    }
    return _announce(community, collection, **more)


def announce_object(community: Actor, uri: str, **more: Any) -> dict[str, Any]:
    """`Announce` of a post by its id: what Mastodon and its kin show as a boost (interop b2)."""
    return _announce(community, uri, **more)


def _announce(community: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    # Mastodon reads `to` Public as public; Lemmy and PieFed want the followers in `cc`.
    addressed: dict[str, Any] = {"to": [AS_PUBLIC], "cc": [community.followers_url]}
    if community.is_members_only:
        addressed = {"to": [community.followers_url], "cc": []}
    return activity_about("Announce", community, obj, **(addressed | more))


def append(community: Actor, uri: str) -> dict[str, Any]:
    """`Add` of a post to the wall of a community for members: how Smithereen hears of it (FEP-400e)."""
    return activity_about(
        "Add", community, uri, to=[community.followers_url], cc=[], target=community.extra["wall"]
    )


def retract(community: Actor, uri: str) -> dict[str, Any]:
    """`Delete` by the wall's owner: to readers of `Add`, a post that its moderators removed (FEP-400e)."""
    return activity_about("Delete", community, uri, to=[community.followers_url], cc=[])


def wall_document(community: Actor, uris: Sequence[str], total: int) -> dict[str, Any]:
    """The newest threads of a community for members, by their ids, for servers of members."""
    return _collection(wall_address(community), uris) | {
        "totalItems": total,
        "attributedTo": community.uri,
    }


def wall_address(community: Actor) -> str:
    """The collection of a community of ours into which its members post."""
    return f"{community.uri}/wall"


def moderation(
    kind: str, moderator: Actor, community: Actor, obj: str | dict[str, Any], **more: Any
) -> dict[str, Any]:
    """An act of a moderator: to everybody, or to the members where only they read, by way of the group."""
    everybody = community.followers_url if community.is_members_only else AS_PUBLIC
    return activity_about(
        kind, moderator, obj, to=[everybody], cc=[community.uri], audience=community.uri, **more
    )


def removal(moderator: Actor, community: Actor, uri: str, reason: str) -> dict[str, Any]:
    """`Delete` with `summary`: that key alone tells a moderator's removal from an author's deletion (Lemmy)."""
    return moderation("Delete", moderator, community, uri, summary=reason)


def warning(moderator: Actor, community: Actor, author: Actor, uri: str, reason: str) -> dict[str, Any]:
    """`Warn` of an author about a post of theirs, to them alone (Lemmy 1.0)."""
    return activity_about(
        "Warn", moderator, uri, to=[author.uri], cc=[], audience=community.uri, summary=reason
    )


def block(
    moderator: Actor,
    community: Actor,
    person: Actor,
    reason: str,
    until: datetime | None,
    *,
    removes_posts: bool,
) -> dict[str, Any]:
    """`Block` from a community. Mbin reads `expires`, the others `endTime`."""
    ends = {"endTime": timestamp(until), "expires": timestamp(until)} if until else {}
    return moderation(
        "Block",
        moderator,
        community,
        person.uri,
        target=community.uri,
        summary=reason,
        removeData=removes_posts,
        **ends,
    )


def undo(moderator: Actor, community: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    """`Undo` of an act of moderation, embedded with an id of its own: the first one's id may be another moderator's."""
    embedded = {name: value for name, value in undone.items() if name != "@context"}
    return moderation("Undo", moderator, community, embedded)


def group_extra(community: Actor, rules: Community) -> dict[str, Any]:
    """What a community's document says besides what every actor's does; kept in `Actor.extra`.

    `manuallyApprovesFollowers` stays false where joining needs approval and everybody reads: Lemmy takes a group with it
    for private and then drops its public posts (interop b1). A group for members is `closed`: in Smithereen's words one
    that can be asked for, where a `private` one invites.
    """
    extra: dict[str, Any] = {
        "postingRestrictedToMods": rules.posting == Posting.MODERATORS,
        "sensitive": False,
    }
    if rules.language:
        name = LANGUAGES.get(rules.language, rules.language)
        extra["language"] = [{"identifier": rules.language, "name": name}]
    if rules.join_mode == JoinMode.APPROVAL:
        extra["manuallyApprovesFollowers"] = False
    if rules.join_mode == JoinMode.PRIVATE:
        extra |= {"accessType": "closed", "wall": wall_address(community)}
    return extra


def moderators_document(community: Actor, moderators: Sequence[Actor]) -> dict[str, Any]:
    """The moderators, as ids, in the order of their rank: Lemmy's first is the top moderator."""
    return _collection(community.moderators_url, [actor.uri for actor in moderators])


def featured_document(community: Actor, posts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The pinned posts in full: Lemmy parses each as a `Page`."""
    items = [{name: value for name, value in post.items() if name != "@context"} for post in posts]
    return _collection(community.featured_url, items)


def followers_document(community: Actor) -> dict[str, Any]:
    """How many there are, in the one shape that Lemmy parses: a `Collection` with no items."""
    return {
        "@context": context_for(),
        "id": community.followers_url,
        "type": "Collection",
        "totalItems": community.followers_count,
        "items": [],
    }


def state_document(community: Actor, since: datetime, sections: Mapping[Section, Listing]) -> dict[str, Any]:
    """A community's moderation state: for each section its digest, and where its list stands."""
    address = state_address(community)
    return {
        "@context": context_for("group"),
        "id": address,
        "type": "ModerationState",
        "attributedTo": community.uri,
        "startTime": timestamp(since),
        "sections": [
            {
                "type": "OrderedCollection",
                "name": section.value,
                "totalItems": len(listing.items),
                "digest": listing.digest,
                **({"id": f"{address}/{section.value}"} if section != Section.ABOUT else {}),
            }
            for section, listing in sections.items()
        ],
    }


def state_section(
    community: Actor, section: Section, listing: Listing, page: int | None, size: int
) -> dict[str, Any]:
    """One section's list: in one piece when it fits a page, else its first page's address, or the page asked for."""
    address = f"{state_address(community)}/{section.value}"
    total = len(listing.items)
    root: dict[str, Any] = {
        "@context": context_for("group"),
        "id": address,
        "type": "OrderedCollection",
        "totalItems": total,
        "isWhole": listing.is_whole,
    }
    if page is None:
        return root | ({"orderedItems": list(listing.items)} if total <= size else {"first": f"{address}/1"})
    return {
        "@context": context_for("group"),
        "id": f"{address}/{page}",
        "type": "OrderedCollectionPage",
        "partOf": address,
        "orderedItems": list(listing.items[(page - 1) * size : page * size]),
        **({"next": f"{address}/{page + 1}"} if page * size < total else {}),
    }


def state_address(community: Actor) -> str:
    """Where a community of ours shows its moderation state."""
    return f"{community.uri}/state"


def _collection(uri: str, items: Sequence[Any]) -> dict[str, Any]:
    return {
        "@context": context_for("object"),
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": list(items),
    }
