"""One instance between an honest server and a hostile one, both played by the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation.actors import resolve_actor
from federation.models import Follow, FollowState, InboundActivity
from sebangsa import following, posting
from sebangsa.models import Post, User
from sebangsa.posting import Draft
from tests.foreign_server import Actor, ForeignServer
from tests.instances import Instance, settle


@dataclass
class Street:
    """Ani lives at warga. `good` is an honest server, `evil` is not."""

    warga: Instance
    ani: User
    good: ForeignServer
    evil: ForeignServer

    async def deliver(self, sender: Actor, activity: dict[str, Any], **options: Any) -> str:
        """Send and handle: the state of the stored row, or the code of the refusal."""
        status, answer = await sender.send(self.warga, activity, **options)
        if status != 202:
            return str(answer["code"])
        await settle(self.warga)
        async with self.warga.inside():
            row = await InboundActivity.filter(uri=activity.get("id", "")).first()
            return row.state.value if row else "unstored"

    async def follow(self, somebody: Actor, state: FollowState = FollowState.ACCEPTED) -> Follow:
        """Ani follows somebody elsewhere."""
        async with self.warga.inside() as site:
            known = await resolve_actor(site.federation, somebody.uri)
            made = await following.follow(site, self.ani.actor, known)
            await Follow.filter(id=made.id).update(state=state)
        await settle(self.warga)
        return made

    async def meet(self, somebody: Actor) -> None:
        """Know an actor already, so that its row is no effect of what it sends."""
        async with self.warga.inside() as site:
            await resolve_actor(site.federation, somebody.uri)

    async def post(self, **draft: Any) -> Post:
        async with self.warga.inside() as site:
            return await posting.create_post(site, self.ani.actor, Draft(**{"source": "Halo"} | draft))

    async def find(self, uri: str) -> Post | None:
        async with self.warga.inside():
            return await Post.get_or_none(uri=uri)
