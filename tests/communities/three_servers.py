"""A community on one server, its people on two others, and how one sees that all three hold the same.

Twice: by the digest that the community's server publishes, and by looking at everything that people see.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from civic_bridge.models import EventState, Report, StatusEvent
from communities import comparing, describing, membership, repairing
from communities.describing import Description
from communities.founding import create_community
from communities.models import Membership, PostFlair
from communities.state_digest import Section
from federation.models import Actor
from sebangsa import posting
from sebangsa.flair import flairs_of
from sebangsa.lookup import find_actor
from sebangsa.models import Event, PollOption, Post, Quote, Reaction, User, Vote
from sebangsa.posting import Draft
from tests.instances import Instance, settle

Start = Callable[..., Awaitable[Instance]]


@dataclass
class Three:
    """Ani owns `tebet` at warga. Budi at kota becomes its moderator, Citra and Dewi at desa are members."""

    warga: Instance
    kota: Instance
    desa: Instance
    people: dict[str, tuple[Instance, User]]
    uri: str

    @property
    def all(self) -> tuple[Instance, Instance, Instance]:
        return self.warga, self.kota, self.desa

    async def settle(self) -> None:
        await settle(*self.all)

    async def community(self) -> Actor:
        return await Actor.get(uri=self.uri)

    async def does(self, who: str, act: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
        """`who` does `act(site, them, …)` at their own server; posts and actors are found there by their ids."""
        instance, user = self.people[who]
        async with instance.inside() as site:
            here = [await _here(site, argument) for argument in args]
            made = await act(site, await Actor.get(id=user.actor_id), *here, **options)
        await self.settle()
        return made

    async def posts(self, who: str, source: str, *, below: Post | None = None, **draft: Any) -> Post:
        instance, user = self.people[who]
        async with instance.inside() as site:
            draft = {name: await _here(site, value) for name, value in draft.items()}
            if below is not None:
                draft["in_reply_to"] = await Post.get(uri=below.uri)
            else:
                draft["community"] = await self.community()
            made = await posting.create_post(
                site, await Actor.get(id=user.actor_id), Draft(source=source, **draft)
            )
        await self.settle()
        return made


async def _here(site: Any, argument: Any) -> Any:
    if isinstance(argument, Post):
        return await Post.get(uri=argument.uri)
    if isinstance(argument, Actor):
        return await find_actor(site, argument.uri)
    return argument


async def found_three(database: str, start: Start) -> Three:
    """Three servers, and the community with its members."""
    warga, kota, desa = [await start(name, database=database) for name in ("warga", "kota", "desa")]
    people = {
        "ani": (warga, await warga.user("ani")),
        "budi": (kota, await kota.user("budi")),
        "bayu": (kota, await kota.user("bayu")),
        "citra": (desa, await desa.user("citra")),
        "dewi": (desa, await desa.user("dewi")),
    }
    async with warga.inside() as site:
        about = Description(title="Tebet", rules="Jangan beriklan", flairs="Banjir #1d6fa5\nLampu")
        group = await create_community(site, "tebet", people["ani"][1].actor, about)
        await describing.describe_community(site, people["ani"][1].actor, await Actor.get(id=group.id), about)
    made = Three(warga, kota, desa, people, group.uri)
    for who in ("budi", "bayu", "citra", "dewi"):
        await made.does(who, _join, group)
    return made


async def _join(site: Any, actor: Actor, group: Actor) -> None:
    await membership.join(site, actor, group)


async def seen_at(instance: Instance, uri: str) -> dict[str, Any]:
    """All that people see of the community at one server, in terms that mean the same everywhere."""
    async with instance.inside() as site:
        community = await Actor.get(uri=uri)
        posts = (
            await Post.filter(community_id=community.id, boost_of_id__isnull=True)
            .order_by("uri")
            .select_related("author", "in_reply_to")
        )
        shown = {post.uri: await _seen_of(post) for post in posts}
        now = site.clock.now()
        bans = {
            row.actor.uri: row.banned_until and row.banned_until.replace(microsecond=0)
            for row in await Membership.filter(community_id=community.id).select_related("actor")
            if row.is_banned(now)
        }
        return {
            "posts": shown,
            "bans": bans,
            "moderators": sorted(row.actor.uri for row in await membership.moderators_of(community)),
            "threads": community.posts_count,
            "about": (community.name, community.source, [flair.id for flair in flairs_of(community)]),
        }


async def _seen_of(post: Post) -> dict[str, Any]:
    author, parent = post.author, post.in_reply_to
    event = await Event.get_or_none(post_id=post.id)
    return {
        "author": (author.uri, author.moved_to, author.deleted_at is not None),
        "name": post.name,
        "content": post.content if post.is_shown else "",
        "link": (post.link_url, post.link_key),
        "parent": parent.uri if parent else "",
        "depth": post.depth,
        "marks": (post.is_locked, post.is_pinned, post.removed_at is not None, post.deleted_at is not None),
        "counts": (post.replies_count, post.likes_count, post.dislikes_count) if post.is_shown else (),
        "labels": sorted(await PostFlair.filter(post_id=post.id).values_list("flair", flat=True)),
        "emoji": sorted(await Reaction.filter(post_id=post.id).values_list("emoji", "actor__uri")),
        "votes": sorted(await Vote.filter(post_id=post.id).values_list("value", "actor__uri")),
        "poll": await PollOption.filter(poll__post_id=post.id)
        .order_by("position")
        .values_list("name", "votes_count"),
        "event": event
        and (event.starts_at, event.place_name, event.status, event.capacity, event.going_count),
        "quotes": await Quote.filter(quoting_id=post.id).values_list("quoted_uri", "quoted__uri", "state"),
        "report": await _report_of(post),
    }


async def _report_of(post: Post) -> tuple[Any, ...]:
    """A civic report's state, and the chain of its steps."""
    report = await Report.get_or_none(post_id=post.id)
    if report is None:
        return ()
    steps = StatusEvent.filter(report_id=report.id, state=EventState.APPLIED).order_by("seq")
    return report.reference, report.status, report.head_hash, await steps.values_list("to_status", flat=True)


async def are_alike(three: Three) -> dict[str, Any]:
    """Fail unless all three servers hold the same of the community; what its own server shows."""
    home = await seen_at(three.warga, three.uri)
    for instance in (three.kota, three.desa):
        other = await seen_at(instance, three.uri)
        assert other["posts"].keys() == home["posts"].keys()
        for uri, post in home["posts"].items():
            there = other["posts"][uri]
            differ = {part: (there[part], post[part]) for part in post if there[part] != post[part]}
            assert not differ, (instance.url, uri, differ)
        for part in ("bans", "threads", "about"):
            assert other[part] == home[part], (instance.url, part)
        async with instance.inside() as site:
            found = await comparing.compare(site, await three.community())
            # Nobody need ask for the list before a moderator acts: the first comparison brings it.
            assert {one.act for one in found.drift} <= {"appoint"}, instance.url
            await repairing.repair(site, await three.community())
            again = await comparing.compare(site, await three.community())
            assert again.drift == []
            assert again.fetched == []
            assert all(theirs == ours for theirs, ours in again.digests.values())
            assert set(again.digests) == {section.value for section in Section}
        assert (await seen_at(instance, three.uri))["moderators"] == home["moderators"]
    return home
