"""Links on a profile whose page links back with `rel="me"`: shown as confirmed (the convention of Mastodon and IndieWeb).

Only what a person here writes is asked for. The page must stand on the host that everybody sees: one that leads on to
another host proves nothing about the first (S-068).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from selectolax.lexbor import LexborHTMLParser

from federation.database import transaction
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of, parse_url

if TYPE_CHECKING:
    from sebangsa.site import Site

PAGE_TYPES = ("text/html", "application/xhtml+xml")
MAX_PAGE = 1_000_000
MAX_LINKS = 2_000
AGAIN_AFTER = timedelta(days=30)

log = structlog.get_logger("sebangsa.verifying")


def link_alone(text: str, *, allow_http: bool = False) -> str | None:
    """The address that a profile's field consists of, or None: in a sentence nothing is confirmed."""
    text = text.strip()
    schemes = ("https://", "http://") if allow_http else ("https://",)
    return text if text.startswith(schemes) and not any(char.isspace() for char in text) else None


async def verify_links(site: Site, actor_id: int) -> None:
    """Job: ask the pages that somebody's profile names. What cannot be reached stays as it was."""
    actor = await Actor.get_or_none(id=actor_id, host="")
    if actor is None or not actor.is_usable:
        return
    links = {link for entry in actor.profile_fields if (link := _link_of(site, entry))}
    answers = {link: await _links_back(site, link, actor) for link in links}
    if not answers:
        return
    now = site.clock.now()
    async with transaction():
        fresh = await Actor.get(id=actor_id)
        fresh.profile_fields = [
            _marked(entry, answers.get(_link_of(site, entry) or ""), now.isoformat(timespec="seconds"))
            for entry in fresh.profile_fields
        ]
        await fresh.save(update_fields=["profile_fields"])
        again = now + AGAIN_AFTER
        await site.queue.enqueue(
            "verify_links", actor_id, key=f"verify:{actor_id}:{again:%Y%m%d}", delay=AGAIN_AFTER
        )


def _link_of(site: Site, entry: dict[str, str]) -> str | None:
    return link_alone(entry.get("source", ""), allow_http=site.settings.is_development)


def _marked(entry: dict[str, str], answer: bool | None, now: str) -> dict[str, str]:
    if answer is None:
        return entry
    kept = {name: value for name, value in entry.items() if name != "verified_at"}
    return kept | {"verified_at": entry.get("verified_at") or now} if answer else kept


async def _links_back(site: Site, link: str, actor: Actor) -> bool | None:
    """Whether the page says so; None when it could not be read now."""
    client = site.federation.client
    try:
        page = await client.get_bytes(link, accept_types=PAGE_TYPES, max_bytes=MAX_PAGE)
    except Refused as refusal:
        log.info("a profile's link could not be read", link=link, reason=str(refusal))
        return False if refusal.code in ("not-found", "gone") else None
    if _bare(host_of(page.url)) != _bare(host_of(link)):
        return False
    config = site.federation.config
    ours = {actor.uri, actor.url, config.url(f"/@{actor.username}")}
    return await asyncio.to_thread(names_one_of, page.body, ours, allow_http=client.allow_http)


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def names_one_of(page: bytes, addresses: set[str], *, allow_http: bool = False) -> bool:
    """Whether an HTML page has an `<a>` or `<link>` with `rel="me"` to one of these addresses."""
    wanted = {_same(address, allow_http) for address in addresses}
    for node in LexborHTMLParser(page).css('a[rel~="me" i][href], link[rel~="me" i][href]')[:MAX_LINKS]:
        if _same(node.attributes.get("href") or "", allow_http) in wanted:
            return True
    return False


def _same(address: str, allow_http: bool) -> str:
    try:
        return parse_url(address.strip(), allow_http=allow_http).text.rstrip("/")
    except Refused:
        return f"no address: {address[:100]}"
