"""What Mbin takes: `src/Service/ActivityPub` and the handlers of its inbox."""

from __future__ import annotations

from datetime import datetime

from tests.interop.reading import GONE, PUBLIC, Document, Reading, host

RULES = Reading("mbin")
_of = RULES.of

THREADS = ("Page", "Article", "Video")


def _is_public(document: Document) -> bool:
    return PUBLIC in document.addressed


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return "activity+json" in str(answer["content-type"])


@_of("request", broken_by={"date": ""})
def _signature_and_date_are_there(request: Document) -> bool:
    return bool(request["signature"]) and bool(request["date"])


@_of("request", broken_by={"actor": "https://lain.example/u/x"})
def _key_activity_and_actor_share_a_host_lest_it_is_taken_for_forwarding(request: Document) -> bool:
    return host(request["signer"]) == host(request["actor"])


@_of(
    "Create",
    "Update",
    "Delete",
    "Like",
    "Dislike",
    "Undo",
    "Announce",
    "Add",
    "Remove",
    "Block",
    "Lock",
    "Follow",
    "Accept",
    "Reject",
    broken_by={"id": "https://lain.example/a/1"},
)
def _an_activity_lies_on_its_actors_host(activity: Document) -> bool:
    return host(activity["id"]) == host(activity["actor"])


@_of("Group", "Person", broken_by={"publicKey": {}})
def _an_actor_has_what_a_row_of_it_needs(actor: Document) -> bool:
    named = bool(actor["preferredUsername"]) and bool(actor["inbox"])
    return named and actor["publicKey"]["publicKeyPem"].startswith("-----BEGIN")


@_of("Group", broken_by={"attributedTo": ["https://a.example/u/x"]})
def _moderators_and_pinned_threads_are_collections(group: Document) -> bool:
    return isinstance(group["attributedTo"], str) and isinstance(group["featured"], str)


@_of(
    "OrderedCollection",
    broken_by={"orderedItems": GONE},
    wherever=lambda it: it["id"].endswith(("/moderators", "/featured")),
)
def _a_collection_lists_its_items(collection: Document) -> bool:
    return isinstance(collection["orderedItems"], list)


@_of("Collection", broken_by={"totalItems": "many"})
def _followers_are_a_number(collection: Document) -> bool:
    return isinstance(collection["totalItems"], int)


@_of("Accept", "Reject", broken_by={"object": "https://a.example/follow/1"})
def _an_answer_embeds_the_follow_with_both_sides(answer: Document) -> bool:
    follow = answer["object"]
    return (
        follow["type"] == "Follow" and isinstance(follow["actor"], str) and isinstance(follow["object"], str)
    )


@_of("Announce", broken_by={"object": "https://a.example/p/1"})
def _a_group_announces_activities_for_an_id_is_a_boost(announce: Document) -> bool:
    return isinstance(announce["object"], dict) and bool(announce["object"]["id"])


@_of(*THREADS, broken_by={"type": "Note"}, wherever=lambda it: it.get("inReplyTo") is None)
def _a_thread_is_no_note_which_would_be_a_microblog_post(page: Document) -> bool:
    return page["type"] in THREADS and bool(page["name"])


@_of("Page", "Note", broken_by={"cc": GONE})
def _to_and_cc_are_there(post: Document) -> bool:
    return bool(post["to"]) and post["cc"] is not None


@_of("Page", broken_by={"to": [PUBLIC], "cc": [], "audience": ""})
def _the_magazine_is_addressed(page: Document) -> bool:
    return page["audience"] in page.addressed and _is_public(page)


@_of("Page", "Note", broken_by={"published": GONE})
def _a_post_says_when(post: Document) -> bool:
    return datetime.fromisoformat(post["published"]).tzinfo is not None


@_of("Page", "Note", broken_by={"attributedTo": {"id": "x"}})
def _the_author_is_one_of_the_same_host(post: Document) -> bool:
    return isinstance(post["attributedTo"], str) and host(post["attributedTo"]) == host(post["id"])


@_of("Page", broken_by={"attachment": [{"type": "Document", "url": "x"}, {"type": "Link", "href": "y"}]})
def _a_link_stands_first_for_only_there_it_is_found(page: Document) -> bool:
    return all(item["type"] != "Link" for item in page.get("attachment", [])[1:])


@_of("Note", broken_by={"inReplyTo": {"id": "x"}}, wherever=lambda it: _is_public(it) and "inReplyTo" in it)
def _a_comment_names_its_parent_by_id(note: Document) -> bool:
    return note["inReplyTo"] is None or isinstance(note["inReplyTo"], str)


@_of("Page", "Note", broken_by={"contentMap": {1: "x"}})
def _the_language_is_the_first_key_of_the_content_map(post: Document) -> bool:
    return all(isinstance(language, str) for language in post.get("contentMap", {}))


@_of("Like", "Dislike", broken_by={"object": {"id": "x"}})
def _a_vote_names_its_post_by_id(vote: Document) -> bool:
    return isinstance(vote["object"], str)


@_of("Delete", broken_by={"object": {"type": "Tombstone"}})
def _a_deletion_names_what(delete: Document) -> bool:
    found = delete["object"]
    return bool(found if isinstance(found, str) else found["id"])


@_of("Block", broken_by={"expires": GONE}, wherever=lambda it: "endTime" in it)
def _a_ban_ends_at_expires(block: Document) -> bool:
    return block["expires"] == block["endTime"]


@_of("Block", broken_by={"target": GONE})
def _a_ban_is_from_the_magazine(block: Document) -> bool:
    return isinstance(block["target"], str) and isinstance(block["object"], str)


@_of("Undo", broken_by={"object": "https://a.example/1"})
def _what_is_undone_is_embedded(undo: Document) -> bool:
    return bool(undo["object"]["type"]) and undo["object"]["actor"] == undo["actor"]


@_of("ChatMessage", broken_by={"to": [PUBLIC]})
def _a_message_is_to_people_alone(message: Document) -> bool:
    return bool(message["to"]) and not _is_public(message)
