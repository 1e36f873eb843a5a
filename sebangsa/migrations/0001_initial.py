from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from sebangsa.models.accounts import Role
from sebangsa.models.posts import Visibility
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial")]

    initial = True

    operations = [
        ops.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="idempotency_keys",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("key_hash", fields.CharField(max_length=64)),
                ("post_id", fields.BigIntField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "idempotency_keys",
                "app": "sebangsa",
                "unique_together": (("actor", "key_hash"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(max_length=64)),
                (
                    "args",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("key", fields.CharField(null=True, unique=True, max_length=255)),
                ("run_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("attempts", fields.IntField(default=0)),
                ("locked_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("is_dead", fields.BooleanField(default=False)),
                ("error", fields.TextField(default="", unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "jobs",
                "app": "sebangsa",
                "indexes": [Index(fields=["is_dead", "run_at"], name="jobs_due")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Marker",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="markers",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("timeline", fields.CharField(max_length=16)),
                ("last_read_id", fields.BigIntField()),
                ("version", fields.IntField(default=1)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "markers",
                "app": "sebangsa",
                "unique_together": (("actor", "timeline"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OAuthApp",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("client_id", fields.CharField(unique=True, max_length=64)),
                ("client_secret_hash", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=255)),
                ("website", fields.CharField(default="", max_length=2048)),
                (
                    "redirect_uris",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("scopes", fields.CharField(default="read", max_length=1024)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "oauth_apps", "app": "sebangsa", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Post",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("uri", fields.CharField(unique=True, max_length=2048)),
                ("url", fields.CharField(default="", max_length=2048)),
                ("kind", fields.CharField(default="note", max_length=16)),
                (
                    "author",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="author_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="posts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("is_local", fields.BooleanField(default=False)),
                ("name", fields.CharField(default="", max_length=500)),
                ("summary", fields.TextField(default="", unique=False)),
                ("content", fields.TextField(default="", unique=False)),
                ("source", fields.TextField(default="", unique=False)),
                ("language", fields.CharField(default="", max_length=16)),
                (
                    "visibility",
                    fields.CharEnumField(
                        default=Visibility.PUBLIC,
                        description="PUBLIC: public\nUNLISTED: unlisted\nFOLLOWERS: followers\nDIRECT: direct",
                        enum_type=Visibility,
                        max_length=9,
                    ),
                ),
                ("is_sensitive", fields.BooleanField(default=False)),
                ("link_url", fields.CharField(default="", max_length=2048)),
                (
                    "in_reply_to",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="in_reply_to_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="replies",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "root",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="root_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="thread",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("depth", fields.SmallIntField(default=0)),
                (
                    "boost_of",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="boost_of_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="boosts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "community",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="community_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="community_posts",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("conversation", fields.CharField(default="", max_length=2048)),
                (
                    "extra",
                    fields.JSONField(
                        default=dict, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("replies_count", fields.IntField(default=0)),
                ("boosts_count", fields.IntField(default=0)),
                ("likes_count", fields.IntField(default=0)),
                ("dislikes_count", fields.IntField(default=0)),
                ("hot_score", fields.FloatField(default=0.0)),
                ("is_locked", fields.BooleanField(default=False)),
                ("is_pinned", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("edited_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("removed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "posts",
                "app": "sebangsa",
                "indexes": [
                    Index(fields=["author_id", "id"], name="posts_by_author"),
                    Index(fields=["community_id", "id"], name="posts_in_community"),
                    Index(fields=["community_id", "hot_score"], name="posts_in_community_hot"),
                    Index(fields=["root_id", "id"], name="posts_of_thread"),
                    Index(fields=["in_reply_to_id", "id"], name="posts_replies"),
                    Index(fields=["boost_of_id", "author_id"], name="posts_boosts"),
                    Index(fields=["visibility", "id"], name="posts_public"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Attachment",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="attachments",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="owner_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="uploads",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("position", fields.SmallIntField(default=0)),
                ("media_type", fields.CharField(max_length=100)),
                ("key", fields.CharField(default="", max_length=255)),
                ("small_key", fields.CharField(default="", max_length=255)),
                ("remote_url", fields.CharField(default="", max_length=2048)),
                ("description", fields.TextField(default="", unique=False)),
                ("width", fields.IntField(null=True)),
                ("height", fields.IntField(null=True)),
                ("size", fields.IntField(null=True)),
                ("blurhash", fields.CharField(default="", max_length=100)),
                ("focus_x", fields.FloatField(null=True)),
                ("focus_y", fields.FloatField(null=True)),
                (
                    "extra",
                    fields.JSONField(
                        default=dict, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "attachments",
                "app": "sebangsa",
                "indexes": [Index(fields=["post_id", "position"], name="attachments_of_post")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Bookmark",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookmarks",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookmarks",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "bookmarks",
                "app": "sebangsa",
                "unique_together": (("actor", "post"),),
                "indexes": [Index(fields=["actor_id", "id"], name="bookmarks_of_actor")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Mention",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="mentions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="mentioned_in",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("is_silent", fields.BooleanField(default=False)),
            ],
            options={
                "table": "mentions",
                "app": "sebangsa",
                "unique_together": (("post", "actor"),),
                "indexes": [Index(fields=["actor_id", "post_id"], name="mentions_of_actor")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Notification",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "recipient",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="recipient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notifications",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("type", fields.CharField(max_length=32)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="caused_notifications",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="notifications",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "extra",
                    fields.JSONField(
                        default=dict, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notifications",
                "app": "sebangsa",
                "indexes": [Index(fields=["recipient_id", "id"], name="notifications_feed")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PostTag",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tags",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=100)),
            ],
            options={
                "table": "post_tags",
                "app": "sebangsa",
                "unique_together": (("post", "name"),),
                "indexes": [Index(fields=["name", "post_id"], name="post_tags_feed")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="User",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.OneToOneField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="user",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("email", fields.CharField(null=True, unique=True, max_length=254)),
                ("password_hash", fields.CharField(default="", max_length=255)),
                (
                    "role",
                    fields.CharEnumField(
                        default=Role.MEMBER,
                        description="MEMBER: member\nMODERATOR: moderator\nADMIN: admin",
                        enum_type=Role,
                        max_length=16,
                    ),
                ),
                ("language", fields.CharField(default="", max_length=8)),
                (
                    "preferences",
                    fields.JSONField(
                        default=dict, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("approved_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("disabled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_seen_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("notifications_read_id", fields.BigIntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "users", "app": "sebangsa", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuthorizationCode",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("code_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "app",
                    fields.ForeignKeyField(
                        "sebangsa.OAuthApp",
                        source_field="app_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "sebangsa.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("redirect_uri", fields.CharField(max_length=2048)),
                ("scopes", fields.CharField(max_length=1024)),
                ("code_challenge", fields.CharField(default="", max_length=128)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "oauth_codes", "app": "sebangsa", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AccessToken",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "app",
                    fields.ForeignKeyField(
                        "sebangsa.OAuthApp",
                        source_field="app_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "sebangsa.User",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "code",
                    fields.ForeignKeyField(
                        "sebangsa.AuthorizationCode",
                        source_field="code_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("scopes", fields.CharField(max_length=1024)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "oauth_tokens", "app": "sebangsa", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Invite",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("code", fields.CharField(unique=True, max_length=32)),
                (
                    "created_by",
                    fields.ForeignKeyField(
                        "sebangsa.User",
                        source_field="created_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="invites",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("max_uses", fields.IntField(default=1)),
                ("uses", fields.IntField(default=0)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "invites", "app": "sebangsa", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OneTimeLink",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("purpose", fields.CharField(max_length=16)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "sebangsa.User",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="links",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "one_time_links", "app": "sebangsa", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "sebangsa.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("user_agent", fields.CharField(default="", max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "sessions", "app": "sebangsa", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Vote",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="votes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="votes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("value", fields.SmallIntField()),
                ("uri", fields.CharField(default="", max_length=2048)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "votes",
                "app": "sebangsa",
                "unique_together": (("actor", "post"),),
                "indexes": [Index(fields=["post_id", "id"], name="votes_of_post")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
