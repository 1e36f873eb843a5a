"""Forms of those who moderate: answers to requests, roles, bans, and what is done with posts."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from communities import forms, membership, moderating, warning
from communities.authority import community_of
from communities.models import Role
from communities.pages import address_of, back_to
from communities.rules import cited_rule, community_by_name, with_rule
from federation.models import Actor
from sebangsa.errors import Invalid, NotFound
from sebangsa.lookup import find_actor
from sebangsa.models import Post
from sebangsa.web.forms import id_of
from sebangsa.web.viewing import local_path, signed_in, site_of, viewer_of

BAN_DAYS = {"1": 1, "7": 7, "30": 30, "365": 365}


async def _person(request: Request) -> Actor:
    """Whom the form names, by handle."""
    found = await find_actor(site_of(request), forms.text(await request.form(), "who"))
    if found is None:
        raise Invalid("nobody", "There is nobody with that handle.", field="who")
    return found


@signed_in
async def post_member(request: Request) -> Response:
    """`/c/{name}/members/{act}`: approve, decline, appoint, appoint-owner, dismiss, ban, unban."""
    site, by = site_of(request), viewer_of(request).actor
    community = await community_by_name(request.path_params["name"])
    person = await _person(request)
    form = await request.form()
    match request.path_params["act"]:
        case "approve":
            await membership.approve(site, by, community, person)
        case "decline":
            await membership.decline(site, by, community, person)
        case "appoint":
            await membership.appoint(site, by, community, person)
        case "appoint-owner":
            await membership.appoint(site, by, community, person, Role.OWNER)
        case "dismiss":
            await membership.dismiss(site, by, community, person)
        case "ban":
            days = BAN_DAYS.get(forms.text(form, "days"))
            await membership.ban(
                site, by, community, person,
                reason=forms.text(form, "reason"),
                until=site.clock.now() + timedelta(days=days) if days else None,
                removes_posts=forms.is_checked(form, "removes_posts"),
            )  # fmt: skip
        case "unban":
            await membership.unban(site, by, community, person)
        case _:
            raise NotFound
    return back_to(request, community, "/members")


@signed_in
async def post_moderate(request: Request) -> Response:
    """`/p/{id}/moderate/{act}`: remove, restore, warn, lock, unlock, pin, unpin."""
    site, by = site_of(request), viewer_of(request).actor
    post = await Post.get_or_none(id=id_of(request))
    if post is None or post.community_id is None or post.deleted_at is not None:
        raise NotFound
    form = await request.form()
    reason = forms.text(form, "reason")
    shown_at = f"/p/{post.root_id or post.id}"
    match request.path_params["act"]:
        case "remove":
            if post.root_id is None:
                community = await Actor.get(id=post.community_id)
                shown_at = f"{address_of(community)}/log"  # the post itself is not shown any more
            await moderating.remove_post(
                site, by, post, reason, with_replies=forms.is_checked(form, "with_replies")
            )
        case "restore":
            await moderating.restore_post(site, by, post)
        case "warn":
            rule = await cited_rule(await community_of(post), forms.text(form, "rule"))
            await warning.warn(site, by, post, with_rule(rule, reason))
        case "lock" | "unlock" as act:
            await moderating.lock_post(site, by, post, reason, is_locked=act == "lock")
        case "pin" | "unpin" as act:
            await moderating.pin_post(site, by, post, is_pinned=act == "pin")
        case _:
            raise NotFound
    return RedirectResponse(local_path(request.query_params.get("next", ""), shown_at), 303)
