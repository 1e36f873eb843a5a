"""What people's activities from other servers do here: one handler for each type, named after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from federation import strict_json
from federation.actors import store_actor
from federation.inbound import Inbound
from federation.models import Actor, Follow
from federation.overtaken import give_back, is_about_another, mark_overtaken, overtaking
from federation.refusals import Refused
from federation.registry import Verdict
from federation.vocabulary import ACTOR_TYPES
from federation.wire import (
    ActivityDocument,
    ObjectDocument,
    id_of,
    read_activity,
    read_actor,
    read_object,
    types_of,
)
from sebangsa import following, quoted, voted
from sebangsa.boosting import end_boost
from sebangsa.counts import take_counts
from sebangsa.erasing import end_account
from sebangsa.errors import NotAllowed
from sebangsa.events.receiving import receive_answer, receive_going, renew_event
from sebangsa.hooks import Origin
from sebangsa.models import Attachment, Post, PostTag, RelayState, Visibility
from sebangsa.notifying import notify
from sebangsa.past import is_past
from sebangsa.polls.receiving import receive_counts, receive_votes, renew_counts, replace_poll, votes_in
from sebangsa.posting import count_post, erase
from sebangsa.receiving import (
    content_of,
    receive_post,
    visibility_of,
    warning_of,
    wire_extra,
    write_tags_and_attachments,
)
from sebangsa.rejecting import Forbidden, receive_rejection, tell_of_refused_follow
from sebangsa.relays import inbound as from_relays
from sebangsa.relays import receiving as relayed
from sebangsa.relays.confirmed import relay_of
from sebangsa.text.link_keys import link_key
from sebangsa.text.plain import clean_name
from sebangsa.visibility import OPEN, visibility_within

if TYPE_CHECKING:
    from sebangsa.site import Site


async def receive_create(site: Site, inbound: Inbound) -> Verdict | None:
    """A peer's person publishes a post, or votes in a poll. A post is read from its own host unless that host's
    signature brought it.
    """
    votes = votes_in(site, inbound)
    if votes is not None:
        await receive_votes(site, inbound, votes)
        return None
    document = inbound.object_of_signer()
    if set(types_of(document)) & ACTOR_TYPES:
        return Verdict.PASS
    first = await overtaking(inbound, id_of(document))
    if first is not None and first.type == "Delete":
        return None  # S-048
    post = await receive_post(site, inbound, document)
    if post is not None and first is not None and first.body:
        edit = strict_json.parse_object(first.body.encode())
        activity = read_activity(edit, allow_http=site.settings.is_development)
        if isinstance(activity.object, dict):
            edited = replace(inbound, activity=activity, document=edit, raw=first.body)
            await _update_post(site, edited, post, activity.object)
    return None


async def receive_update(site: Site, inbound: Inbound) -> Verdict | None:
    """An actor describes itself anew, or an author edits a post. What we do not know is not created by it (S-038)."""
    document = inbound.object_of_signer()
    uri = id_of(document)
    if set(types_of(document)) & ACTOR_TYPES:
        if uri != inbound.actor.uri:
            raise Refused("not-the-author", inbound.actor.uri)
        await store_actor(
            site.federation,
            read_actor(document, allow_http=site.settings.is_development),
            domain=inbound.actor.domain,
        )
        return None
    post = await Post.get_or_none(uri=uri)
    if post is None:
        if inbound.is_vouched(uri) and isinstance(inbound.activity.object, dict):
            await mark_overtaken(inbound, uri, body=inbound.raw)
        return None
    if post.deleted_at is not None:
        return None
    if post.author_id != inbound.actor.id:
        raise Refused("not-the-author", inbound.actor.uri)
    await _update_post(site, inbound, post, document)
    return None


async def _update_post(site: Site, inbound: Inbound, post: Post, document: dict[str, object]) -> None:
    obj = read_object(document, allow_http=site.settings.is_development)
    if post.edited_at and obj.updated and obj.updated < post.edited_at:
        return  # an older edit arrives late (S-061)
    community = await Actor.get(id=post.community_id) if post.visibility == Visibility.MEMBERS else None
    said = visibility_within(visibility_of(obj, inbound.actor, community), community, post)
    if _width(said) > _width(post.visibility):
        raise Refused("not-allowed", "an edit cannot widen the audience")  # S-039
    try:
        await site.hooks.may_edit.ask(inbound.actor, post)
    except NotAllowed as no:
        raise Forbidden(no, [post.community_id]) from no
    if (
        obj.poll is not None
        and not _is_edit(post, obj)
        and await receive_counts(site, inbound, post, obj.poll)
    ):
        return
    if obj.event is not None and _is_as_before(post, obj) and await receive_going(site, inbound, post, obj):
        return
    if post.kind == "question" and not (obj.poll is not None and await renew_counts(post, obj.poll)):
        await replace_poll(site, post, obj.poll)
    await post.change(
        name=clean_name(obj.name, 500) or post.name,
        summary=warning_of(obj),
        content=content_of(obj),
        is_sensitive=obj.sensitive,
        link_url=obj.link_url,
        link_key=link_key(obj.link_url),
        extra=wire_extra(obj),
        edited_at=obj.updated or site.clock.now(),
    )
    await take_counts(site, post, obj)
    if obj.event is not None:
        await renew_event(site, post, obj)
    await PostTag.filter(post_id=post.id).delete()
    await Attachment.filter(post_id=post.id).delete()
    await write_tags_and_attachments(site, post, obj)
    await site.hooks.post_read.emit(inbound, post, obj)
    if not obj.quote:
        await quoted.forget_quote(post)
    await site.hooks.post_edited.emit(post, Origin(inbound.raw, obj, inbound.announcer))


def _is_edit(post: Post, obj: ObjectDocument) -> bool:
    """Whether an `Update` of a poll changes more than its counts, which come without a newer `updated` (Mastodon) or
    with the same text (PieFed).
    """
    return _is_newer(post, obj) and not _says_the_same(post, obj)


def _is_as_before(post: Post, obj: ObjectDocument) -> bool:
    """Whether an `Update` of an event changes at most what stands beside its text."""
    return not _is_newer(post, obj) and _says_the_same(post, obj)


def _is_newer(post: Post, obj: ObjectDocument) -> bool:
    return obj.updated is not None and (post.edited_at is None or obj.updated > post.edited_at)


def _says_the_same(post: Post, obj: ObjectDocument) -> bool:
    said = (content_of(obj), warning_of(obj), obj.sensitive)
    kept = (post.content, post.summary, post.is_sensitive)
    return said == kept and clean_name(obj.name, 500) in ("", post.name)


def _width(visibility: Visibility) -> int:
    widths = list(Visibility)[::-1]  # from those named to everybody
    return widths.index(visibility)


async def receive_delete(site: Site, inbound: Inbound) -> None:
    """An author takes a post back, or an account ends. A tombstone stays, also for what comes after it (S-048)."""
    uri = inbound.activity.object_id
    if not uri:
        raise Refused("missing-field", "object")
    if uri == inbound.actor.uri:
        await end_account(site, inbound.actor, Origin(inbound.raw, None, inbound.announcer))
        return
    post = await Post.get_or_none(uri=uri)
    if post is None:
        if not await quoted.receive_revocation(site, inbound, uri):
            await mark_overtaken(inbound, uri)
        return
    if post.author_id != inbound.actor.id:
        raise Refused(
            "not-the-author", inbound.actor.uri
        )  # moderators were asked before, on the floors above (S-037)
    if await erase(site, post):
        await site.hooks.post_deleted.emit(post, Origin(inbound.raw, None, inbound.announcer))


async def receive_undo_delete(site: Site, inbound: Inbound) -> None:
    """Moderators of its own host show a post again. We kept nothing of it, so it is read anew from there."""
    inner = inbound.activity.inner
    assert inner is not None
    post = await Post.get_or_none(uri=inner.object_id or "", author_id=inbound.actor.id, is_local=False)
    if post is None or post.deleted_at is None:
        return
    document = inbound.document_at(post.uri)
    if not await Post.filter(id=post.id, deleted_at__isnull=False).update(deleted_at=None):
        return
    await post.refresh_from_db(fields=["deleted_at", "removed_at"])
    await _update_post(site, inbound, post, document)
    await post.change(edited_at=read_object(document, allow_http=site.settings.is_development).updated)
    if post.is_shown:
        await count_post(post, +1)
    await site.hooks.post_restored.emit(post)


async def receive_follow(site: Site, inbound: Inbound) -> Verdict | None:
    """Somebody elsewhere wants to follow one of ours. Asked again, it is answered again: an Accept may get lost."""
    target = await Actor.get_or_none(uri=inbound.activity.object_id or "", host="")
    if target is None or not target.is_usable:
        raise Refused("not-found", inbound.activity.object_id or "")
    if target.type == "Application":
        await from_relays.receive_follow(site, inbound, target)
        return None
    try:
        await site.hooks.may_follow.ask(inbound.actor, target)
    except NotAllowed as no:
        # Answered, not raised: what is raised rolls the answer back too, and the asker waits for ever.
        refused = Follow(follower=inbound.actor, target=target, uri=inbound.activity.id)
        await following.answer(site, "Reject", refused, inbound.actor, target, because=no)
        return None
    made = await Follow.get_or_none(follower_id=inbound.actor.id, target_id=target.id)
    if made is None:
        made = await Follow.create(
            id=site.ids.next(),
            follower=inbound.actor,
            target=target,
            state=following.FollowState.PENDING,
            uri=inbound.activity.id or "",
            created_at=site.clock.now(),
        )
        await following.consider(site, made, inbound.actor, target)
    else:
        made.uri = inbound.activity.id or made.uri
        await made.save(update_fields=["uri"])
        if made.state == following.FollowState.ACCEPTED:
            await following.accept(site, made, inbound.actor, target)
    return None


async def receive_undo_follow(site: Site, inbound: Inbound) -> None:
    """A follower leaves. The Follow's id is given back: some peers use it again for the next one (S-036)."""
    inner = inbound.activity.inner
    assert inner is not None
    target = await Actor.get_or_none(uri=inner.object_id or "", host="")
    made = await Follow.get_or_none(follower_id=inbound.actor.id, target_id=target.id) if target else None
    if target is not None and made is not None and not await is_about_another(inbound, made.uri):
        await following.end(site, made, inbound.actor, target)
    elif target is not None and target.type == "Application":
        await from_relays.receive_undo_follow(site, inbound)
    await give_back(inbound, inner.id)


