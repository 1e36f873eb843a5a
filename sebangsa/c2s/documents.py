"""Posts as the activities that brought them, made from what is kept: for one's own inbox, many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from federation.actor_document import timestamp
from federation.models import Actor
from federation.vocabulary import AS_PUBLIC
from sebangsa.addressing import addresses_of
from sebangsa.models import Attachment, Mention, Post, PostTag
from sebangsa.text.plain import excerpt
from sebangsa.wire import EXCERPT, create_activity, post_document

if TYPE_CHECKING:
    from sebangsa.site import Site


async def activities_of(site: Site, posts: Sequence[Post]) -> list[dict[str, Any]]:
    """The `Create` or `Announce` of each post, as `timelines.with_parts` fetched it; one query more for all of them.

    What came from elsewhere has the id of its object, as it is known here, and no id of its own: that is its server's
    to give, and a `Create` is not kept.
    """
    shown = [*posts, *(post.boost_of for post in posts if post.boost_of is not None)]
    parents = await _parents(shown)
    return [
        _announce(site, post, parents) if post.boost_of_id else _create(site, post, parents) for post in posts
    ]


async def objects_of(site: Site, posts: Sequence[Post]) -> list[dict[str, Any]]:
    """The objects themselves."""
    parents = await _parents(posts)
    return [_object(site, post, parents) for post in posts]


async def _parents(posts: Sequence[Post]) -> dict[int, Post]:
    ids = {post.in_reply_to_id for post in posts if post.in_reply_to_id is not None}
    if not ids:
        return {}
    return {parent.id: parent for parent in await Post.filter(id__in=ids).select_related("author")}


def _create(site: Site, post: Post, parents: Mapping[int, Post]) -> dict[str, Any]:
    activity = create_activity(post.author, _object(site, post, parents), f"{post.uri}/activity")
    if not post.is_local:
        del activity["id"]
    return activity


def _announce(site: Site, post: Post, parents: Mapping[int, Post]) -> dict[str, Any]:
    assert post.boost_of is not None
    document = _object(site, post.boost_of, parents)
    return {
        "@context": document.pop("@context"),
        "id": post.uri,
        "type": "Announce",
        "actor": post.author.uri,
        "published": timestamp(post.created_at),
        "to": [AS_PUBLIC],
        "cc": [uri for uri in (post.author.followers_url, post.boost_of.author.uri) if uri],
        "object": document,
    }


def _object(site: Site, post: Post, parents: Mapping[int, Post]) -> dict[str, Any]:
    """A post with its parts as its object. Who got one of ours without being named in it stays unnamed."""
    mentions = [mention for mention in post.mentions if isinstance(mention, Mention)]
    addressed = [m.actor for m in mentions if not (m.is_silent and post.is_local)]
    parent = parents.get(post.in_reply_to_id or 0)
    community = post.community if isinstance(post.community, Actor) else None
    attachments = sorted(
        (part for part in post.attachments if isinstance(part, Attachment)), key=lambda part: part.position
    )
    document = post_document(
        site.federation.config,
        post,
        post.author,
        addresses_of(post, post.author, addressed, community, parent.author if parent else None),
        mentioned=[m.actor for m in mentions if not m.is_silent],
        tags=[tag.name for tag in post.tags if isinstance(tag, PostTag)],
        attachments=attachments,
        attachment_urls=[part.remote_url or site.media.url(part.key) for part in attachments],
        community=community,
        in_reply_to=parent.uri if parent else "",
        excerpt=excerpt(post.content, EXCERPT) if post.kind == "page" else "",
    )
    if not post.is_local:
        document.pop("replies", None)  # where those lie, only its own server knows
    return document
