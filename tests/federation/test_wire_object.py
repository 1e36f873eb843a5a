"""Objects: posts, polls, events, messages and civic documents, each with its servers' ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.refusals import Refused
from federation.vocabulary import AS_PUBLIC
from federation.wire import ObjectDocument, read_object
from tests.documents.captured import own

OWN = {path: document for path, document, _ in own()}
ANI = "https://good.example/u/ani"


def note(**changes: Any) -> dict[str, Any]:
    document = {
        "id": "https://good.example/p/1",
        "type": "Note",
        "attributedTo": ANI,
        "content": "<p>halo</p>",
        "to": [AS_PUBLIC],
        "cc": [ANI + "/followers"],
        "published": "2026-11-01T00:00:00Z",
    }
    return document | changes


def own_object(path: str) -> ObjectDocument:
    document = OWN[path + ".json"]
    while isinstance(document.get("object"), dict):
        document = document["object"]
    return read_object(document)


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(Refused) as caught:
        read_object(document)
    return caught.value.code


def test_a_mastodon_note_is_read_whole() -> None:
    read = own_object("mastodon/create_note_to_group")
    assert (read.kind, read.language, read.is_public, read.is_direct) == ("note", "id", True, False)
    assert [mention.href for mention in read.mentions] == ["https://s.example/c/rt05"]
    assert read.hashtags == ("gotongroyong",)
    (picture,) = read.attachments
    assert (picture.kind, picture.alt, picture.width, picture.focal) == (
        "image",
        "Selokan penuh daun",
        1200,
        (0.1, -0.4),
    )
    assert read.conversation.startswith("tag:masto.example")
    assert read.replies == "https://masto.example/users/sari/statuses/1/replies"


def test_a_lemmy_page_is_read_whole() -> None:
    read = own_object("lemmy/announce_create_page")
    assert (read.kind, read.name, read.link_url) == ("page", "Cabai kerdil", "https://tani.example/artikel")
    assert read.audience == "https://lemmy.example/c/kebun"
    assert [flair.name for flair in read.flairs] == ["tanya"]
    assert read.source == "Daunnya menguning."
    assert read.attachments == ()


def test_a_lemmy_link_to_a_picture_is_a_picture() -> None:
    read = read_object(
        note(type="Page", attachment=[{"type": "Link", "href": "https://good.example/a.PNG?x=1"}])
    )
    assert [picture.media_type for picture in read.attachments] == ["image/png"]
    assert read.link_url == ""


def test_polls_are_read_with_counts_and_ends() -> None:
    poll = own_object("mastodon/create_question").poll
    assert poll is not None
    assert [(option.name, option.votes) for option in poll.options] == [("Sabtu", 3), ("Minggu", 5)]
    assert (poll.multiple, poll.voters_count, poll.closed) == (False, 8, None)
    ended = own_object("pleroma/question_with_both_choices").poll
    assert ended is not None
    assert ended.multiple
    assert ended.closed == ended.end_time == datetime(2026, 11, 6, tzinfo=UTC)


def test_a_vote_in_a_poll_is_told_from_a_comment() -> None:
    assert own_object("mastodon/create_poll_vote").is_poll_vote
    assert not own_object("mastodon/create_reply").is_poll_vote
    assert not read_object(note(name="judul", inReplyTo="https://s.example/p/1")).is_poll_vote


def test_an_event_of_a_mobilizon_group_is_its_writers() -> None:
    read = own_object("mobilizon/create_event_of_group")
    assert (read.attributed_to, read.group) == (
        "https://mobilizon.example/@budi",
        "https://mobilizon.example/@warga",
    )
    assert read.event is not None
    assert read.event.start == datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert (read.event.join_mode, read.event.capacity, read.event.status) == ("restricted", None, "CONFIRMED")
    assert read.place is not None
    assert (read.place.name, read.place.latitude) == ("Balai warga", -6.2263)
    assert read.place.address == "Jl. Tebet Timur, Jakarta Selatan, Indonesia"


def test_a_peertube_video_has_its_person_its_channel_and_a_file_for_phones() -> None:
    read = own_object("peertube/video")
    assert read.attributed_to == "https://tube.example/accounts/eko"
    assert read.group == "https://tube.example/video-channels/lingkungan"
    assert read.url == "https://tube.example/w/1"
    assert [(film.kind, film.url) for film in read.attachments] == [
        ("video", "https://tube.example/1-720.mp4")
    ]
    assert read.image_url == "https://tube.example/p.jpg"


def test_a_friendica_page_about_another_site_is_a_link_post() -> None:
    read = own_object("friendica/link_page")
    assert (read.url, read.link_url) == ("", "https://berita.example/banjir")


@pytest.mark.parametrize("path", ["misskey/quote_with_link_tag", "mastodon/quote_post"])
def test_a_quote_is_found_in_each_of_its_forms(path: str) -> None:
    assert own_object(path).quote == "https://s.example/p/9"


def test_a_pixelfed_place_with_numbers_as_text_is_a_place() -> None:
    place = own_object("pixelfed/create_note_with_place").place
    assert place is not None
    assert (place.latitude, place.longitude) == (-8.02, 110.33)


def test_a_civic_report_is_read_typed() -> None:
    read = own_object("sebangsa/civic_report")
    report = read.civic_report
    assert report is not None
    assert (report.reference, report.service_code, report.area_code) == (
        "SBG-3174-26-000123",
        "JALAN-LUBANG",
        "31.74.01.1001",
    )
    assert (report.visibility, report.status, report.jurisdiction) == (
        "public",
        "received",
        "https://dinas.example/u/binamarga",
    )
    assert report.attributes == (("lebar", ("besar",)),)
    assert read.attachments[0].extra == {"civic:phase": "before"}
    assert read.place is not None
    assert read.place.radius == 12.0
    assert "civic:report" in read.extra


def test_a_civic_answer_is_read_typed() -> None:
    event = own_object("sebangsa/civic_status_event").civic_status_event
    assert event is not None
    assert (event.report, event.from_status, event.to_status, event.seq) == (
        "https://warga.example/p/92", "acknowledged", "scheduled", 3,
    )  # fmt: skip
    assert event.assignee == "https://dinas.example/u/budi"


@pytest.mark.parametrize(
    "broken", [None, "x", [], {}, {"civic:serviceCode": 5}, {"serviceCode": "A", "civic:serviceCode": "B"}]
)
def test_a_civic_report_that_cannot_be_read_leaves_an_ordinary_post(broken: Any) -> None:
    assert read_object(note(**{"civic:report": broken})).civic_report is None


def test_an_unknown_civic_visibility_hides_rather_than_shows() -> None:
    report = read_object(note(**{"civic:report": {"serviceCode": "A", "visibility": "secret"}})).civic_report
    assert report is not None
    assert report.visibility == "private"


@pytest.mark.parametrize(
    ("changes", "direct"),
    [
        ({"to": ["https://s.example/u/budi"], "cc": []}, True),
        ({"to": ["https://s.example/u/budi"], "cc": [], "directMessage": True}, True),
        ({"to": ["https://s.example/u/budi"], "cc": [], "directMessage": False}, False),
        ({"to": [ANI + "/followers"], "cc": ["https://s.example/u/budi"]}, False),
        ({"to": ["https://friendica.example/followers/agus"], "cc": []}, False),
        ({"to": ["https://s.example/c/x"], "cc": [], "audience": "https://s.example/c/x"}, False),
        ({"to": ["https://s.example/u/budi"], "cc": ["as:Public"], "directMessage": True}, False),
        ({"type": "ChatMessage", "to": ["https://s.example/u/budi"], "cc": []}, True),
    ],
)
def test_messages_to_people_are_told_from_posts(changes: dict[str, Any], direct: bool) -> None:
    assert read_object(note(**changes)).is_direct is direct


def test_public_in_cc_is_unlisted_and_blind_addressees_never_count() -> None:
    read = read_object(
        note(to=[ANI + "/followers"], cc=["as:Public"], bto=["https://x.example/u"], bcc=["Public"])
    )
    assert (read.is_public, read.is_unlisted) == (False, True)
    assert "https://x.example/u" not in (*read.to, *read.cc)
    assert not read_object(note(to=[], cc=[], bto="as:Public")).is_public


@pytest.mark.parametrize(
    "authors", [[ANI, "https://good.example/u/budi"], [{"type": "Person", "id": ANI}] * 2]
)
def test_s040_two_authors_have_no_one_reading(authors: list[Any]) -> None:
    assert refusal(note(attributedTo=authors)) == "bad-field"


def test_s038_an_author_on_another_host_is_refused() -> None:
    assert refusal(note(attributedTo="https://evil.example/u/ani")) == "foreign-id"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"attributedTo": None}, "missing-field"),
        ({"id": None}, "bad-id"),
        ({"id": "https://good.example/\u202e"}, "bad-id"),
        ({"type": "Person"}, "not-an-object"),
        ({"type": ["Note", "Group"]}, "not-an-object"),
        ({"type": None}, "not-an-object"),
        ({"as:content": "zwei"}, "duplicate-key"),
    ],
)
def test_an_object_that_cannot_be_used_is_refused_with_the_reason(changes: dict[str, Any], code: str) -> None:
    assert refusal(note(**changes)) == code


@pytest.mark.parametrize(
    "written",
    [
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "tomorrow",
        "",
        None,
        5,
        {},
        "2026-13-01",
        "20261",
    ],
)
def test_s061_a_time_out_of_bounds_is_no_time(written: Any) -> None:
    assert read_object(note(published=written)).published is None


def test_s061_times_are_utc_whatever_their_zone() -> None:
    assert read_object(note(published="2026-11-01T07:00:00+07:00")).published == datetime(
        2026, 11, 1, tzinfo=UTC
    )
    assert read_object(note(published="2026-11-01T00:00:00")).published == datetime(2026, 11, 1, tzinfo=UTC)


def test_s068_a_page_on_another_host_is_never_shown_as_the_posts_own() -> None:
    assert read_object(note(url="https://evil.example/phish")).url == ""
    assert read_object(note(url="https://good.example@evil.example/")).url == ""
    assert read_object(note(url="javascript:alert(1)")).url == ""


def test_s066_an_emoji_name_that_is_no_word_is_left_out() -> None:
    tag = {"type": "Emoji", "name": ':x" onerror="alert(1):', "icon": {"url": "https://good.example/x.png"}}
    assert read_object(note(tag=[tag])).emojis == ()


def test_s095_endless_lists_and_texts_are_cut() -> None:
    mention = {"type": "Mention", "href": "https://x.example/u", "name": "@x"}
    read = read_object(
        note(
            tag=[mention] * 10_000,
            content="x" * 900_000,
            name="y" * 100_000,
            attachment=[{"type": "Image", "url": "https://good.example/a.png", "name": "z" * 1_000_000}]
            * 500,
            to=[f"https://x.example/{n}" for n in range(5000)],
        )
    )
    assert (len(read.mentions), len(read.content), len(read.name)) == (100, 500_000, 2_048)
    assert (len(read.attachments), len(read.attachments[0].alt), len(read.to)) == (32, 10_000, 1_000)


def test_text_by_language_alone_is_text() -> None:
    document = note(contentMap={"id": "<p>halo</p>"}, nameMap={"id": "Judul"})
    del document["content"]
    read = read_object(document)
    assert (read.content, read.name, read.language) == ("<p>halo</p>", "Judul", "id")


def test_prefixed_and_full_spellings_are_the_same_keys() -> None:
    read = read_object(
        {
            "@id": "https://good.example/p/1",
            "@type": "https://www.w3.org/ns/activitystreams#Note",
            "as:attributedTo": {"@id": ANI},
            "https://www.w3.org/ns/activitystreams#content": [{"@value": "halo", "@language": "id"}],
            "as:to": ["as:Public"],
            "toot:sensitive": True,
        }
    )
    assert (read.kind, read.attributed_to, read.content, read.is_public, read.sensitive) == (
        "note",
        ANI,
        "halo",
        True,
        True,
    )


def test_a_tombstone_needs_nothing_but_its_id() -> None:
    read = read_object(
        {"id": "https://good.example/p/1", "type": "Tombstone", "deleted": "2026-11-01T00:00:00Z"}
    )
    assert (read.kind, read.attributed_to, read.deleted) == (
        "tombstone",
        "",
        datetime(2026, 11, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(91, 10), (10, 181), ("north", 10), (None, 10), (True, 10)]
)
def test_a_place_off_the_globe_has_no_point(latitude: Any, longitude: Any) -> None:
    place = read_object(
        note(location={"type": "Place", "name": "x", "latitude": latitude, "longitude": longitude})
    ).place
    assert place is not None
    assert (place.latitude, place.longitude, place.radius) == (None, None, None)
