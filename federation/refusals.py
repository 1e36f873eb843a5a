"""Why we refuse what arrives: one table of stable codes.

A peer's developer meets these codes in the body of a 4xx answer, an admin in `sebangsa inspect`, and a test
in its assertion. A code never changes its meaning once released; a new reason gets a new code.
"""

from __future__ import annotations

# code -> (HTTP status at the inbox, sentence for the person who meets it)
REFUSALS: dict[str, tuple[int, str]] = {
    # The bytes
    "too-large": (413, "The body is larger than this server reads."),
    "wrong-media-type": (415, "Send application/activity+json."),
    "not-json": (400, "The body is not well-formed JSON."),
    "too-deep": (400, "The document is nested too deeply."),
    "duplicate-key": (400, "The document names one key twice."),
    "not-an-activity": (400, "The document is not an ActivityPub activity."),
    "not-an-object": (400, "The document is not an ActivityPub object that this server reads."),
    "not-an-actor": (400, "The document is not an ActivityPub actor."),
    "bad-id": (400, "The id is missing or is not an https URL."),
    "missing-field": (400, "A field that this type needs is missing."),
    "bad-field": (400, "A field has a value that its type does not allow."),
    # Who speaks
    "signature-missing": (401, "The request is not signed."),
    "signature-malformed": (401, "The signature could not be read."),
    "signature-incomplete": (401, "The signature does not cover what it must."),
    "signature-expired": (401, "The signature is outside the accepted time."),
    "signature-host": (401, "The signature was made for another host."),
    "signature-algorithm": (401, "The signature's algorithm does not fit the key."),
    "signature-wrong": (401, "The signature does not match."),
    "digest-missing": (401, "The body's digest is missing."),
    "digest-wrong": (401, "The digest does not match the body."),
    "key-unavailable": (401, "The signing key could not be fetched or does not belong to its actor."),
    "key-unusable": (401, "The signing key is of a kind or size that is not accepted."),
    "signer-is-not-actor": (401, "The signer is not the activity's actor."),
    "token-wrong": (403, "The token of the group does not hold for this."),
    "proof-wrong": (401, "The object's proof does not hold."),
    # What it may
    "foreign-id": (403, "The id is on another host than its actor."),
    "not-the-author": (403, "Only its author may do this."),
    "not-allowed": (403, "The actor may not do this."),
    "blocked-domain": (403, "This server does not talk with that host."),
    "suspended-actor": (403, "The actor is suspended here."),
    "gone": (410, "It was deleted."),
    "not-found": (404, "There is no such thing here."),
    "too-many": (429, "Too many requests; try again later."),
    # Fetching
    "bad-url": (400, "The URL is not one that this server opens."),
    "private-address": (400, "The address is not on the public network."),
    "too-many-redirects": (400, "The redirects do not end."),
    "unreachable": (503, "The other server could not be reached."),
    "id-mismatch": (400, "The document at that address has another id."),
    "fetch-denied": (403, "The other server does not show this to us."),
    "bad-encoding": (400, "The answer is compressed in a way that was not asked for, or is damaged."),
    "bad-handle": (400, "A handle looks like name@host."),
    "handle-mismatch": (400, "The handle and the actor do not name each other."),
}


class Refused(Exception):
    """Something from outside is not accepted.

    `code` is a key of `REFUSALS`; `detail` adds what was seen (shown to the peer and in the inspector, so it
    never holds a secret).
    """

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        self.status, self.sentence = REFUSALS[code]
        super().__init__(f"{code}: {detail or self.sentence}")

    def as_json(self) -> dict[str, str]:
        """The body of the 4xx answer: `{"error": sentence, "code": code, "detail": …}`."""
        return {"error": self.sentence, "code": self.code, "detail": self.detail}
