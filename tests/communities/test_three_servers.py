"""A community on one server, its people on two others: all that communities can do travels, and all three end alike.

One of the three is away for a part of it. That they end alike is asked twice: by the digest that the community's server
publishes, and by looking at everything that people see.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from communities import comparing, describing, membership, moderating, repairing
from communities.describing import Description
from communities.flairs import relabel
from communities.founding import create_community
from communities.models import Membership, PostFlair
from communities.state_digest import Section
from communities.warning import warn
from federation.models import Actor, Delivery, Peer
from federation.refusals import Refused
from moderation import reporting, resolving
from moderation.models import Case, CaseState
from sebangsa import posting, reacting, voting
from sebangsa.flair import flairs_of
from sebangsa.lookup import find_actor
from sebangsa.models import Poll, PollOption, Post, Reaction, User, Vote
from sebangsa.polls.asking import PollDraft
from sebangsa.polls.jobs import TOLD_EVERY, tend_polls
from sebangsa.polls.voting import vote as vote_in_poll
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


@pytest.fixture
async def three(database: str, start: Start) -> Three:
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


async def _seen(instance: Instance, uri: str) -> dict[str, Any]:
    """All that people see of the community at one server, in terms that mean the same everywhere."""
    async with instance.inside() as site:
        community = await Actor.get(uri=uri)
        posts = (
            await Post.filter(community_id=community.id, boost_of_id__isnull=True)
            .order_by("uri")
            .select_related("author", "in_reply_to")
        )
        shown = {}
        for post in posts:
            shown[post.uri] = {
                "author": post.author.uri,
                "name": post.name,
                "content": post.content if post.is_shown else "",
                "parent": post.in_reply_to.uri if post.in_reply_to else "",
                "depth": post.depth,
                "marks": (
                    post.is_locked,
                    post.is_pinned,
                    post.removed_at is not None,
                    post.deleted_at is not None,
                ),
                "counts": (post.replies_count, post.likes_count, post.dislikes_count)
                if post.is_shown
                else (),
                "labels": sorted(await PostFlair.filter(post_id=post.id).values_list("flair", flat=True)),
                "emoji": sorted(await Reaction.filter(post_id=post.id).values_list("emoji", "actor__uri")),
                "poll": await PollOption.filter(poll__post_id=post.id)
                .order_by("position")
                .values_list("name", "votes_count"),
                "votes": sorted(await Vote.filter(post_id=post.id).values_list("value", "actor__uri")),
            }
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


async def _are_alike(three: Three) -> dict[str, Any]:
    home = await _seen(three.warga, three.uri)
    for instance in (three.kota, three.desa):
        other = await _seen(instance, three.uri)
        assert other["posts"].keys() == home["posts"].keys()
        for uri, post in home["posts"].items():
            assert other["posts"][uri] == post, (instance.url, uri)
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
        assert (await _seen(instance, three.uri))["moderators"] == home["moderators"]
    return home


async def _life(three: Three) -> dict[str, Post]:
    """Most of what people do in a community; returns the threads by what became of them."""
    plain = await three.posts("citra", "Got mampet", name="Banjir")
    first = await three.posts("budi", "Di gang empat juga", below=plain)
    second = await three.posts("ani", "Sejak kapan?", below=first)
    third = await three.posts("dewi", "Kemarin", below=second)
    edited = await three.posts("budi", "Lampu padam", name="Lampu")
    await three.does("budi", posting.edit_post, edited, source="Lampu padam *lagi*", name="Lampu jalan")
    await three.does("dewi", posting.edit_post, third, source="Sejak kemarin malam")
    deleted = await three.posts("dewi", "Salah tulis", below=plain)
    await three.does("dewi", posting.delete_post, deleted)
    gone = await three.posts("citra", "Hapus saja", name="Uji coba")
    await three.does("citra", posting.delete_post, gone)
    for who, post, value in (
        ("budi", plain, 1), ("dewi", plain, 1), ("ani", plain, -1), ("citra", second, 1), ("bayu", second, 1)
    ):  # fmt: skip
        await three.does(who, voting.vote, post, value)
    await three.does("dewi", voting.vote, plain, 0)
    await three.does("ani", voting.vote, plain, 1)
    await three.does("citra", reacting.react, edited, "🎉")
    await three.does("ani", reacting.react, plain, "🙏")
    asked = await three.posts(
        "budi", "Kapan?", name="Kerja bakti", poll=PollDraft(("Sabtu", "Minggu"), timedelta(days=1))
    )
    for who, choice in (("citra", 0), ("ani", 1), ("dewi", 1)):
        await three.does(who, _choose, asked, choice)
    await three.does("budi", _tell_counts)
    budi = three.people["budi"][1].actor
    await three.does("ani", _appoint, budi)
    removed = await three.posts("dewi", "Beli obat kuat", name="Obat")
    await three.does("budi", moderating.remove_post, removed, "iklan")
    restored = await three.posts("citra", "Pengumuman", name="Rapat")
    await three.does("budi", moderating.remove_post, restored, "keliru")
    await three.does("ani", moderating.restore_post, restored)
    whole = await three.posts("dewi", "Ribut", name="Ribut")
    below = await three.posts("citra", "Ikut ribut", below=whole)
    await three.posts("ani", "Sudah, sudah", below=below)
    await three.does("budi", moderating.remove_post, whole, "gaduh", with_replies=True)
    await three.does("budi", moderating.lock_post, edited, "cukup")
    await three.does("ani", moderating.lock_post, plain)
    await three.does("budi", moderating.lock_post, plain, is_locked=False)
    await three.does("budi", moderating.pin_post, restored)
    await three.does("ani", moderating.pin_post, edited)
    await three.does("budi", moderating.pin_post, edited, is_pinned=False)
    return {"plain": plain, "edited": edited, "restored": restored, "removed": removed, "third": third}


async def _choose(site: Any, actor: Actor, post: Post, choice: int) -> None:
    await vote_in_poll(site, actor, post, [choice])


async def _tell_counts(site: Any, actor: Actor) -> None:
    """What the poll's own server does every now and then, for all votes that came since."""
    await Poll.filter(untold_since__isnull=False).update(untold_since=site.clock.now() - TOLD_EVERY)
    await tend_polls(site)


