"""Posts that show another post in themselves."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import URL_LENGTH
from sebangsa.models.posts import Post


class QuoteState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"


class Quote(Table):
    """One post quotes another. Either may be unknown here yet: a request comes before the post that it speaks of.

    `stamp_uri` is the author's approval (FEP-044f `QuoteAuthorization`), ours or a peer's; `request_uri` the
    `QuoteRequest` that asked for it. Only an accepted quote is shown.
    """

    id = fields.BigIntField(primary_key=True)
    quoting_uri = fields.CharField(URL_LENGTH, unique=True)
    quoting: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="quotes", null=True, on_delete=fields.CASCADE
    )
    quoting_id: int | None
    quoted_uri = fields.CharField(URL_LENGTH)
    quoted: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="quoted_by", null=True, on_delete=fields.SET_NULL
    )
    quoted_id: int | None
    state = fields.CharEnumField(QuoteState, max_length=16, default=QuoteState.PENDING)
    stamp_uri = fields.CharField(URL_LENGTH, default="")
    request_uri = fields.CharField(URL_LENGTH, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "quotes"
        indexes = [
            Index(fields=("quoting_id",), name="quotes_by_quoting"),
            Index(fields=("quoted_id", "id"), name="quotes_of_post"),
            Index(fields=("stamp_uri",), name="quotes_by_stamp"),
            Index(fields=("request_uri",), name="quotes_by_request"),
        ]
