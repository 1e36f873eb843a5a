"""Making an account, and editing one's own."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sebangsa.accounts import sign_up
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import json_answer
from sebangsa.api.entities.accounts import credential_account
from sebangsa.api.oauth import token_entity
from sebangsa.api.parameters import Parameters
from sebangsa.errors import Invalid
from sebangsa.models import User
from sebangsa.oauth.tokens import issue_token
from sebangsa.profiles import MAX_FIELDS, ProfileEdit, edit_profile

PRIVACIES = ("public", "unlisted", "private", "direct")

# Mastodon's codes for what is wrong with a field of a sign-up.
_ERRORS = {
    "name-taken": "ERR_TAKEN",
    "email-taken": "ERR_TAKEN",
    "password-short": "ERR_TOO_SHORT",
    "password-long": "ERR_TOO_LONG",
    "agreement-needed": "ERR_ACCEPTED",
    "blank": "ERR_BLANK",
}


async def post_account(call: Call) -> Response:
    """Sign up through an app; answers with the new person's token. Registration's rules hold as on the page."""
    given = call.given
    try:
        for name in ("username", "email", "password"):
            if not given.text(name).strip():
                raise Invalid("blank", "can't be blank", field=name)
        if not given.flag("agreement"):
            raise Invalid("agreement-needed", "must be accepted", field="agreement")
        user = await sign_up(
            call.site,
            given.text("username"),
            password=given.text("password"),
            email=given.text("email"),
            language=given.text("locale")[:8],
            invite=given.text("invite_code"),
        )
    except Invalid as error:
        field = {"name": "username", "": "base"}.get(error.field, error.field)
        detail = {"error": _ERRORS.get(error.code, "ERR_INVALID"), "description": error.sentence}
        return json_answer(
            {
                "error": f"Validation failed: {field} {error.sentence}",
                "code": error.code,
                "details": {field: [detail]},
            },
            422,
        )
    assert call.token is not None
    token, text = await issue_token(call.site, call.token.app, call.token.scopes, user=user)
    return json_answer(token_entity(token, text))


async def update_credentials(call: Call) -> dict[str, Any]:
    """Edit one's profile and defaults. Only what is listed here is read: roles and ids do not bind (S-078)."""
    given, user = call.given, call.user
    defaults = _defaults(given, user)
    fields = given.rows("fields_attributes", ("name", "value"), MAX_FIELDS)
    edit = ProfileEdit(
        name=given.text("display_name", limit=10_000) if given.has("display_name") else None,
        bio=given.text("note", limit=100_000) if given.has("note") else None,
        fields=[(row["name"], row["value"]) for row in fields] if fields is not None else None,
        avatar=await _picture(given, "avatar"),
        header=await _picture(given, "header"),
        is_locked=_flag(given, "locked"),
        is_bot=_flag(given, "bot"),
        is_discoverable=_flag(given, "discoverable"),
        is_indexable=_flag(given, "indexable"),
    )
    await edit_profile(call.site, user, edit)
    if defaults:
        user.preferences = {**user.preferences, **defaults}
        await user.save(update_fields=["preferences"])
    return await credential_account(call.site, user)


async def delete_picture(call: Call) -> dict[str, Any]:
    """`/api/v1/profile/avatar` or `…/header`: have none."""
    is_avatar = call.request.url.path.endswith("avatar")
    await edit_profile(
        call.site, call.user, ProfileEdit(avatar=b"") if is_avatar else ProfileEdit(header=b"")
    )
    return await credential_account(call.site, call.user)


async def preferences(call: Call) -> dict[str, Any]:
    """What new posts begin with."""
    chosen = call.user.preferences
    return {
        "posting:default:visibility": chosen.get("visibility", "public"),
        "posting:default:sensitive": bool(chosen.get("sensitive", False)),
        "posting:default:language": chosen.get("language") or call.user.language or None,
        "posting:default:quote_policy": chosen.get("quote_policy", "public"),
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


def _defaults(given: Parameters, user: User) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if given.has("source[privacy]"):
        found["visibility"] = given.text("source[privacy]")
        if found["visibility"] not in PRIVACIES:
            raise Invalid("visibility-invalid", "There is no such visibility.", field="source[privacy]")
    if given.has("source[sensitive]"):
        found["sensitive"] = given.flag("source[sensitive]")
    if given.has("source[language]"):
        found["language"] = given.text("source[language]", limit=16)
    return found


def _flag(given: Parameters, name: str) -> bool | None:
    return given.flag(name) if given.has(name) else None


async def _picture(given: Parameters, name: str) -> bytes | None:
    """The bytes of an uploaded picture; an empty field takes it away."""
    file = given.file(name)
    if file is not None:
        return await file.read()
    return b"" if given.has(name) and not given.text(name) else None


_EDIT = Rule(Caller.PERSON, "write:accounts", bucket="media")

ROUTES = [
    ApiRoute(
        "/api/v1/accounts",
        post_account,
        Rule(Caller.APP, "write:accounts", bucket="sign-up"),
        methods=["POST"],
    ),
    ApiRoute(
        "/api/v1/accounts/update_credentials",
        update_credentials,
        _EDIT,
        methods=["PATCH", "POST"],
        files=True,
    ),
    ApiRoute("/api/v1/profile/avatar", delete_picture, _EDIT, methods=["DELETE"]),
    ApiRoute("/api/v1/profile/header", delete_picture, _EDIT, methods=["DELETE"]),
    ApiRoute("/api/v1/preferences", preferences, Rule(Caller.PERSON, "read:accounts")),
]
