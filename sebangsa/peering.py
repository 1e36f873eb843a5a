"""What administrators see of other servers and may do about sending there; as `sebangsa peer` on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation import peers
from sebangsa.accounts import must_administer
from sebangsa.errors import NotFound

if TYPE_CHECKING:
    from federation.peers import PeerReport
    from sebangsa.models import User
    from sebangsa.site import Site

ACTS = {"pause": peers.pause, "resume": peers.resume, "retry": peers.retry}
"""What can be done about a server, by its word in addresses."""


async def peer_report(site: Site, admin: User, host: str) -> PeerReport:
    """A server and what waits for it. Raises `NotAllowed`, and `NotFound` for one that we never met."""
    must_administer(admin)
    report = await peers.show_peer(site.federation, host.lower())
    if report is None:
        raise NotFound
    return report


async def act_on_peer(site: Site, admin: User, host: str, act: str) -> None:
    """Pause, resume or retry sending to a server. Raises `NotAllowed`, and `NotFound` for another act or server."""
    must_administer(admin)
    if act not in ACTS or not await ACTS[act](site.federation, host.lower()):
        raise NotFound
    site.federation.peer_directory.forget()
