"""What Lemmy takes and what makes it drop a whole document: its structs under `crates/apub`, 1.0 line."""

from __future__ import annotations

from datetime import datetime

from tests.interop.reading import AS2, GONE, PUBLIC, Document, Reading, host

RULES = Reading("lemmy")
_of = RULES.of

TYPES = {
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    f'application/ld+json; profile="{AS2}"',
}
MODERATED = ("Announce", "Create", "Update", "Add", "Remove", "Lock", "Block")
KNOWN_ATTACHMENTS = {"Link": "href", "Image": "url", "Document": "url"}
PERSONS = ("Person", "Service", "Organization")


def _is_opening(document: Document) -> bool:
    return "inReplyTo" not in document


def _is_public(document: Document) -> bool:
    return PUBLIC in document.addressed


def _is_comment(document: Document) -> bool:
    return not _is_opening(document) and _is_public(document)


# --- what carries the document ---------------------------------------------------------------------------------------


@_of("answer", broken_by={"content-type": "application/activity+json;charset=utf-8"})
def _the_media_type_is_one_of_three_strings(answer: Document) -> bool:
    return str(answer["content-type"]).lower() in TYPES


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _a_document_lies_where_its_id_says(answer: Document) -> bool:
    return bool(answer["id"] == answer["asked"])


@_of("request", broken_by={"covers": ["date"]})
def _target_host_date_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "date", "digest"} <= set(request["covers"])


@_of("request", broken_by={"digest": "sha-512=abc"})
def _the_digest_is_sha_256(request: Document) -> bool:
    return str(request["digest"]).startswith("SHA-256=")


