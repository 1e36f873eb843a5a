"""Activity intents (FEP-3b86): where on somebody's own server they follow, like or open what they found elsewhere.

WebFinger names templates. Ours are for people with an account here; those of others lead our visitors home.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from federation.client import Client
from federation.config import FederationConfig
from federation.discovery import lookup_account, read_handle
from federation.refusals import Refused
from federation.urls import parse_url

INTENT = "https://w3id.org/fep/3b86/"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
"""What was there before intents: Mastodon and most others open people, groups and posts with it."""

_THEN = "on-success={on-success}&on-cancel={on-cancel}"
_OURS = {
    "Follow": f"/intents/follow?object={{object}}&{_THEN}",
    "Like": f"/intents/like?object={{object}}&{_THEN}",
    "Dislike": f"/intents/dislike?object={{object}}&{_THEN}",
    "Announce": f"/intents/announce?object={{object}}&{_THEN}",
    "Object": "/intents/object?object={object}",
    "Create": "/intents/create?content={content}&name={name}&summary={summary}&inReplyTo={inReplyTo}",
}
_PLACEHOLDER = re.compile(r"\{([^{}]{1,64})\}")


def intent_links(config: FederationConfig) -> list[dict[str, str]]:
    """The links of a person's WebFinger answer."""
    return [{"rel": INTENT + name, "template": config.url(path)} for name, path in _OURS.items()]


@dataclass(frozen=True, slots=True)
class Home:
    """Somebody's own server, as the WebFinger of their handle describes it.

    `host` stands behind the @ of the handle; `hosts` are that one and, on a split domain, the one that serves the
    actor: nobody is sent anywhere else (S-071). `templates` are by lower-case rel.
    """

    handle: str
    host: str
    hosts: frozenset[str]
    templates: Mapping[str, str]

    def address_for(
        self, activity: str, values: Mapping[str, str], *, allow_http: bool = False
    ) -> str | None:
        """Where they do `activity` (`Follow`, `Create` …) there; None where their server names nothing usable.

        `values` fill the template: `object`, or for `Create` `inReplyTo`, `content` …. Where the intent is not
        offered, the object is at least opened.
        """
        opened = values.get("object") or values.get("inReplyTo", "")
        for rel, filled in (
            (INTENT + activity, values),
            (INTENT + "Object", {"object": opened}),
            (SUBSCRIBE, {"uri": opened}),
        ):
            template = self.templates.get(rel.lower(), "")
            named = set(_PLACEHOLDER.findall(template))
            if not {name for name in named if filled.get(name)}:
                continue  # it would lead there and forget what for
            address = _PLACEHOLDER.sub(lambda name, of=filled: quote(of.get(name[1], ""), safe=""), template)  # type: ignore[misc]
            try:
                url = parse_url(address, allow_http=allow_http)
            except Refused:
                continue
            if url.authority in self.hosts:
                return url.text
        return None


async def home_of(client: Client, handle: str) -> Home:
    """Ask the WebFinger of a handle's host. Raises `Refused`: `bad-handle`, and what the client raises."""
    name, host = read_handle(handle)
    jrd = await lookup_account(client, handle)
    hosts = {host}
    if jrd.actor is not None:
        hosts.add(parse_url(jrd.actor, allow_http=client.allow_http).authority)
    return Home(f"{name}@{host}", host, frozenset(hosts), jrd.templates)
