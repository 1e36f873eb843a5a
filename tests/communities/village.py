"""One instance with a community, and servers around it that the test plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from communities.describing import Description
from communities.founding import create_community
from federation import models
from federation.actors import resolve_actor
from federation.models import Follow, FollowState, InboundActivity
from sebangsa.models import Post, User
from sebangsa.posting import Draft, create_post
from tests.foreign_server import PUBLIC, Actor, ForeignServer
from tests.instances import Instance, settle


@dataclass
class Village:
    """Ani owns `tebet` at warga. `good` is an honest server, `evil` is not."""

    warga: Instance
    ani: User
    group: models.Actor
    good: ForeignServer
    evil: ForeignServer

    async def thread(self, **draft: Any) -> Post:
        """Ani opens a thread."""
        async with self.warga.inside() as site:
            community = await models.Actor.get(id=self.group.id)
            draft = {"source": "Got mampet", "name": "Banjir", "community": community} | draft
            return await create_post(site, self.ani.actor, Draft(**draft))

    async def deliver(self, sender: Actor, activity: dict[str, Any]) -> tuple[int, str, str]:
        """Send to the shared inbox and handle it: HTTP status, state of the stored row, its reason or error code."""
        status, answer = await sender.send(self.warga, activity)
        if status != 202:
            return status, "", str(answer.get("code", ""))
        await settle(self.warga)
        async with self.warga.inside():
            row = await InboundActivity.filter(uri=activity.get("id", "")).first()
            return (status, row.state.value, row.reason) if row else (status, "unstored", "")

    def group_of(self, server: ForeignServer, name: str = "rw") -> Actor:
        """A group on a foreign server, with an empty list of moderators."""
        uri = f"{server.origin}/users/{name}"
        server.documents[f"/users/{name}/moderators"] = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{uri}/moderators",
            "type": "OrderedCollection",
            "orderedItems": [],
        }
        return server.actor(name, type_="Group", attributedTo=f"{uri}/moderators", featured=f"{uri}/featured")

    async def follow(self, group: Actor) -> models.Actor:
        """Ani follows a foreign actor; returns it as warga knows it."""
        async with self.warga.inside() as site:
            known = await resolve_actor(site.federation, group.uri)
            await Follow.create(
                id=site.ids.next(),
                follower=self.ani.actor,
                target=known,
                state=FollowState.ACCEPTED,
                uri=f"{self.warga.url}/a/{site.ids.next()}",
                created_at=site.clock.now(),
            )
            return known

    async def find(self, uri: str) -> Post | None:
        async with self.warga.inside():
            return await Post.get_or_none(uri=uri).select_related("community")

    async def fresh(self, post: Post) -> Post:
        found = await self.find(post.uri)
        assert found is not None
        return found


def page_of(author: Actor, name: str, group_uri: str, **more: Any) -> dict[str, Any]:
    """A thread as Lemmy writes it, served at its id."""
    page = author.note(name, "<p>Asli</p>", type="Page", audience=group_uri, to=[group_uri, PUBLIC], **more)
    page["name"] = author.server.documents[f"/notes/{name}"]["name"] = "Judul"
    return page


def announce(group: Actor, inner: Any) -> dict[str, Any]:
    """A group's Announce."""
    if isinstance(inner, dict):
        inner = {name: value for name, value in inner.items() if name != "@context"}
    return group.activity("Announce", inner, to=[PUBLIC], cc=[f"{group.uri}/followers"])


async def build_village(warga: Instance, good: ForeignServer, evil: ForeignServer) -> Village:
    ani = await warga.user("ani")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
    return Village(warga, ani, group, good, evil)
