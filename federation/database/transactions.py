"""State and its outgoing work are written in one transaction; what wakes others waits for its commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from tortoise.transactions import in_transaction

_callbacks: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Begin a transaction, or join the one under way.

    A use case opens one around all that it writes. Called from a bigger use case it becomes part of that one:
    either everything holds or nothing. Nothing slow belongs inside (network, hashing, pictures): on SQLite
    every other reader waits.
    """
    if _callbacks.get() is not None:
        yield
        return
    callbacks: list[Callable[[], None]] = []
    token = _callbacks.set(callbacks)
    try:
        async with in_transaction("default"):
            yield
    finally:
        _callbacks.reset(token)
    for callback in callbacks:
        callback()


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """A part of the transaction under way that may fail by itself: its writes and its callbacks are dropped."""
    outer = _callbacks.get()
    if outer is None:
        async with transaction():
            yield
        return
    callbacks: list[Callable[[], None]] = []
    token = _callbacks.set(callbacks)
    try:
        async with in_transaction("default"):
            yield
    finally:
        _callbacks.reset(token)
    outer.extend(callbacks)


def after_commit(callback: Callable[[], None]) -> None:
    """Call `callback` once the transaction under way has committed; at once where there is none.

    For wake-up calls only: the callback is lost with the process, so it may carry nothing that the database
    does not hold.
    """
    callbacks = _callbacks.get()
    if callbacks is None:
        callback()
    else:
        callbacks.append(callback)
