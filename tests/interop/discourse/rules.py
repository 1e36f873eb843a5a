"""What the Discourse plugin takes: its validators of activities and objects. Ten deliveries a minute, and no more."""

from __future__ import annotations

from tests.interop.reading import AS2, GONE, PUBLIC, Document, Reading, host

RULES = Reading("discourse")
_of = RULES.of


@_of("answer", broken_by={"content-type": "application/json"})
def _the_answer_has_a_media_type_that_it_knows(answer: Document) -> bool:
    return str(answer["content-type"]).partition(";")[0] in (
        "application/activity+json",
        "application/ld+json",
    )


@_of("request", broken_by={"covers": ["date"]})
def _target_host_date_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "date", "digest"} <= set(request["covers"])


@_of(
    "Create",
    "Like",
    "Follow",
    "Undo",
    "Delete",
    "Announce",
    "Accept",
    broken_by={"@context": GONE},
    wherever=lambda it: it.around is None,
)
def _the_context_is_activitystreams(document: Document) -> bool:
    return AS2 in document["@context"]


@_of("Create", "Like", "Follow", "Undo", "Announce", "Accept", broken_by={"id": "https://lain.example/1"})
def _an_activity_is_of_its_actors_domain(activity: Document) -> bool:
    return host(activity["id"]) == host(activity["actor"])


@_of("Accept", "Reject", broken_by={"object": {"type": "Like"}})
def _an_answer_is_about_the_follow(answer: Document) -> bool:
    return answer["object"]["type"] == "Follow" and bool(answer["object"]["id"])


@_of("Announce", broken_by={"to": [], "cc": []})
def _an_announcement_is_public(announce: Document) -> bool:
    return PUBLIC in announce.addressed


@_of("Announce", broken_by={"object": GONE})
def _an_announcement_has_an_object(announce: Document) -> bool:
    return bool(announce["object"])


@_of("Note", "Page", broken_by={"attributedTo": "https://lain.example/u/x"})
def _an_object_is_of_its_authors_domain(post: Document) -> bool:
    return host(post["id"]) == host(post["attributedTo"])


@_of("Note", broken_by={"inReplyTo": {"id": "x"}}, wherever=lambda it: "inReplyTo" in it)
def _a_reply_names_a_post_it_has(note: Document) -> bool:
    return isinstance(note["inReplyTo"], str)


@_of("Note", "Page", broken_by={"content": 5})
def _an_object_has_content(post: Document) -> bool:
    return isinstance(post["content"], str)


@_of("Group", "Person", broken_by={"inbox": GONE})
def _an_actor_has_inbox_and_outbox(actor: Document) -> bool:
    return bool(actor["inbox"]) and bool(actor["outbox"]) and bool(actor["preferredUsername"])
