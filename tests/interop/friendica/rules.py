"""What Friendica takes: it unwraps what a `Group` announces, and files posts by `audience`."""

from __future__ import annotations

from tests.interop.reading import GONE, PUBLIC, Document, Reading, host

RULES = Reading("friendica")
_of = RULES.of

UNWRAPPED = ("Create", "Like", "Dislike", "Delete", "Undo", "Update")


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return "activity+json" in answer["content-type"]


@_of("request", broken_by={"covers": ["date"]})
def _target_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "digest"} <= set(request["covers"])


@_of("Group", broken_by={"type": "Person"})
def _a_community_is_a_group_for_else_nothing_is_unwrapped(group: Document) -> bool:
    return group["type"] == "Group" and bool(group["url"])


@_of(
    "Announce",
    broken_by={"object": {"type": "Tidy", "id": "x", "actor": "y"}},
    wherever=lambda it: it.inner is not None,
)
def _what_is_announced_is_unwrapped_and_has_id_and_actor(announce: Document) -> bool:
    inner = announce["object"]
    return inner["type"] in UNWRAPPED and bool(inner["id"]) and bool(inner["actor"])


@_of("Announce", broken_by={"to": [], "cc": []})
def _an_announcement_is_public(announce: Document) -> bool:
    return PUBLIC in announce.addressed


@_of("Page", "Note", broken_by={"audience": GONE}, wherever=lambda it: PUBLIC in it.addressed)
def _the_community_is_the_audience(post: Document) -> bool:
    return bool(post["audience"])


@_of("Page", "Note", broken_by={"published": GONE})
def _a_post_says_when_for_old_ones_are_dropped(post: Document) -> bool:
    return bool(post["published"])


@_of("Page", "Note", broken_by={"attributedTo": "https://lain.example/u/x"})
def _a_post_lies_on_its_authors_host(post: Document) -> bool:
    return host(post["id"]) == host(post["attributedTo"])


@_of("Accept", "Reject", broken_by={"object": "x"})
def _an_answer_embeds_the_follow(answer: Document) -> bool:
    return bool(answer["object"]["id"]) and bool(answer["object"]["actor"])