@_of("request", broken_by={"signer": "https://lain.example/u/x"})
def _the_signer_is_the_actor(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


# --- actors and collections ------------------------------------------------------------------------------------------


@_of("Group", *PERSONS, broken_by={"outbox": GONE})
def _an_actor_has_the_keys_without_which_it_does_not_parse(actor: Document) -> bool:
    urls = (
        actor["id"],
        actor["inbox"],
        actor["outbox"],
        actor["publicKey"]["publicKeyPem"],
        actor["preferredUsername"],
    )
    return all(isinstance(value, str) and value for value in urls)


@_of(
    "Group",
    *PERSONS,
    broken_by={"publicKey": {"id": "https://a.example/k", "owner": "https://a.example", "publicKeyPem": ""}},
)
def _the_key_is_the_actors_own(actor: Document) -> bool:
    key = actor["publicKey"]
    return key["owner"] == actor["id"] and host(key["id"]) == host(actor["id"])


@_of("Group", broken_by={"preferredUsername": "nama-yang-terlalu-panjang"})
def _a_name_is_plain_and_has_at_most_20_letters(group: Document) -> bool:
    name = str(group["preferredUsername"])
    return name.isascii() and name.replace("_", "").isalnum() and len(name) <= 20


@_of("Group", broken_by={"source": {"content": "x", "mediaType": "text/plain"}})
def _the_source_is_markdown(group: Document) -> bool:
    return bool(group["source"]["mediaType"] == "text/markdown")


@_of("Group", broken_by={"attributedTo": [{"type": "Person"}]})
def _the_moderators_are_a_collection_of_the_groups_host(group: Document) -> bool:
    return isinstance(group["attributedTo"], str) and host(group["attributedTo"]) == host(group["id"])


@_of("Group", broken_by={"manuallyApprovesFollowers": True})
def _a_public_group_is_not_said_to_be_private(group: Document) -> bool:
    return not group.get("manuallyApprovesFollowers")


@_of("Group", broken_by={"language": {"identifier": "id"}})
def _languages_are_a_list(group: Document) -> bool:
    return all({"identifier", "name"} <= set(language) for language in group.get("language", []))


@_of("Group", broken_by={"endpoints": {}})
def _a_shared_inbox_is_named(group: Document) -> bool:
    return host(group["endpoints"]["sharedInbox"]) == host(group["id"])


@_of(
    "OrderedCollection",
    broken_by={"orderedItems": [{"id": "x"}]},
    wherever=lambda it: it["id"].endswith("/moderators"),
)
def _moderators_are_ids(collection: Document) -> bool:
    return all(isinstance(item, str) for item in collection["orderedItems"])


@_of(
    "OrderedCollection",
    broken_by={"orderedItems": ["https://a.example/post/1"]},
    wherever=lambda it: it["id"].endswith("/featured"),
)
def _pinned_posts_stand_there_in_full(collection: Document) -> bool:
    return all(item["type"] == "Page" for item in collection["orderedItems"])


@_of(
    "OrderedCollection",
    broken_by={"orderedItems": GONE, "first": "x"},
    wherever=lambda it: it["id"].endswith("/outbox"),
)
def _an_outbox_is_not_paged(collection: Document) -> bool:
    return isinstance(collection["orderedItems"], list) and "first" not in collection


@_of(
    "OrderedCollection",
    broken_by={"orderedItems": [{"type": "Page"}]},
    wherever=lambda it: it["id"].endswith("/outbox"),
)
def _an_outbox_holds_announced_creates(collection: Document) -> bool:
    return all(Document(item).shape == "Announce/Create/Page" for item in collection["orderedItems"])


@_of("Collection", broken_by={"items": GONE})
def _followers_are_a_count_and_an_empty_list(collection: Document) -> bool:
    return isinstance(collection["totalItems"], int) and collection["items"] == []


# --- activities ------------------------------------------------------------------------------------------------------


@_of("Accept", "Reject", broken_by={"object": "https://lemmy.example/activities/follow/1"})
def _a_follow_is_answered_with_the_whole_follow(answer: Document) -> bool:
    follow = answer["object"]
    return follow["type"] == "Follow" and {"id", "actor", "object"} <= set(follow)


@_of("Follow", broken_by={"object": {"id": "x"}})
def _a_follow_names_whom_by_id(follow: Document) -> bool:
    return isinstance(follow["object"], str)


@_of(*MODERATED, broken_by={"cc": GONE})
def _to_and_cc_are_there_even_if_empty(activity: Document) -> bool:
    return isinstance(activity["to"], list) and isinstance(activity["cc"], list)


@_of("Announce", broken_by={"object": "https://a.example/post/1"})
def _an_announce_embeds_an_activity(announce: Document) -> bool:
    return announce.inner is not None and {"id", "type", "actor", "object"} <= set(announce.inner)


@_of("Announce", broken_by={"to": ["https://a.example/c/x"], "cc": []})
def _public_is_addressed_in_a_public_community(announce: Document) -> bool:
    return _is_public(announce)


@_of(
    "Create",
    "Update",
    "Like",
    "Dislike",
    "Delete",
    "Lock",
    "Add",
    "Remove",
    "Block",
    "Undo",
    broken_by={"actor": "https://lain.example/u/x"},
)
def _an_activity_lies_on_its_actors_host(activity: Document) -> bool:
    return host(activity["id"]) == host(activity["actor"])


@_of(
    "Create",
    "Update",
    broken_by={"actor": "https://lain.example/u/x"},
    wherever=lambda it: it.innermost.type != "Group",
)
def _the_author_is_the_actor(activity: Document) -> bool:
    return bool(activity.innermost["attributedTo"] == activity["actor"])


@_of("Like", "Dislike", broken_by={"object": {"id": "x"}})
def _a_vote_names_its_post_by_id(vote: Document) -> bool:
    return isinstance(vote["object"], str)


@_of(
    "Delete",
    broken_by={"summary": "spam"},
    wherever=lambda it: host(it["object"]) == host(it["actor"]) and "summary" not in it,
)
def _an_author_gives_no_summary(delete: Document) -> bool:
    return "summary" not in delete


@_of("Delete", broken_by={"summary": GONE}, wherever=lambda it: host(it["object"]) != host(it["actor"]))
def _a_moderator_gives_a_summary(delete: Document) -> bool:
    return isinstance(delete["summary"], str)


@_of("Add", "Remove", broken_by={"target": "https://a.example/c/x/outbox"})
def _a_target_is_the_featured_or_the_moderators_collection(activity: Document) -> bool:
    return activity["target"] in (f"{activity['audience']}/featured", f"{activity['audience']}/moderators")


@_of("Block", broken_by={"target": GONE})
def _a_ban_is_from_the_community(block: Document) -> bool:
    return block["target"] == block["audience"] and isinstance(block["object"], str)


@_of("Undo", broken_by={"object": "https://a.example/a/1"})
def _what_is_undone_is_embedded(undo: Document) -> bool:
    return undo.inner is not None and undo.inner["actor"] == undo["actor"] and bool(undo.inner["id"])


# --- posts and comments ----------------------------------------------------------------------------------------------


@_of("Page", broken_by={"inReplyTo": "https://a.example/post/1"})
def _a_post_answers_nothing(page: Document) -> bool:
    return page.get("inReplyTo") is None


@_of("Page", "Note", broken_by={"attachment": [{"type": "Video", "url": "https://a.example/v"}]})
def _attachments_are_links_images_or_documents(post: Document) -> bool:
    attachments = post.get("attachment", [])
    return all(KNOWN_ATTACHMENTS[item["type"]] in item for item in attachments)


@_of("Page", broken_by={"image": ["https://a.example/1.png"]})
def _a_picture_is_one_object(page: Document) -> bool:
    return isinstance(page.get("image", {}), dict)


@_of("Page", "Note", broken_by={"context": {"id": "x"}})
def _the_context_is_a_string(post: Document) -> bool:
    return isinstance(post["context"], str)


@_of("Page", "Note", broken_by={"attributedTo": {"id": "x"}})
def _the_author_is_a_string(post: Document) -> bool:
    return isinstance(post["attributedTo"], str)


@_of("Page", "Note", broken_by={"attributedTo": "https://lain.example/u/x"})
def _a_post_lies_on_its_authors_host(post: Document) -> bool:
    return host(post["id"]) == host(post["attributedTo"])


@_of("Page", "Note", broken_by={"audience": "https://a.example/c/x"}, wherever=_is_public)
def _the_audience_is_a_community_that_is_addressed(post: Document) -> bool:
    return post["audience"] in post.addressed


@_of("Page", broken_by={"to": ["https://a.example/c/x"], "cc": []})
def _public_is_addressed(page: Document) -> bool:
    return _is_public(page)


@_of("Page", "Note", broken_by={"mediaType": "text/plain"})
def _the_media_type_is_html_or_markdown(post: Document) -> bool:
    return post.get("mediaType", "text/html") in ("text/html", "text/markdown")


@_of("Page", broken_by={"name": "x" * 201})
def _a_title_is_there_and_not_too_long(page: Document) -> bool:
    return 0 < len(page["name"]) <= 200


@_of("Note", broken_by={"content": GONE}, wherever=_is_comment)
def _a_comment_has_content_and_a_parent(note: Document) -> bool:
    return isinstance(note["content"], str) and isinstance(note["inReplyTo"], str)


@_of("Note", broken_by={"to": GONE})
def _a_note_is_addressed(note: Document) -> bool:
    return bool(note["to"])


@_of("Page", "Note", broken_by={"published": "2026-11-20 01:02:03"})
def _dates_have_a_zone(post: Document) -> bool:
    return datetime.fromisoformat(post["published"]).tzinfo is not None


@_of("Page", "Note", broken_by={"tag": []}, wherever=_is_public)
def _the_group_is_mentioned(post: Document) -> bool:
    return any(tag["type"] == "Mention" and tag["href"] == post["audience"] for tag in post["tag"])


@_of(
    "Note",
    broken_by={"to": ["https://a.example/u/x", "https://a.example/u/y"]},
    wherever=lambda it: not _is_public(it),
)
def _a_message_is_to_one_person(note: Document) -> bool:
    return len(note["to"]) == 1 and not note.get("cc")


@_of("Flag", broken_by={"to": ["https://a.example/u/x", "https://a.example/u/y"]})
def _a_report_is_to_one(flag: Document) -> bool:
    return isinstance(flag["to"], str) or len(flag["to"]) == 1


@_of("Flag", broken_by={"summary": GONE, "content": GONE})
def _a_report_gives_a_reason(flag: Document) -> bool:
    return isinstance(flag.get("summary") or flag.get("content"), str)


@_of("Warn", broken_by={"summary": GONE})
def _a_warning_is_about_a_post_and_says_why(warning: Document) -> bool:
    return isinstance(warning["object"], str) and bool(warning["summary"]) and len(warning["to"]) == 1


@_of("Resolve", broken_by={"object": "https://a.example/flag/1"})
def _an_answer_to_a_report_embeds_it(resolve: Document) -> bool:
    return resolve["object"]["type"] == "Flag" and bool(resolve["object"]["actor"])


@_of("Flag", broken_by={"actor": "https://a.example/actor"})
def _a_reporter_is_a_person(flag: Document) -> bool:
    return not flag["actor"].endswith("/actor")
