"""Why a community did not take something, and what its author can do, in words. `code` is ours, from a `Reject`."""

from __future__ import annotations

from dataclasses import dataclass

from sebangsa.web.i18n import N_

MAX_CODE, MAX_TEXT = 64, 500


@dataclass(frozen=True, slots=True)
class Reason:
    """A msgid that says why, and one that says what can be done."""

    why: str
    advice: str


_ASK = N_("Write to its moderators if you think that this is a mistake.")

REASONS: dict[str, Reason] = {
    "banned": Reason(N_("You are banned from this community."), _ASK),
    "locked": Reason(
        N_("This thread is locked: nobody can answer any more."),
        N_("Open a thread of your own, or write to its moderators."),
    ),
    "members-only": Reason(
        N_("Only members open threads in this community."), N_("Join it first, then post again.")
    ),
    "posting-restricted": Reason(
        N_("Only moderators open threads in this community."),
        N_("Answer in a thread that is there, or write to its moderators."),
    ),
    "community-moved": Reason(
        N_("This community has moved to another server."), N_("Its page there says where; join it anew.")
    ),
    "too-many-votes": Reason(
        N_("The community counts no more votes of a server that it hardly knows."),
        N_("In a few days your votes count there."),
    ),
    "poll-ended": Reason(N_("The poll has ended."), N_("Its result is below it.")),
    "no-such-option": Reason(
        N_("The poll was changed meanwhile."), N_("Open it again and choose from its answers of today.")
    ),
    "one-option-only": Reason(N_("The poll takes one answer only."), N_("Open it again and choose one.")),
    "event-over": Reason(N_("This event is over."), ""),
    "event-cancelled": Reason(N_("This event was called off."), ""),
    "event-full": Reason(N_("There is no room left."), N_("Try again later: somebody may step back.")),
}
REFUSED = Reason(N_("The community did not take it."), _ASK)


def reason_of(code: str) -> Reason:
    """The words for a code; general ones for a code that is not known."""
    return REASONS.get(code, REFUSED)
