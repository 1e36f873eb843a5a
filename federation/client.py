"""Fetching from and posting to other servers: the rules about what an answer may claim.

The transport guards the connection; this guards the meaning. A document counts only under the URL that
served it: right content type (S-010), its `id` equal to the final URL or fetched again from there
(S-011, S-012), every hop checked and signed anew (S-003), few hops (S-007), failures remembered (S-025).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from federation import strict_json
from federation.clock import Clock, SystemClock
from federation.collection import read_items
from federation.fetch_limits import BudgetSpent, FailureMemory, HostBudget, current_meter
from federation.media_types import ACTIVITY_JSON, LD_JSON, is_activity_media_type, matches, read_media_type
from federation.refusals import Refused
from federation.signatures import Scheme
from federation.transport import Response, Timeouts, Transport
from federation.urls import Url, is_loopback_name, join, parse_url

MAX_REDIRECTS = 3
MAX_MEDIA_BYTES = 20_000_000
# What a peer says to a delivery is read for the inspector only.
MAX_ANSWER_BYTES = 16_384

_ACCEPT_ACTIVITY = f"{ACTIVITY_JSON}, {LD_JSON}"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STATUS_CODES = {401: "fetch-denied", 403: "fetch-denied", 404: "not-found", 410: "gone", 429: "too-many"}

MAX_HOSTS_REMEMBERED = 5_000

Sign = Callable[[str, str, bytes | None, Scheme], Mapping[str, str]]
"""(method, URL, body, scheme) -> the headers that sign this one request, `Date` and `Host` among them."""

Permit = Callable[[str], Awaitable[None]]
"""Asked with the host (and port, if not the default) before each hop; raises `Refused` to forbid it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A JSON document and the URL that served it, after redirects and without fragment."""

    document: dict[str, Any]
    url: str


@dataclass(frozen=True, slots=True)
class FetchedBytes:
    """A file, its `type/subtype` as its server names it, and the URL that served it."""

    body: bytes
    media_type: str
    url: str


@dataclass(slots=True)
class _Hops:
    """The redirects left for one question, whatever is fetched to answer it (S-007)."""

    left: int = MAX_REDIRECTS

    def use(self) -> None:
        if self.left == 0:
            raise Refused("too-many-redirects")
        self.left -= 1


class Client:
    """Everything that is read from other servers goes through here. Never use it inside a transaction.

    `sign` makes the headers of signed fetches (an instance actor's key; GoToSocial and secure-mode Mastodon
    answer nothing else) in the scheme that a host reads, and `permit` keeps blocked hosts out, also behind a
    redirect; both may be set later.
    `allow_http` is the development mode of `parse_url`. `failures` and `budget` hold the limits.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        sign: Sign | None = None,
        clock: Clock | None = None,
        allow_http: bool = False,
        permit: Permit | None = None,
        failures: FailureMemory | None = None,
        budget: HostBudget | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._transport = transport
        self.sign = sign
        self._clock = clock or SystemClock()
        self.allow_http = allow_http
        self.permit = permit
        self._failures = FailureMemory(self._clock) if failures is None else failures
        self._budget = HostBudget(self._clock) if budget is None else budget
        self._timeouts = timeouts or Timeouts()
        self._running: dict[tuple[str, str], asyncio.Task[tuple[bytes, Url]]] = {}
        self._reads_rfc9421: OrderedDict[str, None] = OrderedDict()

    async def get_document(self, url: str, *, expect_id: bool = True, authorization: str = "") -> Fetched:
        """The ActivityPub document at `url`; its `id` is the returned URL (but for a fragment).

        Without `expect_id` the id is not looked at: for key documents, which name an owner instead.
        `authorization` is shown to the asked host only, not to where it redirects (FEP-db0e).
        The returned URL may differ from the asked one: a caller that wanted *this* id compares. Callers that
        ask for one URL at the same time share one fetch. Raises `Refused`, for failures of the last five
        minutes without asking again: `gone` (410), `not-found`, `fetch-denied`, `wrong-media-type`, `bad-id`,
        `id-mismatch`, `too-many-redirects`, `unreachable` and what the parser and `parse_url` raise.
        """
        asked = self._parse(url)
        kind = ("document" if expect_id else "any document") + authorization
        body, final = await self._once(
            (kind, asked.text), lambda: self._document(asked, expect_id, authorization)
        )
        return Fetched(strict_json.parse_object(body), final.text)

    async def get_json(
        self, url: str, accept: str, *, max_bytes: int = strict_json.MAX_BYTES, signed: bool = False
    ) -> Fetched:
        """A JSON object that speaks for nobody: WebFinger, NodeInfo, a token. Any content type; unsigned unless `signed`.

        The type is not checked since static hosts serve `.well-known` files as octet streams; never take an
        ActivityPub object from here. Raises like `get_document`.
        """
        asked = self._parse(url)

        async def read() -> tuple[bytes, Url]:
            answer, final = await self._follow(asked, accept, _Hops(), max_bytes=max_bytes, signed=signed)
            strict_json.parse_object(answer.body, max_bytes=max_bytes)
            return answer.body, final

        body, final = await self._once((accept, asked.text), read)
        return Fetched(strict_json.parse_object(body, max_bytes=max_bytes), final.text)

    async def get_bytes(
        self,
        url: str,
        *,
        accept_types: tuple[str, ...],
        max_bytes: int = MAX_MEDIA_BYTES,
        timeout: Timeouts | None = None,
    ) -> FetchedBytes:
        """A file whose type is one of `accept_types` (`image/png`, `image/*`). Unsigned.

        The type is the server's word; look into the bytes before serving them. Raises like `get_document`.
        """
        asked = self._parse(url)
        key = ("bytes", asked.text)
        self._failures.raise_remembered(key)
        try:
            answer, final = await self._follow(
                asked,
                ", ".join(accept_types),
                _Hops(),
                max_bytes=max_bytes,
                signed=False,
                timeout=timeout,
            )
            content_type = answer.headers.get("content-type", "")
            if not matches(content_type, accept_types):
                raise _wrong_type(content_type)
        except Refused as refused:
            self._remember(key, refused)
            raise
        return FetchedBytes(answer.body, read_media_type(content_type)[0], final.text)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout: Timeouts | None = None
    ) -> Response:
        """Deliver `body`; any status is a return value, redirects are not followed.

        `headers` are complete: content type, digest, signature. Raises `Refused`: `bad-url`,
        `private-address`, `unreachable`, and what `permit` raises.
        """
        asked = self._parse(url)
        if self.permit is not None:
            await self.permit(asked.authority)
        return await self._transport.request(
            "POST", asked.text, headers, body, max_bytes=MAX_ANSWER_BYTES, timeout=timeout or self._timeouts
        )

    async def collection_items(
        self,
        collection: str | dict[str, Any],
        *,
        max_items: int,
        max_pages: int,
        max_seconds: float = 60.0,
    ) -> list[Any]:
        """The first items of a collection, in its order: ids or objects, as they stand there.

        A document given in place of a URL must have come from its own `id`. Reading ends at `max_items`,
        `max_pages`, `max_seconds`, a page seen before, or a later page that cannot be read (S-051). Whether
        an embedded item may be believed is the caller's question. Raises `Refused`: `foreign-id` when a page
        lies on another host, `not-an-object` when it is no collection, and what `get_document` raises.
        """
        if isinstance(collection, str):
            fetched = await self.get_document(collection)
            root, home = fetched.document, self._parse(fetched.url)
        else:
            root, home = collection, self._id_of(collection)
        return await read_items(
            root,
            home,
            self._page,
            self._clock,
            max_items=max_items,
            max_pages=max_pages,
            max_seconds=max_seconds,
            allow_http=self.allow_http,
        )

    def web_origin(self, authority: str) -> str:
        """Where the well-known documents of a host are: https, or in development http for local ones."""
        host, _, port = authority.rpartition(":") if ":" in authority else (authority, "", "")
        local = is_loopback_name(host) or bool(port)
        return f"{'http' if self.allow_http and local else 'https'}://{authority}"

    def _parse(self, url: str) -> Url:
        return parse_url(url, allow_http=self.allow_http)

    def _id_of(self, document: dict[str, Any]) -> Url:
        claimed = document.get("id")
        if not isinstance(claimed, str):
            raise Refused("bad-id", "the document has no id")
        try:
            return self._parse(claimed)
        except Refused as refused:
            raise Refused("bad-id", refused.detail) from None

    async def _document(self, asked: Url, expect_id: bool, authorization: str) -> tuple[bytes, Url]:
        hops = _Hops()
        body, final, document = await self._activity_body(asked, hops, authorization)
        if not expect_id:
            return body, final
        claimed = self._id_of(document)
        if claimed.text == final.text:
            return body, final
        if claimed.authority != final.authority:
            raise Refused("id-mismatch", f"the document says {claimed.text[:200]}")
        # Aliases, key stubs (GoToSocial) and lower-cased paths (PieFed): ask once where it says it lives.
        shown = authorization if claimed.authority == asked.authority else ""
        body, final, document = await self._activity_body(claimed, hops, shown)
        if self._id_of(document).text != final.text:
            raise Refused("id-mismatch", "the document at its own id has another id")
        return body, final

    async def _page(self, where: Url) -> tuple[dict[str, Any], Url]:
        _, final, document = await self._activity_body(where, _Hops())
        return document, final

    async def _activity_body(
        self, asked: Url, hops: _Hops, authorization: str = ""
    ) -> tuple[bytes, Url, dict[str, Any]]:
        answer, final = await self._follow(
            asked,
            _ACCEPT_ACTIVITY,
            hops,
            max_bytes=strict_json.MAX_BYTES,
            signed=True,
            authorization=authorization,
        )
        content_type = answer.headers.get("content-type", "")
        if not is_activity_media_type(content_type):
            raise _wrong_type(content_type)
        return answer.body, final, strict_json.parse_object(answer.body)

    async def _follow(
        self,
        url: Url,
        accept: str,
        hops: _Hops,
        *,
        max_bytes: int,
        signed: bool,
        timeout: Timeouts | None = None,
        authorization: str = "",
    ) -> tuple[Response, Url]:
        """GET `url` and where it leads; the whole answer with status 200, and its URL."""
        asked_host = url.authority
        while True:
            headers = {"Accept": accept}
            if authorization and url.authority == asked_host:
                headers["Authorization"] = authorization
            ask = partial(self._ask, url, headers, max_bytes, timeout or self._timeouts)
            if signed and self.sign is not None:
                answer = await self._in_the_scheme_it_reads(url.authority, ask)
            else:
                answer = await ask(None)
            if answer.status not in _REDIRECTS:
                break
            hops.use()
            url = join(url, answer.headers.get("location", ""), allow_http=self.allow_http)
        if answer.status != 200:
            raise Refused(_STATUS_CODES.get(answer.status, "unreachable"), f"status {answer.status}")
        if answer.fault is not None:
            raise Refused(answer.fault)
        return answer, url

    async def _in_the_scheme_it_reads(
        self, host: str, ask: Callable[[Scheme], Awaitable[Response]]
    ) -> Response:
        """Signed as `host` took it last, cavage at first; where it answers 401, once more in the other scheme."""
        schemes: tuple[Scheme, Scheme] = ("cavage", "rfc9421")
        last, other = schemes[::-1] if host in self._reads_rfc9421 else schemes
        first = await ask(last)
        if first.status != 401:
            return first
        second = await ask(other)
        if second.status == 401:
            return first
        self._reads_rfc9421.pop(host, None)
        if other == "rfc9421":
            self._reads_rfc9421[host] = None
            while len(self._reads_rfc9421) > MAX_HOSTS_REMEMBERED:
                self._reads_rfc9421.popitem(last=False)
        return second

    async def _ask(
        self,
        url: Url,
        headers: Mapping[str, str],
        max_bytes: int,
        timeout: Timeouts,
        scheme: Scheme | None,
    ) -> Response:
        """One GET, if its host may be asked now; signed where a scheme is given."""
        meter = current_meter()
        if self.permit is not None:
            await self.permit(url.authority)
        if meter is not None:
            meter.spend(url.authority, self._budget)
        else:
            self._budget.spend(url.authority)
        signature: Mapping[str, str] = {}
        if scheme is not None and self.sign is not None:
            # In a thread, as deliveries are: a page that asks for a hundred documents must not stop the others.
            signature = await asyncio.to_thread(self.sign, "GET", url.text, None, scheme)
        answer = await self._transport.request(
            "GET", url.text, {**headers, **signature}, None, max_bytes=max_bytes, timeout=timeout
        )
        if meter is not None:
            meter.add_received(url.authority, len(answer.body))
        return answer

    async def _once(
        self, key: tuple[str, str], read: Callable[[], Awaitable[tuple[bytes, Url]]]
    ) -> tuple[bytes, Url]:
        """`read` for all who ask for `key` now; a failure also for those who ask soon after."""
        self._failures.raise_remembered(key)
        running = self._running.get(key)
        if running is None:
            running = asyncio.create_task(self._remembering(key, read))
            self._running[key] = running
            running.add_done_callback(lambda done: self._finish(key, done))
        try:
            # One asker that is cancelled must not take the answer from the others.
            return await asyncio.shield(running)
        except Refused as refused:
            raise Refused(refused.code, refused.detail) from None

    async def _remembering(
        self, key: tuple[str, str], read: Callable[[], Awaitable[tuple[bytes, Url]]]
    ) -> tuple[bytes, Url]:
        try:
            return await read()
        except Refused as refused:
            self._remember(key, refused)
            raise

    def _remember(self, key: tuple[str, str], refused: Refused) -> None:
        # Our own limits and blocks may change at any time; only what the peer did is remembered.
        if not isinstance(refused, BudgetSpent) and refused.code != "blocked-domain":
            self._failures.remember(key, refused)

    def _finish(self, key: tuple[str, str], done: asyncio.Task[tuple[bytes, Url]]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # looked at, so that asyncio does not report it when nobody waits any more


def _wrong_type(content_type: str) -> Refused:
    # A header may hold bytes that are no text, and what a refusal says is served as JSON.
    shown = content_type[:100].encode("ascii", "replace").decode()
    return Refused("wrong-media-type", f"served as {shown or 'nothing'}")
