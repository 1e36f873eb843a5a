"""What GoToSocial takes: `internal/federation` and `internal/ap`. It asks for nothing, and answers nothing, unsigned."""

from __future__ import annotations

from datetime import datetime

from tests.interop.reading import AS2, GONE, PUBLIC, Document, Reading, host

RULES = Reading("gotosocial")
_of = RULES.of

ACTORS = ("Person", "Service", "Group", "Organization", "Application")
STATUSES = (
    "Note",
    "Article",
    "Page",
    "Question",
    "Event",
    "Video",
    "Image",
    "Audio",
    "Document",
    "Place",
    "Profile",
    "Relationship",
)


def _is_public(document: Document) -> bool:
    return PUBLIC in document.addressed


@_of("answer", broken_by={"content-type": "application/json"})
def _the_media_type_is_an_activity(answer: Document) -> bool:
    kind, _, rest = str(answer["content-type"]).partition(";")
    return kind == "application/activity+json" or (kind == "application/ld+json" and AS2 in rest)


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _the_id_is_where_it_was_fetched(answer: Document) -> bool:
    return bool(answer["id"] == answer["asked"])


@_of("request", broken_by={"algorithm": "ed25519"})
def _the_algorithm_is_one_that_is_tried(request: Document) -> bool:
    return request["algorithm"] in ("rsa-sha256", "rsa-sha512", "hs2019", "")


@_of("request", broken_by={"covers": ["date"]})
def _target_host_date_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "date", "digest"} <= set(request["covers"])


@_of("request", broken_by={"signer": "https://lain.example/u/x"})
def _the_requester_is_the_actor(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


@_of(*ACTORS, broken_by={"publicKey": {"id": "x", "owner": "https://lain.example/u/x", "publicKeyPem": "x"}})
def _the_key_belongs_to_the_actor(actor: Document) -> bool:
    key = actor["publicKey"]
    return key["owner"] == actor["id"] and key["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")


@_of(*ACTORS, broken_by={"inbox": GONE})
def _an_actor_has_inbox_name_and_collections(actor: Document) -> bool:
    return all(
        host(actor[name]) == host(actor["id"]) for name in ("inbox", "outbox", "followers", "following")
    )


@_of("Accept", "Reject", broken_by={"object": {"type": "Follow"}})
def _an_answer_embeds_the_follow_that_was_sent(answer: Document) -> bool:
    follow = answer["object"]
    return bool(follow["id"]) and bool(follow["actor"]) and bool(follow["object"])


@_of("Announce", broken_by={"object": {"type": "Create", "id": "x"}})
def _a_boost_is_of_one_id(announce: Document) -> bool:
    return isinstance(announce["object"], str)


@_of("Announce", broken_by={"published": GONE}, wherever=lambda it: it.around is None)
def _a_boost_says_when_without_which_it_is_dropped(announce: Document) -> bool:
    return datetime.fromisoformat(announce["published"]).tzinfo is not None


@_of("Announce", broken_by={"to": [], "cc": []})
def _a_boost_says_for_whom(announce: Document) -> bool:
    return _is_public(announce)


@_of("Page", "Note", broken_by={"type": "Tip"})
def _a_post_is_a_statusable(post: Document) -> bool:
    return post["type"] in STATUSES


@_of("Page", "Note", broken_by={"attributedTo": "https://lain.example/u/x"})
def _a_post_has_one_author_of_its_host(post: Document) -> bool:
    return isinstance(post["attributedTo"], str) and host(post["id"]) == host(post["attributedTo"])


@_of("Page", "Note", broken_by={"url": "not a url"})
def _a_post_has_a_url_and_a_time(post: Document) -> bool:
    return post["url"].startswith("http") and datetime.fromisoformat(post["published"]).tzinfo is not None


@_of("Page", "Note", broken_by={"to": [], "cc": []})
def _a_post_is_addressed_for_else_nobody_may_see_it(post: Document) -> bool:
    return bool(post.addressed)


@_of("Page", "Note", broken_by={"tag": [{"type": "Mention", "href": "x", "name": "tebet"}]})
def _mentions_have_an_address_or_a_handle(post: Document) -> bool:
    mentions = [tag for tag in post["tag"] if tag["type"] == "Mention"]
    return all(tag["href"].startswith("http") and tag["name"].count("@") == 2 for tag in mentions)


@_of("Undo", broken_by={"object": {"type": "Announce", "actor": "https://lain.example/u/x"}})
def _one_undoes_ones_own(undo: Document) -> bool:
    return undo["object"]["actor"] == undo["actor"] and bool(undo["object"]["id"])


@_of("Create", "Update", "Delete", broken_by={"actor": "https://lain.example/u/x"})
def _what_an_actor_does_is_to_its_own_host(activity: Document) -> bool:
    found = activity["object"]
    return host(found if isinstance(found, str) else found["id"]) == host(activity["actor"])


@_of("Flag", broken_by={"object": []})
def _a_report_names_whom_and_what(flag: Document) -> bool:
    return bool(flag["object"]) and isinstance(flag["content"], str)
