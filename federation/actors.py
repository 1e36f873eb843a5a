"""Actors: found by id, fetched when unknown or stale, written when a document of theirs was read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q

from federation.acquaintance import meet
from federation.database import after_commit, transaction
from federation.discovery import confirm_handle
from federation.models import Actor, ActorKey
from federation.refusals import Refused
from federation.urls import host_of
from federation.vocabulary import PEOPLE_TYPES
from federation.wire import ActorDocument, read_actor

if TYPE_CHECKING:
    from federation.federation import Federation

FRESH_FOR = timedelta(days=1)
"""A known actor's document is not read again within this time, unless it sends an `Update`."""


async def actor_by_uri(uri: str) -> Actor | None:
    """The actor with this id, ours or known, or None. Looks only into the database."""
    actor = await Actor.get_or_none(uri=uri)
    return actor if actor is None or actor.is_nameable else None


async def resolve_actor(fed: Federation, uri: str) -> Actor:
    """The actor with this id, fetched when it is not known. Never inside a transaction.

    Raises `Refused` when it cannot be had (`unreachable`, `not-an-actor`, `id-mismatch`, `blocked-domain` …).
    """
    actor = await actor_by_uri(uri)
    if actor is not None:
        return actor
    if fed.config.is_ours(uri):
        raise Refused("not-found", uri)
    return await fetch_actor(fed, uri)


async def fetch_actor(fed: Federation, uri: str) -> Actor:
    """Read an actor's document from its own host and write what it says. Never inside a transaction."""
    await fed.registry.admit(host_of(uri))
    fetched = await fed.client.get_document(uri)
    document = read_actor(fetched.document, allow_http=fed.config.development)
    if fed.config.is_ours(document.id):
        raise Refused("id-mismatch", document.id)
    known = await actor_by_uri(document.id)
    domain = known.domain if known else await _domain_of_handle(fed, fetched.document, document)
    return await store_actor(fed, document, domain=domain)


async def refresh_actor(fed: Federation, actor: Actor) -> Actor:
    """Read a remote actor's document again when ours is older than `FRESH_FOR`."""
    if actor.is_local or (actor.fetched_at and fed.clock.now() - actor.fetched_at < FRESH_FOR):
        return actor
    return await fetch_actor(fed, actor.uri)


async def store_actor(fed: Federation, document: ActorDocument, *, domain: str = "") -> Actor:
    """Write a remote actor as its own host describes it. Joins the transaction under way.

    Its type may change only among people-like types: a person that turns into a group would carry along what
    it was allowed as a person (S-049). Keys that the document no longer lists are forgotten; one that another actor
    has already is left out (S-022).
    """
    now = fed.clock.now()
    values = _columns(fed, document)
    try:
        async with transaction():
            actor = await Actor.get_or_none(uri=document.id)
            if actor is None:
                host = host_of(document.id)
                await meet([host], now)
                actor = await Actor.create(
                    id=fed.ids.next(),
                    uri=document.id,
                    host=host,
                    domain=domain or host,
                    created_at=document.published or now,
                    **values,
                )
            else:
                if actor.deleted_at is not None:
                    raise Refused("gone", document.id)
                if actor.type != document.type and {actor.type, document.type} - PEOPLE_TYPES:
                    raise Refused("bad-field", f"type changed from {actor.type} to {document.type}")
                await actor.change(**values)
            await _store_keys(fed, actor, document)
    except IntegrityError:
        # Two requests met the same new actor at once: the other one has written it.
        return await Actor.get(uri=document.id)
    after_commit(lambda: fed.keys.forget(actor.uri))
    return actor


def _columns(fed: Federation, document: ActorDocument) -> dict[str, Any]:
    now = fed.clock.now()
    return {
        "type": document.type,
        "username": document.preferred_username.lower(),
        "name": document.name,
        "summary": fed.sanitise(document.summary_html),
        "source": document.source,
        "url": document.url or document.id,
        "icon_url": document.icon_url,
        "image_url": document.image_url,
        "inbox_url": document.inbox,
        "shared_inbox_url": document.shared_inbox,
        "outbox_url": document.outbox,
        "followers_url": document.followers,
        "following_url": document.following,
        "featured_url": document.featured,
        "moderators_url": document.moderators,
        "manually_approves_followers": document.manually_approves_followers,
        "discoverable": document.discoverable,
        "indexable": document.indexable,
        "accepts_chat_messages": document.accepts_chat_messages,
        "profile_fields": [{"name": name, "value": fed.sanitise(value)} for name, value in document.fields],
        "also_known_as": list(document.also_known_as),
        "moved_to": document.moved_to,
        "extra": document.extra,
        "updated_at": now,
        "fetched_at": now,
    }


async def _store_keys(fed: Federation, actor: Actor, document: ActorDocument) -> None:
    listed = {key.id: key for key in document.public_keys}
    stored = await ActorKey.filter(Q(actor_id=actor.id) | Q(key_id__in=list(listed)))
    known = {row.key_id: row for row in stored if row.actor_id == actor.id}
    for taken in {row.key_id for row in stored} - known.keys():
        del listed[taken]
    for key_id in known.keys() - listed.keys():
        await known[key_id].delete()
    for key_id, key in listed.items():
        row = known.get(key_id)
        if row is None:
            await ActorKey.create(
                id=fed.ids.next(),
                actor=actor,
                key_id=key_id,
                kind=key.kind,
                public=key.value,
                fetched_at=fed.clock.now(),
            )
        elif row.public != key.value:
            await row.change(public=key.value, kind=key.kind, fetched_at=fed.clock.now())


async def _domain_of_handle(fed: Federation, raw: dict[str, Any], document: ActorDocument) -> str:
    """What stands behind the @: another domain than the id's host only when its WebFinger agrees (S-013)."""
    try:
        handle = await confirm_handle(fed.client, raw)
    except Refused:
        return host_of(document.id)
    return handle.rpartition("@")[2] or host_of(document.id)
