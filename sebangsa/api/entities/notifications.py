"""Notification, one by one and in groups of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from federation.models import Actor
from sebangsa.api.answers import moment
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.statuses import statuses
from sebangsa.models import Notification, Post
from sebangsa.timelines import with_parts
from sebangsa.visibility import readable

if TYPE_CHECKING:
    from sebangsa.site import Site

KNOWN_TO_APPS = (
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "admin.sign_up",
    "admin.report",
    "severed_relationships",
    "moderation_warning",
    "quote",
    "quoted_update",
)
WITH_STATUS = ("mention", "status", "reblog", "favourite", "poll", "update", "quote", "quoted_update")


async def notifications(site: Site, found: Sequence[Notification], me: Actor) -> list[dict[str, Any]]:
    """Notifications with their statuses, in a number of queries that does not grow.

    One whose post is gone or may no longer be read is left out: apps expect the status there.
    """
    ids = {row.post_id for row in found if row.post_id is not None and row.type in WITH_STATUS}
    posts = await with_parts(readable(Post.filter(id__in=ids), me)) if ids else []
    shown = {entry["id"]: entry for entry in await statuses(site, posts, me)}
    entries: list[dict[str, Any]] = []
    for row in found:
        entry: dict[str, Any] = {
            "id": str(row.id),
            "type": row.type,
            "created_at": moment(row.created_at),
            "group_key": group_key(row),
            "account": account(site, row.actor),
        }
        if row.type in WITH_STATUS:
            status = shown.get(str(row.post_id))
            if status is None:
                continue
            entry["status"] = status
        entries.append(entry)
    return entries


def group_key(row: Notification) -> str:
    """Nothing is grouped here: each notification is its own group, in Mastodon's words for that."""
    return f"ungrouped-{row.id}"


def grouped(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The same notifications as `GET /api/v2/notifications` gives them."""
    accounts = {entry["account"]["id"]: entry["account"] for entry in entries}
    found = {entry["status"]["id"]: entry["status"] for entry in entries if "status" in entry}
    return {
        "accounts": list(accounts.values()),
        "statuses": list(found.values()),
        "notification_groups": [_group(entry) for entry in entries],
    }


def _group(entry: dict[str, Any]) -> dict[str, Any]:
    group = {
        "group_key": entry["group_key"],
        "notifications_count": 1,
        "type": entry["type"],
        "most_recent_notification_id": entry["id"],
        "page_min_id": entry["id"],
        "page_max_id": entry["id"],
        "latest_page_notification_at": entry["created_at"],
        "sample_account_ids": [entry["account"]["id"]],
    }
    if "status" in entry:
        group["status_id"] = entry["status"]["id"]
    return group
