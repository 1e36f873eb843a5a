"""Every entity that we emit has the fields and types that clients decode, and costs a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteClient

from tests.api.calling import Caller, call, form_with, picture
from tests.instances import Instance

pytest.importorskip("mastodon", reason="Mastodon.py is the oracle for entities; install the dev extra")

from federation.models import Actor
from sebangsa.models import Role
from sebangsa.posting import Draft, create_post
from tests.api.oracle import mistakes


async def test_accounts_statuses_and_what_hangs_on_them_have_every_field(ani: Caller, budi: Caller) -> None:
    upload = (await ani("POST", "/api/v2/media", data=form_with(picture(), focus="0,0"))).body
    assert mistakes("MediaAttachment", upload) == []
    posted = await ani.post(
        "/api/v1/statuses", status="@budi #halo https://example.org/", media_ids=[upload["id"]], language="id"
    )
    reply = await budi.post("/api/v1/statuses", status="@ani ya", in_reply_to_id=posted["id"])
    boost = await budi.post(f"/api/v1/statuses/{posted['id']}/reblog")
    await budi.post(f"/api/v1/statuses/{posted['id']}/favourite")
    relationship = await budi.post(f"/api/v1/accounts/{ani.id}/follow")
    answers: list[tuple[str, Any]] = [
        ("Status", posted),
        ("Status", reply),
        ("Status", boost),
        ("Relationship", relationship),
        ("Account", await ani.get("/api/v1/accounts/verify_credentials")),
        ("CredentialAccountSource", (await ani.get("/api/v1/accounts/verify_credentials"))["source"]),
        ("Account", await ani.get(f"/api/v1/accounts/{budi.id}")),
        ("Context", await ani.get(f"/api/v1/statuses/{posted['id']}/context")),
        ("StatusSource", await ani.get(f"/api/v1/statuses/{posted['id']}/source")),
        ("SearchV2", await ani.get("/api/v2/search", q="halo")),
        ("GroupedNotificationsResults", await ani.get("/api/v2/notifications")),
        ("NotificationPolicy", await ani.get("/api/v2/notifications/policy")),
        ("UnreadNotificationsCount", await ani.get("/api/v1/notifications/unread_count")),
    ]
    answers += [("Notification", entry) for entry in await ani.get("/api/v1/notifications")]
    answers += [("StatusEdit", entry) for entry in await ani.get(f"/api/v1/statuses/{posted['id']}/history")]
    answers += [("Status", entry) for entry in await budi.get("/api/v1/timelines/home")]
    assert len(answers) > 17
    assert [problem for entity, value in answers for problem in mistakes(entity, value)] == []


async def test_the_servers_own_documents_have_every_field(warga: Instance, ani: Caller) -> None:
    await warga.user("wati", role=Role.ADMIN)
    documents = [
        ("Instance", "/api/v1/instance"),
        ("InstanceV2", "/api/v2/instance"),
        ("ExtendedDescription", "/api/v1/instance/extended_description"),
        ("OAuthServerInfo", "/.well-known/oauth-authorization-server"),
    ]
    for entity, path in documents:
        assert mistakes(entity, (await call(warga, "GET", path)).body) == [], path
    assert mistakes("OAuthUserInfo", await ani.get("/oauth/userinfo")) == []
    preferences = await ani.get("/api/v1/preferences")
    assert {
        "posting:default:visibility",
        "reading:expand:media",
        "posting:default:language",
    } <= preferences.keys()
    markers = await ani.post(
        "/api/v1/markers", home={"last_read_id": "5"}, notifications={"last_read_id": "7"}
    )
    assert mistakes("Marker", markers["home"]) == []
    again = await ani.post("/api/v1/markers", home={"last_read_id": "9"})
    assert again["home"] | {"updated_at": ""} == {"last_read_id": "9", "version": 2, "updated_at": ""}
    shown = await ani(
        "GET", "/api/v1/markers", params=[("timeline[]", "home"), ("timeline[]", "notifications")]
    )
    assert {name: marker["last_read_id"] for name, marker in shown.body.items()} == {
        "home": "9",
        "notifications": "7",
    }


async def test_the_version_promises_no_more_than_there_is(warga: Instance) -> None:
    instance = (await call(warga, "GET", "/api/v2/instance")).body
    assert instance["version"].startswith("4.6.0 (compatible; Sebangsa ")
    assert instance["api_versions"] == {"mastodon": 3, "sebangsa": 1}
    assert instance["configuration"]["urls"]["streaming"].startswith("ws://")


async def test_a_thread_of_a_community_shows_its_title_and_its_link(ani: Caller) -> None:
    async with ani.instance.inside() as site:
        from federation.local_actors import create_local_actor

        community = await create_local_actor(site.federation, "Group", "desa", name="Desa")
        draft = Draft(
            source="isi", name="Rapat <RT>", community=community, link_url="https://example.org/a?b=1&c=2"
        )
        post = await create_post(site, await Actor.get(id=ani.actor.id), draft)
    shown = await ani.get(f"/api/v1/statuses/{post.id}")
    assert shown["content"].startswith("<p><strong>Rapat &lt;RT&gt;</strong></p><p>isi</p>")
    assert "https://example.org/a?b=1&amp;c=2" in shown["content"]
    account = await ani.get(f"/api/v1/accounts/{community.id}")
    assert account["group"] is True
    assert [entry["id"] for entry in await ani.get(f"/api/v1/accounts/{community.id}/statuses")] == [
        str(post.id)
    ]


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are run meanwhile."""
    run: list[str] = []
    for name in ("execute_query", "execute_query_dict", "execute_insert"):
        original = getattr(SqliteClient, name)

        def spy(self: Any, query: str, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
            run.append(query)
            return _original(self, query, *args, **kwargs)

        monkeypatch.setattr(SqliteClient, name, spy)
    yield run
    monkeypatch.undo()


async def test_a_page_of_twenty_costs_as_many_queries_as_a_page_of_two(
    ani: Caller, budi: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ani.post(f"/api/v1/accounts/{budi.id}/follow")
    for number in range(10):
        upload = (await budi("POST", "/api/v2/media", data=form_with(picture()))).body
        posted = await budi.post(
            "/api/v1/statuses", status=f"@ani nomor {number} #tag{number}", media_ids=[upload["id"]]
        )
        own = await ani.post("/api/v1/statuses", status="@budi ya", in_reply_to_id=posted["id"])
        await budi.post(f"/api/v1/statuses/{own['id']}/reblog")
        await budi.post(f"/api/v1/statuses/{own['id']}/favourite")
    paths = {
        "/api/v1/timelines/home": 11,
        "/api/v1/timelines/public": 11,
        f"/api/v1/accounts/{budi.id}/statuses": 12,
        "/api/v1/notifications": 13,
    }
    for path, most in paths.items():
        spent = []
        for limit in (2, 20):
            with counted(monkeypatch) as run:
                shown = await ani.get(path, limit=str(limit))
            assert len(shown) == limit or path.endswith("public")
            spent.append(len(run))
        assert 3 < spent[0] <= spent[1] <= most, (path, spent, "\n".join(run))
        print(path, spent)
        assert spent[1] - spent[0] <= 4, (path, spent)  # a page without boosts spares their parts
