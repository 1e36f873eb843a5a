"""Our community's documents, held to what makes Lemmy drop one; and captured ones of Lemmy, replayed (interop b1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from communities import membership, moderating
from communities.describing import Description, describe_community
from communities.models import JoinMode
from federation import strict_json
from federation.federation import Federation
from federation.inbound import Fetches, Inbound
from federation.models import Actor, Follow, FollowState, OutboundActivity, Peer
from federation.processing import handle
from federation.refusals import Refused
from federation.registry import Verdict
from federation.wire import read_activity
from sebangsa import posting
from sebangsa.models import Post
from tests.communities.towns import Town, found_town
from tests.communities.village import Village, announce, page_of
from tests.documents.captured import captured_folder
from tests.instances import Instance, settle

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
ACCEPTED = {
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
}


@pytest.fixture
async def pair(start: Any) -> Town:
    """The town on SQLite alone: documents do not differ by database."""
    about = Description(title="Tebet", sidebar="Halo **semua**")
    return await found_town(await start("warga"), await start("kota"), about)


async def _get(instance: Instance, url: str) -> dict[str, Any]:
    async with instance.http.get(url, headers={"accept": "application/activity+json"}) as answer:
        assert answer.status == 200, url
        assert answer.headers["content-type"] in ACCEPTED
        document: dict[str, Any] = json.loads(await answer.text())
        return document


def _no_nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return all(child is not None and _no_nulls(child) for child in value.values())
    return all(_no_nulls(child) for child in value) if isinstance(value, list) else True


def _is_page_lemmy_keeps(page: dict[str, Any], group: str) -> None:
    """Each line of "what makes Lemmy drop a whole document"."""
    assert page["type"] == "Page"
    assert "inReplyTo" not in page
    assert {group, PUBLIC} <= set(page["to"])
    assert isinstance(page["cc"], list)
    assert page["audience"] == group
    assert isinstance(page["attributedTo"], str)
    assert isinstance(page["context"], str)
    assert all(item["type"] in ("Link", "Image", "Document") for item in page["attachment"])
    assert isinstance(page.get("image", {}), dict)
    assert page["mediaType"] == "text/html"
    assert page["source"]["mediaType"] == "text/markdown"
    assert 0 < len(page["name"]) <= 200
    assert page["published"].endswith("Z")
    assert page["url"].startswith("http")
    assert page["summary"]  # all that Mastodon shows of it
    assert any(tag["type"] == "Mention" and tag["href"] == group for tag in page["tag"])
    assert page["id"].split("/")[2] == page["attributedTo"].split("/")[2]
    assert _no_nulls(page)


async def test_the_groups_document_is_one_that_lemmy_parses(pair: Town) -> None:
    group = await _get(pair.warga, pair.group.uri)
    assert group["@context"][0] == AS
    assert group["type"] == "Group"
    assert group["id"] == pair.group.uri
    assert group["preferredUsername"] == "tebet"
    assert group["name"] == "Tebet"
    assert group["source"] == {"content": "Halo **semua**", "mediaType": "text/markdown"}
    assert "<strong>semua</strong>" in group["summary"]
    for key in ("inbox", "outbox", "followers", "featured", "attributedTo"):
        assert group[key].startswith(f"{pair.group.uri}/"), key
    assert group["attributedTo"] == f"{pair.group.uri}/moderators"
    assert group["postingRestrictedToMods"] is False
    assert group["endpoints"]["sharedInbox"] == f"{pair.warga.url}/inbox"
    assert group["publicKey"]["owner"] == pair.group.uri
    assert group["manuallyApprovesFollowers"] is False
    assert group["published"].endswith("Z")
    assert _no_nulls(group)


async def test_a_community_that_approves_members_is_not_taken_for_a_private_one(pair: Town) -> None:
    async with pair.warga.inside() as site:
        about = Description(title="Tebet", join_mode=JoinMode.APPROVAL, join_question="Gang berapa?")
        await describe_community(site, pair.ani.actor, await Actor.get(id=pair.group.id), about)
    group = await _get(pair.warga, pair.group.uri)
    assert group["manuallyApprovesFollowers"] is False
    citra = await pair.kota.user("citra")
    async with pair.kota.inside() as site:
        await membership.join(site, citra.actor, await Actor.get(id=pair.group_at_kota.id))
    await settle(pair.warga, pair.kota)
    async with pair.warga.inside() as site:
        community = await Actor.get(id=pair.group.id)
        [(asked, _)] = await membership.requests_of(community)
        assert asked.state == FollowState.PENDING
        await membership.approve(site, pair.ani.actor, community, asked.follower)
    await settle(pair.warga, pair.kota)
    async with pair.kota.inside():
        assert (await Follow.get(follower_id=citra.actor_id)).state == FollowState.ACCEPTED


async def test_its_collections_have_the_shapes_that_lemmy_parses(pair: Town) -> None:
    post = await pair.post(pair.warga, pair.ani, link_url="https://example.org/berita")
    remote = await pair.post(pair.kota, pair.budi, name="Lampu mati")
    await pair.post(pair.warga, pair.ani, source="komentar", in_reply_to=await pair.seen(pair.warga, post))
    async with pair.warga.inside() as site:
        await moderating.pin_post(site, pair.ani.actor, await Post.get(id=post.id))
    uri = pair.group.uri
    moderators = await _get(pair.warga, f"{uri}/moderators")
    assert (moderators["type"], moderators["orderedItems"]) == ("OrderedCollection", [pair.ani.actor.uri])
    followers = await _get(pair.warga, f"{uri}/followers")
    assert (followers["type"], followers["totalItems"], followers["items"]) == ("Collection", 2, [])
    featured = await _get(pair.warga, f"{uri}/featured")
    assert featured["type"] == "OrderedCollection"
    [page] = featured["orderedItems"]
    _is_page_lemmy_keeps(page, uri)
    outbox = await _get(pair.warga, f"{uri}/outbox")
    assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", 2)
    assert [item["object"]["object"]["id"] for item in outbox["orderedItems"]] == [remote.uri, post.uri]
    for item in outbox["orderedItems"]:
        assert (item["type"], item["actor"], item["object"]["type"]) == ("Announce", uri, "Create")
        assert isinstance(item["cc"], list)
        _is_page_lemmy_keeps(item["object"]["object"], uri)


async def test_the_outbox_forgets_what_was_edited_deleted_or_removed(pair: Town) -> None:
    edited = await pair.post(pair.warga, pair.ani, source="salah")
    deleted = await pair.post(pair.warga, pair.ani, source="rahasia", name="Dua")
    removed = await pair.post(pair.kota, pair.budi, source="iklan", name="Tiga")
    remote = await pair.post(pair.kota, pair.budi, source="keliru", name="Empat")
    async with pair.warga.inside() as site:
        await posting.edit_post(site, pair.ani.actor, await Post.get(id=edited.id), source="benar")
        await posting.delete_post(site, pair.ani.actor, await Post.get(id=deleted.id))
        await moderating.remove_post(site, pair.ani.actor, await Post.get(uri=removed.uri))
    async with pair.kota.inside() as site:
        await posting.edit_post(site, pair.budi.actor, await Post.get(id=remote.id), source="tepat")
    await settle(pair.warga, pair.kota)
    text = json.dumps(await _get(pair.warga, f"{pair.group.uri}/outbox"))
    assert "benar" in text
    for gone in ("salah", "rahasia", "iklan", "keliru"):
        assert gone not in text


async def test_an_announce_carries_the_authors_bytes_and_their_proof(village: Village) -> None:
    follower = village.good.actor("pengikut")
    await village.deliver(follower, follower.activity("Follow", village.group.uri))
    writer = village.good.actor("budi")
    page = page_of(writer, "1", village.group.uri)
    create = writer.activity("Create", page) | {"proof": {"kept": [1.0, "é", {"b": 1, "a": 2}]}}
    del create["proof"]
    create["z"], create["a"] = {"kept": 1.50}, "é"
    await village.deliver(writer, create)
    await village.thread()
    await settle(village.warga)
    async with village.warga.inside():
        sent = await OutboundActivity.filter(actor_id=village.group.id, type="Announce").order_by("id")
        assert json.dumps(create) in sent[0].body
    announces = [got for got in village.good.received if got["type"] == "Announce"]
    assert len({got["id"] for got in announces}) == len(announces) == 4
    for got in announces:
        assert got["to"] == [PUBLIC]
        assert got["cc"] == [f"{village.group.uri}/followers"]
    whole = [got for got in announces if isinstance(got["object"], dict)]
    assert [got["object"]["type"] for got in whole] == ["Create", "Create"]
    _is_page_lemmy_keeps(whole[1]["object"]["object"], village.group.uri)
    assert whole[1]["object"]["proof"]["type"] == "DataIntegrityProof"


async def test_votes_edits_and_deletions_are_announced_byte_for_byte_too(village: Village) -> None:
    follower = village.good.actor("pengikut")
    await village.deliver(follower, follower.activity("Follow", village.group.uri))
    writer = village.good.actor("budi")
    page = page_of(writer, "1", village.group.uri)
    await village.deliver(writer, writer.activity("Create", page))
    thread = await village.thread()
    like = writer.activity("Like", thread.uri, audience=village.group.uri)
    for activity in (
        writer.activity("Update", page | {"content": "<p>Baru</p>", "updated": "2026-11-25T00:00:00Z"}),
        like,
        writer.activity("Undo", like),
        writer.activity("EmojiReact", thread.uri, content="🎉"),
        writer.activity("Delete", page["id"], to=[PUBLIC], cc=[village.group.uri]),
    ):
        activity |= {"z": {"kept": 1.50, "b": [1.0, "é"]}, "a": "\u00e9"}
        assert (await village.deliver(writer, activity))[1] == "done"
        async with village.warga.inside():
            sent = await OutboundActivity.filter(actor_id=village.group.id, type="Announce").order_by("-id")
            assert json.dumps(activity) in sent[0].body, activity["type"]


@pytest.mark.parametrize(
    ("software", "forms"), [("lemmy", ["activity"]), ("mastodon", ["id"]), ("", ["activity", "id"])]
)
async def test_each_software_gets_the_form_that_it_reads(
    village: Village, software: str, forms: list[str]
) -> None:
    follower = village.good.actor("pengikut")
    await village.deliver(follower, follower.activity("Follow", village.group.uri))
    async with village.warga.inside():
        await Peer.filter(host=village.good.host).update(software=software)
    post = await village.thread()
    await settle(village.warga)
    got = [got for got in village.good.received if got["type"] == "Announce"]
    assert sorted("id" if got["object"] == post.uri else "activity" for got in got) == forms


async def test_a_group_of_unknown_software_that_announces_activities_is_sent_those_alone(
    village: Village,
) -> None:
    group, writer = village.group_of(village.good), village.good.actor("tini")
    await village.deliver(group, group.activity("Follow", village.group.uri))
    await village.follow(group)
    created = writer.activity("Create", page_of(writer, "1", group.uri))
    assert await village.deliver(group, announce(group, created)) == (202, "done", "")
    async with village.warga.inside():
        assert (await Peer.get(host=village.good.host)).software == ""
    village.good.received.clear()
    post = await village.thread()
    await settle(village.warga)
    assert [got["object"]["object"]["id"] for got in village.good.received] == [post.uri]


async def test_a_post_stands_in_the_community_that_is_its_audience_whomever_else_it_names(
    village: Village,
) -> None:
    group, writer = village.group_of(village.good), village.good.actor("tini")
    known = await village.follow(group)
    ours = {"type": "Mention", "href": village.group.uri, "name": "@tebet"}
    page = page_of(writer, "1", group.uri, cc=[village.group.uri], tag=[ours])
    assert await village.deliver(writer, writer.activity("Create", page)) == (202, "done", "")
    found = await village.find(page["id"])
    assert found is not None
    assert found.community_id == known.id


async def test_comments_are_not_shown_as_boosts(village: Village) -> None:
    follower = village.good.actor("pengikut")
    await village.deliver(follower, follower.activity("Follow", village.group.uri))
    post = await village.thread()
    async with village.warga.inside() as site:
        comment = await posting.create_post(
            site, village.ani.actor, posting.Draft(source="ya", in_reply_to=post)
        )
    await settle(village.warga)
    assert comment.uri not in [got["object"] for got in village.good.received if got["type"] == "Announce"]


# --- captured documents -----------------------------------------------------------------------------------------


class _Network:
    """Hands a handler the documents of servers that are not there."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.fetches = Fetches()

    async def actor(self, uri: str, type_: str = "Person") -> Actor:
        async with self.instance.inside() as site:
            known = await Actor.get_or_none(uri=uri)
            if known is not None:
                return known
            host = uri.split("/")[2]
            return await Actor.create(
                id=site.ids.next(), uri=uri, type=type_, username=uri.rsplit("/", 1)[1].lower(), host=host, domain=host,
                inbox_url=f"{uri}/inbox", followers_url=f"{uri}/followers", moderators_url=f"{uri}/moderators",
                featured_url=f"{uri}/featured", created_at=site.clock.now(), updated_at=site.clock.now(),
            )  # fmt: skip

    async def announce(self, fed: Federation, document: dict[str, Any]) -> Verdict:
        async with self.instance.inside():
            activity = read_activity(document, allow_http=True)
            group = await Actor.get(uri=activity.actor)
            raw = strict_json.dumps(document).decode()
            return await handle(Inbound(fed, activity, group, document, raw, fetches=self.fetches))


