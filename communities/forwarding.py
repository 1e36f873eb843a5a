"""A reply that reaches only us is handed to the group elsewhere in whose thread it stands (ActivityPub 7.1.2).

People on microblogs answer one of ours, and their servers send the answer to those whom it names. Inside our own
communities such an answer is announced; a community elsewhere would never hear of it. So its bytes are passed on as they
came, to software that believes what they bear or reads them again at their origin (`PeerProfile.forwarded`). Lemmy and
NodeBB take nothing from a third server: they read the answer when somebody here answers or votes on it (Lemmy fetches what
it does not know), and not before.

As the host of a group we are told of answers in the same way: without a proof nothing is believed but that there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from federation import strict_json
from federation.actors import resolve_actor
from federation.fetch_limits import BudgetSpent, HostBudget
from federation.inbound import Inbound
from federation.local_actors import server_actor
from federation.models import Actor, OutboundActivity
from federation.outbox import Audience, forward
from federation.processing import handle
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire import ActivityDocument, id_of, read_activity, read_object
from sebangsa.fetching import fetch_post
from sebangsa.hooks import Origin
from sebangsa.models import Mention, Post
from sebangsa.past import is_past
from sebangsa.visibility import OPEN

if TYPE_CHECKING:
    from sebangsa.site import Site

AT_ONCE, AT_ONCE_A_SECOND = 30, 0.5
"""Replies of one server that we pass on, and those that one server may make us read: nobody reaches a third server
through us faster than that.
"""

log = structlog.get_logger("communities.forwarding")


def register(site: Site) -> None:
    """Listen to what arrives, and answer what others pass on to us."""
    sent = HostBudget(site.clock, burst=AT_ONCE, per_second=AT_ONCE_A_SECOND)
    told = HostBudget(site.clock, burst=AT_ONCE, per_second=AT_ONCE_A_SECOND)

    async def forward_new(post: Post, origin: Origin) -> None:
        await _forward_new(site, sent, post, origin)

    async def forward_change(post: Post, origin: Origin) -> None:
        await _forward_change(site, sent, post, origin)

    async def hear(sender: Actor, activity: ActivityDocument) -> bool:
        return await _hear(site, told, sender, activity)

    site.hooks.post_created.listen(forward_new)
    site.hooks.post_edited.listen(forward_change)
    site.hooks.post_deleted.listen(forward_change)
    site.federation.registry.forwarded_unproved = hear


def _may_be_meant(post: Post, origin: Origin) -> bool:
    """Whether it is an answer of a peer in some community, brought by its author's own server. Costs no statement:
    every post of every peer is asked. What a group announced is in the group (S-058).
    """
    return (
        not post.is_local
        and post.in_reply_to_id is not None
        and post.community_id is not None
        and post.visibility in OPEN
        and origin.announcer is None
        and bool(origin.activity)
        and not is_past()
    )


async def _forward_new(site: Site, budget: HostBudget, post: Post, origin: Origin) -> None:
    if not _may_be_meant(post, origin):
        return
    community = await Actor.get(id=post.community_id)
    author = await Actor.get(id=post.author_id)
    if community.is_local or not community.is_usable or author.host == community.host:
        return
    document = strict_json.parse_object(origin.activity.encode())
    activity = read_activity(document, allow_http=site.settings.is_development)
    if activity.type != "Create" or id_of(activity.object) != post.uri:
        return  # an ancestor that we read ourselves: its server knows whom it told
    if _reaches(site, document, community) or not await _is_ours_to_tell(post):
        return
    await _forward(site, budget, post, author, community, activity, document, origin)


async def _forward_change(site: Site, budget: HostBudget, post: Post, origin: Origin) -> None:
    """What we passed on is changed or taken back: the group hears that as well, from nobody else."""
    if not _may_be_meant(post, origin):
        return
    if not await OutboundActivity.exists(about=post.uri, type="Create"):
        return
    document = strict_json.parse_object(origin.activity.encode())
    activity = read_activity(document, allow_http=site.settings.is_development)
    author = await Actor.get(id=post.author_id)
    community = await Actor.get(id=post.community_id)
    if activity.actor == author.uri and community.is_usable:
        await _forward(site, budget, post, author, community, activity, document, origin)


async def _forward(
    site: Site,
    budget: HostBudget,
    post: Post,
    author: Actor,
    community: Actor,
    activity: ActivityDocument,
    document: dict[str, Any],
    origin: Origin,
) -> None:
    fed = site.federation
    if not activity.id or not (await fed.profiles.of(community.host)).takes_forwarded(document):
        return
    try:
        budget.spend(author.host)
    except BudgetSpent:
        log.info("a reply is not passed on: its server sends too many", uri=post.uri, host=author.host)
        return
    bearer = await server_actor(fed)
    audience = Audience(actors=[community])
    await forward(fed, bearer, activity.id, activity.type, origin.activity, audience, about=post.uri)


def _reaches(site: Site, document: dict[str, Any], community: Actor) -> bool:
    """Whether its author's server sent it to the group's server too: to the group, or to anybody there."""
    obj = document.get("object")
    read = read_object(obj, allow_http=site.settings.is_development) if isinstance(obj, dict) else None
    activity = read_activity(document, allow_http=site.settings.is_development)
    named = {*activity.to, *activity.cc, activity.audience}
    if read is not None:
        named |= {*read.to, *read.cc, read.audience, *(mention.href for mention in read.mentions)}
    return any(host_of(uri) == community.host for uri in named if uri)


async def _is_ours_to_tell(post: Post) -> bool:
    """Whether it came to us because it answers one of ours or names one: then nobody else may have it. What came because
    somebody here follows its author went to the server of the answered one as well, and that may pass it on.
    """
    return await Post.exists(id=post.in_reply_to_id, is_local=True) or await Mention.exists(
        post_id=post.id, actor__host=""
    )


async def _hear(site: Site, budget: HostBudget, sender: Actor, activity: ActivityDocument) -> bool:
    """Whether an unproved activity is an answer in a community of ours: then it is read at its origin, in a job.

    Raises `BudgetSpent` (429): the sender may come again.
    """
    obj = activity.object
    if activity.type != "Create" or not isinstance(obj, dict) or not activity.id:
        return False
    uri = id_of(obj)
    parent = await Post.get_or_none(
        uri=id_of(obj.get("inReplyTo")) or "", community__host="", visibility__in=OPEN
    )
    if parent is None or not uri or site.federation.config.is_ours(uri):
        return False
    budget.spend(sender.host)
    if not await Post.exists(uri=uri):
        await site.queue.enqueue("read_forwarded", activity.id, uri, key=f"forwarded:{uri}"[:255])
    return True


async def read_forwarded(site: Site, activity_uri: str, uri: str) -> None:
    """Read an answer that somebody told us of. Never inside a transaction; runs twice without harm.

    Where its host shows the `Create` too, its bytes are what our community announces; else the answer is shown here.
    """
    if await Post.exists(uri=uri):
        return
    try:
        created = await _created(site, activity_uri, uri)
        if created is None:
            await fetch_post(site, uri)
        else:
            await handle(created)
    except Refused as refusal:
        log.info("a reply that was passed on cannot be read", uri=uri, reason=str(refusal))


async def _created(site: Site, activity_uri: str, uri: str) -> Inbound | None:
    fed = site.federation
    try:
        document = (await fed.client.get_document(activity_uri)).document
        activity = read_activity(document, allow_http=fed.config.development)
    except Refused:
        return None
    if (activity.type, activity.id, id_of(activity.object)) != ("Create", activity_uri, uri):
        return None
    author = await resolve_actor(fed, activity.actor)
    await fed.registry.admit(author.host, author)
    if not author.is_usable:
        raise Refused("suspended-actor", author.uri)
    return Inbound(fed, activity, author, document, strict_json.dumps(document).decode())
