"""What a client sent, whatever its dress: query, form, multipart or JSON become the same flat names (S-096).

Names are Rails', as Mastodon's clients write them: `ids[]`, `source[privacy]`, `fields_attributes[0][name]`.
A value of the wrong shape (a list where one text belongs) is simply not there under the name that is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from federation import strict_json
from federation.refusals import Refused
from sebangsa.errors import Invalid, ProductError

MAX_BODY = 256 * 1024
"""Bytes of a request without files: four times the longest post."""
MAX_UPLOAD_BODY = 40 * 1024 * 1024
"""Bytes of a request with files: an avatar and a header at once."""
MAX_FIELDS = 500
MAX_FILES = 4
MAX_DEPTH = 6

_BIGGEST = 2**63 - 1
_TRUE = ("true", "1", "on", "yes", "t")
_FALSE = ("false", "0", "off", "no", "f", "")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TooLarge(ProductError):
    status = 413

    def __init__(self) -> None:
        super().__init__("too-large", "The request is too large.")


class Parameters:
    """The names and values of one request."""

    def __init__(
        self, pairs: Iterable[tuple[str, str]] = (), files: dict[str, UploadFile] | None = None
    ) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(_UNSTORABLE.sub("", value))
        self._files = files or {}

    def has(self, name: str) -> bool:
        return name in self._values or name in self._files

    def text(self, name: str, default: str = "", *, limit: int = 2000) -> str:
        """One text. Raises `Invalid` for one longer than `limit` characters (S-095)."""
        value = self._values.get(name, [default])[-1]
        if len(value) > limit:
            raise Invalid("too-long", f"{name} has at most {limit} characters.", field=name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes or no. Raises `Invalid` for anything else."""
        if name not in self._values:
            return default
        value = self._values[name][-1].strip().lower()
        if value not in _TRUE and value not in _FALSE:
            raise Invalid("not-a-boolean", f"{name} must be true or false.", field=name)
        return value in _TRUE

    def number(self, name: str, default: int, highest: int) -> int:
        """A count from 1 to `highest`; more is cut. Raises `Invalid` for what is none, or negative."""
        if name not in self._values:
            return default
        value = self._values[name][-1].strip()
        if not re.fullmatch(r"[0-9]+", value):
            raise Invalid("not-a-number", f"{name} must be a number that is not negative.", field=name)
        return max(1, min(int(value), highest)) if len(value) < 10 else highest

    def offset(self) -> int:
        """How many results to leave out."""
        return self.number("offset", 0, 10_000) if self.text("offset") not in ("", "0") else 0

    def identity(self, name: str) -> int | None:
        """An id, or None where none was given. Raises `Invalid` for what is none."""
        value = self._values.get(name, [""])[-1].strip()
        if not value:
            return None
        found = as_id(value)
        if found is None:
            raise Invalid("not-an-id", f"{name} must be an id.", field=name)
        return found

    def many(self, name: str, highest: int) -> list[str]:
        """A list under `name[]` or `name`. Raises `Invalid` for one longer than `highest`."""
        found = self._values.get(f"{name}[]") or self._values.get(name) or []
        if len(found) > highest:
            raise Invalid("too-many", f"{name} has at most {highest} entries.", field=name)
        return found

    def identities(self, name: str, highest: int) -> list[int]:
        """A list of different ids; what is none is left out."""
        found = (as_id(value) for value in self.many(name, highest))
        return list(dict.fromkeys(number for number in found if number is not None))

    def rows(self, name: str, keys: tuple[str, ...], highest: int) -> list[dict[str, str]] | None:
        """`name[0][key]`, `name[1][key]` … in order of their numbers; None where there is nothing of that name."""
        pattern = re.compile(re.escape(name) + r"\[([0-9]{0,9})\]\[([a-z_]+)\]\Z")
        found: dict[int, dict[str, str]] = {}
        seen = False
        for given, values in self._values.items():
            match = pattern.match(given)
            if match is None:
                continue
            seen = True
            if match[1] == "":
                for number, value in enumerate(values):
                    found.setdefault(number, {})[match[2]] = value
            else:
                found.setdefault(int(match[1]), {})[match[2]] = values[-1]
        if len(found) > highest:
            raise Invalid("too-many", f"{name} has at most {highest} entries.", field=name)
        if not seen:
            return [] if name in self._values or f"{name}[]" in self._values else None
        return [{key: row.get(key, "") for key in keys} for _, row in sorted(found.items())]

    def file(self, name: str) -> UploadFile | None:
        """An uploaded file."""
        return self._files.get(name)

    def query(self, leave_out: Iterable[str]) -> list[tuple[str, str]]:
        """All pairs but those named, to be asked again."""
        out = frozenset(leave_out)
        return [(name, value) for name, values in self._values.items() if name not in out for value in values]


def as_id(text: str) -> int | None:
    """A text as an id, or None: clients keep ids as text, and send anything."""
    if not re.fullmatch(r"[0-9]{1,19}", text):
        return None
    number = int(text)
    return number if number <= _BIGGEST else None


async def read_parameters(request: Request) -> Parameters:
    """Read query and body. Raises `TooLarge`, or `Invalid` (400) for a body that cannot be read."""
    pairs = list(request.query_params.multi_items())
    if len(pairs) > MAX_FIELDS:
        raise Invalid("too-many", "The request has too many parameters.")
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return Parameters(pairs)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return Parameters([*pairs, *_from_json(await request.body())])
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return Parameters(pairs)
    form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_BODY)
    files: dict[str, UploadFile] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        else:
            pairs.append((name, value))
    return Parameters(pairs, files)


def _from_json(body: bytes) -> list[tuple[str, str]]:
    if not body.strip():
        return []
    try:
        document = strict_json.parse_object(body, max_bytes=MAX_BODY, max_depth=MAX_DEPTH)
    except Refused as refused:
        if refused.code == "too-large":
            raise TooLarge from refused
        error = Invalid("bad-json", refused.sentence)
        error.status = 400
        raise error from refused
    found: list[tuple[str, str]] = []
    for name, value in document.items():
        for pair in _flat(name, value):
            found.append(pair)
            if len(found) > MAX_FIELDS:
                raise Invalid("too-many", "The request has too many parameters.")
    return found


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _flat(f"{name}[{key}]", child)
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _flat(f"{name}[{number}]" if isinstance(child, dict) else f"{name}[]", child)
        if not value:
            yield f"{name}[]", ""
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)
