"""Reporting from an app."""

from __future__ import annotations

import asyncio

import pytest

from moderation.models import Case
from sebangsa.models import Notification, Role
from tests.api.calling import Caller
from tests.instances import Instance, settle


async def test_an_app_reports_a_post_of_another_server_and_a_copy_goes_there(
    neighbours: tuple[Instance, Instance],
) -> None:
    warga, kota = neighbours
    mod = await warga.user("mod", role=Role.MODERATOR)
    await kota.user("boss", role=Role.ADMIN)
    ani, budi = (
        await Caller.of(warga, await warga.user("ani")),
        await Caller.of(kota, await kota.user("budi")),
    )
    posted = await budi.post("/api/v1/statuses", status="kasar")
    found = await ani.get("/api/v2/search", q=posted["uri"], resolve="true")
    [seen] = found["statuses"]
    sent = {
        "account_id": seen["account"]["id"],
        "status_ids": [seen["id"]],
        "comment": "Menghina",
        "forward": True,
        "category": "violation",
    }
    made = await ani.post("/api/v1/reports", **sent)
    assert made["target_account"]["acct"] == seen["account"]["acct"]
    assert (made["status_ids"], made["forwarded"], made["action_taken"]) == ([seen["id"]], True, False)
    await settle(warga, kota)
    async with warga.inside():
        assert await Notification.exists(recipient_id=mod.actor_id, type="admin.report")
    async with kota.inside():
        case = await Case.get().select_related("accused")
        assert (case.accused_id, case.comment) == (budi.user.actor_id, "Menghina")
        assert case.post_ids == [int(posted["id"])]


async def test_a_report_that_cannot_be_is_refused(neighbours: tuple[Instance, Instance]) -> None:
    warga, _ = neighbours
    ani, budi = (
        await Caller.of(warga, await warga.user("ani")),
        await Caller.of(warga, await warga.user("budi")),
    )
    hidden = await budi.post("/api/v1/statuses", status="untuk pengikut", visibility="private")
    own = await ani.post("/api/v1/statuses", status="punya sendiri")
    for status, sent in (
        (422, {}),
        (422, {"account_id": ani.id}),
        (422, {"account_id": budi.id, "category": "lain"}),
        (422, {"account_id": budi.id, "comment": "x" * 3001}),
        (404, {"account_id": "1"}),
        (404, {"account_id": budi.id, "status_ids": [hidden["id"]]}),
        (404, {"account_id": budi.id, "status_ids": [own["id"]]}),
        (404, {"account_id": budi.id, "status_ids": ["1"]}),
    ):
        assert (await ani("POST", "/api/v1/reports", json=sent)).status == status, sent
    reader = await Caller.of(warga, budi.user, scopes="read")
    assert (await reader("POST", "/api/v1/reports", json={"account_id": ani.id})).status == 403
    async with warga.inside():
        assert not await Case.exists()


async def test_mastodon_py_reports_somebody(loopback: Instance) -> None:
    mastodon = pytest.importorskip("mastodon", reason="Mastodon.py is not installed; it is in the dev extra")
    ani, budi = await Caller.of(loopback, await loopback.user("ani")), await loopback.user("budi")
    api = await asyncio.to_thread(mastodon.Mastodon, access_token=ani.token, api_base_url=loopback.url)
    made = await asyncio.to_thread(api.report, budi.actor_id, comment="Menghina")
    assert made.target_account.acct == "budi"
    assert made.comment == "Menghina"
