"""The servers that we know, for everybody; what is wrong with one, and doing something about it, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.peer_directory import Condition, KnownPeer, by_software
from sebangsa.peering import act_on_peer, peer_report
from sebangsa.web.forms import back_to, id_in
from sebangsa.web.i18n import N_
from sebangsa.web.viewing import page, signed_in, site_of, viewer_of

PAGE = 50
SOFTWARE_NAMED = 20
"""Names of software that have their number; a stranger can make up any number of names."""
MAX_QUERY = 100
UNKNOWN = "unknown"
"""How the address calls the software of servers that do not name one."""

CONDITIONS = {
    Condition.WELL: N_("well"),
    Condition.FAILING: N_("failing"),
    Condition.SILENT: N_("silent"),
}
FOR_ADMINS = {
    "well": N_("It takes what we send."),
    "waiting": N_("It asked us to wait a while."),
    "failing": N_("Its last answers were errors, or it did not answer. We try again by ourselves."),
    "dead": N_("It has not answered for a week. We look once a day whether it is back."),
    "paused": N_("Sending is paused. What is published meanwhile waits."),
    "gone": N_("It said that it is gone for good. Nothing is sent there."),
}
"""What `federation.peers.condition_of` means, in a sentence."""


@page
async def peers(request: Request) -> Response:
    """`/about/peers?software=&q=&page=`: the servers with whom something was exchanged; administrators see all that were
    ever met, and with `?troubled=1` those that need a look.
    """
    user = request.state.viewer
    is_admin = user is not None and user.is_admin
    directory = await site_of(request).federation.peer_directory.current()
    all_known = directory.peers if is_admin else directory.acquaintances
    asked = _asked(request, is_admin)
    found = [peer for peer in all_known if _matches(peer, asked)]
    pages = max(1, -(-len(found) // PAGE))
    number = min(id_in(request.query_params.get("page", "")) or 1, pages)
    software = by_software(all_known)
    context = {
        "total": len(all_known),
        "found": len(found),
        "peers": found[(number - 1) * PAGE : number * PAGE],
        "software": [(name or UNKNOWN, count) for name, count in software[:SOFTWARE_NAMED]],
        "software_unnamed": sum(count for _, count in software[SOFTWARE_NAMED:]),
        "asked": asked,
        "is_narrowed": any(asked.values()),
        "is_admin": is_admin,
        "conditions": CONDITIONS,
        "page_number": number,
        "pages": pages,
        "newer": _page_address(asked, number - 1) if number > 1 else "",
        "older": _page_address(asked, number + 1) if number < pages else "",
    }
    return _render(request, "pages/peers.html", context)


def _asked(request: Request, is_admin: bool) -> dict[str, str]:
    """What the list is narrowed to; empty where it is not."""
    given = {
        name: request.query_params.get(name, "").strip().lower()[:MAX_QUERY]
        for name in ("software", "q", "troubled")
    }
    return given if is_admin else {**given, "troubled": ""}


def _matches(peer: KnownPeer, asked: dict[str, str]) -> bool:
    if asked["troubled"] and peer.condition == Condition.WELL and not peer.is_paused:
        return False
    if asked["software"] and (peer.software or UNKNOWN) != asked["software"]:
        return False
    return asked["q"] in peer.host


def _page_address(asked: dict[str, str], number: int) -> str:
    narrowed = {name: value for name, value in asked.items() if value}
    return "/about/peers?" + urlencode({**narrowed, "page": number})


@signed_in
async def peer(request: Request) -> Response:
    """`/about/peers/{host}`: for administrators: how a server is, its last error, and what waits for it."""
    site = site_of(request)
    report = await peer_report(site, viewer_of(request), request.path_params["host"])
    directory = await site.federation.peer_directory.current()
    context = {
        "report": report,
        "peer": report.peer,
        "known": directory.by_host.get(report.peer.host),
        "sentence": FOR_ADMINS[report.condition],
        "counts": _counted(report.counts),
    }
    return _render(request, "pages/peer.html", context)


_STATES: Sequence[tuple[str, str]] = (
    ("pending", N_("wait")),
    ("delivered", N_("delivered")),
    ("refused", N_("refused by it")),
    ("failed", N_("given up")),
    ("cancelled", N_("cancelled")),
)


def _counted(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Deliveries by state, each with its label; what waits is always told."""
    return [
        (label, counts.get(state, 0)) for state, label in _STATES if state == "pending" or counts.get(state)
    ]


@signed_in
async def post_peer(request: Request) -> Response:
    """`POST /about/peers/{host}/pause`, `/resume` or `/retry`: by administrators."""
    host = request.path_params["host"]
    await act_on_peer(site_of(request), viewer_of(request), host, request.path_params["act"])
    return back_to(request, f"/about/peers/{quote(host)}")


def _render(request: Request, name: str, context: dict[str, Any]) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context)
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/about/peers", peers),
    Route("/about/peers/{host}", peer),
    Route("/about/peers/{host}/{act}", post_peer, methods=["POST"]),
]
