"""Communities in a browser without scripts, in our API, and on the command line."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from click.testing import CliRunner

from communities.describing import Description
from communities.founding import create_community
from communities.models import JoinMode, Membership
from federation.models import Actor, Follow, FollowState
from sebangsa.accounts import hash_token
from sebangsa.errors import Invalid
from sebangsa.models import AccessToken, Post, User
from sebangsa.posting import Draft, create_post
from sebangsa.voting import vote
from tests.instances import Instance

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """A signed-in person with a browser that runs no scripts."""

    def __init__(self, instance: Instance, cookies: dict[str, str]) -> None:
        self.instance = instance
        self.headers = {
            "accept": "text/html",
            "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }

    async def get(self, path: str) -> tuple[int, str]:
        async with self.instance.http.get(self.instance.url + path, headers=self.headers) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, form_on: str, **fields: str) -> tuple[int, str]:
        """Send a form that stands on the page `form_on`; status, and where it leads or what it says."""
        _, text = await self.get(form_on)
        found = CSRF.search(text)
        assert found is not None, form_on
        url = self.instance.url + path
        async with self.instance.http.post(
            url, data=fields | {"csrf": found[1]}, headers=self.headers, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("location", "") or await answer.text()


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def _browser(instance: Instance, user: User) -> Browser:
    return Browser(instance, await instance.signed_in(user))


async def _group(instance: Instance, owner: User, **about: Any) -> Actor:
    async with instance.inside() as site:
        return await create_community(site, "tebet", owner.actor, Description(**({"title": "Tebet"} | about)))


async def test_a_community_is_founded_joined_written_in_and_left_by_forms_alone(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    owner, member = await _browser(warga, ani), await _browser(warga, budi)
    founded = await owner.post(
        "/communities/new",
        "/communities/new",
        name="tebet",
        title="Tebet <b>",
        rules="Sopan\nLokal",
        is_listed="1",
    )
    assert founded == (303, "/c/tebet")
    assert await member.post("/c/tebet/join", "/c/tebet") == (303, "/c/tebet")
    status, where = await member.post(
        "/c/tebet/submit",
        "/c/tebet/submit",
        name="Banjir",
        source="di **gang** tiga",
        link="https://example.org/a",
    )
    assert status == 303
    assert where.startswith("/p/")
    for sort in ("hot", "new", "top"):
        status, text = await member.get(f"/c/tebet?sort={sort}")
        assert (status, "Banjir" in text) == (200, True)
        assert "Tebet &lt;b&gt;" in text
    assert "Tebet" in (await member.get("/communities"))[1]
    assert "Tebet" in (await member.get("/communities?q=teb"))[1]
    assert await member.post("/c/tebet/leave", "/c/tebet") == (303, "/c/tebet")
    async with warga.inside():
        assert not await Follow.exists(follower_id=budi.actor_id)
        assert (await Post.get()).link_url == "https://example.org/a"


async def test_what_was_typed_wrongly_is_shown_again_with_what_is_wrong(warga: Instance) -> None:
    ani = await warga.user("ani")
    browser = await _browser(warga, ani)
    status, text = await browser.post(
        "/communities/new", "/communities/new", name="ani", title="Kampung kita", join_mode="approval"
    )
    assert status == 422
    assert "Kampung kita" in text
    status, _ = await browser.post("/communities/new", "/communities/new", name="x" * 21)
    assert status == 422
    status, _ = await browser.post("/communities/new", "/communities/new", name="baik", posting="nobody")
    assert status == 422
    await _group(warga, ani)
    status, text = await browser.post("/c/tebet/submit", "/c/tebet/submit", source="tanpa judul")
    assert status == 422
    assert "tanpa judul" in text
    status, _ = await browser.post("/c/tebet/submit", "/c/tebet/submit", name="x", link="javascript:alert(1)")
    assert status == 422
    async with warga.inside():
        assert await Actor.filter(type="Group").count() == 1
        assert await Post.all().count() == 0


async def test_a_community_is_made_private_by_its_settings_once_that_is_confirmed(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    await _group(warga, ani)
    owner, stranger = await _browser(warga, ani), await _browser(warga, budi)
    await owner.post("/c/tebet/submit", "/c/tebet/submit", name="Kunci gudang", source="Di bawah pot")
    assert "Kunci gudang" in (await stranger.get("/c/tebet"))[1]
    settings = ("/c/tebet/settings", "/c/tebet/settings")
    status, text = await owner.post(*settings, title="Tebet", join_mode="private")
    assert status == 422
    assert 'id="w-close"' in text
    assert "Kunci gudang" in (await stranger.get("/c/tebet"))[1]
    assert (await owner.post(*settings, title="Tebet", join_mode="private", close="1"))[0] == 303
    status, text = await stranger.get("/c/tebet")
    assert (status, "Kunci gudang" in text, "Minta bergabung" in text) == (200, False, True)
    assert (await stranger.get("/c/tebet/log"))[0] == 404
    assert "Kunci gudang" not in (await stranger.get("/c/tebet/events"))[1]
    assert (await owner.post(*settings, title="Tebet", join_mode="open"))[0] == 422
    status, text = await owner.get("/c/tebet/settings")
    assert 'name="close"' not in text
    await stranger.post("/c/tebet/join", "/c/tebet")
    assert "Kunci gudang" not in (await stranger.get("/c/tebet"))[1]
    assert (await owner.post("/c/tebet/members/approve", "/c/tebet/members", who="budi"))[0] == 303
    assert "Kunci gudang" in (await stranger.get("/c/tebet"))[1]
    assert (await stranger.get("/c/tebet/log"))[0] == 200
    assert "tebet" not in (await stranger.get("/communities?q=teb"))[1].replace("q=teb", "")


async def test_requests_roles_bans_and_settings_are_done_by_forms_of_moderators_only(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    group = await _group(warga, ani, join_mode=JoinMode.APPROVAL, join_question="Gang berapa?")
    owner, member = await _browser(warga, ani), await _browser(warga, budi)
    await member.post("/c/tebet/join", "/c/tebet", answer="Gang tiga")
    async with warga.inside():
        assert (await Follow.get(follower_id=budi.actor_id)).state == FollowState.PENDING
    assert "Gang tiga" not in (await member.get("/c/tebet/members"))[1]
    assert "Gang tiga" in (await owner.get("/c/tebet/members"))[1]
    assert (await member.post("/c/tebet/members/approve", "/c/tebet", who="budi"))[0] == 403
    assert (await owner.post("/c/tebet/members/approve", "/c/tebet/members", who="budi"))[0] == 303
    assert (await member.get("/c/tebet/settings"))[0] == 404
    status, _ = await owner.post("/c/tebet/settings", "/c/tebet/settings", title="Tebet Baru", is_listed="1")
    assert status == 303
    assert (await owner.post("/c/tebet/members/appoint", "/c/tebet/members", who="@budi"))[0] == 303
    assert (await owner.post("/c/tebet/members/dismiss", "/c/tebet/members", who="budi"))[0] == 303
    banned = await owner.post(
        "/c/tebet/members/ban", "/c/tebet/members", who="budi", reason="iklan", days="7"
    )
    assert banned[0] == 303
    assert "iklan" in (await owner.get("/c/tebet/members"))[1]
    assert (await member.post("/c/tebet/join", "/c/tebet"))[0] == 403
    assert (await owner.post("/c/tebet/members/unban", "/c/tebet/members", who="budi"))[0] == 303
    assert (await owner.post("/c/tebet/members/ban", "/c/tebet/members", who="siapa"))[0] == 422
    assert (await owner.post("/c/tebet/members/nonsense", "/c/tebet/members", who="budi"))[0] == 404
    status, log = await member.get("/c/tebet/log")
    assert status == 200
    assert "iklan" in log
    async with warga.inside():
        assert (await Actor.get(id=group.id)).name == "Tebet Baru"
        assert (await Membership.get(actor_id=budi.actor_id)).banned_at is None


async def test_posts_are_moderated_by_forms_of_moderators_only(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    group = await _group(warga, ani)
    async with warga.inside() as site:
        post = await create_post(site, budi.actor, Draft(source="x", name="Iklan", community=group))
    owner, member = await _browser(warga, ani), await _browser(warga, budi)
    for act in ("remove", "lock", "pin"):
        assert (await member.post(f"/p/{post.id}/moderate/{act}", "/c/tebet"))[0] == 403
    for act, column in (("lock", "is_locked"), ("pin", "is_pinned")):
        done = await owner.post(f"/p/{post.id}/moderate/{act}?next=/c/tebet", "/c/tebet")
        assert done == (303, "/c/tebet")
        async with warga.inside():
            assert getattr(await Post.get(id=post.id), column)
        assert (await owner.post(f"/p/{post.id}/moderate/un{act}", "/c/tebet"))[0] == 303
    foreign = f"/p/{post.id}/moderate/remove?next=//jahat.example"
    assert await owner.post(foreign, "/c/tebet", reason="iklan") == (303, "/c/tebet/log")
    assert "Iklan" not in (await owner.get("/c/tebet"))[1]
    assert (await owner.post(f"/p/{post.id}/moderate/restore", "/c/tebet"))[0] == 303
    assert "Iklan" in (await owner.get("/c/tebet"))[1]
    assert (await owner.post("/p/1/moderate/remove", "/c/tebet"))[0] == 404


async def test_moderators_find_their_forms_below_a_post_and_nobody_else_does(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    group = await _group(warga, ani)
    async with warga.inside() as site:
        post = await create_post(site, budi.actor, Draft(source="x", name="Iklan", community=group))
        answer = await create_post(site, ani.actor, Draft(source="y", in_reply_to=post))
        outside = await create_post(site, budi.actor, Draft(source="z"))
    owner, member = await _browser(warga, ani), await _browser(warga, budi)
    text = (await owner.get(f"/p/{post.id}"))[1]
    for act in ("pin", "lock", "remove"):
        assert f'action="/p/{post.id}/moderate/{act}"' in text
    assert f"/p/{answer.id}/moderate/remove" in (await owner.get(f"/p/{answer.id}"))[1]
    assert f"/p/{answer.id}/moderate/pin" not in (await owner.get(f"/p/{answer.id}"))[1]
    assert "/moderate/" not in (await member.get(f"/p/{post.id}"))[1]
    assert "/moderate/" not in (await owner.get(f"/p/{outside.id}"))[1]
    assert (await owner.post(f"/p/{post.id}/moderate/pin", f"/p/{post.id}"))[0] == 303
    assert f"/p/{post.id}/moderate/unpin" in (await owner.get(f"/p/{post.id}"))[1]
    removed = await owner.post(f"/p/{post.id}/moderate/remove", f"/p/{post.id}", reason="iklan")
    assert removed == (303, "/c/tebet/log")
    restore = f"/p/{post.id}/moderate/restore?next=/c/tebet/log"
    assert restore in (await owner.get("/c/tebet/log"))[1]
    assert restore not in (await member.get("/c/tebet/log"))[1]
    assert await owner.post(restore, "/c/tebet/log") == (303, "/c/tebet/log")
    assert (await member.get(f"/p/{post.id}"))[0] == 200


async def test_a_new_thread_stands_above_older_ones_before_anybody_votes(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    group = await _group(warga, ani)
    async with warga.inside() as site:
        old = await create_post(site, ani.actor, Draft(source="x", name="Kabar lama", community=group))
        await vote(site, budi.actor, old, -1)
        await create_post(site, ani.actor, Draft(source="x", name="Kabar baru", community=group))
        liked = await create_post(site, ani.actor, Draft(source="x", name="Kabar bagus", community=group))
        for number in range(3):
            await vote(site, (await warga.user(f"warga{number}")).actor, liked, 1)
    _, hot = await (await _browser(warga, ani)).get("/c/tebet?sort=hot")
    assert hot.index("Kabar bagus") < hot.index("Kabar baru") < hot.index("Kabar lama")
    _, top = await (await _browser(warga, ani)).get("/c/tebet?sort=top")
    assert top.index("Kabar bagus") < top.index("Kabar baru") < top.index("Kabar lama")


async def test_bad_addresses_are_not_found_and_bad_queries_the_usual_order(warga: Instance) -> None:
    ani = await warga.user("ani")
    await _group(warga, ani)
    browser = await _browser(warga, ani)
    for path in ("/c/ani", "/c/tidakada", "/c/tebet@jahat.example", "/c/%00", "/c/tebet%40"):
        assert (await browser.get(path))[0] == 404, path
    for query in ("sort=x&t=y", "page=-1", "page=99999999999999999999", "max_id=abc&sort=new", "max_id=%00&sort=new",
                  "page=²", f"sort=new&max_id={2**64}"):  # fmt: skip
        assert (await browser.get(f"/c/tebet?{query}"))[0] == 200, query
    assert (await browser.get("/communities?q=%00%25_"))[0] == 200
    assert (await browser.get("/c/tebet/log?before=x"))[0] == 200


async def test_people_and_communities_share_one_name_space(warga: Instance) -> None:
    ani = await warga.user("ani")
    await _group(warga, ani)
    with pytest.raises(Invalid):
        await warga.user("tebet")
    async with warga.inside() as site:
        with pytest.raises(Invalid) as raised:
            await create_community(site, "ANI", ani.actor, Description())
        assert raised.value.code == "name-taken"


@pytest.mark.parametrize("mode", [JoinMode.OPEN, JoinMode.PRIVATE])
async def test_a_page_of_threads_takes_the_same_number_of_queries_however_many_there_are(
    warga: Instance, monkeypatch: pytest.MonkeyPatch, mode: JoinMode
) -> None:
    from tortoise.backends.sqlite.client import SqliteClient

    ani = await warga.user("ani")
    group = await _group(warga, ani, join_mode=mode)
    browser = await _browser(warga, ani)
    asked: list[str] = []
    original = SqliteClient.execute_query

    async def counting(self: Any, query: str, values: Any = None) -> Any:
        asked.append(query)
        return await original(self, query, values)

    async def queries() -> int:
        asked.clear()
        assert (await browser.get("/c/tebet"))[0] == 200
        return len(asked)

    async def write(count: int) -> None:
        async with warga.inside() as site:
            for number in range(count):
                await create_post(site, ani.actor, Draft(source="x", name=f"Kabar {number}", community=group))

    await write(2)
    monkeypatch.setattr(SqliteClient, "execute_query", counting)
    few = await queries()
    await write(10)
    assert await queries() == few


async def _token(instance: Instance, user: User, scopes: str) -> dict[str, str]:
    async with instance.inside() as site:
        await AccessToken.create(
            id=site.ids.next(),
            token_hash=hash_token(scopes),
            user=user,
            scopes=scopes,
            created_at=site.clock.now(),
        )
    return {"authorization": f"Bearer {scopes}"}


async def test_the_api_lists_shows_joins_and_leaves(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    await _group(warga, ani, rules="Sopan")
    base = f"{warga.url}/api/sebangsa/v1/communities"
    async with warga.http.get(base) as answer:
        [listed] = await answer.json()
        assert (listed["name"], listed["members_count"]) == ("tebet", 1)
    writing = await _token(warga, budi, "read write:follows")
    async with warga.http.post(f"{base}/tebet/join", headers=writing) as answer:
        assert answer.status == 200
        assert (await answer.json())["viewer"]["state"] == "accepted"
    async with warga.http.get(f"{base}/tebet", headers=writing) as answer:
        shown = await answer.json()
        assert shown["rules"] == ["Sopan"]
        assert [held["acct"] for held in shown["moderators"]] == ["ani"]
    async with warga.http.post(f"{base}/tebet/leave", headers=writing) as answer:
        assert (await answer.json())["viewer"]["state"] == "none"
    for headers, status in (({}, 401), (await _token(warga, budi, "read"), 403)):
        async with warga.http.post(f"{base}/tebet/join", headers=headers) as answer:
            assert answer.status == status
    async with warga.http.get(f"{base}/tidakada") as answer:
        assert answer.status == 404


def test_the_commands_say_what_they_need() -> None:
    from communities.commands import community

    result = CliRunner().invoke(community, ["create", "tebet"])
    assert result.exit_code == 2
    assert "--owner" in result.output
