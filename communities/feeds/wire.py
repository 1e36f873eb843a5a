"""A feed as ActivityPub JSON, in shapes that PieFed and Lemmy 1.0 both read. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from federation.contexts import context_for
from federation.models import Actor
from federation.vocabulary import AS_PUBLIC
from sebangsa.wire import activity_about


def feed_extra(uri: str) -> dict[str, Any]:
    """What a feed's document says besides what every actor's does; kept in `Actor.extra`.

    `attributedTo` leads PieFed to a list of owners and Lemmy to a person: see `owner_document`.
    """
    return {"attributedTo": owner_address(uri), "sensitive": False}


def owner_address(uri: str) -> str:
    """Where a feed of ours says whose it is."""
    return f"{uri}/owner"


def owner_document(owner: dict[str, Any]) -> dict[str, Any]:
    """The owner's own document, which Lemmy reads behind `attributedTo`, and in it the list that PieFed reads there."""
    return owner | {"orderedItems": [owner["id"]]}


def following_document(feed: Actor, communities: Sequence[str], total: int) -> dict[str, Any]:
    """What a feed lists, in one piece: a `Collection` with `items` is all that Lemmy parses; PieFed reads `items` too."""
    return {
        "@context": context_for(),
        "id": feed.following_url,
        "type": "Collection",
        "totalItems": total,
        "items": list(communities),
    }


def change(kind: str, feed: Actor, community: Actor, inner_id: str) -> dict[str, Any]:
    """`Announce` of an `Add` or `Remove`: how PieFed's feeds tell that a community came or went."""
    inner = activity_about(
        kind,
        feed,
        {"type": "Group", "id": community.uri},
        to=[AS_PUBLIC],
        cc=[feed.followers_url],
        id=inner_id,
        target={"type": "Collection", "id": feed.following_url},
    )
    del inner["@context"]
    return activity_about("Announce", feed, inner, to=[AS_PUBLIC], cc=[feed.followers_url])


def update(owner: Actor, feed: Actor, document: dict[str, Any]) -> dict[str, Any]:
    """`Update` by the owner: Lemmy takes one from nobody but whom `attributedTo` names, and reads the list anew upon it."""
    embedded = {name: value for name, value in document.items() if name != "@context"}
    embedded["attributedTo"] = owner.uri
    return activity_about(
        "Update", owner, embedded, to=[feed.uri, AS_PUBLIC], cc=[feed.followers_url], audience=feed.uri
    ) | {"@context": document["@context"]}


def deletion(actor: Actor, feed: Actor) -> dict[str, Any]:
    """`Delete` with the type beside the id: PieFed looks for feeds only there."""
    return activity_about(
        "Delete", actor, {"type": "Feed", "id": feed.uri}, to=[AS_PUBLIC], cc=[feed.followers_url]
    )
