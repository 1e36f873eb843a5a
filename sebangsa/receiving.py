"""Posts of other servers become rows: read, cleaned, filed under their thread and community."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from federation.database import insert, placeholders, rows
from federation.inbound import Inbound
from federation.models import Actor
from federation.peer_profiles import Mark
from federation.refusals import Refused
from federation.urls import host_of
from federation.vocabulary import AS_PUBLIC
from federation.wire import ObjectDocument, read_object
from sebangsa.counts import columns_at_first
from sebangsa.errors import NotAllowed
from sebangsa.events.receiving import write_remote_event
from sebangsa.events.wire import without_facts
from sebangsa.hooks import Origin
from sebangsa.models import Attachment, Mention, Post, PostTag, Visibility
from sebangsa.notifying import notify
from sebangsa.polls.receiving import write_remote_poll
from sebangsa.posting import MAX_PICTURES, Draft, count_post
from sebangsa.quote_wire import without_quote_line
from sebangsa.ranking import hot_score
from sebangsa.rejecting import Forbidden
from sebangsa.text.hashtags import normal_form
from sebangsa.text.link_keys import link_key
from sebangsa.text.plain import clean_name, first_line_title
from sebangsa.text.sanitise import sanitise
from sebangsa.visibility import OPEN, may_read, readers_among, visibility_within

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_ANCESTORS = 20
"""Posts of a thread read upwards from a reply that we could not place."""
MAX_MENTIONS = 100
MAX_TAGS = 30
CLOCK_SKEW = timedelta(minutes=10)
_HERE, _FOLLOWED = "here", "followed"


async def receive_post(site: Site, inbound: Inbound, document: dict[str, Any]) -> Post | None:
    """Write a post of a peer, with the ancestors that place it. Inside a transaction; runs again after `Missing`.

    None when it concerns nobody here (S-060) or is here already. Raises `Refused`.
    """
    obj = read_object(document, allow_http=site.settings.is_development)
    if obj.is_poll_vote:
        return None  # secret, and as a comment it would be an empty one; votes are read from what brings them (S-054)
    is_here, is_followed = await _what_is_known(inbound, obj.id)
    if is_here:
        return None
    if obj.attributed_to != inbound.actor.uri:
        raise Refused("not-the-author", f"{inbound.actor.uri} posts as {obj.attributed_to}")
    if obj.kind == "chat-message":
        await site.federation.profiles.saw(inbound.actor.host, Mark.SENDS_CHAT_MESSAGES)
    known = await known_actors(obj)
    parent = await Post.get_or_none(uri=obj.in_reply_to) if obj.in_reply_to else None
    if parent is None:
        # Asked before its ancestors are fetched: a stranger's answer to a stranger must not bring in their thread.
        if not is_followed and not _names_us(inbound, obj, known):
            return None
        parent = await _parent(site, inbound, obj)
    if (
        parent is not None
        and parent.visibility not in OPEN
        and not await may_read(site, inbound.actor, parent, let_in_by=inbound.announcer)
    ):
        raise Refused("not-allowed", "it answers what its author may not read")  # S-053
    return await write_post(site, inbound, obj, inbound.actor, parent, known)


async def _parent(site: Site, inbound: Inbound, obj: ObjectDocument) -> Post | None:
    """The post that is answered; its unknown ancestors are read from their own hosts and written first."""
    if not obj.in_reply_to:
        return None
    chain: list[ObjectDocument] = []
    uri = obj.in_reply_to
    while uri and len(chain) < MAX_ANCESTORS:
        known = await Post.get_or_none(uri=uri)
        if known is not None:
            return await _write_chain(site, inbound, chain, known)
        if site.federation.config.is_ours(uri):
            return None  # it was ours and is gone
        try:
            ancestor = read_object(inbound.document_at(uri), allow_http=site.settings.is_development)
        except Refused:
            break
        if ancestor.id == obj.id or any(ancestor.id == other.id for other in chain):
            break  # a ring (S-052)
        chain.append(ancestor)
        uri = ancestor.in_reply_to
    return await _write_chain(site, inbound, chain, None)


async def _write_chain(
    site: Site, inbound: Inbound, chain: list[ObjectDocument], above: Post | None
) -> Post | None:
    """Write fetched ancestors from the topmost down. One that cannot be read hides what is above it."""
    for ancestor in reversed(chain):
        try:
            author = await inbound.actor_at(ancestor.attributed_to)
            if host_of(author.uri) != host_of(ancestor.id):
                raise Refused("not-the-author", ancestor.id)
            above = await write_post(site, inbound, ancestor, author, above, await known_actors(ancestor))
        except Refused:
            above = None
    return above


async def known_actors(obj: ObjectDocument) -> dict[str, Actor]:
    """Those whom the object addresses or names and whom we know, by id: read once, asked for several things.

    A post that names a thousand strangers makes us fetch none of them (S-095).
    """
    addressed = {
        *obj.to,
        *obj.cc,
        obj.audience,
        _group_of_event(obj),
        *(mention.href for mention in obj.mentions),
    }
    addressed -= {AS_PUBLIC, "", f"{obj.attributed_to}/followers"}
    if not addressed:
        return {}
    return {actor.uri: actor for actor in await Actor.filter(uri__in=sorted(addressed)[:MAX_MENTIONS])}


def _group_of_event(obj: ObjectDocument) -> str:
    """The group of the same server to which an event is attributed (Mobilizon), or ""."""
    if obj.kind == "event" and obj.group and host_of(obj.group) == host_of(obj.id):
        return obj.group
    return ""


async def _what_is_known(inbound: Inbound, uri: str) -> tuple[bool, bool]:
    """Whether the post is here already, and whether anybody here follows who brings it: asked at once, for every
    post of every peer.
    """
    sources = [inbound.actor.id] + ([inbound.announcer.id] if inbound.announcer else [])
    is_here = inbound.ahead.ask(_HERE, uri)
    if is_here is not None and any(inbound.ahead.ask(_FOLLOWED, source) for source in sources):
        return bool(is_here), True
    found = await rows(
        f"""SELECT EXISTS (SELECT 1 FROM posts WHERE uri = ?) AS is_here, EXISTS (
                SELECT 1 FROM follows f JOIN actors a ON a.id = f.follower_id
                WHERE f.target_id IN ({placeholders(len(sources))}) AND f.state = 'accepted' AND a.host = ''
            ) AS is_followed""",  # noqa: S608 - placeholders
        [uri, *sources],
    )
    return bool(found[0]["is_here"]), bool(found[0]["is_followed"])


async def look_for_posts(inbounds: Sequence[Inbound]) -> None:
    """Ask once, for all that a group brings, what `_what_is_known` asks for each (`federation/ahead.py`). That nobody
    follows a source is asked again: it may have been followed since.
    """
    brought = [one for one in inbounds if one.activity.type in ("Create", "Announce")]
    activities = [part for one in brought for part in (one.activity, one.activity.inner) if part is not None]
    uris = {activity.object_id for activity in activities} - {""}
    if not uris:
        return
    ahead = brought[0].ahead
    here = await rows(f"SELECT uri FROM posts WHERE uri IN ({placeholders(len(uris))})", sorted(uris))  # noqa: S608
    known = {row["uri"] for row in here}
    for uri in uris:
        ahead.tell(_HERE, uri, uri in known)
    sources = sorted({one.actor.id for one in brought})
    followed = await rows(
        f"""SELECT id FROM actors WHERE id IN ({placeholders(len(sources))}) AND EXISTS (
                SELECT 1 FROM follows f JOIN actors a ON a.id = f.follower_id
                WHERE f.target_id = actors.id AND f.state = 'accepted' AND a.host = '')""",  # noqa: S608 - placeholders
        sources,
    )
    for row in followed:
        ahead.tell(_FOLLOWED, row["id"], True)


async def concerns_us(inbound: Inbound, obj: ObjectDocument, known: Mapping[str, Actor]) -> bool:
    """Whether a post without a known parent would be taken: its author is followed here, or somebody here is named."""
    _, is_followed = await _what_is_known(inbound, obj.id)
    return is_followed or _names_us(inbound, obj, known)


def _names_us(inbound: Inbound, obj: ObjectDocument, known: Mapping[str, Actor]) -> bool:
    """Whether the post is for somebody here though nobody follows its author: strangers cannot fill our disk (S-060).
    An answer to what we have always is.
    """
    if inbound.is_asked_for:
        return True
    if inbound.inbox_of is not None and visibility_of(obj, inbound.actor) == Visibility.DIRECT:
        return True  # to nobody by name: the inbox says for whom (S-109)
    return any(actor.is_local for actor in known.values())


async def write_post(
    site: Site,
    inbound: Inbound,
    obj: ObjectDocument,
    author: Actor,
    parent: Post | None,
    known: Mapping[str, Actor],
) -> Post:
    """Write one remote post with its mentions, tags and attachments, and tell who listens."""
    community = await community_of(inbound, obj, parent, known)
    visibility = visibility_within(visibility_of(obj, author, community), community, parent)
    if visibility == Visibility.DIRECT:
        community = None
    now = site.clock.now()
    published = min(obj.published or now, now + CLOCK_SKEW)
    name = clean_name(obj.name, 500)
    if community is not None and parent is None and not name:
        handle = f"{community.username}@{community.domain or site.federation.config.domain}"
        name = first_line_title(obj.content, without_mention=handle)
    draft = Draft(source="", name=name, visibility=visibility, in_reply_to=parent, community=community)
    try:
        await site.hooks.may_post.ask(author, draft)
    except NotAllowed as no:
        raise Forbidden(no, [community.id if community else None]) from no
    inbound.ahead.forget(_HERE, obj.id)
    post = await insert(
        Post,
        id=site.ids.at(published),
        uri=obj.id,
        url=obj.url or obj.id,
        kind=obj.kind[:16],
        author=author,
        name=name,
        summary=warning_of(obj),
        content=content_of(obj),
        language=obj.language[:16],
        visibility=visibility,
        is_sensitive=obj.sensitive,
        link_url=obj.link_url,
        link_key=link_key(obj.link_url),
        in_reply_to=parent,
        root_id=(parent.root_id or parent.id) if parent else None,
        depth=min(parent.depth + 1, 1000) if parent else 0,
        community=community,
        conversation=obj.conversation or (parent.conversation if parent else ""),
        extra=wire_extra(obj),
        created_at=published,
        edited_at=obj.updated,
        **(
            {"hot_score": hot_score(0, published)}
            | columns_at_first(obj, community, published, now, is_asked_for=inbound.is_asked_for)
        ),
    )
    if obj.event is not None:
        await write_remote_event(site, post, obj)
    if obj.poll is not None:
        await write_remote_poll(site, post, obj.poll)
    mentioned = await _write_mentions(site, inbound, post, obj, known)
    await write_tags_and_attachments(site, post, obj)
    await site.hooks.post_read.emit(inbound, post, obj)
    await count_post(post, +1)
    told = {actor_id for actor_id in mentioned if actor_id}
    if parent is not None:
        told.add(parent.author_id)
    for actor_id in await readers_among(told - {author.id}, post):
        await notify(site, actor_id, "mention", author.id, post=post)
    await site.hooks.post_created.emit(post, Origin(inbound.raw, obj, inbound.announcer))
    return post


def warning_of(obj: ObjectDocument) -> str:
    """The content warning; on longer forms a `summary` is an excerpt."""
    return clean_name(obj.summary, 500) if obj.kind in ("note", "question") else ""


def content_of(obj: ObjectDocument) -> str:
    """The text, sanitised; without what its server repeats in it for those who read no more: of a poll the title, of
    an event when and where it is, of a quote its address.
    """
    content = without_quote_line(obj.content) if obj.quote else obj.content
    content = sanitise(without_facts(content) if obj.kind == "event" else content)
    if obj.kind == "question" and obj.name:
        content = content.removeprefix(f"<p><strong>{escape(obj.name)}</strong></p>")
    return content


def visibility_of(obj: ObjectDocument, author: Actor, community: Actor | None = None) -> Visibility:
    """Mastodon's reading: Public in `to`, in `cc`, the followers collection, or only people. The followers of the
    community without Public are its members (Lemmy 1.0).
    """
    if obj.is_public:
        return Visibility.PUBLIC
    if obj.is_unlisted:
        return Visibility.UNLISTED
    if community is not None and community.followers_url and community.followers_url in (*obj.to, *obj.cc):
        return Visibility.MEMBERS
    if author.followers_url and author.followers_url in (*obj.to, *obj.cc):
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


async def community_of(
    inbound: Inbound, obj: ObjectDocument, parent: Post | None, known: Mapping[str, Actor]
) -> Actor | None:
    """The group a post belongs to: its thread's, else the one that announced it, names itself as `audience`, or is
    addressed (a Mastodon post that mentions it); one of ours before others.
    """
    if parent is not None:
        return await Actor.get(id=parent.community_id) if parent.community_id else None
    announcer = inbound.announcer
    if announcer is not None and announcer.is_group and is_written_to(obj, announcer):
        return announcer
    if obj.audience in known and known[obj.audience].is_group:
        return known[obj.audience]
    if (group := known.get(_group_of_event(obj))) is not None and group.is_group:
        return group
    groups = sorted((actor for actor in known.values() if actor.is_group), key=lambda actor: actor.host)
    return groups[0] if groups else None


def is_written_to(obj: ObjectDocument, group: Actor) -> bool:
    """Whether a post says itself that it belongs to a group, or lies on the group's host.

    Anybody may announce anything; that alone does not make it theirs (S-044, S-053).
    """
    if obj.audience and host_of(obj.audience) != group.host:
        return False
    named = {
        *obj.to, *obj.cc, obj.audience, obj.group, obj.target_owner,
        *(mention.href for mention in obj.mentions),
    }  # fmt: skip
    return group.uri in named or host_of(obj.id) == group.host


def wire_extra(obj: ObjectDocument) -> dict[str, Any]:
    """What a page shows besides text and belongs to the document: an event's times, a place."""
    return {name: value for name, value in obj.extra.items() if value is not None}


