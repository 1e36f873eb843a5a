"""A private community: what is written in it is for its members, on every server, whichever way somebody comes.

Ani owns `arisan` at warga. Budi at kota and Citra at desa are members; Dewi at warga and Eka at kota are not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from communities import membership, wire
from communities.audiences import readers_of_activities
from communities.describing import Description, describe_community
from communities.founding import create_community
from communities.listing import threads, Order
from communities.models import JoinMode
from federation.actor_tokens import LONGEST, SCHEME, issue_token
from federation.local_actors import server_actor
from federation.models import Actor, Follow, OutboundActivity
from federation.outbox import Audience, publish
from federation.refusals import Refused
from sebangsa import boosting, quoting, timelines, voting
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, Post, User, Visibility
from sebangsa.posting import Draft, create_post, delete_post, edit_post
from sebangsa.visibility import may_read, readable
from tests.foreign_server import PUBLIC, foreign_server
from tests.instances import Instance, settle

Start = Callable[..., Awaitable[Instance]]
PRIVATE = Description(title="Arisan", join_mode=JoinMode.PRIVATE)


@dataclass
class Arisan:
    warga: Instance
    kota: Instance
    desa: Instance
    people: dict[str, tuple[Instance, User]]
    uri: str

    async def settle(self) -> None:
        await settle(self.warga, self.kota, self.desa)

    async def posts(self, who: str, source: str, *, below: Post | None = None, **draft: Any) -> Post:
        instance, user = self.people[who]
        async with instance.inside() as site:
            if below is not None:
                draft["in_reply_to"] = await Post.get(uri=below.uri)
            else:
                draft |= {"community": await Actor.get(uri=self.uri), "name": draft.get("name", "Iuran")}
            made = await create_post(
                site, await Actor.get(id=user.actor_id), Draft(source=source, **draft)
            )
        await self.settle()
        return made

    async def reads(self, who: str, post: Post) -> bool:
        """Whether somebody reads a post at their own server, by both forms of the rule."""
        instance, user = self.people[who]
        async with instance.inside() as site:
            here = await Post.get_or_none(uri=post.uri)
            if here is None:
                return False
            viewer = await Actor.get(id=user.actor_id)
            one = await may_read(site, viewer, here)
            many = await readable(Post.filter(id=here.id), viewer).exists()
            assert one == many
            return one

    async def joins(self, who: str) -> None:
        instance, user = self.people[who]
        async with instance.inside() as site:
            group = await find_actor(site, self.uri)
            assert group is not None
            await membership.join(site, user.actor, group)
        await self.settle()
        async with self.warga.inside() as site:
            group = await Actor.get(uri=self.uri)
            them = await Actor.get(uri=user.actor.uri)
            await membership.approve(site, self.people["ani"][1].actor, group, them)
        await self.settle()

    async def fetched(self, by: Instance, uri: str, authorization: str = "") -> dict[str, Any] | str:
        """A document as another server reads it, or the code of the refusal."""
        async with by.inside() as site:
            site.federation.client._failures._failed.clear()  # noqa: SLF001
            try:
                return (await site.federation.client.get_document(uri, authorization=authorization)).document
            except Refused as refusal:
                return refusal.code


@pytest.fixture
async def arisan(database: str, start: Start) -> AsyncIterator[Arisan]:
    warga = await start("warga", database=database)
    kota = await start("kota", database=database)
    desa = await start("desa")
    people = {
        "ani": (warga, await warga.user("ani")),
        "dewi": (warga, await warga.user("dewi")),
        "budi": (kota, await kota.user("budi")),
        "eka": (kota, await kota.user("eka")),
        "citra": (desa, await desa.user("citra")),
    }
    async with warga.inside() as site:
        group = await create_community(site, "arisan", people["ani"][1].actor, PRIVATE)
    made = Arisan(warga, kota, desa, people, group.uri)
    await made.joins("budi")
    await made.joins("citra")
    yield made


async def test_only_members_read_it_wherever_they_are(arisan: Arisan) -> None:
    post = await arisan.posts("ani", "Uangnya di bawah tikar @eka@kota.localhost")
    comment = await arisan.posts("budi", "Siap.", below=post)
    theirs = await arisan.posts("citra", "Giliran saya?", name="Giliran")
    for entry in (post, comment, theirs):
        readers = {who for who in arisan.people if await arisan.reads(who, entry)}
        assert readers == {"ani", "budi", "citra"}, entry.source
