"""A WordPress blog with the ActivityPub plugin and ours: the blog is a group, its articles come announced."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import membership
from sebangsa import posting
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.reading import AS2, PUBLIC
from tests.interop.wordpress.rules import RULES
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [AS2, {"Hashtag": "as:Hashtag", "sensitive": "as:sensitive"}]
AT = "/wp-json/activitypub/1.0/actors"
DIALECT = Dialect(
    "wordpress",
    "6.9",
    accept="application/activity+json",
    style=SigningStyle(posts=(TARGET, "host", "date", "digest", "content-type"), with_query=True),
    actor={"@context": CONTEXT, "manuallyApprovesFollowers": False, "streams": [], "indexable": True},
)
_numbers = count(1)


def _activity(kind: str, actor: Actor, obj: Any, of: str = "", **more: Any) -> dict[str, Any]:
    """Ids are fragments of what it is about."""
    uri = f"{of or actor.uri}#activity-{kind.lower()}-2026-05-03T12:32:{next(_numbers):02}Z"
    return {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def _article(author: Actor, blog: Actor, title: str) -> dict[str, Any]:
    uri = f"{author.server.origin}/lemmy-part-{next(_numbers)}/"
    document = {
        "id": uri,
        "type": "Article",
        "attributedTo": author.uri,
        "audience": blog.uri,
        "name": title,
        "summary": "<p>Kutipan</p>",
        "content": "<p>Isi yang panjang</p>",
        "contentMap": {"id": "<p>Isi yang panjang</p>"},
        "preview": {"type": "Note", "content": "<p>Kutipan</p>"},
        "published": "2026-05-03T12:32:29Z",
        "updated": "2026-05-06T08:20:33Z",
        "url": uri,
        "replies": {
            "id": f"{uri}replies",
            "type": "Collection",
            "first": {"type": "CollectionPage", "items": []},
        },
        "to": [PUBLIC, f"{blog.uri}/followers"],
        "cc": [],
        "tag": [{"type": "Hashtag", "href": f"{author.server.origin}/tag/fediverse", "name": "#fediverse"}],
        "attachment": [
            {
                "type": "Image",
                "url": f"{author.server.origin}/a.jpg",
                "mediaType": "image/jpeg",
                "name": "Gambar",
            }
        ],
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_wordpress(talk: Conversation) -> None:
    shared = {"sharedInbox": f"{talk.theirs.origin}/wp-json/activitypub/1.0/inbox"}
    blog = talk.group("dbzer0", path=f"{AT}/0", endpoints=shared)
    author = talk.person("pfefferle", path=f"{AT}/1", endpoints=shared)
    known = await talk.joins(talk.budi, blog, f"@dbzer0@{talk.theirs.host}")
    await talk.fetch(f"{talk.warga.url}/u/budi", author)
    [asked] = await talk.heard("Follow")
    accepted = _activity(
        "Accept", blog, {name: asked[name] for name in ("id", "type", "actor", "object")}, to=[asked["actor"]]
    )
    await talk.says(blog, accepted, inbox="/u/budi/inbox")

    article = _article(author, blog, "Lemmy, bagian empat")
    created = _activity(
        "Create", author, article, of=article["id"], to=article["to"], cc=[], audience=blog.uri
    )
    announced = _activity(
        "Announce",
        blog,
        {name: value for name, value in created.items() if name != "@context"},
        of=f"{article['id']}#a",
        to=article["to"],
        cc=[],
    )
    await talk.says(blog, announced)
    found = await talk.seen(article["id"])
    assert (found.name, found.kind, found.community_id) == ("Lemmy, bagian empat", "article", known.id)
    assert "panjang" in await talk.page(f"/p/{found.id}")

    comment = await talk.post(talk.budi, source="Menarik", in_reply_to=found)
    [made] = await talk.heard("Create/Note")
    assert made["object"]["inReplyTo"] == article["id"]
    await talk.fetch(comment.uri, author)
    await talk.vote(talk.budi, found, 1)
    await talk.heard("Like")
    await talk.does(posting.delete_post, talk.budi, comment)
    await talk.heard("Delete")

    edited = {**article, "content": "<p>Isi yang baru</p>", "updated": "2026-05-07T08:20:33Z"}
    talk.theirs.serve({"@context": CONTEXT, **edited})
    updated = _activity("Update", author, edited, of=article["id"], to=article["to"], cc=[])
    await talk.says(
        blog,
        _activity(
            "Announce",
            blog,
            {name: value for name, value in updated.items() if name != "@context"},
            of=f"{article['id']}#b",
            to=article["to"],
            cc=[],
        ),
    )
    assert "baru" in (await talk.seen(article["id"])).content

    # A reader of the blog comes to us.
    await talk.discover(author)
    await talk.says(author, _activity("Follow", author, talk.tebet.uri, to=[talk.tebet.uri]))
    await talk.heard("Accept/Follow")
    ours = await talk.post(talk.ani, name="Kerja bakti", source="Minggu")
    [boost] = await talk.heard("Announce")
    assert boost["object"] == ours.uri

    # A post of a site that is no blog of groups, with our community's handle in it, begins a thread there.
    at = talk.warga.site.settings.domain
    mention = {"type": "Mention", "href": talk.tebet.uri, "name": f"@tebet@{at}"}
    written = {
        **_article(author, blog, "Untuk tetangga"),
        "to": [PUBLIC],
        "cc": [talk.tebet.uri],
        "tag": [mention],
    }
    del written["audience"]
    talk.theirs.serve({"@context": CONTEXT, **written})
    to = {"to": written["to"], "cc": written["cc"]}
    await talk.says(author, _activity("Create", author, written, of=written["id"], **to))
    [boost] = await talk.heard("Announce")
    thread = await talk.seen(written["id"])
    assert (thread.name, thread.kind, thread.community_id) == ("Untuk tetangga", "article", talk.tebet.id)
    assert boost["object"] == written["id"]

    talk.theirs.serve({"@context": CONTEXT, "id": article["id"], "type": "Tombstone"})
    await talk.says(
        author,
        _activity(
            "Delete", author, {"id": article["id"], "type": "Tombstone"}, of=article["id"], to=[PUBLIC], cc=[]
        ),
    )
    assert (await talk.seen(article["id"])).deleted_at is not None
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")
    await talk.ends_well()
