"""People delete their own account: it is gone at once, everywhere, and nothing of it comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from federation.actors import resolve_actor
from federation.database import transaction
from federation.models import Actor, ActorKey, Delivery, Follow, OutboundActivity, Peer
from federation.refusals import Refused
from sebangsa import accounts, boosting, deleting, erasing, following, posting, reacting, uploads, voting
from sebangsa.deleting import delete_account, left_behind
from sebangsa.erasing import erase_account
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.lookup import find_actor
from sebangsa.models import (
    AccessToken,
    Attachment,
    Mention,
    Notification,
    Post,
    Reaction,
    Role,
    Session,
    User,
    Visibility,
    Vote,
)
from sebangsa.posting import Draft
from sebangsa.queue.models import Job
from tests.foreign_server import ForeignServer, foreign_server
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle
from tests.sebangsa.media_pictures import encoded, photo

Start = Callable[..., Awaitable[Instance]]
ACTIVITY = {"accept": "application/activity+json"}


@dataclass
class Street:
    """Ani at warga and Budi at kota follow each other, and each has written. `far` met Ani and follows nobody."""

    warga: Instance
    kota: Instance
    ani: User
    budi: User
    far: ForeignServer
    posts: dict[str, Post]

    async def settle(self) -> None:
        await settle(self.warga, self.kota)

    async def status(self, path: str) -> tuple[int, Any]:
        async with self.warga.http.get(self.warga.url + path, headers=ACTIVITY) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 404 else None


@pytest.fixture
async def street(neighbours: tuple[Instance, Instance]) -> AsyncIterator[Street]:
    warga, kota = neighbours
    async with foreign_server("jauh") as far:
        ani, budi = await warga.user("ani"), await kota.user("budi")
        met = far.actor("kenalan")
        async with warga.inside() as site:
            await resolve_actor(site.federation, met.uri)
            there = await find_actor(site, budi.actor.uri)
            assert there is not None
            await following.follow(site, ani.actor, there)
        async with kota.inside() as site:
            there = await find_actor(site, ani.actor.uri)
            assert there is not None
            await following.follow(site, budi.actor, there)
        await settle(warga, kota)
        posts = {}
        async with kota.inside() as site:
            posts["of budi"] = await posting.create_post(
                site, budi.actor, Draft(source="Halo @ani@" + warga.site.settings.domain)
            )
        await settle(warga, kota)
        async with warga.inside() as site:
            picture = await uploads.upload_picture(site, ani.actor, encoded(photo(), "JPEG"))
            posts["open"] = await posting.create_post(
                site, ani.actor, Draft(source="Rahasia dapur #masak", attachments=[picture.attachment])
            )
            heard = await Post.get(uri=posts["of budi"].uri)
            posts["answer"] = await posting.create_post(
                site, ani.actor, Draft(source="Halo juga", in_reply_to=heard)
            )
            there = await Actor.get(uri=budi.actor.uri)
            posts["direct"] = await posting.create_post(
                site,
                ani.actor,
                Draft(source=f"Bisik @{there.handle}", visibility=Visibility.DIRECT, recipients=[there]),
            )
            await voting.vote(site, ani.actor, heard, 1)
            await reacting.react(site, ani.actor, heard, "🎉")
            await boosting.boost(site, ani.actor, heard)
            await uploads.upload_picture(site, ani.actor, encoded(photo(), "JPEG"))
        await settle(warga, kota)
        yield Street(warga, kota, ani, budi, far, posts)


async def test_a_deleted_account_is_gone_at_once_and_then_erased_here_and_elsewhere(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    warga, kota = street.warga, street.kota
    cookies = await warga.signed_in(street.ani)
    async with warga.inside() as site:
        files = [a.key for a in await Attachment.all()]
        assert len(files) == 2
        await delete_account(site, await User.get(id=street.ani.id))
        assert [await table.all().count() for table in (User, Session, AccessToken)] == [0, 0, 0]
        assert await accounts.user_of_session(site, cookies["session"]) is None
        with pytest.raises(Invalid, match="Name or password"):
            await accounts.authenticate(site, "ani", "rahasia sekali")
        with pytest.raises(Invalid, match="taken"):
            await accounts.create_user(site, "ani", password="rahasia sekali")
    # Nothing was erased yet, and nothing is shown any more.
    status, document = await street.status("/u/ani")
    assert (status, document["type"], document["formerType"]) == (410, "Tombstone", "Person")
    for path in (f"/p/{street.posts['open'].id}", "/u/ani/outbox"):
        assert (await street.status(path))[0] == 410
    async with warga.http.get(f"{warga.url}/a/{street.posts['open'].id}", headers=ACTIVITY) as answer:
        assert answer.status in (404, 410)
    browser = FormBrowser(warga)
    status, page = await browser.get("/u/ani")
    assert status == 410
    assert "This account was deleted." in page
    assert (await browser.get(f"/p/{street.posts['open'].id}"))[0] == 404
    # One server is away: what it must hear is kept, and so is the key.
    send = type(warga.site.federation.client).post

    async def refused(self: Any, url: str, *args: Any, **options: Any) -> Any:
        if street.far.host in url:
            raise Refused("unreachable", "ClientConnectorError")
        return await send(self, url, *args, **options)

    with monkeypatch.context() as away:
        away.setattr(type(warga.site.federation.client), "post", refused)
        await street.settle()
    async with warga.inside() as site:
        assert await ActorKey.filter(actor_id=street.ani.actor_id).exclude(private="").count() == 2
        await Delivery.filter(state="pending").update(run_at=site.clock.now())
        await Peer.all().update(retry_at=None)
        await Job.all().update(run_at=site.clock.now())
    await street.settle()
    [told] = [entry for entry in street.far.received if entry["type"] == "Delete"]
    assert (told["object"], told["actor"], told["removeData"]) == (
        street.ani.actor.uri,
        street.ani.actor.uri,
        True,
    )
    async with warga.inside() as site:
        await erase_account(site, street.ani.actor_id)  # a second run finds nothing
        assert await ActorKey.filter(actor_id=street.ani.actor_id).exclude(private="").count() == 0
        assert [row.type for row in await OutboundActivity.filter(actor_id=street.ani.actor_id)] == ["Delete"]
        assert await Attachment.all().count() == 0
        for key in files:
            assert await site.media.get(key) is None
    for instance in (warga, kota):
        async with instance.inside():
            ani = await Actor.get(uri=street.ani.actor.uri)
            assert ani.deleted_at is not None
            assert (ani.name, ani.summary, ani.posts_count, ani.followers_count) == ("", "", 0, 0)
            left = await Post.filter(author_id=ani.id)
            assert left
            for post in left:
                assert (post.deleted_at is not None, post.content, post.source) == (True, "", ""), post.uri
            heard = await Post.get(uri=street.posts["of budi"].uri)
            assert (heard.likes_count, heard.boosts_count, heard.replies_count) == (0, 0, 0)
            for table in (Vote, Reaction, Follow):
                assert await table.all().count() == 0
            assert await Mention.filter(post__author_id=ani.id).count() == 0
            assert await Notification.filter(actor_id=ani.id).count() == 0
            budi = await Actor.get(uri=street.budi.actor.uri)
            assert (budi.followers_count, budi.following_count) == (0, 0)


async def test_erasing_that_is_killed_goes_on_where_it_was(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ani = await accounts.create_user(site, "ani", password="rahasia sekali")
    budi = await accounts.create_user(site, "budi", password="rahasia sekali")
    thread = await posting.create_post(site, budi.actor, Draft(source="Halo"))
    async with transaction():
        for number in range(60):
            await posting.create_post(site, ani.actor, Draft(source=f"Ke-{number}", in_reply_to=thread))
    await delete_account(site, ani)
    erase, done = erasing.erase, 0

    async def killed(site: Any, post: Post) -> None:
        nonlocal done
        done += 1
        if done == 40:
            raise KeyboardInterrupt
        await erase(site, post)

    with monkeypatch.context() as dying:
        dying.setattr(erasing, "erase", killed)
        with pytest.raises(KeyboardInterrupt):
            await site.queue.run_due()
    assert await Post.filter(author_id=ani.actor_id, deleted_at=None).count() == 35
    await site.queue.release_leases()
    await settle(site)
    assert await Post.filter(author_id=ani.actor_id, deleted_at=None).count() == 0
    assert (await Post.get(id=thread.id)).replies_count == 0
    assert (await Actor.get(id=ani.actor_id)).posts_count == 0
    assert await Job.all().count() == 0


async def test_the_page_says_what_happens_and_wants_the_password(start: Start) -> None:
    warga = await start("warga")
    boss, ani = await warga.user("boss", Role.ADMIN), await warga.user("ani")
    browser = await FormBrowser.of(warga, ani)
    _, page = await browser.get("/settings")
    assert 'href="/settings/delete"' in page
    status, page = await browser.post("/settings/delete", password="rahasia sekali")
    assert (status, "Tick the box" in page) == (422, True)
    status, page = await browser.post("/settings/delete", sure="1", password="salah salah")
    assert (status, "That is not your password." in page) == (422, True)
    status, page = await browser.post("/settings/delete", sure="1", password="rahasia sekali")
    assert (status, "Your account is deleted" in page) == (200, True)
    assert (await browser.get("/settings"))[0] != 200
    boss_there = await FormBrowser.of(warga, boss)
    status, page = await boss_there.post("/settings/delete", sure="1", password="rahasia sekali")
    assert (status, "last administrator" in page) == (403, True)


async def test_without_a_password_a_fresh_session_confirms(site: Any) -> None:
    ani = await accounts.create_user(site, "ani")
    token = await accounts.start_session(site, ani)
    await deleting.must_be_confirmed(site, ani, "", token)
    await Session.all().update(created_at=site.clock.now() - deleting.LATELY)
    with pytest.raises(Invalid, match="Sign out and in again"):
        await deleting.must_be_confirmed(site, ani, "", token)
    with pytest.raises(NotAllowed):
        await deleting.must_be_deletable(await accounts.create_user(site, "boss", role=Role.ADMIN))
    assert await left_behind(site, ani.actor) == []
