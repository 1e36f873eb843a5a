"""One signed POST to an inbox, and the reading of its answer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from federation import strict_json
from federation.database import placeholders, rows
from federation.followers_synchronization import HEADER, FollowerDigests, write_header
from federation.local_keys import KeyMissing, signing_key
from federation.refusals import Refused
from federation.retry import Judgement, judge, retry_after
from federation.signatures import Scheme, SigningKey, sign_request
from federation.vocabulary import PUBLIC_SPELLINGS

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


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An activity as it is sent, and its actor's key; None where the key was lost. Where it is for the actor's followers
    alone, `for_followers` is true, and their digest goes with it.
    """

    body: bytes
    key: SigningKey | None
    actor_id: int
    actor_uri: str
    followers_url: str
    for_followers: bool


class Activities:
    """What is being sent, the last few kept: a fan-out sends one body 500 times."""

    def __init__(self, fed: Federation) -> None:
        self._fed = fed
        self._kept: OrderedDict[int, Outgoing] = OrderedDict()
        self._digests = FollowerDigests(fed.clock)
        self._keys: dict[int, SigningKey | None] = {}

    async def load(self, ids: set[int]) -> None:
        """Read those that are not kept, with one query."""
        missing = sorted(ids - self._kept.keys())
        if not missing:
            return
        for row in await rows(
            f"""SELECT o.id, o.actor_id, o.body, o.is_public, a.uri, a.followers_url
                FROM outbound_activities o JOIN actors a ON a.id = o.actor_id
                WHERE o.id IN ({placeholders(len(missing))})""",  # noqa: S608
            missing,
        ):
            self._kept[row["id"]] = Outgoing(
                row["body"].encode(),
                await self._key(row["actor_id"]),
                row["actor_id"],
                row["uri"],
                row["followers_url"],
                not row["is_public"] and _is_for_followers_alone(row["body"], row["followers_url"]),
            )

    async def headers_for(self, outgoing: Outgoing, host: str) -> dict[str, str]:
        """What is signed besides on its way to `host`: the digest of the followers there (FEP-8fcf)."""
        if not outgoing.for_followers:
            return {}
        digest = await self._digests.of(outgoing.actor_id, host)
        return {HEADER: write_header(outgoing.actor_uri, outgoing.followers_url, digest)}

    async def get(self, activity_id: int) -> Outgoing:
        """The activity, read unless it is kept."""
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


def _is_for_followers_alone(body: str, followers_url: str) -> bool:
    """Whether an activity is addressed to the followers and not to everybody."""
    if not followers_url or followers_url not in body:
        return False
    activity = strict_json.parse_object(body.encode())
    named = [activity.get("to"), activity.get("cc")]
    addressed = {uri for part in named for uri in (part if isinstance(part, list) else [part])}
    return followers_url in addressed and addressed.isdisjoint(PUBLIC_SPELLINGS)


@dataclass(slots=True)
class _ToSign:
    url: str
    body: bytes
    key: SigningKey
    scheme: Scheme
    headers: Mapping[str, str]
    signed: asyncio.Future[dict[str, str]]


class Signer:
    """Signs in a thread, many requests at a time: what came in while one batch was signed is the next batch."""

    def __init__(self, fed: Federation) -> None:
        self._fed = fed
        self._waiting: list[_ToSign] = []
        self._task: asyncio.Task[None] | None = None

    async def sign(
        self, url: str, body: bytes, key: SigningKey, scheme: Scheme, headers: Mapping[str, str]
    ) -> dict[str, str]:
        """The headers of a POST, made now: signatures age. Raises `ValueError` for a URL nothing can go to."""
        wanted = _ToSign(url, body, key, scheme, headers, asyncio.get_running_loop().create_future())
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
                sign_request(
                    "POST",
                    wanted.url,
                    wanted.body,
                    wanted.key,
                    scheme=wanted.scheme,
                    now=now,
                    signed_headers=wanted.headers,
                )
            )
        except ValueError as error:
            made.append(error)
    return made


async def post(
    fed: Federation,
    signer: Signer,
    inbox_url: str,
    body: bytes,
    key: SigningKey,
    scheme: Scheme,
    headers: Mapping[str, str],
) -> Outcome:
    """Send one activity to one inbox, signed now; `headers` go with it and are signed too."""
    try:
        signed = await signer.sign(inbox_url, body, key, scheme, headers)
        answer = await fed.client.post(inbox_url, body, signed)
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
