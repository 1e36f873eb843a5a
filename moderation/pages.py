"""Pages for everybody: reporting something, and the public log of what moderators did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from communities.rules import cited_rule, numbered_rules, rules_of
from federation.models import Actor
from moderation import judges, log, reporting
from sebangsa import timelines
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Post
from sebangsa.site import Site
from sebangsa.text.handles import parse_handle
from sebangsa.visibility import post_for
from sebangsa.web.forms import form_of, id_in, text_of
from sebangsa.web.pieces import Face
from sebangsa.web.presenting import PostView, face_of, mine_among, post_view
from sebangsa.web.viewing import page, signed_in, site_of, viewer_of


@dataclass(frozen=True, slots=True)
class LogLine:
    """One act of moderation as a line; `href` is empty where the target is no page. `removed_id` is the post that it
    removed, where a moderator looks who can restore it.
    """

    action: str
    by: Face
    target: str
    href: str
    reason: str
    at: datetime
    removed_id: int | None = None


@signed_in
async def report(request: Request) -> Response:
    """`/moderation/report?post={id}` or `?account={handle}`: the form, and what it sends; `?sent=1` says thanks."""
    site, viewer = site_of(request), viewer_of(request).actor
    if request.method == "GET" and request.query_params.get("sent"):
        return render(request, "reported", {})
    accused, post = await _reported(request)
    error: Invalid | None = None
    community = await judges.community_of(site, viewer, [post] if post else [])
    rules = numbered_rules(await rules_of(community)) if community else []
    values = {"comment": "", "forward": "", "rule": ""}
    if request.method == "POST":
        form = await form_of(request)
        values = {name: text_of(form, name) for name in values}
        try:
            rule = await cited_rule(community, values["rule"]) if community else ""
            if not values["comment"].strip() and not rule:
                raise Invalid("comment-needed", "Write what is wrong with it.", field="comment")
            await reporting.report(
                site,
                viewer,
                accused,
                [post] if post else [],
                values["comment"],
                rule=rule,
                forward=bool(values["forward"]),
            )
            return RedirectResponse("/moderation/report?sent=1", 303)
        except Invalid as refused:
            error = refused
    is_told = community is not None and community.host == accused.host
    context = {
        "accused": face_of(site, accused),
        "accused_host": "" if accused.is_local or is_told else accused.host,
        "post": (await cards(site, viewer, [post.id])).get(post.id) if post else None,
        "community": face_of(site, community) if community else None,
        "rules": rules,
        "subject": f"post={post.id}" if post else f"account={accused.handle}",
        "max_comment": reporting.MAX_COMMENT,
        "values": values,
        "error": error,
    }
    return render(request, "report", context, error.status if error else 200)


@page
async def public_log(request: Request) -> Response:
    """`/moderation/log`: who did what to whom, and why; for everybody."""
    site = site_of(request)
    found = await log.entries(below=id_in(request.query_params.get("before", "")))
    user = request.state.viewer
    targets = [entry.target for entry in found if entry.action == "remove-post"]
    removed: dict[str, int] = {}
    if targets and user is not None and user.is_moderator:
        hidden = Post.filter(uri__in=targets, removed_at__isnull=False, deleted_at=None)
        removed = dict(await hidden.values_list("uri", "id"))
    lines = [
        LogLine(
            action=entry.action,
            by=face_of(site, entry.moderator),
            target=entry.target,
            href=entry.target if entry.target.startswith(("https://", "http://")) else "",
            reason=entry.reason,
            at=entry.created_at,
            removed_id=removed.pop(entry.target, None) if entry.action == "remove-post" else None,
        )
        for entry in found
    ]
    older = f"/moderation/log?before={found[-1].id}" if len(found) == log.PAGE else ""
    return render(request, "log", {"lines": lines, "older": older})


async def _reported(request: Request) -> tuple[Actor, Post | None]:
    """Who is reported, and the post if one is named. Raises `NotFound`."""
    site, viewer = site_of(request), viewer_of(request).actor
    post_id = id_in(request.query_params.get("post", ""))
    if post_id is not None:
        post = await post_for(site, viewer, post_id)
        return post.author, post
    return await known_actor(site, request.query_params.get("account", "")), None


async def known_actor(site: Site, text: str) -> Actor:
    """Whom a handle names among those we know, suspended or not; asks no other server. Raises `NotFound`."""
    handle = parse_handle(text)
    if handle is None:
        raise NotFound("There is nobody with that name here.")
    own = (None, site.federation.config.domain, site.federation.config.authority)
    if handle.domain in own:
        found = Actor.filter(local_name=handle.name.lower(), deleted_at=None)
    else:
        found = Actor.filter(
            username__in=(handle.name, handle.name.lower()), domain=handle.domain, deleted_at=None
        )
    actor = await found.first()
    if actor is None:
        raise NotFound("There is nobody with that name here.")
    return actor


async def cards(
    site: Site, viewer: Actor, post_ids: list[int], *, within: Actor | None = None
) -> dict[int, PostView]:
    """Posts as cards, by id, those `within` a community only if it is given. Deleted ones are left out; whoever asks has
    checked what may be read.
    """
    posts = Post.filter(id__in=post_ids, deleted_at=None)
    if within is not None:
        posts = posts.filter(community_id=within.id)
    found = await timelines.with_parts(posts) if post_ids else []
    mine = await mine_among(site, viewer, found)
    return {post.id: post_view(site, viewer, post, mine) for post in found}


def render(request: Request, name: str, context: dict[str, Any], status: int = 200) -> Response:
    """A page of this feature."""
    rendered: Response = request.app.state.templates.render(
        request, f"moderation/{name}.html", context, status_code=status
    )
    return rendered
