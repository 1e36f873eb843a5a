"""Reports and their history, the offices that answer for them, and the communities that take them."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import URL_LENGTH, Actor
from sebangsa.models import Post


class Body(Table):
    """An office that answers for areas and services, ours or on another server.

    `services` are category codes, group codes or `*`. `tier` says how its authority is known: A a government's own
    domain, B vouched for by one, C chosen by the people of this server, D only its own word; D sets no status.
    """

    id = fields.BigIntField(primary_key=True)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "federation.Actor", related_name="body", on_delete=fields.CASCADE
    )
    actor_id: int
    areas: fields.Field[list[str]] = fields.JSONField(default=list)
    services: fields.Field[list[str]] = fields.JSONField(default=list)
    tier = fields.CharField(1, default="C")
    reached_by = fields.CharField(16, default="sebangsa")  # sebangsa | mastodon
    officers_url = fields.CharField(URL_LENGTH, default="")  # its own list, on its own host
    officers_read_at = fields.DatetimeField(null=True)
    key_fingerprint = fields.CharField(
        64, default=""
    )  # of its actor's keys when somebody here vouched for it
    is_active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "bodies"


class Officer(Table):
    """Somebody who speaks for a body. `source` is `here` (an admin said so) or `origin` (its own list says so)."""

    id = fields.BigIntField(primary_key=True)
    body: fields.ForeignKeyRelation[Body] = fields.ForeignKeyField(
        "civic_bridge.Body", related_name="officers", on_delete=fields.CASCADE
    )
    body_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="officer_of", on_delete=fields.CASCADE
    )
    actor_id: int
    source = fields.CharField(8, default="here")
    created_at = fields.DatetimeField()

    class Meta:
        table = "officers"
        unique_together = (("body", "actor"),)


class CivicCommunity(Table):
    """A community that takes reports. Its default body gets what no routing rule finds an office for."""

    id = fields.BigIntField(primary_key=True)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "federation.Actor", related_name="civic_community", on_delete=fields.CASCADE
    )
    actor_id: int
    default_body: fields.ForeignKeyNullableRelation[Body] = fields.ForeignKeyField(
        "civic_bridge.Body", related_name="default_of", null=True, on_delete=fields.SET_NULL
    )
    default_body_id: int | None
    area_code = fields.CharField(20, default="")  # offered first in its form
    is_open = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "civic_communities"


class Report(Table):
    """What a citizen reported: the civic side of a post. `host` is its home server, empty for our own.

    Only the home server decides the order of its history (`seq`, `head_hash`); other servers keep a copy. `lat` and
    `lon` are as exact as we know them; what others see is `wire.public_point`. `jurisdiction` is the id of the
    responsible actor, also where we know no body for it.
    """

    id = fields.BigIntField(primary_key=True)
    post: fields.OneToOneRelation[Post] = fields.OneToOneField(
        "sebangsa.Post", related_name="report", on_delete=fields.CASCADE
    )
    post_id: int
    reference = fields.CharField(40)
    host = fields.CharField(255, default="")
    reporter: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="reports", on_delete=fields.CASCADE
    )
    reporter_id: int
    category = fields.CharField(40)
    area_code = fields.CharField(20, default="")
    lat = fields.FloatField(null=True)
    lon = fields.FloatField(null=True)
    precision = fields.CharField(10, default="exact")  # exact | street | kelurahan
    address = fields.CharField(500, default="")
    description = fields.TextField(default="")  # Markdown of our own, without the status line
    visibility = fields.CharField(
        8, default="public"
    )  # public | masked | private (the last two only read from peers)
    status = fields.CharField(20, default="received")
    body: fields.ForeignKeyNullableRelation[Body] = fields.ForeignKeyField(
        "civic_bridge.Body", related_name="reports", null=True, on_delete=fields.SET_NULL
    )
    body_id: int | None
    jurisdiction = fields.CharField(URL_LENGTH, default="")
    expected_at = fields.DatetimeField(null=True)
    idempotency_key = fields.CharField(64, null=True)
    seq = fields.IntField(default=0)
    head_hash = fields.CharField(80, default="")
    history_url = fields.CharField(URL_LENGTH, default="")
    case_url = fields.CharField(URL_LENGTH, default="")  # where the body keeps its own file on it
    flags: fields.Field[list[str]] = fields.JSONField(default=list)  # what people should look at
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "reports"
        unique_together = (("host", "reference"), ("reporter", "idempotency_key"))
        indexes = [
            Index(fields=("body_id", "status", "id"), name="reports_of_body"),
            Index(fields=("area_code", "id"), name="reports_of_area"),
            Index(fields=("lat", "lon"), name="reports_by_place"),
        ]

    @property
    def is_ours(self) -> bool:
        """Whether this server is its home and decides its history."""
        return self.host == ""


class EventState(StrEnum):
    APPLIED = "applied"
    HELD = "held"  # came before the step that it follows
    REFUSED = "refused"  # shown as an ordinary comment: `refusal` says why


class StatusEvent(Table):
    """One step of a report, or somebody's try at one. Applied steps are numbered and chained by hash.

    `is_confirmed`: the home server has it in its history; a copy's own step waits for that.
    """

    id = fields.BigIntField(primary_key=True)
    report: fields.ForeignKeyRelation[Report] = fields.ForeignKeyField(
        "civic_bridge.Report", related_name="events", on_delete=fields.CASCADE
    )
    report_id: int
    state = fields.CharEnumField(EventState, max_length=8, default=EventState.APPLIED)
    refusal = fields.CharField(32, default="")
    seq = fields.IntField(null=True)  # only of applied steps
    claimed_seq = fields.IntField(default=0)
    from_status = fields.CharField(20)
    to_status = fields.CharField(20)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="status_events", on_delete=fields.CASCADE
    )
    actor_id: int
    body: fields.ForeignKeyNullableRelation[Body] = fields.ForeignKeyField(
        "civic_bridge.Body", related_name="events", null=True, on_delete=fields.SET_NULL
    )
    body_id: int | None
    officer: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="answers_given", null=True, on_delete=fields.SET_NULL
    )  # which of our officers did it; never shown outside the body
    officer_id: int | None
    post: fields.OneToOneNullableRelation[Post] = fields.OneToOneField(
        "sebangsa.Post", related_name="status_event", null=True, on_delete=fields.SET_NULL
    )
    post_id: int | None
    note_uri = fields.CharField(URL_LENGTH, default="")  # of the reply, or of the activity that did it
    text = fields.TextField(default="")  # plain
    reason = fields.CharField(200, default="")
    proposed: fields.Field[list[str]] = fields.JSONField(default=list)  # actor ids named by a transfer
    duplicate_of = fields.CharField(URL_LENGTH, default="")
    expected_at = fields.DatetimeField(null=True)
    at = fields.DatetimeField()
    prev = fields.CharField(80, default="")
    hash = fields.CharField(80, default="")
    is_confirmed = fields.BooleanField(default=True)

    class Meta:
        table = "status_events"
        unique_together = (("report", "seq"),)
        indexes = [Index(fields=("report_id", "id"), name="status_events_of_report")]

    @property
    def is_official(self) -> bool:
        return self.state == EventState.APPLIED


class OfferState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Offer(Table):
    """A report handed to a body: at its filing, or by another body (`is_transfer`). `offerer` is who asked."""

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(URL_LENGTH, unique=True)
    report: fields.ForeignKeyRelation[Report] = fields.ForeignKeyField(
        "civic_bridge.Report", related_name="offers", on_delete=fields.CASCADE
    )
    report_id: int
    offerer: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="reports_offered", on_delete=fields.CASCADE
    )
    offerer_id: int
    body: fields.ForeignKeyRelation[Body] = fields.ForeignKeyField(
        "civic_bridge.Body", related_name="offers", on_delete=fields.CASCADE
    )
    body_id: int
    is_transfer = fields.BooleanField(default=False)
    state = fields.CharEnumField(OfferState, max_length=9, default=OfferState.PENDING)
    reason = fields.CharField(500, default="")
    created_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "report_offers"
        indexes = [Index(fields=("body_id", "state", "id"), name="report_offers_of_body")]
