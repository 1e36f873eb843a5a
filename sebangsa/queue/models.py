"""The jobs table."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table


class Job(Table):
    """One piece of work. A row is deleted when it is done; `dead` ones wait for an admin with their error."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(64)
    args: fields.Field[list[Any]] = fields.JSONField(default=list)
    key = fields.CharField(255, unique=True, null=True)  # the same work is not asked for twice
    run_at = fields.DatetimeField()
    attempts = fields.IntField(default=0)
    locked_until = fields.DatetimeField(null=True)
    is_dead = fields.BooleanField(default=False)
    error = fields.TextField(default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "jobs"
        indexes = [Index(fields=("is_dead", "run_at"), name="jobs_due")]
