"""Stored activities meet their handlers: each once, in one transaction, peer after peer in turns."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from federation import strict_json
from federation.actors import resolve_actor
from federation.ahead import Ahead
from federation.database import execute, is_postgres, placeholders, transaction
from federation.inbound import Fetches, Inbound, Missing
from federation.inbox_turns import Stored, Turns, bring_back, set_aside
from federation.keys import NOT_NOW
from federation.models import Actor, InboundActivity, InboundState
from federation.overtaken import look_for_marks
from federation.refusals import Refused
from federation.registry import Verdict
from federation.wire import ActivityDocument, id_of, read_activity

if TYPE_CHECKING:
    from federation.federation import Federation

GROUPS_AT_ONCE = 2
"""Groups side by side on PostgreSQL: while one waits for the database, another computes. SQLite has one writer."""
TRIES_TOGETHER = 3
"""Each costs the group again; then what is left of it is handled one by one."""

TURN = 0.002
"""Seconds after which others get a turn: an activity may need no statement that would wait."""
ROUNDS_AT_THE_DOOR = 4
"""Rounds of the event loop that a turn lasts while peers wait for their 202: reading one and storing it takes several."""

PATIENCE = 0.012
"""Seconds for which a peer may wait at the door for a group; then the group is written, and its rest follows it."""

ALONE_AT_ONCE = 64
ALONE_OF_A_HOST = 8
"""Activities that wait for documents of others, at once: one that makes us ask slow servers holds up only its own."""
ALONE_HELD = 2_000
LOOK_EVERY = 0.25
"""Seconds between two looks for new work while some wait."""
RUN_FOR = 300.0
"""Seconds after which the job ends and asks to be woken again: workers have a limit for a job's time."""

MAX_FETCHES = 30
"""Documents that one activity may make us fetch: a thread of strangers is read in pieces, not at once (S-052)."""

RETRY_AFTER = (timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))

log = structlog.get_logger("federation.processing")


async def process_inbox(fed: Federation) -> int:
    """Handle all that is pending and due; returns how many activities came to an end.

    Safe to run in many processes and to be killed at any instant: rows are leased, and the effect of an
    activity is written together with the mark that it is done.
    """
    return await _Processing(fed).run()


