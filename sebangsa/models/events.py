"""Events: when and where people meet, and who comes."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import Actor
from sebangsa.models.posts import Post


class JoinMode(StrEnum):
    """How one takes part: everybody at once, whom the organiser lets in, on another page, or not by any answer."""

    FREE = "free"
    RESTRICTED = "restricted"
    EXTERNAL = "external"
    NONE = "none"


class EventStatus(StrEnum):
    """RFC 5545's words for how sure it is."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class Event(Table):
    """The event of a post of kind `event`, ours or a peer's.

    `timezone` is an IANA name, or "" where the peer said none that we know. `going_count` is added up from those who
    take part for our own events, and is what the event's own host says for all others (None: it does not say).
    `revision` counts what moved it, as calendars ask. `is_reminded` tells that those who go were told it is soon.
    """

    id = fields.BigIntField(primary_key=True)
    post: fields.OneToOneRelation[Post] = fields.OneToOneField(
        "sebangsa.Post", related_name="event", on_delete=fields.CASCADE
    )
    post_id: int
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    timezone = fields.CharField(64, default="")
    place_name = fields.CharField(500, default="")
    address = fields.CharField(1500, default="")
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    online_url = fields.CharField(2048, default="")
    external_url = fields.CharField(2048, default="")  # where one takes part, with JoinMode.EXTERNAL
    join_mode = fields.CharEnumField(JoinMode, max_length=16, default=JoinMode.FREE)
    capacity = fields.IntField(null=True)
    going_count = fields.IntField(null=True)
    status = fields.CharEnumField(EventStatus, max_length=16, default=EventStatus.CONFIRMED)
    revision = fields.IntField(default=0)
    is_reminded = fields.BooleanField(default=False)
    untold_since = fields.DatetimeField(null=True)  # a count changed of which other servers have not heard
    participations: fields.ReverseRelation[Participation]

    class Meta:
        table = "events"
        indexes = [
            Index(fields=("is_reminded", "starts_at"), name="events_to_remind_of"),
            Index(fields=("starts_at",), name="events_by_start"),
            Index(fields=("untold_since",), name="events_untold"),
        ]


class ParticipationState(StrEnum):
    """What became of "I want to come"."""

    GOING = "going"
    ASKED = "asked"
    REFUSED = "refused"


class Participation(Table):
    """One person and one event; one row each, so that the database refuses a second one of the same moment.

    `uri` is the id of their `Join`, which an answer names. A refusal stays, so that asking again does not help.
    """

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "sebangsa.Event", related_name="participations", on_delete=fields.CASCADE
    )
    event_id: int
    person: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="participations", on_delete=fields.CASCADE
    )
    person_id: int
    state = fields.CharEnumField(ParticipationState, max_length=16)
    message = fields.CharField(500, default="")
    uri = fields.CharField(2048, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "participations"
        unique_together = (("event", "person"),)
        indexes = [
            Index(fields=("person_id", "event_id"), name="participations_of_actor"),
            Index(fields=("uri",), name="participations_by_join"),
        ]
