"""States, hashtags, areas, references and documents, without a database."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic_bridge import areas, categories
from civic_bridge.hashtags import TwoStates, read_status_words
from civic_bridge.models import Body, Report
from civic_bridge.routing import best_match
from civic_bridge.states import CLOSED, STATES, Side, may_follow, next_states, state_named
from civic_bridge.village_map import HEIGHT, WIDTH, map_points
from civic_bridge.wire import (
    EVENT,
    BrokenChain,
    Step,
    public_point,
    read_history,
    read_step,
    step_hash,
    step_terms,
)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
STEP = Step("https://warga.example/p/1", "received", "acknowledged", 1, "", NOW, text="Kami cek.")


def test_every_state_leads_only_to_known_ones_and_can_be_reached() -> None:
    reached = {name for state in STATES.values() for name in state.following}
    assert reached <= STATES.keys()
    assert STATES.keys() - reached == {"received"}
    assert {state.meaning for state in STATES.values()} <= {"good", "wait", "warn", "bad"}
    assert {name for name, state in STATES.items() if state.open311 == "closed"} == CLOSED


def test_only_the_citizen_confirms_and_only_the_office_resolves() -> None:
    assert may_follow("in-progress", "resolved-claimed", Side.BODY)
    assert not may_follow("in-progress", "resolved-claimed", Side.CITIZEN)
    assert may_follow("resolved-claimed", "resolved-confirmed", Side.CITIZEN)
    assert not may_follow("resolved-claimed", "resolved-confirmed", Side.BODY)
    assert [state.name for state in next_states("resolved-claimed", Side.CITIZEN)] == [
        "resolved-confirmed",
        "reopened",
    ]


def test_s126_unknown_states_lead_nowhere_and_show_as_the_first() -> None:
    assert not may_follow("received", "<script>", Side.BODY)
    assert not may_follow("<script>", "received", Side.BODY)
    assert state_named("<script>").name == "received"
    assert categories.category_of("DELETED").code == "LAIN"
    assert areas.area_name("<b>31</b>") == ""


@pytest.mark.parametrize(
    ("text", "state", "rest"),
    [
        ("#diterima", "acknowledged", ""),
        ("@ani@warga.example #DITERIMA, terima kasih", "acknowledged", "terima kasih"),
        ("Tim turun Rabu #dijadwalkan #JakartaSelatan", "scheduled", "Tim turun Rabu"),
        ("Not a city road #alihkan @jalan@pu.example", "transferred", "Not a city road"),
        (
            "Sudah pernah dilaporkan #duplikat https://warga.example/p/7",
            "duplicate",
            "Sudah pernah dilaporkan",
        ),
        ("Done, see the photo. #resolved", "resolved-claimed", "Done, see the photo."),
    ],
)
def test_a_hashtag_at_either_end_is_a_status(text: str, state: str, rest: str) -> None:
    found = read_status_words(text)
    assert found is not None
    assert (found.to_status, found.text) == (state, rest)


@pytest.mark.parametrize("text", ["", "belum #selesai juga pak", "selesai", "#Tebet banjir", "@ani halo"])
def test_other_text_is_no_status(text: str) -> None:
    assert read_status_words(text) is None


def test_two_states_are_refused_and_one_twice_is_one() -> None:
    with pytest.raises(TwoStates):
        read_status_words("#selesai #ditolak")
    found = read_status_words("#selesai beres #selesai")
    assert found is not None
    assert found.to_status == "resolved-claimed"


@given(st.text(max_size=400))
def test_any_text_can_be_read_for_a_status(text: str) -> None:
    with suppress(TwoStates):
        read_status_words(text)
    areas.area_in_address(text)
    categories.sounds_urgent(text)


def test_the_villages_of_jakarta_selatan_have_names_parents_and_places() -> None:
    known = areas.all_areas()
    assert len(areas.villages("31.74")) == 65
    assert len(areas.children("31.74")) == 10
    assert len([area for area in known.values() if area.level == 3]) == 44
    for area in known.values():
        assert area.parent == "" or area.parent in known
        if area.lat is not None and area.lon is not None:
            assert -6.37 < area.lat < -6.19
            assert 106.73 < area.lon < 106.88
            assert areas.nearest_area(area.lat, area.lon) == area


def test_a_code_knows_those_above_it() -> None:
    assert areas.with_ancestors("31.74.01.1001") == ["31.74.01.1001", "31.74.01", "31.74", "31"]
    assert areas.area_name("31.74.01.1001") == "Tebet Timur, Jakarta Selatan"
    found = areas.area_in_address("Jl. Sahardjo, Manggarai Selatan, Tebet, Jakarta Selatan")
    assert found is not None
    assert found.code == "31.74.01.1006"


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_any_point_is_taken_or_refused(lat: float, lon: float) -> None:
    try:
        areas.check_point(lat, lon)
    except areas.NotInIndonesia:
        return
    areas.nearest_area(lat, lon)


def test_the_drawing_holds_every_village() -> None:
    for point in map_points():
        assert 0 < point.x < WIDTH
        assert 0 < point.y < HEIGHT


def body(number: int, codes: list[str], services: list[str], tier: str = "C", *, active: bool = True) -> Body:
    return Body(id=number, areas=codes, services=services, tier=tier, is_active=active)


def test_the_longest_area_wins_then_the_nearest_service_and_a_mere_claim_never() -> None:
    province = body(1, ["31"], ["JALAN-LUBANG"])
    city = body(2, ["31.74"], ["JALAN"])
    both = body(3, ["31.74"], ["JALAN-LUBANG"])
    claimed = body(4, ["31.74.01.1001"], ["*"], "D")
    closed = body(5, ["31.74.01.1001"], ["*"], active=False)
    everybody = [province, city, both, claimed, closed]
    assert best_match(everybody, "31.74.01.1001", "JALAN-LUBANG") is both
    assert best_match(everybody, "31.74.01.1001", "JALAN-RUSAK") is city
    assert best_match(everybody, "31.75.01", "JALAN-LUBANG") is province
    assert best_match(everybody, "31.740", "LAMPU-MATI") is None


def test_a_step_survives_the_wire_and_its_hash_names_every_part() -> None:
    read = read_step({EVENT: step_terms(STEP)}, NOW)
    assert read == STEP
    actor = "https://dinas.example/u/binamarga"
    hashes = {step_hash(STEP, actor), step_hash(STEP, f"{actor}2")}
    for change in (
        {"to_status": "rejected"}, {"text": "Kami tolak."}, {"prev": "sha-256:1"}, {"seq": 2}, {"reason": "x"},
        {"from_status": "reopened"}, {"report": "https://warga.example/p/2"}, {"at": datetime(2026, 11, 25, tzinfo=UTC)},
    ):  # fmt: skip
        hashes.add(step_hash(replace(STEP, **change), actor))  # type: ignore[arg-type]
    assert len(hashes) == 10


def test_a_history_with_a_changed_left_out_or_moved_step_is_found_out() -> None:
    actor = "https://dinas.example/u/binamarga"
    second = replace(
        STEP, from_status="acknowledged", to_status="scheduled", seq=2, prev=step_hash(STEP, actor)
    )
    items = [step_terms(step) | {"actor": actor} for step in (STEP, second)]
    assert [item.step.to_status for item in read_history({"orderedItems": items}, STEP.report)] == [
        "acknowledged", "scheduled",
    ]  # fmt: skip
    changed = [items[0] | {"civic:text": "Kami tolak."}, items[1]]
    for broken in (changed, items[1:], items[::-1], [items[0], {}], [items[0], "x"]):
        with pytest.raises(BrokenChain):
            read_history({"orderedItems": broken}, STEP.report)
    with pytest.raises(BrokenChain):
        read_history({"orderedItems": items}, "https://warga.example/p/2")
    assert read_history({"orderedItems": "nothing"}, STEP.report) == []


@pytest.mark.parametrize(
    "value", [None, [], "x", 7, {}, {"civic:to": "scheduled"}, {"civic:seq": -1}, {"civic:at": "now"}]
)
def test_s126_a_step_that_cannot_be_read_is_none(value: object) -> None:
    assert read_step({EVENT: value}, NOW) is None


def test_s123_a_place_is_shown_as_exactly_as_its_precision_allows() -> None:
    report = Report(lat=-6.226312, lon=106.857904, area_code="31.74.01.1001", precision="exact")
    assert public_point(report) == (-6.226312, 106.857904)
    report.precision = "street"
    assert public_point(report) == (-6.226, 106.858)
    report.precision = "kelurahan"
    assert public_point(report) == (-6.229, 106.8555)
    report.area_code = ""
    assert public_point(report) is None


def test_danger_is_noticed_and_a_lamp_is_not() -> None:
    assert categories.sounds_urgent("Ada KEBAKARAN di belakang pasar")
    assert categories.sounds_urgent("A child is drowning")
    assert not categories.sounds_urgent("Lampu jalan mati, gelap sekali")
