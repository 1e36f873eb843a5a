"""Publishing (interim; the delivery developer replaces this file)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from federation import strict_json
from federation.database import after_commit, transaction
from federation.models import Actor, Delivery, Follow, OutboundActivity, Peer

if TYPE_CHECKING:
    from federation.federation import Federation


@dataclass(frozen=True)
class Audience:
    actors: Sequence[Actor] = ()
    followers_of: Sequence[Actor] = ()
    inbox_urls: Sequence[str] = ()
    personal: bool = False


async def publish(
    fed: Federation,
    actor: Actor,
    activity: dict[str, Any],
    audience: Audience,
    *,
    is_public: bool = False,
    proof: bool = True,
) -> OutboundActivity:
    async with transaction():
        row_id = fed.ids.next()
        document = {"id": fed.config.url(f"/a/{row_id}"), **activity}
        if "id" in activity:
            document["id"] = activity["id"]
        known = await OutboundActivity.get_or_none(uri=document["id"])
        if known is not None:
            document["id"] = f"{document['id']}#{row_id}"
        body = strict_json.dumps(document).decode()
        row = await OutboundActivity.create(
            id=row_id,
            uri=document["id"],
            type=document["type"],
            actor=actor,
            body=body,
            is_public=is_public,
            created_at=fed.clock.now(),
        )
        inboxes: dict[str, str] = {}
        for target in audience.actors:
            if not target.is_local:
                inboxes[target.inbox_url if audience.personal else target.delivery_url] = target.host
        for followed in audience.followers_of:
            for made in await Follow.filter(target_id=followed.id, state="accepted").select_related(
                "follower"
            ):
                if not made.follower.is_local:
                    inboxes[made.follower.delivery_url] = made.follower.host
        for url, host in inboxes.items():
            await Peer.get_or_create(host=host, defaults={"created_at": fed.clock.now()})
            await Delivery.create(
                id=fed.ids.next(), activity=row, host=host, inbox_url=url, run_at=fed.clock.now()
            )
        after_commit(lambda: fed.wake("deliver"))
    return row
