"""What the server writes down: one line an event on the error stream, without secrets (S-150).

Nothing is written about who visits: no addresses, no paths of successful requests.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.dev import plain_traceback

HIDDEN = "[hidden]"

_SECRET_KEYS = re.compile(
    r"passw|secret|token|authorization|cookie|csrf|api_?key|private|signature|credential|smtp_url|e?mail$",
    re.IGNORECASE,
)
_SECRET_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@host in any URL: database, queue, mail, bucket.
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]*(?=@)"), HIDDEN),
    (re.compile(r"(?i)\b(Bearer|Basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (
        re.compile(r"(?i)\b((?:access_|refresh_)?token|code|client_secret|password|api_key|csrf)=[^&\s\"']+"),
        rf"\1={HIDDEN}",
    ),
    (re.compile(r"(/welcome/)[\w-]{16,}"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        HIDDEN,
    ),
)

_Event = MutableMapping[str, Any]


def set_up_logging(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send our events and those of the libraries to `stream` (the error stream).

    Coloured for a terminal, `key=value` otherwise. May be called again.
    """
    out = stream or sys.stderr
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    last: Callable[..., str] = (
        # Never the kind of traceback that prints local variables: they hold passwords and keys.
        structlog.dev.ConsoleRenderer(exception_formatter=plain_traceback)
        if out.isatty()
        else structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], bool_as_flag=False
        )
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # Libraries speak only of trouble: aiohttp, uvicorn and arq name addresses and arguments when they chat.
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "arq"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.WARNING)
    # What an endpoint raised is written down once, by `sebangsa.app` with its path.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)


def hide_secrets(_logger: Any, _method: str, event: _Event) -> _Event:
    """Blank what must not be written down: by the name of the key, and by its shape in any text (S-150)."""
    for key, value in event.items():
        event[key] = HIDDEN if _SECRET_KEYS.search(key) and value else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, instead in _SECRET_TEXT:
            value = pattern.sub(instead, value)
    elif isinstance(value, dict):
        return {
            key: HIDDEN if isinstance(key, str) and _SECRET_KEYS.search(key) else _hidden(inner)
            for key, inner in value.items()
        }
    elif isinstance(value, list | tuple):
        return [_hidden(inner) for inner in value]
    return value
