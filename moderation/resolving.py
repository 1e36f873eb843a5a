"""Moderators answer reports; who reported hears what came of it, and the other servers close it too (`Resolve`)."""

from __future__ import annotations

from communities.authority import is_moderator, must_moderate
from communities.rules import with_rule
from federation.database import transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from moderation import judges, log, wire
from moderation.models import Case, CaseState
from moderation.reporting import MAX_COMMENT
from moderation.subjects import open_together
from sebangsa.errors import NotAllowed
from sebangsa.models import Post, User
from sebangsa.notifying import notify
from sebangsa.site import Site


async def resolve(site: Site, moderator: User, case: Case, answer: str) -> None:
    """A moderator of this server closes a case, with all that were reported of the same."""
    log.must_moderate(moderator)
    await _close_together(site, moderator.actor, case, answer)


async def resolve_in_community(
    site: Site, moderator: Actor, community: Actor, case: Case, answer: str
) -> None:
    """A moderator of its community closes it. Raises `NotAllowed`, also for whom the report is about."""
    await must_moderate(community, moderator)
    if moderator.id == case.accused_id:
        raise NotAllowed("accused", "You cannot judge a report about yourself.")
    await _close_together(site, moderator, case, answer)


async def _close_together(site: Site, moderator: Actor, case: Case, answer: str) -> None:
    answer = answer.strip().replace("\x00", "")[:MAX_COMMENT]
    async with transaction():
        for one in await open_together(case):
            if await close(site, moderator, one, answer):
                await _send(site, moderator, one, answer)


async def close(site: Site, moderator: Actor, case: Case, answer: str) -> bool:
    """Close one case and tell its reporter, in the transaction under way; false when it is closed already."""
    closed = await Case.filter(id=case.id, state=CaseState.OPEN).update(
        state=CaseState.RESOLVED, answer=answer, resolved_by_id=moderator.id, resolved_at=site.clock.now()
    )
    if closed:
        await notify(
            site,
            case.reporter_id,
            "report.resolved",
            moderator.id,
            is_repeatable=True,
            case_id=str(case.id),
            answer=answer,
        )
    return bool(closed)


async def _send(site: Site, moderator: Actor, case: Case, answer: str) -> None:
    """Close it elsewhere: at the community's server, or from ours at its moderators' and the reporter's.

    A moderator of this server closes only what waits here, unless they moderate the community too.
    """
    if case.community_id is None:
        return
    community = await Actor.get(id=case.community_id)
    if not await is_moderator(community, moderator):
        return
    reporter, accused = await Actor.get(id=case.reporter_id), await Actor.get(id=case.accused_id)
    uris = [
        str(uri)
        for uri in await Post.filter(id__in=case.post_ids, community_id=community.id).values_list(
            "uri", flat=True
        )
    ]
    if not uris:
        return
    flag = wire.flag_in_community(
        case, reporter, accused, uris, community, with_rule(case.rule, case.comment)
    )
    resolved = wire.resolve(moderator, community, flag, answer)
    sent = await publish(site.federation, moderator, resolved, Audience(actors=[community]))
    also = reporter if reporter.type != "Application" else None
    await judges.pass_on(site, community, accused.id, sent.body, also=also)
