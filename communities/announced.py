"""What a group elsewhere passes on: unwrapped, and believed only as far as its host may vouch (interop b7.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from communities.authenticity import is_authentic, refuse_unless_vouched
from communities.feeds import inbound as from_feeds
from federation import strict_json
from federation.database import savepoint
from federation.inbound import Inbound
from federation.models import Actor, Follow, FollowState
from federation.overtaken import overtaking
from federation.peer_profiles import Mark
from federation.processing import dispatch
from federation.refusals import Refused
from federation.registry import Verdict
from federation.urls import host_of
from federation.vocabulary import ACTIVITY_TYPES, COLLECTION_TYPES
from federation.wire import id_of, read_activity, read_collection, read_object, types_of
from sebangsa.models import Post
from sebangsa.receiving import is_written_to, receive_post
from sebangsa.rejecting import forget_refusal

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_BATCH = 100
"""Activities in one Announce: PieFed sends votes in batches."""

NEVER_ANNOUNCED = frozenset({"Announce", "Follow", "Move"})
"""Nothing good comes wrapped like this; an Announce in an Announce is a storm (S-058)."""


async def receive_announce(site: Site, inbound: Inbound) -> Verdict | None:
    """A group passes on an activity, several, or a post by its id; a feed tells what it lists. From a person it is a boost:
    not ours.
    """
    group = inbound.actor
    if group.is_feed:
        await from_feeds.receive_announce(site, inbound)
        return None
    if not group.is_group:
        return Verdict.PASS
    if inbound.announcer is not None:
        raise Refused("not-allowed", "an Announce of an Announce")
    wrapped = inbound.activity.object
    if isinstance(wrapped, list):
        await _receive_batch(site, inbound, wrapped)
        return None
    if not isinstance(wrapped, dict):
        return await _receive_by_id(site, inbound, id_of(wrapped) or "")
    types = set(types_of(wrapped))
    if types & COLLECTION_TYPES:
        await _receive_batch(site, inbound, list(read_collection(wrapped).items))
        return None
    if inbound.activity.inner is None:
        return await _receive_by_id(site, inbound, id_of(wrapped) or "")
    await site.federation.profiles.saw(group.host, Mark.ANNOUNCES_ACTIVITIES)
    await _receive_activity(site, inbound, wrapped)
    return None


async def _receive_batch(site: Site, inbound: Inbound, items: list[Any]) -> None:
    """Each by itself: one that is refused does not take the others along."""
    for item in items[:MAX_BATCH]:
        if not isinstance(item, dict):
            continue
        try:
            async with savepoint():
                await _receive_activity(site, inbound, item)
        except Refused:
            continue


async def _receive_activity(
    site: Site, inbound: Inbound, document: dict[str, Any], *, is_fetched: bool = False
) -> None:
    group = inbound.actor
    inner = read_activity(document, allow_http=site.settings.is_development)
    if inner.type in NEVER_ANNOUNCED or (inner.inner is not None and inner.inner.type in NEVER_ANNOUNCED):
        raise Refused("not-allowed", f"a group announces {inner.type}")
    if site.federation.config.is_ours(inner.actor):
        if inner.type in ("Create", "Update"):
            await forget_refusal(inner.object_id)
        return  # what one of ours did comes back: it has its effect already
    await site.federation.registry.admit(host_of(inner.actor))
    try:
        actor = await inbound.actor_at(inner.actor)
    except Refused as refusal:
        if refusal.code == "gone" and inner.type == "Delete" and inner.object_id == inner.actor:
            return  # its own server told us first
        raise
    await site.federation.registry.admit(actor.host, actor)
    if await overtaking(replace(inbound, actor=actor), inner.id):
        return
    unwrapped = replace(
        inbound,
        activity=inner,
        actor=actor,
        document=document,
        raw=strict_json.dumps(document).decode(),
        announcer=group,
        is_authentic=is_fetched or await is_authentic(site, inbound, document, actor),
        inbox_of=None,
    )
    if not unwrapped.is_authentic:
        unwrapped = await refuse_unless_vouched(site, unwrapped, group)
    await dispatch(unwrapped)


async def _receive_by_id(site: Site, inbound: Inbound, uri: str) -> Verdict | None:
    """A post by its id: filed under the group when the post says so or lies on the group's host, else a boost."""
    group = inbound.actor
    if not uri:
        raise Refused("missing-field", "object")
    known = await Post.get_or_none(uri=uri)
    if known is not None:
        return None if known.community_id == group.id else Verdict.PASS
    if site.federation.config.is_ours(uri) or not await _is_followed_here(group):
        return Verdict.PASS
    document = inbound.document_at(uri)
    if set(types_of(document)) & ACTIVITY_TYPES:
        await _receive_activity(site, inbound, document, is_fetched=True)
        return None
    obj = read_object(document, allow_http=site.settings.is_development)
    if not (obj.is_public or obj.is_unlisted):
        return None  # S-043: whoever passes it on, it is not for everybody
    if not is_written_to(obj, group):
        return Verdict.PASS
    author = await inbound.actor_at(obj.attributed_to)
    await receive_post(site, replace(inbound, actor=author, announcer=group, inbox_of=None), document)
    return None


def walls_of(group: Actor) -> tuple[str, ...]:
    """The collections of a group elsewhere into which its members post (FEP-400e)."""
    found = (group.extra.get("wall"), group.extra.get("wallComments"))
    return tuple(wall for wall in found if isinstance(wall, str) and wall)


async def receive_on_wall(site: Site, inbound: Inbound) -> None:
    """A group adds a post to its wall: read from its writer's server, with the group's token where only members may read
    (FEP-400e, FEP-db0e). Raises `Refused`, `Missing`.

    The post itself must say that it was made for that wall, or answer what stands there: a group could add anything.
    """
    group, uri = inbound.actor, inbound.activity.object_id
    if inbound.announcer is not None or not inbound.is_authentic:
        raise Refused("not-allowed", "a wall's owner adds to it itself")
    if site.federation.config.is_ours(uri) or not await _is_followed_here(group):
        return
    if await Post.exists(uri=uri):
        return
    document = inbound.document_at(uri)
    obj = read_object(document, allow_http=site.settings.is_development)
    if obj.target and (obj.target not in walls_of(group) or obj.target_owner != group.uri):
        raise Refused("not-allowed", "it was made for another collection")
    parent = await Post.get_or_none(uri=obj.in_reply_to) if obj.in_reply_to else None
    if parent is not None and parent.community_id != group.id:
        raise Refused("not-allowed", "it answers what stands elsewhere")  # S-053
    if not obj.target and not obj.in_reply_to and not is_written_to(obj, group):
        raise Refused("not-allowed", "it was not made for this group")
    author = await inbound.actor_at(obj.attributed_to)
    await receive_post(site, replace(inbound, actor=author, announcer=group, inbox_of=None), document)


async def _is_followed_here(group: Actor) -> bool:
    return await Follow.exists(target_id=group.id, follower__host="", state=FollowState.ACCEPTED)
