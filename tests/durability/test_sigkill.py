"""A server killed in the middle of its work loses nothing that it accepted, and does nothing twice.

Two servers federate while somebody posts and likes on both, and a third server sends to both. Again and again one of
them is killed. What was answered with success was accepted; what was not answered may have happened, at most once.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from benchmarks.measuring import free_port, loopback_session
from chat.models import ChatMessage
from federation.models import Actor, Delivery, Follow, InboundActivity
from federation.sweep import release_leases
from sebangsa.models import Notification, Post, Visibility, Vote
from sebangsa.settings import DEFAULT_FEATURES
from tests.durability.servers import UNANSWERED, KilledServer
from tests.foreign_server import PUBLIC, foreign_server
from tests.foreign_server import Actor as ForeignActor
from tests.instances import Instance

NewDatabase = Callable[[str, str], Awaitable[str]]
SETTLE_WITHIN = 60


@dataclass
class Traffic:
    """What was asked of the servers, and what they said. Texts are unique; ids are those of the posts."""

    servers: tuple[KilledServer, KilledServer]
    http: aiohttp.ClientSession
    stranger: ForeignActor
    rng: random.Random
    accepted: dict[str, str] = field(default_factory=dict)
    """Posts by their text: where they were accepted."""
    unanswered: set[str] = field(default_factory=set)
    likes: set[tuple[str, str]] = field(default_factory=set)
    """(server, URI of the post) answered with success."""
    sent: set[tuple[str, str]] = field(default_factory=set)
    """(server, text) of the stranger's notes that were answered with 202."""
    _number: int = 0

    async def flow(self) -> None:
        """Go on until cancelled."""
        await asyncio.gather(*(self._people(server) for server in self.servers), self._strangers())

    async def _people(self, server: KilledServer) -> None:
        other = next(entry for entry in self.servers if entry is not server)
        while True:
            await asyncio.sleep(self.rng.uniform(0, 0.15))
            try:
                if self.rng.random() < 0.6:
                    await self._post(server, other)
                else:
                    await self._like(server)
            except UNANSWERED:
                continue

    async def _post(self, server: KilledServer, other: KilledServer) -> None:
        self._number += 1
        text = f"kabar-{server.name}-{self._number}"
        name = other.person.rpartition("/")[2]
        self.unanswered.add(text)
        status, _ = await server.ask(
            "POST",
            "/api/v1/statuses",
            {"status": f"{text} @{name}@{other.host}"},
            idempotency_key=text,
        )
        if status == 200:
            self.unanswered.discard(text)
            self.accepted[text] = server.name

    async def _like(self, server: KilledServer) -> None:
        status, feed = await server.ask("GET", "/api/v1/timelines/home?limit=40")
        foreign = [post for post in feed if status == 200 and not post["uri"].startswith(server.url)]
        if not foreign:
            return
        chosen = self.rng.choice(foreign)
        status, _ = await server.ask("POST", f"/api/v1/statuses/{chosen['id']}/favourite")
        if status == 200:
            self.likes.add((server.name, chosen["uri"]))

    async def _strangers(self) -> None:
        while True:
            await asyncio.sleep(self.rng.uniform(0, 0.15))
            server = self.rng.choice(self.servers)
            self._number += 1
            text = f"surat-{self._number}"
            mention = {"type": "Mention", "href": server.person, "name": f"@{server.person}"}
            to = [server.person] if self._number % 2 else [PUBLIC, server.person]
            note = self.stranger.note(text, text, to=to, cc=[], tag=[mention])
            made = self.stranger.activity("Create", note, id=f"{note['id']}/activity")
            for _ in range(20):
                try:
                    status, _ = await self._deliver(server, made)
                except UNANSWERED:
                    await asyncio.sleep(0.2)  # sent again under its id, as every server does
                    continue
                if status == 202:
                    self.sent.add((server.name, text))
                    break
                await asyncio.sleep(0.2)

    async def _deliver(self, server: KilledServer, made: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        async with asyncio.timeout(10):
            target: Any = Instance(site=None, url=server.url, http=self.http)  # type: ignore[arg-type]
            return await self.stranger.send(target, made)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with loopback_session(50) as session:
        yield session


async def _befriend(one: KilledServer, other: KilledServer) -> None:
    name = other.person.rpartition("/")[2]
    status, found = await one.ask("GET", f"/api/v2/search?q=@{name}@{other.host}&resolve=true&type=accounts")
    assert status == 200, found
    [account] = found["accounts"]
    status, answer = await one.ask("POST", f"/api/v1/accounts/{account['id']}/follow")
    assert status == 200, answer


async def _first_likes(traffic: Traffic) -> None:
    """Until both have read and liked something of the other, so that what is killed is under full sail."""
    async with asyncio.timeout(SETTLE_WITHIN):
        while {name for name, _ in traffic.likes} != {server.name for server in traffic.servers}:
            await asyncio.sleep(0.05)


async def _kill_again_and_again(
    servers: tuple[KilledServer, KilledServer], times: int, rng: random.Random
) -> None:
    for _ in range(times):
        await asyncio.sleep(rng.uniform(0, 0.5))
        server = rng.choice(servers)
        server.kill()
        await server.start()


async def _unfinished(servers: tuple[KilledServer, KilledServer]) -> list[str]:
    found: list[str] = []
    for server in servers:
        async with server.inside() as site:
            # The leases of the killed would end by themselves, minutes later.
            await release_leases()
            await InboundActivity.filter(state="waiting").update(run_at=site.clock.now())
            await site.federation.clock.sleep(0)
            found += [
                f"{server.name} in {row.type} {row.reason}"
                for row in await InboundActivity.filter(state__in=["pending", "waiting"])
            ]
            found += [
                f"{server.name} out {row.inbox_url} {row.reason}"
                for row in await Delivery.filter(state="pending")
            ]
    return found


async def _come_to_rest(servers: tuple[KilledServer, KilledServer]) -> None:
    """Let both work until nothing waits, as the days after would."""
    for _ in range(SETTLE_WITHIN // 5):
        for server in servers:
            server.stop()
        if not await _unfinished(servers):
            return
        for server in servers:
            async with server.inside():
                await _due_now()
        await asyncio.gather(*(server.start() for server in servers))
        await asyncio.sleep(3)
    raise AssertionError(await _unfinished(servers))


async def _due_now() -> None:
    from federation.clock import SystemClock
    from federation.models import Peer

    await Delivery.filter(state="pending").update(run_at=SystemClock().now())
    await Peer.all().update(retry_at=None, failures=0, failing_since=None)


async def _check(server: KilledServer, other: KilledServer, traffic: Traffic) -> None:
    """Every effect there is exactly once what was accepted."""
    async with server.inside():
        posts = await Post.filter(deleted_at=None).select_related("author")
        texts = Counter(word for post in posts for word in _words(post.content))
        for text in traffic.accepted:
            assert texts[text] == 1, f"{text} is {texts[text]} times at {server.name}"
        for text in traffic.unanswered:
            assert texts[text] <= 1, f"{text} is {texts[text]} times at {server.name}"
        for name, text in traffic.sent:
            if name == server.name:
                assert texts[text] == 1, f"{text} is {texts[text]} times at {server.name}"
        told = Counter(await Notification.filter(type="mention").values_list("post_id", flat=True))
        named = {post.id for post in posts if not post.is_local and post.author.uri != server.person}
        filed = Counter(await ChatMessage.all().values_list("post_id", flat=True))
        for post in posts:
            if post.id in named:  # a stranger's direct message waits among the requests and rings no bell
                is_direct = post.visibility == Visibility.DIRECT
                assert (told[post.id], filed[post.id]) == ((0, 1) if is_direct else (1, 0)), post.content
        for name, uri in traffic.likes:
            liker = server.person if name == server.name else other.person
            votes = await Vote.filter(post__uri=uri, actor__uri=liker).count()
            assert votes == 1, f"{liker} liked {uri}: {votes} times at {server.name}"
        for post in posts:
            assert post.likes_count == await Vote.filter(post_id=post.id, value=1).count()
        person = await Actor.get(uri=server.person)
        assert (person.followers_count, person.following_count) == (1, 1)
        assert await Follow.filter(state="accepted").count() == 2
        ended = await InboundActivity.filter(state__in=["failed", "refused"])
        assert not [f"{row.type} {row.state} {row.reason}" for row in ended]
        assert not await Delivery.filter(state__in=["failed", "refused", "cancelled"])


def _words(content: str) -> list[str]:
    return [
        word
        for word in content.replace("<", " ").replace(">", " ").split()
        if word[:6] in ("kabar-", "surat-")
    ]


async def _survive(
    database: str,
    kills: int,
    seed: int,
    new_database: NewDatabase,
    http: aiohttp.ClientSession,
    tmp_path: Path,
) -> None:
    rng = random.Random(seed)
    made = []
    for name, person in (("warga", "ani"), ("kota", "budi")):
        folder = tmp_path / f"{name}-data"
        folder.mkdir()
        url = await new_database(database, name)
        if database == "sqlite":
            shutil.copy(tmp_path / name / "sebangsa.sqlite3", folder / "sebangsa.sqlite3")
            url = f"sqlite://{folder / 'sebangsa.sqlite3'}"
        server = KilledServer(name, f"http://{name}.localhost:{free_port()}", folder, url, http)
        await server.settle_in(person)
        made.append(server)
    servers = (made[0], made[1])
    async with foreign_server("lain") as foreign:
        try:
            await asyncio.gather(*(server.start() for server in servers))
            await _befriend(*servers)
            await _befriend(servers[1], servers[0])
            traffic = Traffic(servers, http, foreign.actor("rini"), rng)
            flowing = asyncio.create_task(traffic.flow())
            await _first_likes(traffic)
            await _kill_again_and_again(servers, kills, random.Random(f"kills {seed}"))
            flowing.cancel()
            [ended] = await asyncio.gather(flowing, return_exceptions=True)
            assert isinstance(ended, asyncio.CancelledError), ended
            await _come_to_rest(servers)
        finally:
            for server in servers:
                server.stop()
    assert sum(server.kills for server in servers) == kills
    assert len(traffic.accepted) > kills
    assert len(traffic.sent) > kills / 2
    assert traffic.likes
    await _check(*servers, traffic)
    await _check(servers[1], servers[0], traffic)


@pytest.fixture
def features() -> tuple[str, ...]:
    return DEFAULT_FEATURES


@pytest.mark.slow
async def test_s143_fifty_kills_lose_nothing_that_was_accepted_and_double_nothing(
    new_database: NewDatabase, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await _survive("sqlite", 50, 1, new_database, http, tmp_path)


@pytest.mark.slow
async def test_s143_kills_on_postgresql_lose_and_double_nothing(
    new_database: NewDatabase, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await _survive("postgres", 15, 2, new_database, http, tmp_path)
