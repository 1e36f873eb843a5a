"""`sebangsa token …`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import instance_command, json_option, say_json

if TYPE_CHECKING:
    from sebangsa.site import Site


@click.group("token")
def command() -> None:
    """Tokens for programs that use the client API."""


@command.command("create")
@click.argument("name")
@click.option("--scopes", default="read", show_default=True, help="What the token allows, for example 'read write'.")
@json_option
@instance_command
async def create(site: Site, name: str, scopes: str, as_json: bool) -> None:
    """Print an API token of the account NAME.

    It is shown this once and stored as a hash only. A new password, or disabling the account, makes it void.
    """
    from sebangsa.accounts import hash_token, must_be_active, user_by_name
    from sebangsa.errors import Invalid
    from sebangsa.models import AccessToken

    user = await user_by_name(name)
    must_be_active(user)
    asked = sorted(set(scopes.replace(",", " ").split()))
    if unknown := [scope for scope in asked if not _is_scope(scope)]:
        raise Invalid("scope-unknown", f"There is no scope {unknown[0]!r}. Use read, write, follow, push.", field="scopes")
    token = secrets.token_urlsafe(32)
    await AccessToken.create(
        id=site.ids.next(),
        token_hash=hash_token(token),
        app=None,
        user=user,
        scopes=" ".join(asked),
        created_at=site.clock.now(),
    )
    if as_json:
        say_json({"access_token": token, "token_type": "Bearer", "scope": " ".join(asked)})
    else:
        click.echo(token)


def _is_scope(scope: str) -> bool:
    """A scope of Mastodon's API: a family, or one part of it (`write:statuses`)."""
    family, _, part = scope.partition(":")
    return family in ("read", "write", "follow", "push", "profile", "admin") and (part or ":" not in scope) != ""
