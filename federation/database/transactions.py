"""State and its outgoing work are written in one transaction; what wakes others waits for its commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime

from tortoise.models import Model
from tortoise.transactions import in_transaction

from federation.database.sql import write_late
from federation.database.tallies import Tallies


class _UnderWay:
    """What a transaction does at its end: counters before the commit, calls after it."""

    def __init__(self) -> None:
        self.tallies = Tallies()
        self.callbacks: list[Callable[[], None]] = []


_under_way: ContextVar[_UnderWay | None] = ContextVar("under_way", default=None)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Begin a transaction, or join the one under way.

    A use case opens one around all that it writes. Called from a bigger use case it becomes part of that one:
    either everything holds or nothing. Nothing slow belongs inside (network, hashing, pictures): on SQLite
    every other reader waits.
    """
    if _under_way.get() is not None:
        yield
        return
    own = _UnderWay()
    token = _under_way.set(own)
    try:
        async with in_transaction("default"):
            yield
            await write_late()
            await own.tallies.write()
    finally:
        _under_way.reset(token)
    for callback in own.callbacks:
        callback()


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """A part of the transaction under way that may fail by itself: its writes, counts and callbacks are dropped."""
    outer = _under_way.get()
    if outer is None:
        async with transaction():
            yield
        return
    own = _UnderWay()
    token = _under_way.set(own)
    try:
        async with in_transaction("default"):
            yield
    finally:
        _under_way.reset(token)
    outer.tallies.merge(own.tallies)
    outer.callbacks.extend(own.callbacks)


def after_commit(callback: Callable[[], None]) -> None:
    """Call `callback` once the transaction under way has committed; at once where there is none.

    For wake-up calls only: the callback is lost with the process, so it may carry nothing that the database
    does not hold.
    """
    own = _under_way.get()
    if own is None:
        callback()
    else:
        own.callbacks.append(callback)


async def tally(
    model: type[Model],
    row_id: int,
    *,
    latest: dict[str, datetime] | None = None,
    then: Callable[[], Awaitable[None]] | None = None,
    **by: int,
) -> None:
    """Count `by` onto columns of a row when the transaction under way ends; at once where there is none.

    `latest` moves a moment forward, never back. `then` runs after the row is written, once for all that was counted
    onto it. Until the end the row shows the old numbers, inside the transaction too.
    """
    own = _under_way.get()
    if own is not None:
        own.tallies.add(model, row_id, by, latest or {}, then)
        return
    async with transaction():
        await tally(model, row_id, latest=latest, then=then, **by)
