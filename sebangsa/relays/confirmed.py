"""Which relays count: those that were added here and said yes (S-134)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from federation.kept import Kept
from federation.models import Actor
from sebangsa.models import Relay, RelayKind, RelayState

if TYPE_CHECKING:
    from sebangsa.site import Site

KEPT_FOR = 5.0
"""Seconds until what another process changed counts here."""


@dataclass(frozen=True, slots=True)
class ConfirmedRelay:
    """What is needed of a relay to send to it and to know it again."""

    id: int
    kind: RelayKind
    inbox_url: str
    host: str
    actor_id: int
    follows_back: bool

    @property
    def takes_posts(self) -> bool:
        """A relay of LitePub's kind that does not follow us has not asked for anything."""
        return self.kind is RelayKind.MASTODON or self.follows_back


_lists: WeakKeyDictionary[Site, Kept[tuple[ConfirmedRelay, ...]]] = WeakKeyDictionary()


def confirmed_relays(site: Site) -> Kept[tuple[ConfirmedRelay, ...]]:
    """The list of one site: most have none, and every Announce and every post asks."""
    return _lists.setdefault(site, Kept(site.clock, KEPT_FOR, _confirmed))


async def _confirmed() -> tuple[ConfirmedRelay, ...]:
    rows = await Relay.filter(state=RelayState.ACCEPTED, actor_id__isnull=False).order_by("id")
    return tuple(
        ConfirmedRelay(row.id, row.kind, row.inbox_url, row.host, row.actor_id or 0, row.follows_back)
        for row in rows
    )


async def relay_of(site: Site, actor: Actor) -> ConfirmedRelay | None:
    """The confirmed relay that an actor is, if it is one."""
    return next(
        (relay for relay in await confirmed_relays(site).current() if relay.actor_id == actor.id), None
    )
