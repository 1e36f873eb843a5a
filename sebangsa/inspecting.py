"""How a document of another server is read here, and what beyond its shape would stand in its way. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from federation import strict_json
from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import REFUSALS, Refused
from federation.urls import host_of
from federation.vocabulary import ACTIVITY_TYPES, ACTOR_TYPES, AS_PUBLIC, COLLECTION_TYPES
from federation.wire import ActivityDocument, id_of, read_activity, read_object, types_of, with_author
from federation.wire.classify import Outcome, describe
from federation.wire.shapes import plain
from sebangsa.errors import NotAllowed
from sebangsa.models import Post
from sebangsa.posting import Draft
from sebangsa.receiving import community_of, concerns_us, known_actors, visibility_of
from sebangsa.web.i18n import N_

if TYPE_CHECKING:
    from federation.client import Client
    from federation.wire import ObjectDocument
    from sebangsa.site import Site

VOTES = ("Like", "Dislike")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a well-formed document would have no effect here. `code` is stable."""

    code: str
    sentence: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a document is by its shape, and what else stands in its way if it came now, well signed, from its author."""

    outcome: Outcome
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def sentence(self) -> str:
        """The sentence of the refusal; "" when it is understood."""
        return REFUSALS[self.outcome.refused][1] if self.outcome.refused in REFUSALS else ""


async def fetch_document(client: Client, url: str) -> dict[str, Any]:
    """The document at this address, asked for as its kind is. Raises `Refused`."""
    if urlsplit(url).path.startswith(("/.well-known/", "/nodeinfo/")):
        fetched = await client.get_json(url, "application/jrd+json, application/json;q=0.9")
    else:
        fetched = await client.get_document(url)
    document: dict[str, Any] = fetched.document
    return document


async def inspect_url(site: Site, url: str) -> Inspection:
    """Ask for a document as the server would, and inspect it. Raises nothing: a refused fetch is the outcome."""
    try:
        document = await fetch_document(site.federation.client, url)
    except Refused as refusal:
        return Inspection(refused_as(refusal))
    return await inspect_document(site, document)


async def inspect_text(site: Site, text: bytes) -> Inspection:
    """Inspect a document's bytes."""
    try:
        document = strict_json.parse_object(text)
    except Refused as refusal:
        return Inspection(refused_as(refusal))
    return await inspect_document(site, document)


async def inspect_document(site: Site, document: dict[str, Any]) -> Inspection:
    """What a document becomes, and what stands in its way beyond that."""
    outcome = describe(document, allow_http=site.settings.is_development)
    return Inspection(outcome, () if outcome.refused else tuple(await _obstacles(site, document)))


def refused_as(refusal: Refused) -> Outcome:
    """The outcome of a refusal."""
    return Outcome("", refused=refusal.code, detail=refusal.detail)


async def _obstacles(site: Site, document: dict[str, Any]) -> list[Obstacle]:
    named = plain(document)
    kinds = set(types_of(named))
    try:
        if kinds & ACTOR_TYPES:
            return (await _of_author(site, id_of(named) or ""))[1]
        if kinds & ACTIVITY_TYPES:
            return await _of_activity(site, read_activity(document, allow_http=_http(site)))
        if not kinds or kinds & COLLECTION_TYPES or named.get("attributedTo") is None:
            return []  # nobody's: nothing to ask a gate about
        obj = read_object(document, allow_http=_http(site))
        author, found = await _of_author(site, obj.attributed_to)
        return found + await _of_post(site, _inbound(site, _create_of(document, obj), author), obj)
    except Refused as refusal:  # of what is embedded, which the shape does not tell
        return [_obstacle(refusal)]


async def _of_activity(
    site: Site, activity: ActivityDocument, announcer: Actor | None = None
) -> list[Obstacle]:
    author, found = await _of_author(site, activity.actor)
    if activity.type == "Announce" and activity.inner is not None:
        return found + await _of_activity(site, activity.inner, author)
    inbound = _inbound(site, activity, author, announcer)
    if activity.type == "Create" and isinstance(activity.object, dict):
        obj = read_object(with_author(activity.object, activity.actor), allow_http=_http(site))
        return found + await _of_post(site, inbound, obj)
    try:
        await _ask(site, activity, author)
    except NotAllowed as no:
        found.append(Obstacle(no.code, no.sentence))
    return found


