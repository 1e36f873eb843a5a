"""Activities: one reading for checker and handler, and what the bytes alone already refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.refusals import Refused
from federation.vocabulary import AS_PUBLIC
from federation.wire import read_activity

ANI = "https://good.example/u/ani"


def follow(**changes: Any) -> dict[str, Any]:
    document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://good.example/a/1",
        "type": "Follow",
        "actor": ANI,
        "object": "https://s.example/c/rt05",
    }
    return {key: value for key, value in (document | changes).items() if value != "absent"}


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(Refused) as caught:
        read_activity(document)
    return caught.value.code


@pytest.mark.parametrize(
    "actor", ["absent", None, 7, True, [], {}, "", "ani", [ANI, "https://evil.example/u"], [[ANI]]]
)
def test_s030_an_actor_without_one_reading_is_refused(actor: Any) -> None:
    assert refusal(follow(actor=actor)) == "not-an-activity"


@pytest.mark.parametrize("actor", [[ANI], {"id": ANI, "type": "Person"}, [{"id": ANI}], {"@id": ANI}])
def test_s030_one_actor_in_any_shape_is_the_same_actor(actor: Any) -> None:
    assert read_activity(follow(actor=actor)).actor == ANI


def test_s030_an_actor_object_with_a_foreign_id_speaks_for_nobody_else() -> None:
    assert refusal(follow(actor={"id": "https://evil.example/u/ani", "name": ANI})) == "foreign-id"


def test_s030_of_several_types_the_first_known_one_counts() -> None:
    assert read_activity(follow(type=["Follow", "Delete"])).type == "Follow"
    assert read_activity(follow(type=["x:Odd", "as:Follow"])).type == "Follow"


@pytest.mark.parametrize(
    "kind", ["absent", None, 3, [], "", "Note", "Person", "OrderedCollection", ["Nonsense", "Note"]]
)
def test_s030_what_is_no_activity_is_refused(kind: Any) -> None:
    assert refusal(follow(type=kind)) == "not-an-activity"


@pytest.mark.parametrize(
    "uri",
    [
        "absent", None, 4, [], "", "a/1", "https://good.example/a b", "https://ani@good.example/a/1",
        "https://good.example/a\\1", "https://good.example/\x00", "https://good.example/\u202e1", "urn:uuid:1",
        "https://good.example/" + "x" * 100_000, "https://localhost/1", "http://good.example/a/1",
    ],
)  # fmt: skip
def test_s030_s062_an_id_that_could_not_be_opened_is_refused(uri: Any) -> None:
    assert refusal(follow(id=uri)) == "bad-id"


def test_an_activity_id_may_have_a_fragment_and_is_kept_as_written() -> None:
    assert read_activity(follow(id=ANI + "#follows/3")).id == ANI + "#follows/3"


@pytest.mark.parametrize(
    "uri", ["https://evil.example/a/1", "https://good.example.evil.example/1", "https://sub.good.example/1"]
)
def test_s034_an_activity_id_on_another_host_is_refused(uri: str) -> None:
    assert refusal(follow(id=uri)) == "foreign-id"


def test_s034_a_host_in_other_letter_case_is_the_same_host() -> None:
    assert read_activity(follow(id="https://GOOD.example/a/1")).actor == ANI


def test_s028_a_key_in_two_spellings_is_refused() -> None:
    assert refusal(follow(**{"as:actor": "https://evil.example/u"})) == "duplicate-key"
    assert (
        refusal(follow(**{"https://www.w3.org/ns/activitystreams#actor": "https://evil.example/u"}))
        == "duplicate-key"
    )


def test_s028_a_rearranged_document_has_no_authority() -> None:
    assert (
        refusal({"@context": "https://www.w3.org/ns/activitystreams", "@graph": [follow()]})
        == "not-an-activity"
    )
    read = read_activity(
        follow(**{"@included": [follow(type="Delete")], "@reverse": {"actor": "https://evil.example/u"}})
    )
    assert (read.type, read.actor) == ("Follow", ANI)


def test_s029_a_context_of_their_own_changes_no_meaning() -> None:
    read = read_activity(
        follow(**{"@context": {"actor": "as:object", "name": "as:actor"}, "name": "https://evil.example/u"})
    )
    assert (read.actor, read.object_id) == (ANI, "https://s.example/c/rt05")


def test_s037_a_deletion_of_something_elsewhere_is_refused_unless_a_moderator_speaks() -> None:
    theirs = "https://s.example/p/1"
    for obj in (
        theirs,
        {"id": theirs, "type": "Tombstone"},
        {"id": theirs, "type": "Note", "attributedTo": ANI},
        [theirs],
    ):
        assert refusal(follow(type="Delete", object=obj)) == "not-the-author"
    removal = read_activity(follow(type="Delete", object=theirs, summary=""))
    assert removal.has_summary
    assert not read_activity(follow(type="Delete", object=ANI)).has_summary


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_s038_creating_or_editing_an_object_of_another_host_is_refused(kind: str) -> None:
    obj = {"id": "https://s.example/p/1", "type": "Note", "attributedTo": ANI, "content": "x"}
    assert refusal(follow(type=kind, object=obj)) == "foreign-id"
    assert refusal(follow(type=kind, object=[obj, obj])) == "foreign-id"
    assert refusal(follow(type=kind, object={**obj, "id": None})) == "bad-id"


def test_a_remote_moderator_may_send_an_edit_of_the_community() -> None:
    read = read_activity(follow(type="Update", object={"id": "https://s.example/c/rt05", "type": "Group"}))
    assert (read.object_id, read.object_type) == ("https://s.example/c/rt05", "Group")


def test_a_deletion_needs_no_id_because_gotosocial_sends_none_and_nothing_else_does() -> None:
    assert read_activity(follow(type="Delete", object=ANI, id=None)).id == ""
    assert refusal(follow(type="Create", id=None)) == "bad-id"


def test_an_announced_activity_is_read_to_its_end() -> None:
    ban = follow(
        type="Block",
        object="https://x.example/u/y",
        target="https://s.example/c/rt05",
        expires="2026-12-01T00:00:00Z",
    )
    undo = {"id": "https://good.example/a/2", "type": "Undo", "actor": ANI, "object": ban}
    read = read_activity(
        {
            "id": "https://s.example/a/3",
            "type": "Announce",
            "actor": "https://s.example/c/rt05",
            "object": undo,
        }
    )
    assert read.inner is not None
    assert read.inner.inner is not None
    assert (read.type, read.inner.type, read.inner.inner.type) == ("Announce", "Undo", "Block")
    assert read.inner.inner.end_time == datetime(2026, 12, 1, tzinfo=UTC)
    assert read.inner.inner.target == "https://s.example/c/rt05"


def test_an_announced_activity_with_a_foreign_id_is_refused() -> None:
    inner = follow(id="https://evil.example/1")
    announce = {
        "id": "https://s.example/a/3",
        "type": "Announce",
        "actor": "https://s.example/c/rt05",
        "object": inner,
    }
    assert refusal(announce) == "foreign-id"


def test_an_announced_post_is_no_inner_activity_even_when_it_names_an_actor() -> None:
    note = {"id": "https://p.example/o/1", "type": "Note", "actor": "https://p.example/u", "content": "x"}
    read = read_activity(follow(type="Announce", object=note))
    assert read.inner is None
    assert read.object_id == "https://p.example/o/1"


def test_an_answer_may_embed_a_follow_without_its_id() -> None:
    inner = {"type": "Follow", "actor": "https://s.example/u/budi", "object": ANI}
    read = read_activity(follow(type="Accept", object=inner))
    assert read.inner is not None
    assert (read.inner.id, read.inner.actor) == ("", "https://s.example/u/budi")


def test_a_report_keeps_all_its_objects_and_has_no_single_one() -> None:
    listed = ["https://s.example/u/budi", "https://s.example/p/1"]
    read = read_activity(follow(type="Flag", object=listed, content="spam"))
    assert (read.object_ids, read.object_id, read.content) == (tuple(listed), "", "spam")


def test_a_list_of_one_object_is_that_object() -> None:
    assert read_activity(follow(object=["https://s.example/c/rt05"])).object_id == "https://s.example/c/rt05"


@pytest.mark.parametrize("obj", ["absent", None, "", [], {}])
def test_a_type_that_needs_an_object_is_refused_without_one(obj: Any) -> None:
    assert refusal(follow(object=obj)) == "missing-field"


def test_an_unknown_type_is_kept_as_it_is() -> None:
    read = read_activity(follow(type="Travel", object="absent"))
    assert (read.type, read.object_id) == ("Travel", "")


@pytest.mark.parametrize("spelling", ["as:Public", "Public", AS_PUBLIC, [AS_PUBLIC], [{"id": "as:Public"}]])
def test_s114_each_spelling_of_public_counts_alike(spelling: Any) -> None:
    read = read_activity(follow(to=spelling))
    assert read.to == (AS_PUBLIC,)
    assert read.is_public
    assert not read_activity(follow(bto=spelling, bcc=spelling)).is_public


def test_s114_public_after_a_thousand_others_still_counts() -> None:
    assert read_activity(follow(cc=[f"https://x.example/{n}" for n in range(2000)] + ["as:Public"])).is_public


@pytest.mark.parametrize(
    ("document", "reaction"),
    [
        ({"type": "EmojiReact", "content": "👍"}, "👍"),
        ({"type": "EmojiReaction", "content": "👨‍👩‍👧"}, "👨‍👩‍👧"),
        ({"type": "Like", "content": ":kopi:", "_misskey_reaction": ":kopi:"}, ":kopi:"),
        ({"type": "Like", "_misskey_reaction": "❤"}, "❤"),
        ({"type": "Like", "content": "bagus sekali"}, ""),
        ({"type": "Like"}, ""),
    ],
)
def test_reactions_are_read_in_all_their_forms(document: dict[str, str], reaction: str) -> None:
    assert read_activity(follow(**document)).reaction == reaction


def test_a_reaction_that_is_no_emoji_is_refused() -> None:
    assert refusal(follow(type="EmojiReact", content="<script>")) == "bad-field"


def test_the_custom_emoji_of_a_reaction_comes_along() -> None:
    tag = {
        "type": "Emoji",
        "name": ":kopi:",
        "icon": {"type": "Image", "url": "https://good.example/kopi.png"},
    }
    (emoji,) = read_activity(follow(type="EmojiReact", content=":kopi:", tag=tag)).emojis
    assert (emoji.name, emoji.url) == ("kopi", "https://good.example/kopi.png")


def test_http_ids_are_read_in_development_only() -> None:
    document = follow(id="http://localhost:8000/a/1", actor="http://localhost:8000/u/ani")
    assert refusal(document) == "bad-id"
    assert read_activity(document, allow_http=True).actor == "http://localhost:8000/u/ani"


def test_an_activity_can_be_given_another_inner_one() -> None:
    read = read_activity(follow(type="Undo", object="https://good.example/a/0"))
    assert replace(read, inner=read).inner is read
