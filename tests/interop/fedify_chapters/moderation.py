"""Ani moderates, and Fedify reads how; then Dewi is appointed and moderates from her own server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from communities import membership, moderating
from communities.models import Membership, Role
from moderation import reporting
from moderation.models import Case
from sebangsa.models import Post, User
from tests.instances import settle
from tests.interop.meeting import Meeting
from tests.interop.our_side import acting

UNTIL = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)


async def ani_moderates(meeting: Meeting) -> None:
    made = await meeting.dewi(
        "post", community=meeting.community, kind="Page", title="Jual motor", content="<p>Murah</p>"
    )
    thread, ani = await meeting.seen(made["object"]), f"{meeting.warga.url}/u/ani"

    for is_pinned, kind in ((True, "Add"), (False, "Remove")):
        await meeting.does(moderating.pin_post, meeting.ani, thread, is_pinned=is_pinned)
        listed = (await meeting.peer.last("Announce", kind))["object"]
        assert (listed["actor"], listed["objectId"]) == (ani, thread.uri)
        assert listed["target"] == meeting.tebet.featured_url
    await meeting.does(moderating.lock_post, meeting.ani, thread, "cukup")
    locked = (await meeting.peer.received("Announce"))[-1]["document"]["object"]
    # Fedify has no class for it, takes it all the same, and here only its JSON can be asked.
    assert (locked["type"], locked["object"], locked["summary"]) == ("Lock", thread.uri, "cukup")
    await meeting.does(moderating.lock_post, meeting.ani, thread, is_locked=False)
    assert (await meeting.peer.last("Announce", "Undo"))["object"]["actor"] == ani

    await meeting.does(moderating.remove_post, meeting.ani, thread, "iklan")
    for removal in (
        await meeting.peer.last("Delete"),
        (await meeting.peer.last("Announce", "Delete"))["object"],
    ):
        assert (removal["actor"], removal["objectId"], removal["summary"]) == (ani, thread.uri, "iklan")
    boost = await meeting.peer.last("Undo", "Announce")
    assert (boost["actor"], boost["object"]["objectId"]) == (meeting.tebet.uri, thread.uri)
    await meeting.does(moderating.restore_post, meeting.ani, thread)
    restored = (await meeting.peer.last("Announce", "Undo", "Delete"))["object"]
    assert (restored["actor"], restored["object"]["objectId"]) == (ani, thread.uri)

    await _budi_reports(meeting, thread)
    await _ani_bans_dewi_for_a_while(meeting, thread)


async def _budi_reports(meeting: Meeting, thread: Post) -> None:
    dewi = await meeting.known(meeting.peer.dewi)
    async with meeting.warga.inside() as site:
        post = await Post.get(id=thread.id)
        await reporting.report(site, await acting(meeting.budi), dewi, [post], "iklan", forward=True)
    await settle(meeting.warga)
    flag = await meeting.peer.last("Flag")
    assert flag["actor"] == f"{meeting.warga.url}/actor"  # who reported is not told to whom it concerns
    assert (flag["objectIds"], flag["content"]) == ([meeting.peer.dewi, thread.uri], "iklan")


async def _ani_bans_dewi_for_a_while(meeting: Meeting, thread: Post) -> None:
    dewi = await meeting.known(meeting.peer.dewi)
    await meeting.does(membership.ban, meeting.ani, meeting.tebet, dewi, reason="gaduh", until=UNTIL)
    for block in (
        await meeting.peer.last("Block"),
        (await meeting.peer.last("Announce", "Block"))["object"],
    ):
        assert (block["objectId"], block["target"]) == (meeting.peer.dewi, meeting.tebet.uri)
        assert (block["summary"], datetime.fromisoformat(block["endTime"])) == ("gaduh", UNTIL)
    assert (await meeting.peer.last("Reject", "Follow"))["actor"] == meeting.tebet.uri
    await meeting.dewi_may_not(
        "comment", parent=thread.uri, community=meeting.community, content="<p>Tapi</p>"
    )
    await meeting.does(membership.unban, meeting.ani, meeting.tebet, dewi)
    undone = await meeting.peer.last("Undo", "Block")
    assert (undone["object"]["objectId"], undone["object"]["target"]) == (dewi.uri, meeting.tebet.uri)
    await meeting.dewi("follow", target=meeting.community)


async def dewi_moderates(meeting: Meeting) -> None:
    """As moderator of a community that is not on her server; what she does is announced as she sent it."""
    advert = await meeting.post(meeting.budi, name="Jual sepeda", source="Murah")
    joko = await meeting.warga.user("joko")
    await meeting.does(membership.join, joko, meeting.tebet)
    dewi = await meeting.known(meeting.peer.dewi)
    await meeting.does(membership.appoint, meeting.ani, meeting.tebet, dewi)
    added = await meeting.peer.last("Add")
    assert (added["objectId"], added["target"]) == (dewi.uri, meeting.tebet.moderators_url)

    async def acts(act: str, **wanted: Any) -> dict[str, str]:
        done = await meeting.dewi(act, community=meeting.community, **wanted)
        await meeting.is_announced_once(done["id"])
        return done

    featured = meeting.tebet.featured_url
    for kind, is_pinned in (("Add", True), ("Remove", False)):
        await acts("list", kind=kind, object=advert.uri, list=featured)
        assert (await meeting.seen(advert.uri)).is_pinned is is_pinned
    for is_undone in (False, True):
        await acts("lock", object=advert.uri, isUndone=is_undone)
        assert (await meeting.seen(advert.uri)).is_locked is not is_undone
    removed = await acts("takeDown", object=advert.uri, reason="iklan")
    assert (await meeting.seen(advert.uri)).removed_at is not None
    undone = await meeting.dewi("undo", activity=removed["id"], target=meeting.community)
    await meeting.is_announced_once(undone["id"])
    assert (await meeting.seen(advert.uri)).removed_at is None

    banned = await acts("ban", person=f"{meeting.warga.url}/u/joko", reason="spam", days=3)
    held = await _held(meeting, joko)
    assert (held.ban_reason, held.banned_until is not None) == ("spam", True)
    assert held.banned_until is not None
    assert timedelta(days=2) < held.banned_until - datetime.now(UTC) < timedelta(days=4)
    undone = await meeting.dewi("undo", activity=banned["id"], target=meeting.community)
    await meeting.is_announced_once(undone["id"])
    assert (await _held(meeting, joko)).banned_at is None
    await acts("list", kind="Add", object=f"{meeting.warga.url}/u/joko", list=meeting.tebet.moderators_url)
    assert (await _held(meeting, joko)).role == Role.MODERATOR

    reported = await meeting.dewi(
        "flag", object=advert.uri, community=meeting.community, reason="melanggar aturan 1"
    )
    async with meeting.warga.inside():
        case = await Case.get(uri=reported["id"]).select_related("reporter")
        assert (case.reporter.uri, case.comment) == (dewi.uri, "melanggar aturan 1")
        assert case.post_ids == [advert.id]
    await meeting.does(membership.dismiss, meeting.ani, meeting.tebet, dewi)
    dropped = await meeting.peer.last("Remove")
    assert (dropped["objectId"], dropped["target"]) == (dewi.uri, meeting.tebet.moderators_url)
    await meeting.dewi_may_not("lock", object=advert.uri, community=meeting.community)


async def _held(meeting: Meeting, who: User) -> Membership:
    async with meeting.warga.inside():
        return await Membership.get(actor_id=who.actor_id, community_id=meeting.tebet.id)
