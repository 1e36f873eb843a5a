"""Events that came before there was a table for them were kept in `Post.extra`: they move over."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

from federation.ids import first_id_at
from federation.wire.places import read_event, read_place

MOVED = (
    "startTime", "endTime", "timezone", "joinMode", "maximumAttendeeCapacity", "participantCount", "isOnline",
    "onlineLink", "externalParticipationUrl", "status",
)  # fmt: skip
COLUMNS = (
    "id", "post_id", "starts_at", "ends_at", "timezone", "place_name", "address", "latitude", "longitude",
    "online_url", "external_url", "join_mode", "capacity", "going_count", "status", "revision", "is_reminded",
)  # fmt: skip


async def move_events(apps: Any, editor: BaseSchemaEditor) -> None:
    """One post after the other; a second run finds nothing left."""
    client = editor.client
    numbered = client.capabilities.dialect == "postgres"
    ids = count(first_id_at(datetime.now(UTC)))

    async def run(query: str, values: list[Any]) -> None:
        parts = query.split("?")
        marks = "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], 1)) + parts[-1]
        await client.execute_query(marks if numbered else query, values)

    found = await client.execute_query_dict("SELECT id, extra FROM posts WHERE kind = 'event'")
    for row in found:
        extra = json.loads(row["extra"]) if isinstance(row["extra"], str) else dict(row["extra"] or {})
        event, place = read_event(extra), read_place(extra.get("location"))
        if event.start is not None:
            modes = ("free", "restricted", "external")
            states = ("confirmed", "tentative", "cancelled")
            values = [
                next(ids), row["id"], event.start,
                event.end if event.end is not None and event.end >= event.start else None,
                event.timezone,
                place.name if place else "", place.address if place else "",
                place.latitude if place else None, place.longitude if place else None,
                event.online_url, event.external_url,
                event.join_mode if event.join_mode in modes else "none",
                event.capacity, event.participants,
                event.status.lower() if event.status.lower() in states else "confirmed",
                0, False,
            ]  # fmt: skip
            marks = ", ".join("?" * len(COLUMNS))
            await run(f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({marks})", values)  # noqa: S608
        rest = json.dumps({key: value for key, value in extra.items() if key not in MOVED})
        await run("UPDATE posts SET extra = ? WHERE id = ?", [rest, row["id"]])


class Migration(migrations.Migration):
    dependencies = [("sebangsa", "0009_events")]

    initial = False

    operations = [ops.RunPython(move_events)]
