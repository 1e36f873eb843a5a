"""People write, edit and delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from federation.database import tally, transaction
from federation.models import Actor
from federation.outbox import publish, withdraw
from federation.vocabulary import AS_PUBLIC
from sebangsa import quoting
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.events.planning import EventDraft, write_event
from sebangsa.events.planning import checked as checked_event
from sebangsa.hooks import Origin
from sebangsa.lookup import actors_by_handle
from sebangsa.models import (
    Attachment,
    Event,
    Mention,
    Poll,
    Post,
    PostTag,
    Visibility,
)
from sebangsa.notifying import notify
from sebangsa.polls.asking import PollDraft, checked, write_poll
from sebangsa.post_documents import document_of
from sebangsa.ranking import hot_score
from sebangsa.text.handles import find_handles
from sebangsa.text.link_keys import link_key
from sebangsa.text.linking import MentionTarget
from sebangsa.text.markdown import RenderedText, render_post
from sebangsa.text.plain import clean_name
from sebangsa.visibility import OPEN, may_read, must_be_author, readers_among, visibility_within
from sebangsa.wire import (
    activity_about,
    create_activity,
    update_activity,
)

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_SOURCE = 10_000
"""Characters of a post, counted as people count them."""
MAX_NAME = 200
"""Characters of a title: Lemmy's limit (interop b1)."""
MAX_PICTURES = 4
"""Mastodon keeps no more (civic.md c)."""
MAX_MENTIONS = 50
MAX_DEPTH = 1000
"""Deeper answers are kept at this depth: a chat is one long line of them."""


@dataclass(frozen=True)
class Draft:
    """What somebody wants to post. `source` is Markdown; `recipients` are addressed without being named in it.

    With `is_closed` only they are: names of others in the text stay text (S-110). Who is in `blind` gets it too, and
    is named to nobody (`bto`, `bcc`); a direct post has none, for its readers are those it names. `kind` is chosen by
    the place where it is posted unless it is given (`chat-message` for peers that read no other, chat.md b2). `quoted`
    is a post that it shows.
    """

    source: str
    name: str = ""
    summary: str = ""
    visibility: Visibility = Visibility.PUBLIC
    is_sensitive: bool = False
    language: str = ""
    link_url: str = ""
    in_reply_to: Post | None = None
    community: Actor | None = None
    attachments: Sequence[Attachment] = ()
    recipients: Sequence[Actor] = ()
    blind: Sequence[Actor] = ()
    is_closed: bool = False
    kind: str = ""
    quoted: Post | None = None
    poll: PollDraft | None = None
    event: EventDraft | None = None
    extra: dict[str, Any] = field(default_factory=dict)


async def create_post(
    site: Site, author: Actor, draft: Draft, *, written: Callable[[int], Awaitable[None]] | None = None
) -> Post:
    """Publish a post: written, counted, told to those named in it, and sent to its audience, in one transaction.

    `written` is called in it with the post's id: for what must hold together with the post. Raises `Invalid` for a
    draft that cannot be posted, `NotAllowed` where a gate forbids it, `NotFound` for a reply to something that the
    author may not read.
    """
    draft = await _checked(site, author, draft)
    people = list(draft.recipients)
    await site.hooks.also_addressed.emit(author, draft, people)
    draft = replace(draft, recipients=people)
    rendered, mentioned = await _rendered(site, draft)
    fed = site.federation
    now = site.clock.now()
    parent = draft.in_reply_to
    policy = await quoting.policy_for(author, draft.visibility)
    extra = ({"interactionPolicy": policy} if policy else {}) | draft.extra
    post_id = site.ids.next()
    uri = fed.config.url(f"/p/{post_id}")
    async with transaction():
        await site.hooks.may_post.ask(author, draft)
        post = await Post.create(
            id=post_id,
            uri=uri,
            url=uri,
            kind=draft.kind or await _kind_of(site, draft),
            author=author,
            is_local=True,
            name=draft.name,
            summary=draft.summary,
            content=rendered.html,
            source=draft.source,
            language=draft.language,
            visibility=draft.visibility,
            is_sensitive=draft.is_sensitive or bool(draft.summary),
            link_url=draft.link_url,
            link_key=link_key(draft.link_url),
            in_reply_to=parent,
            root_id=(parent.root_id or parent.id) if parent else None,
            depth=min(parent.depth + 1, MAX_DEPTH) if parent else 0,
            community=draft.community,
            conversation=(parent.conversation if parent else "") or f"{uri}/context",
            hot_score=hot_score(0, now),
            extra=extra,
            created_at=now,
        )
        if draft.poll is not None:
            await write_poll(site, post, draft.poll)
        if draft.event is not None:
            await write_event(site, post, draft.event)
        await _attach(post, draft.attachments)
        await _write_mentions(site, post, mentioned)
        blind = _unnamed(draft.blind, mentioned)
        await _write_mentions(site, post, blind, is_silent=True)
        await _write_tags(site, post, rendered.hashtags)
        await count_post(post, +1)
        made = await quoting.write_quote(site, author, post, draft.quoted) if draft.quoted else None
        activity = await _publish_create(site, post, author, mentioned, rendered.hashtags, draft)
        if made is not None:
            await quoting.ask(site, author, made)
        await _notify_addressed(site, post, [*mentioned, *blind], parent)
        await site.hooks.post_created.emit(post, Origin(activity))
        if written is not None:
            await written(post.id)
    return post


