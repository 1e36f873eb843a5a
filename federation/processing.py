"""Stored activities meet their handlers: each once, in one transaction, in order for each actor."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from federation import strict_json
from federation.actors import resolve_actor
from federation.database import execute, is_postgres, placeholders, rows, transaction
from federation.inbound import Fetches, Inbound, Missing
from federation.keys import NOT_NOW
from federation.models import Actor, InboundActivity, InboundState
from federation.refusals import Refused
from federation.registry import Verdict
from federation.wire import ActivityDocument, id_of, read_activity

if TYPE_CHECKING:
    from federation.federation import Federation

LANES_AT_ONCE = 16
ROWS_PER_LANE = 6
"""Together they bound a group, which is one transaction: on SQLite others wait for it, a tenth of a second at most."""
GROUPS_AT_ONCE = 3
"""Groups side by side on PostgreSQL: while one waits for the database, another computes. SQLite has one writer."""
LEASE = timedelta(minutes=2)
MAX_FETCHES = 30
"""Documents that one activity may make us fetch: a thread of strangers is read in pieces, not at once (S-052)."""

RETRY_AFTER = (timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))

log = structlog.get_logger("federation.processing")


async def process_inbox(fed: Federation) -> int:
    """Handle all that is pending and due; returns how many activities came to an end.

    Safe to run in many processes and to be killed at any instant: rows are leased, and the effect of an
    activity is written together with the mark that it is done.
    """
    groups = GROUPS_AT_ONCE if is_postgres() else 1
    return sum(await asyncio.gather(*(_drain(fed) for _ in range(groups))))


async def _drain(fed: Federation) -> int:
    """Claim group after group until nothing is due."""
    done = 0
    while lanes := await _claim(fed):
        together = sorted((row for lane in lanes for row in lane), key=lambda row: row.id)
        if await _process_together(fed, together):
            done += len(together)
        else:
            done += sum(await asyncio.gather(*(_process_lane(fed, lane) for lane in lanes)))
    return done


@dataclass
class Stored:
    """A row of `inbound_activities` as it is worked on. Read by hand: a model costs more than handling a like."""

    id: int
    actor_id: int
    uri: str
    type: str
    inbox_of: int | None
    body: str
    attempts: int


async def _claim(fed: Federation) -> list[list[Stored]]:
    """Lease the oldest rows of some actors of which nobody works on any; actor by actor, in order."""
    now = fed.clock.now()
    skip = "FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    async with transaction():
        heads = await rows(
            f"""SELECT actor_id FROM inbound_activities
                WHERE id IN (SELECT min(id) FROM inbound_activities WHERE state = 'pending' GROUP BY actor_id)
                  AND run_at <= ? AND (locked_until IS NULL OR locked_until < ?)
                ORDER BY id LIMIT {LANES_AT_ONCE} {skip}""",  # noqa: S608 - constants
            [now, now],
        )
        if not heads:
            return []
        actors = [row["actor_id"] for row in heads]
        leased = await rows(
            f"""UPDATE inbound_activities SET locked_until = ? WHERE id IN (
                    SELECT id FROM (
                        SELECT id, row_number() OVER (PARTITION BY actor_id ORDER BY id) AS place
                        FROM inbound_activities
                        WHERE state = 'pending' AND actor_id IN ({placeholders(len(actors))})
                    ) AS lane WHERE place <= {ROWS_PER_LANE}
                ) RETURNING id, actor_id, uri, type, inbox_of, body, attempts""",  # noqa: S608 - placeholders and constants
            [now + LEASE, *actors],
        )
    lanes: dict[int, list[Stored]] = defaultdict(list)
    for row in sorted((Stored(**row) for row in leased), key=lambda row: row.id):
        lanes[row.actor_id].append(row)
    return list(lanes.values())


async def _process_together(fed: Federation, claimed: list[Stored]) -> bool:
    """Handle all that was claimed in one transaction, as nearly always nothing is missing or refused.

    False when one of them is: then nothing has happened, and each is handled by itself. Beginning and committing
    cost as much as handling a like.
    """
    if len(claimed) == 1:
        return False
    actors = await Actor.in_bulk({row.actor_id for row in claimed}, "id")
    ended: dict[InboundState, list[int]] = defaultdict(list)
    try:
        async with transaction():
            for row in claimed:
                verdict = await dispatch(await _read(fed, row, actors.get(row.actor_id)))
                handled = verdict is Verdict.HANDLED
                ended[InboundState.DONE if handled else InboundState.IGNORED].append(row.id)
            for state, ids in ended.items():
                await _finish(fed, ids, state)
    except Exception:  # noqa: BLE001 - whichever it was will meet it again by itself, and be judged there
        return False
    return True


async def _process_lane(fed: Federation, lane: list[Stored]) -> int:
    """Handle one actor's activities in order, up to the first that must wait."""
    for done, row in enumerate(lane):
        if not await _process(fed, row):
            rest = [row.id for row in lane[done:]]
            await execute(
                f"UPDATE inbound_activities SET locked_until = NULL WHERE id IN ({placeholders(len(rest))})",  # noqa: S608
                rest,
            )
            return done
    return len(lane)


