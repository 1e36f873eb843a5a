"""`Federation`: the protocol of one instance, with everything it needs handed in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from federation.acquaintance import Profiles
from federation.actor_tokens import ActorTokens
from federation.client import Client
from federation.clock import Clock
from federation.config import FederationConfig
from federation.fetch_limits import HostBudget, PeerAllowance
from federation.ids import IdMaker
from federation.keys import KeyRing
from federation.local_actors import server_actor
from federation.local_keys import signing_key
from federation.models import Actor, OutboundActivity
from federation.peer_directory import PeerDirectory
from federation.registry import Registry
from federation.signatures import Scheme, sign_request
from federation.storing import Storing
from federation.transport import Transport

LOOKUPS, LOOKUPS_A_SECOND = 600, 10.0
"""Actors unknown until now that one network address may make us look up by signing as them: a large peer brings that
many new people when a post of ours goes round, and nobody can send us to knock at a thousand doors (S-026).
"""

ARRIVALS, ARRIVALS_A_SECOND = 20_000, 100.0
"""Activities that one peer may bring at once, and how many more each second: twice what the largest send at their peak,
and little enough that its backlog does not become ours (S-139). Each process counts for itself.
"""


class Federation:
    """One instance's part in the network.

    Clock, randomness, transport and the wake-up call come from outside, so that one process can run many
    instances and simulate days of them. `wake(job)` asks for a job to run soon (`process_inbox`, `deliver`); it
    may be lost: the sweep finds due work in the database. `published(actor, activity)`
    is told of each activity that was committed; it may be set later.
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
        sanitise: Callable[[str], str],
    ) -> None:
        self.config = config
        self.clock = clock
        self.rng = rng
        self.ids = ids
        self.transport = transport
        self.wake = wake
        self.sanitise = sanitise
        self.published: Callable[[Actor, OutboundActivity], None] | None = None
        self.registry = Registry()
        self.keys = KeyRing()
        self.actor_tokens = ActorTokens()
        self.profiles = Profiles(clock)
        self.peer_directory = PeerDirectory(clock, self.registry)
        self.storing = Storing(clock, ids)
        self.lookups = HostBudget(clock, burst=LOOKUPS, per_second=LOOKUPS_A_SECOND)
        self.arrivals = HostBudget(clock, burst=ARRIVALS, per_second=ARRIVALS_A_SECOND)
        self.past = PeerAllowance(clock)
        self.client = Client(
            transport, clock=clock, allow_http=config.development, permit=self.registry.admit
        )

    async def start(self) -> None:
        """Make the server's own actor where there is none, and sign fetches with its key from now on.

        GoToSocial and Mastodon in secure mode answer unsigned fetches of nobody (client_api d).
        """
        key = await signing_key(self, (await server_actor(self)).id)

        def sign(method: str, url: str, body: bytes | None, scheme: Scheme) -> Mapping[str, str]:
            return sign_request(method, url, body or b"", key, scheme=scheme, now=self.clock.time())

        self.client.sign = sign
