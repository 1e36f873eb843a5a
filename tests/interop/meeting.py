"""Ani's community at warga, its member Budi, and Dewi who has heard of it on her Fedify server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from communities.describing import Description
from communities.founding import create_community
from communities.membership import join
from federation.models import Actor
from sebangsa.models import Post, User
from sebangsa.posting import Draft, create_post
from tests.instances import Instance, settle
from tests.interop.fedify_peer import FedifyPeer


@dataclass
class Meeting:
    warga: Instance
    peer: FedifyPeer
    ani: User
    """Owner of the community."""
    budi: User
    group: Actor

    @property
    def community(self) -> str:
        """The community's handle, as Dewi types it."""
        return f"@{self.group.username}@{self.warga.site.settings.domain}"

    async def dewi(self, act: str, **wanted: Any) -> dict[str, str]:
        """Dewi acts, and everything travels. The ids of her activity (`id`) and of what it is about (`object`)."""
        made: dict[str, str] = await self.peer.ask(act, **wanted)
        await settle(self.warga)
        return made

    async def post(self, author: User, **draft: Any) -> Post:
        """Somebody at warga writes into the community, and everything travels."""
        async with self.warga.inside() as site:
            community = await Actor.get(id=self.group.id)
            made = await create_post(
                site, await Actor.get(id=author.actor_id), Draft(**{"community": community} | draft)
            )
        await settle(self.warga)
        return made

    async def seen(self, uri: str) -> Post:
        """A post as warga holds it now."""
        async with self.warga.inside():
            return await Post.get(uri=uri).select_related("author", "community", "in_reply_to")

    async def page(self, path: str) -> str:
        """What anybody reads at an address of warga."""
        async with self.warga.http.get(self.warga.url + path) as answer:
            assert answer.status == 200, path
            return await answer.text()

    async def followers(self) -> int:
        """How many follow the community."""
        async with self.warga.inside():
            return (await Actor.get(id=self.group.id)).followers_count


async def arrange(warga: Instance, peer: FedifyPeer) -> Meeting:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
        await join(site, budi.actor, group)
    return Meeting(warga, peer, ani, budi, group)