class _Processing:
    """One run of the job: what goes smoothly in groups, and beside them what must wait for other servers."""

    def __init__(self, fed: Federation) -> None:
        self._fed = fed
        fed.storing.is_handled_here = True
        self._groups = GROUPS_AT_ONCE if is_postgres() else 1
        self._turns = Turns(fed, self._groups)
        self._turn = _Turn(fed)
        self._alone: dict[int, deque[Stored]] = {}  # by actor: what one says keeps its order
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(ALONE_AT_ONCE)
        self._slots_of_host: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(ALONE_OF_A_HOST)
        )
        self._ends_at = fed.clock.monotonic() + RUN_FOR
        self._has_one_writer = not is_postgres()
        self._done = 0

    async def run(self) -> int:
        await bring_back(self._fed)
        try:
            while True:
                await asyncio.gather(*(self._drain() for _ in range(self._groups)))
                if not self._tasks:
                    break
                await asyncio.wait(self._tasks, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in self._tasks:
                task.cancel()
        if self._is_over():
            self._fed.wake("process_inbox")
        return self._done

    def _is_over(self) -> bool:
        return self._fed.clock.monotonic() >= self._ends_at

    async def _drain(self) -> None:
        """Claim group after group until nothing is due."""
        while not self._is_over() and (claimed := await self._turns.claim()):
            smooth = [row for row in claimed if row.actor_id not in self._alone]
            behind = [row for row in claimed if row.actor_id in self._alone]
            await self._leave(behind + await self._handle_together(smooth))
            self._turns.done(claimed)

    async def _handle_together(self, claimed: list[Stored]) -> list[Stored]:
        """Handle all of a group in one transaction, as nearly always nothing is missing or refused; returns what must be
        handled alone. Beginning and committing cost as much as handling a like.
        """
        alone: list[Stored] = []
        actors = await Actor.in_bulk({row.actor_id for row in claimed}, "id")
        read = await self._read_all(claimed, actors)
        tries = TRIES_TOGETHER
        while claimed and tries:
            at: Stored | None = None
            begun = self._fed.clock.monotonic()
            try:
                async with transaction():
                    ended: dict[InboundState, list[int]] = defaultdict(list)
                    for row in claimed:
                        if ended and self._somebody_waits(begun):
                            break
                        await self._turn.give()
                        at = row
                        inbound = read.get(row.id) or await _read(self._fed, row, actors.get(row.actor_id))
                        verdict = await dispatch(inbound)
                        handled = verdict is Verdict.HANDLED
                        ended[InboundState.DONE if handled else InboundState.IGNORED].append(row.id)
                    at = None
                    for state, ids in ended.items():
                        await _finish(self._fed, ids, state)
            except Exception:  # noqa: BLE001 - it will meet it again by itself, and be judged there
                if at is None:
                    return alone + claimed
                alone += [row for row in claimed if row.actor_id == at.actor_id]
                claimed = [row for row in claimed if row.actor_id != at.actor_id]
                tries -= 1
            else:
                done = sum(map(len, ended.values()))
                self._done += done
                claimed = claimed[done:]
        return alone + claimed

    async def _read_all(self, claimed: list[Stored], actors: Mapping[int, Actor]) -> dict[int, Inbound]:
        """A group as its handlers are given it, with what all of them will ask; without what is refused already."""
        ahead, found = Ahead(), {}
        for row in claimed:
            with suppress(Refused):
                found[row.id] = await _read(self._fed, row, actors.get(row.actor_id), ahead)
        for look in (look_for_marks, *self._fed.registry.look_ahead):
            await look(list(found.values()))
        return found

    def _somebody_waits(self, begun: float) -> bool:
        """Whether a peer waits for its 202 until this transaction ends, and has waited long enough."""
        if not (self._has_one_writer and self._fed.storing.is_writing):
            return False
        return self._fed.clock.monotonic() - begun >= PATIENCE

    async def _leave(self, set_aside_rows: list[Stored]) -> None:
        """Handle rows one by one, beside the groups: each may wait for other servers."""
        if not set_aside_rows:
            return
        # Known as theirs before the rows leave the line: from then on another group may claim what their actors say next.
        begun = []
        for row in sorted(set_aside_rows, key=lambda row: row.id):
            if sum(map(len, self._alone.values())) >= ALONE_HELD:
                await _postpone(self._fed, row, "too much waits for other servers", is_a_try=False)
            elif row.actor_id in self._alone:
                self._alone[row.actor_id].append(row)
            else:
                self._alone[row.actor_id] = deque([row])
                begun.append(row)
        await set_aside(self._fed, [row.id for row in set_aside_rows])
        for row in begun:
            task = asyncio.create_task(self._handle_alone(row.actor_id, row.host))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _handle_alone(self, actor_id: int, host: str) -> None:
        queue = self._alone[actor_id]
        async with self._slots_of_host[host]:
            while queue:
                async with self._slots:
                    if await _process(self._fed, queue[0]):
                        self._done += 1
                queue.popleft()
        del self._alone[actor_id]


class _Turn:
    """The event loop's thread, held for a while by all groups together and given up: two that held it each for themselves
    would leave half as much to the door.
    """

    def __init__(self, fed: Federation) -> None:
        self._fed = fed
        self._until = fed.clock.monotonic() + TURN

    async def give(self) -> None:
        """Let others go first, when it was long enough."""
        if self._fed.clock.monotonic() < self._until:
            return
        for _ in range(ROUNDS_AT_THE_DOOR):
            await asyncio.sleep(0)
            if not self._fed.storing.is_writing:
                break
        self._until = self._fed.clock.monotonic() + TURN


async def _read(fed: Federation, row: Stored, actor: Actor | None, ahead: Ahead | None = None) -> Inbound:
    """A stored row as what handlers are given. Raises `Refused` when its actor may not be heard any more."""
    if actor is not None:
        await fed.registry.admit(actor.host, actor)
    if actor is None or not actor.is_usable:
        raise Refused("suspended-actor", str(row.actor_id))
    document, activity = fed.storing.read_lately(row.uri, row.body) or _read_again(fed, row.body)
    return Inbound(
        fed,
        activity,
        actor,
        document,
        row.body,
        inbox_of=row.inbox_of,
        ahead=ahead if ahead is not None else Ahead(),
    )


def _read_again(fed: Federation, body: str) -> tuple[dict[str, Any], ActivityDocument]:
    document = strict_json.parse_object(body.encode())
    return document, read_activity(document, allow_http=fed.config.development)


async def _process(fed: Federation, row: Stored) -> bool:
    """Handle one stored activity; false when it must be tried again later."""
    inbound: Inbound | None = None
    try:
        inbound = await _read(fed, row, await Actor.get_or_none(id=row.actor_id))
        await handle(inbound, finish=row)
    except Refused as refusal:
        if refusal.code == "unreachable" and row.attempts < len(RETRY_AFTER):
            return await _postpone(fed, row, str(refusal))
        await _refuse(fed, row, inbound, refusal)
    except Exception as fault:
        log.exception("an activity could not be handled", uri=row.uri, type=row.type)
        if row.attempts < len(RETRY_AFTER):
            return await _postpone(fed, row, repr(fault))
        await _finish(fed, [row.id], InboundState.FAILED, repr(fault))
    return True


async def _refuse(fed: Federation, row: Stored, inbound: Inbound | None, refusal: Refused) -> None:
    """Mark it, and let whoever answers refusals do so. An answer that fails leaves it refused without one."""
    if inbound is not None and fed.registry.refused is not None:
        try:
            async with transaction():
                await _finish(fed, [row.id], InboundState.REFUSED, str(refusal))
                await fed.registry.refused(inbound, refusal)
        except Exception:
            log.exception("a refusal could not be answered", uri=row.uri)
        else:
            return
    await _finish(fed, [row.id], InboundState.REFUSED, str(refusal))


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
            shown = await fed.actor_tokens.authorization(fed, missing.group, missing.uri)
            document = (await fed.client.get_document(missing.uri, authorization=shown)).document
            found = id_of(document) or ""
            fetches.documents[missing.uri] = document
        if found != missing.uri:
            raise Refused("id-mismatch", f"{missing.uri} is {found}")
    except Refused as refusal:
        if refusal.code in NOT_NOW and not is_last:
            raise Refused("unreachable", refusal.detail) from refusal
        fetches.refused[missing.uri] = refusal


async def _postpone(fed: Federation, row: Stored, reason: str, *, is_a_try: bool = True) -> bool:
    """Its next try is later; what its actor says meanwhile goes on (`federation/overtaken.py`)."""
    await execute(
        """UPDATE inbound_activities SET state = 'waiting', run_at = ?, attempts = ?, reason = ?, locked_until = NULL
           WHERE id = ?""",
        [fed.clock.now() + RETRY_AFTER[row.attempts], row.attempts + is_a_try, reason[:255], row.id],
    )
    return False


async def _finish(fed: Federation, ids: list[int], state: InboundState, reason: str = "") -> None:
    await execute(
        f"""UPDATE inbound_activities SET state = ?, reason = ?, done_at = ?, locked_until = NULL
            WHERE id IN ({placeholders(len(ids))})""",  # noqa: S608 - placeholders
        [str(state), reason[:255], fed.clock.now(), *ids],
    )
