"""What Misskey takes: `core/activitypub`, its validators and its check of signatures (Sharkey's are stricter)."""

from __future__ import annotations

from tests.interop.reading import ANYTHING, AS2, GONE, PUBLIC, Document, Reading, host, is_vote

RULES = Reading("misskey")
_of = RULES.of

ACTORS = ("Person", "Service", "Group", "Organization", "Application")
POSTS = ("Note", "Question", "Article", "Audio", "Document", "Image", "Page", "Video", "Event")


def _is_whole(document: Document) -> bool:
    return document.around is None and document.type not in ("answer", "request")


@_of("answer", broken_by={"content-type": "application/json"})
def _the_media_type_is_an_activity(answer: Document) -> bool:
    return str(answer["content-type"]).partition(";")[0] in (
        "application/activity+json",
        "application/ld+json",
    )


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _an_id_is_on_the_host_that_was_asked(answer: Document) -> bool:
    return host(answer["id"]) == host(answer["asked"])


@_of("request", broken_by={"algorithm": ""})
def _the_algorithm_is_named(request: Document) -> bool:
    return request["algorithm"] in ("rsa-sha256", "hs2019")


@_of("request", broken_by={"covers": ["(request-target)", "date"]})
def _host_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "date", "digest"} <= set(request["covers"])


@_of("request", broken_by={"digest": "SHA-512=abc"})
def _the_digest_is_sha_256(request: Document) -> bool:
    return str(request["digest"]).startswith("SHA-256=")


@_of("request", broken_by={"signer": "https://lain.example/u/x"})
def _the_signer_is_the_actor(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


@_of(ANYTHING, broken_by={"@context": []}, wherever=_is_whole)
def _activitystreams_is_in_the_context(document: Document) -> bool:
    context = document["@context"]
    return AS2 in context if isinstance(context, list) else context == AS2


@_of(*ACTORS, broken_by={"inbox": "https://lain.example/inbox"})
def _an_actors_addresses_are_on_its_host(actor: Document) -> bool:
    urls = [
        actor["inbox"],
        actor["endpoints"]["sharedInbox"],
        actor["outbox"],
        actor["followers"],
        actor["featured"],
    ]
    return all(host(url) == host(actor["id"]) for url in [*urls, actor["publicKey"]["id"]])


@_of(*ACTORS, broken_by={"preferredUsername": "nama dengan spasi"})
def _a_name_is_of_word_characters(actor: Document) -> bool:
    name = actor["preferredUsername"]
    return 0 < len(name) <= 128 and all(letter.isalnum() or letter in "_-." for letter in name)


@_of(*ACTORS, broken_by={"name": ""})
def _a_display_name_is_no_empty_text(actor: Document) -> bool:
    return isinstance(actor["name"], str) and bool(actor["name"]) and isinstance(actor["summary"], str)


@_of("Accept", "Reject", broken_by={"object": {"type": "Like"}})
def _an_answer_is_about_a_follow_of_theirs(answer: Document) -> bool:
    return answer["object"]["type"] == "Follow" and bool(answer["object"]["actor"])


@_of("Announce", broken_by={"object": {"type": "Create", "id": "x"}})
def _a_renote_is_of_an_id(announce: Document) -> bool:
    return isinstance(announce["object"], str)


@_of("Announce", broken_by={"to": [], "cc": []})
def _a_renote_says_for_whom(announce: Document) -> bool:
    return PUBLIC in announce.addressed


@_of("Announce", broken_by={"published": GONE}, wherever=_is_whole)
def _a_renote_says_when_for_else_it_is_now(announce: Document) -> bool:
    return bool(announce["published"])


@_of(
    "Undo", broken_by={"object": {"type": "Announce"}}, wherever=lambda it: it["object"]["type"] == "Announce"
)
def _a_renote_is_undone_by_its_id(undo: Document) -> bool:
    return bool(undo["object"]["id"])


@_of("Page", "Note", broken_by={"type": "Tip"})
def _a_post_is_of_a_valid_type(post: Document) -> bool:
    return post["type"] in POSTS


@_of("Page", "Note", broken_by={"attributedTo": "https://lain.example/u/x"})
def _a_post_its_author_and_its_url_share_a_host(post: Document) -> bool:
    return host(post["id"]) == host(post["attributedTo"]) == host(post.get("url", post["id"]))


@_of("Page", "Note", broken_by={"published": GONE}, wherever=lambda it: not is_vote(it))
def _a_post_says_when(post: Document) -> bool:
    return bool(post["published"])


@_of("Page", "Note", broken_by={"content": 5}, wherever=lambda it: not is_vote(it))
def _content_is_text(post: Document) -> bool:
    return isinstance(post["content"], str)


@_of("Page", "Note", broken_by={"tag": [{"type": "Mention", "href": 5}]}, wherever=lambda it: not is_vote(it))
def _mentions_have_an_address(post: Document) -> bool:
    return all(isinstance(tag["href"], str) for tag in post["tag"] if tag["type"] == "Mention")


@_of("Create", "Update", "Delete", broken_by={"actor": "https://lain.example/u/x"})
def _what_an_actor_does_is_to_its_own_host(activity: Document) -> bool:
    found = activity["object"]
    return host(found if isinstance(found, str) else found["id"]) == host(activity["actor"])


@_of("Note", broken_by={"tag": []}, wherever=lambda it: PUBLIC not in it.addressed and not is_vote(it))
def _a_message_mentions_whom_it_is_for(note: Document) -> bool:
    return set(note["to"]) <= {tag["href"] for tag in note["tag"] if tag["type"] == "Mention"}


@_of("Question", broken_by={"oneOf": [{"type": "Note", "name": 5}]})
def _the_answers_of_a_poll_have_names_and_it_has_an_end(question: Document) -> bool:
    options = question.get("oneOf") or question["anyOf"]
    return all(isinstance(option["name"], str) for option in options) and bool(question["endTime"])


@_of("Note", broken_by={"name": ""}, wherever=is_vote)
def _a_vote_is_an_answer_to_the_poll_with_a_name(vote: Document) -> bool:
    return bool(vote["name"]) and isinstance(vote["inReplyTo"], str)


@_of("Note", broken_by={"_misskey_quote": {"id": "x"}}, wherever=lambda it: "quote" in it)
def _a_quote_is_named_by_its_id(note: Document) -> bool:
    return isinstance(note["_misskey_quote"], str) and note["quoteUrl"] == note["_misskey_quote"]


@_of("Flag", broken_by={"object": []})
def _a_report_is_of_somebody_there(flag: Document) -> bool:
    return bool(flag["object"])
