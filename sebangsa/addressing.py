"""To whom a post goes: `to` and `cc` on the wire, and whose inboxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from federation.models import Actor
from federation.outbox import Audience
from federation.vocabulary import AS_PUBLIC
from sebangsa.models import Post, Visibility


@dataclass(frozen=True)
class Addresses:
    """`to` and `cc` as they stand in the document, and the inboxes they mean."""

    to: list[str]
    cc: list[str]
    audience: Audience


def addresses_of(
    post: Post,
    author: Actor,
    mentioned: Sequence[Actor],
    community: Actor | None = None,
    parent_author: Actor | None = None,
    *,
    blind: Sequence[Actor] = (),
) -> Addresses:
    """Who gets a post.

    A direct post has exactly its mentioned in `to` and nobody in `cc`: Pixelfed takes it for a message only so,
    and Lemmy reads exactly one `to` (chat.md b1). A post into a community addresses the group first (interop b1); for its
    members alone, the group and its followers and nobody else. Who is in `blind` gets it without standing in it.
    """
    people = [actor.uri for actor in mentioned]
    if post.visibility == Visibility.MEMBERS and community is not None:
        # The community passes it on to its members' servers: nobody else is told, not even who is named.
        return Addresses([community.uri, community.followers_url], [], Audience(actors=[community]))
    if post.visibility == Visibility.DIRECT:
        return Addresses(people, [], Audience(actors=mentioned, personal=True))
    reached = [*mentioned]
    if parent_author is not None and parent_author.id not in {actor.id for actor in reached}:
        reached.append(parent_author)
        people.append(parent_author.uri)
    if community is not None:
        reached.append(community)
    # At their own inboxes: nothing else says to the server there whom it is for.
    unnamed = [actor.inbox_url for actor in blind if not actor.is_local and actor.is_usable]
    audience = Audience(actors=reached, followers_of=[author], inbox_urls=unnamed)
    if community is not None and post.visibility == Visibility.PUBLIC:
        return Addresses([community.uri, AS_PUBLIC], [*people, author.followers_url], audience)
    if post.visibility == Visibility.PUBLIC:
        return Addresses([AS_PUBLIC], [author.followers_url, *people], audience)
    if post.visibility == Visibility.UNLISTED:
        return Addresses([author.followers_url], [AS_PUBLIC, *people], audience)
    return Addresses([author.followers_url], people, audience)


def also_to(addresses: Addresses, actor: Actor) -> Addresses:
    """The same, and one more person: whose post is quoted must hear of it."""
    if actor.uri in (*addresses.to, *addresses.cc):
        return addresses
    audience = replace(addresses.audience, actors=[*addresses.audience.actors, actor])
    return Addresses(addresses.to, [*addresses.cc, actor.uri], audience)
