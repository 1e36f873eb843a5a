"""Answers of the API: JSON always, also for errors, open to pages of any origin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from starlette.responses import Response

from sebangsa.errors import NotFound, ProductError, Sentence, TooMany


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON value; never kept by a cache in between."""
    found = {"cache-control": "private, no-store", **(headers or {})}
    return Response(
        msgspec.json.encode(value, enc_hook=_plain),
        status_code=status,
        headers=found,
        media_type="application/json",
    )


def _plain(value: object) -> str:
    """Programs get the English sentence: msgspec writes no subclass of `str`."""
    if isinstance(value, Sentence):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def error_answer(error: ProductError, *, status: int = 0) -> Response:
    """`{"error": sentence, "code": stable code}`; Mastodon's words where its clients compare them."""
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooMany) else {}
    if (status or error.status) == 401:
        headers["www-authenticate"] = "Bearer"  # RFC 6750, 3
    sentence = "Record not found" if isinstance(error, NotFound) else error.sentence
    return json_answer({"error": sentence, "code": error.code}, status or error.status, headers)


def moment(when: datetime | None) -> str | None:
    """A time in UTC with milliseconds and `Z`: iOS reads no other form."""
    return (
        when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z" if when is not None else None
    )


def midnight(when: datetime) -> str:
    """The day alone, in the form of a moment: Mastodon tells no more of when an account was made."""
    return when.strftime("%Y-%m-%dT00:00:00.000Z")
