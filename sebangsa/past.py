"""What is read of other servers' past is no news: nobody is told of it, and nothing of it is passed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_past: ContextVar[bool] = ContextVar("is_past", default=False)


@contextmanager
def reading_the_past() -> Iterator[None]:
    """All that is handled inside is old: no notification, no ring at open pages, no announcement, no boost."""
    token = _is_past.set(True)
    try:
        yield
    finally:
        _is_past.reset(token)


def is_past() -> bool:
    """Whether what is being written happened long ago and is only read now."""
    return _is_past.get()
