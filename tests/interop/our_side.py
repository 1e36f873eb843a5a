"""Our side of a talk with other software: a community at warga, its owner and a member, and what they do and see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from communities import membership
from communities.describing import Description
from communities.founding import create_community
from federation.models import Actor
from sebangsa import posting
from sebangsa.models import Post, User
from tests.instances import Instance, settle


@dataclass
class OurSide:
    """Ani owns the community `tebet`; Budi is a member."""

    warga: Instance
    ani: User
    budi: User
    tebet: Actor

    async def post(self, author: User, **draft: Any) -> Post:
        """One of ours writes into `tebet`, or where `community` says; everything has gone out after."""
        async with self.warga.inside() as site:
            draft = {"community": await Actor.get(id=self.tebet.id)} | draft
            made = await posting.create_post(site, await acting(author), posting.Draft(**draft))
        await settle(self.warga)
        return made

    async def does(self, act: Callable[..., Awaitable[Any]], who: User, *args: Any, **options: Any) -> Any:
        """One of ours does something: a use case called with the site and the actor; posts and actors are read anew."""
        async with self.warga.inside() as site:
            fresh = [await _anew(arg) for arg in args]
            done = await act(site, await acting(who), *fresh, **options)
        await settle(self.warga)
        return done

    async def seen(self, uri: str) -> Post:
        """A post as we hold it now."""
        async with self.warga.inside():
            return await Post.get(uri=uri).select_related("author", "community", "in_reply_to")

    async def knows(self, uri: str) -> bool:
        async with self.warga.inside():
            return await Post.exists(uri=uri)

    async def known(self, uri: str) -> Actor:
        async with self.warga.inside():
            return await Actor.get(uri=uri)

    async def page(self, path: str) -> str:
        """What anybody reads at an address of ours."""
        async with self.warga.http.get(self.warga.url + path) as answer:
            assert answer.status == 200, path
            return await answer.text()


async def acting(who: User) -> Actor:
    """The actor of one of ours, as it is now."""
    return await Actor.get(id=who.actor_id)


async def _anew(value: Any) -> Any:
    return await type(value).get(id=value.id) if isinstance(value, Post | Actor) else value


async def arrange(warga: Instance, **about: str) -> OurSide:
    """The community is founded (`about`: parts of its description besides the title), and Budi joins it."""
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        tebet = await create_community(site, "tebet", ani.actor, Description(title="Tebet", **about))
        await membership.join(site, budi.actor, tebet)
    return OurSide(warga, ani, budi, tebet)
