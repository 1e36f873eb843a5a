"""A community at warga that somebody at kota joined: where most tests begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from communities.describing import Description
from communities.founding import create_community
from communities.membership import join
from federation.models import Actor
from sebangsa.lookup import find_actor
from sebangsa.models import Post, User
from sebangsa.posting import Draft, create_post
from tests.instances import Instance, settle


@dataclass
class Town:
    """Ani at warga owns the community `tebet`; Budi at kota is a member of it."""

    warga: Instance
    kota: Instance
    ani: User
    budi: User
    group: Actor
    """As warga holds it."""
    group_at_kota: Actor

    async def post(self, at: Instance, user: User, **draft: Any) -> Post:
        """`user` posts at their own instance; then everything travels."""
        draft = {"source": "Got di gang tiga mampet lagi."} | draft
        async with at.inside() as site:
            if "in_reply_to" not in draft:
                community = await Actor.get(uri=self.group.uri)
                draft = {"name": "Banjir lagi", "community": community} | draft
            made = await create_post(site, await Actor.get(id=user.actor_id), Draft(**draft))
        await settle(self.warga, self.kota)
        return made

    async def seen(self, at: Instance, post: Post) -> Post:
        """The same post as `at` holds it."""
        async with at.inside():
            return await Post.get(uri=post.uri).select_related("community", "author")

    async def kota_sees(self, user: User) -> Actor:
        """A person of warga as kota knows them, and the reverse."""
        async with self.kota.inside() as site:
            found = await find_actor(site, user.actor.uri)
            assert found is not None
            return found

    async def warga_sees(self, user: User) -> Actor:
        async with self.warga.inside() as site:
            found = await find_actor(site, user.actor.uri)
            assert found is not None
            return found


async def found_town(warga: Instance, kota: Instance, about: Description | None = None) -> Town:
    """Two instances in which Budi of kota joined Ani's community of warga."""
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, about or Description(title="Tebet"))
    async with kota.inside() as site:
        found = await find_actor(site, f"@tebet@{warga.site.settings.domain}")
        assert found is not None
        await join(site, budi.actor, found)
    await settle(warga, kota)
    return Town(warga, kota, ani, budi, group, found)
