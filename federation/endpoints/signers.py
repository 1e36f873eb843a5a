"""Who asks for a document: the actor whose key signed the GET."""

from __future__ import annotations

from starlette.requests import Request

from federation.endpoints.inboxes import signed_request
from federation.federation import Federation
from federation.inbox import verify_signer
from federation.models import Actor
from federation.refusals import Refused
from federation.signatures import read_claim
from federation.urls import host_of


def is_signed(request: Request) -> bool:
    """Whether a request carries a signature, whatever it is worth."""
    return "signature" in request.headers or "signature-input" in request.headers


async def signer_of(fed: Federation, request: Request) -> Actor | None:
    """The remote actor that signed a GET, or None. Raises `Refused` for a signature that does not hold, and for one of a
    blocked host or suspended actor, whose key may be known from before.
    """
    if not is_signed(request):
        return None
    signer = await verify_signer(fed, signed_request(fed, request))
    await fed.registry.admit(signer.actor.host, signer.actor)
    return signer.actor


def claimed_host(fed: Federation, request: Request) -> str:
    """The host whose key a request says to be signed with, not verified; empty where that cannot be read."""
    try:
        claim = read_claim(signed_request(fed, request), authority=fed.config.authority, now=fed.clock.time())
        return host_of(claim.key_id)
    except Refused:
        return ""
