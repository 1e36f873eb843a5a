"""People of other software join communities of ours, and leave, in words of their own: `Join` and `Leave` for a follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.inbound import Inbound
from federation.models import Actor, Follow
from federation.refusals import Refused
from federation.registry import Verdict
from sebangsa import following
from sebangsa.inbound import receive_follow

if TYPE_CHECKING:
    from sebangsa.site import Site


async def receive_join(site: Site, inbound: Inbound) -> Verdict | None:
    """`Join` of a community of ours: what Smithereen sends where others send a `Follow`. Events are one floor below."""
    if await _joined(inbound.activity.object_id) is None:
        return Verdict.PASS
    if not inbound.is_authentic:
        raise Refused("not-allowed", "nobody joins for others")
    return await receive_follow(site, inbound)


async def receive_leave(site: Site, inbound: Inbound) -> Verdict | None:
    """`Leave` of a community of ours: its end."""
    return await _leave(site, inbound, inbound.activity.object_id)


async def receive_undo_join(site: Site, inbound: Inbound) -> Verdict | None:
    """The same, said as `Undo`."""
    inner = inbound.activity.inner
    assert inner is not None
    return await _leave(site, inbound, inner.object_id)


async def _leave(site: Site, inbound: Inbound, uri: str) -> Verdict | None:
    community = await _joined(uri)
    if community is None:
        return Verdict.PASS
    if not inbound.is_authentic:
        raise Refused("not-allowed", "nobody leaves for others")
    made = await Follow.get_or_none(follower_id=inbound.actor.id, target_id=community.id)
    if made is not None:
        await following.end(site, made, inbound.actor, community)
    return None


async def _joined(uri: str) -> Actor | None:
    return await Actor.get_or_none(uri=uri, type="Group", host="", deleted_at=None) if uri else None
