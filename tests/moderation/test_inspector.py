"""The inspector: what a document of another server becomes here, and what stands in its way. Nothing is stored."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from communities.describing import Description
from communities.founding import create_community
from communities.membership import ban
from communities.models import Posting
from federation.actors import resolve_actor
from federation.models import Actor
from moderation.domains import block_domain
from sebangsa import following
from sebangsa.inspecting import inspect_document
from sebangsa.limits import BUCKETS
from sebangsa.models import Role, User
from sebangsa.posting import Draft, create_post
from tests.foreign_server import PUBLIC, ForeignServer, foreign_server
from tests.form_browser import FormBrowser
from tests.instances import Instance
from tests.row_counts import row_counts

PAGE = "/moderation/inspect"


@pytest.fixture
def features() -> tuple[str, ...]:
    return ("communities", "moderation")


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


@pytest.fixture
async def far() -> AsyncIterator[ForeignServer]:
    async with foreign_server("jauh") as server:
        yield server


@pytest.fixture
async def admin(warga: Instance) -> User:
    return await warga.user("lurah", role=Role.ADMIN)


def note(author: Any, **more: Any) -> dict[str, Any]:
    return {
        "@context": "https://www.w3.org/ns/activitystreams", "id": f"{author.uri}/notes/1", "type": "Note",
        "attributedTo": author.uri, "content": "<p>Halo</p>", "to": [PUBLIC], "sparkle": "x", **more,
    }  # fmt: skip


def created(author: Any, **more: Any) -> dict[str, Any]:
    return {"id": f"{author.uri}/creates/1", "type": "Create", "actor": author.uri, "to": [PUBLIC],
            "object": note(author, **more)}  # fmt: skip


async def codes(warga: Instance, document: dict[str, Any]) -> list[str]:
    """The obstacles; and nothing was written meanwhile."""
    before = await row_counts(warga, log=True)
    async with warga.inside() as site:
        found = await inspect_document(site, document)
    assert not found.outcome.refused
    assert await row_counts(warga, log=True) == before
    return [obstacle.code for obstacle in found.obstacles]


async def test_an_address_and_a_pasted_document_are_read_field_by_field(
    warga: Instance, far: ForeignServer, admin: User
) -> None:
    author = far.actor("budi")
    document = note(author)
    far.documents["/users/budi/notes/1"] = document
    browser = await FormBrowser.of(warga, admin)
    assert PAGE in (await browser.get("/moderation"))[1]
    before = await row_counts(warga, log=True)
    for pasted in (f"{author.uri}/notes/1", json.dumps(document)):
        status, text = await browser.post(PAGE, pasted=pasted)
        assert status == 200
        assert "Understood" in text
        assert '<b lang="en">post</b>' in text
        assert "<code>content</code>" in text
        assert '<code>sparkle</code>: <span lang="en">not known here</span>' in text
        assert "unknown-author" in text
    assert await row_counts(warga, log=True) == before


async def test_what_is_refused_is_named_by_its_code_and_sentence(warga: Instance, admin: User) -> None:
    browser = await FormBrowser.of(warga, admin)
    for pasted, code in (
        ("{<b>", "not-json"),
        ('{"a":1,"a":2}', "duplicate-key"),
        ("https://10.0.0.1/n/1", "private-address"),
    ):
        status, text = await browser.post(PAGE, pasted=pasted)
        assert (status, f"<code>{code}</code>" in text) == (200, True), code
        assert "<b>" not in text.partition("<textarea")[2].partition("</textarea>")[0]
    assert (await browser.post(PAGE, pasted=" "))[0] == 422
    assert (await browser.post(PAGE, pasted="{" * 200_001))[0] == 422


async def test_only_administrators_inspect(warga: Instance) -> None:
    assert (await FormBrowser(warga).get(PAGE))[0] in (302, 303)
    for name, role in (("ani", Role.MEMBER), ("budi", Role.MODERATOR)):
        browser = await FormBrowser.of(warga, await warga.user(name, role=role))
        assert (await browser.get(PAGE))[0] == 403
        assert (await browser.post(PAGE, "/settings", pasted="{}"))[0] == 403


async def test_inspecting_has_a_limit(warga: Instance, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warga.site.limiter, "is_on", True)
    async with warga.inside() as site:
        for _ in range(BUCKETS["inspect"].amount):
            await site.limiter.hit("inspect", admin.id)
    browser = await FormBrowser.of(warga, admin)
    assert (await browser.post(PAGE, pasted="{}"))[0] == 429


async def test_the_author_and_whom_it_concerns_are_judged(
    warga: Instance, far: ForeignServer, admin: User
) -> None:
    author = far.actor("budi")
    assert await codes(warga, created(author)) == ["unknown-author", "concerns-nobody"]
    assert await codes(warga, note(author)) == ["unknown-author", "concerns-nobody"]
    async with warga.inside() as site:
        known = await resolve_actor(site.federation, author.uri)
    assert await codes(warga, created(author)) == ["concerns-nobody"]
    assert await codes(warga, created(author, cc=[admin.actor.uri])) == []
    async with warga.inside() as site:
        made = await following.follow(site, admin.actor, known)
        await made.change(state=following.FollowState.ACCEPTED)
    assert await codes(warga, created(author)) == []
    async with warga.inside() as site:
        await Actor.filter(id=known.id).update(suspended_at=site.clock.now())
    assert await codes(warga, created(author)) == ["suspended-actor"]
    async with warga.inside() as site:
        await Actor.filter(id=known.id).update(suspended_at=None)
        await block_domain(site, admin, far.host.partition(":")[0], "iklan")
    assert (await codes(warga, created(author)))[0] == "blocked-domain"


async def test_a_ban_and_a_closed_community_are_named(
    warga: Instance, far: ForeignServer, admin: User
) -> None:
    author = far.actor("budi")
    async with warga.inside() as site:
        known = await resolve_actor(site.federation, author.uri)
        group = await create_community(
            site, "tebet", admin.actor, Description(title="Tebet", posting=Posting.MEMBERS)
        )
    to_group = created(author, cc=[group.uri], audience=group.uri)
    assert await codes(warga, to_group) == ["members-only"]
    follow = {"id": f"{author.uri}/f/1", "type": "Follow", "actor": author.uri, "object": group.uri}
    assert await codes(warga, follow) == []
    async with warga.inside() as site:
        await ban(site, admin.actor, group, known, reason="iklan")
    assert await codes(warga, to_group) == ["banned"]
    assert await codes(warga, follow) == ["banned"]
    async with warga.inside() as site:
        post = await create_post(site, admin.actor, Draft(source="Got", name="Banjir", community=group))
    like = {"id": f"{author.uri}/l/1", "type": "Like", "actor": author.uri, "object": post.uri}
    assert await codes(warga, like) == ["banned"]


async def test_who_posts_as_a_neighbour_is_named_and_an_announcement_is_looked_into(
    warga: Instance, far: ForeignServer
) -> None:
    author, neighbour = far.actor("budi"), far.actor("citra")
    assert "not-the-author" in await codes(warga, created(author, attributedTo=neighbour.uri))
    group = far.actor("rt", type_="Group")
    announced = {"id": f"{group.uri}/a/1", "type": "Announce", "actor": group.uri, "object": created(author)}
    assert await codes(warga, announced) == ["unknown-author", "unknown-author", "concerns-nobody"]


async def test_a_vote_for_what_is_not_here_is_named(warga: Instance, far: ForeignServer) -> None:
    author = far.actor("budi")
    like = {"id": f"{author.uri}/l/1", "type": "Like", "actor": author.uri, "object": "https://x.example/1"}
    assert await codes(warga, like) == ["unknown-author", "not-found"]
