"""Who asks for a document: the actor whose key signed the GET."""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.requests import Request

from federation.endpoints.inboxes import signed_request
from federation.federation import Federation
from federation.inbox import verify_signer
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of

MAX_LOOKED_AT = 8192
"""Characters of a signature in which a key's name is looked for."""
_KEY_ID = re.compile(r'keyid\s*=\s*"([^"]{1,2048})"', re.IGNORECASE)


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


def claimed_hosts(request: Request) -> set[str]:
    """The hosts whose keys a request says to be signed with, by either scheme; nothing is verified."""
    named = (request.headers.get(name, "")[:MAX_LOOKED_AT] for name in ("signature-input", "signature"))
    return {_host_of(key_id) for value in named for key_id in _KEY_ID.findall(value)}


@lru_cache(maxsize=4096)
def _host_of(key_id: str) -> str:
    try:
        return host_of(key_id)
    except Refused:
        return ""
