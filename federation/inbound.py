"""What a handler is given: one received activity, and a way to ask for what it lacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from federation.actors import actor_by_uri
from federation.ahead import Ahead
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire import ActivityDocument, id_of, with_author

if TYPE_CHECKING:
    from federation.federation import Federation


class Missing(Exception):
    """A handler needs a remote document first.

    Handlers run inside a transaction, where nothing may wait for the network. So they name what they lack; the
    transaction is rolled back, the document fetched, and the handler run again from its start.
    """

    def __init__(self, kind: str, uri: str, group: Actor | None = None) -> None:
        self.kind = kind  # actor | document
        self.uri = uri
        self.group = (
            group  # whose token opens the document, where it stands in a group for members only (FEP-db0e)
        )
        super().__init__(f"{kind} {uri}")


@dataclass
class Fetches:
    """Documents fetched for one received activity, and the refusals met; shared with what it wraps."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)


@dataclass
class Inbound:
    """One received activity.

    `is_authentic` says that its actor's own host stands behind these bytes: signed by the actor, proved
    (FEP-8b32), or passed on by a group of the same host. When it is false only `announcer` (the group that
    wrapped it in an `Announce`) vouches, so objects must be read from their own host. `inbox_of` is the local
    actor whose personal inbox it came to; `is_asked_for` says that it was fetched because somebody here wants it,
    `is_quoted` that it was fetched because a post quotes it. `raw`
    is its JSON text as received, for passing on unchanged (FEP-1b12).
    """

    federation: Federation
    activity: ActivityDocument
    actor: Actor
    document: dict[str, Any]
    raw: str
    announcer: Actor | None = None
    is_authentic: bool = True
    inbox_of: int | None = None
    is_asked_for: bool = False
    is_quoted: bool = False
    fetches: Fetches = field(default_factory=Fetches)
    ahead: Ahead = field(default_factory=Ahead)

    async def actor_at(self, uri: str) -> Actor:
        """The actor with this id: ours, known, or fetched. Raises `Refused` when it cannot be had."""
        actor = await actor_by_uri(uri)
        if actor is None and uri in self.fetches.refused:
            raise self.fetches.refused[uri]
        if actor is None:
            raise Missing("actor", uri)
        if not actor.is_usable:
            raise Refused("suspended-actor" if actor.suspended_at else "gone", uri)
        return actor

    def document_at(self, uri: str) -> dict[str, Any]:
        """The document at this id as its own host serves it. Raises `Refused` when it cannot be had."""
        if uri in self.fetches.refused:
            raise self.fetches.refused[uri]
        if uri not in self.fetches.documents:
            raise Missing("document", uri, self.announcer or self.actor)
        return self.fetches.documents[uri]

    def object_of_signer(self) -> dict[str, Any]:
        """The embedded object when its host vouches for it by the signature, else as fetched from its own host.

        An object on the actor's host is the actor's server's to state; anything else is only a claim (S-044).
        """
        embedded = self.activity.object
        if isinstance(embedded, dict) and self.is_vouched(id_of(embedded)):
            return with_author(embedded, self.actor.uri)
        uri = id_of(embedded)
        if not uri:
            raise Refused("missing-field", "object")
        return self.document_at(uri)

    def is_vouched(self, uri: str | None) -> bool:
        """Whether these bytes speak for the host that owns the object `uri`."""
        return self.is_authentic and uri is not None and host_of(uri) == host_of(self.actor.uri)