async def _kind_of(site: Site, draft: Draft) -> str:
    """A thread of a community is a `Page`, unless the software of a community elsewhere shows only notes whole.

    Raises `Invalid` for a poll or an event in a community whose server knows none.
    """
    community = draft.community
    elsewhere = community.host if community is not None and not community.is_local else ""
    if draft.event is not None:
        if elsewhere and not (await site.federation.profiles.of(elsewhere)).events:
            raise Invalid(
                "no-events-there", "The server of this community does not know events.", field="event"
            )
        return "event"
    if draft.poll is not None:
        if elsewhere and not (await site.federation.profiles.of(elsewhere)).polls:
            raise Invalid("no-polls-there", "The server of this community does not know polls.", field="poll")
        return "question"
    if draft.community is None or draft.in_reply_to is not None:
        return "note"
    if draft.community.is_local:
        return "page"
    return (await site.federation.profiles.of(draft.community.host)).threads


async def _checked(site: Site, author: Actor, draft: Draft) -> Draft:
    source = draft.source.strip().replace("\x00", "")
    if not source and not draft.attachments and not draft.name.strip():
        raise _nothing_written()
    _must_fit(source)
    poll = checked(draft.poll) if draft.poll is not None else None
    event = checked_event(draft.event, site.clock.now()) if draft.event is not None else None
    if event is not None and (poll is not None or draft.in_reply_to is not None):
        raise Invalid("event-alone", "An event is a post of its own, without a poll.", field="event")
    if len(draft.attachments) > MAX_PICTURES:
        raise Invalid(
            "too-many-pictures", "A post has at most %(most)s pictures.", field="pictures", most=MAX_PICTURES
        )
    name = clean_name(draft.name, MAX_NAME)
    parent = draft.in_reply_to
    community = draft.community
    visibility = draft.visibility
    if parent is not None:
        if not await may_read(site, author, parent):
            raise NotAllowed("not-readable", "You cannot answer this post.")
        community = await Actor.get(id=parent.community_id) if parent.community_id else None
        if parent.visibility == Visibility.DIRECT:
            visibility = Visibility.DIRECT
    if community is not None and visibility == Visibility.DIRECT:
        community = None
    visibility = visibility_within(visibility, community, parent)
    if visibility == Visibility.MEMBERS and community is None:
        raise Invalid(
            "members-of-what", "Choose the community whose members may read it.", field="visibility"
        )
    if draft.blind and visibility == Visibility.DIRECT:
        raise Invalid("blind-message", "A message names everybody who gets it.", field="recipients")
    if draft.quoted is not None:
        await quoting.must_be_quotable(site, author, draft.quoted)
    if (community is not None or event is not None) and parent is None and not name:
        raise Invalid("title-needed", "Give it a title.", field="name")
    return replace(
        draft,
        source=source,
        name=name,
        summary=clean_name(draft.summary, 500),
        community=community,
        visibility=visibility,
        blind=() if visibility == Visibility.MEMBERS else draft.blind,
        poll=poll,
        event=event,
        in_reply_to=parent,
    )


