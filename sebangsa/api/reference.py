"""Writes the tables of `docs/client-api.md` from the routes and limits: `python -m sebangsa.api.reference`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sebangsa.api.access import ApiRoute, Caller
from sebangsa.api.routes import API
from sebangsa.limits import BUCKETS

PAGE = Path(__file__).parents[2] / "docs" / "client-api.md"

_WHO = {Caller.ANYBODY: "anybody", Caller.APP: "an app", Caller.PERSON: "a person"}


def routes_table() -> str:
    """One line a method and path."""
    lines = ["| endpoint | who | scope | limit |", "|---|---|---|---|"]
    for route in sorted(API, key=lambda route: (route.path, _methods(route))):
        scope = f"`{route.rule.scope}`" if route.rule.scope else ""
        lines.append(
            f"| `{_methods(route)} {route.path}` | {_WHO[route.rule.caller]} | {scope} | {route.rule.bucket} |"
        )
    return "\n".join(lines)


def _methods(route: ApiRoute) -> str:
    return " ".join(sorted((route.methods or set()) - {"HEAD"}))


def limits_table() -> str:
    """One line a bucket."""
    lines = ["| limit | requests | in |", "|---|---|---|"]
    lines += [
        f"| {name} | {bucket.amount} | {_duration(bucket.seconds)} |" for name, bucket in BUCKETS.items()
    ]
    return "\n".join(lines)


def _duration(seconds: int) -> str:
    number, unit = (seconds // 60, "minute") if seconds < 3600 else (seconds // 3600, "hour")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def filled(page: str) -> str:
    """The page with its tables as they are now, between their marks."""
    for name, table in (("routes", routes_table()), ("limits", limits_table())):
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page = mark.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", page)  # type: ignore[misc]
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
    sys.stdout.write(f"{PAGE}\n")
