"""Polls as apps ask, show and answer them."""

from __future__ import annotations

import pytest

from tests.api.calling import Caller

POLL = {"options": ["Sabtu", "Minggu"], "expires_in": 3600}


async def test_an_app_asks_and_votes(ani: Caller, budi: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="Kapan?", poll=POLL | {"multiple": True})
    asked = posted["poll"]
    assert set(asked) == {
        "id", "expires_at", "expired", "multiple", "votes_count", "voters_count", "options", "emojis", "voted", "own_votes",
    }  # fmt: skip
    assert (asked["voted"], asked["own_votes"], asked["multiple"], asked["expired"]) == (
        True,
        [],
        True,
        False,
    )
    path = f"/api/v1/polls/{asked['id']}"
    assert (await budi.get(path))["voted"] is False
    voted = await budi.post(f"{path}/votes", choices=[0, 1])
    assert [option["votes_count"] for option in voted["options"]] == [1, 1]
    assert (voted["voted"], voted["own_votes"], voted["votes_count"], voted["voters_count"]) == (
        True,
        [0, 1],
        2,
        1,
    )
    shown = await budi.get(f"/api/v1/statuses/{posted['id']}")
    assert shown["poll"] == voted
    assert (await budi.get("/api/v1/timelines/public"))[0]["poll"] == voted
    anybody = await ani.instance.http.get(f"{ani.instance.url}{path}")
    assert not {"voted", "own_votes"} & (await anybody.json()).keys()


async def test_a_poll_comes_as_a_form_too_and_hides_its_totals(ani: Caller, budi: Caller) -> None:
    sent = [
        ("status", "Mana?"),
        ("poll[options][]", "a"),
        ("poll[options][]", "b"),
        ("poll[expires_in]", "300"),
    ]
    answer = await ani("POST", "/api/v1/statuses", data=[*sent, ("poll[hide_totals]", "true")])
    assert answer.status == 200
    poll = answer.body["poll"]
    voted = await budi("POST", f"/api/v1/polls/{poll['id']}/votes", data=[("choices[]", "1")])
    assert voted.body["options"] == [{"title": "a", "votes_count": None}, {"title": "b", "votes_count": None}]


@pytest.mark.parametrize("choices", [[], ["2"], ["-1"], ["x"], ["0", "1"], ["9999999999"]])
async def test_s054_a_vote_that_is_none_is_refused(ani: Caller, budi: Caller, choices: list[str]) -> None:
    posted = await ani.post("/api/v1/statuses", status="Kapan?", poll=POLL)
    path = f"/api/v1/polls/{posted['poll']['id']}"
    assert (await budi("POST", f"{path}/votes", json={"choices": choices})).status == 422
    assert (await budi.get(path))["votes_count"] == 0


async def test_s054_nobody_votes_twice_or_for_themselves(ani: Caller, budi: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="Kapan?", poll=POLL)
    path = f"/api/v1/polls/{posted['poll']['id']}/votes"
    assert (await ani("POST", path, json={"choices": ["0"]})).status == 422
    assert (await budi("POST", path, json={"choices": ["0"]})).status == 200
    again = await budi("POST", path, json={"choices": ["1"]})
    assert (again.status, again.body["code"]) == (422, "already-voted")


@pytest.mark.parametrize(
    "poll",
    [
        {"options": ["a"], "expires_in": 300},
        {"options": ["a", "a"], "expires_in": 300},
        {"options": [str(number) for number in range(9)], "expires_in": 300},
        {"options": ["a", "b" * 101], "expires_in": 300},
        {"options": ["a", "b"]},
        {"options": ["a", "b"], "expires_in": 299},
        {"options": ["a", "b"], "expires_in": 10**9},
    ],
)
async def test_a_poll_that_is_none_is_refused(ani: Caller, poll: dict[str, object]) -> None:
    assert (await ani("POST", "/api/v1/statuses", json={"status": "Kapan?", "poll": poll})).status == 422
    assert await ani.get("/api/v1/timelines/home") == []


async def test_a_poll_of_a_private_post_is_not_found_by_others(ani: Caller, budi: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="Kapan?", poll=POLL, visibility="private")
    path = f"/api/v1/polls/{posted['poll']['id']}"
    assert (await budi("GET", path)).status == 404
    assert (await budi("POST", f"{path}/votes", json={"choices": ["0"]})).status == 404


async def test_an_edit_keeps_the_poll(ani: Caller, budi: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="Kapan?", poll=POLL)
    await budi.post(f"/api/v1/polls/{posted['poll']['id']}/votes", choices=[1])
    path = f"/api/v1/statuses/{posted['id']}"
    edited = await ani("PUT", path, json={"status": "Kapan ya?", "poll": POLL})
    assert edited.body["poll"]["votes_count"] == 1
    other = await ani("PUT", path, json={"status": "Kapan?", "poll": POLL | {"options": ["x", "y"]}})
    assert (other.status, other.body["code"]) == (422, "poll-fixed")


async def test_the_instance_says_what_a_poll_may_be(ani: Caller) -> None:
    limits = (await ani.get("/api/v2/instance"))["configuration"]["polls"]
    assert limits == {
        "max_options": 8, "max_characters_per_option": 100, "min_expiration": 300, "max_expiration": 2678400,
    }  # fmt: skip
