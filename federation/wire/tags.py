"""What stands in `tag`: mentions, hashtags, emojis, a community's flairs, quote links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from federation.wire.shapes import link_of, objects_of, text_of, types_of

MAX_TAGS = 100
"""Of each kind (S-095): Mastodon's own limit for mentions lies far below."""


_SHORTCODE = re.compile(r"[\w+-]{1,100}\Z")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named in a post: actor id and the name as written (`@ani@desa.example`, may be "")."""

    href: str
    name: str


@dataclass(frozen=True, slots=True)
class Emoji:
    """A picture that stands for `:shortcode:`; `name` is without the colons."""

    name: str
    url: str
    id: str


@dataclass(frozen=True, slots=True)
class Flair:
    """A community's label for posts (`CommunityPostTag`). Colours are `#rrggbb` or ""."""

    id: str
    name: str
    display_name: str
    background: str
    text: str


@dataclass(slots=True)
class Tags:
    """All that was found in one `tag` list."""

    mentions: list[Mention] = field(default_factory=list)
    hashtags: list[str] = field(default_factory=list)
    emojis: list[Emoji] = field(default_factory=list)
    flairs: list[Flair] = field(default_factory=list)
    quote: str = ""


def read_tags(value: Any) -> Tags:
    """Read a `tag` value. Kroeg sends one object instead of a list; unknown kinds are passed over."""
    found = Tags()
    for tag in objects_of(value):
        kinds = types_of(tag)
        kind = kinds[0] if kinds else ""
        if kind == "Mention":
            if len(found.mentions) < MAX_TAGS and (href := link_of(tag.get("href") or tag.get("id"))):
                found.mentions.append(Mention(href, text_of(tag.get("name"), limit=300)))
        elif kind == "Hashtag":
            name = text_of(tag.get("name"), limit=200).strip().removeprefix("#")
            if name and len(found.hashtags) < MAX_TAGS and name not in found.hashtags:
                found.hashtags.append(name)
        elif kind == "Emoji":
            emoji = _emoji(tag)
            if emoji is not None and len(found.emojis) < MAX_TAGS:
                found.emojis.append(emoji)
        elif kind in ("CommunityPostTag", "CommunityTag"):
            flair = _flair(tag)
            if flair is not None and len(found.flairs) < MAX_TAGS:
                found.flairs.append(flair)
        elif kind == "Link" and not found.quote and _is_quote(tag):
            found.quote = link_of(tag.get("href"))
    return found


def read_flairs(value: Any) -> list[Flair]:
    """Flairs alone, as PieFed lists them under `lemmy:tagsForPosts`."""
    return [flair for tag in objects_of(value)[:MAX_TAGS] if (flair := _flair(tag)) is not None]


def _emoji(tag: Mapping[str, Any]) -> Emoji | None:
    name = text_of(tag.get("name"), limit=102).strip(":")
    icon = tag.get("icon")
    url = link_of(icon.get("url")) if isinstance(icon, dict) else link_of(icon)
    # S-066: it becomes part of a pattern and of a page, so nothing but a word may be one.
    if not url or not _SHORTCODE.match(name):
        return None
    return Emoji(name, url, link_of(tag.get("id")))


def _flair(tag: Mapping[str, Any]) -> Flair | None:
    uri = link_of(tag.get("id"))
    name = text_of(tag.get("preferredUsername"), limit=100)
    shown = text_of(tag.get("display_name") or tag.get("displayName") or tag.get("name"), limit=100)
    if not uri or not (name or shown):
        return None
    return Flair(
        uri,
        name or shown,
        shown or name,
        _colour(tag.get("background_color")),
        _colour(tag.get("text_color")),
    )


def _colour(value: Any) -> str:
    # It ends in a style attribute: six hexadecimal digits or nothing.
    return value.lower() if isinstance(value, str) and _COLOUR.match(value) else ""


def _is_quote(tag: Mapping[str, Any]) -> bool:
    """FEP-e232: a link to another object; Misskey's family marks it as a quote by its `rel`."""
    rel = tag.get("rel")
    rels = rel if isinstance(rel, list) else [rel]
    if any(isinstance(one, str) and one.endswith("_misskey_quote") for one in rels):
        return True
    media_type = tag.get("mediaType")
    return isinstance(media_type, str) and (
        media_type.startswith("application/ld+json") or media_type == "application/activity+json"
    )
