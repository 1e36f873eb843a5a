"""Pages of a list: cursors in, `Link` out, next first: toot reads only the first link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from tortoise.models import Model
from tortoise.queryset import QuerySet

from sebangsa.api.access import Call
from sebangsa.timelines import Window

STATUSES, ACCOUNTS = 20, 40
M = TypeVar("M", bound=Model)


def window_of(call: Call, default: int = STATUSES) -> Window:
    """The part of a list that a client asks for: `limit` up to twice the default, and its cursors (S-096)."""
    given = call.given
    return Window(
        max_id=given.identity("max_id"),
        since_id=given.identity("since_id"),
        min_id=given.identity("min_id"),
        limit=given.number("limit", default, 2 * default),
    )


async def rows_of(rows: QuerySet[M], window: Window) -> list[M]:
    """One page of rows by their id, newest first."""
    if window.max_id is not None:
        rows = rows.filter(id__lt=window.max_id)
    if window.since_id is not None:
        rows = rows.filter(id__gt=window.since_id)
    if window.min_id is not None:
        return (await rows.filter(id__gt=window.min_id).order_by("id").limit(window.limit))[::-1]
    return await rows.order_by("-id").limit(window.limit)


def link_pages(call: Call, cursors: Sequence[int], limit: int) -> None:
    """Say in the answer where the pages around this one are. `cursors` are its rows' ids, newest first.

    A short page has no next one. The other parameters stay as they were.
    """
    links = []
    if cursors and len(cursors) >= limit:
        links.append(f'<{_url(call, "max_id", min(cursors))}>; rel="next"')
    if cursors:
        links.append(f'<{_url(call, "min_id", max(cursors))}>; rel="prev"')
    if links:
        call.notes["Link"] = ", ".join(links)


def _url(call: Call, cursor: str, value: int) -> str:
    kept = call.given.query(("max_id", "min_id", "since_id", "access_token"))
    query = urlencode([*kept, (cursor, str(value))])
    return f"{call.site.settings.url}{call.request.url.path}?{query}"
