"""Settings: from the environment (and an optional file), typed, checked at start.

Every setting is one field of `Settings` with its documentation beside it; `docs/settings.md` and the answer of
`sebangsa check` are held to this list by a test.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from federation.urls import is_loopback_name

DEFAULT_FEATURES = ("communities", "civic_bridge", "chat", "moderation")


class SettingsError(Exception):
    """One or more settings are wrong; `mistakes` has a sentence for each."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


@dataclass(frozen=True)
class Settings:
    """What an admin sets. The environment name is `SEBANGSA_` and the field's name in capitals."""

    url: str = field(
        default="http://localhost:8000",
        metadata={"help": "Where the server is reached, without a final slash."},
    )
    domain: str = field(
        default="", metadata={"help": "What handles end with, when it is another host than in SEBANGSA_URL."}
    )
    data_dir: Path = field(
        default=Path("data"), metadata={"help": "Folder for the database, media, secrets."}
    )
    database_url: str = field(
        default="",
        metadata={"help": "sqlite:///path or postgres://…; a SQLite file in the data folder by default."},
    )
    queue_url: str = field(
        default="inprocess", metadata={"help": "inprocess, or redis://host:port/db for arq."}
    )
    media_url: str = field(
        default="", metadata={"help": "file:/folder or s3://…; `media` in the data folder by default."}
    )
    bind: str = field(default="127.0.0.1:8000", metadata={"help": "Address and port to listen on."})
    mode: str = field(
        default="production",
        metadata={"help": "production, or development (plain http and loopback peers allowed)."},
    )
    features: tuple[str, ...] = field(
        default=DEFAULT_FEATURES, metadata={"help": "Features switched on, separated by commas."}
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(), metadata={"help": "Addresses or networks whose X-Forwarded-For is believed."}
    )
    registration: str = field(default="open", metadata={"help": "open, approval, invite or closed."})
    smtp_url: str = field(
        default="",
        metadata={"help": "smtp://user:password@host:port; mail is written to the log when empty."},
    )
    language: str = field(
        default="id", metadata={"help": "Language of the pages until a visitor chooses: id or en."}
    )
    rate_limits: str = field(default="on", metadata={"help": "on, or off (development only)."})
    name: str = field(default="Sebangsa", metadata={"help": "What this server is called on its pages."})
    description: str = field(default="", metadata={"help": "One paragraph about this server."})

    @property
    def is_development(self) -> bool:
        return self.mode == "development"

    @property
    def host(self) -> str:
        """Host (and port) of the server's URL."""
        return urlsplit(self.url).netloc

    @property
    def bind_address(self) -> tuple[str, int]:
        host, _, port = self.bind.rpartition(":")
        return host.strip("[]"), int(port)


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read and check the settings.

    `environment` defaults to the process's; a file named by `SEBANGSA_SETTINGS` (lines `SEBANGSA_X=value`) is read
    below it. `overrides` (from the command line) win. Raises `SettingsError` with every mistake at once.
    """
    given = dict(os.environ if environment is None else environment)
    mistakes: list[str] = []
    if path := given.get("SEBANGSA_SETTINGS"):
        given = _read_file(Path(path), mistakes) | given
    values: dict[str, Any] = {}
    known = Settings.__dataclass_fields__
    for key, text in given.items():
        if not key.startswith("SEBANGSA_") or key in ("SEBANGSA_SETTINGS", "SEBANGSA_TEST_DOCUMENTS"):
            continue
        name = key.removeprefix("SEBANGSA_").lower()
        if name not in known:
            mistakes.append(f"{key} is not a setting.")
        elif text.strip():
            values[name] = setting_value(name, text.strip())
    values.update({name: value for name, value in overrides.items() if value is not None})
    if "mode" not in values and is_loopback_name(urlsplit(values.get("url", Settings.url)).hostname or ""):
        values["mode"] = (
            "development"  # somebody tries it on their own machine: nobody else can reach that address
        )
    settings = _with_defaults(Settings(**values))
    mistakes += _mistakes(settings)
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _read_file(path: Path, mistakes: list[str]) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        mistakes.append(f"SEBANGSA_SETTINGS: {path} cannot be read ({error.strerror}).")
        return {}
    read: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, equals, value = stripped.partition("=")
        if not equals:
            mistakes.append(f"{path}, line {number}: write SEBANGSA_NAME=value.")
        read[key.strip()] = value.strip().strip("\"'")
    return read


def setting_value(name: str, text: str) -> Any:
    """The text of an environment variable or option as the field's type."""
    if name in ("features", "trusted_proxies"):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name == "data_dir":
        return Path(text)
    return text.rstrip("/") if name == "url" else text


