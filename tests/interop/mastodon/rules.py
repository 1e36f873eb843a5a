"""What Mastodon reads, and what it drops in silence."""

from __future__ import annotations

import re

from tests.interop.reading import ANYTHING, AS2, GONE, PUBLIC, Document, Reading, host, is_vote

RULES = Reading("mastodon")
_of = RULES.of

MAX_JSON = 1_000_000
ACTORS = ("Group", "Person", "Service", "Organization", "Application")
CONVERTED = ("Page", "Article", "Event", "Video", "Image", "Audio")
_USERNAME = re.compile(r"[a-z0-9_]+([a-z0-9_.-]+[a-z0-9_]+)?", re.IGNORECASE)


def _is_whole(document: Document) -> bool:
    return document.around is None and document.type not in ("answer", "request")


def _is_direct(note: Document) -> bool:
    return PUBLIC not in note.addressed and not is_vote(note)


@_of("answer", broken_by={"content-type": "application/json"})
def _the_media_type_is_an_activity(answer: Document) -> bool:
    return str(answer["content-type"]).partition(";")[0] in (
        "application/activity+json",
        "application/ld+json",
    )


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _the_id_is_the_uri_that_was_asked(answer: Document) -> bool:
    return bool(answer["id"] == answer["asked"])


@_of("answer", "request", broken_by={"size": MAX_JSON + 1})
def _a_document_has_at_most_a_megabyte(message: Document) -> bool:
    return bool(message["size"] <= MAX_JSON)


@_of("request", broken_by={"algorithm": "hmac-sha256"})
def _the_algorithm_is_rsa_sha256(request: Document) -> bool:
    return request["algorithm"] in ("rsa-sha256", "hs2019")


@_of("request", broken_by={"covers": ["(request-target)", "host"]})
def _date_target_and_digest_are_signed(request: Document) -> bool:
    return {"date", "(request-target)", "digest"} <= set(request["covers"])


