"""Delivering (interim; the delivery developer replaces this file)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.local_keys import signing_key
from federation.models import Delivery
from federation.signatures import sign_request
from federation.transport import Timeouts

if TYPE_CHECKING:
    from federation.federation import Federation


async def deliver(fed: Federation, *, budget: int | None = None) -> int:
    done = 0
    for row in await Delivery.filter(state="pending").order_by("id").select_related("activity"):
        key = await signing_key(fed, row.activity.actor_id)
        body = row.activity.body.encode()
        headers = sign_request("POST", row.inbox_url, body, key, scheme="cavage", now=fed.clock.time())
        answer = await fed.transport.request(
            "POST", row.inbox_url, headers, body, max_bytes=10_000, timeout=Timeouts()
        )
        row.status = answer.status
        row.state = "delivered" if answer.status < 300 else "refused"
        row.reason = answer.body[:200].decode(errors="replace")
        row.done_at = fed.clock.now()
        await row.save()
        done += 1
    return done
