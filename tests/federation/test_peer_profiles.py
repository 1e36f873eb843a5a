"""How each software is spoken to: the table, versions, and what unknown software shows by what it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from federation.acquaintance import ASKED_AGAIN_AFTER, learn_software, learn_some
from federation.models import Actor, Peer
from federation.peer_profiles import Mark, known_software, profile_for
from federation.refusals import Refused
from sebangsa.site import Site
from tests.foreign_server import foreign_server
from tests.instances import Instance

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("software", known_software())
def test_every_line_of_the_table_uses_words_that_are_known(software: str) -> None:
    profile = profile_for(software)
    assert profile.announces in ("activities", "ids", "both")
    assert profile.threads in ("page", "note")
    assert profile.messages in ("note", "chat-message", "chat-message-if-accepted")
    assert profile.reactions in ("emoji-react", "like", "plain-like")
    assert profile.signatures in ("cavage", "both")


def test_software_that_is_not_in_the_table_gets_what_everybody_can_read() -> None:
    unknown = profile_for("something-new", "0.1")
    assert unknown.reads_activities
    assert unknown.shows_boosts
    assert (unknown.threads, unknown.messages) == ("page", "note")
    assert unknown == profile_for("") == profile_for("unknown")


@pytest.mark.parametrize(
    ("version", "messages"),
    [
        ("0.19.5", "chat-message"),
        ("0.19.5-beta.1", "chat-message"),
        ("1.0.0", "note"),
        ("", "note"),
        ("main", "note"),
    ],
)
def test_a_version_before_a_change_is_spoken_to_as_it_was(version: str, messages: str) -> None:
    assert profile_for("lemmy", version).messages == messages


def test_names_count_in_any_case_and_forks_are_like_their_parent() -> None:
    assert profile_for("NodeBB") == profile_for("nodebb")
    assert profile_for("sharkey") == profile_for("misskey")


@pytest.mark.parametrize("software", ["hollo", "hackerspub", "ghost", "wordpress", "kbin"])
def test_what_a_version_of_one_software_reads_says_nothing_of_those_that_are_like_it(software: str) -> None:
    """Hollo 0.6 is no Mastodon 0.6."""
    assert profile_for(software, "0.6.2") == profile_for(software)


def test_what_unknown_software_does_narrows_its_profile_and_known_software_is_taken_at_its_word() -> None:
    assert not profile_for("", seen=[Mark.ANNOUNCES_ACTIVITIES]).shows_boosts
    assert profile_for("", seen=[Mark.SENDS_CHAT_MESSAGES]).messages == "chat-message"
    assert profile_for("", seen=[Mark.LIKES_WITH_EMOJI]).reactions == "like"
    assert profile_for("mastodon", seen=[Mark.ANNOUNCES_ACTIVITIES]) == profile_for("mastodon")


def test_the_page_for_other_implementers_shows_the_table() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/peer-profiles", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


async def test_what_a_peer_does_is_remembered_once_and_across_processes(site: Site) -> None:
    await Peer.create(host="baru.example", created_at=site.clock.now())
    profiles = site.federation.profiles
    assert (await profiles.of("baru.example")).shows_boosts
    for _ in range(2):
        await profiles.saw("baru.example", Mark.ANNOUNCES_ACTIVITIES)
    await profiles.saw("baru.example", Mark.LIKES_WITH_EMOJI)
    assert not (await profiles.of("baru.example")).shows_boosts
    assert (await Peer.get(host="baru.example")).seen == "announces-activities likes-with-emoji"


async def test_nothing_is_kept_of_what_known_software_does(site: Site) -> None:
    await Peer.create(host="lemmy.example", software="lemmy", version="1.0.0", created_at=site.clock.now())
    await site.federation.profiles.saw("lemmy.example", Mark.ANNOUNCES_ACTIVITIES)
    assert (await Peer.get(host="lemmy.example")).seen == ""


async def test_peers_are_asked_what_they_run_and_not_again_for_some_days(
    neighbours: tuple[Instance, Instance],
) -> None:
    warga, kota = neighbours
    async with warga.inside() as site:
        host = kota.site.settings.domain
        assert not (await site.federation.profiles.of(host)).batches
        await learn_software(site.federation, host)
        peer = await Peer.get(host=host)
        assert (peer.software, peer.version) == ("sebangsa", kota.site.federation.config.version)
        assert (await site.federation.profiles.of(host)).batches
        assert await learn_some(site.federation) == 0
        long_ago = site.clock.now() - ASKED_AGAIN_AFTER
        await Peer.filter(host=host).update(version="0.0.1", software_seen_at=long_ago)
        assert await learn_some(site.federation) == 1
        assert (await Peer.get(host=host)).version == kota.site.federation.config.version


async def test_a_peer_that_says_nothing_is_not_asked_at_each_turn(site: Site, tmp_path: Path) -> None:
    async with foreign_server("diam") as silent:
        await Peer.create(host=silent.host, created_at=site.clock.now())
        assert await learn_some(site.federation) == 1
        assert await learn_some(site.federation) == 0
        assert [path for path in silent.asked if "nodeinfo" in path] == ["/.well-known/nodeinfo"]
    assert (await Peer.get(host=silent.host)).software == ""


async def test_a_blocked_peer_is_not_asked_what_it_runs(site: Site) -> None:
    async def gate(host: str, actor: Actor | None) -> None:
        raise Refused("blocked-domain", host)

    site.federation.registry.gates.append(gate)
    async with foreign_server("buruk") as blocked:
        await Peer.create(host=blocked.host, created_at=site.clock.now())
        await learn_some(site.federation)
        assert await learn_some(site.federation) == 0, "and its turn does not come at once again"
        assert blocked.asked == []
