"""One or several instances as HTTP servers inside our own event loop."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
import uvloop
from starlette.routing import WebSocketRoute

from sebangsa.app import create_app
from sebangsa.settings import Settings
from sebangsa.site import Site
from sebangsa.web.connections import BoundedHttp
from sebangsa.web.server import Server

STOP_AFTER = 5
"""Seconds that requests under way get when the server is asked to stop."""
KEEP_ALIVE = 75
"""Seconds an idle connection stays open: longer than the usual proxy keeps it (60), or the proxy answers 502."""
GARBAGE_AFTER = 10_000
"""Objects made, less those freed, until the collector looks for cycles among the youngest; Python's own 700 is for small
programs."""


class PortTaken(Exception):
    """Another program listens there, or the address cannot be used; the text says so."""


class _Server(Server):
    """Without uvicorn's signal handling: two servers of one loop would take it from each other."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(settings: Settings) -> socket.socket:
    """Take the port, before anything is touched: a second server must not migrate the first one's database.

    Raises `PortTaken`.
    """
    host, port = settings.bind_address
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(2048)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"{settings.bind} is taken by another program. Stop it, or choose another with --bind."
            ) from error
        raise PortTaken(f"{settings.bind} cannot be listened on: {error.strerror}.") from error
    opened.setblocking(False)
    return opened


@asynccontextmanager
async def serving(site: Site, place: socket.socket) -> AsyncIterator[None]:
    """Answer requests for `site` on a bound socket, with its background work, until the block ends."""
    app = create_app(site)
    has_websockets = any(isinstance(route, WebSocketRoute) for route in app.routes)
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",  # entered here, so that its errors reach the caller as they are
            http=BoundedHttp,
            ws="auto" if has_websockets else "none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # only SEBANGSA_TRUSTED_PROXIES are believed (S-073)
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=STOP_AFTER,
        ),
        site,
    )
    async with app.router.lifespan_context(app):
        running = asyncio.create_task(server.serve(sockets=[place]), name=f"http {site.settings.bind}")
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)
        try:
            yield
        finally:
            server.should_exit = True
            await running


@contextmanager
def stopping() -> Iterator[asyncio.Event]:
    """An event that is set by Ctrl-C or SIGTERM. A second Ctrl-C ends the program at once."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        asked.set()
        loop.remove_signal_handler(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    try:
        yield asked
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def serve(site: Site, place: socket.socket, ready: Callable[[], Awaitable[None]]) -> None:
    """Serve until asked to stop. `ready` runs, inside the site's database, when requests are answered."""
    with stopping() as asked:
        async with serving(site, place):
            with site.database.entered():
                await ready()
            settle_memory()
            await asked.wait()


def settle_memory() -> None:
    """What was loaded at the start lives as long as the server: the collector need not look at it again. It looks more
    seldom too, as a group of activities makes thousands of objects that live until its commit.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


def run(body: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine on uvloop."""

    async def entered() -> None:
        await body()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(entered())
