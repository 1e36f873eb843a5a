"""Polls that came before there were tables for them were kept in `Post.extra`: they move over."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

from federation.ids import first_id_at
from federation.wire.polls import read_poll

MOVED = ("oneOf", "anyOf", "endTime", "closed", "votersCount")
MOST = 2_000_000_000


async def move_polls(apps: Any, editor: BaseSchemaEditor) -> None:
    """One post after the other; a second run finds nothing left."""
    client = editor.client
    numbered = client.capabilities.dialect == "postgres"
    ids = count(first_id_at(datetime.now(UTC)))

    async def run(query: str, values: list[Any]) -> None:
        parts = query.split("?")
        marks = "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], 1)) + parts[-1]
        await client.execute_query(marks if numbered else query, values)

    found = await client.execute_query_dict("SELECT id, extra FROM posts WHERE kind = 'question'")
    for row in found:
        extra = json.loads(row["extra"]) if isinstance(row["extra"], str) else dict(row["extra"] or {})
        poll = read_poll(extra)
        if poll is not None:
            poll_id = next(ids)
            voters = None if poll.voters_count is None else min(poll.voters_count, MOST)
            await run(
                """INSERT INTO polls (id, post_id, is_multiple, hides_totals, ends_at, closed_at, has_ended, voters_count)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                [poll_id, row["id"], poll.multiple, False, poll.end_time, poll.closed, False, voters],
            )
            for position, option in enumerate(poll.options):
                await run(
                    "INSERT INTO poll_options (id, poll_id, position, name, votes_count) VALUES (?, ?, ?, ?, ?)",
                    [next(ids), poll_id, position, option.name, min(option.votes or 0, MOST)],
                )
        rest = json.dumps({key: value for key, value in extra.items() if key not in MOVED})
        await run("UPDATE posts SET extra = ? WHERE id = ?", [rest, row["id"]])


class Migration(migrations.Migration):
    dependencies = [("sebangsa", "0006_polls")]

    initial = False

    operations = [ops.RunPython(move_polls)]
