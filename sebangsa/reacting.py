"""Emoji reactions: several a person and post, shown with their number. Who reacted may be read by whoever reads the post.

They are no votes. A peer's `Like` with an emoji (Misskey) is both: there it is the only way to like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from federation.database import insert_once, placeholders, rows, transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.wire import is_emoji
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.hooks import Origin
from sebangsa.models import Post, Reaction, Vote
from sebangsa.moving import must_live_here
from sebangsa.notifying import notify
from sebangsa.visibility import may_read
from sebangsa.wire import reaction_activity, undo_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_EACH = 8
"""Emoji of one person under one post."""
MAX_SHOWN = 24
"""Different emoji shown under one post, the most frequent first."""
MAX_NAMES = 200
PALETTE = ("👍", "❤️", "😂", "🙏", "😮", "😢")
"""What is offered with one tap."""

UNKIND = frozenset("👎😠😡🤬🤮💩🖕")
"""Never told as a like to those who read no emoji."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """One emoji under a post: `first_id` is the oldest such reaction, which stands for all of them."""

    first_id: int
    emoji: str
    icon_url: str
    count: int
    is_mine: bool


async def react(site: Site, reactor: Actor, post: Post, emoji: str) -> None:
    """Add an emoji to a post: a Unicode one, or a `:shortcode:` that stands there already. Twice changes nothing.

    Raises `Invalid` for what is no emoji, `NotAllowed`, and `NotFound` for a post that they may not read.
    """
    await must_live_here(reactor)
    if not await may_read(site, reactor, post):
        raise NotFound
    icon_url = await _picture_of(post, emoji)
    async with transaction():
        await site.hooks.may_react.ask(reactor, post)
        if await Reaction.exists(actor_id=reactor.id, post_id=post.id, emoji=emoji):
            return  # it keeps the id by which peers know it
        uri = site.federation.config.url(f"/a/{site.ids.next()}")
        made = Reaction(actor_id=reactor.id, post_id=post.id, emoji=emoji, icon_url=icon_url, uri=uri)
        if await write_reaction(site, made):
            await notify(site, post.author_id, "reaction", reactor.id, post=post, emoji=emoji)
            origin = await _send(site, reactor, post, made, is_undone=False)
            await site.hooks.reacted.emit(reactor, post, origin)


async def unreact(site: Site, reactor: Actor, post: Post, emoji: str) -> None:
    """Take an emoji back."""
    async with transaction():
        known = await Reaction.get_or_none(actor_id=reactor.id, post_id=post.id, emoji=emoji)
        if known is not None and await Reaction.filter(id=known.id).delete():
            origin = await _send(site, reactor, post, known, is_undone=True)
            await site.hooks.reacted.emit(reactor, post, origin)


async def write_reaction(site: Site, made: Reaction) -> bool:
    """Write a reaction of ours or of a peer, in the transaction under way; false when it stood there already.

    Raises `NotAllowed` for one more than a person may leave under a post.
    """
    mine = await Reaction.filter(actor_id=made.actor_id, post_id=made.post_id)
    for known in mine:
        if known.emoji == made.emoji:
            known.uri = made.uri  # what an Undo will name
            await known.save(update_fields=["uri"])
            return False
    if len(mine) >= MAX_EACH:
        raise NotAllowed("too-many-reactions", "You left enough emoji under this post.")
    written = await insert_once(
        Reaction,
        id=site.ids.next(),
        actor_id=made.actor_id,
        post_id=made.post_id,
        emoji=made.emoji,
        icon_url=made.icon_url,
        uri=made.uri,
        is_like=made.is_like,
        is_vouched=made.is_vouched,
        created_at=site.clock.now(),
    )
    return written is not None


async def reactions_of(posts: Collection[int], viewer: Actor | None) -> dict[int, list[Reacted]]:
    """The emoji under these posts, in one query; those of the suspended do not count."""
    found: dict[int, list[Reacted]] = defaultdict(list)
    ids = sorted(posts)
    if not ids:
        return found
    for row in await rows(
        f"""SELECT r.post_id, r.emoji, r.icon_url, count(*) AS number, min(r.id) AS first_id,
                max(CASE WHEN r.actor_id = ? THEN 1 ELSE 0 END) AS is_mine
            FROM reactions r JOIN actors a ON a.id = r.actor_id
            WHERE r.post_id IN ({placeholders(len(ids))}) AND a.suspended_at IS NULL AND a.deleted_at IS NULL
            GROUP BY r.post_id, r.emoji, r.icon_url ORDER BY count(*) DESC, min(r.id)""",  # noqa: S608 - placeholders
        [viewer.id if viewer else 0, *ids],
    ):
        if len(found[row["post_id"]]) < MAX_SHOWN:
            found[row["post_id"]].append(
                Reacted(
                    row["first_id"], row["emoji"], row["icon_url"], int(row["number"]), bool(row["is_mine"])
                )
            )
    return found


async def who_reacted(post: Post) -> list[Reaction]:
    """Who left which emoji, the oldest first; without those for whom only a third server speaks."""
    found = Reaction.filter(
        post_id=post.id, is_vouched=True, actor__suspended_at=None, actor__deleted_at=None
    )
    return await found.order_by("id").limit(MAX_NAMES).select_related("actor")


async def _picture_of(post: Post, emoji: str) -> str:
    """The picture of a custom emoji: only one that stands under the post already can be added (S-066)."""
    if is_emoji(emoji):
        return ""
    known = await Reaction.filter(post_id=post.id, emoji=emoji).order_by("id").first()
    if known is None or not known.icon_url:
        raise Invalid("no-such-emoji", "That is not an emoji.", field="emoji")
    return known.icon_url


async def _send(site: Site, reactor: Actor, post: Post, made: Reaction, *, is_undone: bool) -> Origin:
    """Tell the post's server and the community's, each in the form that its software reads.

    The first is sent even to nobody: a community of ours passes it on.
    """
    forms = await _readers(site, post)
    body = ""
    for form in ("emoji-react", "like", "plain-like"):
        readers = forms.get(form, [])
        if form != "emoji-react" and not readers:
            continue
        if form == "plain-like" and not await _is_told_as_like(reactor, post, made):
            continue
        activity: dict[str, Any] = reaction_activity(
            form,
            reactor,
            post.uri,
            made.emoji,
            made.icon_url,
            author=await _uri_of(post.author_id),
            id=made.uri,
        )
        if post.community_id:
            activity["audience"] = await _uri_of(post.community_id)
        sent = await publish(
            site.federation,
            reactor,
            undo_activity(reactor, activity) if is_undone else activity,
            Audience(actors=readers),
        )
        body = body or sent.body
    return Origin(body)


async def _readers(site: Site, post: Post) -> dict[str, Sequence[Actor]]:
    """The author and the community elsewhere, by the form that their software reads."""
    found: dict[str, list[Actor]] = defaultdict(list)
    for actor_id in {post.author_id, post.community_id} - {None}:
        actor = await Actor.get(id=actor_id)
        if not actor.is_local:
            found[(await site.federation.profiles.of(actor.host)).reactions].append(actor)
    return dict(found)


async def _is_told_as_like(reactor: Actor, post: Post, made: Reaction) -> bool:
    """Whether a kind emoji goes as a like where no emoji is read: not beside a vote, and once for several emoji."""
    if made.emoji[0] in UNKIND or await Vote.exists(actor_id=reactor.id, post_id=post.id):
        return False
    others = Reaction.filter(actor_id=reactor.id, post_id=post.id).exclude(emoji=made.emoji)
    return not [one for one in await others if one.emoji[0] not in UNKIND]


async def _uri_of(actor_id: int) -> str:
    return (await Actor.get(id=actor_id)).uri