async def _appoint(site: Any, actor: Actor, person: Actor) -> None:
    await membership.appoint(site, actor, await Actor.get(username="tebet", type="Group"), person)


async def _dismiss(site: Any, actor: Actor, person: Actor) -> None:
    await membership.dismiss(site, actor, await Actor.get(username="tebet", type="Group"), person)


async def _ban(site: Any, actor: Actor, person: Actor, **options: Any) -> None:
    await membership.ban(site, actor, await Actor.get(username="tebet", type="Group"), person, **options)


async def _unban(site: Any, actor: Actor, person: Actor) -> None:
    await membership.unban(site, actor, await Actor.get(username="tebet", type="Group"), person)


async def test_all_that_a_community_does_is_the_same_on_three_servers(three: Three) -> None:
    posts = await _life(three)
    home = await _are_alike(three)
    assert len(home["posts"]) == 13
    marks = {name: home["posts"][post.uri]["marks"] for name, post in posts.items()}
    assert marks == {
        "plain": (False, False, False, False),
        "edited": (True, False, False, False),
        "restored": (False, True, False, False),
        "removed": (False, False, True, False),
        "third": (False, False, False, False),
    }
    assert home["posts"][posts["plain"].uri]["counts"] == (1, 2, 0)
    assert home["posts"][posts["third"].uri]["depth"] == 3
    assert home["posts"][posts["edited"].uri]["emoji"]
    assert [post["poll"] for post in home["posts"].values() if post["poll"]] == [
        [("Sabtu", 1), ("Minggu", 2)]
    ]


