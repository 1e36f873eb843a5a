"""An actor's followers on the server that asks, for that server alone (FEP-8fcf)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from federation.contexts import context_for
from federation.endpoints.answers import activity_answer
from federation.endpoints.signers import signer_of
from federation.federation import Federation
from federation.followers_synchronization import synchronization_url
from federation.models import Actor, Follow, FollowState
from federation.refusals import Refused


async def synchronization_answer(fed: Federation, request: Request, actor: Actor) -> Response:
    """Those of the signer's own host. Raises `Refused` for whoever does not sign: it is nobody else's list."""
    signer = await signer_of(fed, request)
    if signer is None:
        raise Refused("signature-missing")
    theirs = Follow.filter(target_id=actor.id, follower__host=signer.host, state=FollowState.ACCEPTED)
    uris = [str(uri) for uri in await theirs.order_by("id").values_list("follower__uri", flat=True)]
    document = {
        "@context": context_for(),
        "id": synchronization_url(actor.uri),
        "type": "OrderedCollection",
        "totalItems": len(uris),
        "orderedItems": uris,
    }
    return activity_answer(request, document, cache="private, no-store")
