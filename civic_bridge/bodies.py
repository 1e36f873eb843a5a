"""Offices: made here, or linked on another server; what they answer for, and who speaks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from civic_bridge.areas import area_at
from civic_bridge.categories import CATEGORIES, GROUPS
from civic_bridge.models import Body, CivicCommunity, Officer
from civic_bridge.wire import body_extra
from federation.database import transaction
from federation.local_actors import create_local_actor
from federation.models import Actor, ActorKey
from federation.urls import same_host
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.lookup import find_actor
from sebangsa.text.handles import valid_local_name

if TYPE_CHECKING:
    from sebangsa.site import Site

OFFICERS_FRESH = timedelta(hours=1)
"""How long a peer's list of officers is believed (civic.md, authority 4)."""
MAX_OFFICERS = 500
TIERS = "ABCD"
REACHED_BY = ("sebangsa", "mastodon")


async def create_body(
    site: Site,
    name: str,
    *,
    areas: Sequence[str],
    services: Sequence[str],
    display_name: str = "",
    summary: str = "",
    officers: Sequence[Actor] = (),
    tier: str = "C",
) -> Body:
    """Make an office of this server: an `Organization` actor at `/u/{name}` that its officers speak through.

    Raises `Invalid` for a name that is taken or unusable, an unknown area or service.
    """
    name = name.strip().lower()
    check_scope(areas, services, tier)
    if not valid_local_name(name):
        raise Invalid("name-invalid", "A name has 1 to 30 letters a to z, digits or _.", field="name")
    if await Actor.exists(local_name=name):
        raise Invalid("name-taken", "That name is taken.", field="name")
    async with transaction():
        actor = await create_local_actor(
            site.federation, "Organization", name, name=display_name.strip() or name
        )
        if summary:
            actor.summary = summary
            await actor.save(update_fields=["summary"])
        body = await _write_body(site, actor, areas, services, tier, "sebangsa")
        for officer in officers:
            await add_officer(site, body, officer)
        await publish_claims(site, body)
    return body


async def link_body(
    site: Site,
    handle: str,
    *,
    areas: Sequence[str],
    services: Sequence[str],
    tier: str = "C",
    reached_by: str = "sebangsa",
) -> Body:
    """Take somebody's word, an administrator's, that an actor elsewhere is an office.

    `areas` and `services` may be empty where its actor publishes them. Its keys of today are remembered: when they
    change, its answers wait until somebody looks again (S-120). Raises `NotFound`, `Invalid`.
    """
    actor = await find_actor(site, handle)
    if actor is None:
        raise NotFound("Nobody was found under that handle.")
    if actor.is_group:
        raise Invalid("not-a-body", "A community cannot be an office.", field="name")
    claims = actor.extra.get("civic:jurisdiction"), actor.extra.get("civic:services")
    areas = list(areas) or known_words(claims[0], area_at)
    services = list(services) or known_words(claims[1], is_service)
    check_scope(areas, services, tier)
    if reached_by not in REACHED_BY:
        raise Invalid(
            "reached-by", "Reached by one of: %(names)s.", field="reached_by", names=", ".join(REACHED_BY)
        )
    async with transaction():
        known = await Body.get_or_none(actor_id=actor.id)
        if known is not None:
            raise Invalid("body-known", "That office is known already.", field="name")
        body = await _write_body(site, actor, areas, services, tier, reached_by)
        officers_url = actor.extra.get("civic:officers")
        if isinstance(officers_url, str) and same_host(officers_url, actor.uri):
            body.officers_url = officers_url
            await body.save(update_fields=["officers_url"])
    return body


async def _write_body(
    site: Site, actor: Actor, areas: Sequence[str], services: Sequence[str], tier: str, reached_by: str
) -> Body:
    return await Body.create(
        id=site.ids.next(),
        actor=actor,
        areas=list(areas),
        services=list(services),
        tier=tier,
        reached_by=reached_by,
        key_fingerprint=await key_fingerprint(actor),
        created_at=site.clock.now(),
    )


def known_words(value: Any, is_known: Any) -> list[str]:
    """The codes of a claim (text, or objects with a code) that we know."""
    words = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = item.get("civic:areaCode") or item.get("civic:serviceCode")
        if isinstance(item, str) and is_known(item):
            words.append(item)
    return words


def is_service(code: str) -> bool:
    """Whether it is a category, a group of them, or `*` for all."""
    return code == "*" or code in GROUPS or code in CATEGORIES


def check_scope(areas: Iterable[str], services: Iterable[str], tier: str) -> None:
    """Raises `Invalid` for an unknown area, service or tier, or none at all."""
    areas, services = list(areas), list(services)
    if not areas or not services:
        raise Invalid("scope-missing", "An office needs at least one area and one service.", field="areas")
    for code in areas:
        if area_at(code) is None:
            raise Invalid("area-unknown", "There is no area %(area)s.", field="areas", area=code)
    for code in services:
        if not is_service(code):
            raise Invalid(
                "service-unknown", "There is no service %(service)s.", field="services", service=code
            )
    if tier not in TIERS:
        raise Invalid("tier-unknown", "A tier is A, B, C or D.", field="tier")


