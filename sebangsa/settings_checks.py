"""What is wrong with settings, in sentences: one function for each setting that can be wrong."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlsplit

from federation.refusals import Refused
from federation.urls import Url, parse_url

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from sebangsa.settings import Settings

CHOICES = {
    "mode": ("production", "development"),
    "registration": ("open", "approval", "invite", "closed"),
    "language": ("id", "en"),
    "rate_limits": ("on", "off"),
    "fetches": ("open", "signed"),
}


def mistakes_in(settings: Settings) -> list[str]:
    """A sentence for each mistake, beginning with the setting's name. Opens nothing and asks nobody."""
    return [
        *_url(settings),
        *_domain(settings.domain),
        *_database(settings.database_url),
        *_queue(settings),
        *_media(settings),
        *_bind(settings.bind),
        *_choices(settings),
        *_features(settings.features),
        *(mistake for proxy in settings.trusted_proxies for mistake in _proxy(proxy)),
        *_smtp(settings.smtp_url),
    ]


def _url(settings: Settings) -> list[str]:
    url = settings.url
    try:
        read = parse_url(url, allow_http=True)
    except Refused as refused:
        return [f"SEBANGSA_URL: {url!r} must be like https://warga.example ({refused.detail})."]
    if read.path_query != "/" or read.fragment is not None:
        return [f"SEBANGSA_URL: {url!r} must be like https://warga.example, with nothing behind the host."]
    if read.scheme == "http" and settings.mode == "production":
        return ["SEBANGSA_URL must begin with https:// in production; other servers refuse plain http."]
    return []


def _domain(domain: str) -> list[str]:
    if domain and host_alone(domain) is None:
        return [f"SEBANGSA_DOMAIN: {domain!r} must be a host name alone, like warga.example."]
    return []


def host_alone(text: str) -> Url | None:
    """A host with nothing around it but perhaps a port; None for anything else."""
    try:
        read = parse_url(f"https://{text}", allow_http=True)
    except Refused:
        return None
    return read if read.path_query == "/" and read.fragment is None and "/" not in text else None


def _database(url: str) -> list[str]:
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite":
        if not rest.startswith("///") or rest.endswith("/"):
            return [
                f"SEBANGSA_DATABASE_URL: {url!r} must name a file, like sqlite:///var/lib/sebangsa.sqlite3."
            ]
        return []
    if scheme not in ("postgres", "postgresql"):
        return ["SEBANGSA_DATABASE_URL must begin with sqlite: or postgres:."]
    parts = _parts(url)
    if parts is None or not parts.hostname or not parts.path.strip("/"):
        return ["SEBANGSA_DATABASE_URL must be like postgres://user:password@host:5432/name."]
    return []


def _queue(settings: Settings) -> list[str]:
    url = settings.queue_url
    if url == "inprocess":
        return []
    parts = _parts(url)
    if parts is None or parts.scheme not in ("redis", "rediss") or not parts.hostname:
        return ["SEBANGSA_QUEUE_URL must be inprocess or like redis://host:6379/0."]
    if parts.path.strip("/") and not parts.path.strip("/").isdigit():
        return [
            "SEBANGSA_QUEUE_URL: the last part must be the number of a database, like redis://host:6379/0."
        ]
    if settings.database_url.startswith("sqlite:"):
        return ["SEBANGSA_QUEUE_URL: workers of their own need PostgreSQL; SQLite serves one process."]
    return []


def _media(settings: Settings) -> list[str]:
    from sebangsa.media.store import open_store

    url = settings.media_url
    if url.startswith("file:") and not PurePosixPath(url.removeprefix("file:")).is_absolute():
        return [f"SEBANGSA_MEDIA_URL: {url!r} must name a whole path, like file:/var/lib/sebangsa/media."]
    try:
        open_store(url, settings.url)  # opens no connection yet
    except ValueError as error:
        return [f"SEBANGSA_MEDIA_URL: {error}."]
    return []


def _bind(bind: str) -> list[str]:
    host, _, port = bind.rpartition(":")
    is_bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if not host or is_bare_ipv6 or not port.isascii() or not port.isdigit() or not 0 <= int(port) < 65536:
        return [f"SEBANGSA_BIND: {bind!r} must be like 127.0.0.1:8000 or [::1]:8000."]
    return []


def _choices(settings: Settings) -> list[str]:
    found = [
        f"SEBANGSA_{name.upper()}: {getattr(settings, name)!r} is none of {', '.join(allowed)}."
        for name, allowed in CHOICES.items()
        if getattr(settings, name) not in allowed
    ]
    if settings.rate_limits == "off" and settings.mode == "production":
        found.append("SEBANGSA_RATE_LIMITS may be off in development only.")
    return found


def _features(names: Sequence[str]) -> list[str]:
    return [f"SEBANGSA_FEATURES: there is no feature {name!r}." for name in names if not feature_exists(name)]


def feature_exists(name: str) -> bool:
    """Whether a package of ours, or an entry point of the group `sebangsa.features`, has this name."""
    if name == "sebangsa":
        return False  # the ground is always there
    if name in offered_features():
        return True
    try:
        return find_spec(f"{name}.feature") is not None
    except (ModuleNotFoundError, ValueError):
        return False


def _proxy(text: str) -> list[str]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return [f"SEBANGSA_TRUSTED_PROXIES: {text!r} is no address or network, like 10.0.0.1 or 10.0.0.0/8."]
    if "/" in text and str(network.network_address) != str(ipaddress.ip_interface(text).ip):
        return [f"SEBANGSA_TRUSTED_PROXIES: {text!r} is an address inside a network; write {network}."]
    return []


def _smtp(url: str) -> list[str]:
    parts = _parts(url)
    if url and (parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        return ["SEBANGSA_SMTP_URL must be like smtp://user:password@host:587, or begin with smtps://."]
    return []


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None where it is none, or its port is no number. Never repeated: it holds passwords."""
    try:
        parts = urlsplit(url)
        _ = parts.port, parse_qs(parts.query)
    except ValueError:
        return None
    return parts


@cache
def offered_features() -> Mapping[str, EntryPoint]:
    """The features that installed packages offer, by name. Read once a process: looking for them takes a while."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group="sebangsa.features")}
