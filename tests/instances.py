"""Whole instances for tests: a real database, real HTTP on loopback, and background work that runs when told.

`site` is one instance, on SQLite and again on PostgreSQL. `neighbours` are two, federated over HTTP. Work that a
server would do in the background is done by `settle(…)`, so that no test sleeps.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn

from federation.delivery import deliver
from federation.models import Actor, Delivery, InboundActivity
from federation.processing import process_inbox
from sebangsa.accounts import create_user, start_session
from sebangsa.app import create_app
from sebangsa.models import Role, User
from sebangsa.settings import DEFAULT_FEATURES, load_settings
from sebangsa.site import Site
from sebangsa.web.connections import BoundedHttp
from sebangsa.web.server import Server
from tests.services import PostgresServer, fresh_postgres_database, postgres_template, shared_folder

DATABASES = ["sqlite", "postgres"]
NewDatabase = Callable[[str, str], Awaitable[str]]


class TestEngine:
    """Background work that waits to be told: a wake-up is only remembered."""

    __test__ = False

    def __init__(self) -> None:
        self.woken: list[str] = []

    def wake(self, job: str) -> None:
        self.woken.append(job)

    async def start(self) -> None:
        """Nothing runs by itself."""

    async def stop(self) -> None:
        """Nothing runs by itself."""


def make_site(folder: Path, url: str, database_url: str = "", **settings: Any) -> Site:
    """A site in development mode with its data in `folder`; not opened."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "cache").exists():
        (folder / "cache").symlink_to(_compiled_templates())
    loaded = load_settings(
        {},
        url=url,
        mode="development",
        data_dir=folder,
        rate_limits="off",
        database_url=database_url or None,
        **settings,
    )
    return Site(loaded, engine=TestEngine())


@cache
def _compiled_templates() -> Path:
    """Shared by all sites of a test run: compiling the templates takes longer than most tests of pages."""
    return shared_folder("templates", lambda folder: folder.mkdir())


async def _migrate(site: Site) -> None:
    await site.open()
    await site.database.migrate()
    await site.database.close()


@pytest.fixture
def features() -> tuple[str, ...]:
    """Which features the instances of a test have; the lower floors are tested without the upper ones."""
    return DEFAULT_FEATURES


@pytest.fixture(scope="session")
def sqlite_templates() -> Callable[[tuple[str, ...]], Path]:
    """Migrated, empty SQLite files to copy, by features: migrating takes longer than most tests."""

    @cache
    def template(features: tuple[str, ...]) -> Path:
        def fill(folder: Path) -> None:
            site = make_site(folder, "http://template.localhost:1", features=features)
            with ThreadPoolExecutor(1) as thread:  # a loop of its own, beside the one that tests run in
                thread.submit(lambda: asyncio.run(_migrate(site))).result()

        return shared_folder("_".join(("sqlite", *features)), fill) / "sebangsa.sqlite3"

    return template


@pytest.fixture
def new_database(
    request: pytest.FixtureRequest,
    sqlite_templates: Callable[[tuple[str, ...]], Path],
    features: tuple[str, ...],
    tmp_path: Path,
) -> NewDatabase:
    """`await new_database("sqlite" | "postgres", name)` gives the URL of a fresh, migrated database."""

    async def make(kind: str, name: str) -> str:
        if kind == "sqlite":
            folder = tmp_path / name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(sqlite_templates(features), folder / "sebangsa.sqlite3")
            return f"sqlite://{folder / 'sebangsa.sqlite3'}"
        server: PostgresServer = request.getfixturevalue("postgres_server")

        async def fill(url: str) -> None:
            await _migrate(
                make_site(tmp_path / "template", "http://template.localhost:1", url, features=features)
            )

        template = await postgres_template(server, "_".join(("sebangsa", *features)), fill)
        return await fresh_postgres_database(server, template)

    return make


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on: each test that asks for it runs on both."""
    return str(request.param)


@pytest.fixture
async def site(
    database: str, new_database: NewDatabase, features: tuple[str, ...], tmp_path: Path
) -> AsyncIterator[Site]:
    """One instance at http://warga.localhost, entered: models work in the test itself. It hears nobody."""
    made = make_site(
        tmp_path / "warga", "http://warga.localhost", await new_database(database, "warga"), features=features
    )
    await made.open()
    with made.database.entered():
        yield made
    await made.stop()


