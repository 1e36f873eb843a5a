"""Walking the lists of another server, page after page, so that a killed or exhausted job goes on where it stopped.

Breadth first, without recursion, within bounds: lists may be endless, circular or somebody else's (S-051, S-052).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from federation.client import Fetched
from federation.fetch_limits import Meter
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire import CollectionDocument, read_collection
from federation.wire.shapes import link_of
from sebangsa.bringing import Brought, Place, bring, group_of
from sebangsa.models import Backfill, BackfillState, Post

if TYPE_CHECKING:
    from sebangsa.site import Site

Step = dict[str, Any]
"""One list to read: `url`, `list` (what it lists: `featured`, `outbox`, `context`, `replies`), and where needed `key`
(it stands in that key of the document), `from` (items that are done), `branches` (steps found in them), `is_later`
(not its first page), `is_branch` (answers to a comment), `has_items`, `or` (steps to take instead when it cannot be
read or is empty)."""

MAX_FETCHES = 200
MAX_BYTES = 20_000_000
MAX_BROUGHT = {"person": 40, "community": 60, "thread": 300}
"""What one press of the button may cost; then somebody must ask again."""
MAX_PAGES = 300
MAX_STEPS = 1000
ROUND_FETCHES = 40
ROUND_SECONDS = 20.0
"""After so much the job lets others go first."""
SLOWLY = 300.0
"""Seconds that a peer is left alone that finds us too quick."""

log = structlog.get_logger("sebangsa.backfill")


LISTS_NOTHING = frozenset({"wrong-media-type", "not-an-object"})
"""What Mbin's outbox comes to, which is an empty object of JSON: it will say no more when it is asked again."""

PROGRESS = ("steps", "pages", "fetches", "received", "brought", "listed", "stated", "error")
"""Columns of a row that a round moves on."""


class _Enough(Exception):
    """This round, or what was asked for, ends here."""


