"""A clock that moves when told, and a network in memory that loses, doubles and delays.

What happens to a message depends on the seed and on the message alone (who sends, where to, the bytes, how many
times before), never on which of many parallel requests came first: a seed repeats a failure.

No time passes inside a request, unless its handler sleeps by the simulated clock. A delayed message looks to its
sender like one that timed out, and reaches its receiver when `deliver_mail` finds its time has come.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import heapq
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from federation.refusals import Refused
from federation.transport import Response, Timeouts, Transport

START = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
CHOKED_TIMES = 4
"""Once more than a delivery keeps its place at the head of its lane."""


class SimulatedClock:
    """Stands still until `advance`. Whoever sleeps is woken in the order of their times."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start.timestamp()
        self._elapsed = 0.0
        self._jump = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def time(self) -> float:
        return self._start + self._elapsed + self._jump

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._numbers), woken))
        await woken

    async def advance(self, seconds: float = 0, *, days: float = 0) -> None:
        """Let time pass; all that wakes meanwhile runs until it waits again."""
        until = self._elapsed + seconds + days * 86400
        await let_run()
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, woken = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, at)
            if not woken.done():
                woken.set_result(None)
                await let_run()
        self._elapsed = until

    def jump(self, seconds: float) -> None:
        """Set the date forward or back, as an administrator or a time server does; nobody sleeps less (S-147)."""
        self._jump += seconds


async def let_run(turns: int = 20) -> None:
    """Give the other tasks of the loop their turns. What runs in threads (a database) may need more."""
    for _ in range(turns):
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class SimulatedRequest:
    """One request as it arrives. Header names are lower-case."""

    sender: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


Handler = Callable[[SimulatedRequest], Awaitable[Response]]
App = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Faults:
    """How likely each fault is (0 to 1), for any one message. `longest_delay` is in seconds.

    A message that the receiver is `choked` by is answered with a 500 the first four times.
    """

    lost_requests: float = 0.0
    lost_answers: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    choked: float = 0.0
    longest_delay: float = 3600.0


