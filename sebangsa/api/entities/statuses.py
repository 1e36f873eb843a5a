"""Status, Context, StatusSource and StatusEdit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from federation.database import placeholders, rows
from federation.models import Actor
from sebangsa.api.answers import moment
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.media import media_attachment
from sebangsa.api.entities.polls import poll
from sebangsa.errors import NotFound
from sebangsa.events.reading import EventView, events_among
from sebangsa.events.wire import facts
from sebangsa.media.remote import whole_url
from sebangsa.models import Attachment, Mention, Post, PostTag, QuoteState, Visibility
from sebangsa.polls.reading import PollView, polls_among
from sebangsa.quote_wire import EVERYBODY, FOLLOWERS, NOBODY
from sebangsa.quoting import policy_of, quotes_in
from sebangsa.reacting import Reacted, reactions_of
from sebangsa.timelines import with_parts
from sebangsa.visibility import OPEN

if TYPE_CHECKING:
    from sebangsa.site import Site

VISIBILITIES: Mapping[Visibility, str] = {
    Visibility.PUBLIC: "public",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.DIRECT: "direct",
    Visibility.MEMBERS: "private",
}
"""Apps know these four words; some fail on any other. What is for members of a community is the nearest to `private`."""


@dataclass(frozen=True)
class Standing:
    """What a viewer did with the posts of one page, and whom they answer."""

    favourited: frozenset[int] = frozenset()
    reblogged: frozenset[int] = frozenset()
    bookmarked: frozenset[int] = frozenset()
    answered: Mapping[int, int] = field(default_factory=dict)
    """Post → its author, for the posts that others on the page answer."""
    reactions: Mapping[int, Sequence[Reacted]] = field(default_factory=dict)
    quotes: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    quoting: frozenset[int] = frozenset()
    quoted_times: Mapping[int, int] = field(default_factory=dict)
    polls: Mapping[int, PollView] = field(default_factory=dict)
    events: Mapping[int, EventView] = field(default_factory=dict)


async def statuses(
    site: Site, posts: Sequence[Post], viewer: Actor | None, *, shows_quotes: bool = True
) -> list[dict[str, Any]]:
    """Posts as `timelines.page_of` fetched them; one query for all flags, one for all emoji.

    What is quoted stands inside, without what it quotes itself.

    A boost of what the viewer may not read (removed since, or its author suspended) is left out.
    """
    kept = [post for post in posts if post.boost_of_id is None or _may_show(post.boost_of, viewer)]
    shown = [_original(post) for post in kept]
    standing = replace(
        await _standing(shown, viewer),
        reactions=await reactions_of({post.id for post in shown}, viewer),
        polls=await polls_among(viewer, shown, site.clock.now()),
        events=await events_among(viewer, shown, site.clock.now()),
    )
    if shows_quotes and standing.quoting:
        standing = replace(standing, quotes=await _quotes(site, standing.quoting, viewer))
    return [_status(site, post, viewer, standing) for post in kept]


async def _quotes(site: Site, ids: Collection[int], viewer: Actor | None) -> dict[int, dict[str, Any]]:
    """`quote` of these posts: the quoted status where it may be shown, else the reason in one word."""
    found = await quotes_in(ids, viewer)
    wanted = {shown.id for _, shown in found.values() if shown is not None}
    loaded = await with_parts(Post.filter(id__in=wanted)) if wanted else []
    inner = {int(entry["id"]): entry for entry in await statuses(site, loaded, viewer, shows_quotes=False)}
    quotes: dict[int, dict[str, Any]] = {}
    for post_id, (made, shown) in found.items():
        status = inner.get(shown.id) if shown is not None else None
        state = made.state.value
        if made.state == QuoteState.ACCEPTED and status is None:
            state = "deleted"
        quotes[post_id] = {"state": state, "quoted_status": status}
    return quotes


def _may_show(boosted: Post | None, viewer: Actor | None) -> bool:
    if boosted is None or not boosted.is_shown or not boosted.author.is_usable:
        return False
    return boosted.visibility in OPEN or (viewer is not None and boosted.author_id == viewer.id)


def _original(post: Post) -> Post:
    """What a boost shows; any other post itself."""
    return post.boost_of if post.boost_of_id is not None and post.boost_of is not None else post


async def status(site: Site, post: Post, viewer: Actor | None) -> dict[str, Any]:
    """One post that the viewer may read; its parts are fetched. Raises `NotFound` for a boost of what they may not."""
    found = await statuses(site, await with_parts(Post.filter(id=post.id)), viewer)
    if not found:
        raise NotFound
    return found[0]


_PARENTS = "SELECT 'parent' AS kind, id, author_id AS value FROM posts WHERE id IN (?)"
_MINE = (
    "SELECT 'favourite' AS kind, post_id AS id, 0 AS value FROM votes WHERE value = 1 AND actor_id = ? AND post_id IN (?)",
    "SELECT 'reblog', boost_of_id, 0 FROM posts WHERE author_id = ? AND boost_of_id IN (?)",
    "SELECT 'bookmark', post_id, 0 FROM bookmarks WHERE actor_id = ? AND post_id IN (?)",
)
_QUOTES = (
    "SELECT 'quoting' AS kind, quoting_id AS id, 0 AS value FROM quotes WHERE quoting_id IN (?)",
    """SELECT 'quoted', quoted_id, count(*) FROM quotes
       WHERE quoted_id IN (?) AND quoting_id IS NOT NULL AND state = 'accepted' GROUP BY quoted_id""",
)


async def _standing(posts: Sequence[Post], viewer: Actor | None) -> Standing:
    ids = sorted({post.id for post in posts})
    parents = sorted({post.in_reply_to_id for post in posts if post.in_reply_to_id is not None})
    parts: list[str] = []
    values: list[int] = []
    if parents:
        parts.append(_PARENTS.replace("(?)", f"({placeholders(len(parents))})"))
        values += parents
    if ids:
        for question in _QUOTES:
            parts.append(question.replace("(?)", f"({placeholders(len(ids))})"))
            values += ids
    if viewer is not None and ids:
        for question in _MINE:
            parts.append(question.replace("(?)", f"({placeholders(len(ids))})"))
            values += [viewer.id, *ids]
    if not parts:
        return Standing()
    kinds = ("parent", "favourite", "reblog", "bookmark", "quoting", "quoted")
    found: dict[str, dict[int, int]] = {kind: {} for kind in kinds}
    for row in await rows(" UNION ALL ".join(parts), values):
        found[row["kind"]][row["id"]] = row["value"]
    return Standing(
        frozenset(found["favourite"]),
        frozenset(found["reblog"]),
        frozenset(found["bookmark"]),
        found["parent"],
        quoting=frozenset(found["quoting"]),
        quoted_times=found["quoted"],
    )


def _status(site: Site, post: Post, viewer: Actor | None, standing: Standing) -> dict[str, Any]:
    counted = _original(post)
    boosted = _status(site, counted, viewer, standing) if counted is not post else None
    parent = post.in_reply_to_id
    shown: dict[str, Any] = {
        "id": str(post.id),
        "uri": post.uri,
        "url": post.url or post.uri,
        "created_at": moment(post.created_at),
        "edited_at": moment(post.edited_at),
        "account": account(site, post.author),
        "content": content_of(post, standing.events.get(post.id)),
        "visibility": VISIBILITIES[post.visibility],
        "sensitive": post.is_sensitive,
        "spoiler_text": post.summary,
        "language": post.language or None,
        "in_reply_to_id": str(parent) if parent is not None else None,
        "in_reply_to_account_id": _answered(parent, standing),
        "reblog": boosted,
        "application": None,
        "media_attachments": [media_attachment(site, part) for part in attachments_of(post)],
        "mentions": [
            _mention(named.actor) for named in _parts(post, "mentions", Mention) if not named.is_silent
        ],
        "tags": [tag(site, part.name) for part in _parts(post, "tags", PostTag)],
        "emojis": [],
        "card": None,
        "poll": _poll(post, standing, viewer),
        "quote": standing.quotes.get(post.id),
        "quotes_count": standing.quoted_times.get(counted.id, 0),
        "quote_approval": quote_approval(post, viewer),
        "tagged_collections": [],
        "replies_count": max(0, counted.replies_count),
        "reblogs_count": max(0, counted.boosts_count),
        "favourites_count": max(0, counted.likes_count),
        "pleroma": {"emoji_reactions": emoji_reactions(site, standing.reactions.get(counted.id, ()))},
    }
    if viewer is not None:
        shown |= {
            "favourited": counted.id in standing.favourited,
            "reblogged": counted.id in standing.reblogged,
            "bookmarked": counted.id in standing.bookmarked,
            "muted": False,
            "filtered": [],
        }
        if post.author_id == viewer.id:
            shown["pinned"] = False
    return shown


def quote_approval(post: Post, viewer: Actor | None) -> dict[str, Any]:
    """Who may quote a post. Whether the viewer follows its author is not looked up: `unknown` then."""
    policy = policy_of(post, post.author) if post.visibility in OPEN and post.boost_of_id is None else NOBODY
    automatic = {EVERYBODY: ["public"], "": ["public"], FOLLOWERS: ["followers"]}.get(policy, [])
    if viewer is None or post.visibility not in OPEN:
        current = "denied"
    elif viewer.id == post.author_id or automatic == ["public"]:
        current = "automatic"
    else:
        current = "unknown" if automatic else "denied"
    return {"automatic": automatic, "manual": [], "current_user": current}


def emoji_reactions(site: Site, found: Sequence[Reacted]) -> list[dict[str, Any]]:
    """Pleroma's list of emoji under a status: a custom one by its name without colons, with a picture."""
    return [
        {
            "name": reacted.emoji.strip(":") if reacted.icon_url else reacted.emoji,
            "count": reacted.count,
            "me": reacted.is_mine,
            "url": whole_url(site, reacted.icon_url, "emoji") or None,
            "account_ids": [],
        }
        for reacted in found
    ]


