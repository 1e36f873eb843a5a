"""One reading of JSON for everything that comes from outside.

What `parse` accepts can be stored in SQLite and in PostgreSQL and be served again as strict JSON (RFC 8259).
The rules where parsers differ:

- UTF-8 only; a byte order mark is refused (RFC 8259 section 8.1 forbids sending one).
- NaN, Infinity, and numbers too big for a double (1e999) are refused; so are integers beyond 64 bits, which
  no column of ours holds. A number too small for a double becomes 0.0.
- The same key twice in one object is refused: checker and handler must read one value (S-031).
- NUL and lone surrogates become U+FFFD, in keys too. PostgreSQL stores neither; refusing would lose honest
  posts, as JavaScript peers cut emoji in half.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Any, NoReturn

import msgspec

from federation.refusals import Refused

MAX_BYTES = 1_000_000
MAX_DEPTH = 64

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_LONGEST_INT64 = len(str(_INT64_MIN))
# Only an escape can bring a NUL or a surrogate: raw ones are no JSON and no UTF-8.
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def _integer(text: str) -> int:
    # The length comes first: turning 10,000 digits into a number is slow (S-032).
    if len(text) <= _LONGEST_INT64:
        value = int(text)
        if _INT64_MIN <= value <= _INT64_MAX:
            return value
    raise Refused("not-json", "an integer is beyond 64 bits")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Refused("not-json", "a number is too big")
    return value


def _constant(text: str) -> NoReturn:
    raise Refused("not-json", f"{text} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("duplicate-key")
    return found


_decoder = JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def parse(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value that `data` holds, by the rules above.

    Raises `Refused`: `too-large` (more than `max_bytes`), `too-deep` (more than `max_depth` arrays and
    objects inside one another), `duplicate-key`, else `not-json`.
    """
    if len(data) > max_bytes:
        raise Refused("too-large")
    try:
        value = _decoder.decode(data.decode())
    except RecursionError:
        raise Refused("too-deep") from None
    except UnicodeDecodeError:
        raise Refused("not-json", "the body is not UTF-8") from None
    except JSONDecodeError as wrong:
        raise Refused("not-json", f"{wrong.msg} at character {wrong.pos}") from None
    # Each level costs one opening bracket, so that few brackets prove the depth without a walk.
    if data.count(b"{") + data.count(b"[") > max_depth:
        _check_depth(value, max_depth)
    if b"\\u" in data and _SUSPECT_ESCAPE.search(data) and not _is_storable(value):
        value = _storable(value)
    return value


def parse_object(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Like `parse`, for a body that must be one JSON object; anything else is `not-an-object`."""
    value = parse(data, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise Refused("not-an-object", "the body is JSON, but not an object")
    return value


def dumps(value: Any) -> bytes:
    """`value` as compact JSON in UTF-8."""
    return msgspec.json.encode(value)


def _check_depth(value: Any, max_depth: int) -> None:
    level = [value] if isinstance(value, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > max_depth:
            raise Refused("too-deep")
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]


def _is_storable(value: Any) -> bool:
    # Whole pairs of surrogates (emoji from PHP and Python peers) are common, and writing is far faster than
    # the walk below.
    try:
        return b"\\u0000" not in msgspec.json.encode(value)
    except UnicodeEncodeError:
        return False


def _storable(value: Any) -> Any:
    # The depth was checked before, so that this recursion ends.
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(child) for child in value]
    if isinstance(value, dict):
        return _object([(_storable(key), _storable(child)) for key, child in value.items()])
    return value
