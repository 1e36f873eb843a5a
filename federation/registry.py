"""What the floors above hang into the protocol: handlers by activity type, and gates.

The protocol knows nothing of the product. A feature registers a handler for an activity type; the composition
root registers the upper floors first, so a community may take an `Announce` before it is read as a boost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from federation.followers_synchronization import Comparison
    from federation.inbound import Inbound
    from federation.models import Actor
    from federation.refusals import Refused
    from federation.wire import ActivityDocument


class Verdict(Enum):
    """What a handler made of an activity."""

    HANDLED = "handled"
    PASS = "pass"  # not mine: ask the next one  # noqa: S105


Handler = Callable[["Inbound"], Awaitable[Verdict | None]]
"""Handles one activity inside a transaction. `None` means handled. Raises `Refused` where it is not accepted,
`Missing` where it needs a document that is not here yet."""

Gate = Callable[[str, "Actor | None"], Awaitable[None]]
"""Asked with (host, actor) before anything from there is read and before anything is sent there. Raises
`Refused`."""


@dataclass(frozen=True)
class Carried:
    """What a relay delivered, as an activity of the relay's own: its id and JSON text. Without text it is dropped."""

    uri: str = ""
    body: str = ""


CarriedByRelay = Callable[["Actor", "ActivityDocument"], Awaitable[Carried | None]]
"""Asked with (sender, activity) about what was passed on or announced. None where the sender is no relay of ours, or its
activity is kept as it came."""

ForwardedUnproved = Callable[["Actor", "ActivityDocument"], Awaitable[bool]]
"""Asked with (sender, activity) about another's activity that bears no proof. True where it will be read at its origin,
whoever brought word of it."""

RefusedTold = Callable[["Inbound", "Refused"], Awaitable[None]]
"""Told, in the transaction that marks it, of a stored activity that was refused."""

LookAhead = Callable[[Sequence["Inbound"]], Awaitable[None]]
"""Asks for a whole group what its handlers will ask for each, and tells it to their `ahead`, which they share."""

FollowersTold = Callable[["Actor", "Comparison"], Awaitable[None]]

DocumentFinder = Callable[[str], Awaitable[Any | None]]


class Registry:
    """Handlers and gates, in the order in which they are asked."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self.gates: list[Gate] = []
        self.look_ahead: list[LookAhead] = []
        self.carried_by_relay: CarriedByRelay | None = None
        self.forwarded_unproved: ForwardedUnproved | None = None
        self.refused: RefusedTold | None = None
        self.on_followers_told: FollowersTold | None = None
        """Told what the sender of a delivery says of its followers here (FEP-8fcf), before the delivery is stored."""

    def handle(self, activity_type: str, handler: Handler) -> None:
        """Register a handler. `activity_type` is `Follow`, `Announce` …, or `Undo/Like` for an undone one."""
        self._handlers[activity_type].append(handler)

    def handlers_for(self, activity_type: str) -> list[Handler]:
        return self._handlers.get(activity_type, [])

    def handles(self, activity_type: str) -> bool:
        return bool(self._handlers.get(activity_type))

    async def admit(self, host: str, actor: Actor | None = None) -> None:
        """Ask every gate; raises the first refusal (`blocked-domain`, `suspended-actor`)."""
        for gate in self.gates:
            await gate(host, actor)
