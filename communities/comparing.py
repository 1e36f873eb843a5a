"""What we hold of a community elsewhere, compared with what its own server says of it; nothing is changed here.

Only the community's own server is asked, about that community only, and only about posts that stand in it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from communities.moderating import MAX_PINNED
from communities.moderation_state import ban_item, state_of
from communities.remote_moderators import MAX_MODERATORS
from communities.state_digest import MOST, Listing, Section
from federation.actor_document import timestamp
from federation.ids import first_id_at
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire import datetime_of, text_of
from sebangsa.errors import NotAllowed
from sebangsa.flair import MAX_ON_POST, chosen_among
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_PAGES = 10
OLDEST = timedelta(days=120)
"""A server may name an earlier start, and is not believed: it would have us read all that we hold."""
MARGIN = timedelta(days=1)
"""Our ids and theirs may lie some moments apart: at the edge of the window no mark is taken away."""
AT_ONCE = 500
"""Ids asked for in one query."""


@dataclass(frozen=True)
class Drift:
    """One thing that is not here as it is there. `act` is what mends it, in the words of the log."""

    act: str  # about, appoint, dismiss, ban, unban, remove, restore, delete, lock, unlock, pin, unpin, label
    uri: str
    until: datetime | None = None
    labels: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        shown: dict[str, Any] = {"act": self.act, "uri": self.uri}
        if self.until is not None:
            shown["until"] = timestamp(self.until)
        return shown | ({"labels": list(self.labels)} if self.labels else {})


@dataclass
class Compared:
    """What came out. `digests` are those of both sides, theirs first; `fetched` the lists that had to be read."""

    since: datetime
    drift: list[Drift] = field(default_factory=list)
    digests: dict[str, list[str]] = field(default_factory=dict)
    fetched: list[Section] = field(default_factory=list)


async def compare(site: Site, community: Actor, known: Mapping[str, list[str]] | None = None) -> Compared:
    """Compare. Never inside a transaction. `known` are the digests after the last time: a pair that has not changed since
    is not looked into again.

    Raises `NotAllowed` for a community of ours or one that shows no state, `Refused` when it cannot be read.
    """
    address = state_address_of(community)
    fetched = await site.federation.client.get_document(address)
    document = fetched.document
    if host_of(fetched.url) != community.host or document.get("attributedTo") != community.uri:
        raise Refused("foreign-id", "the state is another community's")
    now = site.clock.now()
    since = datetime_of(document.get("startTime"))
    if since is None:
        raise Refused("missing-field", "startTime")
    since = max(since.astimezone(UTC), now - OLDEST)
    ours = await state_of(community, now, since)
    found = Compared(since)
    for section, (digest, url) in _sections(document, community).items():
        pair = [digest, ours[section].digest]
        found.digests[section.value] = pair
        if digest == ours[section].digest or (known or {}).get(section.value) == pair:
            continue
        if section == Section.ABOUT:
            found.drift.append(Drift("about", community.uri))
            continue
        theirs = await _read(site, url)
        found.fetched.append(section)
        found.drift += await _differences(site, community, section, theirs, ours[section], since)
    return found


def state_address_of(community: Actor) -> str:
    """Where a community elsewhere shows its moderation state. Raises `NotAllowed`."""
    if community.is_local:
        raise NotAllowed("ours", "This community lives here: there is nothing to compare it with.")
    address = community.extra.get("moderationState")
    try:
        if isinstance(address, str) and host_of(address) == community.host:
            return address
    except Refused:
        pass
    raise NotAllowed("no-state", "The server of this community does not show its state.")


def _sections(document: Mapping[str, Any], community: Actor) -> dict[Section, tuple[str, str]]:
    """The digest and address of each section that we know; an address on another host is none."""
    found: dict[Section, tuple[str, str]] = {}
    listed = document.get("sections")
    for item in (listed if isinstance(listed, list) else [])[:20]:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str) or name not in set(Section):
            continue
        digest, url = text_of(item.get("digest"), limit=100), item.get("id")
        try:
            is_there = name == Section.ABOUT or (isinstance(url, str) and host_of(url) == community.host)
        except Refused:
            is_there = False
        if digest and is_there:
            found[Section(name)] = (digest, str(url or ""))
    return dict(sorted(found.items(), key=lambda pair: list(Section).index(pair[0])))


async def _read(site: Site, url: str) -> Listing:
    """A section's list, as far as it is read. One that is not whole never takes a mark away here."""
    client = site.federation.client
    root = (await client.get_document(url)).document
    items = await client.collection_items(root, max_items=MOST, max_pages=MAX_PAGES)
    return Listing(items, is_whole=root.get("isWhole") is True and root.get("totalItems") == len(items))


