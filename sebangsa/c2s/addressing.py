"""Whom an app addresses: `to`, `cc`, `bto`, `bcc` and `audience`, read as a visibility, a community and people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from federation.models import Actor
from federation.vocabulary import AS_PUBLIC
from federation.wire import ids_of
from federation.wire.shapes import objects_of
from sebangsa.api.access import Call
from sebangsa.c2s.finding import addressee
from sebangsa.errors import Invalid
from sebangsa.models import Visibility
from sebangsa.posting import MAX_MENTIONS

KEYS = ("to", "cc", "bto", "bcc", "audience")


@dataclass(frozen=True)
class Addressed:
    """Who gets a post. `blind` are those who are named in `bto` or `bcc` alone."""

    visibility: Visibility
    community: Actor | None
    people: list[Actor] = field(default_factory=list)
    blind: list[Actor] = field(default_factory=list)


async def read_addresses(call: Call, *documents: Mapping[str, Any]) -> Addressed:
    """The addresses of an activity and its object together: either may name them (6.2). Asks other servers.

    Public in `to` is public, in `cc` unlisted; the own followers without it are followers only; people alone are a
    direct post, and what names a private community is for its members. Nothing is ever wider than what is said. Raises
    `Invalid` for whom nobody knows, for two communities, and for a community in a post that is not public.
    """
    named = {key: _ids(documents, key) for key in KEYS}
    visibility = _visibility(call.me, named)
    open_ids = [*named["to"], *named["cc"], *named["audience"], *_mentioned(documents)]
    actors = await _actors(call, [*open_ids, *named["bto"], *named["bcc"]])
    groups = [actor for actor in actors.values() if actor.is_group]
    if len(groups) > 1:
        raise Invalid("one-community", "A post goes into one community.", field="audience")
    if groups and groups[0].is_members_only:
        visibility = Visibility.MEMBERS
    elif groups and visibility != Visibility.PUBLIC:
        raise Invalid("community-needs-public", "What goes into a community is public.", field="to")
    people = [actors[uri] for uri in dict.fromkeys(open_ids) if uri in actors]
    blind = [actor for uri, actor in actors.items() if uri not in open_ids]
    if visibility == Visibility.DIRECT and len(blind) == 1 and not people:
        people, blind = blind, []  # a message to one: that one knows of it anyway
    return Addressed(
        visibility,
        groups[0] if groups else None,
        [actor for actor in people if not actor.is_group],
        [actor for actor in blind if not actor.is_group],
    )


def says_visibility(me: Actor, *documents: Mapping[str, Any]) -> Visibility | None:
    """The visibility that the addresses of a document say, or None where it has none."""
    named = {key: _ids(documents, key) for key in KEYS}
    return _visibility(me, named) if any(named.values()) else None


def _visibility(me: Actor, named: Mapping[str, list[str]]) -> Visibility:
    if AS_PUBLIC in (*named["to"], *named["bto"], *named["audience"]):
        return Visibility.PUBLIC
    if AS_PUBLIC in (*named["cc"], *named["bcc"]):
        return Visibility.UNLISTED
    if any(me.followers_url in ids for ids in named.values()):
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


def _ids(documents: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    return list(dict.fromkeys(uri for document in documents for uri in ids_of(document.get(key))))


def _mentioned(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Who stands in a `Mention` tag is addressed by it, as on every server that reads tags."""
    return [
        uri
        for document in documents
        for tag in objects_of(document.get("tag"))
        if tag.get("type") == "Mention"
        for uri in ids_of(tag.get("href"))
    ]


async def _actors(call: Call, uris: Iterable[str]) -> dict[str, Actor]:
    """The actors among the addresses, by id, without the person and their followers."""
    passed_over = {AS_PUBLIC, call.me.followers_url}
    wanted = [uri for uri in dict.fromkeys(uris) if uri not in passed_over]
    if len(wanted) > 1:  # a community for members, and those members
        passed_over |= await _followers_of_groups(wanted)
        wanted = [uri for uri in wanted if uri not in passed_over]
    if len(wanted) > MAX_MENTIONS:
        raise Invalid("too-many", "A post names at most %(most)s people.", field="to", most=MAX_MENTIONS)
    found = {uri: await addressee(call, uri) for uri in wanted}
    others = {uri: actor for uri, actor in found.items() if actor is not None and actor.id != call.me.id}
    return others or {uri: actor for uri, actor in found.items() if actor is not None}


async def _followers_of_groups(uris: Collection[str]) -> set[str]:
    """Which of these are the followers of a group that stands among them."""
    groups = await Actor.filter(uri__in=list(uris)[: 2 * MAX_MENTIONS], type="Group")
    return {group.followers_url for group in groups} & set(uris)
