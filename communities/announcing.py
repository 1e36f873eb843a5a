"""A community of ours passes on what happens in it, to all its followers (FEP-1b12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from communities.audiences import readers_of_activities, readers_of_ids
from communities.models import AnnouncedThread
from communities.wire import announce, announce_object, append, retract
from federation import strict_json
from federation.actor_document import timestamp
from federation.database import rows
from federation.models import Actor
from federation.outbox import Audience, publish, send_further
from federation.refusals import Refused
from federation.vocabulary import AS_PUBLIC
from federation.wire import id_of, read_activity
from sebangsa.hooks import Origin
from sebangsa.models import Post, Visibility
from sebangsa.past import is_past
from sebangsa.post_documents import document_of
from sebangsa.visibility import OPEN
from sebangsa.wire import create_activity, undo_activity

if TYPE_CHECKING:
    from sebangsa.site import Site


_ENVELOPE = ("@context", "id", "type", "actor", "to", "cc", "audience", "published")
"""What an edit leaves of the `Create` in the outbox. A proof was over the old text."""


async def announce_new(site: Site, post: Post, origin: Origin) -> None:
    """A post was written into a community of ours: its `Create` goes round, an opening post also by its id."""
    community = await announcing(post, origin)
    if community is None:
        return
    if not _is_about(site, origin, post):
        # An ancestor that we read from its own host: there is no Create to pass on unchanged.
        await announce_by_id(site, community, post)
        return
    about = post.uri if post.is_local else ""
    await announce_activity(site, community, origin.activity, about=about)
    if post.in_reply_to_id is not None and community.is_members_only:
        await announce_by_id(
            site, community, post, about=about
        )  # readers of walls know comments by nothing else
    if post.in_reply_to_id is None:
        boost = await announce_by_id(site, community, post, about=about)
        body = strict_json.dumps(
            announce(community, origin.activity, id=_outbox_id(community, post))
        ).decode()
        await AnnouncedThread.create(
            id=site.ids.next(), community=community, post=post, body=body, boost_uri=boost
        )


async def announce_edit(site: Site, post: Post, origin: Origin) -> None:
    """An edit goes round, as do new counts of a poll. Microblogs are not shown the post again: a second boost says nothing
    to Mastodon and is a second one to Misskey. What its author here edits is sent to those who show it.
    """
    community = await announcing(post, origin)
    if community is None:
        return
    await announce_activity(site, community, origin.activity)
    if post.in_reply_to_id is None:
        await _tell_microblogs(site, community, post, origin)
        await _renew_outbox(site, community, post, origin)


async def announce_deletion(site: Site, post: Post, origin: Origin) -> None:
    """Its author took a post back, or is gone: then only what this community itself said of it is taken back here."""
    community = await announcing(post, origin)
    if community is not None:
        await announce_activity(site, community, origin.activity)
        if post.in_reply_to_id is None:
            await _tell_microblogs(site, community, post, origin)
    elif origin.activity:
        return
    else:
        community = await Actor.get_or_none(id=post.community_id or 0, host="")
    if community is not None:
        if post.in_reply_to_id is None:
            await withdraw_boost(site, community, post)
        await AnnouncedThread.filter(post_id=post.id).delete()


async def announce_end_of_account(site: Site, actor: Actor, origin: Origin) -> None:
    """Somebody deleted their account: communities of ours in which they wrote pass the `Delete` on. Their own server need
    not know who read them here. In the transaction under way.
    """
    if is_past() or origin.announcer is not None or actor.is_group:
        return
    wrote_in = await rows(
        """SELECT DISTINCT p.community_id FROM posts p JOIN actors c ON c.id = p.community_id
           WHERE p.author_id = ? AND c.host = '' AND c.deleted_at IS NULL AND c.suspended_at IS NULL""",
        [actor.id],
    )
    for community in await Actor.filter(id__in=[row["community_id"] for row in wrote_in]).order_by("id"):
        await announce_activity(site, community, origin.activity)


async def _tell_microblogs(site: Site, community: Actor, post: Post, origin: Origin) -> None:
    """Followers there show a thread as a boost, and believe what its author says of it, not what a group announces.

    Only of ours: a peer's server knows itself whom it sent the post to.
    """
    if post.is_local:
        uri = str(strict_json.parse_object(origin.activity.encode())["id"])
        await send_further(site.federation, uri, readers_of_ids(community))


async def announce_reaction(site: Site, reactor: Actor, post: Post, origin: Origin) -> None:
    """An emoji goes round as a vote does."""
    community = await announcing(post, origin)
    if community is not None:
        await announce_activity(site, community, origin.activity)


async def announce_activity(
    site: Site, community: Actor, activity: str, audience: Audience | None = None, *, about: str = ""
) -> None:
    """`Announce` of one activity to the followers who read such, in the transaction under way.

    Not readable at its address: it holds a copy of what its author may delete tomorrow. `about` is the post that it
    spreads, when one of ours is new.
    """
    await publish(
        site.federation,
        community,
        announce(community, activity),
        audience or readers_of_activities(community),
        is_public=False,
        proof=False,  # the request's signature speaks for the group, the proof inside for the author
        about=about,
    )


async def announce_to(site: Site, community: Actor, activity: str, people: Sequence[Actor]) -> None:
    """`Announce` of what is not for everybody to some people's servers alone, in the transaction under way.

    Public stands in `cc` though nobody else gets it: Lemmy drops what a public community announces without it.
    """
    cc = [] if community.is_members_only else [AS_PUBLIC]
    remote = [person for person in people if not person.is_local]
    if remote:
        await publish(
            site.federation,
            community,
            announce(community, activity, to=[person.uri for person in remote], cc=cc),
            Audience(actors=remote),
            proof=False,
        )


async def pass_on_choice(site: Site, post: Post, origin: Origin) -> None:
    """A choice in a poll of another server, sent to our community alone (PieFed), goes to the poll's author and to nobody
    else: who chose what is not for everybody.
    """
    community = await announcing(post, origin)
    if community is not None:
        await announce_to(site, community, origin.activity, [await Actor.get(id=post.author_id)])


async def withdraw_boost(site: Site, community: Actor, post: Post) -> None:
    """A removed thread disappears from microblogs too, in the transaction under way."""
    known = await AnnouncedThread.get_or_none(post_id=post.id)
    if known is not None:
        if community.is_members_only:
            await publish(site.federation, community, retract(community, post.uri), readers_of_ids(community))
            return
        boost = announce_object(community, post.uri, id=known.boost_uri)
        undone = undo_activity(
            community, {name: value for name, value in boost.items() if name != "@context"}
        )
        await publish(site.federation, community, undone, readers_of_ids(community))


async def boost_again(site: Site, community: Actor, post: Post) -> None:
    """A restored thread is shown there again, in the transaction under way."""
    known = await AnnouncedThread.get_or_none(post_id=post.id)
    if known is not None:
        known.boost_uri = await announce_by_id(site, community, post)
        await known.save(update_fields=["boost_uri"])


async def announce_by_id(site: Site, community: Actor, post: Post, *, about: str = "") -> str:
    """`Announce` of a post's id, which microblogs show as a boost, in the transaction under way. Returns its id. What is
    for members is no boost, but added to the community's wall.
    """
    is_closed = community.is_members_only
    sent = await publish(
        site.federation,
        community,
        append(community, post.uri)
        if is_closed
        else announce_object(community, post.uri, published=timestamp(site.clock.now())),
        readers_of_ids(community),
        is_public=not is_closed,
        proof=False,
        about=about,
    )
    return sent.uri


async def announcing(post: Post, origin: Origin) -> Actor | None:
    """The community that must pass this on: ours, of a post that everybody or every member may read.

    What a group brought is never announced again: two groups that follow each other would not end (S-058). Nor is what
    is only read now and is old.
    """
    if is_past() or post.community_id is None or origin.announcer is not None or not origin.activity:
        return None
    if post.visibility not in (*OPEN, Visibility.MEMBERS):
        return None
    community = await Actor.get(id=post.community_id)
    return community if community.is_local and community.is_usable else None


def _is_about(site: Site, origin: Origin, post: Post) -> bool:
    """Whether the activity is the `Create` of this very post."""
    try:
        activity = read_activity(
            strict_json.parse_object(origin.activity.encode()), allow_http=site.settings.is_development
        )
    except Refused:
        return False
    return activity.type == "Create" and id_of(activity.object) == post.uri


def _outbox_id(community: Actor, post: Post) -> str:
    return f"{community.uri}#announced-{post.id}"


async def _renew_outbox(site: Site, community: Actor, post: Post, origin: Origin) -> None:
    """After an edit the outbox must not show the old text: ours is written anew; a peer's `Create` gets the object that the
    edit brought. By its id alone, Lemmy would pass it over.
    """
    known = await AnnouncedThread.get_or_none(post_id=post.id)
    if known is None:
        return
    shown = announce_object(community, post.uri, id=_outbox_id(community, post))
    if post.is_local:
        document, _ = await document_of(site, post)
        author = await Actor.get(id=post.author_id)
        created = create_activity(author, document, f"{post.uri}/activity")
        del created["@context"]
        shown["object"] = created
    else:
        before = strict_json.parse_object(known.body.encode())["object"]
        edited = strict_json.parse_object(origin.activity.encode()).get("object") if origin.activity else None
        if isinstance(before, dict) and isinstance(edited, dict) and id_of(edited) == post.uri:
            shown["object"] = {name: before[name] for name in _ENVELOPE if name in before} | {
                "object": edited
            }
    known.body = strict_json.dumps(shown).decode()
    await known.save(update_fields=["body"])
