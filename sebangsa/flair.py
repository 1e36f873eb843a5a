"""A community's labels for posts (`CommunityPostTag`), kept as wire JSON in `extra` of the community and of the post.

Only the community says which labels there are: any other on a post is not believed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire.tags import Flair, read_flairs
from sebangsa.models import Post

MAX_ON_POST = 3
MAX_ID = 500
"""Characters of an id: databases index no long ones."""


def flairs_of(community: Actor) -> list[Flair]:
    """The labels that a community has, ours or as its own host describes it."""
    return [flair for flair in read_flairs(community.extra.get("tag")) if _is_its_own(community, flair)]


def _is_its_own(community: Actor, flair: Flair) -> bool:
    if len(flair.id) > MAX_ID:
        return False
    try:
        return host_of(flair.id) == host_of(community.uri)
    except Refused:
        return False


def chosen_among(community: Actor, names: Collection[str]) -> list[Flair]:
    """The community's labels with these ids or names; others are passed over."""
    return [flair for flair in flairs_of(community) if flair.id in names or flair.name in names][:MAX_ON_POST]


def flair_tag(flair: Flair) -> dict[str, Any]:
    """A label as it stands in the `tag` of a group or a post (Lemmy 1.0), with PieFed's name and colour."""
    tag = {
        "type": "CommunityPostTag",
        "id": flair.id,
        "preferredUsername": flair.name,
        "display_name": flair.display_name,
    }
    return tag | ({"background_color": flair.background} if flair.background else {})


def labels_of(post: Post, community: Actor) -> list[Flair]:
    """A post's labels, as the community calls them now."""
    ids = {flair.id for flair in read_flairs(post.extra.get("tag"))}
    return [flair for flair in flairs_of(community) if flair.id in ids] if ids else []
