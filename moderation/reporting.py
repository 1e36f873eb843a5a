"""People report posts and persons; moderators answer; reports cross servers as `Flag`."""

from __future__ import annotations

from collections.abc import Sequence

from federation.database import transaction
from federation.local_actors import server_actor
from federation.models import Actor
from federation.outbox import Audience, publish
from moderation import log
from moderation.models import Case, CaseState
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Post, Role, User
from sebangsa.notifying import notify
from sebangsa.site import Site
from sebangsa.visibility import may_read
from sebangsa.wire import activity_about

MAX_COMMENT = 3000
MAX_POSTS = 20


async def report(
    site: Site, reporter: Actor, accused: Actor, posts: Sequence[Post], comment: str, *, forward: bool = False
) -> Case:
    """Bring something to the moderators. With `forward`, a copy goes to the accused's server in this server's name: the
    reporter is not named to whoever may be the problem (S-130).
    """
    if reporter.id == accused.id:
        raise Invalid("not-oneself", "You cannot report yourself.")
    for post in posts:
        if post.author_id != accused.id or not await may_read(site, reporter, post):
            raise NotFound
    async with transaction():
        row_id = site.ids.next()
        case = await Case.create(
            id=row_id,
            uri=site.federation.config.url(f"/a/{row_id}"),
            reporter=reporter,
            accused=accused,
            post_ids=[post.id for post in posts[:MAX_POSTS]],
            comment=comment.strip()[:MAX_COMMENT],
            is_forwarded=forward and not accused.is_local,
            created_at=site.clock.now(),
        )
        if case.is_forwarded:
            await _forward(site, case, accused, posts)
        await tell_moderators(site, case)
    return case


async def _forward(site: Site, case: Case, accused: Actor, posts: Sequence[Post]) -> None:
    """Mastodon's form (a list of objects with the account first, text in `content`), which Lemmy reads as well."""
    sender = await server_actor(site.federation)
    flag = activity_about(
        "Flag",
        sender,
        accused.uri,
        to=[accused.uri],
        cc=[],
        id=case.uri,
        content=case.comment,
        summary=case.comment,
    )
    flag["object"] = [accused.uri, *(post.uri for post in posts)]
    await publish(site.federation, sender, flag, Audience(actors=[accused], personal=True))


async def tell_moderators(site: Site, case: Case) -> None:
    """A notification for each moderator of this server."""
    team = await User.filter(role__in=[Role.MODERATOR, Role.ADMIN], disabled_at__isnull=True)
    for moderator in team:
        await notify(site, moderator.actor_id, "admin.report", case.reporter_id, case_id=str(case.id))


async def resolve(site: Site, moderator: User, case: Case, answer: str) -> None:
    """Close a case and tell the reporter what came of it (a report must not vanish unanswered)."""
    log.must_moderate(moderator)
    if case.state == CaseState.RESOLVED:
        return
    async with transaction():
        case.state = CaseState.RESOLVED
        case.answer = answer.strip()[:MAX_COMMENT]
        case.resolved_by = moderator.actor
        case.resolved_at = site.clock.now()
        await case.save()
        await notify(
            site,
            case.reporter_id,
            "report.resolved",
            moderator.actor_id,
            case_id=str(case.id),
            answer=case.answer,
        )


async def queue(state: CaseState = CaseState.OPEN) -> list[Case]:
    """The cases in a state, oldest first."""
    return await Case.filter(state=state).order_by("id").limit(200).select_related("reporter", "accused")