async def _read(fed: Federation, row: Stored, actor: Actor | None) -> Inbound:
    """A stored row as what handlers are given. Raises `Refused` when its actor may not be heard any more."""
    if actor is not None:
        await fed.registry.admit(actor.host, actor)
    if actor is None or not actor.is_usable:
        raise Refused("suspended-actor", str(row.actor_id))
    document = strict_json.parse_object(row.body.encode())
    activity = read_activity(document, allow_http=fed.config.development)
    return Inbound(fed, activity, actor, document, row.body, inbox_of=row.inbox_of)


async def _process(fed: Federation, row: Stored) -> bool:
    """Handle one stored activity; false when it must be tried again later."""
    try:
        inbound = await _read(fed, row, await Actor.get_or_none(id=row.actor_id))
        await handle(inbound, finish=row)
    except Refused as refusal:
        if refusal.code == "unreachable" and row.attempts < len(RETRY_AFTER):
            return await _postpone(fed, row, str(refusal))
        await _finish(fed, [row.id], InboundState.REFUSED, str(refusal))
    except Exception as fault:
        log.exception("an activity could not be handled", uri=row.uri, type=row.type)
        if row.attempts < len(RETRY_AFTER):
            return await _postpone(fed, row, repr(fault))
        await _finish(fed, [row.id], InboundState.FAILED, repr(fault))
    return True


async def handle(inbound: Inbound, *, finish: Stored | None = None) -> Verdict:
    """Dispatch an activity inside one transaction, fetching between two runs what its handler lacks.

    `finish` is the stored row, marked in the same transaction. Raises `Refused`.
    """
    fed = inbound.federation
    is_last = finish is not None and finish.attempts >= len(RETRY_AFTER)
    for _ in range(MAX_FETCHES):
        try:
            async with transaction():
                verdict = await dispatch(inbound)
                if finish is not None:
                    state = InboundState.DONE if verdict is Verdict.HANDLED else InboundState.IGNORED
                    await _finish(fed, [finish.id], state)
                return verdict
        except Missing as missing:
            await _fetch(fed, inbound.fetches, missing, is_last=is_last)
    raise Refused("too-many", "the activity needs more documents than one may ask for")


async def dispatch(inbound: Inbound) -> Verdict:
    """Ask the handlers of the activity's type, upper floors first. Inside a transaction."""
    activity = inbound.activity
    key = activity.type
    if key == "Undo":
        inner = await _undone(inbound)
        key = f"Undo/{inner.type if inner else 'unknown'}"
        inbound = replace(inbound, activity=replace(activity, inner=inner))
    for handler in inbound.federation.registry.handlers_for(key):
        if await handler(inbound) is not Verdict.PASS:
            return Verdict.HANDLED
    return Verdict.PASS


async def _undone(inbound: Inbound) -> ActivityDocument | None:
    """What is undone: embedded, or one that we received and still hold. Only its own actor may (S-041)."""
    inner = inbound.activity.inner
    if inner is None and inbound.activity.object_id:
        row = await InboundActivity.get_or_none(uri=inbound.activity.object_id)
        if row is not None and row.body:  # old ones are kept without
            document = strict_json.parse_object(row.body.encode())
            inner = read_activity(document, allow_http=inbound.federation.config.development)
    if inner is not None and inner.actor != inbound.actor.uri:
        raise Refused("not-the-author", f"{inbound.actor.uri} undoes an activity of {inner.actor}")
    return inner


async def _fetch(fed: Federation, fetches: Fetches, missing: Missing, *, is_last: bool) -> None:
    """Get what a handler lacks. At the last try what is out of reach counts as not there: a reply is worth having
    without the post that it answers.
    """
    try:
        if missing.kind == "actor":
            found = (await resolve_actor(fed, missing.uri)).uri
        else:
            document = (await fed.client.get_document(missing.uri)).document
            found = id_of(document) or ""
            fetches.documents[missing.uri] = document
        if found != missing.uri:
            raise Refused("id-mismatch", f"{missing.uri} is {found}")
    except Refused as refusal:
        if refusal.code in NOT_NOW and not is_last:
            raise Refused("unreachable", refusal.detail) from refusal
        fetches.refused[missing.uri] = refusal


async def _postpone(fed: Federation, row: Stored, reason: str) -> bool:
    await execute(
        """UPDATE inbound_activities SET run_at = ?, attempts = ?, reason = ?, locked_until = NULL
           WHERE id = ?""",
        [fed.clock.now() + RETRY_AFTER[row.attempts], row.attempts + 1, reason[:255], row.id],
    )
    return False


async def _finish(fed: Federation, ids: list[int], state: InboundState, reason: str = "") -> None:
    await execute(
        f"""UPDATE inbound_activities SET state = ?, reason = ?, done_at = ?, locked_until = NULL
            WHERE id IN ({placeholders(len(ids))})""",  # noqa: S608 - placeholders
        [str(state), reason[:255], fed.clock.now(), *ids],
    )
