"""What a community knows besides its actor: rules of joining and posting, roles, bans, what moderators did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import URL_LENGTH, Actor
from sebangsa.models import Post


class JoinMode(StrEnum):
    OPEN = "open"
    APPROVAL = "approval"  # a moderator answers each request
    PRIVATE = "private"  # so, and only members read what is written; there is no way back


class Posting(StrEnum):
    """Who may open a thread; whoever may read may comment, unless banned."""

    ANYONE = "anyone"
    MEMBERS = "members"
    MODERATORS = "moderators"


class Role(StrEnum):
    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


class Community(Table):
    """The rules of a community of ours, or what we keep about one elsewhere.

    `moderators_fetched_at` is set for one elsewhere only: its own host states its moderators (S-057).
    """

    id = fields.BigIntField(primary_key=True)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "federation.Actor", related_name="community", on_delete=fields.CASCADE
    )
    actor_id: int
    rules = fields.TextField(default="")  # one a line
    join_mode = fields.CharEnumField(JoinMode, max_length=16, default=JoinMode.OPEN)
    join_question = fields.CharField(500, default="")
    posting = fields.CharEnumField(Posting, max_length=16, default=Posting.ANYONE)
    language = fields.CharField(16, default="")
    moderators_fetched_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "communities"


class Membership(Table):
    """What a follow cannot say of somebody in a community: a role, an answer to the join question, a ban.

    Whoever only follows is a member without a row here.
    """

    id = fields.BigIntField(primary_key=True)
    community: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="memberships", on_delete=fields.CASCADE
    )
    community_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="member_of", on_delete=fields.CASCADE
    )
    actor_id: int
    role = fields.CharEnumField(Role, max_length=16, default=Role.MEMBER)
    answer = fields.TextField(default="")
    banned_at = fields.DatetimeField(null=True)
    banned_until = fields.DatetimeField(null=True)  # none: for good
    ban_reason = fields.TextField(default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "memberships"
        unique_together = (("community", "actor"),)
        indexes = [Index(fields=("actor_id", "role"), name="memberships_of_actor")]

    @property
    def is_moderating(self) -> bool:
        return self.role in (Role.OWNER, Role.MODERATOR)

    def is_banned(self, now: datetime) -> bool:
        return self.banned_at is not None and (self.banned_until is None or self.banned_until > now)


class AnnouncedThread(Table):
    """What a community's outbox shows of an opening post: its announcement as JSON text.

    `boost_uri` is the id of the `Announce` that microblogs show as a boost, to be undone when the post is removed.
    """

    id = fields.BigIntField(primary_key=True)
    community: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="announced_threads", on_delete=fields.CASCADE
    )
    community_id: int
    post: fields.OneToOneRelation[Post] = fields.OneToOneField(
        "sebangsa.Post", related_name="announced", on_delete=fields.CASCADE
    )
    post_id: int
    body = fields.TextField()
    boost_uri = fields.CharField(URL_LENGTH)

    class Meta:
        table = "announced_threads"
        indexes = [Index(fields=("community_id", "post_id"), name="announced_threads_newest")]


class PostFlair(Table):
    """A label on a thread, by the label's id: to find the threads that have it."""

    id = fields.BigIntField(primary_key=True)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="flairs", on_delete=fields.CASCADE
    )
    post_id: int
    flair = fields.CharField(500)  # flair.MAX_ID

    class Meta:
        table = "post_flairs"
        unique_together = (("post", "flair"),)
        indexes = [Index(fields=("flair", "post_id"), name="post_flairs_feed")]


class WaitingVote(Table):
    """A vote that a community of ours has still to pass on: the `Like`, `Dislike` or `Undo` as JSON text."""

    id = fields.BigIntField(primary_key=True)
    community: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="waiting_votes", on_delete=fields.CASCADE
    )
    community_id: int
    body = fields.TextField()

    class Meta:
        table = "waiting_votes"
        indexes = [Index(fields=("community_id", "id"), name="waiting_votes_of_community")]


class Comparison(Table):
    """When what we hold of a community elsewhere is compared with its own server again.

    `digests` are those of both sides after the last time, by section: what differs for good (a post that never reached
    us) is not asked for each night.
    """

    id = fields.BigIntField(primary_key=True)
    community: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "federation.Actor", related_name="comparison", on_delete=fields.CASCADE
    )
    community_id: int
    due_at = fields.DatetimeField()
    compared_at = fields.DatetimeField(null=True)
    digests: fields.Field[dict[str, list[str]]] = fields.JSONField(default=dict)

    class Meta:
        table = "community_comparisons"
        indexes = [Index(fields=("due_at",), name="community_comparisons_due")]


class CommunityLogEntry(Table):
    """One thing that a moderator did, for everybody to read."""

    id = fields.BigIntField(primary_key=True)
    community: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="community_log", on_delete=fields.CASCADE
    )
    community_id: int
    moderator: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="moderated", null=True, on_delete=fields.SET_NULL
    )
    moderator_id: int | None
    # remove, restore, lock, unlock, pin, unpin, ban, unban, appoint, dismiss, settings, warn, label, repaired, take-out,
    # put-in
    action = fields.CharField(32)
    subject: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="moderated_in", null=True, on_delete=fields.SET_NULL
    )
    subject_id: int | None
    post: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="community_log", null=True, on_delete=fields.SET_NULL
    )
    post_id: int | None
    reason = fields.TextField(default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "community_log"
        indexes = [Index(fields=("community_id", "id"), name="community_log_newest")]
