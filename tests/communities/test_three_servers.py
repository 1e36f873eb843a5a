"""A community on one server, its people on two others: all that communities can do travels, and all three end alike.

Act by act: what people write, what moderators do, what hangs on posts, people who move and who go, and a server that is
away for a part of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from civic_bridge import bodies
from civic_bridge import reporting as civic
from civic_bridge.answering import Answer, answer_report
from civic_bridge.models import Report
from communities import announcing_votes, comparing, describing, membership, moderating
from communities.cross_posts import elsewhere
from communities.describing import Description
from communities.flairs import relabel
from communities.founding import create_community
from communities.models import WaitingVote
from communities.warning import warn
from federation.models import Actor, Delivery, Follow, InboundActivity, Peer
from federation.refusals import Refused
from moderation import reporting, resolving
from moderation.models import Case, CaseState
from sebangsa import following, moving, posting, reacting, voting
from sebangsa.deleting import delete_account
from sebangsa.events.changing import change_event
from sebangsa.events.jobs import tell_who_come
from sebangsa.events.joining import join, leave
from sebangsa.events.planning import EventDraft
from sebangsa.flair import flairs_of
from sebangsa.models import Event, Poll, Post, User
from sebangsa.polls.asking import PollDraft
from sebangsa.polls.jobs import TOLD_EVERY, tend_polls
from sebangsa.polls.voting import vote as vote_in_poll
from sebangsa.posting import Draft
from tests.civic.city import TEBET_TIMUR, link, office_on
from tests.communities.three_servers import Three, are_alike


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
    home = await are_alike(three)
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
    await three.does("bayu", _accuse, posts["plain"])
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
    home = await are_alike(three)
    assert home["bans"] == {dewi.uri: until}
    assert home["posts"][posts["plain"].uri]["labels"] == labels[:1]
    assert home["posts"][posts["third"].uri]["marks"][2]
    assert home["about"][0] == "Tebet Raya"
    assert home["moderators"] == sorted(
        [three.people["ani"][1].actor.uri, three.people["citra"][1].actor.uri]
    )


async def _accuse(site: Any, actor: Actor, post: Post) -> None:
    seen = await Post.get(id=post.id).select_related("author")
    await reporting.report(site, actor, seen.author, [seen], "Bohong", rule="1. Jangan beriklan")


async def _resolve(site: Any, actor: Actor) -> None:
    await resolving.resolve_in_community(
        site, actor, await Actor.get(username="tebet", type="Group"), await Case.get(), "Sudah ditangani"
    )


async def _describe(site: Any, actor: Actor) -> None:
    about = Description(title="Tebet Raya", sidebar="Warga **Tebet**", rules="Jangan beriklan")
    await describing.describe_community(site, actor, await Actor.get(username="tebet", type="Group"), about)


async def test_events_quotes_cross_posts_reports_and_votes_by_the_dozen(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://kabar.example/banjir"
    plain = await three.posts("citra", "Lihat", name="Banjir", link_url=address)
    quoting = await three.posts("dewi", "Setuju", name="Kutipan", quoted=plain)
    cross = await _cross_post(three, address)
    async with three.kota.inside() as site:
        others = await elsewhere(site, await Post.get(uri=cross.uri), None)
        assert {other.community.username for other in others if other.community} == {"tebet", "kotakita"}

    starts = three.kota.site.clock.now().replace(microsecond=0) + timedelta(days=3)
    planned = await three.posts(
        "budi",
        "Bawa sapu",
        name="Kerja bakti",
        event=EventDraft(starts, starts + timedelta(hours=2), capacity=9),
    )
    for who in ("citra", "ani", "dewi"):
        await three.does(who, join, planned)
    await three.does("dewi", leave, planned)
    await three.does("budi", change_event, planned, EventDraft(starts, place_name="Balai warga", capacity=5))
    for who, act in (("citra", leave), ("bayu", join), ("dewi", join)):
        await three.does(who, act, planned)
    await three.does("budi", _tell_who_come)

    report = await _report(three)

    # A busy community: votes gather, and travel together.
    monkeypatch.setattr(announcing_votes.Pace, "allows", lambda self, community: False)
    for who, post, value in (
        ("ani", plain, 1), ("budi", plain, 1), ("bayu", plain, -1), ("dewi", plain, 1), ("bayu", quoting, 1)
    ):  # fmt: skip
        await three.does(who, voting.vote, post, value)
    async with three.warga.inside() as site:
        assert await WaitingVote.all().count() == 5
        await announcing_votes.announce_votes(site)
    await three.settle()

    home = (await are_alike(three))["posts"]
    assert home[plain.uri]["counts"] == (0, 3, 1)
    assert home[plain.uri]["link"][0] == home[cross.uri]["link"][0] == address
    assert home[quoting.uri]["quotes"] == [(plain.uri, plain.uri, "accepted")]
    assert home[planned.uri]["event"] == (starts, "Balai warga", "confirmed", 5, 3)
    assert home[report.uri]["report"][1:2] + home[report.uri]["report"][3:] == (
        "in-progress",
        ["acknowledged", "in-progress"],
    )


async def _tell_who_come(site: Any, actor: Actor) -> None:
    """What the event's own server does every now and then, for all who came and went since."""
    await Event.filter(untold_since__isnull=False).update(untold_since=site.clock.now() - TOLD_EVERY)
    await tell_who_come(site)