async def receive_accept(site: Site, inbound: Inbound) -> Verdict | None:
    """The followed one answers a Follow of ours, or an organiser a `Join`; anything else is a feature's (an `Offer`)."""
    made = await _follow_of_ours(inbound)
    if made is None:
        return await _receive_other_answer(site, inbound, accepted=True)
    await following.be_let_in(site, made, made.follower, inbound.actor)
    return None


async def receive_reject(site: Site, inbound: Inbound) -> Verdict | None:
    """The followed one refuses, or removes a follower of ours later on; an organiser does so with a `Join`."""
    made = await _follow_of_ours(inbound)
    if made is None:
        return await _receive_other_answer(site, inbound, accepted=False)
    was_waiting = made.state == following.FollowState.PENDING
    await following.end(site, made, made.follower, inbound.actor)
    if was_waiting:
        await tell_of_refused_follow(site, inbound, made.follower_id)
    return None


async def _receive_other_answer(site: Site, inbound: Inbound, *, accepted: bool) -> Verdict | None:
    """An answer to what is no Follow of a person: of the server to a relay, of a quote, or to a `Join` in an event."""
    state = RelayState.ACCEPTED if accepted else RelayState.REFUSED
    if await from_relays.receive_answer(site, inbound, state) is None:
        return None
    verdict = await quoted.receive_quote_answer(site, inbound, accepted=accepted)
    if verdict is Verdict.PASS:
        verdict = await receive_answer(site, inbound, accepted=accepted)
    if verdict is Verdict.PASS and not accepted:
        verdict = await receive_rejection(site, inbound)
    return verdict


