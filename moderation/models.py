"""What people report, what moderators did about it, and whom this server does not talk with."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import URL_LENGTH, Actor


class CaseState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class Case(Table):
    """A report about somebody, with the posts it names: from one of ours, or from a peer (`Flag`).

    `community` is where those posts stand, when its moderators judge it too. Not `is_for_site` is a report of strangers
    about a stranger, here only because one of ours moderates that community elsewhere.
    """

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(URL_LENGTH, unique=True)  # id of the Flag
    reporter: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="cases_reported", on_delete=fields.CASCADE
    )
    reporter_id: int
    accused: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="cases_about", on_delete=fields.CASCADE
    )
    accused_id: int
    post_ids: fields.Field[list[int]] = fields.JSONField(default=list)
    comment = fields.TextField(default="")
    community: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="cases_in", null=True, on_delete=fields.SET_NULL
    )
    community_id: int | None
    rule = fields.CharField(
        500, default="", db_default=""
    )  # of the community, with its number, as it was then
    is_for_site = fields.BooleanField(default=True, db_default=True)
    is_forwarded = fields.BooleanField(default=False)
    state = fields.CharEnumField(CaseState, max_length=8, default=CaseState.OPEN)
    resolved_by: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="cases_resolved", null=True, on_delete=fields.SET_NULL
    )
    resolved_by_id: int | None
    answer = fields.TextField(default="")  # what the reporter is told
    created_at = fields.DatetimeField()
    resolved_at = fields.DatetimeField(null=True)

    class Meta:
        table = "moderation_cases"
        indexes = [
            Index(fields=("state", "id"), name="moderation_cases_queue"),
            Index(fields=("community_id", "state", "id"), name="moderation_cases_in_community"),
        ]


class DomainBlock(Table):
    """A host, with all below it, that this server neither hears nor tells anything."""

    domain = fields.CharField(255, primary_key=True)  # normal form
    reason = fields.TextField(default="")
    is_public = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "domain_blocks"


class LogEntry(Table):
    """One act of moderation, for everybody to read. `target` names its object as it was called then."""

    id = fields.BigIntField(primary_key=True)
    moderator: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="moderation_log", on_delete=fields.CASCADE
    )
    moderator_id: int
    action = fields.CharField(
        32
    )  # remove-post, restore-post, suspend, unsuspend, delete-account, block-domain, unblock-domain
    target = fields.CharField(URL_LENGTH)
    reason = fields.TextField(default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "moderation_log"
