"""Which other servers this one does not talk with."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from federation.database import after_commit, rows, transaction
from federation.kept import Kept
from federation.models import Actor, Delivery, DeliveryState
from federation.refusals import Refused
from federation.urls import normal_host
from moderation import log
from moderation.models import DomainBlock
from sebangsa.accounts import must_administer
from sebangsa.errors import Invalid
from sebangsa.models import User
from sebangsa.site import Site

KEPT_FOR = 5.0
"""Seconds until a block made in another process counts here."""


async def block_domain(
    site: Site, admin: User, domain: str, reason: str, *, is_public: bool = True
) -> DomainBlock:
    """Stop talking with a host and all below it: nothing is heard, sent, or fetched, and what its people wrote is not
    shown any more. Raises `Invalid` for no host.
    """
    must_administer(admin)
    domain = _normal(domain)
    if domain in (normal_host(site.settings.host), site.settings.domain):
        raise Invalid("own-domain", "This server cannot block itself.", field="domain")
    hosts = await _hosts_below(domain)
    async with transaction():
        made, is_new = await DomainBlock.get_or_create(
            domain=domain, defaults={"reason": reason, "is_public": is_public, "created_at": site.clock.now()}
        )
        if is_new:
            await log.write(site, admin.actor, "block-domain", domain, reason)
            after_commit(gate_of(site).forget)
        await Actor.filter(host__in=hosts, suspended_at=None).update(suspended_at=made.created_at)
        for host in hosts:
            await Delivery.filter(host=host, state=DeliveryState.PENDING).update(
                state=DeliveryState.CANCELLED, reason="blocked-domain"
            )
    return made


async def unblock_domain(site: Site, admin: User, domain: str, reason: str) -> None:
    """Talk with a host again, and show what its people wrote, but for those who were suspended one by one."""
    must_administer(admin)
    domain = _normal(domain)
    hosts = await _hosts_below(domain)
    async with transaction():
        block = await DomainBlock.get_or_none(domain=domain)
        if block is not None:
            await block.delete()
            others = {other.domain: other.created_at for other in await DomainBlock.all()}
            for host in hosts:
                still = next((others[name] for name in _with_parents(host) if name in others), None)
                await Actor.filter(host=host, suspended_at=block.created_at).update(suspended_at=still)
            await log.write(site, admin.actor, "unblock-domain", domain, reason)
            after_commit(gate_of(site).forget)


class BlockedDomains:
    """The gate that each activity, fetch and delivery passes: blocked domains and suspended actors (S-129)."""

    def __init__(self, site: Site) -> None:
        self._domains = Kept(site.clock, KEPT_FOR, _blocked)

    async def refuse(self, host: str, actor: Actor | None) -> None:
        """Raises `Refused` (`blocked-domain`, `suspended-actor`)."""
        blocked = await self._domains.current()
        if blocked and host and not blocked.isdisjoint(_with_parents(host)):
            raise Refused("blocked-domain", host)
        if actor is not None and actor.suspended_at is not None:
            raise Refused("suspended-actor", actor.uri)

    def forget(self) -> None:
        """Read the list again at the next question."""
        self._domains.forget()


async def _blocked() -> frozenset[str]:
    return frozenset(str(domain) for domain in await DomainBlock.all().values_list("domain", flat=True))


_gates: WeakKeyDictionary[Site, BlockedDomains] = WeakKeyDictionary()


def gate_of(site: Site) -> BlockedDomains:
    """The gate of one site."""
    return _gates.setdefault(site, BlockedDomains(site))


def _with_parents(host: str) -> list[str]:
    """`a.b.example` is blocked by `b.example` and `example`, in whatever spelling (S-015)."""
    labels = normal_host(host).split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


async def _hosts_below(domain: str) -> list[str]:
    """The hosts that we know and that a block of `domain` is about."""
    known = await rows("SELECT host FROM actors WHERE host <> '' UNION SELECT host FROM peers")
    return [row["host"] for row in known if domain in _with_parents(row["host"])]


def _normal(domain: str) -> str:
    try:
        return normal_host(domain.strip().removeprefix("https://").removesuffix("/"))
    except Refused as refusal:
        raise Invalid("domain-invalid", "That is not a host name.", field="domain") from refusal
