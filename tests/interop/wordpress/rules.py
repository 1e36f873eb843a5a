"""What the WordPress plugin takes: comments on its posts, likes and boosts; all else is stored or passed over."""

from __future__ import annotations

from tests.interop.reading import AS2, GONE, PUBLIC, Document, Reading, host

RULES = Reading("wordpress")
_of = RULES.of


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return "activity+json" in answer["content-type"]


@_of("request", broken_by={"covers": ["host"]})
def _date_and_digest_are_signed(request: Document) -> bool:
    return {"date", "digest", "(request-target)"} <= set(request["covers"])


@_of("request", broken_by={"signer": "https://lain.example/u/x"})
def _the_signer_is_the_actor(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


@_of("Create", "Like", "Follow", "Undo", "Delete", "Update", broken_by={"id": GONE})
def _an_activity_passes_the_schema_of_the_inbox(activity: Document) -> bool:
    return all(activity[name] for name in ("id", "actor", "type", "object"))


@_of(
    "Create",
    "Follow",
    "Undo",
    "Delete",
    "Like",
    broken_by={"@context": []},
    wherever=lambda it: it.around is None,
)
def _the_context_is_activitystreams(document: Document) -> bool:
    return AS2 in document["@context"]


@_of("Create", broken_by={"to": ["https://a.example/u/x"], "cc": []})
def _a_comment_is_public_for_else_it_is_no_comment(create: Document) -> bool:
    return PUBLIC in create.addressed


@_of("Note", broken_by={"inReplyTo": GONE})
def _a_comment_names_the_post(note: Document) -> bool:
    return isinstance(note["inReplyTo"], str)


@_of("Note", broken_by={"content": GONE})
def _a_comment_has_content_author_and_time(note: Document) -> bool:
    return (
        bool(note["content"]) and host(note["attributedTo"]) == host(note["id"]) and bool(note["published"])
    )


@_of("Like", broken_by={"object": {"id": "x"}})
def _a_like_names_the_post(like: Document) -> bool:
    return isinstance(like["object"], str)


@_of("Person", broken_by={"preferredUsername": GONE})
def _an_actor_has_name_url_and_key(person: Document) -> bool:
    return (
        bool(person["preferredUsername"])
        and bool(person["url"])
        and bool(person["publicKey"]["publicKeyPem"])
    )