async def test_labels_bans_roles_reports_and_descriptions_too(three: Three) -> None:
    posts = await _life(three)
    dewi, bayu = three.people["dewi"][1].actor, three.people["bayu"][1].actor
    until = three.warga.site.clock.now().replace(microsecond=0) + timedelta(days=3)
    await three.does("budi", _ban, dewi, reason="iklan", until=until, removes_posts=True)
    await three.does("ani", _ban, bayu, reason="ribut")
    await three.does("budi", _unban, bayu)
    async with three.warga.inside():
        labels = [flair.id for flair in flairs_of(await three.community())]
    await three.does("citra", relabel, posts["plain"], labels[:1])
    await three.does("bayu", _report, posts["plain"])
    for instance in (three.warga, three.kota):
        async with instance.inside():
            assert [case.state for case in await Case.all()] == [CaseState.OPEN]
    await three.does("budi", _resolve)
    await three.does("budi", warn, posts["plain"], "Tolong sopan")
    for instance in (three.warga, three.kota):
        async with instance.inside():
            assert [case.state for case in await Case.all()] == [CaseState.RESOLVED]
    await three.does("ani", _describe)
    await three.does("ani", _appoint, three.people["citra"][1].actor)
    await three.does("ani", _dismiss, three.people["budi"][1].actor)
    home = await _are_alike(three)
    assert home["bans"] == {dewi.uri: until}
    assert home["posts"][posts["plain"].uri]["labels"] == labels[:1]
    assert home["posts"][posts["third"].uri]["marks"][2]
    assert home["about"][0] == "Tebet Raya"
    assert home["moderators"] == sorted(
        [three.people["ani"][1].actor.uri, three.people["citra"][1].actor.uri]
    )


async def _report(site: Any, actor: Actor, post: Post) -> None:
    seen = await Post.get(id=post.id).select_related("author")
    await reporting.report(site, actor, seen.author, [seen], "Bohong", rule="1. Jangan beriklan")


async def _resolve(site: Any, actor: Actor) -> None:
    await resolving.resolve_in_community(
        site, actor, await Actor.get(username="tebet", type="Group"), await Case.get(), "Sudah ditangani"
    )


async def _describe(site: Any, actor: Actor) -> None:
    about = Description(title="Tebet Raya", sidebar="Warga **Tebet**", rules="Jangan beriklan")
    await describing.describe_community(site, actor, await Actor.get(username="tebet", type="Group"), about)


async def test_a_server_that_was_away_has_it_all_when_it_is_back(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    await three.posts("citra", "Sebelum mati", name="Sebelum")
    closed = {three.desa.site.settings.host}
    send = type(three.warga.site.federation.client).post

    async def refused(self: Any, url: str, *args: Any, **options: Any) -> Any:
        if any(f"//{host}/" in url for host in closed):
            raise Refused("unreachable", "ClientConnectorError")
        return await send(self, url, *args, **options)

    monkeypatch.setattr(type(three.warga.site.federation.client), "post", refused)
    thread = await three.posts("budi", "Selama mati", name="Selama")
    comment = await three.posts("bayu", "Ada orang?", below=thread)
    await three.does("budi", posting.edit_post, thread, source="Selama mati lampu", name="Selama mati")
    await three.does("ani", _appoint, three.people["budi"][1].actor)
    await three.does("budi", moderating.pin_post, thread)
    await three.does("budi", moderating.remove_post, comment, "keliru")
    await three.does("ani", moderating.restore_post, comment)
    await three.does("bayu", voting.vote, thread, 1)
    await three.does("ani", voting.vote, comment, -1)
    await three.does("budi", moderating.lock_post, comment)
    async with three.desa.inside() as site:
        found = await comparing.compare(site, await three.community())
        assert {one.act for one in found.drift} <= {"appoint"}  # it cannot mend posts that it never got
    closed.clear()
    for instance in three.all:
        async with instance.inside():
            await Peer.all().update(retry_at=None)
            await Delivery.filter(state="pending").update(run_at=instance.site.clock.now())
    await three.settle()
    home = await _are_alike(three)
    assert home["posts"][comment.uri]["marks"] == (True, False, False, False)
