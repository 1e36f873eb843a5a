"""Activities that arrive in another order than they were made, or twice, or while somebody is out of reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from federation.clock import SystemClock
from federation.models import Follow, InboundActivity
from federation.processing import RETRY_AFTER
from sebangsa import posting, voting
from sebangsa.models import Post, Vote
from sebangsa.posting import Draft
from tests.foreign_server import Actor, ForeignServer, foreign_server
from tests.instances import Instance, settle


@pytest.fixture
async def lain() -> AsyncIterator[ForeignServer]:
    async with foreign_server("lain") as server:
        yield server


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def _post(warga: Instance) -> Post:
    ani = await warga.user("ani")
    async with warga.inside() as site:
        return await posting.create_post(site, ani.actor, Draft(source="Banjir di gang"))


async def _tell(warga: Instance, rini: Actor, *activities: dict[str, Any]) -> None:
    for activity in activities:
        status, answer = await rini.send(warga, activity)
        assert status == 202, answer
        await settle(warga)


async def _reply_to(warga: Instance, rini: Actor, name: str = "1", **more: Any) -> dict[str, Any]:
    post = await _post(warga)
    return rini.note(name, "Jawab", inReplyTo=post.uri, **more)


async def test_s048_a_create_that_comes_after_its_delete_stays_deleted(
    warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    note = await _reply_to(warga, rini)
    await _tell(warga, rini, rini.activity("Delete", note["id"]), rini.activity("Create", note))
    async with warga.inside():
        assert not await Post.exists(uri=note["id"])


async def test_nobody_can_end_what_another_server_has_yet_to_say(
    warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    note = await _reply_to(warga, rini)
    async with foreign_server("jahat") as evil:
        jahat = evil.actor("jahat", key=1)
        status, _ = await jahat.send(warga, jahat.activity("Delete", note["id"]))
        assert status == 403
        made = {
            "id": f"{lain.origin}/activities/like",
            "type": "Like",
            "actor": jahat.uri,
            "object": note["id"],
        }
        await jahat.send(warga, jahat.activity("Undo", made))
        await settle(warga)
    await _tell(warga, rini, rini.activity("Create", note))
    async with warga.inside():
        assert await Post.exists(uri=note["id"])
        assert not await InboundActivity.exists(uri=made["id"])


async def test_an_edit_that_overtook_its_post_is_what_is_shown(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    note = await _reply_to(warga, rini)
    edited = note | {"content": "Sudah surut", "updated": "2026-11-20T02:00:00Z"}
    await _tell(warga, rini, rini.activity("Update", edited), rini.activity("Create", note))
    async with warga.inside():
        post = await Post.get(uri=note["id"])
        assert "Sudah surut" in post.content
        assert post.edited_at is not None


async def test_an_edit_alone_makes_no_post(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    note = await _reply_to(warga, rini)
    await _tell(warga, rini, rini.activity("Update", note))
    async with warga.inside():
        assert not await Post.exists(uri=note["id"])


@pytest.mark.parametrize("kind", ["Like", "Dislike", "Announce"])
async def test_what_was_undone_before_it_arrived_has_no_effect(
    kind: str, warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    post = await _post(warga)
    made = rini.activity(kind, post.uri)
    await _tell(warga, rini, rini.activity("Undo", made), made)
    async with warga.inside():
        post = await Post.get(id=post.id)
        assert (post.likes_count, post.dislikes_count, post.boosts_count) == (0, 0, 0)


async def test_a_follow_undone_before_it_arrived_is_none(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    ani = await warga.user("ani")
    made = rini.activity("Follow", ani.actor.uri)
    await _tell(warga, rini, rini.activity("Undo", made), made)
    async with warga.inside():
        assert not await Follow.exists()


@pytest.mark.parametrize("kind", ["Like", "Announce", "Follow"])
async def test_an_undo_that_comes_late_does_not_end_what_was_done_again(
    kind: str, warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    post = await _post(warga)
    async with warga.inside():
        about = (
            post.uri if kind != "Follow" else (await Post.get(id=post.id).select_related("author")).author.uri
        )
    first, again = (
        rini.activity(kind, about, id=f"{lain.origin}/activities/{number}") for number in ("first", "again")
    )
    await _tell(warga, rini, first, again, rini.activity("Undo", first))
    async with warga.inside():
        post = await Post.get(id=post.id)
        assert post.likes_count + post.boosts_count + await Follow.all().count() == 1
    await _tell(warga, rini, rini.activity("Undo", again, id=f"{lain.origin}/activities/last"))
    async with warga.inside():
        post = await Post.get(id=post.id)
        assert post.likes_count + post.boosts_count + await Follow.all().count() == 0


async def test_an_undo_under_an_id_never_sent_ends_what_counts_now(
    warga: Instance, lain: ForeignServer
) -> None:
    """As Lemmy undoes votes and follows."""
    rini = lain.actor("rini")
    post = await _post(warga)
    liked = rini.activity("Like", post.uri)
    undone = rini.activity("Undo", liked | {"id": f"{lain.origin}/activities/made-for-the-undo"})
    await _tell(warga, rini, liked, undone)
    async with warga.inside():
        assert not await Vote.exists()


async def test_a_late_copy_of_a_follow_does_not_follow_again(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    ani = await warga.user("ani")
    made = rini.activity("Follow", ani.actor.uri)
    await _tell(warga, rini, made, rini.activity("Undo", made))
    assert (await rini.send(warga, made, now=SystemClock().time() - 600))[0] == 202
    await settle(warga)
    async with warga.inside():
        assert not await Follow.exists()


async def test_s036_the_same_follow_asked_anew_is_a_follow(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    ani = await warga.user("ani")
    made = rini.activity("Follow", ani.actor.uri)
    await _tell(warga, rini, made, rini.activity("Undo", made), made)
    async with warga.inside():
        assert await Follow.exists()


async def test_an_author_whose_server_is_down_is_asked_to_come_again(warga: Instance) -> None:
    """After a 401 most servers give up."""
    async with foreign_server("mati") as gone:
        rini = gone.actor("rini")
    status, answer = await rini.send(warga, rini.activity("Like", f"{warga.url}/p/1"))
    assert (status, answer["code"]) == (503, "unreachable")


async def test_a_reply_is_kept_when_the_post_it_answers_stays_out_of_reach(
    warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    ani = await warga.user("ani")
    async with foreign_server("mati") as gone:
        answered = f"{gone.origin}/notes/1"
    note = rini.note("1", "Jawab", inReplyTo=answered, cc=[ani.actor.uri])
    await _tell(warga, rini, rini.activity("Create", note))
    for _ in RETRY_AFTER:
        async with warga.inside():
            assert not await Post.exists(uri=note["id"])
            await InboundActivity.filter(state="waiting").update(
                run_at=warga.site.clock.now() - timedelta(seconds=1)
            )
        await settle(warga)
    async with warga.inside():
        assert (await Post.get(uri=note["id"])).in_reply_to_id is None


async def test_two_votes_at_once_of_one_person_count_once(warga: Instance) -> None:
    post = await _post(warga)
    budi = await warga.user("budi")
    async with warga.inside() as site:
        await asyncio.gather(*(voting.vote(site, budi.actor, post, 1) for _ in range(4)))
        assert (await Post.get(id=post.id)).likes_count == 1
