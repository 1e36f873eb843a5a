"""Quotes as ActivityPub JSON: FEP-044f, and the older keys for software that reads no other. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from federation.contexts import context_for
from federation.models import Actor
from federation.vocabulary import AS_PUBLIC, PUBLIC_SPELLINGS
from federation.wire import ids_of

OBJECT_LINK = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
_QUOTE_LINE = re.compile(r'<(p|span) class="quote-inline">(?:(?!</?\1\b).){0,2000}</\1>', re.DOTALL)
"""Mastodon's and ours; what an element of the same name lies in stays as it is."""
EVERYBODY, FOLLOWERS, NOBODY = "public", "followers", "nobody"
"""Who may quote somebody's posts, in the words of Mastodon's API."""


def policy_document(author: Actor, policy: str) -> dict[str, Any]:
    """`interactionPolicy` of a post. Nobody means its author alone: an empty list would say nothing."""
    allowed = {EVERYBODY: AS_PUBLIC, FOLLOWERS: author.followers_url}
    return {"canQuote": {"automaticApproval": [allowed.get(policy, author.uri)]}}


def read_policy(value: Any, author: Actor) -> str:
    """The policy of a post in one word, "" where it states none: who may quote without being asked about."""
    stated = value.get("canQuote") if isinstance(value, Mapping) else None
    if not isinstance(stated, Mapping):
        return ""
    # `always` is what GoToSocial called it before the FEP.
    allowed = set(ids_of(stated.get("automaticApproval"))) | set(ids_of(stated.get("always")))
    if allowed & PUBLIC_SPELLINGS:
        return EVERYBODY
    return FOLLOWERS if author.followers_url and author.followers_url in allowed else NOBODY


def with_quote(document: dict[str, Any], quoted_uri: str, shown_url: str, stamp_uri: str) -> dict[str, Any]:
    """A post's document with what it quotes: in every key that peers read, and as a line for those who read none."""
    link = {"type": "Link", "mediaType": OBJECT_LINK, "href": quoted_uri, "name": f"RE: {quoted_uri}"}
    link["rel"] = "https://misskey-hub.net/ns#_misskey_quote"
    line = f'<p class="quote-inline">RE: <a href="{escape(shown_url)}">{escape(shown_url)}</a></p>'
    content = f"{document['content']}{line}"
    added: dict[str, Any] = {
        "content": content,
        "tag": [*document.get("tag", []), link],
        "quote": quoted_uri,
        "quoteUrl": quoted_uri,
        "quoteUri": quoted_uri,
        "_misskey_quote": quoted_uri,
    }
    if stamp_uri:
        added["quoteAuthorization"] = stamp_uri
    if "contentMap" in document:
        added["contentMap"] = dict.fromkeys(document["contentMap"], content)
    return document | added


def without_quote_line(content: str) -> str:
    """HTML of a peer without the line that names the quoted post to those who read no quotes: here it is shown."""
    return _QUOTE_LINE.sub("", content)


def quote_request(
    quoter: Actor, quoted_uri: str, quoting_uri: str, author_uri: str, id: str
) -> dict[str, Any]:
    """`QuoteRequest`: may this post of mine (`instrument`) quote yours?"""
    return {
        "@context": context_for("quote"),
        "id": id,
        "type": "QuoteRequest",
        "actor": quoter.uri,
        "object": quoted_uri,
        "instrument": quoting_uri,
        "to": [author_uri],
    }


def quote_answer(
    author: Actor, request: Mapping[str, Any], quoter_uri: str, stamp_uri: str
) -> dict[str, Any]:
    """`Accept` with the stamp as `result`, or `Reject` without one."""
    answer = {
        "@context": context_for("quote"),
        "type": "Accept" if stamp_uri else "Reject",
        "actor": author.uri,
        "object": dict(request),
        "to": [quoter_uri],
    }
    return answer | ({"result": stamp_uri} if stamp_uri else {})


def stamp_document(stamp_uri: str, author_uri: str, quoting_uri: str, quoted_uri: str) -> dict[str, Any]:
    """`QuoteAuthorization`: the author lets that one post quote this one."""
    return {
        "@context": context_for("quote"),
        "id": stamp_uri,
        "type": "QuoteAuthorization",
        "attributedTo": author_uri,
        "interactingObject": quoting_uri,
        "interactionTarget": quoted_uri,
    }


def is_stamp_for(
    document: Mapping[str, Any], stamp_uri: str, author_uri: str, quoting_uri: str, quoted_uri: str
) -> bool:
    """Whether a document is that author's approval of exactly this quote."""
    read = {
        name: ids_of(document.get(name))
        for name in ("id", "attributedTo", "interactingObject", "interactionTarget")
    }
    return document.get("type") in (
        "QuoteAuthorization",
        "https://w3id.org/fep/044f#QuoteAuthorization",
    ) and read == {
        "id": (stamp_uri,),
        "attributedTo": (author_uri,),
        "interactingObject": (quoting_uri,),
        "interactionTarget": (quoted_uri,),
    }
