"""An office on plain Mastodon: its replies with hashtags move the report. Mastodon's HTML and activities, both databases."""

from __future__ import annotations

from typing import Any

import pytest

from civic_bridge import bodies
from civic_bridge.models import Body, Report, StatusEvent
from federation.models import OutboundActivity
from sebangsa.models import Attachment, Post, Visibility
from sebangsa.posting import Draft, create_post, edit_post
from tests.civic.city import City, found_city, photo
from tests.instances import Instance


@pytest.fixture
async def city(neighbours: tuple[Instance, Instance]) -> City:
    """The office's account on kota is a plain one, linked by warga's administrator."""
    made = await found_city(*neighbours)
    async with made.warga.inside():
        await Body.filter(id=made.linked.id).update(reached_by="mastodon")
    return made


async def reply(city: City, report: Report, source: str, **values: Any) -> Post:
    """The office's account answers, with nothing but text (and pictures)."""
    async with city.kota.inside() as site:
        opening = await Post.get(uri=report.post.uri)
        made = await create_post(site, city.office.actor, Draft(source=source, in_reply_to=opening, **values))
    await city.settle()
    return made


async def filed(city: City) -> Report:
    report = await city.file()
    return await city.at_warga(report)


async def test_a_hashtag_at_the_end_of_a_reply_moves_the_report_and_is_liked(city: City) -> None:
    report = await filed(city)
    made = await reply(city, report, "Tim turun hari Rabu. #dijadwalkan")
    home = await city.at_warga(report)
    assert home.status == "scheduled"
    async with city.warga.inside():
        event = await StatusEvent.get()
        assert event.text == "Tim turun hari Rabu."
        assert await OutboundActivity.filter(type="Like", actor_id=city.community.id).count() == 1
    async with city.kota.inside():
        assert (await Post.get(id=made.id)).likes_count == 1
    assert (await city.at_kota(report)).status == "scheduled"


async def test_done_needs_a_photo_and_the_office_is_told_so(city: City) -> None:
    report = await filed(city)
    await reply(city, report, "Beres! #selesai")
    assert (await city.at_warga(report)).status == "received"
    async with city.kota.inside():
        told = await Post.get(visibility=Visibility.DIRECT).select_related("author")
        assert "foto" in told.content
        assert told.author.uri == city.community.uri
    shown = (await photo(city.kota, city.office.actor)).attachment
    await reply(city, report, "#selesai Beres, ini fotonya.", attachments=[shown])
    assert (await city.at_warga(report)).status == "resolved-claimed"
    async with city.warga.inside():
        event = await StatusEvent.get(state="applied")
        assert await Attachment.filter(post_id=event.post_id).count() == 1


async def test_a_hashtag_added_by_an_edit_counts(city: City) -> None:
    report = await filed(city)
    made = await reply(city, report, "Kami cek.")
    assert (await city.at_warga(report)).status == "received"
    async with city.kota.inside() as site:
        await edit_post(site, city.office.actor, await Post.get(id=made.id), source="Kami cek. #diterima")
    await city.settle()
    assert (await city.at_warga(report)).status == "acknowledged"


async def test_two_states_in_one_reply_change_nothing(city: City) -> None:
    report = await filed(city)
    await reply(city, report, "#diterima #ditolak")
    assert (await city.at_warga(report)).status == "received"
    async with city.kota.inside():
        assert await Post.exists(visibility=Visibility.DIRECT)


async def test_s118_the_same_hashtag_of_anybody_else_is_only_a_hashtag(city: City) -> None:
    report = await filed(city)
    stranger = await city.kota.user("stranger")
    async with city.kota.inside() as site:
        opening = await Post.get(uri=report.post.uri)
        await create_post(
            site, stranger.actor, Draft(source="#ditolak bukan urusan kami", in_reply_to=opening)
        )
    async with city.warga.inside() as site:
        await create_post(
            site, city.ani.actor, Draft(source="#diterima", in_reply_to=await Post.get(id=report.post_id))
        )
    await city.settle()
    assert (await city.at_warga(report)).status == "received"
    async with city.warga.inside():
        assert not await StatusEvent.exists()


async def test_a_message_to_the_reporter_alone_is_no_public_status(city: City) -> None:
    report = await filed(city)
    handle = f"@ani@{city.warga.site.settings.domain}"
    await reply(city, report, f"{handle} #diterima", visibility=Visibility.DIRECT)
    assert (await city.at_warga(report)).status == "received"
    async with city.warga.inside():
        assert await Post.exists(visibility=Visibility.DIRECT)


async def test_an_officer_linked_by_an_administrator_speaks_from_their_own_account(city: City) -> None:
    report = await filed(city)
    plain = await city.kota.user("petugas")
    from sebangsa.lookup import find_actor

    async with city.warga.inside() as site:
        found = await find_actor(site, f"@petugas@{city.kota.site.settings.domain}")
        assert found is not None
        await bodies.add_officer(site, await Body.get(id=city.linked.id), found)
    async with city.kota.inside() as site:
        opening = await Post.get(uri=report.post.uri)
        await create_post(site, plain.actor, Draft(source="#dikerjakan", in_reply_to=opening))
    await city.settle()
    assert (await city.at_warga(report)).status == "in-progress"
