"""Reading collections of other servers within bounds: they may be endless, circular or someone else's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from federation.clock import Clock
from federation.refusals import Refused
from federation.urls import Url, parse_url

FetchPage = Callable[[Url], Awaitable[tuple[dict[str, Any], Url]]]

_TYPES = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})


async def read_items(
    root: dict[str, Any],
    home: Url,
    fetch_page: FetchPage,
    clock: Clock,
    *,
    max_items: int,
    max_pages: int,
    max_seconds: float,
    allow_http: bool,
) -> list[Any]:
    """The first items of `root`, the collection that `home` served; see `Client.collection_items` (S-051)."""
    until = clock.monotonic() + max_seconds
    seen = {home.text}
    items = _items_of(root)
    following = None if items else root.get("first") or root.get("next")
    pages = 0
    while following and pages < max_pages and len(items) < max_items and clock.monotonic() < until:
        pages += 1
        try:
            page = _embedded_page(following) or await _fetched_page(
                following, home, seen, fetch_page, allow_http
            )
            if page is None:
                break
            items += _items_of(page)
        except Refused as refused:
            # What was read so far is worth having, unless the peer sends us to someone else.
            if pages == 1 or refused.code == "foreign-id":
                raise
            break
        following = page.get("next")
    return items[:max_items]


def _embedded_page(link: Any) -> dict[str, Any] | None:
    if isinstance(link, dict) and ("items" in link or "orderedItems" in link):
        return link
    return None


async def _fetched_page(
    link: Any, home: Url, seen: set[str], fetch_page: FetchPage, allow_http: bool
) -> dict[str, Any] | None:
    """The page that `link` names; None where there is none or it was read before."""
    where = _page_url(link, allow_http)
    if where is None or where.text in seen:
        return None
    _check_host(where, home)
    seen.add(where.text)
    page, served_by = await fetch_page(where)
    _check_host(served_by, home)
    return page


def _check_host(page: Url, home: Url) -> None:
    if page.authority != home.authority:
        raise Refused("foreign-id", "a page of the collection lies on another host")


def _page_url(link: Any, allow_http: bool) -> Url | None:
    if isinstance(link, dict):
        link = link.get("id") or link.get("href")
    try:
        return parse_url(link, allow_http=allow_http)
    except Refused:
        return None


def _items_of(page: dict[str, Any]) -> list[Any]:
    kinds = page.get("type")
    named = kinds if isinstance(kinds, list) else [kinds]
    if not any(isinstance(kind, str) and kind in _TYPES for kind in named):
        raise Refused("not-an-object", "not a collection")
    listed = page.get("orderedItems", page.get("items"))
    if listed is None:
        return []
    return list(listed) if isinstance(listed, list) else [listed]
