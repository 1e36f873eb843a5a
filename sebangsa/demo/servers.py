"""The two servers of the demonstration in one process, filled at their first start."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from sebangsa.accounts import make_link, user_by_name
from sebangsa.demo.cast import DemoCast, read_content
from sebangsa.demo.people import plan_people
from sebangsa.demo.story_clock import StoryClock
from sebangsa.serving import bind, serving, settle_memory, stopping
from sebangsa.settings import Settings, load_settings
from sebangsa.site import Site

PORTS: Mapping[str, int] = {"warga": 8001, "kota": 8002}
TOLD_AFTER = timedelta(days=9)
"""The story begins so long ago."""
SIGN_INS = (
    ("warga", "ani", "a citizen"),
    ("warga", "siti", "a moderator"),
    ("warga", "bayu", "the administrator"),
    ("kota", "rina", "an officer of the city"),
)


def demo_settings(data_dir: Path, ports: Mapping[str, int] = PORTS) -> dict[str, Settings]:
    """The settings of both instances. The environment has no say: this is not anybody's own server."""
    about = read_content("sebangsa.demo", "content.json")["instances"]
    return {
        name: load_settings(
            {},
            url=f"http://{name}.localhost:{port}",
            bind=f"127.0.0.1:{port}",
            data_dir=data_dir / "demo" / name,
            mode="development",
            rate_limits="off",
            name=about[name]["name"],
            description=about[name]["description"],
        )
        for name, port in ports.items()
    }


class Demonstration:
    """Both instances; `ports` are taken at once. Raises `PortTaken`."""

    def __init__(self, data_dir: Path, ports: Mapping[str, int] = PORTS) -> None:
        self._settings = demo_settings(data_dir, ports)
        self._places: dict[str, socket.socket] = {name: bind(each) for name, each in self._settings.items()}
        self._filled = data_dir / "demo" / "filled"
        self.failures: list[str] = []

    async def run(self, say: Callable[[str], None]) -> None:
        """Serve until asked to stop; fill the instances first where that has not been done to its end."""
        with stopping() as asked:
            serving_both = asyncio.create_task(self.serve(say, asked))
            await asyncio.wait(
                {serving_both, asyncio.create_task(asked.wait())}, return_when=asyncio.FIRST_COMPLETED
            )
            if not serving_both.done():
                serving_both.cancel()
            await asyncio.gather(serving_both, return_exceptions=asked.is_set())

    async def serve(self, say: Callable[[str], None], asked: asyncio.Event) -> None:
        is_new = not self._filled.exists()
        if is_new:
            for each in self._settings.values():
                shutil.rmtree(each.data_dir, ignore_errors=True)
        clock = StoryClock(datetime.now(UTC) - (TOLD_AFTER if is_new else timedelta(0)))
        sites = {name: Site(each, clock=clock) for name, each in self._settings.items()}
        async with AsyncExitStack() as stack:
            for name, site in sites.items():
                await stack.enter_async_context(serving(site, self._places[name]))
            if is_new:
                say("Filling two servers with people, communities and reports. This takes a moment …")
                await self.fill(sites, clock)
            clock.catch_up()
            settle_memory()
            await self._say_links(sites, say)
            await asked.wait()

    async def fill(self, sites: Mapping[str, Site], clock: StoryClock) -> None:
        """Play the whole story, and remember that it was played to its end."""
        cast = DemoCast(sites, clock)
        plan_people(cast)
        for feature in sites["warga"].features:
            if feature.demo:
                import_module(feature.demo).plan(cast)
        await cast.perform()
        self.failures = cast.failures
        self._filled.touch()

    async def _say_links(self, sites: Mapping[str, Site], say: Callable[[str], None]) -> None:
        for name, site in sites.items():
            say(f"{site.settings.name}: {site.settings.url}")
            with site.database.entered():
                for home, person, role in SIGN_INS:
                    if home == name:
                        user = await user_by_name(person)
                        say(
                            f"  sign in as {user.actor.name}, {role}: {await make_link(site, 'sign-in', user)}"
                        )
        say("Ctrl-C stops both.")
