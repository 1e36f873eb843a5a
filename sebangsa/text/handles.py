"""Handles: `@name`, `@name@host`, `!community@host`, `~feed@host`; and which names may be taken here (S-135)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from importlib.resources import files

import idna

from federation.refusals import Refused
from federation.urls import normal_authority

MAX_LOCAL_NAME = 30
MAX_HANDLES = 50

_LOCAL_NAME = re.compile(r"[a-z0-9_]{1,30}")
# GoToSocial and Pleroma allow dots and hyphens inside a name; none begins or ends with one.
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}}(?![0-9]))?"
_HANDLE = re.compile(rf"(?:acct:)?([@!~]?)({_NAME})(?:@({_DOMAIN}))?")
# Before: no word (an e-mail address), no "/" (a path such as host/@name), no second sigil.
_IN_TEXT = re.compile(rf"(?<![\w@!/.\-=&])([@!])({_NAME})(?:@({_DOMAIN}))?(?![\w@/])")

# Names that speak for the server, and names that are paths or mail boxes of the software.
RESERVED_NAMES = frozenset(files("sebangsa.text").joinpath("reserved_names.txt").read_text("utf-8").split())


@dataclass(frozen=True, slots=True)
class Handle:
    """Somebody's or some community's name: `domain` as on the wire (lower case, A-labels), None for here."""

    name: str
    domain: str | None = None
    sigil: str = "@"

    @property
    def key(self) -> str:
        """`name` or `name@domain`, lower case: what two spellings of one handle share."""
        name = self.name.lower()
        return f"{name}@{self.domain}" if self.domain else name

    def __str__(self) -> str:
        return f"{self.sigil}{self.name}{'@' + self.domain if self.domain else ''}"


def parse_handle(text: str) -> Handle | None:
    """Read `@a@b`, `a@b`, `acct:a@b`, `!a@b`, `~a@b`, `@a` or `a`; None if it is no handle."""
    match = _HANDLE.fullmatch(text.strip(" "))
    return _handle(match) if match else None


def _handle(match: re.Match[str]) -> Handle | None:
    sigil, name, domain = match.groups()
    if domain is None:
        return Handle(name, None, sigil or "@")
    wire = wire_domain(domain)
    return Handle(name, wire, sigil or "@") if wire else None


def handle_at(text: str, position: int) -> tuple[int, Handle] | None:
    """The handle that begins at this sigil and where it ends; None for e-mail addresses and paths."""
    match = _IN_TEXT.match(text, position)
    handle = _handle(match) if match else None
    return (match.end(), handle) if match and handle else None


def find_handles(text: str, limit: int = MAX_HANDLES) -> list[Handle]:
    """The different handles in plain text or Markdown, in order, at most `limit` (S-095).

    For looking people up before `markdown.render_post`, which alone knows what stands inside code.
    """
    found: dict[str, Handle] = {}
    for match in _IN_TEXT.finditer(text):
        handle = _handle(match)
        if handle is not None:
            found.setdefault(handle.key, handle)
        if len(found) >= limit:
            break
    return list(found.values())


def wire_domain(domain: str) -> str | None:
    """A domain as `federation.urls` names peers: lower case, A-labels, port unless 443; or None."""
    try:
        return normal_authority(domain)
    except Refused:
        return None


def shown_domain(domain: str) -> str:
    """A domain as people read it: Unicode when each label keeps to one script, else A-labels (S-135)."""
    if "xn--" not in domain:
        return domain
    host, colon, port = domain.partition(":")
    try:
        readable = idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return domain
    # A whole label in Cyrillic or Greek can spell a Latin word; only scripts that cannot are shown.
    scripts = [_scripts(label) for label in readable.split(".")]
    if any(len(found) > 1 or found & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"} for found in scripts):
        return domain
    return readable + colon + port


def _scripts(label: str) -> set[str]:
    return {unicodedata.name(letter, "?").split(" ")[0] for letter in label if letter.isalpha()}


def local_name_problem(name: str) -> str | None:
    """Why nobody may take this name here, or None.

    One of `bad-characters`, `too-long`, `reserved`, `confusable`.

    Whether it is taken, or looks like a taken one, is the caller's to ask, by `skeleton`.
    """
    if len(name) > MAX_LOCAL_NAME:
        return "too-long"
    if not _LOCAL_NAME.fullmatch(name) or not name.strip("_"):
        return "bad-characters"
    if name in RESERVED_NAMES:
        return "reserved"
    if skeleton(name) in _RESERVED_SKELETONS:
        return "confusable"
    return None


def valid_local_name(name: str) -> bool:
    """Whether a person or community may be called so here (`[a-z0-9_]{1,30}`, not reserved, not alike)."""
    return local_name_problem(name) is None


_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "_": None})


def skeleton(name: str) -> str:
    """What a name looks like at a glance: two names with one skeleton are confusable (S-135).

    Takes any text, so that a display name can be held against a handle too: NFKC, case and marks folded,
    Cyrillic and Greek letters that look Latin replaced, `rn` as `m`, `vv` as `w`, digits as letters, no `_`.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(
        letter for letter in folded if unicodedata.category(letter)[0] not in "MCZ" or letter.isalnum()
    )
    shape = plain.translate(_LOOKS_LATIN).translate(_ALIKE)
    return shape.replace("rn", "m").replace("vv", "w").replace("cl", "d")


_LOOKS_LATIN = str.maketrans(
    "асԁеһіјӏкмпорѕтухѵԝʏαβεηικνορτυχωгьꞵօոսց", "acdehijlkmnopstyxvwyabenikvoptuxwrbbonug"
)
# Of short ones only the name itself: `pl` or `lp` look like `p1`, not like the path `/p`.
_RESERVED_SKELETONS = frozenset(skeleton(name) for name in RESERVED_NAMES if len(name) > 3)