def _captured(path: str) -> dict[str, Any]:
    folder = captured_folder()
    if folder is None:
        pytest.skip("SEBANGSA_TEST_DOCUMENTS is not set: captured documents are not replayed")
    document: dict[str, Any] = json.loads((folder / "lemmy" / path).read_text())
    return document


async def _member(network: _Network, group_uri: str) -> Actor:
    group = await network.actor(group_uri, "Group")
    ani = await network.instance.user("ani")
    async with network.instance.inside() as site:
        await Follow.create(
            id=site.ids.next(), follower=ani.actor, target=group, state=FollowState.ACCEPTED,
            uri=f"{network.instance.url}/a/1", created_at=site.clock.now(),
        )  # fmt: skip
    return group


async def test_a_captured_announce_of_a_page_files_it_once(start: Any) -> None:
    document = _captured("lemmy-suite/activities/community/announce_create_page.json")
    network = _Network(await start("warga"))
    group = await _member(network, document["actor"])
    await network.actor(document["object"]["actor"])
    fed = network.instance.site.federation
    for _ in range(2):
        assert await network.announce(fed, document) is Verdict.HANDLED
    page = document["object"]["object"]
    # The second form, for Mastodon, is known by then.
    again = document | {"id": f"{document['id']}-2", "object": page["id"]}
    assert await network.announce(fed, again) is Verdict.HANDLED
    async with network.instance.inside():
        [found] = await Post.all()
        assert (found.uri, found.name, found.community_id) == (page["id"], "post 4", group.id)


