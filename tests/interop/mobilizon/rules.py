"""What Mobilizon takes: follows of its groups, comments as notes; it files nothing that is not for somebody of its own."""

from __future__ import annotations

from tests.interop.reading import GONE, PUBLIC, Document, Reading, host

RULES = Reading("mobilizon")
_of = RULES.of


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return "activity+json" in answer["content-type"]


@_of("request", broken_by={"covers": ["date"]})
def _target_host_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "digest"} <= set(request["covers"])


@_of("Person", "Group", broken_by={"publicKey": {}})
def _an_actor_has_name_url_inbox_and_key(actor: Document) -> bool:
    urls = (actor["url"], actor["inbox"], actor["outbox"], actor["followers"], actor["following"])
    return all(host(url) == host(actor["id"]) for url in urls) and bool(actor["publicKey"]["publicKeyPem"])


@_of("Follow", broken_by={"object": {"id": "x"}})
def _a_follow_names_the_group(follow: Document) -> bool:
    return isinstance(follow["object"], str)


@_of("Join", "Leave", broken_by={"object": {"id": "x"}})
def _who_comes_or_not_names_the_event(activity: Document) -> bool:
    return isinstance(activity["object"], str) and bool(activity["id"])


@_of("Event", broken_by={"startTime": GONE})
def _an_event_has_a_title_and_says_when(event: Document) -> bool:
    return bool(event["name"]) and bool(event["startTime"])


@_of("Accept", broken_by={"object": {"type": "Follow"}})
def _an_answer_holds_the_follow(answer: Document) -> bool:
    return bool(answer["object"]["id"]) and bool(answer["object"]["actor"])


@_of("Create", broken_by={"actor": "https://lain.example/u/x"})
def _the_actor_is_the_author(create: Document) -> bool:
    return bool(create["actor"] == create["object"]["attributedTo"])


@_of("Note", broken_by={"inReplyTo": GONE}, wherever=lambda it: PUBLIC in it.addressed)
def _a_comment_is_about_an_event_or_a_comment(note: Document) -> bool:
    return isinstance(note["inReplyTo"], str)


@_of("Note", broken_by={"content": GONE})
def _a_comment_has_content_and_a_time(note: Document) -> bool:
    return bool(note["content"]) and bool(note["published"])


@_of("Announce", broken_by={"object": {"id": "x"}})
def _a_share_is_of_an_id(announce: Document) -> bool:
    return isinstance(announce["object"], str)


@_of("Undo", broken_by={"object": "x"})
def _what_is_undone_is_embedded(undo: Document) -> bool:
    return bool(undo["object"]["type"])
