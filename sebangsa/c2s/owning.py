"""Whose inbox or outbox an address is, and that only their own apps come in."""

from __future__ import annotations

from federation.endpoints.actors import local_actor
from federation.models import Actor
from federation.refusals import Refused
from sebangsa.api.access import Call
from sebangsa.errors import NotAllowed


async def owner_of(call: Call) -> Actor:
    """The person of the address. Raises `Refused`: `not-found`, `gone`."""
    owner = await local_actor(call.request.path_params["name"], group=False)
    if owner.deleted_at is not None:
        raise Refused("gone", owner.uri)
    return owner


async def must_be_owner(call: Call) -> None:
    """Raises `NotAllowed` for anybody's token but that of the address's own person."""
    if (await owner_of(call)).id != call.me.id:
        raise NotAllowed("not-your-actor", "An app acts for the person who let it in, for nobody else.")
