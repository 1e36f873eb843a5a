"""Which relays count: those that were added here and said yes (S-134)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

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


class ConfirmedRelays:
    """The list, kept for some seconds: most servers have none, and every Announce and every post asks."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._found: tuple[ConfirmedRelay, ...] = ()
        self._read_again_at = 0.0

    async def all(self) -> tuple[ConfirmedRelay, ...]:
        now = self._site.clock.monotonic()
        if now >= self._read_again_at:
            rows = await Relay.filter(state=RelayState.ACCEPTED, actor_id__isnull=False).order_by("id")
            self._found = tuple(
                ConfirmedRelay(row.id, row.kind, row.inbox_url, row.host, row.actor_id or 0, row.follows_back)
                for row in rows
            )
            self._read_again_at = now + KEPT_FOR
        return self._found

    def forget(self) -> None:
        """Read the list again at the next question."""
        self._read_again_at = 0.0


_lists: WeakKeyDictionary[Site, ConfirmedRelays] = WeakKeyDictionary()


def confirmed_relays(site: Site) -> ConfirmedRelays:
    """The list of one site."""
    return _lists.setdefault(site, ConfirmedRelays(site))


async def relay_of(site: Site, actor: Actor) -> ConfirmedRelay | None:
    """The confirmed relay that an actor is, if it is one."""
    return next((relay for relay in await confirmed_relays(site).all() if relay.actor_id == actor.id), None)
