"""Relays that an administrator asked to exchange public posts with."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from federation.database import Table
from federation.models import URL_LENGTH, Actor


class RelayKind(StrEnum):
    """How a relay is spoken to: Mastodon's way (a `Follow` of everybody, sent to an inbox) or LitePub's (of an actor)."""

    MASTODON = "mastodon"
    LITEPUB = "litepub"


class RelayState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Relay(Table):
    """A relay. Its actor is known from the start on LitePub's way, and by its answer on Mastodon's."""

    id = fields.BigIntField(primary_key=True)
    url = fields.CharField(URL_LENGTH, unique=True)  # as the administrator gave it: an inbox or an actor
    kind = fields.CharEnumField(RelayKind, max_length=8)
    inbox_url = fields.CharField(URL_LENGTH)
    host = fields.CharField(255)
    state = fields.CharEnumField(RelayState, max_length=8, default=RelayState.ASKED)
    follow_uri = fields.CharField(URL_LENGTH)  # id of our Follow
    actor: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="relays", null=True, on_delete=fields.SET_NULL
    )
    actor_id: int | None
    follows_back = fields.BooleanField(default=False)
    asked_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "relays"
