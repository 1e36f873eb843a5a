"""What gup.pe takes: a group for each name, which boosts what mentions it."""

from __future__ import annotations

from tests.interop.reading import AS2, GONE, PUBLIC, Document, Reading, host

RULES = Reading("guppe")
_of = RULES.of


@_of("request", broken_by={"covers": ["date"]})
def _a_request_is_signed_with_its_target(request: Document) -> bool:
    return "(request-target)" in request["covers"]


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return "activity+json" in answer["content-type"] or "ld+json" in answer["content-type"]


@_of("Follow", broken_by={"object": {"id": "x"}})
def _a_follow_names_the_group(follow: Document) -> bool:
    return isinstance(follow["object"], str) and bool(follow["id"])


@_of(
    "Create",
    "Follow",
    "Undo",
    "Delete",
    "Like",
    broken_by={"@context": "https://lain.example/ns"},
    wherever=lambda it: it.around is None,
)
def _the_context_is_activitystreams(document: Document) -> bool:
    return document["@context"] == AS2 or AS2 in document["@context"]


@_of("Create", broken_by={"to": [], "cc": []})
def _a_post_for_the_group_is_addressed_to_it_and_public(create: Document) -> bool:
    return PUBLIC in create.addressed and any(host(uri) != host(create["actor"]) for uri in create.addressed)


@_of("Note", "Page", broken_by={"tag": []})
def _the_group_is_mentioned(post: Document) -> bool:
    return any(tag["type"] == "Mention" and host(tag["href"]) != host(post["id"]) for tag in post["tag"])


@_of("Note", "Page", broken_by={"id": GONE})
def _a_post_can_be_boosted_by_its_id(post: Document) -> bool:
    return str(post["id"]).startswith("http")


@_of("Person", broken_by={"inbox": GONE})
def _a_follower_has_an_inbox_and_a_key(person: Document) -> bool:
    return bool(person["inbox"]) and bool(person["publicKey"]["publicKeyPem"])
