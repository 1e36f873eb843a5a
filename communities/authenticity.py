"""Who stands behind an activity that a group passed on.

Lemmy, Mbin and PieFed believe the announcing server, so a hostile one can speak for anybody inside its own groups
there. Here it is believed for its own host, for what carries its author's proof, and for what is its to say: votes and
moderation inside the group. For all else the author's host is asked (S-044).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from federation.inbound import Inbound
from federation.models import Actor, ActorKey
from federation.refusals import Refused
from federation.signatures import load_public_key, proof_of, verify_proof
from federation.wire import types_of
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site

VOTES = frozenset({"Like", "Dislike", "EmojiReact", "PollVote"})
READ_AT_ORIGIN = frozenset({"Create", "Update"})
"""Their handlers read the object from its own host when nobody vouches for the bytes."""

MAX_SUBJECTS = 21
"""Objects that a report may name: an account and twenty posts."""


async def is_authentic(site: Site, inbound: Inbound, document: dict[str, Any], actor: Actor) -> bool:
    """Whether the bytes are the actor's: of the announcing host itself, or proved by a key that the actor lists."""
    if actor.host == inbound.actor.host:
        return True
    try:
        claim = proof_of(document)
    except Refused:
        return False
    if claim is None:
        return False
    key = await ActorKey.get_or_none(key_id=claim.verification_method, actor_id=actor.id)
    if key is None:
        return False
    try:
        verify_proof(document, load_public_key(key.public), now=site.clock.time())
    except Refused:
        return False
    return True


async def refuse_unless_vouched(site: Site, inbound: Inbound, group: Actor) -> Inbound:
    """The activity, where the group or its author's host may vouch for it. Raises `Refused`, `Missing`."""
    activity = inbound.activity
    kind = activity.type
    subject = activity
    if kind == "Undo" and activity.inner is not None:
        subject = activity.inner
        kind = subject.type
    if kind in VOTES:
        await _must_be_in(group, subject.object_id)
        return inbound
    if kind in READ_AT_ORIGIN and activity.type != "Undo":
        return inbound
    if kind == "Delete" and activity.type != "Undo" and await _is_by_author(inbound, subject.object_id):
        await _must_be_in(group, subject.object_id)
        _must_be_gone(inbound, subject.object_id)
        return replace(inbound, is_authentic=True)
    if kind in ("Delete", "Lock"):
        await _must_be_in(group, subject.object_id)
        return inbound  # its handler asks whether the actor moderates there
    if kind in ("Flag", "Resolve") and activity.type != "Undo":
        reported = activity.inner if kind == "Resolve" else activity
        await _must_be_in(group, *(reported.object_ids if reported is not None else ()))
        return inbound  # who resolves is asked whether they moderate there
    if kind in ("Add", "Remove", "Block") and subject.target in (
        group.uri,
        group.featured_url,
        group.moderators_url,
    ):
        return inbound
    raise Refused("not-allowed", f"{activity.type} without its author's proof")


async def _is_by_author(inbound: Inbound, uri: str) -> bool:
    """Whether somebody takes back what is their own, their account included: with or without a `summary`."""
    return (
        uri == inbound.actor.uri
        or not await Post.filter(uri=uri).exclude(author_id=inbound.actor.id).exists()
    )


async def _must_be_in(group: Actor, *uris: str) -> None:
    """A group's host speaks for what stands in the group, and for nothing else (S-055)."""
    for post in await Post.filter(uri__in=uris[:MAX_SUBJECTS]):
        if post.community_id != group.id:
            raise Refused("not-allowed", f"{post.uri[:200]} is not in the group")


def _must_be_gone(inbound: Inbound, uri: str) -> None:
    """A deletion on hearsay counts when the author's host says that the post is gone."""
    try:
        document = inbound.document_at(uri)
    except Refused as refusal:
        if refusal.code in ("gone", "not-found"):
            return
        raise
    if "Tombstone" not in types_of(document):
        raise Refused("not-the-author", "its own server still shows the post")
