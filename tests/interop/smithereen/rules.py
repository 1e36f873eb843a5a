"""What Smithereen takes: `ActivityPub.java` (signatures), `ActivityPubRoutes.java` (which handler), and the handlers."""

from __future__ import annotations

from tests.interop.reading import AS2, GONE, Document, Reading, host

RULES = Reading("smithereen")
_of = RULES.of

# Another type of activity is answered 400 before anybody looks at it; `Lock`, `Dislike` and `EmojiReact` are such.
KNOWN = (
    "Accept", "Add", "Announce", "Create", "Delete", "Follow", "Join", "Leave", "Like", "Undo", "Update", "Reject",
    "Offer", "Block", "Invite", "Remove", "Flag", "Read", "Move", "QuoteRequest",
)  # fmt: skip
READ_AS_A_POST = ("Note", "Page", "Article", "Question")


@_of("answer", broken_by={"content-type": "application/json"})
def _the_media_type_is_one_of_two(answer: Document) -> bool:
    named = str(answer["content-type"])
    return named.startswith(("application/activity+json", f'application/ld+json; profile="{AS2}"'))


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _the_id_is_on_the_host_that_was_asked(answer: Document) -> bool:
    return host(answer["id"]) == host(answer["asked"])


@_of("request", broken_by={"algorithm": "hmac-sha256"})
def _the_algorithm_is_named(request: Document) -> bool:
    return request["algorithm"] in ("rsa-sha256", "hs2019")


@_of("request", broken_by={"covers": ["(request-target)", "date"]})
def _target_date_and_host_are_signed(request: Document) -> bool:
    return {"(request-target)", "date", "host"} <= set(request["covers"])


@_of("request", broken_by={"digest": "md5=abc"})
def _the_digest_is_sha_256(request: Document) -> bool:
    return str(request["digest"]).startswith("SHA-256=")


@_of("request", broken_by={"signer": "https://lain.example/users/x"})
def _without_a_linked_data_signature_the_actor_signs(request: Document) -> bool:
    return bool(request["signer"] == request["actor"])


@_of(
    *KNOWN,
    "Lock",
    "Dislike",
    "EmojiReact",
    broken_by={"type": "Dislike"},
    wherever=lambda it: it.around is None,
)
def _the_type_is_known(activity: Document) -> bool:
    return activity.type in KNOWN


@_of("Group", "Person", broken_by={"publicKey": {}})
def _an_actor_has_inbox_name_and_key(actor: Document) -> bool:
    return all(actor[name] for name in ("inbox", "preferredUsername")) and bool(
        actor["publicKey"]["publicKeyPem"]
    )


@_of(*READ_AS_A_POST, broken_by={"attributedTo": "https://lain.example/u/x"})
def _a_post_lies_on_its_authors_host(post: Document) -> bool:
    return host(post["attributedTo"]) == host(post["id"])


@_of(*READ_AS_A_POST, broken_by={"to": [{"type": "Person"}]})
def _a_post_is_addressed_with_ids_alone(post: Document) -> bool:
    return bool(post.addressed) and all(isinstance(uri, str) for uri in post.addressed)


@_of("Create", "Update", broken_by={"actor": "https://lain.example/u/x"})
def _who_writes_is_the_actor(activity: Document) -> bool:
    return bool(activity["actor"] == activity["object"]["attributedTo"])


@_of("Create", broken_by={"object": "https://lain.example/1"})
def _what_is_created_is_embedded(create: Document) -> bool:
    return bool(create["object"]["id"])


@_of("Accept", "Reject", broken_by={"object": "https://lain.example/1"})
def _an_answer_embeds_the_follow_with_who_asked(answer: Document) -> bool:
    return bool(answer["object"]["actor"]) and bool(answer["object"]["object"])


@_of("Flag", broken_by={"object": []})
def _a_report_is_of_things_on_its_own_server(flag: Document) -> bool:
    return bool(flag["object"]) and all(host(uri) != host(flag["actor"]) for uri in flag["object"])


@_of("Flag", broken_by={"content": GONE})
def _a_report_has_its_text_in_content(flag: Document) -> bool:
    return isinstance(flag["content"], str)


@_of("Like", broken_by={"object": {"type": "Note"}})
def _a_like_names_its_object(like: Document) -> bool:
    return isinstance(like["object"], str)


@_of("Follow", broken_by={"object": {"type": "Group"}}, wherever=lambda it: it.around is None)
def _a_follow_names_the_group(follow: Document) -> bool:
    return isinstance(follow["object"], str)
