"""Who has an account here, and how they are signed in."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields

from federation.database import Table
from federation.models import Actor


class Role(StrEnum):
    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"


class User(Table):
    """An account: the private side of a local actor."""

    id = fields.BigIntField(primary_key=True)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "federation.Actor", related_name="user", on_delete=fields.CASCADE
    )
    actor_id: int
    email = fields.CharField(254, unique=True, null=True)  # lower case
    password_hash = fields.CharField(255, default="")
    role = fields.CharEnumField(Role, max_length=16, default=Role.MEMBER)
    language = fields.CharField(8, default="")
    preferences: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    confirmed_at = fields.DatetimeField(null=True)  # the e-mail address
    approved_at = fields.DatetimeField(null=True)  # the sign-up, where an admin decides
    disabled_at = fields.DatetimeField(null=True)
    last_seen_at = fields.DatetimeField(null=True)
    notifications_read_id = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()

    class Meta:
        table = "users"

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None and self.approved_at is not None

    @property
    def is_moderator(self) -> bool:
        return self.role in (Role.MODERATOR, Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN


class Session(Table):
    """A signed-in browser. The cookie's value is stored as a hash only."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "sebangsa.User", related_name="sessions", on_delete=fields.CASCADE
    )
    user_id: int
    user_agent = fields.CharField(255, default="")
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()

    class Meta:
        table = "sessions"


class OneTimeLink(Table):
    """A link that may be used once: to make the first administrator, to sign in, to reset a password."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    purpose = fields.CharField(16)  # first-admin | sign-in | reset-password | confirm-email
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "sebangsa.User", related_name="links", null=True, on_delete=fields.CASCADE
    )
    user_id: int | None
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "one_time_links"


class Invite(Table):
    """A code that opens registration to whoever has it. Gives no role."""

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(32, unique=True)
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "sebangsa.User", related_name="invites", on_delete=fields.CASCADE
    )
    created_by_id: int
    max_uses = fields.IntField(default=1)
    uses = fields.IntField(default=0)
    expires_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "invites"
