"""Sweeping (interim; the delivery developer replaces this file)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from federation.federation import Federation


async def sweep(fed: Federation) -> None:
    fed.wake("process_inbox")
    fed.wake("deliver")
