"""What PieFed takes: `app/activitypub/routes.py` and `util.py`. It answers 200 also to what it drops."""

from __future__ import annotations

from tests.interop.reading import GONE, PUBLIC, Document, Reading, host, is_vote

RULES = Reading("piefed")
_of = RULES.of

ACTIVITIES = (
    "Announce",
    "Create",
    "Update",
    "Delete",
    "Undo",
    "Like",
    "Dislike",
    "Add",
    "Remove",
    "Block",
    "Lock",
    "Follow",
    "Accept",
    "Reject",
    "Flag",
)
MINIMUM = {"id", "type", "actor", "object"}
ANNOUNCED = (
    "Create",
    "Update",
    "Like",
    "Dislike",
    "Delete",
    "Undo",
    "Add",
    "Remove",
    "Block",
    "Lock",
    "Flag",
    "Page",
    "Note",
)


def _is_comment(note: Document) -> bool:
    return "inReplyTo" in note and PUBLIC in note.addressed and not is_vote(note)


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return str(answer["content-type"]).startswith("application/activity+json")


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _a_document_lies_where_its_id_says(answer: Document) -> bool:
    return bool(answer["id"] == answer["asked"])


@_of("request", broken_by={"algorithm": "ed25519"})
def _requests_are_signed_with_rsa(request: Document) -> bool:
    return request["algorithm"] in ("rsa-sha256", "hs2019")


@_of("request", broken_by={"covers": ["date"]})
def _the_digest_is_signed(request: Document) -> bool:
    return {"(request-target)", "host", "date", "digest"} <= set(request["covers"])


@_of(*ACTIVITIES, broken_by={"actor": GONE})
def _an_activity_has_the_minimum_fields(activity: Document) -> bool:
    return set(activity) >= MINIMUM


@_of(
    "Announce", broken_by={"object": {"type": "Create", "id": "x"}}, wherever=lambda it: it.inner is not None
)
def _what_is_announced_has_them_too(announce: Document) -> bool:
    inner = announce["object"]
    return announce["object"]["type"] == "OrderedCollection" or set(inner) >= MINIMUM


@_of(
    "Announce",
    broken_by={"object": {"type": "Tidy", "id": "x", "actor": "y", "object": "z"}},
    wherever=lambda it: it.inner is not None,
)
def _what_is_announced_is_of_a_known_type(announce: Document) -> bool:
    return announce["object"]["type"] in (*ANNOUNCED, "OrderedCollection")


@_of("Announce", broken_by={"object": "https://a.example/p/1"})
def _the_second_announcement_for_microblogs_is_spared_it(announce: Document) -> bool:
    return isinstance(announce["object"], dict)


@_of(*ACTIVITIES, broken_by={"id": "https://lain.example/a/1"})
def _an_activity_lies_on_its_actors_host(activity: Document) -> bool:
    return host(activity["id"]) == host(activity["actor"])


@_of("Group", broken_by={"id": "https://Lain.Example/C/X"})
def _ids_are_in_lower_case(group: Document) -> bool:
    return bool(group["id"] == group["id"].lower())


@_of("Group", broken_by={"publicKey": {"id": "x"}})
def _a_group_has_what_a_row_of_it_needs(group: Document) -> bool:
    urls = [group[name] for name in ("inbox", "outbox", "followers", "attributedTo", "featured", "published")]
    return all(urls) and bool(group["publicKey"]["publicKeyPem"]) and bool(group["endpoints"]["sharedInbox"])


@_of("Group", broken_by={"postingRestrictedToMods": "no"})
def _who_may_post_is_true_or_false(group: Document) -> bool:
    return isinstance(group["postingRestrictedToMods"], bool) and isinstance(group["sensitive"], bool)


@_of(
    "OrderedCollection",
    broken_by={"orderedItems": [{"type": "Person"}]},
    wherever=lambda it: it["id"].endswith("/moderators"),
)
def _moderators_are_ids(collection: Document) -> bool:
    return all(isinstance(item, str) for item in collection["orderedItems"])


