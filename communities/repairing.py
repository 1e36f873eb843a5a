"""What drifted in our copy of a community elsewhere is put right, as its own server has it.

A comparison runs each night for every community that somebody here joined, each at its own time. What is mended stands in
the community's log. A server that says something else each night gets a bounded amount of our attention each night.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from communities.comparing import Compared, Drift, compare, state_address_of
from communities.flairs import label_as_stated
from communities.log import tell_of_place, write_log
from communities.membership import held_by, write_ban
from communities.models import Comparison, Role
from communities.moderating import hide, show
from communities.moderation_state import state_of
from federation.actors import fetch_actor, refresh_actor
from federation.database import rows, transaction
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from sebangsa.errors import NotAllowed
from sebangsa.hooks import Origin
from sebangsa.models import Post
from sebangsa.notifying import notify
from sebangsa.posting import erase

if TYPE_CHECKING:
    from sebangsa.site import Site

EVERY = timedelta(hours=24)
JITTER = timedelta(hours=4)
AT_ONCE = 50
"""Communities whose turn one run of the periodic job begins; the next comes ten minutes later."""
MAX_MENDED = 500
"""Things that are mended in one community in one night; the rest follows in the next."""
MAX_LOGGED = 50
MAX_ASKED = 20
"""Deletions that are asked about at their authors' own servers, in one night."""

log = structlog.get_logger("communities.repairing")


async def plan_comparisons(site: Site) -> None:
    """Give communities that somebody here joined a time for their first comparison, and begin those whose time has come."""
    now = site.clock.now()
    joined = await rows(
        """SELECT DISTINCT a.id FROM actors a JOIN peers p ON p.host = a.host
               JOIN follows f ON f.target_id = a.id AND f.state = 'accepted'
               JOIN actors member ON member.id = f.follower_id AND member.host = ''
           WHERE a.type = 'Group' AND a.host <> '' AND a.deleted_at IS NULL AND p.software = 'sebangsa'
               AND NOT EXISTS (SELECT 1 FROM community_comparisons c WHERE c.community_id = a.id)
           LIMIT 200""",
        [],
    )
    for row in joined:
        first = now + EVERY * site.rng.random()  # so that no night begins with all of them
        await Comparison.get_or_create(
            community_id=row["id"], defaults={"id": site.ids.next(), "due_at": first}
        )
    for due in await Comparison.filter(due_at__lte=now).order_by("due_at").limit(AT_ONCE):
        async with transaction():
            due.due_at = now + EVERY + JITTER * (site.rng.random() - 0.5)
            await due.save(update_fields=["due_at"])
            await site.queue.enqueue("compare_community", due.community_id, key=f"compare:{due.community_id}")


async def compare_community(site: Site, community_id: int) -> None:
    """The job: compare one community and mend what drifted. Where its server cannot be asked, the next night does."""
    community = await Actor.get_or_none(id=community_id)
    if community is None or not community.is_usable or community.is_local:
        return
    if not await _is_joined(community):
        await Comparison.filter(community_id=community.id).delete()
        return
    try:
        await repair(site, community)
    except (Refused, NotAllowed) as refusal:
        log.info("a community could not be compared", community=community.uri, reason=str(refusal))


async def _is_joined(community: Actor) -> bool:
    found = await rows(
        """SELECT 1 AS found FROM follows f JOIN actors member ON member.id = f.follower_id
           WHERE f.target_id = ? AND f.state = 'accepted' AND member.host = '' LIMIT 1""",
        [community.id],
    )
    return bool(found)


async def repair(site: Site, community: Actor, *, is_thorough: bool = False) -> Compared:
    """Compare and mend, and remember both sides' digests. Never inside a transaction.

    A thorough one looks also into what differed the last time for good. Raises as `compare`.
    """
    community = await with_state_address(site, community)
    held, _ = await Comparison.get_or_create(
        community_id=community.id, defaults={"id": site.ids.next(), "due_at": site.clock.now() + EVERY}
    )
    found = await compare(site, community, None if is_thorough else held.digests)
    await mend(site, community, found.drift)
    after = await _digests_after(site, community, found)
    held.digests, held.compared_at = after, site.clock.now()
    await held.save(update_fields=["digests", "compared_at"])
    return found


