"""A community becomes one for members: what stands in it already is for them too, from now on.

There is no way back (docs/decisions/private-stays-private.md). What other servers hold is theirs: they hear that the
community is closed now, and one of ours closes what it holds as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from federation.database import execute, rows, tally
from federation.models import Actor
from federation.wire import read_actor

if TYPE_CHECKING:
    from sebangsa.site import Site

_COUNTED = """
SELECT author_id, count(*) AS written FROM posts
WHERE community_id = ? AND visibility NOT IN ('members', 'direct') AND boost_of_id IS NULL
  AND deleted_at IS NULL AND removed_at IS NULL
GROUP BY author_id
"""


_STEPS = (
    """UPDATE outbound_activities SET is_public = FALSE WHERE is_public = TRUE AND uri IN (
           SELECT b.uri FROM posts b JOIN posts p ON p.id = b.boost_of_id WHERE p.community_id = ?)""",
    "DELETE FROM posts WHERE boost_of_id IN (SELECT id FROM posts WHERE community_id = ?)",
    # What holds a copy of ours. Edits name no object: all of these authors' are shown to nobody but who was sent them.
    """UPDATE outbound_activities SET is_public = FALSE WHERE is_public = TRUE AND about IN (
           SELECT uri FROM posts WHERE community_id = ? AND is_local = TRUE)""",
    """UPDATE outbound_activities SET is_public = FALSE WHERE is_public = TRUE AND type = 'Update' AND actor_id IN (
           SELECT author_id FROM posts WHERE community_id = ? AND is_local = TRUE)""",
    """UPDATE outbound_activities SET is_public = FALSE
       WHERE is_public = TRUE AND type = 'Announce' AND actor_id = ?""",
    """UPDATE posts SET visibility = 'members', boosts_count = 0
       WHERE community_id = ? AND visibility NOT IN ('members', 'direct')""",
    "UPDATE actors SET posts_count = 0, last_post_at = NULL WHERE id = ?",
)


async def close_posts(site: Site, community: Actor) -> None:
    """Show what was posted in a community, here or elsewhere, to its members alone, in the transaction under way.

    Boosts of it end, and our own activities that hold a copy are shown no longer at their addresses. Twice is once.
    """
    for row in await rows(_COUNTED, [community.id]):
        await tally(Actor, row["author_id"], posts_count=-row["written"])
    for step in _STEPS:
        await execute(step, [community.id])


async def note_closing(site: Site, group: Actor, document: Mapping[str, Any]) -> None:
    """A community elsewhere says, in a document of its own host, that it is for members now: what we hold of it is, too.

    In the transaction under way, before the document is stored. Raises `Refused` as `read_actor`.
    """
    read = read_actor(document, allow_http=site.settings.is_development)
    said = Actor(
        type=read.type,
        host=group.host,
        extra=read.extra,
        manually_approves_followers=read.manually_approves_followers,
    )
    if said.is_members_only and not group.is_members_only:
        await close_posts(site, group)
