"""The protocol's tables: who there is, who follows whom, what came in, what goes out, and to which peers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.vocabulary import CLOSED_ACCESS

URL_LENGTH = 2048
MAX_LOCAL_NAME = 64


class Actor(Table):
    """A person, community, feed of communities, organisation, service or server, here or elsewhere.

    `host` is the peer that serves it and its delivery lane; empty for our own. `domain` is what stands behind
    the @ of its handle (another host than `host` on a split domain); empty for our own.
    """

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(URL_LENGTH, unique=True)
    type = fields.CharField(16)
    username = fields.CharField(255)
    local_name = fields.CharField(
        MAX_LOCAL_NAME, unique=True, null=True
    )  # people and communities here share one name space
    domain = fields.CharField(255, default="")
    host = fields.CharField(255, default="")
    name = fields.CharField(2048, default="")
    summary = fields.TextField(default="")  # sanitised HTML
    source = fields.TextField(default="")  # Markdown of our own
    url = fields.CharField(URL_LENGTH, default="")
    icon_url = fields.CharField(URL_LENGTH, default="")
    image_url = fields.CharField(URL_LENGTH, default="")
    inbox_url = fields.CharField(URL_LENGTH, default="")
    shared_inbox_url = fields.CharField(URL_LENGTH, default="")
    outbox_url = fields.CharField(URL_LENGTH, default="")
    followers_url = fields.CharField(URL_LENGTH, default="")
    following_url = fields.CharField(URL_LENGTH, default="")
    featured_url = fields.CharField(URL_LENGTH, default="")
    moderators_url = fields.CharField(URL_LENGTH, default="")
    manually_approves_followers = fields.BooleanField(default=False)
    discoverable = fields.BooleanField(default=True)
    indexable = fields.BooleanField(default=True)
    accepts_chat_messages = fields.BooleanField(default=False)
    profile_fields: fields.Field[list[dict[str, str]]] = fields.JSONField(default=list)
    also_known_as: fields.Field[list[str]] = fields.JSONField(default=list)
    moved_to = fields.CharField(URL_LENGTH, default="")
    extra: fields.Field[dict[str, Any]] = fields.JSONField(
        default=dict
    )  # what features publish or read besides
    followers_count = fields.IntField(default=0)
    following_count = fields.IntField(default=0)
    posts_count = fields.IntField(default=0)
    last_post_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    fetched_at = fields.DatetimeField(null=True)
    suspended_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "actors"
        indexes = [
            Index(fields=("username", "domain"), name="actors_handle"),
            Index(fields=("host",), name="actors_host"),
        ]

    @property
    def is_local(self) -> bool:
        return self.host == ""

    @property
    def is_group(self) -> bool:
        return self.type == "Group"

    @property
    def is_feed(self) -> bool:
        """A list of communities that can be followed (PieFed, Lemmy 1.0)."""
        return self.type == "Feed"

    @property
    def is_nameable(self) -> bool:
        """False for one of ours without a name, which is for its owner alone."""
        return self.host != "" or self.local_name is not None

    @property
    def is_members_only(self) -> bool:
        """Whether it is a group that shows what is posted in it to its members alone, as it says itself: by `accessType`
        (Smithereen), or in the threadiverse, which has no such word, by approving its followers (Lemmy 1.0).
        """
        if not self.is_group:
            return False
        if self.is_local or "accessType" in self.extra:
            return self.extra.get("accessType") in CLOSED_ACCESS
        return self.manually_approves_followers and "postingRestrictedToMods" in self.extra

    @property
    def is_usable(self) -> bool:
        """Neither suspended here nor deleted."""
        return self.suspended_at is None and self.deleted_at is None

    @property
    def delivery_url(self) -> str:
        """Where an activity for this actor goes when others on its server may get it too."""
        return self.shared_inbox_url or self.inbox_url

    @property
    def handle(self) -> str:
        """`name` for our own, `name@domain` for others (Mastodon calls this `acct`)."""
        return f"{self.username}@{self.domain}" if self.domain else self.username


class ActorKey(Table):
    """A public key of an actor; with its private half when the actor is ours."""

    id = fields.BigIntField(primary_key=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="keys", on_delete=fields.CASCADE
    )
    actor_id: int
    key_id = fields.CharField(URL_LENGTH, unique=True)
    kind = fields.CharField(8)  # rsa | ed25519
    public = fields.TextField()  # PEM, or multibase for Ed25519
    private = fields.TextField(default="")  # PEM
    fetched_at = fields.DatetimeField()

    class Meta:
        table = "actor_keys"


class FollowState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"


class Follow(Table):
    """`follower` wants what `target` publishes. A row that is undone or rejected is deleted."""

    id = fields.BigIntField(primary_key=True)
    follower: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="follows", on_delete=fields.CASCADE
    )
    follower_id: int
    target: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="followed_by", on_delete=fields.CASCADE
    )
    target_id: int
    state = fields.CharEnumField(FollowState, max_length=8)
    uri = fields.CharField(URL_LENGTH)  # id of the Follow activity
    shows_boosts = fields.BooleanField(default=True)
    notifies = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()

    class Meta:
        table = "follows"
        unique_together = (("follower", "target"),)
        indexes = [Index(fields=("target_id", "state", "id"), name="follows_of_target")]


class InboundState(StrEnum):
    PENDING = "pending"
    WAITING = "waiting"  # set aside: it needs documents of others, or its next try is later
    DONE = "done"
    IGNORED = "ignored"  # nothing here handles this type
    REFUSED = "refused"  # read, and not accepted: `reason` has the code
    FAILED = "failed"  # our own fault, after the last try


class InboundActivity(Table):
    """An activity as it was received, kept before the 202. `host` is the signer's: each peer has its turn."""

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(URL_LENGTH, unique=True)
    type = fields.CharField(32)
    actor_id = fields.BigIntField()  # the signer; no foreign key: the record outlives the actor
    host = fields.CharField(255, default="", db_default="")
    inbox_of = fields.BigIntField(null=True)  # whose personal inbox; none for the shared one
    body = fields.TextField()
    state = fields.CharEnumField(InboundState, max_length=8, default=InboundState.PENDING)
    reason = fields.CharField(255, default="")
    attempts = fields.IntField(default=0)
    run_at = fields.DatetimeField()
    locked_until = fields.DatetimeField(null=True)
    received_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "inbound_activities"
        indexes = [
            Index(fields=("state", "host", "id"), name="inbound_turns"),
            Index(fields=("received_at",), name="inbound_age"),
        ]


