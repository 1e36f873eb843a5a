"""Weeks of three instances in a minute: messages are lost, doubled and late, hosts are down, and in the end all agree.

A failure names its seed; `SEBANGSA_SEED=<seed>` repeats it, message for message.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sebangsa.settings import DEFAULT_FEATURES
from tests.simulation.agreement import disagreements
from tests.simulation.life import Life
from tests.simulation.world import World

SEED = os.environ.get("SEBANGSA_SEED", "1")
HOURS = 1000
EVERY = 2400.0
"""Seconds between two things that people do, on average."""

Template = Callable[[tuple[str, ...]], Path]


async def _live(
    seed: str, folder: Path, template: Path, hours: float, every: float
) -> tuple[World, list[str]]:
    async with World(seed, folder, template).running() as world:
        await Life(world).go_on(hours, every=every)
        await world.fall_silent()
        return world, await disagreements(world)


@pytest.mark.slow
async def test_three_instances_agree_after_a_thousand_troubled_hours(
    sqlite_templates: Template, tmp_path: Path
) -> None:
    world, found = await _live(SEED, tmp_path, sqlite_templates(DEFAULT_FEATURES), HOURS, EVERY)
    assert not found, f"seed {SEED}:\n" + "\n".join(found)
    done = {
        line.split()[3] for line in world.done if line.split()[4] not in ("nothing", "nobody", "refused:")
    }
    assert len(done) == 13, f"seed {SEED}: something was never done: {sorted(done)}"


async def test_a_seed_repeats_all_that_happened(sqlite_templates: Template, tmp_path: Path) -> None:
    template = sqlite_templates(DEFAULT_FEATURES)
    digests = []
    for run, seed in enumerate(("a", "a", "b")):
        world, _ = await _live(seed, tmp_path / str(run), template, 40, 900)
        digests.append(world.digest())
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]
