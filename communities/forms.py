"""Reading what forms and query strings of this feature's pages hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request

from communities.describing import Description
from communities.flairs import as_lines
from communities.listing import MAX_PAGE_NUMBER, PERIODS, SORTS, Order
from communities.models import Community, JoinMode, Posting
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import parse_url
from sebangsa.errors import Invalid
from sebangsa.models import Post
from sebangsa.timelines import PAGE

MAX_ID = 2**63 - 1
MAX_CHOSEN = 20
"""Labels that are read of one form."""


def text(form: FormData, name: str) -> str:
    """A text field, "" where it is absent or a file."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def is_checked(form: FormData, name: str) -> bool:
    """Whether a box is ticked."""
    return text(form, name) not in ("", "0", "off")


def link(form: FormData, name: str) -> str:
    """A web address, "" where there is none. Raises `Invalid`."""
    given = text(form, name)
    if not given:
        return ""
    try:
        return parse_url(given, allow_http=True).text
    except Refused as refusal:
        raise Invalid("link-invalid", "That is not a web address.", field=name) from refusal


def number(given: str) -> int | None:
    """A positive whole number that the database can hold, else None."""
    if not given.isascii() or not given.isdigit() or len(given) > 19:
        return None
    return min(int(given), MAX_ID)


def order_of(request: Request) -> Order:
    """The order that a query string asks for; what it asks wrongly is the usual one."""
    query = request.query_params
    sort, period = query.get("sort", "hot"), query.get("t", "week")
    return Order(
        sort=sort if sort in SORTS else "hot",
        period=period if period in PERIODS else "week",
        page=min(number(query.get("page", "1")) or 1, 1000),
        below=number(query.get("max_id", "")),
        flair=query.get("flair", "").replace("\x00", "")[:100],
    )


def next_page(order: Order, shown: Sequence[Post]) -> str:
    """The query of the page after this one, "" for the last."""
    if len(shown) < PAGE or order.page >= MAX_PAGE_NUMBER:
        return ""
    flair = f"&{urlencode({'flair': order.flair})}" if order.flair else ""
    if order.sort == "new":
        return f"?sort=new&max_id={shown[-1].id}{flair}"
    return f"?sort={order.sort}&t={order.period}&page={order.page + 1}{flair}"


FIELDS = ("name", "title", "sidebar", "rules", "language", "join_mode", "join_question", "posting", "flairs")


def given_again(form: FormData) -> dict[str, Any]:
    """What was typed, to be shown again beside the mistake: nothing is lost."""
    return {name: text(form, name) for name in FIELDS} | {
        "is_listed": is_checked(form, "is_listed"),
        **privacy_of(),
    }


def privacy_of(community: Community | None = None) -> dict[str, bool]:
    """What the form must know: whether a community is private for good, or could become so; a new one is neither yet."""
    is_private = community is not None and community.join_mode == JoinMode.PRIVATE
    return {"is_private": is_private, "may_close": community is not None and not is_private}


def must_be_confirmed(form: FormData, community: Community, about: Description) -> None:
    """Raises `Invalid` where a community would become private and the box under the warning is not ticked."""
    becomes = about.join_mode == JoinMode.PRIVATE and community.join_mode != JoinMode.PRIVATE
    if becomes and not is_checked(form, "close"):
        raise Invalid("not-confirmed", "Tick the box to make it private for good.", field="close")


def given_first(community: Actor | None = None, rules: Community | None = None) -> dict[str, Any]:
    """What the form shows at first: nothing, or what a community says now."""
    if community is None or rules is None:
        return dict.fromkeys(FIELDS, "") | {"is_listed": True, **privacy_of()}
    return {
        "name": community.username,
        "title": community.name,
        "sidebar": community.source,
        "rules": rules.rules,
        "language": rules.language,
        "join_mode": rules.join_mode.value,
        "join_question": rules.join_question,
        "posting": rules.posting.value,
        "is_listed": community.discoverable,
        "flairs": as_lines(community),
        **privacy_of(rules),
    }


def description_of(form: FormData) -> Description:
    """What the founding and the settings form say. Raises `Invalid`."""
    try:
        join_mode = JoinMode(text(form, "join_mode") or "open")
        posting = Posting(text(form, "posting") or "anyone")
    except ValueError as error:
        raise Invalid("choice-invalid", "Choose one of the offered answers.", field="join_mode") from error
    return Description(
        title=text(form, "title"),
        sidebar=text(form, "sidebar"),
        rules=text(form, "rules"),
        language=text(form, "language"),
        join_mode=join_mode,
        join_question=text(form, "join_question"),
        posting=posting,
        is_listed=is_checked(form, "is_listed"),
        flairs=text(form, "flairs") if "flairs" in form else None,
    )
