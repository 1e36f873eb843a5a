"""The demonstration: two servers, filled through the product's own use cases, federated over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.models import Delivery, InboundActivity
from sebangsa.demo.cast import DemoCast
from sebangsa.demo.servers import Demonstration, demo_settings
from sebangsa.demo.story_clock import StoryClock
from sebangsa.models import Post
from sebangsa.site import Site
from tests.instances import free_port


class _Watched(Demonstration):
    """Keeps its sites for the test."""

    async def _say_links(self, sites, say) -> None:  # type: ignore[no-untyped-def]
        self.sites: dict[str, Site] = sites
        await super()._say_links(sites, say)


@asynccontextmanager
async def running(folder: Path, ports: dict[str, int]) -> AsyncIterator[tuple[_Watched, list[str]]]:
    demonstration = _Watched(folder, ports)
    said: list[str] = []
    ready = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("Ctrl-C"):
            ready.set()

    asked = asyncio.Event()
    task = asyncio.create_task(demonstration.serve(say, asked))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield demonstration, said
    finally:
        asked.set()
        await task


@pytest.mark.slow
async def test_the_story_is_told_whole_on_both_servers_and_only_once(tmp_path: Path) -> None:
    ports = {"warga": free_port(), "kota": free_port()}
    async with running(tmp_path, ports) as (demonstration, said):
        assert demonstration.failures == []
        assert sum("/welcome/" in line for line in said) == 4
        counted = await _counted(demonstration)
        for site in demonstration.sites.values():
            with site.database.entered():
                assert not await InboundActivity.exclude(state="done").count()
                assert not await Delivery.exclude(state="delivered").count()
                newest = await Post.all().order_by("-created_at").first()
                assert newest is not None
                assert newest.created_at <= datetime.now(UTC)
                assert newest.created_at > datetime.now(UTC) - timedelta(hours=2)
        await _assert_reports_agree(demonstration)
    async with running(tmp_path, ports) as (demonstration, said):
        assert not any("Filling" in line for line in said)
        assert await _counted(demonstration) == counted


async def _counted(demonstration: _Watched) -> dict[str, int]:
    counted = {}
    for name, site in demonstration.sites.items():
        with site.database.entered():
            counted[name] = await Post.all().count()
    return counted


async def _assert_reports_agree(demonstration: _Watched) -> None:
    from civic_bridge.models import Report

    seen = []
    for site in demonstration.sites.values():
        with site.database.entered():
            seen.append(dict(await Report.all().values_list("reference", "status")))
    assert seen[0] == seen[1]
    assert len(seen[0]) == 12
    assert len(set(seen[0].values())) >= 6


def test_the_story_is_long_enough_to_look_around_in(tmp_path: Path) -> None:
    from sebangsa.demo.cast import read_content

    people = read_content("sebangsa.demo", "content.json")
    communities = read_content("communities", "demo.json")
    written = [*people["posts"], *communities["threads"]]
    assert len(people["people"]) >= 12
    assert len(communities["communities"]) >= 6
    assert sum(1 + len(entry.get("comments", [])) for entry in written) >= 60
    assert len(read_content("civic_bridge", "demo.json")["reports"]) == 12


def test_a_story_clock_only_moves_forward_and_never_past_now() -> None:
    clock = StoryClock(datetime.now(UTC) - timedelta(days=3))
    begin = clock.now()
    clock.move_to(begin - timedelta(hours=1))
    assert clock.now() >= begin
    clock.move_to(datetime.now(UTC) + timedelta(days=1))
    assert clock.now() <= datetime.now(UTC)


@pytest.mark.parametrize(("when", "hours"), [("-3h", 3), ("-90m", 1.5)])
def test_moments_are_counted_from_now(tmp_path: Path, when: str, hours: float) -> None:
    cast = DemoCast({}, StoryClock(datetime.now(UTC)))
    assert abs(datetime.now(UTC) - timedelta(hours=hours) - cast.moment(when)) < timedelta(minutes=1)


def test_the_environment_has_no_say_in_the_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEBANGSA_DATABASE_URL", "postgres://nobody@nowhere/x")
    settings = demo_settings(tmp_path)["warga"]
    assert settings.database_url.startswith("sqlite:")
    assert settings.url == "http://warga.localhost:8001"
