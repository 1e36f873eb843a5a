"""What an app reads in its person's inbox, and hears while it listens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteClient

from chat.membership import chat_between
from federation.database import rows
from sebangsa.models import Notification, Post
from sebangsa.posting import Draft, create_post
from tests.c2s.client import PUBLIC, App
from tests.foreign_server import ForeignServer
from tests.instances import Instance, settle
from tests.web.listening import listening


async def test_the_inbox_holds_what_came_newest_first(ani: App, budi: App) -> None:
    await ani.do("Follow", budi.uri)
    mine = await ani.note("Punyaku")
    followed = await budi.note("Dari yang diikuti")
    like = await budi.do("Like", mine["id"])
    answer = await budi.note("Jawaban", inReplyTo=mine["id"])
    boost = await budi.do("Announce", mine["id"])
    collection = await ani.read("/u/ani/inbox")
    assert (collection["type"], collection["eventStream"]) == ("OrderedCollection", f"{ani.uri}/inbox/stream")
    items = await ani.items()
    kinds = [(item["type"], item["actor"]) for item in items]
    assert kinds == [("Announce", budi.uri), ("Create", budi.uri), ("Like", budi.uri), ("Create", budi.uri)]
    assert (items[0]["id"], items[0]["object"]["id"]) == (boost["id"], mine["id"])
    assert items[1]["object"]["inReplyTo"] == mine["id"]
    assert items[1]["object"]["id"] == answer["id"]
    assert (items[2]["id"], items[2]["object"]) == (like["id"], mine["id"])
    assert items[3]["id"] == f"{followed['id']}/activity"
    assert items[3]["object"]["content"] == "<p>Dari yang diikuti</p>"
    assert (await ani.read(items[3]["id"]))["object"]["id"] == followed["id"]


async def test_what_was_taken_back_is_gone_from_it(ani: App, budi: App) -> None:
    note = await ani.note("Halo")
    like = await budi.do("Like", note["id"])
    answer = await budi.note("Jawaban", inReplyTo=note["id"])
    assert len(await ani.items()) == 2
    await budi.do("Undo", like["id"])
    await budi.do("Delete", answer["id"])
    assert await ani.items() == []


async def test_s111_it_holds_nothing_that_its_person_may_not_read(ani: App, budi: App) -> None:
    await ani.do("Follow", budi.uri)
    await budi.do("Create", {"type": "Note", "content": "Untuk pengikut", "to": budi.followers})
    await budi.do("Create", {"type": "Note", "content": "Untuk ani", "to": ani.uri})
    assert [item["object"]["content"] for item in await ani.items()] == [
        "<p>Untuk ani</p>",
        "<p>Untuk pengikut</p>",
    ]
    await ani.do("Undo", {"type": "Follow", "object": budi.uri})
    assert [item["object"]["content"] for item in await ani.items()] == ["<p>Untuk ani</p>"]
    async with ani.instance.inside():
        await Post.filter(content="<p>Untuk ani</p>").update(removed_at=ani.instance.site.clock.now())
    assert await ani.items() == []


async def test_s115_a_strangers_message_waits_outside_until_it_is_let_in(ani: App, budi: App) -> None:
    await budi.do("Create", {"type": "Note", "content": "Kenalan?", "to": ani.uri})
    assert await ani.items() == []
    async with ani.instance.inside() as site:
        assert await chat_between(site, [ani.user.actor, budi.user.actor])
        assert not await Notification.exists(recipient_id=ani.user.actor_id)


async def test_pages_of_the_inbox_miss_nothing_and_repeat_nothing(
    ani: App, budi: App, warga: Instance
) -> None:
    await ani.do("Follow", budi.uri)
    async with warga.inside() as site:
        mine = await create_post(site, ani.user.actor, Draft(source="Punyaku"))
        for number in range(25):
            await create_post(site, budi.user.actor, Draft(source=f"Nomor {number}"))
            if number % 2:
                await create_post(site, budi.user.actor, Draft(source="Jawab", in_reply_to=mine))
    seen: list[str] = []
    query = "?page=first"
    while query:
        page = await ani.page("inbox", query)
        seen += [item["object"]["id"] for item in page["orderedItems"]]
        query = page.get("next", "").partition("/inbox")[2]
    assert len(seen) == len(set(seen)) == 25 + 12


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_queries_of_a_page_do_not_grow_with_it(
    ani: App, budi: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ani.do("Follow", budi.uri)
    mine = await ani.note("Punyaku")

    async def more(times: int) -> None:
        for _ in range(times):
            note = await budi.note("Halo @ani", inReplyTo=mine["id"], cc=[ani.uri])
            await budi.do("Like", mine["id"])
            await budi.do("Announce", note["id"])

    async def asked() -> int:
        run: list[str] = []
        original = SqliteClient.execute_query

        def spy(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
            run.append(query)
            return original(self, query, *args, **kwargs)

        with monkeypatch.context() as patched:
            patched.setattr(SqliteClient, "execute_query", spy)
            assert await ani.items()
        return len(run)

    await more(1)
    few = await asked()
    await more(5)
    assert few > 3
    assert await asked() == few


async def test_a_post_of_another_server_stands_there_as_it_is_known_here(
    ani: App, host: ForeignServer, warga: Instance
) -> None:
    eve = host.actor("eve")
    note = eve.note(
        "satu",
        "<p>Halo <script>x</script>ani</p>",
        to=[PUBLIC],
        cc=[ani.uri],
        tag=[{"type": "Mention", "href": ani.uri, "name": "@ani"}],
    )
    assert (await eve.send(warga, eve.activity("Create", note)))[0] == 202
    await settle(warga)
    (item,) = await ani.items()
    assert "id" not in item
    assert (item["actor"], item["object"]["id"]) == (eve.uri, note["id"])
    assert item["object"]["content"] == "<p>Halo ani</p>"
    assert "replies" not in item["object"]


def heard(event: Any) -> dict[str, Any]:
    return dict(json.loads(event.data))


async def test_an_app_hears_what_comes_into_the_inbox(ani: App, budi: App) -> None:
    await ani.do("Follow", budi.uri)
    mine = await ani.note("Punyaku")
    async with listening(ani.instance, f"/u/ani/inbox/stream?access_token={ani.token}") as ear:
        note = await budi.note("Halo")
        added = heard(await ear.next("message"))
        assert (added["type"], added["target"]) == ("Add", f"{ani.uri}/inbox")
        assert (added["object"]["type"], added["object"]["object"]["id"]) == ("Create", note["id"])
        like = await budi.do("Like", mine["id"])
        event = await ear.next("message")
        assert heard(event)["object"]["id"] == like["id"]
        await budi.do("Update", {"id": note["id"], "type": "Note", "content": "Halo lagi"})
        changed = heard(await ear.next("message"))
        assert (changed["type"], changed["object"]["content"]) == ("Update", "<p>Halo lagi</p>")
        await budi.do("Delete", note["id"])
        gone = heard(await ear.next("message"))
        assert (gone["type"], gone["object"]) == ("Delete", note["id"])
        await ani.do("Delete", (await ani.note("Sementara"))["id"])  # her own: it never came in
        answer = await budi.note("Jawaban", inReplyTo=mine["id"])
        assert heard(await ear.next("message"))["object"]["object"]["id"] == answer["id"]
        await budi.do("Create", {"type": "Note", "content": "Untukmu", "to": ani.uri})
        assert heard(await ear.next("message"))["object"]["object"]["content"] == "<p>Untukmu</p>"
    missed = {"Authorization": f"Bearer {ani.token}", "Last-Event-ID": event.id}
    async with listening(ani.instance, "/u/ani/inbox/stream", headers=missed) as ear:
        assert heard(await ear.next("message"))["object"]["object"]["id"] == answer["id"]


async def test_an_app_hears_what_another_one_does(ani: App, budi: App) -> None:
    async with listening(
        ani.instance, "/u/ani/outbox/stream", headers={"Authorization": f"Bearer {ani.token}"}
    ) as ear:
        await budi.note("Bukan ani")
        secret = await ani.do("Create", {"type": "Note", "content": "Rahasia", "to": budi.uri})
        event = await ear.next("message")
        added = heard(event)
        assert (added["type"], added["target"], added["object"]["id"]) == (
            "Add",
            f"{ani.uri}/outbox",
            secret["id"],
        )
        like = await ani.do("Like", (await budi.note("Halo"))["id"])
        assert heard(await ear.next("message"))["object"]["id"] == like["id"]
    missed = {"Authorization": f"Bearer {ani.token}", "Last-Event-ID": event.id}
    async with listening(ani.instance, "/u/ani/outbox/stream", headers=missed) as ear:
        assert heard(await ear.next("message"))["object"]["id"] == like["id"]


async def test_s084_a_stream_ends_with_its_token(ani: App) -> None:
    async with listening(
        ani.instance, "/u/ani/inbox/stream", headers={"Authorization": f"Bearer {ani.token}"}
    ) as ear:
        async with ani.instance.inside():
            client = (await rows("SELECT metadata_url FROM oauth_apps", []))[0]["metadata_url"]
        async with ani.instance.http.post(
            f"{ani.instance.url}/oauth/revoke", data={"client_id": client, "token": ani.token}
        ) as answer:
            assert answer.status == 200
        assert await ear.ended()
    assert (await ani.ask("/u/ani/inbox"))[0] == 401
