"""A community elsewhere that somebody joined is not empty here: its newest threads are read from its outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from federation import strict_json
from federation.inbound import Inbound
from federation.models import Actor
from federation.processing import handle
from federation.refusals import Refused
from federation.wire import read_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

NEWEST = 20
"""Threads that are read: each may cost two fetches at other servers."""

log = structlog.get_logger("communities.backfilling")


async def ask_for_backfill(site: Site, follower: Actor, target: Actor) -> None:
    """The first of ours joined a community elsewhere, in the transaction that wrote it."""
    if target.is_group and not target.is_local and follower.is_local and target.posts_count == 0:
        await site.queue.enqueue("backfill_community", target.id, key=f"backfill:{target.id}")


async def backfill_community(site: Site, community_id: int) -> None:
    """Read the newest threads, each as if the group announced it now; what is refused is passed over."""
    group = await Actor.get_or_none(id=community_id)
    if group is None or not group.is_usable or not group.outbox_url:
        return
    fed = site.federation
    try:
        items = await fed.client.collection_items(group.outbox_url, max_items=NEWEST, max_pages=3)
    except Refused as refusal:
        log.info("an outbox could not be read", community=group.uri, reason=str(refusal))
        return
    for item in reversed(items):
        if not isinstance(item, dict):
            continue
        try:
            activity = read_activity(item, allow_http=site.settings.is_development)
            if activity.type != "Announce" or activity.actor != group.uri:
                continue
            await handle(Inbound(fed, activity, group, item, strict_json.dumps(item).decode()))
        except Refused as refusal:
            log.info("a thread could not be read", community=group.uri, reason=str(refusal))