async def key_fingerprint(actor: Actor) -> str:
    """SHA-256 over an actor's public keys, in one order."""
    keys = await ActorKey.filter(actor_id=actor.id).order_by("key_id").values_list("public", flat=True)
    return hashlib.sha256("\n".join(str(key) for key in keys).encode()).hexdigest()


async def vouch_again(site: Site, body: Body) -> None:
    """Somebody looked: the body's actor with its present keys is the office still."""
    body.key_fingerprint = await key_fingerprint(await Actor.get(id=body.actor_id))
    body.is_active = True
    await body.save(update_fields=["key_fingerprint", "is_active"])


async def publish_claims(site: Site, body: Body) -> None:
    """Put a local body's areas, services and officers on its actor. In the transaction under way."""
    actor = await Actor.get(id=body.actor_id)
    served = await CivicCommunity.filter(default_body_id=body.id).values_list("actor__uri", flat=True)
    body.officers_url = site.federation.config.url(f"/bodies/{actor.local_name}/officers")
    await body.save(update_fields=["officers_url"])
    actor.extra = {
        **{key: value for key, value in actor.extra.items() if not key.startswith(("civic:", "forge:"))},
        **body_extra(body.areas, body.services, body.officers_url, [str(uri) for uri in served]),
    }
    actor.updated_at = site.clock.now()
    await actor.save(update_fields=["extra", "updated_at"])


async def add_officer(site: Site, body: Body, actor: Actor) -> Officer:
    """Let somebody speak for a body. Twice is once."""
    if actor.id == body.actor_id or actor.is_group:
        raise Invalid("not-an-officer", "Only a person can be an officer.", field="officer")
    officer, _ = await Officer.get_or_create(
        body_id=body.id,
        actor_id=actor.id,
        defaults={"id": site.ids.next(), "source": "here", "created_at": site.clock.now()},
    )
    return officer


async def remove_officer(site: Site, body: Body, actor: Actor) -> None:
    """End it; what was answered stays."""
    await Officer.filter(body_id=body.id, actor_id=actor.id).delete()


async def body_named(name: str) -> Body:
    """A body by local name or `name@domain`. Raises `NotFound`."""
    username, _, domain = name.strip().removeprefix("@").lower().partition("@")
    body = await Body.get_or_none(actor__username=username, actor__domain=domain).select_related("actor")
    if body is None:
        raise NotFound("There is no office with that name here.")
    return body


async def bodies_of(officer: Actor | None) -> list[Body]:
    """The local bodies that somebody speaks for."""
    if officer is None:
        return []
    found = Officer.filter(actor_id=officer.id, body__actor__host="", body__is_active=True)
    return [row.body for row in await found.select_related("body__actor")]


async def must_be_officer(officer: Actor, body: Body) -> None:
    """Raises `NotAllowed` unless the person speaks for this local body."""
    if not await Officer.exists(body_id=body.id, actor_id=officer.id) or not body.is_active:
        raise NotAllowed("not-an-officer", "Only officers of this office may do this.")


async def store_officers(site: Site, body: Body, uris: Iterable[str]) -> None:
    """Write what a body's own list says: those on its own host that we know as actors. In the transaction under way.

    A body cannot make somebody of another host its voice by listing them: that needs an administrator here.
    """
    actor = await Actor.get(id=body.actor_id)
    own = [uri for uri in list(uris)[:MAX_OFFICERS] if same_host(uri, actor.uri)]
    listed = await Actor.filter(uri__in=own) if own else []
    gone = Officer.filter(body_id=body.id, source="origin")
    if listed:
        gone = gone.exclude(actor_id__in=[each.id for each in listed])
    await gone.delete()
    for each in listed:
        await Officer.get_or_create(
            body_id=body.id,
            actor_id=each.id,
            defaults={"id": site.ids.next(), "source": "origin", "created_at": site.clock.now()},
        )
    body.officers_read_at = site.clock.now()
    await body.save(update_fields=["officers_read_at"])


async def take_reports(
    site: Site, community: Actor, *, default_body: Body | None = None, area_code: str = ""
) -> CivicCommunity:
    """Open a community to reports; again, to change its default body or area."""
    if not community.is_group:
        raise Invalid("not-a-community", "Only a community takes reports.", field="community")
    if area_code and area_at(area_code) is None:
        raise Invalid("area-unknown", "There is no area %(area)s.", field="area", area=area_code)
    async with transaction():
        civic, _ = await CivicCommunity.get_or_create(
            actor_id=community.id, defaults={"id": site.ids.next(), "created_at": site.clock.now()}
        )
        await civic.change(
            default_body_id=default_body.id if default_body else None, area_code=area_code, is_open=True
        )
        if community.is_local:
            community.extra = {**community.extra, "civic:acceptsReports": True}
            if default_body is not None:
                community.extra["forge:ticketsTrackedBy"] = [(await Actor.get(id=default_body.actor_id)).uri]
            await community.save(update_fields=["extra"])
        if default_body is not None and (await Actor.get(id=default_body.actor_id)).is_local:
            await publish_claims(site, default_body)
    return civic