def _poll(post: Post, standing: Standing, viewer: Actor | None) -> dict[str, Any] | None:
    view = standing.polls.get(post.id)
    return poll(view, is_signed_in=viewer is not None) if view is not None else None


def _answered(parent: int | None, standing: Standing) -> str | None:
    author = standing.answered.get(parent) if parent is not None else None
    return str(author) if author is not None else None


def content_of(post: Post, event: EventView | None = None) -> str:
    """A post's HTML. Apps have no place for a title or a link, so a thread of a community begins and ends with them, and
    an event says when and where.
    """
    title = f"<p><strong>{escape(post.name)}</strong></p>" if post.name else ""
    link = ""
    if post.link_url and post.link_url not in post.content:
        address = escape(post.link_url)
        link = f'<p><a href="{address}" rel="nofollow noopener ugc" target="_blank">{address}</a></p>'
    said = facts(event.event, post.language) if event is not None else ""
    return f"{title}{said}{post.content}{link}"


def attachments_of(post: Post) -> list[Attachment]:
    return sorted(_parts(post, "attachments", Attachment), key=lambda part: part.position)


def _parts(post: Post, relation: str, kind: type[Any]) -> list[Any]:
    """What was prefetched for the post; nothing where it was not."""
    related = getattr(post, relation)
    return [part for part in related if isinstance(part, kind)] if related._fetched else []


def _mention(actor: Actor) -> dict[str, Any]:
    return {
        "id": str(actor.id),
        "username": actor.username,
        "acct": actor.handle,
        "url": actor.url or actor.uri,
    }


def tag(site: Site, name: str) -> dict[str, Any]:
    """A hashtag as it stands in a status."""
    return {"name": name, "url": f"{site.settings.url}/tags/{quote(name)}"}


def whole_tag(site: Site, name: str) -> dict[str, Any]:
    """A hashtag by itself. Its history is not counted here; following it is not possible here."""
    return tag(site, name) | {"id": name, "history": [], "following": False, "featuring": False}
