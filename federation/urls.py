"""One view of a URL for the checker, the client, ids, blocks and lanes.

An attack lives where two parsers differ: one host is checked, another is dialled (S-005). So there is one
parser here, and what it passes must read the same for yarl, which dials. Where browsers (the WHATWG URL
Standard) would read something else than we do, the URL is refused: honest servers do not write such URLs.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urljoin

import idna
import yarl

from federation.refusals import Refused

# S-062: ids are stored, indexed and shown; longer ones are nobody's honest id.
MAX_URL = 2048
_DEFAULT_PORTS = {"https": 443, "http": 80}

_SPLIT = re.compile(r"(https?)://([^/?#]+)([^#]*)(?:#(.*))?", re.IGNORECASE)
_PORT = re.compile(r":([0-9]{1,5})\Z")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
# What browsers take for a number: a last label of digits or of hexadecimal digits after 0x.
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_DOT_SEGMENT = re.compile(r"(?:\A|/)(?:\.|%2e){1,2}(?:/|\Z)", re.IGNORECASE)
_FORBIDDEN_ASCII = re.compile(r"[\x00-\x20\x7f\\]")
# Written raw by some peers, percent-encoded by browsers: one spelling, or one id would be two.
_TO_ENCODE = re.compile('["<>^`{}]|[^\x00-\x7f]+')
# What `parse_url` would pass as it stands, once the host is known to be good. The rest goes the long way.
_USUAL = re.compile(
    r"(https?)://([a-z0-9.:-]+)(?:/[A-Za-z0-9._~!$&'()*+,;=:@/-]*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@/?-]+)?)?"
    r"(?:#[A-Za-z0-9._~!$&'()*+,;=:@/?-]*)?\Z"
)
_JOINERS = "\u200c\u200d"  # Persian words and emoji need them


@dataclass(frozen=True, slots=True)
class Url:
    """A URL that may be opened. `text` is its one spelling, without the fragment.

    `host` is lower-case ASCII without a trailing dot; IPv6 addresses stand without brackets. `port` is None
    for the scheme's default port. `path_query` starts with `/`.
    """

    scheme: str
    host: str
    port: int | None
    path_query: str
    fragment: str | None
    text: str

    @property
    def authority(self) -> str:
        """Host and, where it is not the default, port: the name of a peer."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port is None else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.text


def parse_url(text: str, *, allow_http: bool = False) -> Url:
    """Read a URL from outside.

    Without `allow_http` only `https` on its default port is accepted, and only hosts that have a name with a
    dot in it and are not under `.localhost`: a peer is a name, and that name's one server. With it (the
    development mode) `http`, ports, `localhost` and literal addresses are accepted too; whether an address
    may be dialled is `addresses.is_public`'s business.

    Raises `Refused("bad-url")`.
    """
    if not isinstance(text, str):
        raise Refused("bad-url", "not a string")
    if len(text) > MAX_URL:
        raise Refused("bad-url", f"longer than {MAX_URL} characters")
    return _parse(text, allow_http)


@lru_cache(maxsize=2048)
def _parse(text: str, allow_http: bool) -> Url:
    _refuse_forbidden_characters(text)
    parts = _SPLIT.fullmatch(text)
    if parts is None:
        raise Refused("bad-url", "not an http(s) URL with a host")
    scheme = parts[1].lower()
    if scheme == "http" and not allow_http:
        raise Refused("bad-url", "http is not accepted")
    host, port = _split_authority(parts[2], scheme)
    if not allow_http:
        if port is not None:
            raise Refused("bad-url", "a port is not accepted")
        if ":" in host or "." not in host or _is_number(host) or is_loopback_name(host):
            raise Refused("bad-url", "the host has no public name")
    rest = parts[3]
    path, mark, query = rest.partition("?")
    if _DOT_SEGMENT.search(path):
        raise Refused("bad-url", "dot segments in the path")
    path_query = _encode(path or "/") + mark + _encode(query)
    url = Url(scheme, host, port, path_query, parts[4], "")
    spelled = url.origin + path_query
    if len(spelled) > MAX_URL:
        raise Refused("bad-url", f"longer than {MAX_URL} characters")
    _refuse_what_yarl_reads_otherwise(spelled, url)
    return Url(scheme, host, port, path_query, parts[4], spelled)


