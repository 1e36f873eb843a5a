"""A moderator's act goes its way: announced by a community of ours, or sent to the one elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from communities.announcing import announce_activity
from federation.models import Actor
from federation.outbox import Audience, publish

if TYPE_CHECKING:
    from sebangsa.site import Site


async def enact(
    site: Site,
    moderator: Actor,
    community: Actor,
    activity: dict[str, Any],
    received: str = "",
    *,
    told: Sequence[Actor] = (),
) -> None:
    """Make an act known, in the transaction that writes its effect.

    `received` is the JSON text of the act when a remote moderator sent it: then it goes round as it came, and only a
    community of ours announces anything. `told` get the act itself besides: who is banned follows no more. Not so on
    microblogs, which would take a ban for the moderator's own `Block` of that person.
    """
    body = received
    if not received:
        if not moderator.is_local:
            return
        reached = [
            actor for actor in told if (await site.federation.profiles.of(actor.host)).reads_activities
        ]
        sent = await publish(site.federation, moderator, activity, Audience(actors=[community, *reached]))
        body = sent.body
    if community.is_local:
        await announce_activity(site, community, body)
