"""Rows become what the template macros show. No markup, no rules: names, addresses, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from federation.models import Actor
from federation.urls import host_of
from federation.wire.tags import Flair
from sebangsa.events.reading import EventView, events_among
from sebangsa.flair import labels_of
from sebangsa.media.remote import shown_url
from sebangsa.models import Attachment, Post, Quote, QuoteState, Visibility, Vote
from sebangsa.polls.reading import PollView, label_of, polls_among
from sebangsa.quoting import quotes_in
from sebangsa.reacting import Reacted, reactions_of
from sebangsa.text.plain import excerpt
from sebangsa.visibility import OPEN
from sebangsa.web.event_views import event_of
from sebangsa.web.pieces import (
    Action,
    Comment,
    Detail,
    Event,
    Face,
    Link,
    Option,
    Picture,
    Poll,
    Quoted,
    Reaction,
)

if TYPE_CHECKING:
    from sebangsa.site import Site

FEED_SIDE = 640
"""Pixels of the longer side of a picture in a feed."""
_PLACES = {"Group": "c", "Feed": "f"}
QUOTED_EXCERPT = 300
"""Characters of a quoted post that are shown."""
_KINDS = {"Group": "community", "Feed": "feed", "Organization": "body", "Service": "body"}


@dataclass(frozen=True, slots=True)
class PostView:
    """One post as a card. `html` is sanitised; `mine` is one's own vote; addresses are of our own pages."""

    id: int
    href: str
    author: Face
    at: datetime
    html: Markup
    title: str = ""
    warning: str = ""
    visibility: str = "public"
    edited_at: datetime | None = None
    community: Face | None = None
    boosted_by: Face | None = None
    answers_href: str = ""
    pictures: Sequence[Picture] = ()
    link: Link | None = None
    poll: Poll | None = None
    event: Event | None = None
    score: int = 0
    likes: int = 0
    boosts: int = 0
    replies: int = 0
    mine: int = 0
    is_boosted: bool = False
    is_own: bool = False
    is_thread: bool = False
    is_locked: bool = False
    is_pinned: bool = False
    is_removed: bool = False
    is_comment: bool = False
    is_refused: bool = False
    vote_action: str = ""
    original_href: str = ""
    reactions: Sequence[Reaction] = ()
    quote: Quoted | None = None
    menu: Sequence[Action] = field(default_factory=tuple)
    labels: Sequence[Flair] = ()


@dataclass(frozen=True)
class Mine:
    """What the viewer did with the posts of a page, the emoji under them and what they quote: read at once for all."""

    votes: Mapping[int, int]
    boosted: frozenset[int]
    reactions: Mapping[int, Sequence[Reacted]] = field(default_factory=dict)
    quotes: Mapping[int, tuple[Quote, Post | None]] = field(default_factory=dict)
    polls: Mapping[int, PollView] = field(default_factory=dict)
    """Those of the posts, with what one chose."""
    events: Mapping[int, EventView] = field(default_factory=dict)
    """Those of the posts, with what one said."""


async def mine_among(site: Site, viewer: Actor | None, posts: Iterable[Post]) -> Mine:
    """One's votes and boosts among these posts, all their emoji and what they quote, in five queries; their polls in
    three more, their events in two, where there are any.
    """
    posts = list(posts)
    now = site.clock.now()
    polls, events = await polls_among(viewer, posts, now), await events_among(viewer, posts, now)
    ids = {post.boost_of_id or post.id for post in posts}
    reactions, quotes = await reactions_of(ids, viewer), await quotes_in(ids, viewer)
    if viewer is None or not ids:
        return Mine({}, frozenset(), reactions, quotes, polls, events)
    votes = await Vote.filter(actor_id=viewer.id, post_id__in=ids).values_list("post_id", "value")
    boosted = await Post.filter(author_id=viewer.id, boost_of_id__in=ids).values_list(
        "boost_of_id", flat=True
    )
    return Mine(
        {int(post_id): int(value) for post_id, value in votes},
        frozenset(int(i) for i in boosted),  # type: ignore[call-overload]
        reactions,
        quotes,
        polls,
        events,
    )


def poll_of(post: Post, mine: Mine) -> Poll | None:
    """A post's poll, to vote in or with its result."""
    view = mine.polls.get(post.id)
    if view is None:
        return None
    return Poll(
        [
            Option(
                label_of(option),
                str(option.position),
                option.votes_count if view.shows_totals else None,
                option.position in view.choices,
            )
            for option in view.options
        ],
        view.voters,
        view.poll.ends_at,
        view.has_ended,
        view.poll.is_multiple,
        f"/p/{post.id}/poll" if view.may_vote else "",
        not view.shows_totals,
    )


