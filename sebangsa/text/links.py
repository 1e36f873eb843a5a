"""Links: which addresses may be one, their attributes, and text that does not lie (S-064, S-068)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from federation.refusals import Refused
from federation.urls import normal_host
from sebangsa.text.policy import kept_classes

MAX_HREF_CHARS = 2_048

# Browsers drop these inside an address and trim those around it, so `java\tscript:` is `javascript:` (S-064).
_VANISHING = re.compile(r"[\t\n\r]+")
_AROUND = "".join(map(chr, range(0x21)))
_WEB = re.compile(r"(https?):(//[^/?#\\]*)([/?#].*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"//([^@:\[\]%\s]+)(?::([0-9]{1,5}))?")
# What needs no mapping; a last label of digits is left to the one parser of hosts.
_PLAIN_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){1,20}[a-z]{2,24}")
_MAIL = re.compile(r"mailto:([a-z0-9.!#$*+/=?^_{|}~-]{1,64}@[a-z0-9.-]{1,253})", re.IGNORECASE)
# Never bare in an address of ours: what ends an attribute or a Markdown link, and what cannot be seen.
_TO_ENCODE = re.compile(
    '[\x00-\x20"<>\\\\^`{|}\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f'
    "\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff]"
)
_BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u206f\u3164\ufeff\uffa0]")
_LOOKS_LIKE_ADDRESS = re.compile(
    r"(?:([a-z][a-z0-9+.-]*):/+|//|(?=www\.))([^\s/?#\\]*)|((?:[\w-]+\.)+[^\W\d_]{2,24})(?=[/:@?#…]|\s|$)",
    re.IGNORECASE,
)
# "Node.js", "laporan.pdf": endings of files that are no top-level domain.
_FILE = re.compile(r"(?:css|docx?|html?|jpe?g|js|json|pdf|php|png|txt|xlsx?|xml)", re.IGNORECASE)
_HIDDEN_PREFIXES = frozenset(("", "http://", "https://", "http://www.", "https://www."))

Piece = tuple[str, str]  # (classes of the flat span around it, or "", and its text)


def safe_href(value: str) -> str | None:
    """The address as a link may carry it, or None where it must not be one.

    `value` is decoded (no entities). Absolute http, https and mailto only; `//host` becomes https; a
    relative address means nothing once the post is on another server. Credentials before the host are
    refused: they exist to make `https://bank.example@evil` look like the bank (S-068). Idempotent.
    """
    value = _VANISHING.sub("", value.strip(_AROUND))
    if len(value) > MAX_HREF_CHARS:
        return None
    if value.startswith("//"):
        value = "https:" + value
    web = _WEB.fullmatch(value)
    if web is None:
        mail = _MAIL.fullmatch(value)
        return f"mailto:{mail[1]}" if mail else None
    authority = _AUTHORITY.fullmatch(web[2])
    if authority is None:
        return None
    host = _ascii_host(authority[1])
    port = authority[2]
    if host is None or (port and int(port) > 65_535):
        return None
    rest = _TO_ENCODE.sub(_percent, web[3] or "")
    return f"{web[1].lower()}://{host}{':' + port if port else ''}{rest}"


def _ascii_host(host: str) -> str | None:
    lowered = host.lower()
    if _PLAIN_HOST.fullmatch(lowered) and "xn--" not in lowered:
        return lowered
    try:
        mapped = normal_host(host)
    except Refused:
        return None
    return mapped if ":" not in mapped else None


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def host_of(href: str) -> str:
    """The host of an address that `safe_href` gave; empty for mail."""
    match = _WEB.fullmatch(href)
    return match[2][2:].partition(":")[0] if match else ""


def link_attributes(given: Mapping[str, str]) -> dict[str, str] | None:
    """The attributes of an `<a>`, in the order they are written; None: it may not be a link.

    `given` holds decoded values. `rel=tag` stays (hashtags of Mastodon); `rel=me` does not: on a page of
    ours it would claim, for whoever wrote the post, that our address and theirs are one person.
    """
    href = safe_href(given.get("href", ""))
    if href is None:
        return None
    attributes = {"href": href}
    classes = kept_classes(given.get("class", ""), cutting=False)
    if classes:
        attributes["class"] = classes
    tag = "tag " if "tag" in given.get("rel", "").lower().split() else ""
    attributes["rel"] = f"{tag}nofollow noopener ugc"
    if "mention" not in classes.split():
        attributes["target"] = "_blank"  # mentions and hashtags lead to our own pages
    if given.get("translate", "") == "no":
        attributes["translate"] = "no"
    return attributes


def without_bidi(text: str) -> str:
    """Link text without direction overrides, which could draw `gro.knab` as `bank.org` (S-068)."""
    return _BIDI.sub("", text) if not text.isascii() else text


def may_cut(href: str, pieces: Sequence[Piece]) -> bool:
    """Whether a link may keep the spans that hide or cut its text.

    Mastodon writes `<span invisible>https://</span><span ellipsis>host/pa</span><span invisible>th</span>`.
    It stays only if the whole text is the very address, and all before and in the host can be seen (S-068).
    """
    if safe_href("".join(text for _, text in pieces)) != href:
        return False
    hidden, seen = "", ""
    for classes, text in pieces:
        if "invisible" not in classes.split():
            seen += text
        elif not seen:
            hidden += text
        else:
            break
    if hidden.lower() not in _HIDDEN_PREFIXES:
        return False
    shown = re.split(r"[/?#]", seen.partition("://")[2] if not hidden else seen, maxsplit=1)[0]
    whole = re.split(r"[/?#]", "".join(text for _, text in pieces).partition("://")[2], maxsplit=1)[0]
    return shown.lower() in (whole.lower(), whole.lower().removeprefix("www."))


def true_host_note(href: str, text: str) -> str:
    """What to add to a link's text so that its host shows: empty, or ` [host]`.

    Needed when the text reads as an address of another host than the link opens (S-068). Idempotent: a text
    that already ends so gets nothing.
    """
    visible = _INVISIBLE.sub("", without_bidi(text)).strip()
    if "." not in visible and ":" not in visible:
        return ""
    match = _LOOKS_LIKE_ADDRESS.match(visible)
    if match is None or (match[3] and _FILE.fullmatch(match[3].rpartition(".")[2])):
        return ""
    host = host_of(href)
    claimed = (match[2] if match[3] is None else match[3]).lower()
    if match[3] is not None:
        claimed += re.split(r"[/?#\s]", visible[match.end() :], maxsplit=1)[0]
    claimed_host = (_ascii_host(re.sub(r":[0-9]{1,5}$", "", claimed)) or "").removeprefix("www.")
    if host and claimed_host and (host == claimed_host or host.endswith("." + claimed_host)):
        return ""
    opened = host or href.removeprefix("mailto:")
    said = visible.lower().removeprefix("mailto:")
    return "" if said == opened.lower() or visible.endswith(f"[{opened}]") else f" [{opened}]"