async def _differences(
    site: Site, community: Actor, section: Section, theirs: Listing, ours: Listing, since: datetime
) -> list[Drift]:
    match section:
        case Section.MODERATORS:
            return await _of_moderators(theirs, ours)
        case Section.BANS:
            return await _of_bans(site, theirs, ours)
        case Section.DELETED:
            return await _of_deletions(community, theirs)
        case Section.LABELS:
            return await _of_labels(community, theirs, ours, since)
    return await _of_marks(community, section, theirs, ours, since)


async def _of_moderators(theirs: Listing, ours: Listing) -> list[Drift]:
    listed = [item for item in theirs.items if isinstance(item, str)][:MAX_MODERATORS]
    known = await _known_actors(listed)
    found = [Drift("appoint", uri) for uri in listed if uri in known and uri not in ours.items]
    if theirs.is_whole and listed:
        found += [Drift("dismiss", uri) for uri in ours.items if uri not in listed]
    return found


async def _of_bans(site: Site, theirs: Listing, ours: Listing) -> list[Drift]:
    """Bans of people whom nobody here has met are passed over: there is nothing to keep them from."""
    now = site.clock.now()
    ends: dict[str, datetime | None] = {}
    for item in theirs.items:
        if isinstance(item, dict) and isinstance(item.get("object"), str):
            until = datetime_of(item.get("endTime"))
            if until is None or until > now:
                ends[item["object"]] = until
    known = await _known_actors(ends)
    held = {item["object"]: item for item in ours.items}
    found = [
        Drift("ban", uri, until)
        for uri, until in ends.items()
        if uri in known and held.get(uri) != ban_item(uri, until)
    ]
    if theirs.is_whole:
        found += [Drift("unban", uri) for uri in held if uri not in ends]
    return found


async def _of_marks(
    community: Actor, section: Section, theirs: Listing, ours: Listing, since: datetime
) -> list[Drift]:
    """Removed, locked and pinned posts."""
    sets, takes_away = {
        Section.REMOVED: ("remove", "restore"),
        Section.LOCKED: ("lock", "unlock"),
        Section.PINNED: ("pin", "unpin"),
    }[section]
    listed = [item for item in theirs.items if isinstance(item, str)]
    if section == Section.PINNED:
        listed = listed[:MAX_PINNED]
    missing = await _posts_here(community, set(listed) - set(ours.items))
    found = [Drift(sets, post.uri) for post in missing if _lacks(section, post)]
    if theirs.is_whole:
        lifted = await _posts_here(community, set(ours.items) - set(listed))
        lowest = 0 if section == Section.PINNED else first_id_at(since + MARGIN)
        found += [Drift(takes_away, post.uri) for post in lifted if post.id >= lowest]
    return found


def _lacks(section: Section, post: Post) -> bool:
    if post.deleted_at is not None:
        return False
    if section == Section.REMOVED:
        return post.removed_at is None
    if section == Section.PINNED:
        return post.is_shown and not post.is_pinned and post.in_reply_to_id is None
    return not post.is_locked


async def _of_deletions(community: Actor, theirs: Listing) -> list[Drift]:
    """Posts whose authors took them back. Never ours: that we know best."""
    posts = await _posts_here(community, {item for item in theirs.items if isinstance(item, str)})
    return [Drift("delete", post.uri) for post in posts if post.deleted_at is None and not post.is_local]


async def _of_labels(community: Actor, theirs: Listing, ours: Listing, since: datetime) -> list[Drift]:
    wanted: dict[str, tuple[str, ...]] = {}
    for item in theirs.items:
        if (
            isinstance(item, dict)
            and isinstance(item.get("object"), str)
            and isinstance(item.get("tag"), list)
        ):
            ids = [one for one in item["tag"][: MAX_ON_POST * 2] if isinstance(one, str)]
            wanted[item["object"]] = tuple(sorted(flair.id for flair in chosen_among(community, ids)))
    held = {item["object"]: tuple(item["tag"]) for item in ours.items}
    lowest = first_id_at(since + MARGIN)
    differing = {uri for uri, ids in wanted.items() if ids != held.get(uri, ())}
    if theirs.is_whole:
        differing |= held.keys() - wanted.keys()
    found = []
    for post in await _posts_here(community, differing):
        is_thread = post.deleted_at is None and post.in_reply_to_id is None
        if is_thread and (post.uri in wanted or post.id >= lowest):
            found.append(Drift("label", post.uri, labels=wanted.get(post.uri, ())))
    return found


async def _known_actors(uris: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in _parts(uris):
        found |= {str(uri) for uri in await Actor.filter(uri__in=part).values_list("uri", flat=True)}
    return found


async def _posts_here(community: Actor, uris: Iterable[str]) -> list[Post]:
    """Those of the named posts that stand in this community here; what else a server names is not its business."""
    found: list[Post] = []
    for part in _parts(uris):
        found += await Post.filter(uri__in=part, community_id=community.id).order_by("id")
    return found


def _parts(uris: Iterable[str]) -> list[list[str]]:
    named = sorted(set(uris))
    return [named[start : start + AT_ONCE] for start in range(0, len(named), AT_ONCE)]