@_of(
    "OrderedCollection",
    broken_by={"orderedItems": [{"object": "x"}]},
    wherever=lambda it: it["id"].endswith("/outbox"),
)
def _an_outbox_holds_announced_creates_for_the_backfill(collection: Document) -> bool:
    return all(item["object"]["object"]["id"] for item in collection["orderedItems"])


@_of("Page", broken_by={"audience": GONE, "to": [PUBLIC], "cc": []})
def _a_post_names_its_community(page: Document) -> bool:
    return page.get("audience") in page.addressed


@_of("Page", broken_by={"name": ""})
def _a_post_has_a_title(page: Document) -> bool:
    return bool(page["name"])


@_of("Page", "Note", broken_by={"attributedTo": ["https://a.example/u/x"]})
def _the_author_is_one_id(post: Document) -> bool:
    return isinstance(post["attributedTo"], str) and host(post["attributedTo"]) == host(post["id"])


@_of("Note", broken_by={"published": GONE}, wherever=_is_comment)
def _a_comment_has_published_lest_it_is_taken_for_a_vote_in_a_poll(note: Document) -> bool:
    return bool(note["published"]) and "name" not in note


@_of("Note", broken_by={"inReplyTo": {"id": "x"}}, wherever=_is_comment)
def _a_comment_names_its_parent_by_id(note: Document) -> bool:
    return isinstance(note["inReplyTo"], str) and isinstance(note["content"], str)


@_of(
    "Page",
    "Note",
    broken_by={"source": {"content": "x", "mediaType": "text/plain"}},
    wherever=lambda it: "source" in it,
)
def _the_source_is_markdown(post: Document) -> bool:
    return bool(post["source"]["mediaType"] == "text/markdown")


@_of("Question", broken_by={"oneOf": [{"type": "Note"}], "anyOf": GONE})
def _a_poll_has_answers_with_names_and_an_end(question: Document) -> bool:
    options = question.get("oneOf") or question["anyOf"]
    return all(option["name"] for option in options) and bool(question["endTime"])


@_of("Event", broken_by={"startTime": GONE})
def _an_event_has_a_title_and_says_when_and_where(event: Document) -> bool:
    return bool(event["name"]) and bool(event["startTime"]) and bool(event["timezone"])


@_of("Note", broken_by={"published": "2026-11-20T01:02:03Z"}, wherever=is_vote)
def _a_vote_has_no_published_by_which_it_is_known(vote: Document) -> bool:
    return "published" not in vote and isinstance(vote["inReplyTo"], str)


@_of("Like", "Dislike", broken_by={"object": {"id": "x"}})
def _a_vote_names_its_post_by_id(vote: Document) -> bool:
    return isinstance(vote["object"], str)


@_of("Undo", broken_by={"object": "https://a.example/1"})
def _what_is_undone_is_embedded(undo: Document) -> bool:
    return set(undo["object"]) >= MINIMUM


@_of("Accept", "Reject", broken_by={"object": "https://a.example/follow/1"})
def _an_answer_embeds_the_follow(answer: Document) -> bool:
    return answer["object"]["type"] == "Follow" and set(answer["object"]) >= MINIMUM


@_of("Delete", broken_by={"object": 5})
def _a_deletion_names_what_by_id(delete: Document) -> bool:
    found = delete["object"]
    return isinstance(found if isinstance(found, str) else found["id"], str)


@_of("Block", broken_by={"target": GONE})
def _a_ban_says_from_where_and_why(block: Document) -> bool:
    return (
        bool(block["target"]) and isinstance(block["summary"], str) and isinstance(block["removeData"], bool)
    )


@_of("Add", "Remove", broken_by={"target": "https://a.example/c/x"})
def _a_list_is_named_by_its_collection(activity: Document) -> bool:
    return activity["target"].endswith(("/moderators", "/featured"))
