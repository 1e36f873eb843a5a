"""Handles, hashtags and bare addresses of a text turned into links, in the form that Mastodon writes.

Peers read mentions from `tag`, their apps from this markup: `<span class="h-card"><a class="u-url mention">`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from sebangsa.text.addresses import address_at, shown_pieces
from sebangsa.text.handles import MAX_HANDLES, Handle, handle_at
from sebangsa.text.hashtags import MAX_HASHTAGS, hashtag_at

# A link is written with ten times its characters: more would pass the size that others and we accept.
MAX_LINKED = 200

# What may begin a link; `Linker.at` decides.
MAY_BEGIN = r"[@!#]|[hH][tT][tT][pP][sS]?://"
_MAY_BEGIN = re.compile(MAY_BEGIN)


@dataclass(frozen=True, slots=True)
class MentionTarget:
    """Somebody found for a handle: `uri` is the actor's id (for `tag`), `url` the page the link opens."""

    uri: str
    url: str
    name: str  # shown after the sigil, usually without the host
    is_community: bool = False


@dataclass(frozen=True, slots=True)
class LinkedMention:
    handle: Handle
    target: MentionTarget


@dataclass(frozen=True, slots=True)
class LinkedHashtag:
    written: str
    tag: str  # normal form


@dataclass(frozen=True, slots=True)
class LinkedAddress:
    href: str
    pieces: list[tuple[str, str]]


Linked = LinkedMention | LinkedHashtag | LinkedAddress


@dataclass(slots=True)
class Linker:
    """Finds what to link in one post, and remembers whom and what it linked.

    `mentions` is keyed by `Handle.key`; a handle that is not in it stays text. Past 50 different people or
    tags the rest stay text too (S-095). Without a `tags_url` (it ends in `/`) hashtags stay text.
    """

    mentions: Mapping[str, MentionTarget]
    tags_url: str | None
    mentioned: dict[str, MentionTarget] = field(default_factory=dict)
    hashtags: dict[str, None] = field(default_factory=dict)
    linked: int = 0

    def find(self, text: str) -> Iterator[tuple[int, int, Linked]]:
        """What becomes a link in plain text: begin, end and what it is, in order, nothing overlapping."""
        done = 0
        for begin in _MAY_BEGIN.finditer(text):
            if begin.start() < done:
                continue
            found = self.at(text, begin.start())
            if found is not None:
                done = found[0]
                yield begin.start(), *found

    def at(self, text: str, position: int) -> tuple[int, Linked] | None:
        """What begins at this very place and where it ends; None if nothing does, or enough were linked."""
        found = self._candidate(text, position) if self.linked < MAX_LINKED else None
        self.linked += found is not None
        return found

    def forget(self) -> None:
        """Start the same post again."""
        self.mentioned.clear()
        self.hashtags.clear()
        self.linked = 0

    def _candidate(self, text: str, position: int) -> tuple[int, Linked] | None:
        sigil = text[position]
        if sigil == "#":
            return self._hashtag(text, position)
        if sigil in "@!":
            return self._mention(text, position)
        address = address_at(text, position)
        return (address[0], LinkedAddress(address[1], shown_pieces(address[1]))) if address else None

    def _mention(self, text: str, position: int) -> tuple[int, Linked] | None:
        found = handle_at(text, position) if self.mentions else None
        target = self.mentions.get(found[1].key) if found else None
        if found is None or target is None or (found[1].sigil == "!" and not target.is_community):
            return None
        if target.uri not in self.mentioned and len(self.mentioned) >= MAX_HANDLES:
            return None
        self.mentioned[target.uri] = target
        return found[0], LinkedMention(found[1], target)

    def _hashtag(self, text: str, position: int) -> tuple[int, Linked] | None:
        found = hashtag_at(text, position) if self.tags_url else None
        if found is None or (found[1] not in self.hashtags and len(self.hashtags) >= MAX_HASHTAGS):
            return None
        self.hashtags[found[1]] = None
        return found[0], LinkedHashtag(text[position + 1 : found[0]], found[1])

    def tag_url(self, tag: str) -> str:
        return f"{self.tags_url}{quote(tag)}"
