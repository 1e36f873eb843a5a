"""`sebangsa user …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sebangsa.cli.instance import account, instance_command, json_option, say_json

if TYPE_CHECKING:
    from sebangsa.models import User
    from sebangsa.site import Site

ROLES = click.Choice(["member", "moderator", "admin"])


@click.group("user")
def command() -> None:
    """Accounts of this server."""


@command.command("create")
@click.argument("name")
@click.option("--email", default="", help="E-mail address.")
@click.option("--password", help="At least 8 characters. Without it, a one-time sign-in link is printed.")
@click.option("--role", type=ROLES, default="member", show_default=True, help="What the account may do.")
@click.option("--display-name", default="", help="The name that people see.")
@json_option
@instance_command
async def create(
    site: Site, name: str, email: str, password: str | None, role: str, display_name: str, as_json: bool
) -> None:
    """Make an account, whatever SEBANGSA_REGISTRATION says.

    NAME stands in the handle: letters a to z, digits and _. A password on the command line can be seen by others on
    this machine while the command runs; leave it out and pass on the printed link instead.
    """
    from sebangsa.accounts import check_password, create_user, make_link
    from sebangsa.models import Role

    if password is not None:
        check_password(password)
    user = await create_user(
        site, name, password=password or "", email=email, display_name=display_name, role=Role(role)
    )
    link = "" if password else await make_link(site, "sign-in", user)
    if as_json:
        say_json(_described(site, user) | {"sign_in_link": link or None})
        return
    click.echo(f"{_handle(site, user)} is made ({user.role.value}): {user.actor.uri}")
    if link:
        click.echo(f"Sign in once with this link, within 24 hours: {link}")


@command.command("show")
@click.argument("name")
@json_option
@instance_command
async def show(site: Site, name: str, as_json: bool) -> None:
    """What is known of an account: role, state, when it was last here."""
    user = await account(site, name)
    described = _described(site, user)
    if as_json:
        say_json(described)
        return
    for key, value in described.items():
        click.echo(f"{key.replace('_', ' '):<16} {'-' if value in (None, '') else value}")


@command.command("approve")
@click.argument("name")
@click.option(
    "--refuse", is_flag=True, help="Do not let them in: the request is deleted, the name is free again."
)
@click.option("--by", metavar="WHO", required=True, help="Account name of a moderator or administrator.")
@instance_command
async def approve(site: Site, name: str, refuse: bool, by: str) -> None:
    """Let somebody in who asked for an account (SEBANGSA_REGISTRATION is approval)."""
    from sebangsa import registering

    user, moderator = await account(site, name), await account(site, by)
    if refuse:
        await registering.refuse(moderator, user)
    else:
        await registering.approve(site, moderator, user)
    click.echo(f"{_handle(site, user)} is {'refused' if refuse else 'let in'}.")


@command.command("invite")
@click.option("--uses", default=1, show_default=True, help="For how many people.")
@click.option("--days", default=7, show_default=True, help="For how many days.")
@click.option("--by", metavar="WHO", required=True, help="Account name of a moderator or administrator.")
@json_option
@instance_command
async def invite(site: Site, uses: int, days: int, by: str, as_json: bool) -> None:
    """Make an invitation, and print the address to pass on (SEBANGSA_REGISTRATION is invite)."""
    from sebangsa.registering import invite_url, make_invite

    made = await make_invite(site, await account(site, by), uses=uses, days=days)
    if as_json:
        say_json(
            {"url": invite_url(site, made), "uses": made.max_uses, "expires_at": _moment(made.expires_at)}
        )
    else:
        click.echo(invite_url(site, made))


@command.command("role")
@click.argument("name")
@click.argument("role", type=ROLES)
@instance_command
async def change_role(site: Site, name: str, role: str) -> None:
    """Make somebody a moderator or administrator of this server, or a member again."""
    from sebangsa.models import Role

    user = await account(site, name)
    user.role = Role(role)
    await user.save(update_fields=["role"])
    click.echo(f"{_handle(site, user)} is {role} now.")


@command.command("password")
@click.argument("name")
@click.option(
    "--password", help="The new one. Without it, a one-time link is printed with which to choose one."
)
@json_option
@instance_command
async def password(site: Site, name: str, password: str | None, as_json: bool) -> None:
    """Give an account a new password, and sign it out everywhere."""
    from sebangsa.accounts import make_link, set_password

    user = await account(site, name)
    if password is not None:
        await set_password(site, user, password)
    link = await make_link(site, "reset-password", user) if password is None else None
    if as_json:
        say_json({"handle": _handle(site, user), "reset_link": link})
    else:
        click.echo(link or f"{_handle(site, user)} has a new password and is signed out everywhere.")


@command.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open it again; its owner must sign in anew.")
@instance_command
async def disable(site: Site, name: str, undo: bool) -> None:
    """Close an account to its owner and sign it out everywhere; what was posted stays."""
    from sebangsa.accounts import disable, enable

    user = await account(site, name)
    await (enable(user) if undo else disable(site, user))
    click.echo(f"{_handle(site, user)} is {'open again' if undo else 'disabled'}.")


@command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@instance_command
async def delete(site: Site, name: str, yes: bool) -> None:
    """Delete an account for good, with all that was written with it; every server we know is asked to do the same.

    It cannot be undone, and the name is never given to anybody again. To close an account and keep what was posted, use
    `disable`.
    """
    from sebangsa.deleting import delete_account, left_behind

    user = await account(site, name)
    handle = _handle(site, user)
    for community in await left_behind(site, user.actor):
        click.echo(f"!{community.username} has nobody else: it goes to an administrator.")
    if not yes:
        click.confirm(f"Delete {handle} for good?", abort=True)
    await delete_account(site, user)
    click.echo(f"{handle} is deleted. The server erases what was posted, in the background.")


def _handle(site: Site, user: User) -> str:
    return f"@{user.actor.username}@{site.federation.config.domain}"


def _described(site: Site, user: User) -> dict[str, Any]:
    return {
        "handle": _handle(site, user),
        "display_name": user.actor.name,
        "uri": user.actor.uri,
        "type": user.actor.type,
        "email": user.email,
        "role": user.role.value,
        "has_password": bool(user.password_hash),
        "posts": user.actor.posts_count,
        "followers": user.actor.followers_count,
        "following": user.actor.following_count,
        "created_at": _moment(user.created_at),
        "approved_at": _moment(user.approved_at),
        "last_seen_at": _moment(user.last_seen_at),
        "disabled_at": _moment(user.disabled_at),
        "suspended_at": _moment(user.actor.suspended_at),
    }


def _moment(moment: Any) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
