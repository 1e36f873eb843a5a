"""Reports as ActivityPub JSON, in the shapes that Lemmy reads (interop b1). Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from federation.models import Actor
from moderation.models import Case
from sebangsa.wire import activity_about


def flag_in_community(
    case: Case, reporter: Actor, accused: Actor, uris: Sequence[str], community: Actor, reason: str
) -> dict[str, Any]:
    """`Flag` to a community's moderators: one `to`, one `object`. Several posts go as Mastodon's list, the account first."""
    more: dict[str, Any] = {"id": case.uri, "audience": community.uri, "summary": reason}
    if len(uris) > 1:
        more |= {"object": [accused.uri, *uris], "content": reason}
    return activity_about("Flag", reporter, uris[0], to=[community.uri], cc=[], **more)


def flag_to_server(
    case_uri: str, sender: Actor, accused: Actor, uris: Sequence[str], comment: str
) -> dict[str, Any]:
    """`Flag` to the accused's server: Mastodon's form (a list with the account first, text in `content`), which Lemmy
    reads as well.
    """
    flag = activity_about(
        "Flag", sender, accused.uri, to=[accused.uri], cc=[], id=case_uri, content=comment, summary=comment
    )
    return flag | {"object": [accused.uri, *uris]}


def resolve(moderator: Actor, community: Actor, flag: dict[str, Any], answer: str) -> dict[str, Any]:
    """`Resolve` with the whole `Flag`: Lemmy finds its report by who reported what. `summary` is the answer."""
    embedded = {name: value for name, value in flag.items() if name != "@context"}
    return activity_about(
        "Resolve", moderator, embedded, to=[community.uri], cc=[], audience=community.uri, summary=answer
    )
