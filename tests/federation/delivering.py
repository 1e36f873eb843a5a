"""One instance's outgoing side on a simulated network: real databases, a clock that moves when told."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from federation.config import FederationConfig
from federation.database import Database, transaction
from federation.delivery import deliver
from federation.federation import Federation
from federation.ids import IdMaker
from federation.local_actors import create_local_actor
from federation.models import Actor, Delivery, Follow, FollowState, OutboundActivity, Peer
from federation.outbox import Audience, publish
from federation.transport import Response, Transport
from tests.services import PostgresServer, drop_postgres_database, fresh_postgres_database, postgres_template
from tests.simulation.network import SimulatedClock, SimulatedNetwork, SimulatedRequest

PROTOCOL_TABLES = {"federation": ["federation.models"]}


def make_federation(
    clock: SimulatedClock, transport: Transport, woken: list[str], *, base_url: str = "https://warga.example"
) -> Federation:
    """The protocol of one instance; wake-up calls are only remembered."""
    rng = random.Random(7)
    return Federation(
        FederationConfig(
            base_url, base_url.partition("//")[2], "test", development=base_url.startswith("http:")
        ),
        clock=clock,
        rng=rng,
        ids=IdMaker(clock, random.Random()),
        transport=transport,
        wake=woken.append,
        sanitise=lambda html: html,
    )


class Inbox:
    """A peer that takes what it gets; `answers` are given first, one by one."""

    def __init__(self) -> None:
        self.got: list[SimulatedRequest] = []
        self.answers: list[Response | Callable[[SimulatedRequest], Awaitable[Response]]] = []
        self.always: Response | Callable[[SimulatedRequest], Awaitable[Response]] = answer(202)

    async def __call__(self, request: SimulatedRequest) -> Response:
        self.got.append(request)
        given = self.answers.pop(0) if self.answers else self.always
        return given if isinstance(given, Response) else await given(request)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the activities that arrived (`World.say`), in order."""
        return [json.loads(request.body)["number"] for request in self.got]

    @property
    def ids(self) -> list[str]:
        return [json.loads(request.body)["id"] for request in self.got]


def answer(status: int, body: bytes = b"", **headers: str) -> Response:
    """An answer; header names are written with underscores."""
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, "")


class World:
    """Our instance `warga.example` with one actor, and peers on a simulated network."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SimulatedClock()
        self.network = SimulatedNetwork(self.clock)
        self.woken: list[str] = []
        self.fed = self.another()
        self.ani: Actor
        self._number = 0

    def another(self) -> Federation:
        """One more process of the same instance."""
        return make_federation(self.clock, self.network.transport("warga.example"), self.woken)

    def peer(self, host: str) -> Inbox:
        inbox = Inbox()
        self.network.serve(host, inbox)
        return inbox

    async def remote(self, name: str, host: str, *, shared: bool = True, **columns: Any) -> Actor:
        """Somebody on another server."""
        uri = f"https://{host}/u/{name}"
        now = self.clock.now()
        values: dict[str, Any] = {
            "id": self.fed.ids.next(),
            "uri": uri,
            "type": "Person",
            "username": name,
            "domain": host,
            "host": host,
            "inbox_url": f"{uri}/inbox",
            "shared_inbox_url": f"https://{host}/inbox" if shared else "",
            "created_at": now,
            "updated_at": now,
        }
        return await Actor.create(**values | columns)

    async def follow(self, follower: Actor, target: Actor, state: FollowState = FollowState.ACCEPTED) -> None:
        await Follow.create(
            id=self.fed.ids.next(),
            follower=follower,
            target=target,
            state=state,
            uri=f"{follower.uri}/follow",
            created_at=self.clock.now(),
        )

    async def say(self, audience: Audience, **options: Any) -> OutboundActivity:
        """Publish a numbered activity."""
        self._number += 1
        activity = {
            "type": "Create",
            "number": self._number,
            "object": f"https://warga.example/p/{self._number}",
        }
        return await publish(self.fed, self.ani, activity, audience, **options)

    async def to(self, *actors: Actor, personal: bool = False) -> OutboundActivity:
        return await self.say(Audience(actors=actors, personal=personal), proof=False)

    async def deliver(self, fed: Federation | None = None, *, budget: int | None = None) -> int:
        """Do the job while the clock stands still."""
        return await deliver(fed or self.fed, budget=budget)

    async def until_quiet(self, *, hours: float = 24 * 9) -> None:
        """Let the job run each half minute, as the sweep does, skipping the time in which nothing can be due."""
        end = self.clock.time() + hours * 3600
        while self.clock.time() < end and await Delivery.filter(state="pending").exists():
            await self.deliver()
            await self.clock.advance(30)

    async def states(self) -> list[str]:
        return [str(row.state) for row in await Delivery.all().order_by("id")]

    async def row_of(self, host: str) -> Peer:
        return await Peer.get(host=host)

    async def while_time_passes(
        self, task: asyncio.Task[Any], *, seconds: float = 600, step: float = 0.5
    ) -> None:
        """Move the clock until a task has ended; databases answer in threads, so each step waits for real."""
        passed = 0.0
        while not task.done() and passed < seconds:
            await asyncio.sleep(0.002)
            await self.clock.advance(step)
            passed += step
        assert task.done(), "it did not end in the simulated time"


async def _fill(url: str) -> None:
    database = Database(url, PROTOCOL_TABLES)
    await database.open()
    with database.entered():
        await database._context.generate_schemas()
    await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def outgoing_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database that has the protocol's tables."""
    if request.param == "sqlite":
        url = f"sqlite://{tmp_path / 'warga.sqlite3'}"
        await _fill(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = await fresh_postgres_database(server, await postgres_template(server, "protocol", _fill))
    yield url
    await drop_postgres_database(server, url)


@pytest.fixture
async def world(outgoing_url: str) -> AsyncIterator[World]:
    """A world with the local actor `ani`, its database entered."""
    database = Database(outgoing_url, PROTOCOL_TABLES)
    await database.open()
    with database.entered():
        made = World(database)
        async with transaction():
            made.ani = await create_local_actor(made.fed, "Person", "ani")
        yield made
    await database.close()