async def _write_mentions(
    site: Site, inbound: Inbound, post: Post, obj: ObjectDocument, known: Mapping[str, Actor]
) -> list[int]:
    """Who is addressed by name; those reached without a tag are silent (chat.md b1). Ids of those who are told."""
    tagged = {mention.href for mention in obj.mentions}
    people = {actor.id: actor for actor in known.values() if not actor.is_group}
    if inbound.inbox_of is not None and post.visibility not in OPEN and inbound.inbox_of not in people:
        people[inbound.inbox_of] = await Actor.get(id=inbound.inbox_of)
    if people:
        await Mention.bulk_create(
            [
                Mention(id=site.ids.next(), post=post, actor=actor, is_silent=actor.uri not in tagged)
                for actor in people.values()
            ]
        )
    direct = post.visibility == Visibility.DIRECT
    return [actor.id for actor in people.values() if actor.is_local and (direct or actor.uri in tagged)]


async def write_tags_and_attachments(site: Site, post: Post, obj: ObjectDocument) -> None:
    """Write both, in the transaction under way; the pictures stay at their server."""
    names = {normal_form(tag) for tag in obj.hashtags[:MAX_TAGS]}
    for name in sorted(filter(None, names)):
        await insert(PostTag, id=site.ids.next(), name=name, post=post)
    if not obj.attachments:
        return
    await Attachment.bulk_create(
        [
            Attachment(
                id=site.ids.next(),
                post=post,
                position=position,
                media_type=found.media_type or "application/octet-stream",
                remote_url=found.url,
                description=found.alt[:1500],
                width=found.width,
                height=found.height,
                blurhash=found.blurhash,
                extra=found.extra,
                created_at=post.created_at,
            )
            for position, found in enumerate(obj.attachments[:MAX_PICTURES])
        ]
    )
