"""Getting to know a peer: a row for each host that we meet, the software that it names, what it is seen to do.

What a peer says of itself is asked again now and then; servers are upgraded, and some move to other software.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from federation.clock import Clock
from federation.database import execute, placeholders, rows
from federation.discovery import fetch_software
from federation.models import Peer
from federation.peer_profiles import Mark, PeerProfile, is_known, profile_for
from federation.refusals import Refused

if TYPE_CHECKING:
    from federation.federation import Federation

ASKED_AGAIN_AFTER = timedelta(days=3)
ASKED_AT_ONCE = 20
HELD = 5_000
"""Profiles that one process remembers, for `HELD_FOR` seconds: another process may learn more."""
HELD_FOR = 300.0
ROWS_A_STATEMENT = 500

log = structlog.get_logger("federation.acquaintance")


class Profiles:
    """The profile of each host, remembered for a while: it is asked for with every activity."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, PeerProfile, frozenset[str]]] = OrderedDict()

    async def of(self, host: str) -> PeerProfile:
        """How `host` wants to be spoken to; the profile of unknown software for one that we never met."""
        return (await self._entry(host))[1]

    async def saw(self, host: str, mark: Mark) -> None:
        """Remember what a peer did, in the transaction under way. Only where its software does not say it all."""
        _, _, settled = await self._entry(host)
        if mark in settled:
            return
        peer = await Peer.get_or_none(host=host)
        if peer is not None and mark not in peer.seen.split():
            await Peer.filter(host=host).update(seen=f"{peer.seen} {mark}".strip())
        self.forget(host)

    def forget(self, host: str) -> None:
        """Read it anew the next time."""
        self._held.pop(host, None)

    async def _entry(self, host: str) -> tuple[float, PeerProfile, frozenset[str]]:
        now = self._clock.monotonic()
        entry = self._held.get(host)
        if entry is not None and now - entry[0] < HELD_FOR:
            return entry
        peer = await Peer.get_or_none(host=host)
        entry = (now, profile_of(peer), _settled(peer))
        self._held[host] = entry
        while len(self._held) > HELD:
            self._held.popitem(last=False)
        return entry


def profile_of(peer: Peer | None) -> PeerProfile:
    """The profile of a peer's row; of unknown software without one."""
    return (
        profile_for(peer.software, peer.version, peer.seen.split()) if peer is not None else profile_for("")
    )


def _settled(peer: Peer | None) -> frozenset[str]:
    """The marks that would tell nothing new."""
    if peer is None or is_known(peer.software):
        return frozenset(Mark)
    return frozenset(peer.seen.split())


async def meet(hosts: Collection[str], now: datetime) -> None:
    """Make the rows of peers met for the first time. In order: two transactions must not wait for each other."""
    names = sorted(set(hosts))
    for start in range(0, len(names), ROWS_A_STATEMENT):
        part = names[start : start + ROWS_A_STATEMENT]
        known = await rows(f"SELECT host FROM peers WHERE host IN ({placeholders(len(part))})", part)  # noqa: S608
        new = sorted(set(part) - {row["host"] for row in known})
        if new:
            await execute(
                f"""INSERT INTO peers (host, software, version, signature_scheme, failures, locked_by, is_paused,
                        is_gone, last_error, created_at)
                    VALUES {", ".join(["(?, '', '', 'cavage', 0, '', ?, ?, '', ?)"] * len(new))}
                    ON CONFLICT (host) DO NOTHING""",  # noqa: S608 - placeholders
                [value for host in new for value in (host, False, False, now)],
            )


async def learn_software(fed: Federation, host: str) -> None:
    """Ask a peer what it runs, unless it was asked lately. Never inside a transaction; runs twice without harm."""
    now = fed.clock.now()
    await meet([host], now)
    peer = await Peer.get(host=host)
    if peer.software_seen_at is not None and now - peer.software_seen_at < ASKED_AGAIN_AFTER:
        return
    learnt = {}
    try:
        found = await fetch_software(fed.client, host)
        learnt = {"software": found.name[:64].lower(), "version": found.version[:64]}
    except Refused as refusal:
        log.info("a server does not say what it runs", host=host, reason=str(refusal))
    await Peer.filter(host=host).update(software_seen_at=now, **learnt)
    fed.profiles.forget(host)


async def learn_some(fed: Federation) -> int:
    """Ask some peers that were not asked for long, those never asked first; returns how many.

    Those that do not answer at all are left alone until they do.
    """
    due = await rows(
        f"""SELECT host FROM peers WHERE (software_seen_at IS NULL OR software_seen_at < ?) AND failures = 0
              AND NOT is_gone AND NOT is_paused
            ORDER BY CASE WHEN software_seen_at IS NULL THEN 0 ELSE 1 END, software_seen_at, host
            LIMIT {ASKED_AT_ONCE}""",  # noqa: S608 - a constant
        [fed.clock.now() - ASKED_AGAIN_AFTER],
    )
    for row in due:
        try:
            await fed.registry.admit(row["host"])
        except Refused:
            await Peer.filter(host=row["host"]).update(
                software_seen_at=fed.clock.now()
            )  # blocked: not spoken to
            continue
        await learn_software(fed, row["host"])
    return len(due)
