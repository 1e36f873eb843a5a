"""The numbers beside entries of the navigation: what waits for a person there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from sebangsa.models import User

if TYPE_CHECKING:
    from sebangsa.site import Site

Counter = Callable[[User], Awaitable[int | None]]
"""How much waits for somebody at an address; None for whom the place is not, to whom its entry is not shown either."""


async def badges_of(site: Site, user: User | None) -> dict[str, int | None]:
    """The numbers by address, each asked of the feature that registered it in `site.badges`; none for visitors."""
    if user is None:
        return {}
    return {href: await counter(user) for href, counter in site.badges.items()}