def join(base: Url, reference: str, *, allow_http: bool = False) -> Url:
    """The URL that `reference` (a Location header, a link) means on the page `base`; else `bad-url`."""
    if len(reference) > MAX_URL:
        raise Refused("bad-url", f"longer than {MAX_URL} characters")
    # Checked before joining: the joining drops tabs and newlines, and browsers take \ for /.
    _refuse_forbidden_characters(reference)
    if reference.startswith("///"):
        raise Refused("bad-url", "too many slashes")
    try:
        joined = urljoin(base.text, reference)
    except ValueError:
        raise Refused("bad-url", "not a URL reference") from None
    return parse_url(joined, allow_http=allow_http)


def host_of(url: str, *, allow_http: bool = True) -> str:
    """The peer that a URL belongs to: its host and, in development, port. Raises `Refused("bad-url")`.

    The same answer as `parse_url(url, …).authority`, faster for the usual ids.
    """
    if isinstance(url, str) and len(url) <= MAX_URL and (usual := _USUAL.match(url)) and "/." not in url:
        return _host_of(usual[1], usual[2], allow_http)
    return parse_url(url, allow_http=allow_http).authority


@lru_cache(maxsize=4096)
def _host_of(scheme: str, authority: str, allow_http: bool) -> str:
    return parse_url(f"{scheme}://{authority}/", allow_http=allow_http).authority


_SOLD_BELOW = frozenset(
    {
        *(
            "ac",
            "biz",
            "co",
            "com",
            "desa",
            "edu",
            "go",
            "gob",
            "gov",
            "info",
            "ltd",
            "me",
            "mil",
            "my",
            "ne",
            "net",
        ),
        *("or", "org", "ponpes", "sch", "web"),
    }
)
"""Names under a country's domain below which people register theirs (`kampung.desa.id`, `toko.co.id`)."""


def registered_domain(host: str) -> str:
    """The domain that somebody had to register to have `host`, as far as its form tells; a port stays.

    Who has a domain has as many hosts under it as they like, so what limits strangers counts them together (S-055).
    """
    labels = host.split(".")
    if len(labels) <= 2 or labels[-1].partition(":")[0].isdigit() or host.startswith("["):
        return host
    is_country = len(labels[-1].partition(":")[0]) == 2
    return ".".join(labels[-3 if is_country and labels[-2] in _SOLD_BELOW else -2 :])


def same_host(first: str | Url, second: str | Url) -> bool:
    """Whether both URLs belong to one peer: equal host and port. False when either is no URL."""
    try:
        one, other = (
            url if isinstance(url, Url) else parse_url(url, allow_http=True) for url in (first, second)
        )
    except Refused:
        return False
    return one.authority == other.authority


def normal_host(text: str) -> str:
    """The one form of a host name for blocks, keys and lanes; a port falls away (S-015).

    `EVIL.example`, `evil.example.` and `evil.example:443` are `evil.example`; names in other scripts become
    punycode. Raises `Refused("bad-url")`.
    """
    return _split_authority(_without_trailing_dot(text), "https")[0]


def normal_authority(text: str) -> str:
    """Like `normal_host`, keeping a port other than 443: what follows the @ of a handle."""
    host, port = _split_authority(_without_trailing_dot(text), "https")
    return Url("https", host, port, "/", None, "").authority


def is_same_or_subdomain(host: str, of: str) -> bool:
    """Whether the normal host `host` is `of` or lies under it: a block of a domain covers both (S-015)."""
    return host == of or host.endswith("." + of)


