"""Three instances in one process on a simulated network, and the people on them. A seed decides all that happens.

Between two things that happen no time passes for the machine: the driver asks what is next (somebody acts, a late
message arrives, a sweep is due), moves the clock there, and does the work that was woken. One site works at a time,
so that a seed gives the same order again.
"""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from communities.describing import Description
from communities.founding import create_community
from federation.delivery import deliver
from federation.models import Actor, ActorKey, Delivery, InboundActivity
from federation.processing import process_inbox
from federation.signatures.multikey import multikey_of
from federation.sweep import sweep
from sebangsa.accounts import create_user
from sebangsa.app import create_app
from sebangsa.settings import load_settings
from sebangsa.site import Site
from tests.instances import TestEngine
from tests.simulation.network import Faults, SimulatedClock, SimulatedNetwork
from tests.simulation.one_thread import one_thread

HOUR = 3600.0
SWEEP_EVERY = HOUR / 2
TROUBLE = Faults(
    lost_requests=0.06, lost_answers=0.04, doubled=0.04, delayed=0.04, choked=0.04, longest_delay=30 * HOUR
)
LOST_WAKE_UPS = 0.1
NAMES = {"warga": ("ani", "tia"), "kota": ("budi", "rini"), "desa": ("made", "wayan")}
COMMUNITIES = {"warga": "tebet", "desa": "sawah"}
LOCKED = "rini"
"""Answers each request to follow."""


@dataclass
class Place:
    """One of the instances."""

    name: str
    site: Site
    engine: TestEngine
    people: list[Actor] = field(default_factory=list)
    next_sweep: float = 0.0

    @property
    def host(self) -> str:
        return self.site.settings.host


class World:
    """The instances, their network and their time."""

    def __init__(self, seed: int | str, folder: Path, template: Path) -> None:
        self.seed = seed
        self.rng = random.Random(f"world {seed}")
        self.clock = SimulatedClock()
        self.network = SimulatedNetwork(self.clock, seed=seed)
        self.communities: list[str] = []
        self.done: list[str] = []
        """What people did, in order."""
        self.places = [self._place(name, folder / name, template) for name in NAMES]

    def _place(self, name: str, folder: Path, template: Path) -> Place:
        folder.mkdir(parents=True)
        shutil.copy(template, folder / "sebangsa.sqlite3")
        url = f"http://{name}.localhost"
        settings = load_settings(
            {}, url=url, mode="development", data_dir=folder, rate_limits="off", registration="open"
        )
        engine = TestEngine()
        site = Site(
            settings,
            clock=self.clock,
            rng=random.Random(f"{name} {self.seed}"),
            transport=self.network.transport(settings.host),
            engine=engine,
        )
        return Place(name, site, engine)

    def place_of(self, uri: str) -> Place:
        """Where something lives."""
        host = urlsplit(uri).netloc
        return next(place for place in self.places if place.host == host)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[World]:
        """Open the instances, with their people and communities, until the block ends."""
        with one_thread():
            try:
                for place in self.places:
                    await place.site.open()
                    self.network.serve_app(place.host, create_app(place.site))
                for place in self.places:
                    await self._settle_in(place)
                yield self
            finally:
                for place in self.places:
                    await place.site.stop()

    async def _settle_in(self, place: Place) -> None:
        site = place.site
        with site.database.entered():
            await site.federation.start()
            for name in NAMES[place.name]:
                user = await create_user(site, name, password="rahasia sekali")
                if name == LOCKED:
                    await user.actor.change(manually_approves_followers=True)
                place.people.append(user.actor)
            if title := COMMUNITIES.get(place.name):
                owner = place.people[0]
                group = await create_community(site, title, owner, Description(title=title.title()))
                self.communities.append(group.uri)
            await self._fix_keys(place)

    async def _fix_keys(self, place: Place) -> None:
        """Make the keys for proofs follow from the seed: a proof is part of the message, and decides its fate.

        RSA keys, which sign requests, stay as they are: what they sign is in no message.
        """
        fixed = random.Random(f"keys {place.name} {self.seed}")
        for key in await ActorKey.filter(kind="ed25519").order_by("key_id"):
            private = Ed25519PrivateKey.from_private_bytes(fixed.randbytes(32))
            await key.change(
                private=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
                public=multikey_of(private.public_key()),
            )

    # --- time

    async def run_until(self, moment: float) -> None:
        """Let time pass up to `moment` (seconds since the start), with all that falls due meanwhile."""
        while True:
            mail = self.network.next_mail_at
            upcoming = [place.next_sweep for place in self.places]
            if mail is not None:
                upcoming.append(mail - self._began)
            at = min(upcoming)
            if at > moment:
                break
            await self._pass_to(at)
            await self.network.deliver_mail()
            for place in self.places:
                if place.next_sweep <= self.elapsed:
                    place.next_sweep = self.elapsed + SWEEP_EVERY
                    with place.site.database.entered():
                        await sweep(place.site.federation)
                        await place.site.queue.run_due()
            await self.work()
        await self._pass_to(moment)

    async def _pass_to(self, moment: float) -> None:
        await self.clock.advance(max(0.0, moment - self.elapsed))

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock.monotonic()

    @property
    def _began(self) -> float:
        return self.clock.time() - self.clock.monotonic()

    async def work(self, *, lost_wake_ups: float = LOST_WAKE_UPS) -> None:
        """Do what was woken, until nothing more is; now and then a call is lost, and the sweep must find the work."""
        for _ in range(1000):
            place = next((place for place in self.places if place.engine.woken), None)
            if place is None:
                return
            woken, place.engine.woken[:] = sorted(set(place.engine.woken)), []
            for job in woken:
                if self.rng.random() < lost_wake_ups:
                    continue
                with place.site.database.entered():
                    if job == "process_inbox":
                        await process_inbox(place.site.federation)
                    elif job == "deliver":
                        await deliver(place.site.federation)
                    else:
                        await place.site.queue.run_due()
        raise AssertionError("the instances do not come to rest")

    async def fall_silent(self) -> None:
        """No faults and no new activity: time runs on until all that waits has come to its end."""
        self.network.faults = Faults()
        self.network.bring_up(*(place.host for place in self.places))
        for _ in range(24 * 14):
            await self.run_until(self.elapsed + HOUR)
            if self.network.next_mail_at is None and not await self.pending():
                return
        raise AssertionError(f"two weeks later it still waits: {await self.pending()}")

    async def pending(self) -> list[str]:
        """What has not come to its end."""
        found: list[str] = []
        for place in self.places:
            with place.site.database.entered():
                found += [
                    f"{place.name} in {row.type} {row.uri} {row.reason}"
                    for row in await InboundActivity.filter(state__in=["pending", "waiting"])
                ]
                found += [
                    f"{place.name} out {row.activity.type} {row.inbox_url} {row.reason}"
                    for row in await Delivery.filter(state="pending").select_related("activity")
                ]
        return found

    def digest(self) -> str:
        """What happened, as one number: what people did and every message that reached anybody."""
        log = hashlib.sha256("\n".join(self.done).encode())
        for request, status in self.network.log:
            body = hashlib.sha256(request.body).hexdigest()
            log.update(f"{request.sender} {request.method} {request.url} {body} {status}\n".encode())
        return log.hexdigest()
