"""`Federation`: the protocol of one instance, with everything it needs handed in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from federation.client import Client
from federation.clock import Clock
from federation.config import FederationConfig
from federation.ids import IdMaker
from federation.registry import Registry
from federation.transport import Transport


class Federation:
    """One instance's part in the network.

    Clock, randomness, transport and the wake-up call come from outside, so that one process can run many
    instances and simulate days of them. `wake(job)` asks for a job to run soon (`process_inbox`, `deliver`); it
    may be lost: the sweep finds due work in the database.
    """

    def __init__(
        self,
        config: FederationConfig,
        *,
        clock: Clock,
        rng: random.Random,
        ids: IdMaker,
        transport: Transport,
        wake: Callable[[str], None],
    ) -> None:
        self.config = config
        self.clock = clock
        self.rng = rng
        self.ids = ids
        self.transport = transport
        self.wake = wake
        self.registry = Registry()
        self.client = Client(transport, sign=None, clock=clock, allow_http=config.development)
        self.unknown_types: Counter[str] = Counter()  # activity types that nothing here handles, for the admin