class Walk:
    """One round of reading. `run` leaves the row as it stands then, not saved: a state, or still waiting."""

    def __init__(
        self, site: Site, row: Backfill, meter: Meter, owner: Actor | None, root: Post | None
    ) -> None:
        self._site, self._row, self._meter = site, row, meter
        self._owner, self._root = owner, root
        self._before = (row.fetches, row.received)
        self._until = site.clock.monotonic() + ROUND_SECONDS
        kind = "thread" if root is not None else "community" if owner and owner.is_group else "person"
        self._may_bring = MAX_BROUGHT[kind]

    async def run(self) -> None:
        """Take steps until none is left, the round ends, or all that was asked for is spent."""
        row = self._row
        if not row.steps and not row.pages:
            row.steps = await self._first_steps()
            if not row.steps and self._meter.wait:
                return
            if not row.steps:
                row.state = BackfillState.FAILED if row.error else BackfillState.CLIPPED
                return
        while row.steps:
            if self._is_spent():
                row.state = BackfillState.MORE
                return
            if self._is_round_over():
                return
            try:
                await self._take(row.steps[0])
            except _Enough:
                continue
            finally:
                self._count()
            await row.save(update_fields=PROGRESS)
        row.state = self._end()

    def _end(self) -> BackfillState:
        row = self._row
        if row.error in LISTS_NOTHING and self._root is None and not row.listed:
            return BackfillState.CLIPPED
        if row.error:
            return BackfillState.FAILED
        is_short = row.stated is not None and row.stated > row.listed
        return (
            BackfillState.CLIPPED
            if len(row.pages) >= MAX_PAGES or (is_short and self._root is None)
            else BackfillState.DONE
        )

    def _is_spent(self) -> bool:
        row = self._row
        return row.fetches >= MAX_FETCHES or row.received >= MAX_BYTES or row.brought >= self._may_bring

    def _is_round_over(self) -> bool:
        return (
            self._meter.wait > 0
            or self._meter.fetches >= ROUND_FETCHES
            or self._site.clock.monotonic() > self._until
        )

    def _count(self) -> None:
        fetches, received = self._before
        self._row.fetches = fetches + self._meter.fetches
        self._row.received = received + self._meter.received

    async def _first_steps(self) -> list[Step]:
        if self._root is None:
            owner = self._owner
            assert owner is not None
            lists = (("featured", owner.featured_url), ("outbox", owner.outbox_url))
            return [{"url": url, "list": name} for name, url in lists if url]
        try:
            fetched = await self._fetch(self._root.uri)
        except Refused as refusal:
            self._row.error = refusal.code if not self._meter.wait else ""
            return []
        finally:
            self._count()
        return self._lists_of_thread(fetched.document)

    async def _fetch(self, url: str, *, expect_id: bool = True) -> Fetched:
        """With the token of the community, where it is for members and the list lies on another server (FEP-db0e)."""
        fed = self._site.federation
        shown = await fed.actor_tokens.authorization(fed, await group_of(self._root, self._owner), url)
        return await fed.client.get_document(url, expect_id=expect_id, authorization=shown)

    def _lists_of_thread(self, document: dict[str, Any]) -> list[Step]:
        """The conversation's own list (FEP-7888, FEP-f228) before the trees of answers, whose posts are asked one by one."""
        assert self._root is not None
        hosts = {host_of(self._root.uri), self._row.host}
        steps: list[Step] = []
        for key in ("context", "contextHistory"):
            url = link_of(document.get(key))
            if url and host_of(url) in hosts:
                steps.append({"url": url, "list": "context"})
        replies = _replies_of(self._root, document)
        if replies is not None:
            steps.append(replies)
        return [steps[0] | {"or": steps[1:]}] if steps else []

    async def _take(self, step: Step) -> None:
        """Read one list or page of it and take its step away; what it leads to comes last."""
        row = self._row
        mark = f"{step['url']}#{step.get('key', '')}"
        instead: list[Step] = step.get("or", [])
        following: list[Step] = []
        try:
            if mark not in row.pages and len(row.pages) < MAX_PAGES:
                following = await self._read(step)
                instead = [] if following or step.get("has_items") else instead
        except Refused as refusal:
            if refusal.code == "too-many" and not self._meter.wait:
                self._meter.wait = SLOWLY  # it says so itself
            if self._meter.wait:
                raise _Enough from refusal  # not its fault
            log.info("a list could not be read", url=step["url"], reason=str(refusal))
            if not instead and step["list"] != "featured" and not step.get("is_branch"):
                row.error = refusal.code
        if instead:
            following = [instead[0] | {"or": instead[1:]}]
        row.pages = [*row.pages, mark]
        row.steps = [*row.steps[1:], *following][:MAX_STEPS]

    async def _read(self, step: Step) -> list[Step]:
        url, key = step["url"], step.get("key", "")
        fetched = await self._fetch(url, expect_id=False)
        host = host_of(url)
        if host_of(fetched.url) != host:
            raise Refused("foreign-id", "the list lies on another host")
        document: Any = fetched.document
        if key:
            document = document.get(key)
        if not isinstance(document, dict):
            raise Refused("not-an-object", "not a collection")
        found = read_collection(document)
        if not step.get("is_later") and step["list"] == "outbox":
            self._row.stated = found.total_items
        items, later = _items_and_next(found)
        branches = await self._bring_all(step, items, host)
        if step["list"] == "outbox":
            self._row.listed += len(items)
        if items:
            step["has_items"] = True
        if later and host_of(later) != host:
            raise Refused("foreign-id", "a page of the list lies on another host")
        pages = [{"url": later, "list": step["list"], "is_later": True} | _branch(step)] if later else []
        return [*pages, *branches]

    async def _bring_all(self, step: Step, items: list[Any], host: str) -> list[Step]:
        """Bring what a page lists; steps to the answers of each, where no list of the whole thread is known."""
        row = self._row
        place = Place(host, root=self._root, owner=self._owner)
        branches: list[Step] = step.get("branches", [])
        begin = int(step.get("from", 0))
        for number, item in enumerate(items[begin:], begin):
            step["from"], step["branches"] = number, branches
            self._count()
            if self._is_spent() or self._is_round_over():
                raise _Enough
            try:
                brought = await bring(self._site, item, place)
            except Refused as refusal:
                if self._meter.wait:
                    raise
                log.info("a listed post was passed over", url=step["url"], reason=str(refusal))
                continue
            if brought is None:
                continue
            row.brought += brought.document is not None
            await self._note(step, brought, branches)
        return branches

    async def _note(self, step: Step, brought: Brought, branches: list[Step]) -> None:
        post, owner = brought.post, self._owner
        if step["list"] == "featured" and owner is not None and post.community_id == owner.id:
            await Post.filter(id=post.id, in_reply_to_id__isnull=True).update(is_pinned=True)
        if step["list"] == "replies" and not post.is_local and self._root is not None:
            replies = _replies_of(post, brought.document)
            if replies is not None and len(branches) < MAX_STEPS:
                branches.append(replies | {"is_branch": True})


def _branch(step: Step) -> Step:
    return {"is_branch": True} if step.get("is_branch") else {}


def _items_and_next(found: CollectionDocument) -> tuple[list[Any], str]:
    """Some send the first page along, some its address, some everything at once, or as much as others read of it."""
    if found.first_page is not None:
        return [*found.items, *found.first_page.items], found.first_page.next or found.next
    items = list(found.items)
    if found.next:
        return items, found.next
    is_whole = items and (found.total_items is None or len(items) >= found.total_items)
    return items, "" if is_whole or found.is_page else found.first


def _replies_of(post: Post, document: dict[str, Any] | None) -> Step | None:
    """Where the answers to a post are listed: at an address, or in the post itself. Its own host lists them."""
    if document is None:
        return {"url": post.uri, "key": "replies", "list": "replies"}
    value = document.get("replies")
    url = link_of(value)
    if not url:
        return {"url": post.uri, "key": "replies", "list": "replies"} if isinstance(value, dict) else None
    return {"url": url, "list": "replies"} if host_of(url) == host_of(post.uri) else None
