"""`sebangsa token …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import account, instance_command, json_option, say_json

if TYPE_CHECKING:
    from sebangsa.site import Site


@click.group("token")
def command() -> None:
    """Tokens for programs that use the client API."""


@command.command("create")
@click.argument("name")
@click.option(
    "--scopes", default="read", show_default=True, help="What the token allows, for example 'read write'."
)
@json_option
@instance_command
async def create(site: Site, name: str, scopes: str, as_json: bool) -> None:
    """Print an API token of the account NAME.

    It is shown this once and stored as a hash only. A new password, or disabling the account, makes it void.
    """
    from sebangsa.accounts import must_be_active
    from sebangsa.errors import Invalid
    from sebangsa.oauth.scopes import INCLUDED, KNOWN
    from sebangsa.oauth.tokens import issue_token

    user = await account(site, name)
    must_be_active(user)
    asked = list(dict.fromkeys(scopes.replace(",", " ").split()))
    if not asked:
        raise Invalid("scope-missing", f"Name at least one scope. Broad ones: {', '.join(INCLUDED)}.")
    if unknown := [scope for scope in asked if scope not in KNOWN]:
        raise Invalid(
            "scope-unknown", f"There is no scope {unknown[0]!r}. Broad ones: {', '.join(INCLUDED)}."
        )
    _, token = await issue_token(site, None, " ".join(asked), user=user)
    if as_json:
        say_json({"access_token": token, "token_type": "Bearer", "scope": " ".join(asked)})
    else:
        click.echo(token)
