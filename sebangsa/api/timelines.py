"""Home, public and hashtag timelines."""

from __future__ import annotations

from typing import Any

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from sebangsa import timelines
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.accounts import status_page
from sebangsa.models import Attachment, Post, PostTag, Visibility
from sebangsa.text.hashtags import normal_form
from sebangsa.visibility import readable

MANY_TAGS = 4


async def home(call: Call) -> list[dict[str, Any]]:
    return await status_page(call, timelines.home(call.me))


async def public(call: Call) -> list[dict[str, Any]]:
    """Everybody's public posts; `local` or `remote` narrows it."""
    return await status_page(call, _narrowed(call, timelines.public(local_only=call.given.flag("local"))))


async def tagged(call: Call) -> list[dict[str, Any]]:
    """Public posts with a hashtag, and with `any[]`, `all[]`, but not `none[]` of others."""
    given = call.given
    names = [call.request.path_params["tag"], *given.many("any", MANY_TAGS)]
    wanted = [name for name in (normal_form(text) for text in names) if name]
    if not wanted:
        return []
    posts = timelines.by_tag(wanted[0], call.viewer)
    if len(wanted) > 1:
        either = PostTag.filter(name__in=wanted).values("post_id")
        posts = readable(Post.filter(visibility=Visibility.PUBLIC), call.viewer).filter(
            id__in=Subquery(either)
        )
    for text in given.many("all", MANY_TAGS):
        posts = posts.filter(id__in=Subquery(PostTag.filter(name=normal_form(text) or "").values("post_id")))
    for text in given.many("none", MANY_TAGS):
        posts = posts.exclude(id__in=Subquery(PostTag.filter(name=normal_form(text) or "").values("post_id")))
    if given.flag("local"):
        posts = posts.filter(is_local=True)
    return await status_page(call, _narrowed(call, posts))


def _narrowed(call: Call, posts: QuerySet[Post]) -> QuerySet[Post]:
    if call.given.flag("remote"):
        posts = posts.filter(is_local=False)
    if call.given.flag("only_media"):
        posts = posts.filter(id__in=Subquery(Attachment.filter(post_id__isnull=False).values("post_id")))
    return posts


_PUBLIC = Rule(Caller.ANYBODY, "read:statuses")

ROUTES = [
    ApiRoute("/api/v1/timelines/home", home, Rule(Caller.PERSON, "read:statuses")),
    ApiRoute("/api/v1/timelines/public", public, _PUBLIC),
    ApiRoute("/api/v1/timelines/tag/{tag}", tagged, _PUBLIC),
]