@_of("request", broken_by={"signer": "https://lain.example/users/x"})
def _the_signer_is_the_actor(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


@_of(ANYTHING, broken_by={"@context": {"@vocab": AS2}}, wherever=_is_whole)
def _the_context_holds_activitystreams_as_plain_text(document: Document) -> bool:
    context = document["@context"]
    return context == AS2 or AS2 in [part for part in context if isinstance(part, str)]


@_of(*ACTORS, broken_by={"inbox": ""})
def _an_actor_has_a_name_an_inbox_and_its_own_key(actor: Document) -> bool:
    key = actor["publicKey"]
    named = _USERNAME.fullmatch(actor["preferredUsername"]) is not None
    return named and host(actor["inbox"]) == host(actor["id"]) and key["owner"] == actor["id"]


@_of(*ACTORS, broken_by={"name": "x" * 2049})
def _a_name_and_a_description_are_not_too_long(actor: Document) -> bool:
    return len(actor["name"]) <= 2048 and len(actor.get("summary", "")) <= 20_000


@_of("Group", broken_by={"followers": GONE})
def _the_followers_collection_is_known_so_that_a_boost_is_public(group: Document) -> bool:
    return host(group["followers"]) == host(group["id"])


@_of(
    "OrderedCollection", broken_by={"orderedItems": GONE}, wherever=lambda it: it["id"].endswith("/featured")
)
def _featured_posts_are_listed(collection: Document) -> bool:
    return all(item["id"].startswith("http") for item in collection["orderedItems"])


@_of("Accept", "Reject", broken_by={"object": {"type": "Follow"}})
def _a_follow_is_answered_by_its_id(answer: Document) -> bool:
    follow = answer["object"]
    return bool((follow["id"] if isinstance(follow, dict) else follow).startswith("http"))


@_of("Announce", broken_by={"object": {"id": "https://a.example/activity", "type": "Create"}})
def _a_boost_is_of_an_objects_id(announce: Document) -> bool:
    return isinstance(announce["object"], str)


@_of("Announce", broken_by={"to": ["https://a.example/followers"]})
def _a_boost_is_public_and_to_the_followers(announce: Document) -> bool:
    return PUBLIC in announce["to"] and f"{announce['actor']}/followers" in announce["cc"]


@_of("Announce", broken_by={"published": GONE}, wherever=_is_whole)
def _a_boost_says_when(announce: Document) -> bool:
    return bool(announce["published"])


@_of("Undo", broken_by={"object": {"type": "Announce"}})
def _what_is_undone_has_its_id_and_type(undo: Document) -> bool:
    return undo.inner is not None and bool(undo.inner["id"]) and bool(undo.inner["type"])


@_of(*CONVERTED, broken_by={"summary": ""})
def _what_is_converted_has_a_title_an_excerpt_and_a_link(page: Document) -> bool:
    return bool(page["name"]) and bool(page["summary"]) and page["url"].startswith("http")


@_of("Note", *CONVERTED, broken_by={"attributedTo": "https://lain.example/users/x"})
def _a_post_lies_on_its_authors_host(post: Document) -> bool:
    return host(post["id"]) == host(post["attributedTo"])


@_of("Note", broken_by={"content": GONE}, wherever=lambda it: not is_vote(it))
def _a_note_has_content_and_a_time(note: Document) -> bool:
    return isinstance(note["content"], str) and bool(note["published"])


@_of(
    "Note",
    *CONVERTED,
    broken_by={"tag": [{"type": "Mention", "href": "", "name": "tebet"}]},
    wherever=lambda it: not is_vote(it),
)
def _a_mention_has_an_address_and_a_handle(post: Document) -> bool:
    mentions = [tag for tag in post["tag"] if tag["type"] == "Mention"]
    return all(tag["href"].startswith("http") and tag["name"].startswith("@") for tag in mentions)


@_of("Note", broken_by={"tag": []}, wherever=lambda it: not _is_direct(it) and "audience" in it)
def _a_comment_mentions_the_group_so_that_replies_do_too(note: Document) -> bool:
    return any(tag["type"] == "Mention" and tag["href"] == note["audience"] for tag in note["tag"])


@_of("Note", broken_by={"tag": []}, wherever=_is_direct)
def _a_message_mentions_all_whom_it_is_for(note: Document) -> bool:
    return (
        set(note["to"]) <= {tag["href"] for tag in note["tag"] if tag["type"] == "Mention"} and not note["cc"]
    )


@_of(
    "Update",
    broken_by={"object": {"id": "https://a.example/1"}},
    # New counts and a stamp are no edits.
    wherever=lambda it: (
        it.innermost.type not in (*ACTORS, "Question") and "quoteAuthorization" not in it.innermost
    ),
)
def _an_edit_says_when(update: Document) -> bool:
    return bool(update["object"]["updated"])


@_of("Create", "Update", "Delete", broken_by={"actor": "https://lain.example/u/x"})
def _what_an_actor_does_is_to_its_own(activity: Document) -> bool:
    obj = activity["object"]
    return host(obj if isinstance(obj, str) else obj["id"]) == host(activity["actor"])


@_of("Question", broken_by={"oneOf": [{"type": "Note", "name": "Sabtu"}]})
def _a_poll_has_answers_with_counts_and_an_end(question: Document) -> bool:
    options = question.get("oneOf") or question["anyOf"]
    counted = all(option["name"] and isinstance(option["replies"]["totalItems"], int) for option in options)
    return counted and bool(question["endTime"]) and isinstance(question["votersCount"], int)


@_of("Note", broken_by={"content": "<p>Minggu</p>"}, wherever=is_vote)
def _a_vote_names_the_poll_and_an_answer_and_says_nothing(vote: Document) -> bool:
    return bool(vote["name"]) and isinstance(vote["inReplyTo"], str) and not vote.get("content")


@_of("Note", broken_by={"quote": GONE}, wherever=lambda it: "_misskey_quote" in it)
def _a_quote_names_what_it_quotes(note: Document) -> bool:
    return bool(note["quote"] == note["_misskey_quote"])


@_of("QuoteRequest", broken_by={"instrument": GONE})
def _who_asks_to_quote_names_both_posts(request: Document) -> bool:
    instrument = request["instrument"]
    quoting = instrument if isinstance(instrument, str) else instrument["id"]
    return host(quoting) == host(request["actor"]) and isinstance(request["object"], str)


@_of("Accept", broken_by={"result": GONE}, wherever=lambda it: it["object"]["type"] == "QuoteRequest")
def _a_quote_is_allowed_by_a_stamp_on_the_host_of_its_author(accept: Document) -> bool:
    return host(accept["result"]) == host(accept["actor"])


@_of("QuoteAuthorization", broken_by={"interactingObject": GONE})
def _a_stamp_names_both_posts_and_the_author(stamp: Document) -> bool:
    quoted = host(stamp["interactionTarget"]) == host(stamp["attributedTo"]) == host(stamp["id"])
    return quoted and isinstance(stamp["interactingObject"], str)


@_of("Move", broken_by={"target": GONE})
def _who_moves_names_itself_and_where_to(move: Document) -> bool:
    return bool(move["object"] == move["actor"]) and isinstance(move["target"], str)


@_of("Flag", broken_by={"object": ["https://a.example/p/1"]})
def _a_report_names_the_account_and_the_posts(flag: Document) -> bool:
    return (
        isinstance(flag["object"], list)
        and flag["to"] == flag["object"][:1]
        and isinstance(flag["content"], str)
    )