class SimulatedNetwork:
    """Hosts by name, and what can go wrong between them. `log` has what reached a host: (sender, request, status)."""

    def __init__(self, clock: SimulatedClock, *, seed: int | str = 0, faults: Faults | None = None) -> None:
        self.clock = clock
        self.seed = seed
        self.faults = faults or Faults()
        self.log: list[tuple[SimulatedRequest, int]] = []
        self.tried: list[str] = []
        self._handlers: dict[str, Handler] = {}
        self._down: set[str] = set()
        self._seen: Counter[str] = Counter()
        self._mail: list[tuple[float, str, int, SimulatedRequest]] = []
        self._numbers = count()
        self._tasks: set[asyncio.Task[Response]] = set()

    def serve(self, host: str, handler: Handler) -> None:
        """Let `handler` answer for `host` (with its port, where URLs name one)."""
        self._handlers[host] = handler

    def serve_app(self, host: str, app: App) -> None:
        """Let an ASGI app answer for `host`."""
        self.serve(host, lambda request: _ask_app(app, request))

    def take_down(self, *hosts: str) -> None:
        """Nothing reaches these hosts until `bring_up`; what is under way to them is lost."""
        self._down |= set(hosts)

    def bring_up(self, *hosts: str) -> None:
        self._down -= set(hosts)

    def transport(self, sender: str) -> Transport:
        """The transport of the instance named `sender`."""
        return _Line(self, sender)

    def received(self, host: str) -> list[SimulatedRequest]:
        """What reached a host, in order."""
        return [request for request, _ in self.log if urlsplit(request.url).netloc == host]

    @property
    def next_mail_at(self) -> float | None:
        """When the next delayed message arrives (`clock.time()`); None when none is under way."""
        return self._mail[0][0] if self._mail else None

    async def deliver_mail(self) -> int:
        """Bring the delayed messages whose time has come; returns how many."""
        delivered = 0
        while self._mail and self._mail[0][0] <= self.clock.time():
            request = heapq.heappop(self._mail)[3]
            if self._is_up(request.url):
                await self._hand_over(request)
                delivered += 1
        return delivered

    async def exchange(self, request: SimulatedRequest, timeout: Timeouts) -> Response:
        """One request and what the sender learns of it."""
        self.tried.append(request.url)
        if not self._is_up(request.url):
            raise Refused("unreachable", "the host is down")
        fate = self._fate(request)
        if fate.random() < self.faults.lost_requests:
            raise Refused("unreachable", "lost on its way")
        if fate.random() < self.faults.delayed:
            at = self.clock.time() + fate.uniform(0, self.faults.longest_delay)
            heapq.heappush(self._mail, (at, request.url, next(self._numbers), request))
            raise Refused("unreachable", "no answer in time")
        if self._chokes_on(request):
            return Response(500, {}, b"", request.url)
        doubled, lost_answer = (
            fate.random() < self.faults.doubled,
            fate.random() < self.faults.lost_answers,
        )
        answer = await self._in_time(request, timeout.total)
        if doubled:
            answer = await self._in_time(request, timeout.total)
        if lost_answer:
            raise Refused("unreachable", "the answer was lost")
        return answer

    def _is_up(self, url: str) -> bool:
        host = urlsplit(url).netloc
        return host in self._handlers and host not in self._down

    def _chokes_on(self, request: SimulatedRequest) -> bool:
        message = _name_of(request)
        likely = request.method == "POST" and self._seen[message] <= CHOKED_TIMES
        return likely and random.Random(f"{self.seed} choked {message}").random() < self.faults.choked

    def _fate(self, request: SimulatedRequest) -> random.Random:
        message = _name_of(request)
        self._seen[message] += 1
        return random.Random(f"{self.seed} {message} {self._seen[message]}")

    async def _in_time(self, request: SimulatedRequest, seconds: float) -> Response:
        """The answer, unless the simulated clock is first; the receiver goes on all the same."""
        work = asyncio.create_task(self._hand_over(request), context=contextvars.Context())
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)
        timer = asyncio.create_task(self.clock.sleep(seconds))
        try:
            await asyncio.wait({work, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        if not work.done():
            raise Refused("unreachable", "no answer in time")
        return work.result()

    async def _hand_over(self, request: SimulatedRequest) -> Response:
        place = len(self.log)
        self.log.append((request, 0))
        answer = await self._handlers[urlsplit(request.url).netloc](request)
        self.log[place] = (request, answer.status)
        return answer


def _name_of(request: SimulatedRequest) -> str:
    return f"{request.sender} {request.method} {request.url} {hashlib.sha256(request.body).hexdigest()}"


class _Line:
    """One instance's end of the network."""

    def __init__(self, network: SimulatedNetwork, sender: str) -> None:
        self._network = network
        self._sender = sender

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_bytes: int,
        timeout: Timeouts,
    ) -> Response:
        lower = {name.lower(): value for name, value in headers.items()}
        lower.setdefault("host", urlsplit(url).netloc)
        sent = SimulatedRequest(self._sender, method, url, lower, body or b"")
        answer = await self._network.exchange(sent, timeout)
        if len(answer.body) > max_bytes:
            return Response(answer.status, answer.headers, answer.body[:max_bytes], url, "too-large")
        return answer

    async def close(self) -> None:
        """Holds nothing open."""


async def _ask_app(app: App, request: SimulatedRequest) -> Response:
    parts = urlsplit(request.url)
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": parts.path or "/",
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
        "client": ("198.51.100.1", 443),
        "server": (parts.hostname, parts.port or 443),
        "state": {},
    }
    messages = [{"type": "http.request", "body": request.body, "more_body": False}]
    status, headers, body = 500, dict[str, str](), bytearray()

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            for name, value in message["headers"]:
                headers[name.decode().lower()] = value.decode()
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Response(status, headers, bytes(body), request.url)
