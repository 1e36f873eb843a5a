"""Documents are answered from bytes, and from new ones as soon as anything was written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from federation.database import Changes, changes, savepoint, transaction
from federation.endpoints import document_cache
from federation.models import Actor, Peer
from sebangsa import activitypub
from sebangsa.accounts import create_user
from sebangsa.models import Post, Visibility
from sebangsa.posting import Draft, create_post, delete_post, edit_post
from sebangsa.site import Site
from sebangsa.streams import CHANGED, StreamEvent, Streams, share_changes
from sebangsa.voting import vote
from tests.instances import Instance

ACCEPT = {"Accept": "application/activity+json"}


async def get(warga: Instance, path: str, **headers: str) -> tuple[int, dict[str, Any], str]:
    """Status, document and ETag."""
    async with warga.http.get(warga.url + path, headers=ACCEPT | headers) as answer:
        document = await answer.json(content_type=None) if answer.status != 304 else {}
        return answer.status, document, answer.headers.get("etag", "")


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The posts whose documents were made, in order."""
    made: list[int] = []
    really = activitypub.document_of

    async def counting(site: Any, post: Post) -> Any:
        made.append(post.id)
        return await really(site, post)

    monkeypatch.setattr(activitypub, "document_of", counting)
    return made


async def test_a_document_is_made_once_for_all_who_ask_until_something_is_written(
    warga: Instance, built: list[int]
) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        post = await create_post(site, ani.actor, Draft("Halo"))
    path = f"/p/{post.id}"
    first, *others = await asyncio.gather(*(get(warga, path) for _ in range(8)))
    assert len(built) == 1
    assert first[1]["content"] == "<p>Halo</p>"
    assert all(other == first for other in others)
    assert (await get(warga, path, **{"If-None-Match": first[2]}))[0] == 304
    assert len(built) == 1

    async with warga.inside() as site:  # what no document shows
        await Peer.create(host="a.example", created_at=site.clock.now())
    await get(warga, path)
    assert len(built) == 1

    async with warga.inside() as site:
        await edit_post(site, ani.actor, await Post.get(id=post.id), source="Halo lagi")
    status, document, etag = await get(warga, path)
    assert (status, document["content"]) == (200, "<p>Halo lagi</p>")
    assert etag != first[2]
    assert (await get(warga, path, **{"If-None-Match": first[2]}))[0] == 200

    async with warga.inside() as site:
        await vote(site, budi.actor, await Post.get(id=post.id), 1)
    made = len(built)
    await get(warga, path)
    assert len(built) == made + 1

    async with warga.inside() as site:
        await delete_post(site, ani.actor, await Post.get(id=post.id))
    assert (await get(warga, path))[:1] == (410,)
    assert (await get(warga, path))[1]["type"] == "Tombstone"


async def test_an_actor_shows_its_new_name_whoever_wrote_it(
    warga: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await warga.user("ani")
    assert (await get(warga, "/u/ani"))[1]["name"] == "ani"
    async with warga.inside():
        await Actor.filter(username="ani").update(name="Ani")  # outside of a transaction
    monkeypatch.setattr(document_cache, "KEPT_FOR", -1.0)
    assert (await get(warga, "/u/ani"))[1]["name"] == "Ani"
    async with warga.inside():
        told = changes()
        number = told.number
        await Actor.filter(username="ani").update(name="Ani Lestari")
        told.number = number  # as if another process had written it without telling
    assert (await get(warga, "/u/ani"))[1]["name"] == "Ani Lestari"


async def test_a_page_and_a_private_post_are_never_kept(warga: Instance, built: list[int]) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        post = await create_post(site, ani.actor, Draft("Halo"))
        whisper = await create_post(
            site, ani.actor, Draft("@budi psst", visibility=Visibility.DIRECT, recipients=[budi.actor])
        )
    await get(warga, f"/p/{post.id}")
    async with warga.http.get(f"{warga.url}/p/{post.id}", headers={"Accept": "text/html"}) as answer:
        assert answer.content_type == "text/html"
    for _ in range(2):
        assert (await get(warga, f"/p/{whisper.id}"))[0] == 404
    made = len(built)
    for _ in range(2):  # a token says who asks: nothing is answered without looking at it
        assert (await get(warga, f"/p/{post.id}", Authorization="Bearer nonsense"))[0] in (200, 401)
    assert len(built) - made in (0, 2)


async def test_what_is_kept_has_a_size(warga: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    ani = await warga.user("ani")
    async with warga.inside() as site:
        posts = [await create_post(site, ani.actor, Draft(f"Halo {n}")) for n in range(6)]
    kept = document_cache.DocumentCache(warga.site)  # type: ignore[arg-type]
    monkeypatch.setattr(document_cache, "MOST_BYTES", 3000)
    async with warga.inside():
        for number, post in enumerate(posts):
            start = {
                "status": 200,
                "headers": [
                    (b"cache-control", b"public, max-age=180"),
                    (b"content-type", b"application/activity+json; charset=utf-8"),
                ],
            }
            kept._keep((str(post.id).encode(), b""), start, b"x" * 1000, changes().number)
            assert len(kept._kept) == min(number + 1, 3)
        assert kept._found((str(posts[0].id).encode(), b"")) is None
        assert kept._found((str(posts[5].id).encode(), b"")) is not None


async def write_and_fail() -> None:
    async with transaction():
        await Actor.filter(username="ani").update(name="B")
        raise RuntimeError


async def test_only_what_is_committed_counts_as_written(site: Site) -> None:
    await create_user(site, "ani")
    told = changes()
    before = told.number
    async with transaction():
        await Actor.filter(username="ani").update(name="A")
        assert changes().number == before  # nobody else can read it yet
    assert told.number == before + 1
    with pytest.raises(RuntimeError):
        await write_and_fail()
    assert told.number == before + 1
    async with transaction(), savepoint():
        await Actor.filter(username="ani").update(name="D")
    assert told.number == before + 2


def test_processes_of_one_site_tell_each_other() -> None:
    alone, told = Changes(), []
    share_changes(alone, Streams())
    alone.hear(lambda: told.append("alone"))
    alone.happened()
    assert told == ["alone"]

    class Shared(Streams):
        is_shared = True

    here, there = Changes(), Changes()
    streams = Shared()
    share_changes(here, streams)
    streams.overhear(lambda event: there.happened_elsewhere() if event.name == CHANGED else None)
    here.happened()
    assert there.number == 1
    streams.publish_many(["public"], StreamEvent("status.update", "1"))
    assert there.number == 1
