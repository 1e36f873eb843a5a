"""Accounts move, and their followers with them; one of them ends."""

from __future__ import annotations

from federation.models import Follow, FollowState
from sebangsa import deleting, following, moving
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, User
from tests.instances import settle
from tests.interop.meeting import Meeting


async def dewi_moves_and_budi_follows(meeting: Meeting) -> None:
    dewi = await meeting.known(meeting.peer.dewi)
    await meeting.does(following.follow, meeting.budi, dewi)
    asked = await meeting.peer.last("Follow")
    assert (asked["actor"], asked["objectId"]) == (f"{meeting.warga.url}/u/budi", dewi.uri)
    await meeting.dewi("accept", activity=asked["id"], target=meeting.handle("budi"))
    assert await _followed_by(meeting, meeting.budi) == {dewi.uri: "accepted"}

    tell = {"to": "citra", "followers": [meeting.handle("budi")]}
    await meeting.dewi_may_not("moveAway", **tell)  # Citra does not say that she is the same
    await meeting.dewi("nameAlias", by="citra", alias=dewi.uri)
    await meeting.dewi("moveAway", **tell)
    assert (await meeting.known(dewi.uri)).moved_to == meeting.peer.citra
    asked = await meeting.peer.last("Follow")
    assert asked["objectId"] == meeting.peer.citra
    await meeting.dewi("accept", activity=asked["id"], target=meeting.handle("budi"), by="citra")
    assert await _followed_by(meeting, meeting.budi) == {meeting.peer.citra: "accepted"}
    assert (await meeting.peer.last("Undo", "Follow"))["object"]["objectId"] == dewi.uri
    async with meeting.warga.inside():
        assert await Notification.filter(recipient_id=meeting.budi.actor_id, type="moved").count() == 1


async def rini_moves_to_their_server(meeting: Meeting) -> None:
    """Somebody of ours leaves for an account there; who follows her there learns it."""
    rini = await meeting.warga.user("rini")
    uri = f"{meeting.warga.url}/u/rini"
    await meeting.dewi("follow", target=meeting.handle("rini"))
    await meeting.dewi("nameAlias", by="citra", alias=uri)
    await meeting.does(moving.move_away, rini, f"@citra@{meeting.peer.host}")
    move = await meeting.peer.last("Move", "Person")
    assert (move["actor"], move["objectId"], move["target"]) == (uri, uri, meeting.peer.citra)
    assert (await meeting.peer.last("Update", "Person"))["object"]["successor"] == meeting.peer.citra
    citra = await meeting.peer.ask("lookup", target=meeting.peer.citra)
    assert citra["aliases"] == [meeting.peer.dewi, uri]


async def sari_ends_her_account(meeting: Meeting) -> None:
    """One of ours; Dewi followed her."""
    sari = await meeting.warga.user("sari")
    uri = f"{meeting.warga.url}/u/sari"
    await meeting.dewi("follow", target=meeting.handle("sari"))
    async with meeting.warga.inside() as site:
        await deleting.delete_account(site, sari)
    await settle(meeting.warga)
    delete = await meeting.peer.last("Delete")
    assert (delete["actor"], delete["objectId"]) == (uri, uri)
    accepts = {"accept": "application/activity+json"}
    async with meeting.warga.http.get(
        uri, headers=accepts
    ) as answer:  # Fedify keeps what it read for a while
        assert (answer.status, (await answer.json(content_type=None))["type"]) == (410, "Tombstone")


async def citra_ends_her_account(meeting: Meeting) -> None:
    await meeting.dewi("endAccount", by="citra", followers=[meeting.handle("budi")])
    assert (await meeting.known(meeting.peer.citra)).deleted_at is not None
    assert await _followed_by(meeting, meeting.budi) == {}
    async with meeting.warga.inside() as site:
        assert await find_actor(site, f"@citra@{meeting.peer.host}") is None


async def _followed_by(meeting: Meeting, who: User) -> dict[str, str]:
    async with meeting.warga.inside():
        follows = await Follow.filter(follower_id=who.actor_id).exclude(target_id=meeting.tebet.id)
        for made in follows:
            await made.fetch_related("target")
        return {made.target.uri: FollowState(made.state).value for made in follows}
