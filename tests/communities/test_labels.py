"""Labels for posts (`CommunityPostTag`): named by a community, chosen by authors, believed only when they are its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from communities import membership
from communities.flairs import read_lines, relabel
from communities.listing import Order, threads
from communities.log import community_log
from communities.models import PostFlair
from federation.models import Actor
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.flair import chosen_among, flair_tag, flairs_of, labels_of
from sebangsa.models import Post
from tests.communities.towns import Town
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import PUBLIC
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle, unfinished

LINES = "Banjir #1d6fa5\nJalan rusak"


async def _settings(town: Town, flairs: str) -> int:
    ani = await FormBrowser.of(town.warga, town.ani)
    path = "/c/tebet/settings"
    fields = {"title": "Tebet", "join_mode": "open", "posting": "anyone", "is_listed": "1", "flairs": flairs}
    status, _ = await ani.post(path, **fields)
    await settle(town.warga, town.kota)
    return status


async def _names(at: Instance, post: Post) -> list[str]:
    async with at.inside():
        seen = await Post.get(uri=post.uri).select_related("community")
        assert seen.community is not None
        rows = await PostFlair.filter(post_id=seen.id).values_list("flair", flat=True)
        shown = labels_of(seen, seen.community)
        assert sorted(flair.id for flair in shown) == sorted(map(str, rows))
        return [flair.display_name for flair in shown]


async def test_a_communitys_labels_are_named_published_chosen_shown_and_filtered(town: Town) -> None:
    assert await _settings(town, LINES) == 303
    async with town.warga.http.get(
        f"{town.warga.url}/c/tebet", headers={"accept": "application/activity+json"}
    ) as answer:
        document = json.loads(await answer.text())
    uri = f"{town.warga.url}/c/tebet/tag"
    assert [(tag["type"], tag["id"], tag["preferredUsername"]) for tag in document["tag"]] == [
        ("CommunityPostTag", f"{uri}/banjir", "banjir"),
        ("CommunityPostTag", f"{uri}/jalan_rusak", "jalan_rusak"),
    ]
    async with town.kota.inside():
        group = await Actor.get(uri=town.group.uri)
        tags = [flair_tag(flair) for flair in chosen_among(group, ["banjir"])]
    labelled = await town.post(town.kota, town.budi, extra={"tag": tags}, name="Air naik")
    plain = await town.post(town.kota, town.budi, name="Lain")
    for where in (town.warga, town.kota):
        assert await _names(where, labelled) == ["Banjir"]
        assert await _names(where, plain) == []
        async with where.inside() as site:
            group = await Actor.get(uri=town.group.uri)
            found = await threads(site, group, None, Order(flair="banjir"))
            assert [post.name for post in found] == ["Air naik"]
            assert await threads(site, group, None, Order(flair="tidak_ada")) == []
    visitor = FormBrowser(town.warga)
    _, text = await visitor.get("/c/tebet")
    assert 'href="?flair=banjir"' in text
    assert 'fill="#1d6fa5"' in text
    _, text = await visitor.get("/c/tebet?flair=banjir")
    assert "Air naik" in text
    assert "Lain</a>" not in text
    assert (await visitor.get("/c/tebet?flair=%00"))[0] == 200
    assert await unfinished(town.warga.site) == {"inbound": [], "deliveries": []}


async def test_a_label_keeps_its_id_when_others_change_and_is_not_shown_when_it_is_gone(town: Town) -> None:
    await _settings(town, LINES)
    async with town.warga.inside():
        group = await Actor.get(id=town.group.id)
        before = {flair.display_name: flair.id for flair in flairs_of(group)}
        tags = [flair_tag(flair) for flair in chosen_among(group, ["banjir"])]
        changed = {
            flair.display_name: flair.id for flair in read_lines(group, "Lain\nbanjir\nBanjir #000000")
        }
        assert changed["Banjir"] == before["Banjir"]
        assert len(set(changed.values())) == 3
        for bad in ("x" * 41, "\n".join(f"L{number}" for number in range(31))):
            with pytest.raises(Invalid):
                read_lines(group, bad)
    post = await town.post(town.warga, town.ani, extra={"tag": tags})
    await _settings(town, "Jalan rusak")
    async with town.kota.inside():
        seen = await Post.get(uri=post.uri).select_related("community")
        assert seen.community is not None
        assert labels_of(seen, seen.community) == []


async def test_authors_and_moderators_relabel_a_post_and_every_server_follows(town: Town) -> None:
    await _settings(town, LINES)
    post = await town.post(town.warga, await town.warga.user("dewi"))
    ani = await FormBrowser.of(town.warga, town.ani)
    assert 'name="flair"' in (await ani.get(f"/p/{post.id}"))[1]
    async with town.warga.inside() as site:
        group = await Actor.get(id=town.group.id)
        ids = [flair.id for flair in flairs_of(group)]
        stranger = await Actor.get(uri=town.budi.actor.uri)
        written = await Post.get(id=post.id)
        with pytest.raises(NotAllowed):
            await relabel(site, stranger, written, ids)
    assert (await ani.post(f"/p/{post.id}/flair", form_on=f"/p/{post.id}", flair=ids[1]))[0] == 303
    await settle(town.warga, town.kota)
    for where in (town.warga, town.kota):
        assert await _names(where, post) == ["Jalan rusak"]
        async with where.inside():
            log = await community_log(await Actor.get(uri=town.group.uri))
            assert [entry.reason for entry in log if entry.action == "label"] == ["Jalan rusak"]
    async with town.warga.inside() as site:
        written = await Post.get(id=post.id).select_related("author")
        await relabel(site, written.author, written, [])
    await settle(town.warga, town.kota)
    for where in (town.warga, town.kota):
        assert await _names(where, post) == []
        assert await unfinished(where.site) == {"inbound": [], "deliveries": []}


# --- what strangers say ------------------------------------------------------------------------------------------


def _tag(uri: str, name: str) -> dict[str, Any]:
    return {"type": "CommunityPostTag", "id": uri, "preferredUsername": name}


async def test_s044_a_label_that_is_not_the_groups_own_is_not_believed(village: Village) -> None:
    group = village.group_of(village.good)
    own, foreign = f"{group.uri}/tag/berita", f"{village.evil.origin}/tag/resmi"
    village.good.documents["/users/rw"]["tag"] = [_tag(own, "berita"), _tag(foreign, "resmi")]
    await village.follow(group)
    author = village.good.actor("penulis")
    page = page_of(
        author,
        "1",
        group.uri,
        tag=[_tag(own, "BERITA PALSU"), _tag(foreign, "resmi"), _tag(f"{group.uri}/tag/x", "x")],
    )
    assert (await village.deliver(group, announce(group, author.activity("Create", page))))[1] == "done"
    post = await village.find(page["id"])
    assert post is not None
    assert post.community is not None
    assert [(flair.id, flair.display_name) for flair in labels_of(post, post.community)] == [(own, "berita")]


async def test_labels_of_piefed_in_its_older_form_are_the_groups_labels(village: Village) -> None:
    """`lemmy:tagsForPosts` of the group, `lemmy:CommunityTag` under a post."""
    group = village.group_of(village.good)
    own = {
        "type": "lemmy:CommunityTag",
        "id": f"{group.uri}/tag/110",
        "display_name": "Berita",
        "background_color": "#1D6FA5",
        "text_color": "#ffffff",
    }
    village.good.documents["/users/rw"]["lemmy:tagsForPosts"] = [own]
    await village.follow(group)
    author = village.good.actor("penulis")
    page = page_of(author, "1", group.uri, tag=[own])
    assert (await village.deliver(group, announce(group, author.activity("Create", page))))[1] == "done"
    post = await village.find(page["id"])
    assert post is not None
    assert post.community is not None
    assert [(flair.display_name, flair.background) for flair in labels_of(post, post.community)] == [
        ("Berita", "#1d6fa5")
    ]


async def test_s038_only_a_moderator_relabels_anothers_post_and_changes_nothing_else(
    village: Village,
) -> None:
    group = village.group_of(village.good)
    own = f"{group.uri}/tag/berita"
    village.good.documents["/users/rw"]["tag"] = [_tag(own, "berita")]
    await village.follow(group)
    author, moderator = village.evil.actor("penulis"), village.evil.actor("moderator")
    page = page_of(author, "1", group.uri)
    assert (await village.deliver(group, announce(group, author.activity("Create", page))))[1] == "done"
    changed = page | {"tag": [_tag(own, "berita")], "content": "<p>Palsu</p>"}
    update = moderator.activity("Update", changed, to=[PUBLIC, group.uri], audience=group.uri)
    assert (await village.deliver(moderator, update))[1] == "refused"
    village.good.documents["/users/rw/moderators"]["orderedItems"] = [moderator.uri]
    async with village.warga.inside() as site:
        known = await Actor.get(uri=group.uri)
        who = await Actor.get(uri=moderator.uri)
        held = await membership.held_by(site, known, who)
        await held.change(role=membership.Role.MODERATOR)
    update["id"] += "-2"
    assert (await village.deliver(moderator, update))[1] == "done"
    post = await village.find(page["id"])
    assert post is not None
    assert (post.content, [tag["id"] for tag in post.extra["tag"]]) == ("<p>Asli</p>", [own])
