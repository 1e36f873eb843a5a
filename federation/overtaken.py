"""What arrives after its own end: an `Undo` before what it undoes, a `Delete` or `Update` before its `Create`.

Peers retry, and a retried activity is overtaken by those that followed it. So what takes something back, or changes
it, leaves a mark where we do not have that thing yet: a row of `inbound_activities` under the thing's own id, whose
`reason` names the activity that came first. An activity under such an id is dropped at the inbox as one that we know;
objects, and what a group passes on, ask here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from federation.database import execute, placeholders, rows
from federation.inbound import Inbound
from federation.lanes import moment
from federation.models import InboundActivity
from federation.urls import host_of

if TYPE_CHECKING:
    from federation.federation import Federation

_BY = "overtaken by "
_UNDONE = "#undone-"
_MARKED = "marked"
_IS_MARK = f"(inbound_activities.state = 'ignored' AND inbound_activities.reason LIKE '{_BY}%')"

_MARK = f"""
INSERT INTO inbound_activities
    (id, uri, type, actor_id, body, state, reason, attempts, run_at, received_at, done_at)
VALUES (?, ?, ?, ?, ?, 'ignored', ?, 0, ?, ?, ?)
ON CONFLICT (uri) DO UPDATE SET reason = excluded.reason,
    type = CASE WHEN {_IS_MARK} THEN excluded.type ELSE inbound_activities.type END,
    body = CASE WHEN {_IS_MARK} THEN excluded.body ELSE inbound_activities.body END
WHERE inbound_activities.actor_id = excluded.actor_id
    AND NOT ({_IS_MARK} AND inbound_activities.type IN ('Delete', 'Undo'))
"""  # noqa: S608 - constants

LATE_BY = 60.0
"""Seconds by which a Follow must be older than its Undo to be taken for a late copy: the clocks of two servers, and
the whole seconds of a signature, may differ by less."""


async def mark_overtaken(inbound: Inbound, uri: str | None, *, body: str = "") -> None:
    """The activity speaks of `uri`, which is not here: remember it. In the transaction under way.

    Only of what lies on the actor's own host: nobody can end what another server has yet to say (S-034).
    """
    if not uri or host_of(uri) != host_of(inbound.actor.uri):
        return
    fed, now = inbound.federation, inbound.federation.clock.now()
    inbound.ahead.forget(_MARKED, uri)
    reason = f"{_BY}{inbound.activity.id}"[:255]
    await execute(
        _MARK,
        [fed.ids.next(), uri, inbound.activity.type, inbound.actor.id, body, reason, now, now, now],
    )


@dataclass(frozen=True)
class Mark:
    """What came before the thing it speaks of: its type, and what an Update said."""

    type: str
    body: str


async def overtaking(inbound: Inbound, uri: str | None) -> Mark | None:
    """The mark on `uri`, if the same actor left one."""
    if not uri:
        return None
    if (known := inbound.ahead.ask(_MARKED, uri)) is not None:
        return known.get(inbound.actor.id)
    found = await rows(
        f"SELECT type, body FROM inbound_activities WHERE uri = ? AND actor_id = ? AND reason LIKE '{_BY}%'",  # noqa: S608
        [uri, inbound.actor.id],
    )
    return Mark(found[0]["type"], found[0]["body"]) if found else None


async def look_for_marks(inbounds: Sequence[Inbound]) -> None:
    """Ask once for all that a group creates (`federation/ahead.py`)."""
    created = [inbound for inbound in inbounds if inbound.activity.type == "Create"]
    marks: dict[str, dict[int, Mark]] = {one.activity.object_id: {} for one in created}
    if not marks:
        return
    found = await rows(
        f"""SELECT uri, actor_id, type, body FROM inbound_activities
            WHERE uri IN ({placeholders(len(marks))}) AND reason LIKE '{_BY}%'""",  # noqa: S608 - placeholders
        list(marks),
    )
    for row in found:
        marks[row["uri"]][row["actor_id"]] = Mark(row["type"], row["body"])
    for uri, known in marks.items():
        created[0].ahead.tell(_MARKED, uri, known)


async def is_about_another(inbound: Inbound, current: str) -> bool:
    """Whether an `Undo` means an earlier activity that we know, not the one that counts now (`current`, its id).

    Somebody likes, takes it back and likes again: the Undo may arrive last. Lemmy and others undo under an id that
    was never sent; that means whatever counts now.
    """
    inner = inbound.activity.inner
    undone = inner.id if inner is not None else inbound.activity.object_id
    if not undone or not current or undone == current:
        return False
    return await InboundActivity.exists(uri=undone, actor_id=inbound.actor.id)


async def give_back(inbound: Inbound, uri: str | None) -> None:
    """A Follow was undone: its id may be used again for the next one, as Pixelfed does (S-036)."""
    if not await free_id(inbound.federation, uri or "", inbound.actor.id):
        await mark_overtaken(inbound, uri)


async def free_id(fed: Federation, uri: str, actor_id: int) -> bool:
    """Hear an activity under this id of the actor's again, in the transaction under way; false when none was heard."""
    renamed = await execute(
        "UPDATE inbound_activities SET uri = uri || ?, done_at = ? WHERE uri = ? AND actor_id = ?",
        [f"{_UNDONE}{fed.ids.next()}", fed.clock.now(), uri, actor_id],
    )
    return bool(renamed)


async def is_late_copy(uri: str, signed_at: float) -> bool:
    """Whether a Follow under this id was undone after this copy of it was signed: the network brought it twice."""
    first, behind = f"{uri}{_UNDONE}", f"{uri}{_UNDONE[:-1]}."
    found = await rows(
        "SELECT max(done_at) AS undone_at FROM inbound_activities WHERE uri > ? AND uri < ?", [first, behind]
    )
    undone_at = moment(found[0]["undone_at"])
    return undone_at is not None and signed_at + LATE_BY < undone_at.timestamp()
