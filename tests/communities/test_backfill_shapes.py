"""First contact with a community of PieFed, Mbin and Discourse brings what that software gives of its past, and no more."""

from __future__ import annotations

from typing import Any

from federation.models import Actor
from sebangsa.models import BackfillState, Post
from tests.communities.test_backfill import arrive, browse, posts_in, state_of
from tests.communities.village import Village
from tests.foreign_server import PUBLIC
from tests.foreign_server import Actor as ForeignActor
from tests.interop.mbin import documents as mbin
from tests.interop.piefed import documents as piefed

AS2 = "https://www.w3.org/ns/activitystreams"


def bare(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "@context"}


async def tree(village: Village, known: Actor) -> dict[str, int]:
    """What was read, each with its depth."""
    return {post.uri: post.depth for post in await posts_in(village, known)}


async def test_piefeds_outbox_brings_threads_pinned_first_and_its_context_their_comments(
    village: Village,
) -> None:
    """The outbox is in one piece and begins with what is pinned; `context` lists ids."""
    server = village.good
    server.software = ("piefed", "1.6.27")
    group, ani, budi = village.group_of(server), server.actor("susi"), server.actor("joko", key=1)
    pages = [
        piefed.page(ani, group.uri, f"Utas {n}", published=f"2026-01-0{n + 1}T01:02:03.668181+00:00")
        for n in range(3)
    ]
    pages[0] |= {"stickied": True}
    first = piefed.comment(budi, group.uri, pages[1]["id"], ani.uri, "Betul")
    second = piefed.comment(ani, group.uri, first["id"], budi.uri, "Sejak tadi")
    items = [
        bare(piefed.announce(group, piefed.create(ani, page))) for page in (pages[0], pages[2], pages[1])
    ]
    server.collection(f"{group.uri}/outbox", items)
    server.collection(f"{group.uri}/featured", [pages[0]])
    for page in pages:
        members = [page["id"], *((first["id"], second["id"]) if page is pages[1] else ())]
        more = {"name": page["name"], "attributedTo": group.uri, "audience": group.uri}
        server.collection(f"{page['id']}/context", members, **more)
    known = await arrive(village, group)
    assert await tree(village, known) == {
        **{page["id"]: 0 for page in pages},
        first["id"]: 1,
        second["id"]: 2,
    }
    posts = {post.uri: post for post in await posts_in(village, known)}
    assert [posts[page["id"]].is_pinned for page in pages] == [True, False, False]
    assert [posts[page["id"]].created_at.day for page in pages] == [1, 2, 3]
    assert posts[pages[1]["id"]].replies_count == 1
    assert (await state_of(village, "actor", known.id)).state == BackfillState.DONE
    assert (await state_of(village, "thread", posts[pages[1]["id"]].id)).state == BackfillState.DONE


async def test_piefeds_list_of_replies_in_full_is_read_where_the_context_is_not_to_be_had(
    village: Village,
) -> None:
    server = village.good
    group, ani = village.group_of(server), server.actor("susi")
    page = piefed.page(ani, group.uri, "Utas")
    first = piefed.comment(ani, group.uri, page["id"], ani.uri, "Satu")
    second = piefed.comment(ani, group.uri, first["id"], ani.uri, "Dua")
    listed = {"type": "OrderedCollection", "totalItems": 2, "orderedItems": [bare(first), bare(second)]}
    server.documents[f"/post/{page['id'].rpartition('/')[2]}/replies"] = {"@context": AS2, **listed}
    server.collection(f"{group.uri}/outbox", [bare(piefed.announce(group, piefed.create(ani, page)))])
    known = await arrive(village, group)
    assert await tree(village, known) == {page["id"]: 0, first["id"]: 1, second["id"]: 2}