@dataclass
class Instance:
    """A running server on loopback, and its inside."""

    site: Site
    url: str
    http: aiohttp.ClientSession

    @asynccontextmanager
    async def inside(self) -> AsyncIterator[Site]:
        """Work with this instance's database."""
        with self.site.database.entered():
            yield self.site

    async def user(self, name: str, role: Role = Role.MEMBER, **columns: Any) -> User:
        """Make an account."""
        with self.site.database.entered():
            return await create_user(self.site, name, password="rahasia sekali", role=role, **columns)

    async def signed_in(self, user: User) -> dict[str, str]:
        """Cookies of a browser in which `user` is signed in."""
        with self.site.database.entered():
            return {"session": await start_session(self.site, user)}

    async def actor(self, handle: str) -> Actor:
        """One of ours by name, or a known one by `name@domain`."""
        name, _, domain = handle.partition("@")
        with self.site.database.entered():
            return await Actor.get(username=name, domain=domain)


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Instance]:
    """Serve a site over HTTP on the loopback address of its URL, in this process."""
    port = int(site.settings.url.rpartition(":")[2])
    server = Server(
        uvicorn.Config(
            create_app(site),
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=1,
            http=BoundedHttp,
        ),
        site,
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("the server did not start")
        await asyncio.sleep(0.01)
    connector = aiohttp.TCPConnector(resolver=_Loopback())
    try:
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield Instance(site, site.settings.url, http)
    finally:
        server.should_exit = True
        await task


class _Loopback(aiohttp.abc.AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        """Holds nothing open."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def start(
    new_database: NewDatabase, features: tuple[str, ...], tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Instance]]]:
    """`await start("warga", database="sqlite")` runs an instance on loopback until the test ends."""
    async with AsyncExitStack() as stack:

        async def run(name: str, *, database: str = "sqlite", **settings: Any) -> Instance:
            url = f"http://{name}.localhost:{free_port()}"
            settings = {"features": features} | settings
            site = make_site(tmp_path / name, url, await new_database(database, name), **settings)
            return await stack.enter_async_context(running(site))

        yield run


@pytest.fixture
async def neighbours(database: str, start: Callable[..., Awaitable[Instance]]) -> tuple[Instance, Instance]:
    """Two instances, `warga` (citizens) and `kota` (the city), that federate over real HTTP."""
    return await start("warga", database=database), await start("kota", database=database)


async def settle(*instances: Instance | Site, rounds: int = 30) -> None:
    """Do all background work, on all instances, until nothing is left to do now."""
    sites = [entry.site if isinstance(entry, Instance) else entry for entry in instances]
    for _ in range(rounds):
        done = 0
        for site in sites:
            with site.database.entered():
                done += await process_inbox(site.federation)
                done += await deliver(site.federation)
                done += await site.queue.run_due()
        if not done:
            return
    raise AssertionError("the instances do not come to rest")


async def unfinished(site: Site) -> dict[str, list[str]]:
    """What did not end well: refused or failed activities and deliveries, with their reasons."""
    with site.database.entered():
        inbound = await InboundActivity.filter(state__in=["refused", "failed", "ignored"])
        out = await Delivery.filter(state__in=["refused", "failed", "cancelled"])
        return {
            "inbound": [f"{row.type} {row.uri}: {row.state} {row.reason}" for row in inbound],
            "deliveries": [f"{row.inbox_url}: {row.state} {row.status} {row.reason}" for row in out],
        }
