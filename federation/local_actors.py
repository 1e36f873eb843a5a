"""Our own actors: where each kind lives, and how one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from federation.database import transaction
from federation.local_keys import make_keys
from federation.models import MAX_LOCAL_NAME, Actor

if TYPE_CHECKING:
    from federation.federation import Federation

SERVER_PATH = "/actor"


def path_of(actor_type: str, username: str) -> str:
    """`/c/{name}` for a community, `/f/{name}` for a feed of communities, `/actor` for the server itself, `/u/{name}` for
    everybody else.
    """
    if actor_type == "Group":
        return f"/c/{username}"
    if actor_type == "Feed":
        return f"/f/{username}"
    if actor_type == "Application":
        return SERVER_PATH
    return f"/u/{username}"


async def create_local_actor(
    fed: Federation, actor_type: str, username: str, *, name: str = "", **columns: Any
) -> Actor:
    """Write an actor of ours with its keys. `username` is lower case and free (one name space).

    Raises `tortoise.exceptions.IntegrityError` when the name is taken.
    """
    now = fed.clock.now()
    async with transaction():
        actor = await Actor.create(
            id=fed.ids.next(),
            type=actor_type,
            username=username,
            name=name or username,
            created_at=now,
            updated_at=now,
            **addresses_of(fed, actor_type, username),
            **columns,
        )
        await make_keys(fed, actor)
    return actor


def addresses_of(fed: Federation, actor_type: str, username: str) -> dict[str, Any]:
    """The columns that say under which name an actor of ours is found, and where everything of it lies."""
    uri = fed.config.url(path_of(actor_type, username))
    return {
        "uri": uri,
        "local_name": username,
        "url": uri,
        "inbox_url": f"{uri}/inbox",
        "outbox_url": f"{uri}/outbox",
        "shared_inbox_url": fed.config.url("/inbox"),
        "followers_url": f"{uri}/followers",
        "following_url": f"{uri}/following",
        "featured_url": "" if actor_type == "Feed" else f"{uri}/featured",
        "moderators_url": f"{uri}/moderators" if actor_type == "Group" else "",
    }


async def give_address(fed: Federation, actor: Actor) -> None:
    """Let an actor of ours that was for its owner alone be found under its name, with keys. In the transaction under way.

    Raises `tortoise.exceptions.IntegrityError` when the name is taken.
    """
    await actor.change(**addresses_of(fed, actor.type, actor.username))
    await make_keys(fed, actor)


async def actor_named(name: str) -> Actor | None:
    """One of ours by name, whatever the letter case, suspended and deleted ones too; None for nobody.

    Tortoise raises for a value that its column could not hold, also when it is only looked for.
    """
    name = name.lower()
    return await Actor.get_or_none(local_name=name) if len(name) <= MAX_LOCAL_NAME else None


async def server_actor(fed: Federation) -> Actor:
    """The server's own actor, made at the first start. It signs what no person asks for."""
    actor = await Actor.get_or_none(uri=fed.config.url(SERVER_PATH))
    if actor is None:
        actor = await create_local_actor(fed, "Application", fed.config.authority.replace(":", "."))
    return actor