async def test_captured_moderation_of_lemmy_is_read_when_its_group_announces_it(start: Any) -> None:
    page = _captured("lemmy-suite/activities/community/announce_create_page.json")["object"]
    network = _Network(await start("warga"))
    group = await _member(network, "http://enterprise.lemmy.ml/c/main")
    fed = network.instance.site.federation
    moderator = await network.actor("http://enterprise.lemmy.ml/u/lemmy_beta")
    person = await network.actor("http://ds9.lemmy.ml/u/lemmy_alpha")
    number = 0

    async def announced(inner: dict[str, Any]) -> None:
        nonlocal number
        number += 1
        outer = {
            "id": f"{group.uri}/announce/{number}",
            "type": "Announce",
            "actor": group.uri,
            "to": [PUBLIC],
        }
        assert await network.announce(fed, outer | {"object": inner}) is Verdict.HANDLED

    await announced(page)
    post_uri = page["object"]["id"]
    await announced(_captured("lemmy-suite/activities/community/add_mod.json"))
    async with network.instance.inside() as site:
        assert await membership.Membership.filter(actor_id=person.id, role="moderator").exists()
    await announced(_captured("lemmy-suite/activities/community/remove_mod.json"))
    lock = _captured("lemmy-suite/activities/community/lock_page.json")
    await announced(
        lock
        | {"actor": moderator.uri, "object": post_uri, "id": f"{moderator.uri}/lock", "audience": group.uri}
    )
    unblock = _captured("lemmy-suite/activities/block/undo_block_user.json")
    await announced(unblock["object"] | {"endTime": "2099-01-01T00:00:00Z"})
    async with network.instance.inside() as site:
        assert not await membership.Membership.filter(actor_id=person.id, role="moderator").exists()
        assert (await membership.Membership.get(actor_id=person.id)).is_banned(site.clock.now())
        assert (await Post.get(uri=post_uri)).is_locked
    await announced(unblock)
    removal = _captured("lemmy-suite/activities/deletion/undo_remove_note.json")
    await announced(removal["object"] | {"object": post_uri})
    async with network.instance.inside() as site:
        assert not (await membership.Membership.get(actor_id=person.id)).is_banned(site.clock.now())
        assert (await Post.get(uri=post_uri)).removed_at is not None
    await announced(removal | {"object": removal["object"] | {"object": post_uri}})
    async with network.instance.inside():
        assert (await Post.get(uri=post_uri)).removed_at is None


