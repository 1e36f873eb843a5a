"""Reporting from apps, as Mastodon's client API has it."""

from __future__ import annotations

from typing import Any

from federation.models import Actor
from moderation.models import Case, CaseState
from moderation.reporting import MAX_COMMENT, MAX_POSTS, report
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import moment
from sebangsa.api.entities.accounts import account
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Post

CATEGORIES = ("spam", "legal", "violation", "other")


async def post_report(call: Call) -> dict[str, Any]:
    """`POST /api/v1/reports` with `account_id`, `status_ids[]`, `comment`, `forward`."""
    given = call.given
    accused_id = given.identity("account_id")
    if accused_id is None:
        raise Invalid("blank", "account_id can't be blank", field="account_id")
    accused = await Actor.get_or_none(id=accused_id, deleted_at=None)
    if accused is None or accused.type == "Application":
        raise NotFound("Record not found")
    wanted = given.identities("status_ids", MAX_POSTS)
    posts = await Post.filter(id__in=wanted, deleted_at=None) if wanted else []
    if len(posts) != len(wanted):
        raise NotFound("Record not found")
    comment = given.text("comment", limit=MAX_COMMENT)
    category = given.text("category") or "other"
    if category not in CATEGORIES:
        raise Invalid("category-unknown", "category is none that is known here.", field="category")
    case = await report(call.site, call.me, accused, posts, comment, forward=given.flag("forward"))
    return report_json(call, case, accused, category)


def report_json(call: Call, case: Case, accused: Actor, category: str) -> dict[str, Any]:
    """A Report. The category is only given back: moderators here read the comment."""
    return {
        "id": str(case.id),
        "action_taken": case.state == CaseState.RESOLVED,
        "action_taken_at": moment(case.resolved_at),
        "category": category,
        "comment": case.comment,
        "forwarded": case.is_forwarded,
        "created_at": moment(case.created_at),
        "status_ids": [str(post_id) for post_id in case.post_ids],
        "rule_ids": [],
        "collection_ids": [],
        "target_account": account(call.site, accused),
    }


ROUTES = [
    ApiRoute(
        "/api/v1/reports",
        post_report,
        Rule(Caller.PERSON, "write:reports", "report"),
        methods=["POST"],
    )
]