async def _ask(site: Site, activity: ActivityDocument, author: Actor) -> None:
    """Ask the gate of a follow, a vote or an edit. Raises `NotAllowed`."""
    target = activity.object_id or ""
    if activity.type == "Follow":
        followed = await Actor.get_or_none(uri=target, host="")
        if followed is None or not followed.is_usable:
            raise NotAllowed("not-found", "What it is about is not known here.")
        await site.hooks.may_follow.ask(author, followed)
    elif activity.type == "Update" and activity.object_type in ("Group", "Feed"):
        if not await Actor.exists(uri=target, type=activity.object_type, deleted_at=None):
            raise NotAllowed("not-found", "What it is about is not known here.")
    elif activity.type in (*VOTES, "EmojiReact", "Update"):
        post = await Post.get_or_none(uri=target)
        if post is None:
            if activity.type != "Update" or target != author.uri:
                raise NotAllowed("not-found", "What it is about is not known here.")
        elif activity.type in VOTES:
            await site.hooks.may_vote.ask(author, post)
        elif activity.type == "EmojiReact":
            await site.hooks.may_react.ask(author, post)
        elif post.author_id != author.id:
            raise NotAllowed("not-the-author", REFUSALS["not-the-author"][1])
        else:
            await site.hooks.may_edit.ask(author, post)


async def _of_author(site: Site, uri: str) -> tuple[Actor, list[Obstacle]]:
    """Who would have signed it, a row that is not stored where we do not know them; and whether we would listen."""
    known = await Actor.get_or_none(uri=uri)
    author = known or Actor(id=0, uri=uri, host=host_of(uri), type="Person", username="")
    found: list[Obstacle] = []
    try:
        await site.federation.registry.admit(host_of(uri), known)
    except Refused as refusal:
        found.append(_obstacle(refusal))
    if known is None:
        found.append(
            Obstacle(
                "unknown-author", N_("Its author is not known here yet and would be asked for first."), uri
            )
        )
    elif known.deleted_at is not None:
        found.append(_obstacle(Refused("gone", uri)))
    return author, found


async def _of_post(site: Site, inbound: Inbound, obj: ObjectDocument) -> list[Obstacle]:
    """What stands in the way of a post: its author, nobody whom it concerns, its community."""
    author, found = inbound.actor, list[Obstacle]()
    if obj.attributed_to != author.uri:
        found.append(_obstacle(Refused("not-the-author", f"{author.uri} posts as {obj.attributed_to}")))
    if obj.is_poll_vote:
        return found
    if await Post.exists(uri=obj.id):
        found.append(
            Obstacle("already-here", N_("It is here already and would not be written again."), obj.id)
        )
    known = await known_actors(obj)
    parent = await Post.get_or_none(uri=obj.in_reply_to) if obj.in_reply_to else None
    if parent is None and not await concerns_us(inbound, obj, known):
        found.append(
            Obstacle(
                "concerns-nobody", N_("Nobody here follows its author, and it is addressed to nobody here.")
            )
        )
    community = await community_of(inbound, obj, parent, known)
    draft = Draft(source="", visibility=visibility_of(obj, author), in_reply_to=parent, community=community)
    try:
        await site.hooks.may_post.ask(author, draft)
    except NotAllowed as no:
        found.append(Obstacle(no.code, no.sentence))
    return found


def _create_of(document: dict[str, Any], obj: ObjectDocument) -> ActivityDocument:
    """The activity that would bring an object that stands alone."""
    return read_activity(
        {"id": f"{obj.id}#read", "type": "Create", "actor": obj.attributed_to, "object": document, "to": [AS_PUBLIC]},
        allow_http=True,
    )  # fmt: skip


def _inbound(
    site: Site, activity: ActivityDocument, author: Actor, announcer: Actor | None = None
) -> Inbound:
    return Inbound(site.federation, activity, author, {}, "", announcer)


def _obstacle(refusal: Refused) -> Obstacle:
    return Obstacle(refusal.code, refusal.sentence, refusal.detail)


def _http(site: Site) -> bool:
    return site.settings.is_development
