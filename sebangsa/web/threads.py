"""A post's own page, and what is done there: answer, vote, boost, edit, delete."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.endpoints.answers import wants_activity
from federation.models import Actor
from sebangsa import activitypub, boosting, posting, timelines, voting
from sebangsa.counts import COLLECTIONS
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.models import Mention, Post, Visibility
from sebangsa.polls import voting as polls
from sebangsa.uploads import upload_picture
from sebangsa.visibility import OPEN, must_be_author, post_for
from sebangsa.web.backfills import missing_of_thread
from sebangsa.web.forms import back_to, files_of, form_of, id_in, id_of, text_of
from sebangsa.web.presenting import comment_tree, mine_among, post_view
from sebangsa.web.viewing import page, signed_in, site_of, viewer_of


async def post(request: Request) -> Response:
    """`/p/{id}`: for servers the object, for browsers the thread."""
    if wants_activity(request):
        return await activitypub.post_answer(site_of(request), request, id_of(request))
    return await _thread_page(request)


@page
async def _thread_page(request: Request) -> Response:
    site = site_of(request)
    viewer = _actor_of(request)
    shown = await _shown_post(request)
    if shown.boost_of_id:
        return RedirectResponse(f"/p/{shown.boost_of_id}", 307)
    above = await timelines.ancestors(site, shown, viewer)
    below = await timelines.descendants(site, shown, viewer)
    [loaded] = await timelines.with_parts(Post.filter(id=shown.id))
    mine = await mine_among(site, viewer, [*above, loaded, *below])
    context = {
        "post": post_view(site, viewer, loaded, mine),
        "above": [post_view(site, viewer, entry, mine) for entry in above],
        "comments": comment_tree(site, viewer, loaded, below, mine),
        "community": loaded.community if loaded.community_id else None,
        "about_community": Markup(loaded.community.summary if loaded.community else ""),  # noqa: S704 - sanitised
        "panels": [
            markup for panel in site.panels if (markup := await panel(site, request, loaded)) is not None
        ],
        "answer": request.query_params.get("answer", "")[: posting.MAX_SOURCE],
        "uri": shown.uri if shown.visibility in OPEN else "",
        "may_answer": viewer is not None and not loaded.is_locked,
        "missing": await missing_of_thread(site, loaded, loaded.community)
        if loaded.in_reply_to_id is None and loaded.visibility in (*OPEN, Visibility.MEMBERS)
        else None,
    }
    return _render(request, "pages/thread.html", context)


@signed_in
async def reply(request: Request) -> Response:
    """`POST /p/{id}/reply` with `source`."""
    site, viewer = site_of(request), viewer_of(request).actor
    parent = await _shown_post(request)
    form = await form_of(request)
    pictures = [
        (await upload_picture(site, viewer, data)).attachment for data in await files_of(form, "pictures")
    ]
    is_direct = parent.visibility == Visibility.DIRECT
    draft = posting.Draft(
        source=text_of(form, "source"),
        visibility=parent.visibility,
        in_reply_to=parent,
        attachments=pictures,
        recipients=await _others_in(parent, viewer) if is_direct else (),
        is_closed=is_direct,
    )
    made = await posting.create_post(site, viewer, draft)
    return back_to(request, f"/p/{parent.root_id or parent.id}#p{made.id}", text_of(form, "next"))


async def _others_in(message: Post, viewer: Actor) -> list[Actor]:
    """Whom an answer to a direct post goes to: all who have it, and nobody whom the answer names (S-110)."""
    named = await Mention.filter(post_id=message.id).select_related("actor")
    people = {actor.id: actor for actor in (message.author, *(mention.actor for mention in named))}
    people.pop(viewer.id, None)
    return list(people.values()) or [viewer]


@signed_in
async def vote(request: Request) -> Response:
    """`POST /p/{id}/vote` with `value` 1, -1 or 0; the same vote again takes it back."""
    site, viewer = site_of(request), viewer_of(request).actor
    shown = await _shown_post(request)
    form = await form_of(request)
    wanted = {"1": 1, "-1": -1}.get(text_of(form, "value"), 0)
    mine = await mine_among(site, viewer, [shown])
    await voting.vote(site, viewer, shown, 0 if mine.votes.get(shown.id) == wanted else wanted)
    return back_to(request, f"/p/{shown.id}", text_of(form, "next"))


@signed_in
async def vote_in_poll(request: Request) -> Response:
    """`POST /p/{id}/poll` with `option-{id}`, once for each answer chosen. What is not possible is said on the page."""
    site, viewer = site_of(request), viewer_of(request).actor
    shown = await _shown_post(request)
    form = await form_of(request)
    given = [value for value in form.getlist(f"option-{shown.id}") if isinstance(value, str)]
    chosen = {number for value in given if (number := id_in(value)) is not None}
    await polls.vote(site, viewer, shown, chosen)
    return back_to(request, f"/p/{shown.id}", text_of(form, "next"))


@signed_in
async def boost(request: Request) -> Response:
    """`POST /p/{id}/boost`; a second time takes it back."""
    site, viewer = site_of(request), viewer_of(request).actor
    shown = await _shown_post(request)
    if await Post.exists(boost_of_id=shown.id, author_id=viewer.id):
        await boosting.unboost(site, viewer, shown)
    else:
        await boosting.boost(site, viewer, shown)
    return back_to(request, f"/p/{shown.id}", text_of(await form_of(request), "next"))


@signed_in
async def edit(request: Request) -> Response:
    """`/p/{id}/edit`: the form, and what it sends. A mistake loses nothing."""
    site, viewer = site_of(request), viewer_of(request).actor
    shown = await _shown_post(request)
    must_be_author(viewer, shown)
    if request.method == "GET":
        values = {"source": shown.source, "name": shown.name, "summary": shown.summary}
        return _render(request, "pages/edit.html", {"post": shown, "values": values, "error": None})
    form = await form_of(request)
    values = {name: text_of(form, name) for name in ("source", "name", "summary")}
    try:
        await posting.edit_post(site, viewer, shown, **values)
    except (Invalid, NotAllowed) as error:
        context = {"post": shown, "values": values, "error": error}
        return _render(request, "pages/edit.html", context, error.status)
    return back_to(request, f"/p/{shown.id}")


@signed_in
async def delete(request: Request) -> Response:
    """`POST /p/{id}/delete`."""
    shown = await _shown_post(request)
    await posting.delete_post(site_of(request), viewer_of(request).actor, shown)
    return back_to(request, f"/p/{shown.root_id}" if shown.root_id else "/")


async def _shown_post(request: Request) -> Post:
    return await post_for(site_of(request), _actor_of(request), id_of(request))


def _actor_of(request: Request) -> Actor | None:
    return request.state.viewer.actor if request.state.viewer else None


async def post_create(request: Request) -> Response:
    """`/p/{id}/activity`, for servers."""
    return await activitypub.create_answer(site_of(request), request, id_of(request))


async def post_counts(request: Request) -> Response:
    """`/p/{id}/likes`, `/p/{id}/dislikes`, `/p/{id}/shares`, for servers."""
    name = request.url.path.rpartition("/")[2]
    return await activitypub.count_answer(site_of(request), request, id_of(request), name)


async def post_replies(request: Request) -> Response:
    """`/p/{id}/replies`, for servers."""
    return await activitypub.replies_answer(site_of(request), request, id_of(request))


async def post_context(request: Request) -> Response:
    """`/p/{id}/context`, for servers."""
    return await activitypub.context_answer(site_of(request), request, id_of(request))


async def stamp(request: Request) -> Response:
    """`/p/{id}/quotes/{quote}`, for servers."""
    return await activitypub.stamp_answer(site_of(request), request, id_of(request), id_of(request, "quote"))


def _render(request: Request, name: str, context: dict[str, Any], status: int = 200) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context, status_code=status)
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/p/{id:int}", post),
    Route("/p/{id:int}/activity", post_create),
    Route("/p/{id:int}/replies", post_replies),
    *(Route(f"/p/{{id:int}}/{name}", post_counts) for name in COLLECTIONS),
    Route("/p/{id:int}/context", post_context),
    Route("/p/{id:int}/quotes/{quote:int}", stamp),
    Route("/p/{id:int}/reply", reply, methods=["POST"]),
    Route("/p/{id:int}/vote", vote, methods=["POST"]),
    Route("/p/{id:int}/poll", vote_in_poll, methods=["POST"]),
    Route("/p/{id:int}/boost", boost, methods=["POST"]),
    Route("/p/{id:int}/edit", edit, methods=["GET", "POST"]),
    Route("/p/{id:int}/delete", delete, methods=["POST"]),
]
