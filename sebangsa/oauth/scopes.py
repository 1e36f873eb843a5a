"""Scopes: what a token may be used for (Mastodon's names)."""

from __future__ import annotations

from sebangsa.oauth.errors import invalid_scope

DEFAULT = "read"
ORDINARY = "read write follow push profile"
"""What an app may ask for that did not say at registration what it will."""

_READ = (
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "search",
    "statuses",
)
_WRITE = (
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
    "mutes",
    "notifications",
    "reports",
    "statuses",
)
_ADMIN = (
    "accounts",
    "reports",
    "domain_allows",
    "domain_blocks",
    "ip_blocks",
    "email_domain_blocks",
    "canonical_email_blocks",
)

INCLUDED: dict[str, frozenset[str]] = {
    "read": frozenset(f"read:{name}" for name in _READ),
    "write": frozenset(f"write:{name}" for name in _WRITE),
    # Deprecated, but Tusky, mastodon-android, Elk, Phanpy and toot still ask for it.
    "follow": frozenset(
        f"{verb}:{name}" for verb in ("read", "write") for name in ("follows", "blocks", "mutes")
    ),
    "push": frozenset(),
    "profile": frozenset(),
    "admin:read": frozenset(f"admin:read:{name}" for name in _ADMIN),
    "admin:write": frozenset(f"admin:write:{name}" for name in _ADMIN),
}
"""Each broad scope, and the narrow ones that it includes."""

KNOWN: frozenset[str] = frozenset(INCLUDED).union(*INCLUDED.values())


def read_scopes(text: str) -> list[str]:
    """The different scopes of a space-separated list, in order. Raises `invalid_scope` for an unknown one."""
    found = list(dict.fromkeys(text.split()))
    if any(scope not in KNOWN for scope in found):
        raise invalid_scope()
    return found


def includes(granted: str, needed: str) -> bool:
    """Whether a token with the scopes `granted` (space-separated) may do what `needed` stands for."""
    return any(needed == scope or needed in INCLUDED.get(scope, ()) for scope in granted.split())


def narrowed(asked: str, had: str) -> str:
    """The scopes `asked` for, each of which `had` must include (S-083); the default where none is asked for.

    Raises `OAuthError` (`invalid_scope`) for one that is unknown or wider.
    """
    wanted = read_scopes(asked) or [DEFAULT]
    if not all(includes(had, scope) for scope in wanted):
        raise invalid_scope()
    return " ".join(wanted)


def are_for_admins(scopes: str) -> bool:
    """Whether any of the scopes is one that only an administrator may grant."""
    return any(scope.startswith("admin:") for scope in scopes.split())
