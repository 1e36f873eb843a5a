"""Dewi on her Fedify server has heard of a community at warga."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from federation.models import Actor, InboundActivity
from tests.instances import Instance, settle, unfinished
from tests.interop import our_side
from tests.interop.fedify_peer import FedifyPeer
from tests.interop.our_side import OurSide


@dataclass
class Meeting(OurSide):
    peer: FedifyPeer
    _refused: set[str] = field(default_factory=set)

    @property
    def community(self) -> str:
        """The community's handle, as Dewi types it."""
        return self.handle(self.tebet.username)

    def handle(self, name: str) -> str:
        """That of somebody at warga."""
        return f"@{name}@{self.warga.site.settings.domain}"

    async def dewi(self, act: str, **wanted: Any) -> dict[str, str]:
        """Dewi acts, and everything travels. The ids of her activity (`id`) and of what it is about (`object`)."""
        made: dict[str, str] = await self.peer.ask(act, **wanted)
        await settle(self.warga)
        return made

    async def dewi_may_not(self, act: str, **wanted: Any) -> None:
        """What she does is taken, judged, and has no effect."""
        made = await self.dewi(act, **wanted)
        async with self.warga.inside():
            row = await InboundActivity.get(uri=made["id"])
        assert row.state == "refused", (row.state, act, wanted)
        self._refused.add(made["id"])

    async def followers(self) -> int:
        """How many follow the community."""
        async with self.warga.inside():
            return (await Actor.get(id=self.tebet.id)).followers_count

    async def is_announced_once(self, activity: str) -> None:
        """The group passed on this activity of Dewi's, as she sent it: the bytes were not made anew."""
        [entry] = [
            entry
            for entry in await self.peer.received("Announce")
            if entry["activity"]["objectId"] == activity
        ]
        assert entry["activity"]["actor"] == self.tebet.uri
        async with self.warga.inside():
            came = await InboundActivity.get(uri=activity)
        assert entry["document"]["object"] == json.loads(came.body)

    async def ends_well(self) -> None:
        """Fedify took and proved all that we sent, and we took all of hers that was not meant to be refused."""
        for entry in await self.peer.received():
            assert (entry["status"], entry["signer"]) == (202, entry["document"]["actor"]), entry
            # Each activity of ours is proven by its author; what the group announces is proven inside, and a vote is not
            # at all: nobody is to pass it on.
            is_proven_by_its_author = entry["activity"]["type"] != "Announce" and "#votes/" not in str(
                entry["activity"]["id"]
            )
            assert entry["isProven"] == is_proven_by_its_author, entry
        found = await unfinished(self.warga.site)
        assert found["deliveries"] == []
        surprises = [line for line in found["inbound"] if not any(uri in line for uri in self._refused)]
        assert surprises == []


async def arrange(warga: Instance, peer: FedifyPeer) -> Meeting:
    ours = await our_side.arrange(warga)
    return Meeting(ours.warga, ours.ani, ours.budi, ours.tebet, peer)
