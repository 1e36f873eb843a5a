"""What readers are told where a thread, community or profile of another server is not all here, and a button for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor, Follow, FollowState
from sebangsa import backfilling
from sebangsa.errors import NotFound
from sebangsa.models import Backfill, BackfillState, Post
from sebangsa.visibility import post_for
from sebangsa.web.forms import back_to, form_of, id_in, text_of
from sebangsa.web.presenting import page_of_actor
from sebangsa.web.viewing import signed_in, site_of, viewer_of

if TYPE_CHECKING:
    from sebangsa.site import Site

UNSHOWN = frozenset({"fetch-denied", "gone", "not-found"})
UNHEARD = frozenset({"unreachable", "too-many", "blocked-domain"})


@dataclass(frozen=True, slots=True)
class NotAllHere:
    """`state` is `waiting`, `more`, `clipped`, `unheard`, `unshown` or `unreadable`; `name` and `value` are the form's field
    where the rest can be asked for, `href` is the original.
    """

    state: str
    host: str
    href: str
    name: str
    value: int

    @property
    def may_ask(self) -> bool:
        return self.state not in ("waiting", "clipped")


async def missing_of_actor(site: Site, actor: Actor) -> NotAllHere | None:
    """For a profile or community; None where all is here. One query for those of other servers, none for ours."""
    if actor.is_local or not actor.is_usable:
        return None
    row = await Backfill.get_or_none(kind="actor", subject_id=actor.id)
    return _told(site, row, actor.host, actor.url or actor.uri, "actor", actor.id)


async def missing_of_thread(site: Site, root: Post, community: Actor | None) -> NotAllHere | None:
    """For a thread that began on another server. One that was opened when its community was told to us already came
    comment by comment: unless asked for, nothing is said of it.
    """
    if root.is_local or not isinstance(root.author, Actor) or (community is not None and community.is_local):
        return None
    row = await Backfill.get_or_none(kind="thread", subject_id=root.id)
    if row is None and community is not None:
        told = Follow.filter(target_id=community.id, follower__host="", state=FollowState.ACCEPTED)
        if await told.filter(created_at__lt=root.created_at).exists():
            return None
    return _told(site, row, (community or root.author).host, root.url or root.uri, "post", root.id)


def _told(site: Site, row: Backfill | None, host: str, href: str, name: str, value: int) -> NotAllHere | None:
    if row is None:
        return NotAllHere("more", host, href, name, value)
    if row.state == BackfillState.DONE:
        return None
    state = row.state.value
    if row.state == BackfillState.WAITING and row.asked_at < site.clock.now() - backfilling.STALE:
        state = "more"
    if row.state == BackfillState.FAILED:
        state = "unheard" if row.error in UNHEARD else "unshown" if row.error in UNSHOWN else "unreadable"
    return NotAllHere(state, host, href, name, value)


@signed_in
async def ask(request: Request) -> Response:
    """`POST /backfill` with `actor` or `post`: fetch the rest. So often for each person (`TooMany`)."""
    site, viewer = site_of(request), viewer_of(request).actor
    form = await form_of(request)
    actor_id, post_id = id_in(text_of(form, "actor")), id_in(text_of(form, "post"))
    if actor_id is not None:
        actor = await Actor.get_or_none(id=actor_id, deleted_at=None, suspended_at=None)
        if actor is None or actor.is_local:
            raise NotFound
        await site.limiter.hit("backfill", viewer.id)
        row = await Backfill.get_or_none(kind="actor", subject_id=actor.id)
        await (backfilling.ask_again(site, row) if row else backfilling.first_contact(site, actor))
        return back_to(request, page_of_actor(actor), text_of(form, "next"))
    root = await post_for(site, viewer, post_id or 0)
    if root.is_local or root.in_reply_to_id is not None or root.boost_of_id is not None:
        raise NotFound
    await site.limiter.hit("backfill", viewer.id)
    row = await Backfill.get_or_none(kind="thread", subject_id=root.id)
    host = (root.community or root.author).host
    await (backfilling.ask_again(site, row) if row else backfilling.ask_for_thread(site, root, host))
    return back_to(request, f"/p/{root.id}", text_of(form, "next"))


ROUTES: list[BaseRoute] = [Route("/backfill", ask, methods=["POST"])]
