"""What people do while it is simulated: they follow, write, answer, vote, share, and change their minds."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from communities import membership
from federation.models import Actor, Follow, FollowState
from sebangsa import boosting, following, posting, voting
from sebangsa.errors import ProductError
from sebangsa.lookup import find_actor
from sebangsa.models import Post, Visibility, Vote
from sebangsa.posting import Draft
from tests.simulation.world import HOUR, LOCKED, TROUBLE, Place, World

ACTIVE = 60
"""The newest posts among which somebody picks one."""


LONGEST_OUTAGE = 6
"""Hours. What needs a document of a host that is down for longer is given up (`federation.processing`)."""


class Life:
    """Somebody on some instance does something, again and again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = random.Random(f"life {world.seed}")
        self._number = 0
        self._kinds: dict[Callable[[Place, Actor], Awaitable[str]], int] = {
            self._follow: 6,
            self._unfollow: 4,
            self._post: 7,
            self._write_directly: 3,
            self._reply: 8,
            self._edit: 5,
            self._delete: 4,
            self._vote: 14,
            self._boost: 6,
            self._unboost: 4,
            self._join: 4,
            self._leave: 1,
            self._post_to_community: 7,
        }

    async def go_on(self, hours: float, *, every: float) -> None:
        """Live for so long; `every` is the mean time between two actions, in seconds."""
        world, rng = self._world, self._rng
        ends = world.elapsed + hours * HOUR
        up_again: dict[str, float] = {}
        next_outage = world.elapsed + rng.expovariate(1 / (40 * HOUR))
        world.network.faults = TROUBLE
        while (moment := world.elapsed + rng.expovariate(1 / every)) < ends:
            await world.run_until(moment)
            for host in [host for host, at in up_again.items() if at <= moment]:
                del up_again[host]
                world.network.bring_up(host)
            if next_outage <= moment:
                next_outage = moment + rng.expovariate(1 / (40 * HOUR))
                host = rng.choice(world.places).host
                up_again[host] = moment + rng.uniform(0.2, LONGEST_OUTAGE) * HOUR
                world.network.take_down(host)
            place = rng.choice(world.places)
            await self._act(place, rng.choice(place.people))
            await world.work()

    async def _act(self, place: Place, person: Actor) -> None:
        [kind] = self._rng.choices(list(self._kinds), list(self._kinds.values()))
        self._number += 1
        with place.site.database.entered():
            person = await Actor.get(id=person.id)
            if person.username == LOCKED:
                await self._answer_requests(place, person)
            try:
                what = await kind(place, person)
            except ProductError as error:
                what = f"refused: {error.code}"
        self._world.done.append(
            f"{self._world.elapsed:.3f} {place.name} {person.username} {kind.__name__} {what}"
        )

    async def _answer_requests(self, place: Place, person: Actor) -> None:
        for asked in await Follow.filter(target_id=person.id, state=FollowState.PENDING).order_by("id"):
            follower = await Actor.get(id=asked.follower_id)
            answer = self._rng.choice([following.accept, following.accept, following.reject])
            await answer(place.site, asked, follower, person)

    # --- picking

    async def _somebody(self, place: Place, but: Actor) -> Actor | None:
        everybody = [(home, other) for home in self._world.places for other in home.people]
        home, other = self._rng.choice([pair for pair in everybody if pair[1].uri != but.uri])
        return await find_actor(place.site, f"@{other.username}@{home.host}")

    async def _some_post(self, **narrowed: object) -> Post | None:
        newest = await Post.filter(deleted_at=None, boost_of=None, **narrowed).order_by("-id").limit(ACTIVE)
        return self._rng.choice(newest) if newest else None

    async def _community(self, place: Place) -> Actor | None:
        return await find_actor(place.site, self._rng.choice(self._world.communities))

    # --- doing

    async def _follow(self, place: Place, person: Actor) -> str:
        target = await self._somebody(place, person)
        if target is None:
            return "nobody"
        await following.follow(place.site, person, target)
        return target.uri

    async def _unfollow(self, place: Place, person: Actor) -> str:
        follows = await Follow.filter(follower_id=person.id, target__type="Person").order_by("id")
        if not follows:
            return "nobody"
        target = await Actor.get(id=self._rng.choice(follows).target_id)
        await following.unfollow(place.site, person, target)
        return target.uri

    async def _post(self, place: Place, person: Actor) -> str:
        source = f"Kabar {self._number} #gang"
        if self._rng.random() < 0.4:
            home = self._rng.choice(self._world.places)
            source += f" @{self._rng.choice(home.people).username}@{home.host}"
        wide = self._rng.choice(
            [Visibility.PUBLIC, Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS]
        )
        return (await posting.create_post(place.site, person, Draft(source=source, visibility=wide))).uri

    async def _write_directly(self, place: Place, person: Actor) -> str:
        other = await self._somebody(place, person)
        if other is None:
            return "nobody"
        draft = Draft(source=f"Rahasia {self._number}", visibility=Visibility.DIRECT, recipients=[other])
        return (await posting.create_post(place.site, person, draft)).uri

    async def _reply(self, place: Place, person: Actor) -> str:
        parent = await self._some_post(visibility__in=[Visibility.PUBLIC, Visibility.UNLISTED])
        if parent is None:
            return "nothing"
        draft = Draft(source=f"Jawab {self._number}", in_reply_to=parent)
        return (await posting.create_post(place.site, person, draft)).uri

    async def _edit(self, place: Place, person: Actor) -> str:
        post = await self._some_post(author_id=person.id)
        if post is None:
            return "nothing"
        await posting.edit_post(place.site, person, post, source=f"Diubah {self._number}", name=post.name)
        return post.uri

    async def _delete(self, place: Place, person: Actor) -> str:
        post = await self._some_post(author_id=person.id)
        if post is None:
            return "nothing"
        await posting.delete_post(place.site, person, post)
        return post.uri

    async def _vote(self, place: Place, person: Actor) -> str:
        post = await self._some_post()
        if self._rng.random() < 0.4:  # whoever voted changes their mind
            mine = await Vote.filter(actor_id=person.id).order_by("-id").limit(5)
            post = await Post.get(id=self._rng.choice(mine).post_id) if mine else post
        if post is None:
            return "nothing"
        value = self._rng.choice([1, 1, 0, -1])
        await voting.vote(place.site, person, post, value)
        return f"{post.uri} {value}"

    async def _boost(self, place: Place, person: Actor) -> str:
        post = await self._some_post()
        if post is None:
            return "nothing"
        await boosting.boost(place.site, person, post)
        return post.uri

    async def _unboost(self, place: Place, person: Actor) -> str:
        mine = await Post.filter(author_id=person.id, kind="boost").order_by("-id").limit(5)
        if not mine:
            return "nothing"
        post = await Post.get(id=self._rng.choice(mine).boost_of_id)
        await boosting.unboost(place.site, person, post)
        return post.uri

    async def _join(self, place: Place, person: Actor) -> str:
        group = await self._community(place)
        if group is None:
            return "nothing"
        await membership.join(place.site, person, group)
        return group.uri

    async def _leave(self, place: Place, person: Actor) -> str:
        group = await self._community(place)
        if group is None:
            return "nothing"
        await membership.leave(place.site, person, group)
        return group.uri

    async def _post_to_community(self, place: Place, person: Actor) -> str:
        group = await self._community(place)
        if group is None:
            return "nothing"
        draft = Draft(source=f"Laporan {self._number}", name=f"Judul {self._number}", community=group)
        return (await posting.create_post(place.site, person, draft)).uri
