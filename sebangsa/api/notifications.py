"""What concerns a person: one by one (v1), or in groups of one (v2)."""

from __future__ import annotations

from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.notifications import KNOWN_TO_APPS, grouped, notifications
from sebangsa.api.paging import ACCOUNTS, link_pages, rows_of, window_of
from sebangsa.errors import NotFound
from sebangsa.models import Notification

MANY_TYPES = 40
MOST_COUNTED = 1000


def _wanted(call: Call) -> QuerySet[Notification]:
    """Mine, of the types that apps know, or of those that this one names: some fail on a type that is new to them."""
    given = call.given
    types = given.many("types", MANY_TYPES) or list(KNOWN_TO_APPS)
    left_out = given.many("exclude_types", MANY_TYPES)
    found = Notification.filter(
        Q(actor__suspended_at=None) | Q(type="admin.sign_up"),  # who waits to be let in is hidden till then
        recipient_id=call.me.id,
        type__in=[name for name in types if name not in left_out],
        actor__deleted_at=None,
    )
    by = given.identity("account_id")
    return found.filter(actor_id=by) if by is not None else found


async def _page(call: Call) -> list[dict[str, Any]]:
    window = window_of(call, ACCOUNTS)
    found = await rows_of(_wanted(call).select_related("actor"), window)
    link_pages(call, [row.id for row in found], window.limit)
    return await notifications(call.site, found, call.me)


async def list_notifications(call: Call) -> list[dict[str, Any]]:
    return await _page(call)


async def list_groups(call: Call) -> dict[str, Any]:
    return grouped(await _page(call))


async def _one(call: Call, row_id: int) -> tuple[Notification, dict[str, Any]]:
    """A notification of mine. Raises `NotFound`, also for another's (S-077)."""
    row = await Notification.get_or_none(id=row_id, recipient_id=call.me.id).select_related("actor")
    entries = await notifications(call.site, [row], call.me) if row is not None else []
    if row is None or not entries:
        raise NotFound
    return row, entries[0]


async def show_notification(call: Call) -> dict[str, Any]:
    return (await _one(call, call.path_id()))[1]


def _id_of_group(call: Call) -> int:
    prefix, _, text = call.request.path_params["key"].rpartition("-")
    if prefix != "ungrouped" or not text.isdecimal() or len(text) > 18:
        raise NotFound
    return int(text)


async def show_group(call: Call) -> dict[str, Any]:
    return grouped([(await _one(call, _id_of_group(call)))[1]])


async def group_accounts(call: Call) -> list[dict[str, Any]]:
    row, _ = await _one(call, _id_of_group(call))
    return [account(call.site, row.actor)]


async def _dismiss(call: Call, row_id: int) -> dict[str, Any]:
    if not await Notification.filter(id=row_id, recipient_id=call.me.id).delete():
        raise NotFound
    return {}


async def dismiss(call: Call) -> dict[str, Any]:
    return await _dismiss(call, call.path_id())


async def dismiss_group(call: Call) -> dict[str, Any]:
    return await _dismiss(call, _id_of_group(call))


async def clear(call: Call) -> dict[str, Any]:
    """Delete all of mine."""
    await Notification.filter(recipient_id=call.me.id).delete()
    return {}


async def unread_count(call: Call) -> dict[str, Any]:
    """How many came after what was read last, here or on the pages."""
    highest = call.given.number("limit", 100, MOST_COUNTED)
    unread = _wanted(call).filter(id__gt=call.user.notifications_read_id)
    return {"count": len(await unread.limit(highest).values_list("id", flat=True))}


async def policy(call: Call) -> dict[str, Any]:
    """What is filtered: nothing."""
    return {
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "accept",
        "for_limited_accounts": "accept",
        "for_bots": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }


_READ = Rule(Caller.PERSON, "read:notifications")
_WRITE = Rule(Caller.PERSON, "write:notifications")

ROUTES = [
    ApiRoute("/api/v1/notifications", list_notifications, _READ),
    ApiRoute("/api/v1/notifications/clear", clear, _WRITE, methods=["POST"]),
    ApiRoute("/api/v1/notifications/unread_count", unread_count, _READ),
    ApiRoute("/api/v1/notifications/{id}", show_notification, _READ),
    ApiRoute("/api/v1/notifications/{id}/dismiss", dismiss, _WRITE, methods=["POST"]),
    ApiRoute("/api/v2/notifications", list_groups, _READ),
    ApiRoute("/api/v2/notifications/policy", policy, _READ),
    ApiRoute("/api/v2/notifications/unread_count", unread_count, _READ),
    ApiRoute("/api/v2/notifications/{key}", show_group, _READ),
    ApiRoute("/api/v2/notifications/{key}/accounts", group_accounts, _READ),
    ApiRoute("/api/v2/notifications/{key}/dismiss", dismiss_group, _WRITE, methods=["POST"]),
]