async def _cross_post(three: Three, address: str) -> Post:
    """Budi brings a thread of a community at his own server to the one that all three share."""
    budi = three.people["budi"][1].actor
    async with three.kota.inside() as site:
        own = await create_community(site, "kotakita", budi, Description(title="Kota kita"))
        first = await posting.create_post(
            site, budi, Draft(source="Awas", name="Banjir", link_url=address, community=own)
        )
    return await three.posts("budi", f"cross-posted from: {first.url}", name="Banjir", link_url=address)


async def _report(three: Three) -> Post:
    """Ani reports a pothole in the community; an office at the third server answers for it."""
    await office_on(three.desa, "binamarga", three.people["citra"][1])
    await link(three.warga, three.desa, "binamarga")
    async with three.warga.inside() as site:
        await bodies.take_reports(site, await three.community(), area_code="31.74.01")
        filing = civic.Filing(
            await three.community(), "JALAN-LUBANG", "Lubang dalam", "Dua motor jatuh.", area_code=TEBET_TIMUR
        )
        filed = await civic.file_report(site, three.people["ani"][1].actor, filing)
        post = await Post.get(id=filed.post_id)
    await three.settle()
    for state in ("acknowledged", "in-progress"):
        async with three.desa.inside() as site:
            copy = await Report.get(reference=filed.reference).select_related("post", "body__actor")
            await answer_report(site, three.people["citra"][1].actor, copy, Answer(state, "Baik."))
        await three.settle()
    return post


async def test_people_who_move_and_people_who_go(three: Three) -> None:
    asked = await three.posts(
        "budi", "Kapan?", name="Kerja bakti", poll=PollDraft(("Sabtu", "Minggu"), timedelta(days=1))
    )
    thread = await three.posts("dewi", "Rahasia dewi", name="Curhat")
    answer = await three.posts("citra", "Sabar", below=thread)
    below = await three.posts("dewi", "Terima kasih", below=answer)
    await three.posts("bayu", "Semangat", below=below)
    for who, choice in (("dewi", 0), ("ani", 1)):
        await three.does(who, _choose, asked, choice)
    await three.does("dewi", voting.vote, asked, 1)
    await three.does("bayu", voting.vote, answer, 1)
    await three.does("dewi", reacting.react, asked, "🎉")
    await three.does("budi", _tell_counts)
    dewi, bayu = three.people["dewi"][1].actor, three.people["bayu"][1].actor
    budi = three.people["budi"][1].actor
    await three.does("ani", _appoint, budi)
    for who in ("ani", "citra"):
        await three.does(who, following.follow, bayu)

    # Bayu moves from kota to desa, and who follows him goes along.
    new = await three.desa.user("bayu_baru")
    async with three.desa.inside() as site:
        await moving.add_alias(site, new.actor, bayu.uri)
    await three.does("bayu", moving.move_away, new.actor.uri)
    for instance, who in ((three.warga, "ani"), (three.desa, "citra")):
        async with instance.inside():
            follows = Follow.filter(follower__uri=three.people[who][1].actor.uri)
            assert await follows.filter(target__uri=new.actor.uri).exists()
            assert not await follows.filter(target__uri=bayu.uri).exists()
    before = await are_alike(three)
    assert before["posts"][asked.uri]["poll"] == [("Sabtu", 1), ("Minggu", 1)]
    assert new.actor.uri in str([post["author"] for post in before["posts"].values()])
    assert before["moderators"] == sorted([three.people["ani"][1].actor.uri, budi.uri])

    # Dewi deletes her account, and then Budi, who moderates.
    await three.does("dewi", _delete_own)
    await three.does("budi", _tell_counts)
    home = await are_alike(three)
    assert home["posts"].keys() == before["posts"].keys()
    for post in (thread, below):
        shown = home["posts"][post.uri]
        assert (shown["name"], shown["content"], shown["marks"][3], shown["author"][2]) == (
            "",
            "",
            True,
            True,
        )
    assert home["posts"][answer.uri]["content"]
    assert home["posts"][asked.uri]["poll"] == [("Sabtu", 0), ("Minggu", 1)]
    assert home["posts"][asked.uri]["counts"] == (0, 0, 0)
    assert home["posts"][asked.uri]["emoji"] == []
    assert home["threads"] == before["threads"] - 1
    await three.does("budi", _delete_own)
    home = await are_alike(three)
    assert home["moderators"] == [three.people["ani"][1].actor.uri]
    for instance in three.all:
        async with instance.inside():
            assert await Actor.filter(uri__in=[dewi.uri, budi.uri], deleted_at=None).count() == 0
            assert (
                await InboundActivity.filter(state__in=["failed", "refused"]).values("type", "reason") == []
            )


async def _delete_own(site: Any, actor: Actor) -> None:
    await delete_account(site, await User.get(actor_id=actor.id))


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
    home = await are_alike(three)
    assert home["posts"][comment.uri]["marks"] == (True, False, False, False)