async def test_mbin_gives_its_pinned_threads_alone_and_the_page_says_that_more_is_there(
    village: Village,
) -> None:
    """Its outbox is an empty object, and its entries list no comments."""
    server = village.good
    server.software = ("mbin", "1.9.0")
    group, author = village.group_of(server), server.actor("susi")
    entry = mbin.page(author, group.uri, "Pengumuman", "Got")
    server.documents["/users/rw/outbox"] = {}
    server.collection(f"{group.uri}/featured", [entry])
    known = await arrive(village, group)
    assert await tree(village, known) == {entry["id"]: 0}
    [post] = await posts_in(village, known)
    assert (post.name, post.is_pinned) == ("Pengumuman", True)
    assert (await state_of(village, "actor", known.id)).state == BackfillState.CLIPPED
    assert (await state_of(village, "thread", post.id)).state == BackfillState.CLIPPED
    shown = await browse(village.warga, village.ani, f"/c/rw@{server.host}")
    assert "Pengumuman" in shown
    for page in (shown, await browse(village.warga, village.ani, f"/p/{post.id}")):
        assert f"{server.host} lists no more for other servers." in page
        assert 'action="/backfill"' not in page, "asking again would bring no more"


def discourse(kind: str, actor: ForeignActor, obj: Any, number: int) -> dict[str, Any]:
    """Discourse embeds the actor."""
    document = actor.server.documents[actor.uri.removeprefix(actor.server.origin)]
    return {
        "id": f"{actor.server.origin}/ap/activity/{number:032x}",
        "type": kind,
        "actor": bare(document),
        "object": obj,
        "published": "2026-04-13T14:36:19Z",
        "to": [PUBLIC],
        "cc": [f"{actor.uri}/followers"],
    }


async def test_discourses_outbox_and_topics_are_read_among_all_else_that_it_lists(village: Village) -> None:
    """Its outbox is all that the category did, newest first: answers to follows, and announcements of topics and replies. A
    topic's `context` holds its notes in full.
    """
    server = village.good
    server.software = ("discourse", "2026.6")
    group, author = village.group_of(server), server.actor("susi")
    topic = f"{server.origin}/ap/collection/8850f6e85b57c490da915a5dfbbd5045"

    def note(number: int, **more: Any) -> dict[str, Any]:
        uri = f"{server.origin}/ap/object/{number:032x}"
        document = {
            "id": uri,
            "type": "Note",
            "audience": group.uri,
            "published": f"2026-01-0{number}T14:36:19Z",
            "updated": f"2026-01-0{number}T14:36:19Z",
            "url": f"{server.origin}/t/rapat/4079/{number}",
            "attributedTo": author.uri,
            "context": topic,
            "content": "<p>Hari Minggu</p>",
            "to": [PUBLIC],
            "cc": [f"{group.uri}/followers"],
            **more,
        }
        server.serve({"@context": AS2, **document})
        return document

    opening = note(1, name="Rapat")
    reply = note(2, inReplyTo=opening["id"])
    below = note(3, inReplyTo=reply["id"])
    follow = {"id": "https://lain.example/f/1", "type": "Follow", "actor": author.uri, "object": group.uri}
    items = [
        discourse("Announce", group, discourse("Create", author, reply, 12), 13),
        discourse("Announce", group, discourse("Create", author, opening, 10), 11),
        discourse("Accept", group, follow, 9),
    ]
    server.collection(f"{group.uri}/outbox", items, summary="Aktivitas")
    server.collection(topic, [opening, reply, below], audience=group.uri)
    known = await arrive(village, group)
    assert await tree(village, known) == {opening["id"]: 0, reply["id"]: 1, below["id"]: 2}
    async with village.warga.inside():
        thread = await Post.get(uri=opening["id"])
    assert (thread.name, thread.created_at.month, thread.replies_count) == ("Rapat", 1, 1)
    assert (await state_of(village, "actor", known.id)).state == BackfillState.DONE
    assert (await state_of(village, "thread", thread.id)).state == BackfillState.DONE
