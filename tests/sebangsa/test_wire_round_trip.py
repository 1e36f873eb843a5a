"""What we write we read back the same: posts, what is done with them, people and groups."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communities.models import Community, JoinMode, Posting
from communities.wire import (
    announce,
    announce_object,
    block,
    featured_document,
    followers_document,
    group_extra,
    moderators_document,
    removal,
)
from communities.wire import undo as undo_moderation
from federation import strict_json
from federation.actor_document import actor_document
from federation.config import FederationConfig
from federation.local_actors import create_local_actor
from federation.models import Actor
from federation.wire import read_activity, read_actor, read_collection, read_object
from sebangsa.addressing import addresses_of
from sebangsa.models import Attachment, Post, Visibility
from sebangsa.site import Site
from sebangsa.wire import activity_about, create_activity, post_document, undo_activity, update_activity

HOME = "https://warga.example"
CONFIG = FederationConfig(base_url=HOME, domain="warga.example", version="0")
WHEN = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)

many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
# What our own columns hold: no NUL, no half emoji (they were replaced when they came in).
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
words = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)


def person(name: str, number: int, host: str = HOME, **columns: Any) -> Actor:
    uri = f"{host}/u/{name}"
    return Actor(
        id=number,
        uri=uri,
        type="Person",
        username=name,
        domain="" if host == HOME else host.removeprefix("https://"),
        inbox_url=f"{uri}/inbox",
        followers_url=f"{uri}/followers",
        **columns,
    )


ANI = person("ani", 1)
RW = person("rw", 2)
RW.type, RW.moderators_url, RW.featured_url = "Group", f"{RW.uri}/moderators", f"{RW.uri}/featured"
FRIENDS = [person(f"teman{number}", 10 + number, "https://good.example") for number in range(3)]


def over_the_wire(document: dict[str, Any]) -> dict[str, Any]:
    """As the other side parses it."""
    return strict_json.parse_object(strict_json.dumps(document))


posts = st.builds(
    Post,
    id=st.just(7),
    uri=st.just(f"{HOME}/p/7"),
    url=st.just(""),
    kind=st.sampled_from(["note", "page", "article", "event"]),
    name=texts.map(str.strip),
    summary=texts,
    content=texts.map(lambda text: f"<p>{text}</p>"),
    source=texts,
    language=st.sampled_from(["", "id", "en"]),
    visibility=st.sampled_from(list(Visibility)),
    is_sensitive=st.booleans(),
    conversation=st.just(f"{HOME}/p/7/context"),
    link_url=st.sampled_from(["", "https://kota.example/berita?x=1&y=2"]),
    created_at=st.just(WHEN),
    edited_at=st.sampled_from([None, WHEN]),
    extra=st.just({}),
)
pictures = st.builds(
    Attachment,
    media_type=st.sampled_from(["image/png", "image/jpeg", "image/webp"]),
    description=texts.map(str.strip),
    width=st.integers(1, 4000),
    height=st.integers(1, 4000),
    blurhash=st.just("LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
    focus_x=st.sampled_from([None, 0.0, -0.5]),
    focus_y=st.sampled_from([None, 0.0, 1.0]),
    extra=st.just({}),
)


@many
@given(
    posts,
    st.lists(st.sampled_from(FRIENDS), unique_by=id, max_size=3),
    st.lists(words, unique=True, max_size=4),
    st.lists(pictures, max_size=4),
    st.sampled_from(["", "https://good.example/notes/1"]),
    st.booleans(),
)
def test_a_post_is_read_back_as_it_was_written(
    post: Post, friends: list[Actor], tags: list[str], shown: list[Attachment], parent: str, in_group: bool
) -> None:
    community = RW if in_group else None
    post.community_id = RW.id if in_group else None
    urls = [f"{HOME}/media/{number}.png" for number in range(len(shown))]
    document = post_document(
        CONFIG,
        post,
        ANI,
        addresses_of(post, ANI, friends, community),
        mentioned=friends,
        tags=tags,
        attachments=shown,
        attachment_urls=urls,
        community=community,
        in_reply_to=parent,
        excerpt="awal",
    )
    for activity in (
        create_activity(ANI, document, f"{HOME}/a/1"),
        update_activity(ANI, document, WHEN) | {"id": f"{HOME}/a/2"},
    ):
        brought = read_activity(over_the_wire(activity))
        assert (brought.actor, brought.object_id, brought.published) == (ANI.uri, post.uri, WHEN)
        assert brought.audience == (community.uri if community else "")
        assert set(brought.to) == set(document["to"])
        assert brought.is_public == (post.visibility in (Visibility.PUBLIC, Visibility.UNLISTED))
    found = read_object(over_the_wire(document))
    assert (found.id, found.kind, found.attributed_to) == (post.uri, post.kind, ANI.uri)
    assert found.content.endswith(post.content)
    assert found.name == post.name
    assert found.source == post.source
    assert found.language == post.language
    assert found.sensitive == post.is_sensitive
    assert found.in_reply_to == parent
    assert found.conversation == post.conversation
    assert (found.published, found.updated) == (WHEN, post.edited_at)
    assert [mention.href for mention in found.mentions][: len(friends)] == [friend.uri for friend in friends]
    assert sorted(tag.removeprefix("#") for tag in found.hashtags) == sorted(tags)
    assert [link.href for link in found.links] == ([post.link_url] if post.link_url else [])
    assert [(seen.url, seen.media_type, seen.alt) for seen in found.attachments] == [
        (url, picture.media_type, picture.description) for url, picture in zip(urls, shown, strict=True)
    ]
    assert found.is_direct == (post.visibility == Visibility.DIRECT)


@many
@given(st.sampled_from(["Like", "Dislike", "Announce", "Follow"]), st.booleans())
def test_what_is_done_and_undone_is_read_back_as_it_was_written(kind: str, embedded: bool) -> None:
    about = FRIENDS[0].uri if kind == "Follow" else "https://good.example/notes/1"
    done = activity_about(kind, ANI, about, to=[FRIENDS[0].uri], cc=[], id=f"{HOME}/a/1")
    found = read_activity(over_the_wire(done))
    assert (found.id, found.type, found.actor, found.object_id) == (f"{HOME}/a/1", kind, ANI.uri, about)
    undone = read_activity(over_the_wire(undo_activity(ANI, done) | {"id": f"{HOME}/a/2"}))
    assert undone.inner is not None
    assert (undone.inner.id, undone.inner.type, undone.inner.object_id) == (found.id, kind, about)
    if kind != "Follow":
        inner = json.dumps({name: value for name, value in done.items() if name != "@context"})
        wrapped = announce(RW, inner) if embedded else announce_object(RW, about)
        passed_on = read_activity(over_the_wire(wrapped | {"id": f"{HOME}/a/3"}))
        assert (passed_on.actor, passed_on.is_public) == (RW.uri, True)
        assert passed_on.object_id == (found.id if embedded else about)
        assert (passed_on.inner is not None) == embedded


@many
@given(texts, st.sampled_from([None, WHEN]), st.booleans())
def test_moderation_is_read_back_as_it_was_written(
    reason: str, until: datetime | None, removes: bool
) -> None:
    made = block(ANI, RW, FRIENDS[0], reason, until, removes_posts=removes) | {"id": f"{HOME}/a/1"}
    found = read_activity(over_the_wire(made))
    assert (found.type, found.object_id, found.target, found.audience) == (
        "Block",
        FRIENDS[0].uri,
        RW.uri,
        RW.uri,
    )
    assert (found.end_time, found.remove_data, found.summary) == (until, removes, reason)
    taken_back = read_activity(over_the_wire(undo_moderation(ANI, RW, made) | {"id": f"{HOME}/a/2"}))
    assert taken_back.inner is not None
    assert taken_back.inner.object_id == FRIENDS[0].uri
    gone = removal(ANI, RW, "https://good.example/notes/1", reason) | {"id": f"{HOME}/a/3"}
    removed = read_activity(over_the_wire(gone))
    assert (removed.type, removed.has_summary, removed.summary) == ("Delete", True, reason)


@many
@given(
    st.lists(st.sampled_from(FRIENDS), unique_by=id), st.lists(posts, max_size=2), st.integers(0, 2**31 - 1)
)
def test_the_collections_of_a_group_are_read_back_as_they_were_written(
    moderators: list[Actor], pinned: list[Post], followers: int
) -> None:
    listed = read_collection(over_the_wire(moderators_document(RW, moderators)))
    assert (listed.id, listed.item_ids) == (RW.moderators_url, tuple(actor.uri for actor in moderators))
    for post in pinned:
        post.community_id = RW.id
    documents = [
        post_document(CONFIG, post, ANI, addresses_of(post, ANI, [], RW), community=RW) for post in pinned
    ]
    featured = read_collection(over_the_wire(featured_document(RW, documents)))
    assert [read_object(item).id for item in featured.items] == [post.uri for post in pinned]
    RW.followers_count = followers
    counted = read_collection(over_the_wire(followers_document(RW)))
    assert (counted.total_items, counted.items) == (followers, ())


async def test_people_and_groups_are_read_back_as_they_were_written(site: Site) -> None:
    fed = site.federation
    rules = Community(posting=Posting.MODERATORS, join_mode=JoinMode.APPROVAL, language="id")
    for kind, extra in (
        ("Person", {}),
        ("Group", group_extra(RW, rules)),
        ("Organization", {}),
        ("Application", {}),
    ):
        name = kind.lower()
        made = await create_local_actor(fed, kind, name)
        await made.change(
            name='Ani "Bu RT" <b>&amp;</b> 😀',
            summary="<p>Halo</p>",
            source="Halo",
            profile_fields=[{"name": "Kota", "value": '<a href="https://a.example">x</a>'}],
            also_known_as=["http://lama.localhost/u/ani"],
            manually_approves_followers=kind == "Person",
            discoverable=False,
            extra=extra,
        )
        document = await actor_document(fed.config, await Actor.get(id=made.id))
        found = read_actor(over_the_wire(document), allow_http=True)
        assert (found.id, found.type, found.preferred_username) == (made.uri, kind, name)
        assert (found.name, found.summary_html, found.source) == (made.name, made.summary, made.source)
        assert (found.inbox, found.shared_inbox, found.outbox) == (
            made.inbox_url,
            made.shared_inbox_url,
            made.outbox_url,
        )
        assert (found.followers, found.following, found.featured) == (
            made.followers_url,
            made.following_url,
            made.featured_url,
        )
        assert found.moderators == made.moderators_url
        assert found.fields == (("Kota", '<a href="https://a.example">x</a>'),)
        assert found.also_known_as == ("http://lama.localhost/u/ani",)
        assert (found.discoverable, found.manually_approves_followers) == (False, kind == "Person")
        assert {key.kind for key in found.public_keys} == {"rsa", "ed25519"}
        if kind == "Group":
            assert (found.posting_restricted_to_mods, found.language) == (True, "id")
