"""What PeerTube takes: follows, comments on videos, likes and dislikes; its channels are groups."""

from __future__ import annotations

from tests.interop.reading import GONE, PUBLIC, Document, Reading, host

RULES = Reading("peertube")
_of = RULES.of

ACTIVITIES = (
    "Create",
    "Update",
    "Delete",
    "Follow",
    "Accept",
    "Reject",
    "Announce",
    "Undo",
    "Like",
    "Dislike",
)


@_of("answer", broken_by={"content-type": "text/html"})
def _the_answer_is_an_activity(answer: Document) -> bool:
    return "activity+json" in answer["content-type"]


@_of("request", broken_by={"covers": ["host"]})
def _target_host_date_and_digest_are_signed(request: Document) -> bool:
    return {"(request-target)", "host", "date", "digest"} <= set(request["covers"])


@_of("request", broken_by={"digest": "sha-512=abc"})
def _the_digest_is_sha_256(request: Document) -> bool:
    return request["digest"].startswith("SHA-256=")


@_of(*ACTIVITIES, broken_by={"actor": GONE})
def _an_activity_has_id_and_actor(activity: Document) -> bool:
    return str(activity["id"]).startswith("http") and host(activity["id"]) == host(activity["actor"])


@_of("Person", "Group", broken_by={"publicKey": {"id": "x"}})
def _an_actor_is_complete(actor: Document) -> bool:
    urls = (actor["inbox"], actor["outbox"], actor["followers"], actor["following"], actor["url"])
    key = actor["publicKey"]
    return all(urls) and key["owner"] == actor["id"] and bool(key["publicKeyPem"])


@_of("Follow", broken_by={"object": {"id": "x"}})
def _a_follow_names_a_channel_by_id(follow: Document) -> bool:
    return isinstance(follow["object"], str)


@_of("Note", broken_by={"inReplyTo": GONE})
def _a_comment_has_a_parent_content_and_time(note: Document) -> bool:
    return str(note["inReplyTo"]).startswith("http") and bool(note["content"]) and bool(note["published"])


@_of("Note", broken_by={"to": ["https://a.example/u/x"], "cc": []})
def _a_comment_is_public(note: Document) -> bool:
    return PUBLIC in note.addressed


@_of("Note", broken_by={"url": GONE})
def _a_comment_has_a_url(note: Document) -> bool:
    return note["url"].startswith("http")


@_of("Like", "Dislike", broken_by={"object": {"id": "x"}})
def _a_rate_names_the_video(vote: Document) -> bool:
    return isinstance(vote["object"], str)


@_of("Undo", broken_by={"object": "x"})
def _what_is_undone_is_embedded(undo: Document) -> bool:
    return undo["object"]["type"] in ("Follow", "Like", "Dislike", "Announce")
