"""What an actor of ours published is taken back when its account ends: nothing of it is sent or shown any more.

The last activity, its `Delete`, still has to reach everybody, signed with the actor's key: the key is kept until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.database import execute, rows
from federation.models import Actor, ActorKey, OutboundActivity

if TYPE_CHECKING:
    from federation.federation import Federation

_TAKE_BACK = "('Delete', 'Undo', 'Remove', 'Reject', 'Leave')"
"""These say less, not more. They still leave: not every server reads the `Delete` of an account."""


async def withdraw_all(fed: Federation, actor: Actor) -> None:
    """Show nothing any more that the actor published, and send nothing of what waits, but for what takes something back. In
    the transaction under way; a fixed number of statements.
    """
    await OutboundActivity.filter(actor_id=actor.id, is_public=True).update(is_public=False)
    await execute(
        f"""UPDATE deliveries SET state = 'cancelled', reason = 'account deleted', done_at = ?
            WHERE state = 'pending' AND activity_id IN (
                SELECT id FROM outbound_activities WHERE actor_id = ? AND type NOT IN {_TAKE_BACK}
            )""",  # noqa: S608 - constants
        [fed.clock.now(), actor.id],
    )
    await execute(
        f"""DELETE FROM fan_outs WHERE activity_id IN (
                SELECT id FROM outbound_activities WHERE actor_id = ? AND type NOT IN {_TAKE_BACK}
            )""",  # noqa: S608 - constants
        [actor.id],
    )


async def erase_activities(actor: Actor, most: int) -> int:
    """Forget `most` activities that nobody waits for any more, the oldest first; returns how many. Its `Delete` stays."""
    return await execute(
        f"""DELETE FROM outbound_activities WHERE id IN (
                SELECT a.id FROM outbound_activities a WHERE a.actor_id = ?
                AND a.id < (SELECT max(id) FROM outbound_activities WHERE actor_id = ? AND type = 'Delete')
                AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = a.id AND d.state = 'pending')
                AND NOT EXISTS (SELECT 1 FROM fan_outs f WHERE f.activity_id = a.id)
                ORDER BY a.id LIMIT {most}
            )""",  # noqa: S608 - a number
        [actor.id, actor.id],
    )


async def is_still_sending(actor: Actor) -> bool:
    """Whether anything of this actor has still to be delivered, so that its key is needed."""
    return bool(
        await rows(
            """SELECT 1 AS found FROM outbound_activities a WHERE a.actor_id = ? AND (
                   EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = a.id AND d.state = 'pending')
                   OR EXISTS (SELECT 1 FROM fan_outs f WHERE f.activity_id = a.id)
               ) LIMIT 1""",
            [actor.id],
        )
    )


async def forget_private_keys(actor: Actor) -> None:
    """Nobody can sign as this actor any more. Its public keys stay: others may still check what it said."""
    await ActorKey.filter(actor_id=actor.id).update(private="")
