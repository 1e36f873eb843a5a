"""The JSON-LD contexts of what we send. They are data files beside this one; those of others are never
loaded.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib import resources
from typing import Any

NAMES = frozenset(
    {"actor", "group", "object", "chat", "reaction", "proof", "event", "civic", "stream", "quote", "answer"}
)


def context_for(*names: str) -> list[Any]:
    """The `@context` of a document that uses the named vocabularies; AS2 is always in it.

    Names: `actor`, `group`, `object`, `chat`, `reaction`, `proof` (FEP-8b32), `event`, `civic`, `stream`,
    `quote`, `answer`. Addresses come first, AS2 before all (Mastodon looks for it as a plain list item), then at most one
    object with the terms. Raises `KeyError` for a name that is none.
    """
    addresses, terms = _merged(names)
    return [*addresses, dict(terms)] if terms else list(addresses)


@lru_cache(maxsize=64)
def _merged(names: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Any]]:
    addresses: dict[str, None] = {}
    terms: dict[str, Any] = {}
    for name in ("base", *names):
        for part in _read(name):
            if isinstance(part, str):
                addresses[part] = None
                continue
            for term, meaning in part.items():
                if terms.setdefault(term, meaning) != meaning:
                    raise ValueError(f"{term} has two meanings")
    return tuple(addresses), terms


@cache
def _read(name: str) -> list[Any]:
    if name != "base" and name not in NAMES:
        raise KeyError(name)
    found: list[Any] = json.loads(resources.files(__name__).joinpath(f"{name}.json").read_bytes())
    return found
