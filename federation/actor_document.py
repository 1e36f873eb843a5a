"""Our actors as ActivityPub documents."""

from __future__ import annotations

from typing import Any

from federation.config import FederationConfig
from federation.contexts import context_for
from federation.models import Actor, ActorKey

_WITH_APPS = frozenset({"Person", "Service"})


async def actor_document(config: FederationConfig, actor: Actor) -> dict[str, Any]:
    """The document that `GET` of a local actor's id answers.

    Keys stand in it twice: `publicKey` (RSA, read by everybody) and `assertionMethod` (FEP-521a multikeys, for
    object proofs). `endpoints.sharedInbox` is what lets a peer send once for all of us.
    """
    keys = await ActorKey.filter(actor_id=actor.id)
    document: dict[str, Any] = {
        "@context": context_for(*_vocabularies(actor)),
        "id": actor.uri,
        "type": actor.type,
        "preferredUsername": actor.username,
        "name": actor.name,
        "summary": actor.summary,
        "url": actor.url,
        "inbox": actor.inbox_url,
        "outbox": actor.outbox_url,
        "followers": actor.followers_url,
        "following": actor.following_url,
        **({"featured": actor.featured_url} if actor.featured_url else {}),
        "manuallyApprovesFollowers": actor.manually_approves_followers,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "webfinger": f"{actor.username}@{config.domain}",
        "published": timestamp(actor.created_at),
        "updated": timestamp(actor.updated_at),
        "endpoints": _endpoints(config, actor),
        **_keys(actor, keys),
    }
    if actor.source:
        document["source"] = {"content": actor.source, "mediaType": "text/markdown"}
    if actor.icon_url:
        document["icon"] = {"type": "Image", "url": actor.icon_url}
    if actor.image_url:
        document["image"] = {"type": "Image", "url": actor.image_url}
    if actor.moderators_url:
        document["attributedTo"] = actor.moderators_url
        document["moderationState"] = f"{actor.uri}/state"
    if actor.profile_fields:
        document["attachment"] = _metadata(actor)
    if actor.also_known_as:
        document["alsoKnownAs"] = actor.also_known_as
    if actor.moved_to:
        document["movedTo"] = actor.moved_to
    return document | actor.extra


def _metadata(actor: Actor) -> list[dict[str, str]]:
    """Each field twice: as Mastodon's `PropertyValue`, and as a `Note` (FEP-fb2a). Readers take one kind."""
    fields = [(field["name"], field["value"]) for field in actor.profile_fields]
    return [
        *({"type": "PropertyValue", "name": name, "value": value} for name, value in fields),
        *({"type": "Note", "name": name, "content": value} for name, value in fields),
    ]


def _vocabularies(actor: Actor) -> list[str]:
    civic = any(key.startswith(("civic:", "forge:")) for key in actor.extra)
    return ["actor", *(["group"] if actor.is_group or actor.is_feed else []), *(["civic"] if civic else [])]


def _endpoints(config: FederationConfig, actor: Actor) -> dict[str, str]:
    """The same for everybody who asks, and for every person of ours; communities and the server sign in nowhere."""
    found = {"sharedInbox": actor.shared_inbox_url}
    if actor.is_members_only:
        found["actorToken"] = token_address(actor)
    return found | dict(config.client_endpoints) if actor.type in _WITH_APPS else found


def token_address(group: Actor) -> str:
    """Where servers of members get a token of a group of ours (FEP-db0e)."""
    return f"{group.uri}/actorToken"


def tombstone(uri: str, deleted_at: Any, former_type: str = "") -> dict[str, Any]:
    """What stands where something was deleted (AS2 Tombstone), answered with 410."""
    document = {
        "@context": context_for(),
        "id": uri,
        "type": "Tombstone",
        "deleted": timestamp(deleted_at),
    }
    if former_type:
        document["formerType"] = former_type
    return document


def timestamp(moment: Any) -> str:
    """RFC 3339 in UTC with `Z`."""
    return str(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _keys(actor: Actor, keys: list[ActorKey]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in keys:
        if key.kind == "rsa":
            found["publicKey"] = {"id": key.key_id, "owner": actor.uri, "publicKeyPem": key.public}
        else:
            found["assertionMethod"] = [
                {
                    "id": key.key_id,
                    "type": "Multikey",
                    "controller": actor.uri,
                    "publicKeyMultibase": key.public,
                }
            ]
    return found
