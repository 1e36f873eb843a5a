"""What was read of the past of communities, people and threads of other servers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields

from federation.database import Table


class BackfillState(StrEnum):
    WAITING = "waiting"  # a job is at it
    MORE = "more"  # our budget ended; it can go on from `steps`
    CLIPPED = "clipped"  # the host lists no more, and there is more
    FAILED = "failed"
    DONE = "done"


class Backfill(Table):
    """One actor or thread of another server, and how far it was read. `kind` says what `subject_id` is.

    `steps` are still to do and `pages` were read, as `backfill_walk` writes them: a killed job goes on there.
    `fetches`, `received` (bytes) and `brought` (posts) count since it was last asked for; `listed` are the items
    that its main collection showed us, `stated` how many it says it has.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(8)  # actor | thread
    subject_id = fields.BigIntField()
    host = fields.CharField(255)
    state = fields.CharEnumField(BackfillState, max_length=8, default=BackfillState.WAITING)
    steps: fields.Field[list[dict[str, Any]]] = fields.JSONField(default=list)
    pages: fields.Field[list[str]] = fields.JSONField(default=list)
    fetches = fields.IntField(default=0)
    received = fields.BigIntField(default=0)
    brought = fields.IntField(default=0)
    listed = fields.IntField(default=0)
    stated = fields.BigIntField(null=True)
    rounds = fields.IntField(default=0)
    error = fields.CharField(32, default="")
    asked_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "backfills"
        unique_together = (("kind", "subject_id"),)
