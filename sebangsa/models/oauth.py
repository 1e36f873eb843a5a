"""Apps, codes and tokens (RFC 6749, RFC 7636). Secrets are stored as hashes only."""

from __future__ import annotations

from tortoise import fields

from federation.database import Table
from sebangsa.models.accounts import User


class OAuthApp(Table):
    """A client program. `redirect_uris` are compared exactly.

    One without a secret is public (RFC 6749, 2.1): what proves it is PKCE. `metadata_url` is the address of the document
    that describes it, for one that nobody registered here; it was read at `metadata_read_at`.
    """

    id = fields.BigIntField(primary_key=True)
    client_id = fields.CharField(64, unique=True)
    client_secret_hash = fields.CharField(64)
    name = fields.CharField(255)
    website = fields.CharField(2048, default="")
    redirect_uris: fields.Field[list[str]] = fields.JSONField(default=list)
    scopes = fields.CharField(1024, default="read")
    metadata_url = fields.CharField(2048, default="", db_default="")
    metadata_read_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "oauth_apps"

    @property
    def is_public(self) -> bool:
        return self.client_secret_hash == ""


class AuthorizationCode(Table):
    """A code between the authorise page and the token endpoint. Used twice, it takes its tokens with it (S-079)."""

    id = fields.BigIntField(primary_key=True)
    code_hash = fields.CharField(64, unique=True)
    app: fields.ForeignKeyRelation[OAuthApp] = fields.ForeignKeyField(
        "sebangsa.OAuthApp", related_name="codes", on_delete=fields.CASCADE
    )
    app_id: int
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "sebangsa.User", related_name="codes", on_delete=fields.CASCADE
    )
    user_id: int
    redirect_uri = fields.CharField(2048)
    scopes = fields.CharField(1024)
    code_challenge = fields.CharField(128, default="")
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "oauth_codes"


class AccessToken(Table):
    """A bearer token: of a person through an app, of an app alone (no user), or made by an admin (no app)."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    app: fields.ForeignKeyNullableRelation[OAuthApp] = fields.ForeignKeyField(
        "sebangsa.OAuthApp", related_name="tokens", null=True, on_delete=fields.CASCADE
    )
    app_id: int | None
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "sebangsa.User", related_name="tokens", null=True, on_delete=fields.CASCADE
    )
    user_id: int | None
    code: fields.ForeignKeyNullableRelation[AuthorizationCode] = fields.ForeignKeyField(
        "sebangsa.AuthorizationCode", related_name="tokens", null=True, on_delete=fields.SET_NULL
    )
    code_id: int | None
    scopes = fields.CharField(1024)
    created_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "oauth_tokens"
