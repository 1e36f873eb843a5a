"""Settings: from the environment (and an optional file), typed, checked at start.

Every setting is one field of `Settings` with its documentation beside it; `docs/settings.md` and the answer of
`sebangsa check` are held to this list by a test.
"""

from __future__ import annotations

import difflib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from federation.refusals import Refused
from federation.urls import Url, is_loopback_name, parse_url
from sebangsa.settings_checks import host_alone, mistakes_in

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
    fetches: str = field(
        default="open",
        metadata={"help": "open, or signed (documents only for servers that say who they are)."},
    )
    registration: str = field(default="open", metadata={"help": "open, approval, invite or closed."})
    smtp_url: str = field(
        default="",
        metadata={"help": "smtp://user:password@host:port, or smtps://; no mail is sent when empty."},
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
            alike = difflib.get_close_matches(name, known, n=1)
            meant = f" Did you mean SEBANGSA_{alike[0].upper()}?" if alike else ""
            mistakes.append(f"{key} is not a setting.{meant}")
        elif text.strip():
            values[name] = setting_value(name, text.strip())
    values.update({name: value for name, value in overrides.items() if value is not None})
    url = _read_url(values.get("url", Settings.url))
    if "mode" not in values and url is not None and is_loopback_name(url.host):
        values["mode"] = (
            "development"  # somebody tries it on their own machine: nobody else can reach that address
        )
    settings = _with_defaults(Settings(**values), url)
    mistakes += mistakes_in(settings)
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _read_file(path: Path, mistakes: list[str]) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        mistakes.append(f"SEBANGSA_SETTINGS: {path} cannot be read ({error.strerror}).")
        return {}
    except UnicodeDecodeError:
        mistakes.append(f"SEBANGSA_SETTINGS: {path} is no text in UTF-8.")
        return {}
    read: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, equals, value = stripped.partition("=")
        if not equals:
            mistakes.append(f"{path}, line {number}: write SEBANGSA_NAME=value.")
            continue
        read[key.strip()] = value.strip().strip("\"'")
    return read


def setting_value(name: str, text: str) -> Any:
    """The text of an environment variable or option as the field's type."""
    if name in ("features", "trusted_proxies"):
        return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if name == "data_dir":
        return Path(text)
    return text.rstrip("/") if name == "url" else text


def _read_url(text: str) -> Url | None:
    try:
        return parse_url(text, allow_http=True)
    except Refused:
        return None


def _with_defaults(settings: Settings, url: Url | None) -> Settings:
    """What was not given, and the one spelling of what was: ids are compared letter by letter."""
    folder = settings.data_dir.resolve()
    if url is not None and url.path_query == "/" and url.fragment is None:
        settings = replace(settings, url=url.origin)
    domain = host_alone(settings.domain) if settings.domain else None
    return replace(
        settings,
        data_dir=folder,
        domain=domain.authority if domain else settings.domain or (url.authority if url else ""),
        queue_url=_with_port(settings.queue_url),
        database_url=settings.database_url or f"sqlite://{quote(str(folder / 'sebangsa.sqlite3'))}",
        media_url=settings.media_url or f"file:{folder / 'media'}",
    )


def _with_port(queue_url: str) -> str:
    """With Redis' usual port, which the limits' library does not assume."""
    try:
        parts = urlsplit(queue_url)
        if parts.scheme not in ("redis", "rediss") or not parts.hostname or parts.port is not None:
            return queue_url
    except ValueError:
        return queue_url
    return parts._replace(netloc=f"{parts.netloc.rstrip(':')}:6379").geturl()


def secret_key(data_dir: Path) -> bytes:
    """The key that signs cookies and one-time links; made at the first start, readable by its owner only.

    Raises `SettingsError` when the folder cannot be used, or holds an empty key.
    """
    path = data_dir / "secret.key"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise SettingsError([f"SEBANGSA_DATA_DIR: {data_dir} cannot be used: {error.strerror}."]) from error
    if not key.strip():
        raise SettingsError([f"{path} is empty: put a backup back, or delete it to sign everybody out."])
    return key


def _make_key(path: Path) -> None:
    """Whole or not at all, and once: two processes may start at the same moment, or one be killed in between."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    except FileExistsError:
        pass  # the other process was quicker; its key is the key
    finally:
        unfinished.unlink()