def _must_fit(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise Invalid("too-long", "A post has at most %(most)s characters.", field="source", most=MAX_SOURCE)


def _nothing_written() -> Invalid:
    return Invalid("empty-post", "Write something first.", field="source")


async def _rendered(site: Site, draft: Draft) -> tuple[RenderedText, list[Actor]]:
    """The HTML, and everybody it is addressed to (named in the text, or handed in)."""
    if draft.is_closed:
        named = _among(site, draft.recipients)
    else:
        named = await actors_by_handle(site, find_handles(draft.source)[:MAX_MENTIONS])
    targets = {
        key: MentionTarget(actor.uri, actor.url or actor.uri, actor.username, actor.is_group)
        for key, actor in named.items()
    }
    rendered = await render_post(draft.source, mentions=targets, base_url=site.settings.url)
    linked = {target.uri for target in rendered.mentions}
    found = [actor for actor in named.values() if actor.uri in linked]
    everybody = {actor.id: actor for actor in [*found, *draft.recipients] if not actor.is_group}
    if draft.visibility == Visibility.DIRECT and not everybody:
        raise Invalid("no-recipient", "Name somebody to write to.", field="source")
    return rendered, list(everybody.values())


def _among(site: Site, people: Sequence[Actor]) -> dict[str, Actor]:
    """People by every key under which a handle of theirs may be written."""
    keys: dict[str, Actor] = {}
    for actor in people:
        keys[f"{actor.username}@{actor.domain or site.federation.config.domain}"] = actor
        if actor.is_local:
            keys[actor.username] = actor
    return keys


async def _attach(post: Post, attachments: Sequence[Attachment]) -> None:
    for position, attachment in enumerate(attachments):
        used = await Attachment.filter(id=attachment.id, post_id=None, owner_id=post.author_id).update(
            post_id=post.id, position=position
        )
        if not used:
            raise Invalid(
                "picture-unusable", "That picture is not yours or was used already.", field="pictures"
            )


def _unnamed(blind: Sequence[Actor], named: Sequence[Actor]) -> list[Actor]:
    """Those of `blind`, each once, who are not named as well."""
    known = {actor.id for actor in named}
    return list({actor.id: actor for actor in blind if actor.id not in known and not actor.is_group}.values())


async def _write_mentions(
    site: Site, post: Post, mentioned: Sequence[Actor], *, is_silent: bool = False
) -> None:
    if mentioned:
        await Mention.bulk_create(
            [Mention(id=site.ids.next(), post=post, actor=actor, is_silent=is_silent) for actor in mentioned]
        )


async def _write_tags(site: Site, post: Post, tags: Sequence[str]) -> None:
    await PostTag.bulk_create([PostTag(id=site.ids.next(), post=post, name=tag) for tag in tags])


async def count_post(post: Post, by: int) -> None:
    """Keep the counters of author and parent. Direct posts are not counted: a number would tell of them; nor are those
    for members counted on their author's profile.
    """
    if post.visibility == Visibility.DIRECT:
        return
    if post.boost_of_id:
        await tally(Post, post.boost_of_id, boosts_count=by)
        return
    if post.visibility != Visibility.MEMBERS:
        latest = {"last_post_at": post.created_at} if by > 0 else {}
        await tally(Actor, post.author_id, posts_count=by, latest=latest)
    if post.in_reply_to_id:
        await tally(Post, post.in_reply_to_id, replies_count=by)


async def _publish_create(
    site: Site, post: Post, author: Actor, mentioned: Sequence[Actor], tags: Sequence[str], draft: Draft
) -> str:
    document, addresses = await document_of(site, post)
    sent = await publish(
        site.federation,
        author,
        create_activity(author, document, f"{post.uri}/activity"),
        addresses.audience,
        is_public=post.visibility in OPEN,
        about=post.uri,
    )
    return sent.body


async def _notify_addressed(site: Site, post: Post, mentioned: Sequence[Actor], parent: Post | None) -> None:
    told = {actor.id for actor in mentioned}
    if parent is not None:
        told.add(parent.author_id)
    for actor_id in await readers_among(told - {post.author_id}, post):
        await notify(site, actor_id, "mention", post.author_id, post=post)


async def edit_post(
    site: Site, editor: Actor, post: Post, *, source: str, name: str = "", summary: str = "", **also: Any
) -> Post:
    """Change text, title or warning; whom it is addressed to stays. `also` are other columns that change with them.

    Raises `NotAllowed` for another's post.
    """
    must_be_author(editor, post)
    await site.hooks.may_edit.ask(editor, post)
    draft = Draft(
        source=source.strip().replace("\x00", ""),
        name=clean_name(name, MAX_NAME) or post.name,
        summary=clean_name(summary, 500),
        visibility=post.visibility,
        recipients=[
            m.actor for m in await Mention.filter(post_id=post.id, is_silent=False).select_related("actor")
        ],
    )
    _must_fit(draft.source)
    if not (draft.source or draft.name or await Attachment.exists(post_id=post.id)):
        raise _nothing_written()
    rendered, mentioned = await _rendered(site, draft)
    now = site.clock.now()
    async with transaction():
        known = set(await Mention.filter(post_id=post.id).values_list("actor_id", flat=True))
        newly = [actor for actor in mentioned if actor.id not in known] if post.visibility in OPEN else []
        await post.change(
            source=draft.source,
            content=rendered.html,
            name=draft.name,
            summary=draft.summary,
            edited_at=now,
            **also,
        )
        await PostTag.filter(post_id=post.id).delete()
        await _write_tags(site, post, rendered.hashtags)
        await _write_mentions(site, post, newly)
        document, addresses = await document_of(site, post)
        sent = await publish(
            site.federation,
            editor,
            update_activity(editor, document, now),
            addresses.audience,
            is_public=post.visibility in OPEN,
        )
        await _notify_addressed(site, post, newly, None)
        await site.hooks.post_edited.emit(post, Origin(sent.body))
    return post


async def delete_post(site: Site, deleter: Actor, post: Post) -> None:
    """Take a post back: its text and pictures go, a tombstone stays so that its replies keep their place."""
    must_be_author(deleter, post)
    if post.deleted_at is not None:
        return
    async with transaction():
        _, addresses = await document_of(site, post)
        activity = activity_about("Delete", deleter, post.uri, to=[AS_PUBLIC], cc=[])
        if post.visibility in (Visibility.DIRECT, Visibility.MEMBERS):
            activity |= {"to": addresses.to}
        elif post.community_id:
            activity |= {"cc": [(await Actor.get(id=post.community_id)).uri]}
            activity["audience"] = activity["cc"][0]
        if not await erase(site, post):
            return
        sent = await publish(site.federation, deleter, activity, addresses.audience)
        await withdraw(deleter, post.uri)
        await site.hooks.post_deleted.emit(post, Origin(sent.body))


async def erase(site: Site, post: Post) -> bool:
    """Empty a post to its tombstone, in the transaction under way; the files follow in a job. False when it was one."""
    # Decided by the row: a `Delete` may come from its author and from its community at one moment, and count twice.
    if not await Post.filter(id=post.id, deleted_at=None).update(deleted_at=site.clock.now()):
        return False
    await post.refresh_from_db(fields=["deleted_at", "removed_at"])
    keys = [key for a in await Attachment.filter(post_id=post.id) for key in (a.key, a.small_key) if key]
    await Attachment.filter(post_id=post.id).delete()
    await PostTag.filter(post_id=post.id).delete()
    await Event.filter(post_id=post.id).delete()  # and who took part
    await Poll.filter(post_id=post.id).delete()  # with its votes: nothing tells any more who chose what
    await Post.filter(boost_of_id=post.id).delete()
    if post.removed_at is None:
        await count_post(post, -1)
    await post.change(name="", summary="", content="", source="", link_url="", link_key="", extra={})
    if keys:
        await site.queue.enqueue("delete_media", keys)
    return True
