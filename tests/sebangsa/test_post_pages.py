"""Posts in a browser without scripts: editing, answering, and what their pages cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteClient

from sebangsa import boosting, following, posting
from sebangsa.models import Mention, Post, User, Visibility
from sebangsa.posting import Draft
from tests.form_browser import FormBrowser
from tests.instances import Instance


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def _post(warga: Instance, author: User, source: str, **draft: Any) -> Post:
    async with warga.inside() as site:
        return await posting.create_post(site, author.actor, Draft(source=source, **draft))


async def test_a_mistake_in_an_edit_keeps_what_was_typed_and_changes_nothing(warga: Instance) -> None:
    ani = await warga.user("ani")
    browser = await FormBrowser.of(warga, ani)
    post = await _post(warga, ani, "asli", summary="awas")
    path = f"/p/{post.id}/edit"
    _, text = await browser.get(path)
    assert "asli" in text
    assert "awas" in text
    status, text = await browser.post(path, source="x" * 10_001, summary="tetap di sini")
    assert (status, "x" * 10_001 in text, "tetap di sini" in text) == (422, True, True)
    status, text = await browser.post(path, source="  ")
    assert (status, "Write something first." in text) == (422, True)
    async with warga.inside():
        assert (await Post.get(id=post.id)).source == "asli"
    assert await browser.post(path, source="baru") == (303, f"/p/{post.id}")


async def test_an_answer_on_a_direct_posts_page_goes_to_those_who_have_it_and_to_nobody_it_names(
    warga: Instance,
) -> None:
    ani, budi, citra = await warga.user("ani"), await warga.user("budi"), await warga.user("citra")
    post = await _post(warga, ani, "@budi rahasia", visibility=Visibility.DIRECT)
    browser = await FormBrowser.of(warga, budi)
    status, _ = await browser.post(f"/p/{post.id}/reply", f"/p/{post.id}", source="jangan bilang @citra")
    assert status == 303
    async with warga.inside():
        answer = await Post.get(in_reply_to_id=post.id)
        assert answer.visibility == Visibility.DIRECT
        assert await Mention.filter(post_id=answer.id).values_list("actor_id", flat=True) == [ani.actor_id]
    path = f"/p/{answer.id}"
    assert (await (await FormBrowser.of(warga, citra)).get(path))[0] == 404
    assert (await (await FormBrowser.of(warga, ani)).get(path))[0] == 200


@contextmanager
def _counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are run meanwhile."""
    run: list[str] = []
    original = SqliteClient.execute_query

    async def spy(self: Any, query: str, values: Any = None) -> Any:
        run.append(query)
        return await original(self, query, values)

    monkeypatch.setattr(SqliteClient, "execute_query", spy)
    yield run
    monkeypatch.undo()


async def test_home_a_persons_page_and_a_thread_cost_as_many_queries_however_much_stands_there(
    warga: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    browser = await FormBrowser.of(warga, ani)
    async with warga.inside() as site:
        await following.follow(site, ani.actor, budi.actor)
    opening = await _post(warga, budi, "pembuka")

    async def write(count: int) -> None:
        for number in range(count):
            own = await _post(warga, ani, f"@budi ya {number} #satu{number}", in_reply_to=opening)
            await _post(warga, budi, f"@ani kabar {number} #dua{number}")
            await _post(warga, budi, f"jawab {number}", in_reply_to=own)
            async with warga.inside() as site:
                await boosting.boost(site, budi.actor, own)

    async def spent() -> dict[str, int]:
        found = {}
        for path in ("/", "/u/budi", "/public", f"/p/{opening.id}", "/notifications"):
            with _counted(monkeypatch) as run:
                assert (await browser.get(path))[0] == 200
            found[path] = len(run)
        return found

    await write(2)
    few = await spent()
    await write(5)
    assert await spent() == few
    assert max(few.values()) <= 20, few
