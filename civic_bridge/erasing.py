"""A citizen takes a report back, or is gone: what it said and where goes too; the steps of the office stay on record."""

from __future__ import annotations

from civic_bridge.models import Officer, Report
from federation.models import Actor
from sebangsa.hooks import Origin
from sebangsa.models import Post


async def erase_report(post: Post, origin: Origin) -> None:
    """The post of a report was deleted. In the transaction under way."""
    await Report.filter(post_id=post.id).update(description="", address="", lat=None, lon=None)


async def forget_officer(actor: Actor, origin: Origin) -> None:
    """Nobody speaks for a body with an account that ended."""
    await Officer.filter(actor_id=actor.id).delete()
