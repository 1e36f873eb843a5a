"""`Move`: an account or community of another server tells its followers where it went (FEP-7628, Mastodon)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.actors import store_actor
from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import Refused
from federation.wire import read_actor
from sebangsa.moving import may_move, write_move

if TYPE_CHECKING:
    from sebangsa.site import Site


async def receive_move(site: Site, inbound: Inbound) -> None:
    """The old account moves itself, and to nobody who does not list it in a document read this moment (S-046)."""
    activity = inbound.activity
    if activity.object_id != inbound.actor.uri or not inbound.is_authentic:
        raise Refused("not-the-author", f"{inbound.actor.uri} moves {activity.object_id[:200]}")
    if not activity.target:
        raise Refused("missing-field", "target")
    target = await _as_it_is_now(site, inbound, activity.target)
    if await may_move(site, inbound.actor, target):
        await write_move(site, inbound.actor, target)


async def _as_it_is_now(site: Site, inbound: Inbound, uri: str) -> Actor:
    known = await inbound.actor_at(uri)
    if known.is_local:
        return known
    document = read_actor(inbound.document_at(uri), allow_http=site.settings.is_development)
    return await store_actor(site.federation, document, domain=known.domain)