async def with_state_address(site: Site, community: Actor) -> Actor:
    """The community, read anew when its document as we have it names no state: it may be older than that."""
    try:
        state_address_of(community)
    except NotAllowed:
        if not community.is_local:
            return await refresh_actor(site.federation, community)
        raise
    return community


async def _digests_after(site: Site, community: Actor, found: Compared) -> dict[str, list[str]]:
    """The digests to remember: theirs as read, ours as they are after the repair. Sections of which something was left
    for the next night are not remembered.
    """
    fresh = await Actor.get(id=community.id)
    ours = await state_of(fresh, site.clock.now(), found.since)
    if len(found.drift) > MAX_MENDED:
        return {}
    return {
        section.value: [found.digests[section.value][0], listing.digest]
        for section, listing in ours.items()
        if section.value in found.digests
    }


async def mend(site: Site, community: Actor, drift: Sequence[Drift]) -> int:
    """Put right what drifted; returns how much was. Running it twice changes nothing more."""
    asked = mended = 0
    for one in drift[:MAX_MENDED]:
        if one.act == "about":
            await fetch_actor(site.federation, community.uri)
            continue
        if one.act == "delete" and host_of(one.uri) != community.host:
            asked += 1
            if asked > MAX_ASKED or not await _is_gone(site, one.uri):
                continue
        async with transaction():
            if await _mend_one(site, community, one, is_logged=mended < MAX_LOGGED):
                mended += 1
    if mended > MAX_LOGGED:
        async with transaction():
            await write_log(site, community, community, "repaired", reason=f"more {mended - MAX_LOGGED}")
    return mended


async def _is_gone(site: Site, uri: str) -> bool:
    """Whether the author's own server says that the post was deleted: a community's does not speak for it."""
    try:
        document = (await site.federation.client.get_document(uri)).document
    except Refused as refusal:
        return refusal.code == "gone"
    return document.get("type") == "Tombstone"


async def _mend_one(site: Site, community: Actor, drift: Drift, *, is_logged: bool) -> bool:
    if drift.act in ("appoint", "dismiss", "ban", "unban"):
        person = await Actor.get_or_none(uri=drift.uri)
        if person is None or not await _mend_person(site, community, person, drift):
            return False
        post = None
    else:
        post = await Post.get_or_none(uri=drift.uri, community_id=community.id)
        if post is None or not await _mend_post(site, community, post, drift):
            return False
        person = await Actor.get(id=post.author_id)
    if is_logged:
        await write_log(site, community, community, "repaired", subject=person, post=post, reason=drift.act)
    return True


async def _mend_person(site: Site, community: Actor, person: Actor, drift: Drift) -> bool:
    held = await held_by(site, community, person)
    if drift.act == "ban":
        is_new = not held.is_banned(site.clock.now())
        await write_ban(site, community, person, held.ban_reason, drift.until)
        if not is_new:
            return True
    elif drift.act == "unban":
        if held.banned_at is None:
            return False
        await held.change(banned_at=None, banned_until=None, ban_reason="")
    else:
        if held.is_moderating == (drift.act == "appoint"):
            return False
        held.role = Role.MODERATOR if drift.act == "appoint" else Role.MEMBER
        await held.save(update_fields=["role"])
    await tell_of_place(site, community, person, drift.act)
    return True


async def _mend_post(site: Site, community: Actor, post: Post, drift: Drift) -> bool:
    match drift.act:
        case "remove":
            if not await hide(site, post):
                return False
            await notify(site, post.author_id, "community.removed", community.id, post=post, reason="")
            return True
        case "restore":
            return await site.hooks.may_show_again.allows(post) and bool(await show(post))
        case "delete":
            if post.deleted_at is not None or post.is_local:
                return False
            if not await erase(site, post):
                return False
            await site.hooks.post_deleted.emit(post, Origin(""))
            return True
        case "label":
            await label_as_stated(site, post, drift.labels)
            return True
    if drift.act in ("lock", "unlock"):
        wanted = drift.act == "lock"
        return bool(await Post.filter(id=post.id, is_locked=not wanted).update(is_locked=wanted))
    wanted = drift.act == "pin"
    return bool(await Post.filter(id=post.id, is_pinned=not wanted).update(is_pinned=wanted))
