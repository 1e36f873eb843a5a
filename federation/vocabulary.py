"""The words of ActivityStreams and of its neighbours that this server knows."""

from __future__ import annotations

AS_CONTEXT = "https://www.w3.org/ns/activitystreams"
AS_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

PUBLIC_SPELLINGS = frozenset({AS_PUBLIC, "as:Public", "Public"})
"""ActivityPub section 5.6 names all three; each counts alike (S-114)."""

PEOPLE_TYPES = frozenset({"Person", "Organization", "Service", "Application"})

ACTOR_TYPES = PEOPLE_TYPES | {"Group", "Feed"}
"""AS2's five, and the `Feed` of PieFed and Lemmy: a list of communities that can be followed."""

OBJECT_KINDS = {
    "Note": "note",
    "Page": "page",
    "Article": "article",
    "Question": "question",
    "Event": "event",
    "Video": "video",
    "Audio": "audio",
    "Image": "image",
    "Document": "page",
    "Link": "page",  # PieFed's link posts
    "ChatMessage": "chat-message",
    "Tombstone": "tombstone",
    "Place": "place",
    # BookWyrm's kinds of post; each carries readable content.
    "Review": "article",
    "Comment": "note",
    "Quotation": "note",
}
"""Object type -> the one word by which it is filed here."""

OBJECT_TYPES = frozenset(OBJECT_KINDS)

CLOSED_ACCESS = frozenset({"closed", "private"})
"""Smithereen's `accessType` of groups whose content is for members: who asks may join a closed one, a private one invites.
"""

COLLECTION_TYPES = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})

ACTIVITY_TYPES = frozenset(
    {
        "Accept", "Add", "Announce", "Block", "ChooseAnswer", "Create", "Delete", "Dislike", "EmojiReact",
        "Flag", "Follow", "Invite", "Join", "Leave", "Like", "Listen", "Lock", "Move", "Offer", "PollVote",
        "QuoteRequest", "Read", "Reject", "Remove", "Resolve", "TentativeAccept", "TentativeReject", "Undo",
        "Update", "View", "Warn",
    }
)  # fmt: skip
"""What peers send today. Other types are read too, answered with 202 and counted."""

ACTIVITY_SPELLINGS = {"EmojiReaction": "EmojiReact"}
"""Older spellings (chat b6) -> the one used here."""

WITHOUT_OBJECT = frozenset({"Read", "View", "Listen", "Leave", "PollVote", "ChooseAnswer"})
"""Known activity types that mean something without an `object`, or carry it elsewhere."""

_PREFIXES = (
    "as:",
    "https://www.w3.org/ns/activitystreams#",
    "toot:",
    "http://joinmastodon.org/ns#",
    "litepub:",
    "http://litepub.social/ns#",
    "lemmy:",
    "https://join-lemmy.org/ns#",
    "sec:",
    "https://w3id.org/security#",
    "https://w3id.org/security/v1#",
    "schema:",
    "sc:",
    "http://schema.org#",
    "http://schema.org/",
    "https://schema.org/",
    "ostatus:",
    "http://ostatus.org#",
    "mz:",
    "https://joinmobilizon.org/ns#",
    "misskey:",
    "https://misskey-hub.net/ns#",
    "vcard:",
    "ical:",
)


def plain_term(term: str) -> str:
    """A key or type without the prefix under which some peers write it: `as:sensitive` is `sensitive`.

    Only prefixes of a fixed list count, whatever the document's own `@context` says of them (S-029). `@id`
    and `@type` are `id` and `type`. Terms of the civic vocabulary keep their prefix.
    """
    if ":" not in term:
        return term[1:] if term in ("@id", "@type") else term
    if term.startswith("https:") and "/ns/civic#" in term:
        return "civic:" + term.rpartition("#")[2]
    for prefix in _PREFIXES:
        if term.startswith(prefix):
            return term[len(prefix) :]
    return term