def face_of(site: Site, actor: Actor) -> Face:
    """Somebody at a glance."""
    kind = _KINDS.get(actor.type, "person")
    if actor.deleted_at is not None:
        return Face(name="Deleted account", handle="", href="", kind=kind, is_gone=True)
    return Face(
        name=actor.name or actor.username,
        handle=actor.handle,
        href=page_of_actor(actor),
        picture=shown_url(site, actor.icon_url, "avatar"),
        kind=kind,
    )


def details_of(actor: Actor) -> list[Detail]:
    """The fields of a profile. The host of a confirmed link is shown beside it, whatever the link's text says (S-068)."""
    return [
        Detail(
            entry["name"],
            entry["value"],
            host_of(entry.get("source", "")) if entry.get("verified_at") else "",
        )
        for entry in actor.profile_fields
    ]


def page_of_actor(actor: Actor) -> str:
    """Our page about an actor, also one of another server. A feed that only its owner sees has no name in its address."""
    if not actor.is_nameable:
        return f"/feeds/{actor.id}"
    return f"/{_PLACES.get(actor.type, 'u')}/{actor.handle}"


async def post_views(site: Site, viewer: Actor | None, posts: Sequence[Post]) -> list[PostView]:
    """A page of posts, loaded by `timelines.with_parts`, as cards."""
    mine = await mine_among(site, viewer, posts)
    return [post_view(site, viewer, post, mine) for post in posts]


def post_view(site: Site, viewer: Actor | None, post: Post, mine: Mine) -> PostView:
    """One post as a card; a boost shows the post that it boosts."""
    boosted_by = None
    if post.boost_of_id and isinstance(post.boost_of, Post):
        boosted_by, post = face_of(site, post.author), post.boost_of
    is_own = viewer is not None and viewer.id == post.author_id
    community = post.community if post.community_id and isinstance(post.community, Actor) else None
    return PostView(
        id=post.id,
        href=f"/p/{post.id}",
        author=face_of(site, post.author),
        at=post.created_at,
        html=Markup(post.content),  # noqa: S704 - passed the one sanitiser when it was written
        title=post.name,
        warning=post.summary,
        visibility=post.visibility.value,
        edited_at=post.edited_at,
        community=face_of(site, community) if community else None,
        boosted_by=boosted_by,
        answers_href=f"/p/{post.in_reply_to_id}" if post.in_reply_to_id else "",
        pictures=pictures_of(site, post),
        link=Link(post.link_url, host_of(post.link_url)) if post.link_url else None,
        poll=poll_of(post, mine),
        event=event_of(post, mine.events),
        score=post.score,
        likes=post.likes_count,
        boosts=post.boosts_count,
        replies=post.replies_count,
        mine=mine.votes.get(post.id, 0),
        is_boosted=post.id in mine.boosted,
        is_own=is_own,
        is_thread=community is not None,
        is_locked=post.is_locked,
        is_pinned=post.is_pinned,
        is_removed=post.removed_at is not None,
        is_comment=post.in_reply_to_id is not None,
        is_refused=bool(post.refusal_code),
        vote_action=f"/p/{post.id}/vote",
        original_href="" if post.is_local else post.url,
        reactions=_reactions(site, mine, post),
        quote=_quote(site, mine, post),
        menu=menu_of(site, viewer, post),
        labels=labels_of(post, community) if community else (),
    )


def _reactions(site: Site, mine: Mine, post: Post) -> list[Reaction]:
    return [
        Reaction(
            emoji=found.emoji,
            count=found.count,
            value=str(found.first_id),
            is_mine=found.is_mine,
            picture=shown_url(site, found.icon_url, "emoji"),
        )
        for found in mine.reactions.get(post.id, ())
    ]