class OutboundActivity(Table):
    """An activity of ours, byte for byte as it is sent and as `/a/{id}` shows it."""

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(URL_LENGTH, unique=True)
    type = fields.CharField(32)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="outbound", on_delete=fields.CASCADE
    )
    actor_id: int
    body = fields.TextField()
    is_public = fields.BooleanField(default=False)
    about = fields.CharField(
        URL_LENGTH, default="", db_default=""
    )  # the object that it brings to others, if any
    reached_count = fields.IntField(default=0, db_default=0)  # servers whose deliveries were cleaned away,
    missed_count = fields.IntField(
        default=0, db_default=0
    )  # of all activities about the same (`federation/reach.py`)
    created_at = fields.DatetimeField()

    class Meta:
        table = "outbound_activities"
        indexes = [
            Index(fields=("actor_id", "is_public", "id"), name="outbound_of_actor"),
            Index(fields=("about",), name="outbound_about"),
        ]


class Reads(StrEnum):
    """Which of the followers' servers an activity is for, by what they read (`peer_profiles`)."""

    ANYTHING = ""
    ACTIVITIES = "activities"
    IDS = "ids"
    BATCHES = "batches"
    SINGLE_ACTIVITIES = "single"  # activities, but not several in one


class FanOut(Table):
    """An activity whose audience is too large to be written with it: the delivery job writes its deliveries."""

    id = fields.BigIntField(primary_key=True)
    activity: fields.ForeignKeyRelation[OutboundActivity] = fields.ForeignKeyField(
        "federation.OutboundActivity", related_name="fan_outs", on_delete=fields.CASCADE
    )
    activity_id: int
    target_ids: fields.Field[list[int]] = fields.JSONField(default=list)  # whose followers
    to_all_servers = fields.BooleanField(default=False, db_default=False)
    reads = fields.CharField(16, default="")
    is_low_priority = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()

    class Meta:
        table = "fan_outs"


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    REFUSED = "refused"  # the peer said no for good (4xx)
    FAILED = "failed"  # given up after the last try
    CANCELLED = "cancelled"  # the peer is blocked, or an admin dropped it


class Delivery(Table):
    """One outbound activity for one inbox. `host` is the lane."""

    id = fields.BigIntField(primary_key=True)
    activity: fields.ForeignKeyRelation[OutboundActivity] = fields.ForeignKeyField(
        "federation.OutboundActivity", related_name="deliveries", on_delete=fields.CASCADE
    )
    activity_id: int
    host = fields.CharField(255)
    inbox_url = fields.CharField(URL_LENGTH)
    state = fields.CharEnumField(DeliveryState, max_length=10, default=DeliveryState.PENDING)
    attempts = fields.IntField(default=0)
    run_at = fields.DatetimeField()
    status = fields.IntField(null=True)  # the last HTTP status
    reason = fields.CharField(255, default="")
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "deliveries"
        unique_together = (("activity", "inbox_url"),)
        indexes = [
            Index(fields=("state", "host", "id"), name="deliveries_lanes"),
        ]


class Peer(Table):
    """Another server: what it runs, how it wants to be spoken to, and whether it answers."""

    host = fields.CharField(255, primary_key=True)
    software = fields.CharField(64, default="")
    version = fields.CharField(64, default="")
    software_seen_at = fields.DatetimeField(null=True)  # when it was asked last, whatever it said
    seen = fields.CharField(255, default="", db_default="")  # `peer_profiles.Mark`s, with spaces between
    signature_scheme = fields.CharField(8, default="cavage")  # cavage | rfc9421
    failures = fields.IntField(default=0)  # in a row
    failing_since = fields.DatetimeField(null=True)
    succeeded_at = fields.DatetimeField(null=True)
    retry_at = fields.DatetimeField(null=True)  # nothing is sent before
    locked_until = fields.DatetimeField(null=True)  # a worker has the lane
    locked_by = fields.CharField(32, default="")
    is_paused = fields.BooleanField(default=False)  # by an admin
    is_gone = fields.BooleanField(default=False)  # its inbox answered 410
    last_error = fields.CharField(255, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "peers"
