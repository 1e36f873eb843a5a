"""What an app does by posting to its person's outbox, and what it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from communities.describing import Description
from communities.founding import create_community
from communities.membership import ban, unban
from communities.models import JoinMode
from federation.models import Follow, FollowState, OutboundActivity
from sebangsa.limits import BUCKETS
from sebangsa.models import Attachment, Mention, Notification, Post, Reaction, Visibility, Vote
from sebangsa.posting import Draft, create_post
from tests.api.calling import picture
from tests.c2s.client import ACTIVITY, PUBLIC, App
from tests.foreign_server import ForeignServer
from tests.instances import Instance


async def counts() -> tuple[int, ...]:
    """Everything that an activity could have written."""
    return (
        await Post.all().count(),
        await Vote.all().count(),
        await Follow.all().count(),
        await Notification.all().count(),
        await OutboundActivity.all().count(),
        await Mention.all().count(),
    )


async def test_a_note_is_posted_and_read_back(ani: App) -> None:
    made = await ani.do(
        "Create",
        {"type": "Note", "content": "<p>Halo <b>dunia</b> #Banjir<script>x</script></p>"},
        id="https://elsewhere.example/1",
        published="1999-01-01T00:00:00Z",
        to=[PUBLIC],
        cc=[ani.followers],
    )
    assert made["actor"] == ani.uri
    assert made["id"].startswith(ani.instance.url)
    assert not made["published"].startswith("1999")
    note = await ani.read(made["object"]["id"])
    assert note["attributedTo"] == ani.uri
    assert "Halo <strong>dunia</strong>" in note["content"]
    assert "script" not in note["content"]
    assert "/tags/banjir" in note["content"]
    assert note["source"] == {"content": "Halo **dunia** #Banjir", "mediaType": "text/markdown"}
    assert (note["to"], note["cc"]) == ([PUBLIC], [ani.followers])
    assert (await ani.read(made["id"]))["object"]["id"] == note["id"]


async def test_an_object_alone_is_wrapped_in_a_create(ani: App) -> None:
    status, made, location = await ani.post({"type": "Note", "content": "Halo", "to": PUBLIC})
    assert (status, made["type"]) == (201, "Create")
    assert location == made["id"]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ({"source": {"content": "*a* <b>", "mediaType": "text/markdown"}}, "<p><em>a</em> &lt;b&gt;</p>"),
        ({"content": "**a**", "mediaType": "text/markdown"}, "<p><strong>a</strong></p>"),
        ({"content": "*a*\n# b", "mediaType": "text/plain"}, "<p>*a*<br>\n# b</p>"),
        (
            {"content": "<p>*a*</p>", "source": {"content": "<i>b</i>", "mediaType": "text/html"}},
            "<p><em>b</em></p>",
        ),
        ({"contentMap": {"id": "<p>halo</p>"}}, "<p>halo</p>"),
    ],
)
async def test_text_is_taken_in_each_dress(ani: App, text: dict[str, Any], html: str) -> None:
    made = await ani.do("Create", {"type": "Note", "to": [PUBLIC], **text})
    assert made["object"]["content"] == html


@pytest.mark.parametrize(
    ("addresses", "visibility"),
    [
        ({"to": ["as:Public"]}, Visibility.PUBLIC),
        ({"bto": "Public"}, Visibility.PUBLIC),
        ({"cc": [PUBLIC], "to": ["{followers}"]}, Visibility.UNLISTED),
        ({"to": ["{followers}"]}, Visibility.FOLLOWERS),
        ({"bcc": "{followers}"}, Visibility.FOLLOWERS),
        ({"to": ["{budi}"]}, Visibility.DIRECT),
        ({"to": ["{ani}"]}, Visibility.DIRECT),
    ],
)
async def test_s114_addresses_say_who_may_read(
    ani: App, budi: App, addresses: dict[str, Any], visibility: Visibility
) -> None:
    known = {"{followers}": ani.followers, "{budi}": budi.uri, "{ani}": ani.uri}
    given = {
        key: [known.get(uri, uri) for uri in value] if isinstance(value, list) else known.get(value, value)
        for key, value in addresses.items()
    }
    made = await ani.do("Create", {"type": "Note", "content": "Halo", **given})
    assert not {"bto", "bcc"} & (made.keys() | made["object"].keys())
    async with ani.instance.inside():
        post = await Post.get(uri=made["object"]["id"])
        assert post.visibility == visibility
    assert (await ani.ask(post.uri, token=""))[0] == (
        200 if visibility in (Visibility.PUBLIC, Visibility.UNLISTED) else 404
    )
    assert (await ani.ask(post.uri))[0] == 200
    assert (await ani.ask(made["id"]))[0] == 200


async def test_addresses_of_activity_and_object_count_together(ani: App, budi: App) -> None:
    made = await ani.do("Create", {"type": "Note", "content": "Halo", "to": PUBLIC}, cc=[budi.uri])
    assert budi.uri in made["object"]["cc"]
    assert {
        "type": "Mention",
        "href": budi.uri,
        "name": f"@budi@{ani.instance.site.federation.config.domain}",
    } in made["object"]["tag"]
    async with ani.instance.inside():
        assert await Notification.exists(recipient_id=budi.user.actor_id, type="mention")


async def test_names_in_a_text_address_nobody(ani: App, budi: App) -> None:
    made = await ani.do("Create", {"type": "Note", "content": "Halo @budi", "to": ani.followers})
    assert made["object"]["tag"] == []
    assert (await budi.ask(made["object"]["id"]))[0] == 404


async def test_s114_who_gets_a_blind_copy_reads_it_and_is_named_nowhere(
    ani: App, budi: App, warga: Instance, host: ForeignServer
) -> None:
    citra = await App.of(warga, await warga.user("citra"), host)
    made = await ani.do(
        "Create", {"type": "Note", "content": "Halo", "to": ani.followers, "bcc": [budi.uri]}, bto=citra.uri
    )
    uri = made["object"]["id"]
    for reader in (budi, citra, ani):
        text = str(await reader.read(uri))
        assert budi.uri not in text
        assert citra.uri not in text
        assert uri in str(await reader.items()) or reader is ani
        assert citra.uri not in str([item["object"] for item in await reader.items()]) or reader is citra
    edited = await ani.do("Update", {"type": "Note", "id": uri, "content": "Halo lagi"})
    assert budi.uri not in str(edited)
    statuses = await ani.instance.http.get(
        f"{warga.url}/api/v1/timelines/home", headers={"Authorization": f"Bearer {ani.token}"}
    )
    assert (await statuses.json())[0]["mentions"] == []


async def test_a_message_names_everybody_who_gets_it(
    ani: App, budi: App, warga: Instance, host: ForeignServer
) -> None:
    citra = await App.of(warga, await warga.user("citra"), host)
    made = await ani.do("Create", {"type": "Note", "content": "Halo", "bto": [budi.uri]})
    assert made["object"]["to"] == [budi.uri]
    document = {"type": "Note", "content": "Halo", "to": [budi.uri], "bcc": [citra.uri]}
    assert await ani.refused(document) == (422, "blind-message")


async def test_an_article_and_a_warning_keep_what_they_are(ani: App) -> None:
    article = await ani.do(
        "Create", {"type": "Article", "name": "Judul", "content": "<p>Isi</p>", "to": PUBLIC}
    )
    assert (article["object"]["type"], article["object"]["name"]) == ("Article", "Judul")
    note = await ani.note("Isi", summary="<b>Awas</b>", sensitive=True, contentMap={"id": "Isi"})
    assert (note["summary"], note["sensitive"]) == ("Awas", True)


async def test_a_post_goes_into_the_community_that_it_addresses(ani: App, warga: Instance, budi: App) -> None:
    async with warga.inside() as site:
        group = await create_community(site, "tebet", budi.user.actor, Description(title="Tebet"))
        await ban(site, budi.user.actor, group, ani.user.actor)
        before = await counts()
    assert await ani.refused({"type": "Note", "content": "x", "to": [PUBLIC, group.uri]}) == (403, "banned")
    assert await ani.refused({"type": "Follow", "object": group.uri}) == (403, "banned")
    async with warga.inside() as site:
        assert await counts() == before
        await unban(site, budi.user.actor, group, ani.user.actor)
    await ani.do("Follow", group.uri)
    for addressed in ({"audience": group.uri, "to": PUBLIC}, {"to": [PUBLIC, group.uri]}):
        made = await ani.do(
            "Create", {"type": "Page", "name": "Banjir", "content": "Got mampet", **addressed}
        )
        assert (made["object"]["type"], made["object"]["audience"]) == ("Page", group.uri)
    noted = await ani.note("@tebet Lampu mati<br>sejak kemarin", cc=[group.uri])
    assert (noted["type"], noted["name"]) == ("Page", "Lampu mati")
    reply = await budi.note("Benar", inReplyTo=noted["id"])
    assert (reply["audience"], reply["inReplyTo"]) == (group.uri, noted["id"])
    async with warga.inside() as site:
        other = await create_community(site, "menteng", budi.user.actor, Description(title="Menteng"))
    astray = {"type": "Note", "content": "x", "to": [PUBLIC, other.uri], "inReplyTo": noted["id"]}
    assert await ani.refused(astray) == (422, "community-differs")
    assert await ani.refused({"type": "Note", "content": "x", "to": [ani.followers, group.uri]}) == (
        422,
        "community-needs-public",
    )
    async with warga.inside() as site:
        about = Description(title="Arisan", join_mode=JoinMode.PRIVATE)
        closed = await create_community(site, "arisan", budi.user.actor, about)
    page = {"type": "Page", "name": "Iuran", "content": "x", "to": [closed.uri, closed.followers_url]}
    assert await ani.refused(page) == (403, "members-only")
    made = await budi.do("Create", page)
    assert (made["object"]["to"], made["object"]["cc"]) == (page["to"], [])
    assert (await budi.ask(made["object"]["id"]))[0] == 200
    assert (await ani.ask(made["object"]["id"]))[0] == 404
    edited = {"id": made["object"]["id"], "type": "Page", "name": "Iuran", "content": "y"}
    await budi.do("Update", edited | {"to": page["to"]})
    assert (await budi.refused({"type": "Update", "object": edited | {"to": [PUBLIC]}}))[
        1
    ] == "audience-fixed"


async def test_a_post_is_edited_in_parts(ani: App) -> None:
    note = await ani.note("Satu", name="Nama", summary="Awas")
    await ani.do("Update", {"type": "Note", "id": note["id"], "content": "<p>Dua</p>"})
    edited = await ani.read(note["id"])
    assert (edited["content"], edited["name"], edited["summary"]) == ("<p>Dua</p>", "Nama", "Awas")
    # An app that changed the HTML alone sends the old source along.
    await ani.do("Update", edited | {"content": "<p>Tiga</p>", "summary": None})
    edited = await ani.read(note["id"])
    assert edited["content"] == "<p>Tiga</p>"
    assert edited["source"]["content"] == "Tiga"
    assert "summary" not in edited
    assert "updated" in edited


async def test_who_may_read_a_post_cannot_be_changed_by_an_edit(ani: App) -> None:
    made = await ani.do("Create", {"type": "Note", "content": "Satu", "to": ani.followers})
    wider = {"type": "Update", "object": made["object"] | {"to": [PUBLIC]}}
    assert await ani.refused(wider) == (422, "audience-fixed")


async def test_a_profile_is_edited(ani: App) -> None:
    await ani.upload(picture())
    _, upload, _ = await ani.upload(picture("blue"))
    await ani.do(
        "Update",
        {
            "id": ani.uri,
            "type": "Service",
            "name": "Ani",
            "summary": "<p>Warga <b>RT 5</b></p>",
            "manuallyApprovesFollowers": True,
            "icon": {"type": "Image", "url": upload["url"]},
            "attachment": [
                {
                    "type": "PropertyValue",
                    "name": "Situs",
                    "value": "<a href='https://a.example'>https://a.example</a>",
                }
            ],
        },
    )
    me = await ani.read(ani.uri)
    assert (me["type"], me["name"], me["manuallyApprovesFollowers"]) == ("Service", "Ani", True)
    assert me["summary"] == "<p>Warga <strong>RT 5</strong></p>"
    assert me["source"]["content"] == "Warga **RT 5**"
    assert me["attachment"][0]["name"] == "Situs"
    assert "https://a.example" in me["attachment"][0]["value"]
    assert me["icon"]["url"].startswith(ani.instance.url)
    # What is sent back as it was read stays; what is null goes.
    await ani.do("Update", me | {"name": "Bu Ani", "image": None})
    again = await ani.read(ani.uri)
    assert (again["name"], again["icon"], again["attachment"]) == ("Bu Ani", me["icon"], me["attachment"])
    await ani.do("Update", {"id": ani.uri, "icon": None})
    assert "icon" not in await ani.read(ani.uri)
    assert await ani.refused({"type": "Update", "object": {"id": ani.uri, "preferredUsername": "root"}}) == (
        422,
        "handle-fixed",
    )
    assert await ani.refused(
        {"type": "Update", "object": {"id": ani.uri, "icon": {"url": "https://x.example/a.png"}}}
    ) == (422, "picture-unusable")


async def test_a_post_is_deleted_and_what_told_of_it_is_no_longer_shown(ani: App) -> None:
    made = await ani.do("Create", {"type": "Note", "content": "Rahasia", "to": PUBLIC})
    note = made["object"]
    edit = await ani.do("Update", {"id": note["id"], "type": "Note", "content": "Rahasia juga"})
    await ani.do("Delete", note["id"])
    status, stone = await ani.ask(note["id"])
    assert (status, stone["type"]) == (410, "Tombstone")
    assert "Rahasia" not in str(await ani.items("outbox"))
    assert "Rahasia" not in str((await ani.ask("/u/ani/outbox", token=""))[1])
    assert (await ani.ask(edit["id"], token=""))[0] == 404
    assert await ani.refused({"type": "Delete", "object": note["id"]}) == (404, "not-found")
    assert await ani.refused({"type": "Delete", "object": ani.uri}) == (403, "account-stays")


async def test_reactions_are_given_and_taken_back(ani: App, budi: App) -> None:
    note = await ani.note("Halo")
    like = await budi.do("Like", note["id"])
    assert (like["object"], like["to"]) == (note["id"], [ani.uri])
    assert (await budi.do("Like", note["id"]))["id"] == like["id"], "liked already"
    boost = await budi.do("Announce", {"id": note["id"], "type": "Note"})
    assert (await budi.do("Announce", note["id"]))["id"] == boost["id"]
    assert (await budi.read(boost["id"]))["type"] == "Announce"
    async with ani.instance.inside():
        post = await Post.get(uri=note["id"])
        assert (post.likes_count, post.boosts_count) == (1, 1)
    undone = await budi.do("Undo", like["id"])
    assert undone["object"]["id"] == like["id"]
    await budi.do("Undo", {"type": "Announce", "object": note["id"]})
    await budi.do("Dislike", note["id"])
    async with ani.instance.inside():
        post = await Post.get(uri=note["id"])
        assert (post.likes_count, post.dislikes_count, post.boosts_count) == (0, 1, 0)
    await budi.do("Undo", {"type": "Dislike", "actor": budi.uri, "object": note["id"]})
    assert await budi.refused({"type": "Undo", "object": like["id"]}) == (404, "not-found")


async def test_an_emoji_is_left_and_taken_back_by_its_id_or_by_what_it_is(ani: App, budi: App) -> None:
    note = await ani.note("Halo")
    left = await budi.do("EmojiReact", note["id"], content="🎉")
    assert (left["object"], left["content"]) == (note["id"], "🎉")
    assert (await budi.do("EmojiReact", note["id"], content="🎉"))["id"] == left["id"], "left already"
    other = await budi.do("EmojiReact", note["id"], content="🙏")
    undone = await budi.do("Undo", left["id"])
    assert undone["object"]["id"] == left["id"]
    async with ani.instance.inside():
        [reaction] = await Reaction.all()
        assert (reaction.emoji, reaction.uri) == ("🙏", other["id"])
        assert (await Post.get(uri=note["id"])).likes_count == 0
    assert await budi.refused({"type": "Undo", "object": left["id"]}) == (404, "not-found")
    for content, code in ((None, "emoji-needed"), (["🎉"], "emoji-needed"), ("bagus", "no-such-emoji")):
        nothing = {"type": "EmojiReact", "object": note["id"], "content": content}
        assert await budi.refused(nothing) == (422, code)
    wrong = {"type": "EmojiReact", "object": note["id"], "content": "🎉"}
    assert await budi.refused({"type": "Undo", "object": wrong}) == (404, "not-found")
    await budi.do("Undo", wrong | {"content": "🙏"})
    async with ani.instance.inside():
        assert await Reaction.all().count() == 0


async def test_a_follow_is_asked_for_answered_and_ended(ani: App, budi: App) -> None:
    await ani.do("Update", {"id": ani.uri, "manuallyApprovesFollowers": True})
    asking = await budi.do("Follow", ani.uri)
    assert (await budi.do("Follow", ani.uri))["id"] == asking["id"]
    assert (await budi.read(asking["id"]))["object"] == ani.uri
    (received,) = await ani.items()
    assert (received["type"], received["id"], received["actor"]) == ("Follow", asking["id"], budi.uri)
    accepted = await ani.do("Accept", asking["id"])
    assert accepted["object"]["id"] == asking["id"]
    async with ani.instance.inside():
        assert (await Follow.get()).state == FollowState.ACCEPTED
    assert await ani.refused({"type": "Accept", "object": asking["id"]}) == (422, "already-accepted")
    await ani.do("Reject", {"type": "Follow", "actor": budi.uri, "object": ani.uri})
    async with ani.instance.inside():
        assert await Follow.all().count() == 0
    assert await ani.refused({"type": "Accept", "object": asking["id"]}) == (404, "not-found")
    again = await budi.do("Follow", ani.uri)
    await budi.do("Undo", {"type": "Follow", "object": ani.uri})
    assert await budi.refused({"type": "Undo", "object": again["id"]}) == (404, "not-found")


async def test_nobody_answers_a_follow_of_somebody_else(
    ani: App, budi: App, warga: Instance, host: ForeignServer
) -> None:
    citra = await App.of(warga, await warga.user("citra"), host)
    await ani.do("Update", {"id": ani.uri, "manuallyApprovesFollowers": True})
    asking = await budi.do("Follow", ani.uri)
    for other in (citra, budi):
        assert await other.refused({"type": "Accept", "object": asking["id"]}) == (404, "not-found")


async def test_s106_a_picture_is_uploaded_and_used_once_by_its_owner(ani: App, budi: App) -> None:
    status, upload, location = await ani.upload(
        picture(), {"type": "Image", "name": "Got", "focalPoint": [0.5, -1]}
    )
    assert (status, location) == (201, upload["id"])
    assert (upload["type"], upload["name"], upload["focalPoint"]) == ("Image", "Got", [0.5, -1.0])
    assert await ani.read(upload["id"]) == upload
    assert (await budi.ask(upload["id"]))[0] == 404
    note = {"type": "Note", "content": "Lihat", "to": PUBLIC}
    for named in (upload, upload["id"], {"type": "Document", "url": upload["url"]}):
        assert await budi.refused(note | {"attachment": named}) == (422, "picture-unusable")
    assert await ani.refused(note | {"attachment": {"type": "Image", "url": "https://x.example/a.png"}}) == (
        422,
        "picture-unusable",
    )
    made = await ani.do("Create", note | {"attachment": [upload]})
    (shown,) = made["object"]["attachment"]
    assert (shown["url"], shown["name"], shown["mediaType"]) == (upload["url"], "Got", upload["mediaType"])
    assert await ani.refused(note | {"attachment": [upload]}) == (422, "picture-unusable")
    again = made["object"] | {"content": "Lihat lagi", "attachment": [shown | {"name": "Got mampet"}]}
    edited = await ani.do("Update", again)
    assert edited["object"]["attachment"][0]["name"] == "Got mampet"
    assert await ani.refused({"type": "Update", "object": again | {"attachment": []}}) == (
        422,
        "pictures-fixed",
    )


@pytest.mark.parametrize(
    ("data", "shell", "status", "code"),
    [
        (b"not a picture", {"type": "Image"}, 422, "not-an-image"),
        (picture(), {"type": "Video"}, 422, "object-type-unsupported"),
        (picture(), {"type": "Image", "attributedTo": "https://x.example/u/eve"}, 403, "not-your-actor"),
        (picture(), {"type": "Image", "name": "x" * 1501}, 422, "too-long"),
    ],
)
async def test_what_is_no_picture_of_ones_own_is_not_taken(
    ani: App, data: bytes, shell: dict[str, Any], status: int, code: str
) -> None:
    answered, body, location = await ani.upload(data, shell)
    assert (answered, location) == (status, "")
    assert body["code"] == code
    async with ani.instance.inside():
        assert await Attachment.all().count() == 0


BAD = [
    (b"{", 400, "not-json"),
    (b"[]", 400, "not-an-object"),
    (b'{"type":"Like","type":"Follow"}', 400, "duplicate-key"),
    (b"{" * 100, 400, "not-json"),
    ({}, 422, "unsupported-activity"),
    ({"type": "Travel", "object": "https://x.example/1"}, 422, "unsupported-activity"),
    ({"type": "Block", "object": "https://x.example/1"}, 422, "unsupported-activity"),
    ({"type": "Move", "object": "{me}"}, 422, "unsupported-activity"),
    ({"type": "Person", "id": "{me}"}, 422, "unsupported-activity"),
    ({"type": "Create", "object": "https://x.example/1"}, 422, "object-needed"),
    ({"type": "Create"}, 422, "object-needed"),
    (
        {"type": "Create", "object": {"type": "Question", "content": "x", "to": PUBLIC}},
        422,
        "object-type-unsupported",
    ),
    ({"type": "Create", "object": {"type": "Person", "to": PUBLIC}}, 422, "object-type-unsupported"),
    ({"type": "Note", "content": "", "to": PUBLIC}, 422, "empty-post"),
    ({"type": "Note", "content": "x" * 10_001, "to": PUBLIC}, 422, "too-long"),
    ({"type": "Note", "content": "<p>" * 300 + "x", "to": PUBLIC}, 201, ""),
    (
        {"type": "Note", "content": "x", "mediaType": "text/bbcode", "to": PUBLIC},
        422,
        "media-type-unsupported",
    ),
    ({"type": "Note", "content": "x"}, 422, "no-recipient"),
    ({"type": "Note", "content": "x", "to": "https://127.0.0.1/u/x"}, 422, "recipient-unknown"),
    ({"type": "Note", "content": "x", "to": "{url}/u/nobody"}, 422, "recipient-unknown"),
    ({"type": "Note", "content": "x", "to": [f"https://x.example/{n}" for n in range(51)]}, 422, "too-many"),
    ({"type": "Note", "content": "x", "to": PUBLIC, "inReplyTo": "{url}/p/1"}, 404, "not-found"),
    ({"type": "Note", "content": "x", "to": PUBLIC, "inReplyTo": [1, 2]}, 422, "one-parent"),
    (
        {"type": "Note", "content": "x", "to": PUBLIC, "attributedTo": "https://x.example/u/eve"},
        403,
        "not-your-actor",
    ),
    ({"type": "Like", "object": "{url}/p/1", "actor": "https://x.example/u/eve"}, 403, "not-your-actor"),
    ({"type": "Like", "object": {"type": "Note"}}, 422, "object-needed"),
    ({"type": "Like", "object": "{url}/p/99999999999999999999999"}, 404, "not-found"),
    ({"type": "Like", "object": ["{url}/p/1", "{url}/p/2"]}, 422, "object-needed"),
    ({"type": "Announce", "object": "{url}/p/1"}, 404, "not-found"),
    ({"type": "EmojiReact", "object": "{url}/p/1", "content": "🎉"}, 404, "not-found"),
    ({"type": "Follow", "object": "{me}"}, 403, "not-oneself"),
    ({"type": "Follow", "object": "{url}/u/nobody"}, 404, "not-found"),
    ({"type": "Follow", "object": "https://10.0.0.1/u/x"}, 400, "private-address"),
    ({"type": "Undo", "object": {"type": "Create", "object": "{url}/p/1"}}, 422, "undo-unsupported"),
    ({"type": "Undo", "object": {"type": "Like"}}, 422, "object-needed"),
    ({"type": "Update", "object": {"id": "{url}/p/1", "type": "Note"}}, 404, "not-found"),
    ({"type": "Update", "object": "{url}/p/1"}, 422, "object-needed"),
]


@pytest.mark.parametrize(("sent", "status", "code"), BAD, ids=lambda value: str(value)[:60])
async def test_s096_bad_input_is_refused_with_a_stable_code_and_changes_nothing(
    ani: App, sent: Any, status: int, code: str
) -> None:
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    raw = raw.replace(b"{me}", ani.uri.encode()).replace(b"{url}", ani.instance.url.encode())
    async with ani.instance.inside():
        before = await counts()
    answered, body, _ = await ani.post(raw)
    assert (answered, body.get("code", "")) == (status, code), body
    if status >= 400:
        async with ani.instance.inside():
            assert await counts() == before


async def test_only_activity_json_is_taken(ani: App) -> None:
    for content_type in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
        answered = await ani.refused(
            {"type": "Note", "content": "x", "to": PUBLIC}, content_type=content_type
        )
        assert answered == (415, "wrong-media-type"), content_type
    profiled = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    assert (await ani.post({"type": "Note", "content": "x", "to": PUBLIC}, content_type=profiled))[0] == 201


async def test_s077_nobody_acts_as_or_reads_as_somebody_else(ani: App, budi: App) -> None:
    note = await ani.note("Halo")
    document = {"type": "Note", "content": "x", "to": PUBLIC}
    assert await budi.refused(document, to="/u/ani/outbox") == (403, "not-your-actor")
    assert await budi.refused(document, to="/u/nobody/outbox") == (404, "not-found")
    assert await budi.refused(
        {"type": "Update", "object": {"id": note["id"], "type": "Note", "content": "y"}}
    ) == (
        404,
        "not-found",
    )
    assert await budi.refused({"type": "Delete", "object": note["id"]}) == (404, "not-found")
    assert (await budi.ask("/u/ani/inbox"))[0] == 403
    assert (await budi.ask("/u/ani/inbox/stream"))[0] == 403
    secret = await ani.do("Create", {"type": "Note", "content": "Rahasia", "to": ani.followers})
    assert (await budi.ask(secret["object"]["id"]))[0] == 404
    assert (await budi.ask(secret["id"]))[0] == 404
    assert "Rahasia" not in str((await budi.ask("/u/ani/outbox"))[1])
    assert await budi.refused({"type": "Like", "object": secret["object"]["id"]}) == (404, "not-found")
    assert await budi.refused(document | {"inReplyTo": secret["object"]["id"]}) == (404, "not-found")


async def test_without_a_token_there_is_nothing_and_a_cookie_is_none(ani: App) -> None:
    document = {"type": "Note", "content": "x", "to": PUBLIC}
    cookies = await ani.instance.signed_in(ani.user)
    assert await ani.refused(document, token="") == (401, "invalid-token")
    assert await ani.refused(document, token="", cookies=cookies) == (401, "invalid-token")
    assert await ani.refused(document, token="wrong") == (401, "invalid-token")
    for path in ("/u/ani/inbox", "/u/ani/inbox/stream", "/u/ani/outbox/stream", "/c2s/media/1"):
        async with ani.instance.http.get(ani.instance.url + path, cookies=cookies) as answer:
            assert answer.status == 401, path
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    for path in ("/c2s/proxy", "/c2s/media"):
        async with ani.instance.http.post(
            ani.instance.url + path, data={"id": ani.uri}, cookies=cookies
        ) as answer:
            assert answer.status == 401, path
    secret = await ani.do("Create", {"type": "Note", "content": "Rahasia", "to": ani.followers})
    async with ani.instance.http.get(
        secret["object"]["id"], cookies=cookies, headers={"Accept": ACTIVITY}
    ) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("scope", "document"),
    [
        ("read write:favourites", {"type": "Note", "content": "x", "to": PUBLIC}),
        ("read write:favourites", {"type": "Announce", "object": "{note}"}),
        ("read write:favourites", {"type": "Delete", "object": "{note}"}),
        ("read write:statuses", {"type": "Like", "object": "{note}"}),
        ("read write:statuses", {"type": "EmojiReact", "object": "{note}", "content": "🎉"}),
        ("read write:statuses", {"type": "Follow", "object": "{budi}"}),
        ("read write:statuses", {"type": "Accept", "object": "{budi}"}),
        ("read write:statuses", {"type": "Update", "object": {"id": "{me}", "name": "x"}}),
        ("read", {"type": "Note", "content": "x", "to": PUBLIC}),
    ],
)
async def test_s083_an_app_does_no_more_than_its_scopes(
    warga: Instance, ani: App, budi: App, host: ForeignServer, scope: str, document: dict[str, Any]
) -> None:
    note = await ani.note("Halo")
    known = {"{note}": note["id"], "{budi}": budi.uri, "{me}": ani.uri}
    text = json.dumps(document)
    for word, uri in known.items():
        text = text.replace(word, uri)
    narrow = await App.of(warga, ani.user, host, scope)
    assert await narrow.refused(json.loads(text)) == (403, "outside-scopes")
    blind = await App.of(warga, ani.user, host, "write")
    assert (await blind.ask("/u/ani/inbox"))[0] == 403
    assert (await blind.ask("/u/ani/outbox"))[0] == 403
    assert (await blind.ask("/u/ani/inbox/stream"))[0] == 403
    assert (await blind.proxy(budi.uri))[0] == 403


@pytest.mark.parametrize("scope", ["write:follows", "write:favourites", "write:statuses"])
async def test_s083_taking_back_needs_the_scope_of_what_is_taken_back(
    warga: Instance, ani: App, budi: App, host: ForeignServer, scope: str
) -> None:
    note = await budi.note("Halo")
    done = {
        "write:follows": await ani.do("Follow", budi.uri),
        "write:favourites": await ani.do("Like", note["id"]),
        "write:statuses": await ani.do("Announce", note["id"]),
    }
    narrow = await App.of(warga, ani.user, host, f"read {scope}")
    for needed, made in done.items():
        if needed != scope:
            assert await narrow.refused({"type": "Undo", "object": made["id"]}) == (403, "outside-scopes")
    await narrow.do("Undo", done[scope]["id"])


@pytest.mark.parametrize("scope", ["read:statuses", "read:notifications"])
async def test_s083_the_inbox_takes_both_of_its_scopes(
    warga: Instance, ani: App, host: ForeignServer, scope: str
) -> None:
    half = await App.of(warga, ani.user, host, scope)
    for path in ("/u/ani/inbox", "/u/ani/inbox/stream"):
        assert (await half.ask(path))[0] == 403
    whole = await App.of(warga, ani.user, host, "read:statuses read:notifications")
    assert (await whole.ask("/u/ani/inbox"))[0] == 200


@pytest.mark.parametrize(
    ("bucket", "document"),
    [
        ("post", {"type": "Note", "content": "x", "to": PUBLIC}),
        ("post", {"type": "Announce", "object": "{note}"}),
        ("post", {"type": "Update", "object": {"id": "{note}", "type": "Note", "content": "x"}}),
        ("delete", {"type": "Delete", "object": "{note}"}),
        ("follow", {"type": "Follow", "object": "{budi}"}),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value["type"]),
)
async def test_what_an_app_does_counts_towards_its_persons_limits(
    ani: App, budi: App, bucket: str, document: dict[str, Any]
) -> None:
    note = await ani.note("Halo")
    limiter = ani.instance.site.limiter
    limiter.is_on = True
    for _ in range(BUCKETS[bucket].amount):
        await limiter.hit(bucket, ani.user.actor_id)
    text = json.dumps(document).replace("{note}", note["id"]).replace("{budi}", budi.uri)
    assert await ani.refused(json.loads(text)) == (429, "too-many")
    async with ani.instance.inside():
        assert [post.source for post in await Post.all()] == ["Halo"]
        assert await Follow.all().count() == 0


async def test_s094_pages_of_any_origin_may_call_with_a_token_and_read_documents(ani: App) -> None:
    note = await ani.note("Halo")
    http, url = ani.instance.http, ani.instance.url
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    for path in (
        "/u/ani/outbox",
        "/u/ani/inbox",
        "/c2s/proxy",
        "/c2s/media",
        "/u/ani/inbox/stream",
        "/oauth/register",
    ):
        async with http.options(url + path, headers=asked) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
            assert "Access-Control-Allow-Credentials" not in answer.headers
    for path in (ani.uri, note["id"], f"{url}/u/ani/outbox", f"{url}/u/ani/followers"):
        async with http.get(path, headers={"Accept": ACTIVITY, "Origin": "https://app.example"}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*", path
    for path in (ani.uri, note["id"]):
        async with http.get(path, headers={"Accept": "text/html", "Origin": "https://app.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
        async with http.options(path, headers=asked) as answer:
            assert answer.headers["Access-Control-Allow-Methods"] == "GET, OPTIONS"
    async with http.post(
        f"{url}/u/ani/outbox",
        data=b'{"type":"Note","content":"x","to":"as:Public"}',
        headers={"Content-Type": ACTIVITY, "Authorization": f"Bearer {ani.token}"},
    ) as answer:
        assert "Location" in answer.headers["Access-Control-Expose-Headers"]


async def test_the_outbox_shows_its_owner_everything_and_others_what_is_public(ani: App, budi: App) -> None:
    note = await ani.note("Halo")
    secret = await ani.do("Create", {"type": "Note", "content": "Rahasia", "to": [budi.uri]})
    like = await ani.do("Like", note["id"])
    collection = await ani.read("/u/ani/outbox")
    assert (collection["type"], collection["first"]) == ("OrderedCollection", f"{ani.uri}/outbox?page=first")
    assert collection["eventStream"] == f"{ani.uri}/outbox/stream"
    items = await ani.items("outbox")
    assert [item["id"] for item in items][:2] == [like["id"], secret["id"]]
    status, public = await ani.ask("/u/ani/outbox", token="")
    assert status == 200
    assert [item["object"]["id"] for item in public["orderedItems"]] == [note["id"]]
    assert (await budi.ask("/u/ani/outbox"))[1] == public


async def test_pages_go_on_where_the_last_one_ended(ani: App, warga: Instance) -> None:
    async with warga.inside() as site:
        for number in range(45):
            await create_post(site, ani.user.actor, Draft(source=f"Nomor {number}"))
    seen: list[str] = []
    query = "?page=first"
    while query:
        page = await ani.page("outbox", query)
        assert (page["type"], page["partOf"]) == ("OrderedCollectionPage", f"{ani.uri}/outbox")
        seen += [item["object"]["id"] for item in page["orderedItems"]]
        query = page.get("next", "").partition("/outbox")[2]
    assert len(seen) == len(set(seen)) == 45
    assert await ani.ask("/u/ani/outbox?below=x") == (
        422,
        {"error": "below must be an id.", "code": "not-an-id"},
    )
