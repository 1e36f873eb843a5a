"""What Pleroma and Akkoma take: the validators under `object_validators`, and their containment of foreign objects."""

from __future__ import annotations

from tests.interop.reading import GONE, PUBLIC, Document, Reading, host, is_vote

RULES = Reading("pleroma")
_of = RULES.of

ACTORS = ("Person", "Service", "Group", "Organization", "Application")
POSTS = ("Note", "Page", "Article", "Question", "Event", "Audio", "Video", "ChatMessage")


def _is_public(document: Document) -> bool:
    return PUBLIC in document.addressed


@_of("answer", broken_by={"content-type": "application/json"})
def _the_media_type_is_an_activity(answer: Document) -> bool:
    return str(answer["content-type"]).partition(";")[0] in (
        "application/activity+json",
        "application/ld+json",
    )


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _an_object_is_contained_in_its_origin(answer: Document) -> bool:
    return host(answer["id"]) == host(answer["asked"])


@_of("request", broken_by={"algorithm": "ed25519"})
def _a_request_is_signed_with_rsa(request: Document) -> bool:
    return request["algorithm"] in ("rsa-sha256", "hs2019", "")


@_of("request", broken_by={"covers": ["(request-target)", "date"]})
def _host_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "digest"} <= set(request["covers"])


@_of("request", broken_by={"signer": "https://lain.example/u/x"})
def _the_key_is_of_the_actor(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


@_of(*ACTORS, broken_by={"followers": "https://lain.example/followers"})
def _an_actors_collections_are_on_its_host(actor: Document) -> bool:
    return all(
        host(actor[name]) == host(actor["id"]) for name in ("inbox", "followers", "following", "featured")
    )


@_of(*ACTORS, broken_by={"publicKey": {"id": "x"}})
def _an_actor_has_a_key(actor: Document) -> bool:
    return actor["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")


@_of("Accept", "Reject", broken_by={"object": {"id": "https://a.example/1"}})
def _an_answer_names_the_follow_by_id(answer: Document) -> bool:
    found = answer["object"]
    return bool(found["id"]) and found["type"] == "Follow"


@_of("Announce", broken_by={"object": {"type": "Create", "id": "x"}})
def _a_repeat_is_of_an_id(announce: Document) -> bool:
    return isinstance(announce["object"], str)


@_of("Announce", broken_by={"to": ["https://a.example/u/x"], "cc": []})
def _a_repeat_is_public_and_to_followers(announce: Document) -> bool:
    return _is_public(announce) and f"{announce['actor']}/followers" in announce.addressed


@_of("Like", "EmojiReact", "Announce", "Delete", broken_by={"to": GONE})
def _an_activity_has_to_and_cc(activity: Document) -> bool:
    return isinstance(activity["to"], list) and isinstance(activity["cc"], list)


@_of("Undo", broken_by={"object": {"type": "Like"}})
def _what_is_undone_has_an_id(undo: Document) -> bool:
    return bool(undo["object"]["id"]) and undo["object"]["actor"] == undo["actor"]


@_of("Page", "Note", "ChatMessage", broken_by={"type": "Tip"})
def _an_object_is_of_a_known_type(post: Document) -> bool:
    return post["type"] in POSTS


@_of("Page", "Note", "ChatMessage", broken_by={"attributedTo": "https://lain.example/u/x"})
def _an_object_lies_on_its_authors_host(post: Document) -> bool:
    return host(post["id"]) == host(post["attributedTo"])


@_of(
    "Page",
    "Note",
    broken_by={"attachment": [{"type": "Document", "url": ""}]},
    wherever=lambda it: not is_vote(it),
)
def _attachments_have_an_address(post: Document) -> bool:
    return all(item.get("url") or item.get("href") for item in post["attachment"])


@_of("Page", "Note", broken_by={"published": GONE}, wherever=lambda it: not is_vote(it))
def _an_object_says_when(post: Document) -> bool:
    return bool(post["published"])


@_of("Page", "Note", broken_by={"context": ""}, wherever=_is_public)
def _a_context_holds_the_conversation_together(post: Document) -> bool:
    return bool(post["context"])


@_of("Page", "Note", broken_by={"tag": ["#tebet"]}, wherever=lambda it: not is_vote(it))
def _tags_are_objects_with_names(post: Document) -> bool:
    return all(tag["type"] and tag["name"] for tag in post["tag"])


@_of("Update", "Create", "Delete", broken_by={"actor": "https://lain.example/u/x"})
def _one_changes_ones_own(activity: Document) -> bool:
    found = activity["object"]
    return host(found if isinstance(found, str) else found["id"]) == host(activity["actor"])


@_of("Question", broken_by={"oneOf": [{"type": "Note", "name": "Sabtu"}]})
def _a_poll_has_answers_with_counts(question: Document) -> bool:
    options = question.get("oneOf") or question["anyOf"]
    return all(option["name"] and isinstance(option["replies"]["totalItems"], int) for option in options)


@_of("Note", broken_by={"inReplyTo": GONE}, wherever=is_vote)
def _a_vote_names_the_poll_and_an_answer(vote: Document) -> bool:
    return bool(vote["name"]) and isinstance(vote["inReplyTo"], str)


@_of("Note", broken_by={"quoteUrl": GONE}, wherever=lambda it: "quote" in it)
def _a_quote_is_named_by_its_address(note: Document) -> bool:
    return isinstance(note["quoteUrl"], str)


@_of("ChatMessage", broken_by={"to": ["https://a.example/u/x", "https://a.example/u/y"]})
def _a_chat_message_is_to_one_and_says_by_whom(message: Document) -> bool:
    return len(message["to"]) == 1 and message["actor"] == message["attributedTo"]


@_of("ChatMessage", broken_by={"cc": ["https://a.example/u/x"]})
def _a_chat_message_has_no_cc_and_no_answer(message: Document) -> bool:
    return not message.get("cc") and "inReplyTo" not in message
