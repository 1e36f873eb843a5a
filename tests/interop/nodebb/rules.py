"""What NodeBB takes: `src/activitypub`. What it cannot fetch at its origin does not exist for it."""

from __future__ import annotations

from tests.interop.reading import GONE, PUBLIC, Document, Reading, host

RULES = Reading("nodebb")
_of = RULES.of

COLLECTIONS = ("Collection", "CollectionPage", "OrderedCollection", "OrderedCollectionPage")
POSTS = ("Note", "Page", "Article", "Question")


def _is_public(document: Document) -> bool:
    return PUBLIC in document.addressed


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_json(answer: Document) -> bool:
    return "json" in str(answer["content-type"])


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _what_an_id_answers_lies_on_the_same_host(answer: Document) -> bool:
    return host(answer["id"]) == host(answer["asked"])


@_of("request", broken_by={"covers": ["host", "date", "content-length"]})
def _only_headers_that_reach_it_are_signed(request: Document) -> bool:
    return set(request["covers"]) <= {"(request-target)", "host", "date", "digest", "content-type"}


@_of("request", broken_by={"signature": 'keyId="https://a.example/u/x"'})
def _the_signature_names_key_headers_and_value_in_quotes(request: Document) -> bool:
    return all(f'{name}="' in request["signature"] for name in ("keyId", "headers", "signature"))


@_of("Group", "Person", broken_by={"publicKey": GONE})
def _an_actor_has_a_key_and_an_inbox(actor: Document) -> bool:
    return (
        bool(actor["publicKey"]["publicKeyPem"]) and bool(actor["inbox"]) and bool(actor["preferredUsername"])
    )


@_of(*COLLECTIONS, broken_by={"type": "Conversation"}, wherever=lambda it: it["id"].endswith("/context"))
def _a_context_is_a_collection(collection: Document) -> bool:
    return collection["type"] in COLLECTIONS


@_of("OrderedCollection", broken_by={"orderedItems": []}, wherever=lambda it: it["id"].endswith("/context"))
def _a_context_lists_its_posts_with_the_first_among_them(collection: Document) -> bool:
    return collection["id"].removesuffix("/context") in collection["orderedItems"]


@_of("Announce", broken_by={"object": {"type": "Create"}}, wherever=lambda it: it.inner is not None)
def _what_is_announced_has_an_id(announce: Document) -> bool:
    return bool(announce["object"]["id"])


@_of(
    "Create",
    "Update",
    "Delete",
    broken_by={"actor": "https://lain.example/u/x"},
    wherever=lambda it: "summary" not in it,
)
def _what_an_actor_does_is_to_its_own_host(activity: Document) -> bool:
    found = activity["object"]
    return host(found if isinstance(found, str) else found["id"]) == host(activity["actor"])


@_of("Page", "Note", broken_by={"type": "Tip"})
def _a_post_is_of_an_accepted_type(post: Document) -> bool:
    return post["type"] in POSTS


@_of("Page", "Note", broken_by={"attributedTo": ["https://a.example/u/x", "https://a.example/c/y"]})
def _content_has_one_author(post: Document) -> bool:
    return isinstance(post["attributedTo"], str) and host(post["attributedTo"]) == host(post["id"])


@_of("Page", "Note", broken_by={"context": GONE}, wherever=_is_public)
def _a_post_has_a_context(post: Document) -> bool:
    return str(post["context"]).startswith("http")


@_of("Page", "Note", broken_by={"content": "", "source": GONE})
def _a_post_has_content(post: Document) -> bool:
    return bool(post["content"] or post["source"]["content"])


@_of("Page", "Note", broken_by={"published": "yesterday"})
def _a_post_says_when(post: Document) -> bool:
    return str(post["published"])[:4].isdigit()


@_of("Page", broken_by={"audience": GONE, "to": [PUBLIC], "cc": []})
def _a_topic_names_its_category(page: Document) -> bool:
    return page["audience"] in page.addressed


@_of("Note", broken_by={"inReplyTo": {"id": "x"}}, wherever=lambda it: _is_public(it))
def _a_reply_names_its_parent_by_id(note: Document) -> bool:
    return note.get("inReplyTo") is None or isinstance(note["inReplyTo"], str)


@_of("Accept", "Reject", broken_by={"object": "https://a.example/follow"})
def _an_answer_says_whose_follow_it_is(answer: Document) -> bool:
    return answer["object"]["type"] == "Follow" and bool(answer["object"]["actor"])


@_of("Undo", broken_by={"object": {"type": "Like", "actor": "https://lain.example/u/x"}})
def _one_undoes_ones_own(undo: Document) -> bool:
    return undo["actor"] == undo["object"]["actor"] and bool(undo["object"]["object"])


@_of("Note", broken_by={"to": []}, wherever=lambda it: not _is_public(it))
def _a_message_names_all_in_the_room(note: Document) -> bool:
    return bool(note["to"])