async def _follow_of_ours(inbound: Inbound) -> Follow | None:
    """The Follow that is answered, by its id, or by the two it joins (Pleroma sends another id back); only when the
    signer is its target (S-042).
    """
    follows = Follow.filter(target_id=inbound.actor.id, follower__host="").select_related("follower")
    uri = inbound.activity.object_id or ""
    made = await follows.filter(uri=uri).first()
    if made is None and inbound.federation.config.is_ours(uri):
        return None  # an earlier one of ours, taken back meanwhile: its answer is not for the next
    inner = inbound.activity.inner
    if made is None and inner is not None and _is_of_following(inner, inbound.actor):
        made = await follows.filter(follower__uri=inner.actor).first()
    return made


def _is_of_following(inner: ActivityDocument, target: Actor) -> bool:
    """Smithereen's groups refuse a `Join`, whatever was sent; one in an event is none."""
    return inner.type == "Follow" or (inner.type == "Join" and inner.object_id == target.uri)


async def receive_announce(site: Site, inbound: Inbound) -> None:
    """A boost. Only of what is public, read from its own host when we do not have it (S-043, S-044).

    From a relay it is none: it makes a post known here.
    """
    if is_past():
        return  # old boosts are not boosted anew
    if await relay_of(site, inbound.actor) is not None:
        await relayed.receive_announce(site, inbound)
        return
    uri = inbound.activity.object_id
    if not uri:
        raise Refused("missing-field", "object")
    post = await Post.get_or_none(uri=uri)
    if post is None:
        if not await Follow.exists(target_id=inbound.actor.id, follower__host=""):
            return
        post = await _fetch_boosted(site, inbound, uri)
    if post is None or not post.is_shown or post.kind == "boost":
        return
    if post.visibility not in (Visibility.PUBLIC, Visibility.UNLISTED):
        return
    known = await Post.get_or_none(boost_of_id=post.id, author_id=inbound.actor.id)
    if known is not None:
        if inbound.activity.id:
            await Post.filter(id=known.id).update(uri=inbound.activity.id)  # what an Undo will name
        return
    boosted = await Post.create(
        id=site.ids.at(min(inbound.activity.published or site.clock.now(), site.clock.now())),
        uri=inbound.activity.id or f"{uri}#boost-{inbound.actor.id}",
        url=post.url,
        kind="boost",
        author=inbound.actor,
        boost_of=post,
        created_at=inbound.activity.published or site.clock.now(),
    )
    await count_post(boosted, +1)
    await notify(site, post.author_id, "reblog", inbound.actor.id, post=post)