def _with_defaults(settings: Settings) -> Settings:
    from dataclasses import replace

    folder = settings.data_dir.resolve()
    return replace(
        settings,
        data_dir=folder,
        domain=(settings.domain or settings.host).lower(),
        database_url=settings.database_url or f"sqlite://{folder / 'sebangsa.sqlite3'}",
        media_url=settings.media_url or f"file:{folder / 'media'}",
    )


def _mistakes(settings: Settings) -> list[str]:
    found: list[str] = []
    url = urlsplit(settings.url)
    if url.scheme not in ("http", "https") or not url.hostname or url.path or url.query:
        found.append(f"SEBANGSA_URL: {settings.url!r} must be like https://warga.example, with no path.")
    elif url.scheme == "http" and not settings.is_development:
        found.append("SEBANGSA_URL must begin with https:// in production; other servers refuse plain http.")
    if "/" in settings.domain or "@" in settings.domain:
        found.append(f"SEBANGSA_DOMAIN: {settings.domain!r} must be a host name alone.")
    if not settings.database_url.startswith(("sqlite:", "postgres:", "postgresql:")):
        found.append("SEBANGSA_DATABASE_URL must begin with sqlite: or postgres:.")
    if settings.queue_url != "inprocess" and not settings.queue_url.startswith(
        ("redis://", "rediss://", "unix://")
    ):
        found.append("SEBANGSA_QUEUE_URL must be inprocess or begin with redis://.")
    if settings.queue_url != "inprocess" and settings.database_url.startswith("sqlite:"):
        found.append("SEBANGSA_QUEUE_URL: workers of their own need PostgreSQL; SQLite serves one process.")
    if not settings.media_url.startswith(("file:", "s3:")):
        found.append("SEBANGSA_MEDIA_URL must begin with file: or s3:.")
    host, _, port = settings.bind.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 65536:
        found.append(f"SEBANGSA_BIND: {settings.bind!r} must be like 127.0.0.1:8000.")
    found += _choice("MODE", settings.mode, ("production", "development"))
    found += _choice("REGISTRATION", settings.registration, ("open", "approval", "invite", "closed"))
    found += _choice("LANGUAGE", settings.language, ("id", "en"))
    found += _choice("RATE_LIMITS", settings.rate_limits, ("on", "off"))
    if settings.rate_limits == "off" and not settings.is_development:
        found.append("SEBANGSA_RATE_LIMITS may be off in development only.")
    for proxy in settings.trusted_proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            found.append(f"SEBANGSA_TRUSTED_PROXIES: {proxy!r} is no address or network.")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in ("smtp", "smtps"):
        found.append("SEBANGSA_SMTP_URL must begin with smtp:// or smtps://.")
    return found


def _choice(name: str, value: str, allowed: tuple[str, ...]) -> list[str]:
    if value in allowed:
        return []
    return [f"SEBANGSA_{name}: {value!r} is none of {', '.join(allowed)}."]


def secret_key(data_dir: Path) -> bytes:
    """The key that signs cookies and one-time links; made at the first start, readable by its owner only."""
    path = data_dir / "secret.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    data_dir.mkdir(parents=True, exist_ok=True)
    made = secrets.token_hex(32).encode()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    return made