def _quote(site: Site, mine: Mine, post: Post) -> Quoted | None:
    """What a post quotes, or why that is not shown; a link to it in any case but one that was taken back."""
    if post.id not in mine.quotes:
        return None
    made, shown = mine.quotes[post.id]
    if shown is not None:
        return Quoted(
            href=f"/p/{shown.id}",
            author=face_of(site, shown.author),
            at=shown.created_at,
            title=shown.name,
            text=shown.summary or excerpt(shown.content, QUOTED_EXCERPT),
        )
    if made.state == QuoteState.REVOKED:
        return Quoted(href="", sentence="Its author took the quoted post out of this one.")
    if made.state == QuoteState.REJECTED:
        return Quoted(href="", sentence="The author of the quoted post does not want it shown here.")
    if made.state == QuoteState.ACCEPTED:
        return Quoted(href="", sentence="The quoted post is not there any more, or not for everybody.")
    return Quoted(href=made.quoted_uri, sentence="It quotes a post whose author has not agreed yet.")


def menu_of(site: Site, viewer: Actor | None, post: Post) -> list[Action]:
    """What one may do with a post besides answering it."""
    found: list[Action] = []
    if viewer is not None and viewer.id == post.author_id:
        found.append(Action("Edit", "pencil", href=f"/p/{post.id}/edit"))
        found.append(
            Action(
                "Delete",
                "trash-2",
                action=f"/p/{post.id}/delete",
                is_danger=True,
                confirm="Delete this post?",
            )
        )
    if viewer is not None and post.visibility in OPEN and post.is_shown:
        found.append(Action("Quote", "quote", href=f"/compose?quote={post.id}"))
    offered = (action(post, viewer) for action in site.post_actions)
    found.extend(action for action in offered if action is not None)
    if not post.is_local and post.url:
        found.append(Action("Open at its own server", "external-link", href=post.url))
    return found


def pictures_of(site: Site, post: Post) -> list[Picture]:
    """The pictures of a post, small; from another server through our copy."""
    return [
        _picture(site, attachment)
        for attachment in sorted(post.attachments, key=lambda attachment: attachment.position)
        if attachment.media_type.startswith("image/")
    ]


def _picture(site: Site, attachment: Attachment) -> Picture:
    width, height = attachment.width or FEED_SIDE, attachment.height or FEED_SIDE
    shrink = min(1.0, FEED_SIDE / max(width, height))
    if attachment.remote_url:
        source, full = shown_url(site, attachment.remote_url, "picture"), attachment.remote_url
    else:
        source, full = site.media.url(attachment.small_key or attachment.key), site.media.url(attachment.key)
    return Picture(
        src=source,
        width=max(1, round(width * shrink)),
        height=max(1, round(height * shrink)),
        alt=attachment.description,
        full=full,
        bytes=attachment.size or 0,
    )


def comment_tree(
    site: Site, viewer: Actor | None, root: Post, answers: Sequence[Post], mine: Mine
) -> list[Comment]:
    """The answers below a post as a tree. `answers` come parents first (`timelines.descendants`)."""
    below: dict[int | None, list[Post]] = {}
    for answer in answers:
        below.setdefault(answer.in_reply_to_id, []).append(answer)

    def branch(parent: Post, depth: int) -> list[Comment]:
        children = below.get(parent.id, [])
        if depth >= MAX_DEPTH:
            return []
        return [comment(child, depth) for child in children]

    def comment(post: Post, depth: int) -> Comment:
        replies = branch(post, depth + 1)
        return Comment(
            id=post.id,
            author=face_of(site, post.author),
            at=post.created_at,
            html=Markup(post.content),  # noqa: S704 - passed the one sanitiser when it was written
            href=f"/p/{post.id}",
            score=post.score,
            mine=mine.votes.get(post.id, 0),
            vote_action=f"/p/{post.id}/vote",
            reply_href=f"/p/{post.id}#reply",
            edited_at=post.edited_at,
            is_removed=post.removed_at is not None,
            is_refused=bool(post.refusal_code),
            is_author_of_post=post.author_id == root.author_id,
            menu=menu_of(site, viewer, post),
            pictures=pictures_of(site, post),
            reactions=_reactions(site, mine, post),
            quote=_quote(site, mine, post),
            poll=poll_of(post, mine),
            replies=replies,
            more=len(below.get(post.id, [])) - len(replies),
        )

    return branch(root, 0)


MAX_DEPTH = 8
"""Levels of answers on one page; deeper ones stand on the page of the answer above them."""


def visibility_label(visibility: Visibility) -> str:
    """The msgid of a visibility's word."""
    return {
        Visibility.PUBLIC: "Everybody",
        Visibility.UNLISTED: "Everybody, but in no list",
        Visibility.FOLLOWERS: "Followers",
        Visibility.DIRECT: "Only those named",
        Visibility.MEMBERS: "Members of the community",
    }[visibility]
