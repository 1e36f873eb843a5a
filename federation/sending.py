"""One signed POST to an inbox, and the reading of its answer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import placeholders, rows
from federation.local_keys import KeyMissing, signing_key
from federation.refusals import Refused
from federation.retry import Judgement, judge, retry_after
from federation.signatures import Scheme, SigningKey, sign_request

if TYPE_CHECKING:
    from federation.federation import Federation

KEPT_ACTIVITIES = 256
SIGNED_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one POST. `pause` is what the peer asked for with `Retry-After`."""

    judgement: Judgement
    status: int | None = None
    reason: str = ""
    pause: timedelta | None = None
    is_ours: bool = False  # we did not send it: blocked, or an address that is not dialled


class Activities:
    """Bodies and keys of what is being sent, the last few kept: a fan-out sends one body 500 times."""

    def __init__(self, fed: Federation) -> None:
        self._fed = fed
        self._kept: OrderedDict[int, tuple[bytes, SigningKey | None]] = OrderedDict()
        self._keys: dict[int, SigningKey | None] = {}

    async def load(self, ids: set[int]) -> None:
        """Read those that are not kept, with one query."""
        missing = sorted(ids - self._kept.keys())
        if not missing:
            return
        for row in await rows(
            f"SELECT id, actor_id, body FROM outbound_activities WHERE id IN ({placeholders(len(missing))})",  # noqa: S608
            missing,
        ):
            self._kept[row["id"]] = (row["body"].encode(), await self._key(row["actor_id"]))

    async def get(self, activity_id: int) -> tuple[bytes, SigningKey | None]:
        """The body as it is sent, and its actor's key; None where the key was lost."""
        await self.load({activity_id})
        self._kept.move_to_end(activity_id)
        found = self._kept[activity_id]
        while len(self._kept) > KEPT_ACTIVITIES:
            self._kept.popitem(last=False)
        return found

    async def _key(self, actor_id: int) -> SigningKey | None:
        if actor_id not in self._keys:
            try:
                self._keys[actor_id] = await signing_key(self._fed, actor_id)
            except KeyMissing:
                self._keys[actor_id] = None
        return self._keys[actor_id]


@dataclass(slots=True)
class _ToSign:
    url: str
    body: bytes
    key: SigningKey
    scheme: Scheme
    signed: asyncio.Future[dict[str, str]]


class Signer:
    """Signs in a thread, many requests at a time: what came in while one batch was signed is the next batch."""

    def __init__(self, fed: Federation) -> None:
        self._fed = fed
        self._waiting: list[_ToSign] = []
        self._task: asyncio.Task[None] | None = None

    async def sign(self, url: str, body: bytes, key: SigningKey, scheme: Scheme) -> dict[str, str]:
        """The headers of a POST, made now: signatures age. Raises `ValueError` for a URL nothing can go to."""
        wanted = _ToSign(url, body, key, scheme, asyncio.get_running_loop().create_future())
        self._waiting.append(wanted)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await wanted.signed

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:SIGNED_AT_ONCE], self._waiting[SIGNED_AT_ONCE:]
                made = await asyncio.to_thread(_sign_all, batch, self._fed.clock.time())
                for wanted, headers in zip(batch, made, strict=True):
                    if wanted.signed.done():
                        continue
                    if isinstance(headers, ValueError):
                        wanted.signed.set_exception(headers)
                    else:
                        wanted.signed.set_result(headers)
        finally:
            self._task = None


def _sign_all(batch: list[_ToSign], now: float) -> list[dict[str, str] | ValueError]:
    made: list[dict[str, str] | ValueError] = []
    for wanted in batch:
        try:
            made.append(
                sign_request("POST", wanted.url, wanted.body, wanted.key, scheme=wanted.scheme, now=now)
            )
        except ValueError as error:
            made.append(error)
    return made


async def post(
    fed: Federation, signer: Signer, inbox_url: str, body: bytes, key: SigningKey, scheme: Scheme
) -> Outcome:
    """Send one activity to one inbox, signed now."""
    try:
        headers = await signer.sign(inbox_url, body, key, scheme)
        answer = await fed.client.post(inbox_url, body, headers)
    except ValueError as error:
        return Outcome(Judgement.REFUSED, reason=f"bad-url: {error}", is_ours=True)
    except Refused as refusal:
        if refusal.code == "unreachable":
            return Outcome(Judgement.LATER, reason=str(refusal))
        return Outcome(Judgement.REFUSED, reason=str(refusal), is_ours=True)
    judgement = judge(answer.status)
    if judgement is Judgement.DELIVERED:
        return Outcome(judgement, answer.status)
    pause = None
    if answer.status in (429, 503):
        pause = retry_after(answer.headers.get("retry-after"), fed.clock.now())
    return Outcome(judgement, answer.status, _said(answer.status, answer.body), pause)


def _said(status: int, body: bytes) -> str:
    """The peer's words for the inspector, short and printable."""
    text = body[:400].decode("utf-8", "replace")
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"{status} {words}".strip()[:255]
