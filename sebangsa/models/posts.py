"""What people write, and what others do with it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import URL_LENGTH, Actor


class Visibility(StrEnum):
    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    MEMBERS = "members"  # of its community
    DIRECT = "direct"


class Post(Table):
    """A post, comment, boost or message, ours or a peer's.

    Its id ascends with the time it was published, so every feed is "the newest N below this id". `kind` is the
    object's type in lower case (`note`, `page`, `article`, `question`, `event` …) or `boost`. `community` is the
    group it was posted into (AS2 `audience`). `extra` holds what features add to its document, as wire JSON.
    """

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(URL_LENGTH, unique=True)
    url = fields.CharField(URL_LENGTH, default="")
    kind = fields.CharField(16, default="note")
    author: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="posts", on_delete=fields.CASCADE
    )
    author_id: int
    is_local = fields.BooleanField(default=False)
    name = fields.CharField(500, default="")  # title
    summary = fields.TextField(default="")  # content warning
    content = fields.TextField(default="")  # sanitised HTML
    source = fields.TextField(default="")  # Markdown of our own
    language = fields.CharField(16, default="")
    visibility = fields.CharEnumField(Visibility, max_length=9, default=Visibility.PUBLIC)
    is_sensitive = fields.BooleanField(default=False)
    link_url = fields.CharField(URL_LENGTH, default="")
    link_key = fields.CharField(
        32, default="", db_default=""
    )  # text/link_keys.py: equal for spellings of one address
    in_reply_to: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="replies", null=True, on_delete=fields.SET_NULL
    )
    in_reply_to_id: int | None
    root: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="thread", null=True, on_delete=fields.SET_NULL
    )  # the opening post of its thread; none for the opening post itself
    root_id: int | None
    depth = fields.SmallIntField(default=0)
    boost_of: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="boosts", null=True, on_delete=fields.CASCADE
    )
    boost_of_id: int | None
    community: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="community_posts", null=True, on_delete=fields.SET_NULL
    )
    community_id: int | None
    conversation = fields.CharField(URL_LENGTH, default="")
    extra: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    replies_count = fields.IntField(default=0)
    boosts_count = fields.IntField(default=0)
    likes_count = fields.IntField(default=0)
    dislikes_count = fields.IntField(default=0)
    unnamed_likes = fields.IntField(
        default=0, db_default=0
    )  # of the likes, those whose voters we do not know
    unnamed_dislikes = fields.IntField(default=0, db_default=0)
    counted_at = fields.DatetimeField(null=True)  # when its host stated them (`counts.py`)
    hot_score = fields.FloatField(default=0.0)
    is_locked = fields.BooleanField(default=False)
    is_pinned = fields.BooleanField(default=False)  # in its community
    refusal_code = fields.CharField(64, default="", db_default="")  # its community elsewhere did not take it
    refusal_text = fields.CharField(500, default="", db_default="")  # what that server says of it
    created_at = fields.DatetimeField()
    edited_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)  # by its author
    removed_at = fields.DatetimeField(null=True)  # by a moderator
    attachments: fields.ReverseRelation[Attachment]
    mentions: fields.ReverseRelation[Mention]
    tags: fields.ReverseRelation[PostTag]

    class Meta:
        table = "posts"
        indexes = [
            Index(fields=("author_id", "id"), name="posts_by_author"),
            Index(fields=("community_id", "id"), name="posts_in_community"),
            Index(fields=("community_id", "hot_score"), name="posts_in_community_hot"),
            Index(fields=("root_id", "id"), name="posts_of_thread"),
            Index(fields=("in_reply_to_id", "id"), name="posts_replies"),
            Index(fields=("boost_of_id", "author_id"), name="posts_boosts"),
            Index(fields=("visibility", "id"), name="posts_public"),
            Index(fields=("link_key", "id"), name="posts_with_link"),
        ]

    @property
    def is_shown(self) -> bool:
        """Neither deleted by its author nor removed by a moderator."""
        return self.deleted_at is None and self.removed_at is None

    @property
    def score(self) -> int:
        return self.likes_count - self.dislikes_count


class Mention(Table):
    """Somebody a post is addressed to by name. For a direct post this is who may read it."""

    id = fields.BigIntField(primary_key=True)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="mentions", on_delete=fields.CASCADE
    )
    post_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="mentioned_in", on_delete=fields.CASCADE
    )
    actor_id: int
    is_silent = fields.BooleanField(default=False)  # addressed without a Mention tag

    class Meta:
        table = "mentions"
        unique_together = (("post", "actor"),)
        indexes = [Index(fields=("actor_id", "post_id"), name="mentions_of_actor")]


class PostTag(Table):
    """A hashtag of a post, in its normal form."""

    id = fields.BigIntField(primary_key=True)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="tags", on_delete=fields.CASCADE
    )
    post_id: int
    name = fields.CharField(100)

    class Meta:
        table = "post_tags"
        unique_together = (("post", "name"),)
        indexes = [Index(fields=("name", "post_id"), name="post_tags_feed")]


class Attachment(Table):
    """A picture or other file of a post. `key` is ours in the media store, `remote_url` a peer's.

    An upload waits without a post until it is used; only its `owner` may use it, once (S-106).
    """

    id = fields.BigIntField(primary_key=True)
    post: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="attachments", null=True, on_delete=fields.CASCADE
    )
    post_id: int | None
    owner: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="uploads", null=True, on_delete=fields.CASCADE
    )
    owner_id: int | None
    position = fields.SmallIntField(default=0)
    media_type = fields.CharField(100)
    key = fields.CharField(255, default="")
    small_key = fields.CharField(255, default="")  # for feeds
    remote_url = fields.CharField(URL_LENGTH, default="")
    description = fields.TextField(default="")  # alt text
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)
    size = fields.IntField(null=True)  # bytes
    blurhash = fields.CharField(100, default="")
    focus_x = fields.FloatField(null=True)
    focus_y = fields.FloatField(null=True)
    extra: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()

    class Meta:
        table = "attachments"
        indexes = [
            Index(fields=("post_id", "position"), name="attachments_of_post"),
            Index(fields=("owner_id",), name="attachments_of_owner"),
        ]


class Vote(Table):
    """A like (+1) or dislike (-1); one per person and post."""

    id = fields.BigIntField(primary_key=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="votes", on_delete=fields.CASCADE
    )
    actor_id: int
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="votes", on_delete=fields.CASCADE
    )
    post_id: int
    value = fields.SmallIntField()
    uri = fields.CharField(URL_LENGTH, default="")  # id of the Like or Dislike
    created_at = fields.DatetimeField()

    class Meta:
        table = "votes"
        unique_together = (("actor", "post"),)
        indexes = [Index(fields=("post_id", "id"), name="votes_of_post")]
