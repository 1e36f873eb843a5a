"""What Pixelfed takes: `Util/ActivityPub/Inbox`; a message only with exactly one `to` and nobody in `cc`."""

from __future__ import annotations

from tests.interop.reading import AS2, GONE, PUBLIC, Document, Reading, host

RULES = Reading("pixelfed")
_of = RULES.of


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return "activity+json" in answer["content-type"] or "ld+json" in answer["content-type"]


@_of("request", broken_by={"covers": ["date"]})
def _target_host_date_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "date", "digest"} <= set(request["covers"])


@_of("request", broken_by={"signer": "https://lain.example/u/x"})
def _the_key_is_of_the_actor(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


@_of(
    "Accept",
    "Announce",
    "Create",
    "Like",
    "Undo",
    "Delete",
    broken_by={"@context": GONE},
    wherever=lambda it: it.around is None,
)
def _the_context_is_activitystreams(document: Document) -> bool:
    return AS2 in document["@context"]


@_of("Group", "Person", broken_by={"preferredUsername": GONE})
def _an_actor_has_name_inbox_and_key(actor: Document) -> bool:
    return (
        bool(actor["preferredUsername"]) and bool(actor["inbox"]) and bool(actor["publicKey"]["publicKeyPem"])
    )


@_of("Accept", broken_by={"object": "https://a.example/1"})
def _an_answer_embeds_type_actor_and_object(answer: Document) -> bool:
    follow = answer["object"]
    return follow["type"] == "Follow" and bool(follow["actor"]) and bool(follow["object"])


@_of("Announce", broken_by={"object": {"id": "x"}})
def _a_share_is_of_an_id(announce: Document) -> bool:
    return isinstance(announce["object"], str)


@_of("Like", broken_by={"object": {"id": "x"}})
def _a_like_is_of_an_id(like: Document) -> bool:
    return isinstance(like["object"], str)


@_of("Note", broken_by={"attributedTo": "https://lain.example/u/x"})
def _a_note_lies_on_its_authors_host(note: Document) -> bool:
    return host(note["id"]) == host(note["attributedTo"]) == host(note["url"])


@_of("Note", broken_by={"published": GONE})
def _a_note_has_content_and_a_time(note: Document) -> bool:
    return isinstance(note["content"], str) and bool(note["published"])


@_of(
    "Note",
    broken_by={"to": ["https://a.example/u/x", "https://a.example/u/y"]},
    wherever=lambda it: PUBLIC not in it.addressed,
)
def _a_message_has_one_to_and_no_cc(note: Document) -> bool:
    return len(note["to"]) == 1 and note["cc"] == []


@_of("Delete", broken_by={"object": GONE})
def _a_deletion_names_what(delete: Document) -> bool:
    found = delete["object"]
    return bool(found if isinstance(found, str) else found["id"])
