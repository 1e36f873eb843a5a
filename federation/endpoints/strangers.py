"""What those see of an actor who do not say who they are, where fetches must be signed."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from federation.endpoints.answers import activity_answer

SHOWN = (
    "@context", "id", "type", "preferredUsername", "inbox", "endpoints", "publicKey", "assertionMethod",
)  # fmt: skip
"""The key and what a key's owner must be to be read: GoToSocial shows strangers no more, and Lemmy and Mastodon take
no actor without name and inbox."""


def key_document(document: dict[str, Any]) -> dict[str, Any]:
    """An actor's document without all that tells of the person."""
    shown = {name: document[name] for name in SHOWN if name in document}
    if "endpoints" in shown:
        shown["endpoints"] = {"sharedInbox": shown["endpoints"]["sharedInbox"]}
    return shown


def open_to_all(request: Request) -> None:
    """Say that the answer is for everybody: who must read it to learn our key cannot be asked for theirs first."""
    request.state.is_open_to_all = True


def is_open_to_all(request: Request) -> bool:
    """Whether the endpoint said so."""
    return getattr(request.state, "is_open_to_all", False)


def show_strangers(request: Request, document: dict[str, Any]) -> None:
    """Say what a stranger gets in place of the answer to `request`."""
    request.state.for_strangers = document


def for_strangers(request: Request) -> Response | None:
    """What the endpoint said that strangers get; None where it said nothing."""
    document: dict[str, Any] | None = getattr(request.state, "for_strangers", None)
    if document is None:
        return None
    answer = activity_answer(request, document)
    # A cache that keeps it must not hand it to an app with a token.
    answer.headers["vary"] = "Accept, Signature, Authorization"
    return answer