async def test_captured_announces_of_a_live_lemmy_are_read(start: Any) -> None:
    network = _Network(await start("warga"))
    fed = network.instance.site.federation
    like = _captured("pyfedi-suite/body_1_formatted.json")
    group = await _member(network, like["actor"])
    voter = await network.actor(like["object"]["actor"])
    async with network.instance.inside() as site:
        author = await network.actor("https://kbin.social/u/seseorang")
        post = await Post.create(
            id=site.ids.next(), uri=like["object"]["object"], author=author, community=group,
            created_at=site.clock.now(),
        )  # fmt: skip
    assert await network.announce(fed, like) is Verdict.HANDLED
    async with network.instance.inside():
        assert (await Post.get(id=post.id)).likes_count == 1
    assert voter.id


async def test_a_captured_comment_of_another_host_is_fetched_not_believed(start: Any) -> None:
    network = _Network(await start("warga"))
    document = _captured("pyfedi-suite/body_3_formatted.json")
    await _member(network, document["actor"])
    await network.actor(document["object"]["actor"])
    note = document["object"]["object"]
    network.fetches.refused[note["id"]] = Refused("not-found", note["id"])
    with pytest.raises(Refused):
        await network.announce(network.instance.site.federation, document)
    async with network.instance.inside():
        assert not await Post.exists(uri=note["id"])