def is_loopback_name(host: str) -> bool:
    """Whether the name means the own machine (RFC 6761): `localhost` and all under it."""
    return is_same_or_subdomain(host, "localhost")


def _refuse_forbidden_characters(text: str) -> None:
    if _FORBIDDEN_ASCII.search(text):
        raise Refused("bad-url", "a control character, space or backslash")
    if text.isascii():
        return
    for character in text:
        # Format characters (right-to-left marks and their like) make one id look like another (S-062).
        if character == "\ufffd" or (
            unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs")
            and character not in _JOINERS
        ):
            raise Refused("bad-url", f"the character U+{ord(character):04X}")


def _without_trailing_dot(text: str) -> str:
    name, colon, port = text.partition(":") if not text.startswith("[") else (text, "", "")
    return (name[:-1] if name.endswith(".") else name) + colon + port


def _split_authority(authority: str, scheme: str) -> tuple[str, int | None]:
    if not authority or len(authority) > MAX_URL:
        raise Refused("bad-url", "no host")
    if "@" in authority:
        raise Refused("bad-url", "user info before the host")
    port: int | None = None
    if found := _PORT.search(authority):
        port = int(found[1])
        authority = authority[: found.start()]
        if not 0 < port < 65536:
            raise Refused("bad-url", "no such port")
        if port == _DEFAULT_PORTS[scheme]:
            port = None
    if authority.startswith("["):
        return _ipv6(authority), port
    return _name(authority), port


def _ipv6(literal: str) -> str:
    if not literal.endswith("]") or "%" in literal:
        raise Refused("bad-url", "not an IPv6 address")
    try:
        return ipaddress.IPv6Address(literal[1:-1]).compressed
    except ValueError:
        raise Refused("bad-url", "not an IPv6 address") from None


def _is_number(host: str) -> bool:
    return _NUMBER.match(host.rpartition(".")[2]) is not None


def _name(text: str) -> str:
    host = text.lower() if text.isascii() else _ascii_name(text)
    if _is_number(host):
        # Only the one usual way to write an IPv4 address, never what it was folded from (S-005).
        try:
            if text.isascii() and str(ipaddress.IPv4Address(host)) == host:
                return host
        except ValueError:
            pass
        raise Refused("bad-url", "a number in place of a host name")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise Refused("bad-url", "not a host name")
    if any(label.startswith("xn--") for label in labels):
        _check_punycode(labels)
    return host


def _ascii_name(text: str) -> str:
    """Names in other scripts by UTS 46, as browsers do, with the stricter IDNA 2008 on top."""
    try:
        return idna.encode(text, uts46=True, std3_rules=False).decode()
    except (idna.IDNAError, UnicodeError, ValueError):
        raise Refused("bad-url", "not a host name") from None


def _check_punycode(labels: list[str]) -> None:
    try:
        unicode_labels = [idna.ulabel(label) if label.startswith("xn--") else label for label in labels]
        if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in "".join(unicode_labels)):
            # One right-to-left label puts all labels under RFC 5893.
            for label in unicode_labels:
                idna.check_bidi(label, check_ltr=True)
        # Browsers map before they encode; a label that mapping changes has another spelling (S-015).
        if any(idna.uts46_remap(label, std3_rules=False) != label for label in unicode_labels):
            raise Refused("bad-url", "not a host name in its normal form")
    except (idna.IDNAError, UnicodeError, ValueError):
        raise Refused("bad-url", "not a host name") from None


def _encode(text: str) -> str:
    return _TO_ENCODE.sub(lambda found: quote(found[0], safe=""), text)


def _refuse_what_yarl_reads_otherwise(spelled: str, url: Url) -> None:
    try:
        read = yarl.URL(spelled, encoded=True)
        same = (
            read.scheme == url.scheme
            and read.raw_host == url.host
            and read.explicit_port == url.port
            and read.raw_user is None
            and read.raw_path_qs == url.path_query
        )
    except ValueError:
        same = False
    if not same:
        raise Refused("bad-url", "the URL can be read in two ways")