async def _fetch_boosted(site: Site, inbound: Inbound, uri: str) -> Post | None:
    if site.federation.config.is_ours(uri):
        return None
    document = inbound.document_at(uri)
    obj = read_object(document, allow_http=site.settings.is_development)
    author = await inbound.actor_at(obj.attributed_to)
    if visibility_of(obj, author) not in OPEN:
        return None
    return await receive_post(site, replace(inbound, actor=author, announcer=inbound.actor), document)


async def receive_undo_announce(site: Site, inbound: Inbound) -> None:
    """A boost is taken back."""
    inner = inbound.activity.inner
    assert inner is not None
    boosted = await Post.get_or_none(uri=inner.id or "", author_id=inbound.actor.id, kind="boost")
    if boosted is None:
        boosted = await Post.get_or_none(author_id=inbound.actor.id, boost_of__uri=inner.object_id or "")
    outdated = boosted is not None and await is_about_another(inbound, boosted.uri)
    await mark_overtaken(inbound, inner.id)
    if boosted is not None and not outdated:
        await end_boost(boosted)


async def receive_undo_unknown(site: Site, inbound: Inbound) -> Verdict | None:
    """Something is undone by an id whose activity we no longer hold: a follow, a boost or a reaction still bears it."""
    uri = inbound.activity.object_id or ""
    made = await Follow.get_or_none(uri=uri, follower_id=inbound.actor.id).select_related("target")
    if made is not None:
        await following.end(site, made, inbound.actor, made.target)
        return None
    boosted = await Post.get_or_none(uri=uri, author_id=inbound.actor.id, kind="boost")
    if boosted is None:
        if await voted.receive_undo_unknown(site, inbound) is None:
            return None
        await mark_overtaken(inbound, uri)
        return Verdict.PASS
    await end_boost(boosted)
    return None
