"""Reading Content-Type and Accept values: which of them mean ActivityPub."""

from __future__ import annotations

import re

AS_CONTEXT = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON = "application/activity+json"
LD_JSON = f'application/ld+json; profile="{AS_CONTEXT}"'

_ESSENCE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+*-]+\Z")
_PARAMETER = re.compile(r';\s*([A-Za-z0-9!#$&^_.+-]+)=("(?:[^"\\]|\\.)*"|[^\s";,]*)\s*')


def read_media_type(header: str) -> tuple[str, dict[str, str]]:
    """`header` as (lower-case `type/subtype`, parameters with lower-case names); `("", {})` if malformed.

    Two types in one header, as when it was sent twice, are malformed: readers would differ on which counts.
    """
    essence, mark, rest = header.partition(";")
    essence = essence.strip().lower()
    if not _ESSENCE.match(essence):
        return "", {}
    parameters: dict[str, str] = {}
    rest = mark + rest
    while rest.strip("; \t"):
        found = _PARAMETER.match(rest)
        if found is None:
            return "", {}
        value = found[2]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if parameters.setdefault(found[1].lower(), value) != value:
            return "", {}
        rest = rest[found.end() :]
    return essence, parameters


def is_activity_media_type(header: str) -> bool:
    """Whether `header` announces an ActivityStreams document, and nothing else does (S-010).

    `application/activity+json`, or `application/ld+json` whose `profile` names ActivityStreams; parameters in
    any order. Plain `application/json` is what an upload or another API may be served as.
    """
    essence, parameters = read_media_type(header)
    if essence == ACTIVITY_JSON:
        return True
    return essence == "application/ld+json" and AS_CONTEXT in parameters.get("profile", "").split()


def matches(header: str, accepted: tuple[str, ...]) -> bool:
    """Whether `header`'s type is one of `accepted`: `type/subtype` or `type/*`."""
    essence, _ = read_media_type(header)
    return bool(essence) and (essence in accepted or f"{essence.partition('/')[0]}/*" in accepted)
