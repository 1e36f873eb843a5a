"""`meeting`: a community at warga, and Dewi on a server of other software who comes to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from tests.instances import Instance
from tests.interop.fedify_peer import fedify_peer, running_fedify
from tests.interop.meeting import Meeting, arrange

RFC_9421 = "rfc9421"


@pytest.fixture(scope="package")
def fedify_port() -> Iterator[int]:
    """Where Fedify runs: it takes longer to start than most tests take."""
    with running_fedify() as port:
        yield port


@pytest.fixture
def first_knock() -> str:
    """Which HTTP signature Fedify tries first with a server that it does not know; its own choice."""
    return RFC_9421


@pytest.fixture
def database() -> str:
    """What is tested here is on the wire: only the whole conversation is held on both databases."""
    return "sqlite"


@pytest.fixture
async def meeting(
    database: str, first_knock: str, fedify_port: int, start: Callable[..., Awaitable[Instance]]
) -> AsyncIterator[Meeting]:
    async with fedify_peer(fedify_port, first_knock) as peer:
        yield await arrange(await start("warga", database=database), peer)
