"""What Hubzilla takes: its add-on `pubcrawl`, above all `Mod_Inbox.php`."""

from __future__ import annotations

from tests.interop.reading import AS2, GONE, PUBLIC, Document, Reading, host

RULES = Reading("hubzilla")
_of = RULES.of

ACTORS = ("Group", "Person")


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    named = str(answer["content-type"])
    return "application/activity+json" in named or "application/ld+json" in named


@_of("answer", broken_by={"id": "https://lain.example/1"})
def _the_id_is_what_was_asked_for(answer: Document) -> bool:
    return bool(answer["id"] == answer["asked"])


@_of("request", broken_by={"covers": ["(request-target)", "date"]})
def _the_body_is_signed_by_its_digest(request: Document) -> bool:
    return "digest" in request["covers"] and bool(request["digest"])


@_of("request", broken_by={"accept": "text/html"})
def _what_is_accepted_in_return_is_anything(request: Document) -> bool:
    return "accept" not in request or "*" in request["accept"] or "activity+json" in request["accept"]


@_of(*ACTORS, broken_by={"url": GONE})
def _an_actor_has_name_address_inbox_and_key(actor: Document) -> bool:
    named = (actor["name"], actor["preferredUsername"], actor["url"], actor["inbox"], actor["outbox"])
    return all(named) and bool(actor["publicKey"]["publicKeyPem"])


@_of(*ACTORS, broken_by={"followers": GONE})
def _an_actor_names_its_followers_for_posts_are_filed_by_them(actor: Document) -> bool:
    return host(actor["followers"]) == host(actor["id"])


@_of("Announce", broken_by={"object": {"actor": "https://a.example/u/x"}}, wherever=lambda it: bool(it.inner))
def _what_is_relayed_has_actor_and_object(announce: Document) -> bool:
    return bool(announce["object"]["actor"]) and bool(announce["object"]["object"])


@_of(
    "Announce",
    broken_by={"object": {"actor": "https://lain.example/u/x", "object": "https://lain.example/1"}},
    wherever=lambda it: bool(it.inner),
)
def _what_is_relayed_is_signed_by_who_did_it(announce: Document) -> bool:
    """Otherwise it came from somebody that is not its actor, and is dropped in silence."""
    inner = announce["object"]
    return inner["actor"] == announce["actor"] or "proof" in inner or "signature" in inner


@_of("Announce", broken_by={"to": [], "cc": []})
def _what_a_group_says_is_public(announce: Document) -> bool:
    return PUBLIC in announce.addressed


@_of("Accept", "Reject", broken_by={"object": "https://lain.example/1"})
def _an_answer_embeds_the_follow(answer: Document) -> bool:
    return answer["object"]["type"] == "Follow" and bool(answer["object"]["actor"])


@_of("Create", "Update", broken_by={"object": "https://lain.example/1"})
def _what_is_written_is_embedded(activity: Document) -> bool:
    return bool(activity["object"]["id"]) and bool(activity["object"]["type"])


@_of("Page", "Note", broken_by={"content": {"id": "<p>halo</p>"}})
def _a_text_is_one_text(post: Document) -> bool:
    return isinstance(post["content"], str)


@_of("Page", "Note", broken_by={"published": GONE})
def _a_post_says_when(post: Document) -> bool:
    return bool(post["published"])


@_of(
    "Create", "Announce", "Update", "Delete", "Accept", "Undo",
    broken_by={"@context": "https://lain.example/ns"},
    wherever=lambda it: it.around is None,
)  # fmt: skip
def _the_context_names_activitystreams(activity: Document) -> bool:
    return activity["@context"] == AS2 or AS2 in activity["@context"]
