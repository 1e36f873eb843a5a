"""What relays say to the server's own actor: yes, no, and that they follow it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.database import after_commit
from federation.inbound import Inbound
from federation.local_actors import server_actor
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.registry import Verdict
from sebangsa.models import Relay, RelayKind, RelayState
from sebangsa.relays.confirmed import confirmed_relays
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site


async def receive_answer(site: Site, inbound: Inbound, state: RelayState) -> Verdict | None:
    """`Accept` or `Reject` of our Follow. A relay may take its yes back; only who was asked may answer."""
    relay = await _asked(site, inbound)
    if relay is None:
        return Verdict.PASS
    if relay.state == state:
        return None
    relay.state = state
    relay.actor_id = inbound.actor.id
    relay.answered_at = site.clock.now()
    await relay.save(update_fields=["state", "actor_id", "answered_at"])
    after_commit(confirmed_relays(site).forget)
    return None


async def _asked(site: Site, inbound: Inbound) -> Relay | None:
    """The relay whose answer it is: by the id of our Follow or, embedded without one, by who sends it.

    Mastodon's kind is known by its inbox alone, so that any actor on the inbox's host may answer, but of several only
    the first: what follows must come from the same.
    """
    activity = inbound.activity
    mine = Relay.filter(host=inbound.actor.host)
    relay = await mine.filter(follow_uri=activity.object_id or "").first()
    if relay is None and activity.inner is not None and activity.inner.type == "Follow":
        us = await server_actor(site.federation)
        if activity.inner.actor == us.uri:
            relay = await mine.filter(actor_id=inbound.actor.id).first()
    if relay is None or relay.actor_id not in (None, inbound.actor.id):
        return None
    return relay


async def receive_follow(site: Site, inbound: Inbound, target: Actor) -> None:
    """A relay follows the server, as LitePub's do to be sent posts. Nobody else may: the server publishes nothing."""
    relay = await _added(inbound.actor)
    if relay is None:
        return
    await Relay.filter(id=relay.id).update(follows_back=True)
    after_commit(confirmed_relays(site).forget)
    asked = activity_about(
        "Follow", inbound.actor, target.uri, to=[target.uri], cc=[], id=inbound.activity.id or ""
    )
    del asked["@context"]
    accepted = activity_about("Accept", target, asked, to=[inbound.actor.uri], cc=[])
    await publish(site.federation, target, accepted, Audience(inbox_urls=[relay.inbox_url]))


async def receive_undo_follow(site: Site, inbound: Inbound) -> None:
    """A relay does not want our posts any more."""
    relay = await _added(inbound.actor)
    if relay is not None:
        await Relay.filter(id=relay.id).update(follows_back=False)
        after_commit(confirmed_relays(site).forget)


async def _added(actor: Actor) -> Relay | None:
    return await Relay.filter(kind=RelayKind.LITEPUB, actor_id=actor.id).first()
