"""Actors as their own host describes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.refusals import Refused
from federation.strict_json import dumps
from federation.vocabulary import ACTOR_TYPES
from federation.wire.actor_keys import KeyDocument, read_keys
from federation.wire.attachments import image_of
from federation.wire.civic import CivicBody, read_body
from federation.wire.shapes import (
    MAX_CONTENT,
    as_list,
    authority_of,
    datetime_of,
    first_id,
    flag_of,
    id_of,
    ids_of,
    language_of,
    link_of,
    natural_text,
    objects_of,
    plain,
    text_of,
    type_among,
    types_of,
)
from federation.wire.tags import Emoji, Flair, Tags, read_flairs, read_tags

MAX_FIELDS = 50
MAX_EXTRA = 20_000
"""Bytes of JSON kept of one extra key."""

# What no floor below needs, but a feature may: kept as sent.
_EXTRA_KEYS = (
    "postingRestrictedToMods", "postingWarning", "questionAnswer", "defaultPostType", "newModsWanted",
    "privateMods", "genAI", "openness", "members", "sensitive", "attributionDomains", "description",
    "matrixUserId", "language", "moderationState", "accessType",
)  # fmt: skip
_EXTRA_ADDRESSES = ("wall", "wallComments")
"""Collections of a group into which others post (FEP-400e): believed on its own host only."""
_NAME = re.compile(r"[^\s@/\\<>\"\x00-\x1f\x7f]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class ActorDocument:
    """An actor. Addresses are "" where absent; `summary_html` is as sent, not yet made safe.

    Collections that lie on another host than the actor are left out (S-047). `moderators` is a community's
    list of them; `attributed_to` are owners named on the actor itself (PeerTube's channels, feeds). `extra`
    holds wire terms that only features read: PieFed's settings, flairs under `tag`, everything `civic:` and
    `forge:`.
    """

    id: str
    type: str
    preferred_username: str
    name: str
    summary_html: str
    source: str
    url: str
    icon_url: str
    icon_alt: str
    image_url: str
    image_alt: str
    inbox: str
    shared_inbox: str
    outbox: str
    followers: str
    following: str
    featured: str
    moderators: str
    members: str
    attributed_to: tuple[str, ...]
    manually_approves_followers: bool
    discoverable: bool
    indexable: bool
    posting_restricted_to_mods: bool
    accepts_chat_messages: bool
    also_known_as: tuple[str, ...]
    moved_to: str
    fields: tuple[tuple[str, str], ...]
    public_keys: tuple[KeyDocument, ...]
    published: datetime | None
    updated: datetime | None
    webfinger: str
    language: str
    emojis: tuple[Emoji, ...]
    flairs: tuple[Flair, ...]
    civic: CivicBody | None
    features: tuple[str, ...]
    extra: dict[str, Any]


def read_actor(document: Mapping[str, Any], *, allow_http: bool = False) -> ActorDocument:
    """Read an actor's document, as fetched from its own host.

    Raises `Refused`: `not-an-actor` (type), `bad-id`, `missing-field` (inbox, preferredUsername),
    `foreign-id` (its inbox is on another host, S-047), `bad-field` (a name that is none, two keys with one
    id), `duplicate-key`.
    """
    document = plain(document)
    kind = type_among(document, ACTOR_TYPES)
    if not kind:
        raise Refused("not-an-actor", " ".join(types_of(document))[:100] or "no type")
    uri = id_of(document)
    if uri is None or "#" in uri:
        # The part after # names things within the document: keys are found by cutting it off.
        raise Refused("bad-id", "an actor's id")
    host = authority_of(uri, allow_http=allow_http)
    inbox = link_of(document.get("inbox"))
    if not inbox:
        raise Refused("missing-field", "inbox")
    if authority_of(inbox, allow_http=allow_http) != host:
        raise Refused("foreign-id", "the inbox is on another host")

    def here(value: Any) -> str:
        """An address, when it lies on the actor's host."""
        found = link_of(value)
        try:
            return found if found and authority_of(found, allow_http=allow_http) == host else ""
        except Refused:
            return ""

    tags = read_tags(document.get("tag"))
    icon_url, icon_alt = image_of(document.get("icon"))
    image_url, image_alt = image_of(document.get("image"))
    endpoints = document.get("endpoints")
    found_in = endpoints if isinstance(endpoints, dict) else document  # Discourse has it beside
    capabilities = document.get("capabilities")
    says_chat = isinstance(capabilities, dict) and capabilities.get("acceptsChatMessages") is True
    return ActorDocument(
        id=uri,
        type=kind,
        preferred_username=_username(document, kind, host),
        name=natural_text(document, "name"),
        summary_html=_summary(document),
        source=_source(document),
        url=_page(document.get("url")),
        icon_url=icon_url,
        icon_alt=icon_alt,
        image_url=image_url,
        image_alt=image_alt,
        inbox=inbox,
        shared_inbox=here(found_in.get("sharedInbox")),
        outbox=here(document.get("outbox")),
        followers=here(document.get("followers")),
        following=here(document.get("following")),
        featured=here(document.get("featured")),
        moderators=_moderators(document, kind, here),
        members=here(document.get("members")),
        attributed_to=ids_of(document.get("attributedTo"))[:20],
        manually_approves_followers=flag_of(document.get("manuallyApprovesFollowers")),
        discoverable=flag_of(document.get("discoverable"), otherwise=True),
        indexable=flag_of(document.get("indexable"), otherwise=True),
        posting_restricted_to_mods=flag_of(document.get("postingRestrictedToMods")),
        accepts_chat_messages=says_chat,
        also_known_as=ids_of(document.get("alsoKnownAs"))[:20],
        moved_to=first_id(document.get("movedTo")),
        fields=_fields(document.get("attachment")),
        public_keys=read_keys(document, uri, allow_http=allow_http),
        published=datetime_of(document.get("published")),
        updated=datetime_of(document.get("updated")),
        webfinger=_webfinger(document.get("webfinger")),
        language=language_of(document),
        emojis=tuple(tags.emojis),
        flairs=tuple(tags.flairs or read_flairs(document.get("tagsForPosts"))),
        civic=read_body(document),
        features=_features(document),
        extra=_extra(document, tags) | _extra_addresses(document, found_in, here),
    )


def _username(document: Mapping[str, Any], kind: str, host: str) -> str:
    name = document.get("preferredUsername")
    if name is None and kind == "Application":
        return host  # instance actors of older Lemmy have none
    if name is None:
        raise Refused("missing-field", "preferredUsername")
    name = text_of(name)
    if not _NAME.match(name) or not name.isprintable():
        raise Refused("bad-field", "preferredUsername")
    return name


def _summary(document: Mapping[str, Any]) -> str:
    found = natural_text(document, "summary", limit=MAX_CONTENT)
    if not found and document.get("mediaType") == "text/html":
        found = text_of(document.get("content"), limit=MAX_CONTENT)  # Lemmy's instance actor
    return found


def _source(document: Mapping[str, Any]) -> str:
    source = document.get("source")
    if isinstance(source, dict) and source.get("mediaType") == "text/markdown":
        return text_of(source.get("content"), limit=MAX_CONTENT)
    return ""


def _page(value: Any) -> str:
    """The page for people: PeerTube lists several links, one of them text/html."""
    links = objects_of(value)
    for link in links:
        if link.get("mediaType") == "text/html" and (found := link_of(link.get("href"))):
            return found
    for item in as_list(value):
        if found := link_of(item):
            return found
    return ""


def _moderators(document: Mapping[str, Any], kind: str, here: Any) -> str:
    found = here(document.get("moderators"))
    attributed = document.get("attributedTo")
    # Lemmy's way; on PeerTube the same key lists people, on feeds it is their maker.
    if not found and kind == "Group" and isinstance(attributed, str):
        found = here(attributed)
    return str(found)


def _fields(value: Any) -> tuple[tuple[str, str], ...]:
    """Name and value (HTML as sent) of each field: of `Note`s (FEP-fb2a), and only without any of `PropertyValue`s."""
    items = objects_of(value)
    found = []
    for item in items:
        if "Note" in types_of(item):
            name, content = natural_text(item, "name", limit=255), natural_text(item, "content")
            if name and content:
                found.append((name, content))
    for item in [] if found else items:
        if "PropertyValue" in types_of(item):
            name, content = natural_text(item, "name", limit=255), text_of(item.get("value"))
            if name or content:
                found.append((name, content))
    return tuple(found[:MAX_FIELDS])


def _webfinger(value: Any) -> str:
    """The handle that the actor claims (FEP-2c59), `name@host`; unproved until WebFinger agrees."""
    handle = text_of(value, limit=300).removeprefix("acct:").removeprefix("@")
    return handle if handle.count("@") == 1 else ""


def _features(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What the actor's software says it can do (FEP-844e `implements` of its generator): ids, in order."""
    generator = document.get("generator")
    found: dict[str, None] = {}
    for source in (
        document.get("implements"),
        generator.get("implements") if isinstance(generator, dict) else None,
    ):
        for item in as_list(source)[:50]:
            if uri := link_of(item.get("href") if isinstance(item, dict) and "href" in item else item):
                found[uri] = None
    return tuple(found)


def _extra(document: Mapping[str, Any], tags: Tags) -> dict[str, Any]:
    found = {
        key: value
        for key, value in document.items()
        if (key in _EXTRA_KEYS or key.startswith(("civic:", "forge:")))
        and value is not None
        and _is_small(value)
    }
    flairs = tags.flairs or read_flairs(document.get("tagsForPosts"))
    if flairs:
        found["tag"] = [
            {
                "type": "CommunityPostTag",
                "id": flair.id,
                "preferredUsername": flair.name,
                "name": flair.display_name,
                **({"background_color": flair.background} if flair.background else {}),
                **({"text_color": flair.text} if flair.text else {}),
            }
            for flair in flairs
        ]
    return found


def _extra_addresses(
    document: Mapping[str, Any], endpoints: Mapping[str, Any], here: Callable[[Any], str]
) -> dict[str, str]:
    """Walls, and where members' servers get a token (FEP-db0e), kept as `actorToken`."""
    found = {key: here(document.get(key)) for key in _EXTRA_ADDRESSES}
    found["actorToken"] = here(endpoints.get("actorToken"))
    return {key: address for key, address in found.items() if address}


def _is_small(value: Any) -> bool:
    if isinstance(value, bool | int | float):
        return True
    try:
        return len(dumps(value)) <= MAX_EXTRA
    except (ValueError, RecursionError, TypeError):
        return False
