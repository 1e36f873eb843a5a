"""A community becomes one for members: what stands in it already is for them too, from now on.

There is no way back (docs/decisions/private-stays-private.md). What other servers hold is theirs: they hear that the
community is closed now, and one of ours closes what it holds as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise.expressions import Subquery

from federation.database import execute, rows, tally
from federation.models import Actor, OutboundActivity
from sebangsa.models import Post, Visibility

if TYPE_CHECKING:
    from sebangsa.site import Site

_COUNTED = """
SELECT author_id, count(*) AS written FROM posts
WHERE community_id = ? AND visibility NOT IN ('members', 'direct') AND boost_of_id IS NULL
  AND deleted_at IS NULL AND removed_at IS NULL
GROUP BY author_id
"""


async def close_posts(site: Site, community: Actor) -> None:
    """Show what was posted in a community, here or elsewhere, to its members alone, in the transaction under way.

    Boosts of it end, and our own activities that hold a copy are shown no longer at their addresses. Twice is once.
    """
    for row in await rows(_COUNTED, [community.id]):
        await tally(Actor, row["author_id"], posts_count=-row["written"])
    inside = Post.filter(community_id=community.id)
    await Post.filter(boost_of_id__in=Subquery(inside.values("id"))).delete()
    await inside.exclude(visibility__in=[Visibility.MEMBERS, Visibility.DIRECT]).update(
        visibility=Visibility.MEMBERS, boosts_count=0
    )
    brought = inside.filter(is_local=True)
    await OutboundActivity.filter(about__in=Subquery(brought.values("uri")), is_public=True).update(
        is_public=False
    )
    # Edits name no object of their own; nobody reads them at their address but who was sent them.
    await OutboundActivity.filter(
        type="Update", actor_id__in=Subquery(brought.values("author_id")), is_public=True
    ).update(is_public=False)
    await OutboundActivity.filter(actor_id=community.id, type="Announce", is_public=True).update(
        is_public=False
    )
    await execute("UPDATE actors SET posts_count = 0, last_post_at = NULL WHERE id = ?", [community.id])
