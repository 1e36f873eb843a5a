"""Polls: a question, its answers, and who chose what."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import Actor
from sebangsa.models.posts import Post


class Poll(Table):
    """The poll of a post of kind `question`, ours or a peer's.

    `voters_count` and the options' counts are added up from votes for our own polls, and are what the poll's own host
    says for all others. Without `ends_at` it runs for ever (Misskey). `closed_at` is when it ended, `has_ended` that
    those who took part were told so. `untold_since` is the first vote that other servers have not heard of yet.
    """

    id = fields.BigIntField(primary_key=True)
    post: fields.OneToOneRelation[Post] = fields.OneToOneField(
        "sebangsa.Post", related_name="poll", on_delete=fields.CASCADE
    )
    post_id: int
    is_multiple = fields.BooleanField(default=False)
    hides_totals = fields.BooleanField(default=False)  # until it has ended
    ends_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    has_ended = fields.BooleanField(default=False)
    voters_count = fields.IntField(null=True)  # a peer need not say
    untold_since = fields.DatetimeField(null=True)
    options: fields.ReverseRelation[PollOption]

    class Meta:
        table = "polls"
        indexes = [
            Index(fields=("has_ended", "ends_at"), name="polls_by_end"),
            Index(fields=("untold_since",), name="polls_untold"),
        ]


class PollOption(Table):
    """One answer. Its text is what a vote from another server names it by, so no two of a poll are alike."""

    id = fields.BigIntField(primary_key=True)
    poll: fields.ForeignKeyRelation[Poll] = fields.ForeignKeyField(
        "sebangsa.Poll", related_name="options", on_delete=fields.CASCADE
    )
    poll_id: int
    position = fields.SmallIntField()
    name = fields.CharField(500)
    votes_count = fields.IntField(default=0)

    class Meta:
        table = "poll_options"
        unique_together = (("poll", "position"),)


class PollVote(Table):
    """What one person chose: bit n of `choices` is the option at position n.

    One row for each person, so that the database itself refuses a second vote that arrives at the same moment. It is
    never shown or published who voted.
    """

    id = fields.BigIntField(primary_key=True)
    poll: fields.ForeignKeyRelation[Poll] = fields.ForeignKeyField(
        "sebangsa.Poll", related_name="votes", on_delete=fields.CASCADE
    )
    poll_id: int
    voter: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="poll_votes", on_delete=fields.CASCADE
    )
    voter_id: int
    choices = fields.BigIntField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "poll_votes"
        unique_together = (("poll", "voter"),)
        indexes = [Index(fields=("voter_id", "poll_id"), name="poll_votes_of_actor")]
