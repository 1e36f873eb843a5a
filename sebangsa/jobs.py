"""Background work of the ground floor. Each job may run twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation import acquaintance
from federation.delivery import deliver
from federation.processing import process_inbox
from federation.sweep import sweep

if TYPE_CHECKING:
    from sebangsa.site import Site


async def run_inbox(site: Site) -> None:
    """Handle what came in."""
    await process_inbox(site.federation)


async def run_deliveries(site: Site) -> None:
    """Send what is due."""
    await deliver(site.federation)


async def run_jobs(site: Site) -> None:
    """Run the jobs table."""
    await site.queue.run_due()


async def run_sweep(site: Site) -> None:
    """Find work that nobody was woken for: a lost wake-up, a killed worker, an emptied Redis (S-145)."""
    await sweep(site.federation)
    await site.queue.run_due()


async def learn_software(site: Site, host: str) -> None:
    """Read what a server runs, when somebody there joined."""
    await acquaintance.learn_software(site.federation, host)


async def meet_peers(site: Site) -> None:
    """Ask some servers what they run: new ones, and those asked days ago."""
    await acquaintance.learn_some(site.federation)


async def delete_media(site: Site, keys: list[str]) -> None:
    """Delete files that no post holds any more."""
    for key in keys:
        await site.media.delete(key)
