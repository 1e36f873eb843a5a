"""Reading what forms and query strings of this feature's pages hold."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request

from communities.describing import Description
from communities.listing import PERIODS, SORTS, Order
from communities.models import JoinMode, Posting
from federation.refusals import Refused
from federation.urls import parse_url
from sebangsa.errors import Invalid

MAX_ID = 2**63 - 1


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
    )


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
    )
