"""Pages for moderators and administrators: open cases, people, blocked domains."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation import domains, log, removing, reporting, resolving, suspending
from moderation.case_views import case_views
from moderation.models import Case, DomainBlock
from moderation.pages import known_actor, render
from sebangsa.accounts import must_administer
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.models import Post, User
from sebangsa.web.forms import back_to, form_of, id_of, text_of
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of


@signed_in
async def desk(request: Request) -> Response:
    """`/moderation`: the open cases, oldest first."""
    site, user = site_of(request), viewer_of(request)
    log.must_moderate(user)
    found = await reporting.queue()
    cases = await case_views(site, user.actor, found)
    return render(request, "desk", {"cases": cases, "max_answer": reporting.MAX_COMMENT})


@signed_in
async def post_resolve(request: Request) -> Response:
    """`POST /moderation/cases/{id}/resolve` with `answer`."""
    user = viewer_of(request)
    log.must_moderate(user)
    case = await Case.get_or_none(id=id_of(request))
    if case is None:
        raise NotFound
    await resolving.resolve(site_of(request), user, case, text_of(await form_of(request), "answer"))
    return back_to(request, "/moderation")


@signed_in
async def post_post(request: Request) -> Response:
    """`POST /moderation/posts/{id}/remove` or `/restore`, with `reason`."""
    site, user = site_of(request), viewer_of(request)
    log.must_moderate(user)
    post = await Post.get_or_none(id=id_of(request), deleted_at=None)
    act = {"remove": removing.remove_post, "restore": removing.restore_post}.get(request.path_params["act"])
    if post is None or act is None:
        raise NotFound
    form = await form_of(request)
    await act(site, user, post, text_of(form, "reason"))
    return back_to(request, "/moderation", text_of(form, "next"))


@signed_in
async def person(request: Request) -> Response:
    """`/moderation/people/{handle}`: whether somebody is suspended, and changing it."""
    site, user = site_of(request), viewer_of(request)
    log.must_moderate(user)
    actor = await known_actor(site, request.path_params["handle"])
    try:
        await log.must_outrank(user, actor)
        is_outranked = True
    except NotAllowed:
        is_outranked = False
    context = {
        "face": face_of(site, actor),
        "is_suspended": actor.suspended_at is not None,
        "suspended_at": actor.suspended_at,
        "is_outranked": is_outranked,
        "is_deletable": is_outranked and user.is_admin and await User.exists(actor_id=actor.id),
        "open_cases": await Case.filter(accused_id=actor.id, resolved_at=None).count(),
    }
    return render(request, "person", context)


@signed_in
async def post_person(request: Request) -> Response:
    """`POST /moderation/people/{handle}/suspend`, `/unsuspend` or `/delete`, with `reason`."""
    site, user = site_of(request), viewer_of(request)
    log.must_moderate(user)
    actor = await known_actor(site, request.path_params["handle"])
    act = {
        "suspend": suspending.suspend,
        "unsuspend": suspending.unsuspend,
        "delete": suspending.delete,
    }.get(request.path_params["act"])
    if act is None:
        raise NotFound
    form = await form_of(request)
    await act(site, user, actor, text_of(form, "reason"))
    if act is suspending.delete:
        return RedirectResponse("/moderation/log", 303)
    return back_to(request, f"/moderation/people/{quote(actor.handle)}", text_of(form, "next"))


@signed_in
async def blocked_domains(request: Request) -> Response:
    """`/moderation/domains`: the list, and a form that blocks one; for administrators."""
    site, user = site_of(request), viewer_of(request)
    must_administer(user)
    error: Invalid | None = None
    values = {"domain": "", "reason": ""}
    if request.method == "POST":
        form = await form_of(request)
        values = {name: text_of(form, name) for name in values}
        try:
            await domains.block_domain(site, user, values["domain"], values["reason"])
            return RedirectResponse("/moderation/domains", 303)
        except Invalid as refused:
            error = refused
    context = {"blocks": await DomainBlock.all().order_by("domain"), "values": values, "error": error}
    return render(request, "domains", context, error.status if error else 200)


@signed_in
async def post_unblock(request: Request) -> Response:
    """`POST /moderation/domains/unblock` with `domain` and `reason`."""
    form = await form_of(request)
    await domains.unblock_domain(
        site_of(request), viewer_of(request), text_of(form, "domain"), text_of(form, "reason")
    )
    return back_to(request, "/moderation/domains")
