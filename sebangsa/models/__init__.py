"""The product's tables."""

from sebangsa.models.accounts import Invite, OneTimeLink, Role, Session, User
from sebangsa.models.backfills import Backfill, BackfillState
from sebangsa.models.events import Event, EventStatus, JoinMode, Participation, ParticipationState
from sebangsa.models.moves import Move
from sebangsa.models.notifications import Notification
from sebangsa.models.oauth import AccessToken, AuthorizationCode, OAuthApp
from sebangsa.models.polls import Poll, PollOption, PollVote
from sebangsa.models.posts import Attachment, Mention, Post, PostTag, Visibility, Vote
from sebangsa.models.quotes import Quote, QuoteState
from sebangsa.models.reactions import Reaction
from sebangsa.models.relays import Relay, RelayKind, RelayState

__all__ = [
    "AccessToken",
    "Attachment",
    "AuthorizationCode",
    "Backfill",
    "BackfillState",
    "Event",
    "EventStatus",
    "Invite",
    "JoinMode",
    "Mention",
    "Move",
    "Notification",
    "OAuthApp",
    "OneTimeLink",
    "Participation",
    "ParticipationState",
    "Poll",
    "PollOption",
    "PollVote",
    "Post",
    "PostTag",
    "Quote",
    "QuoteState",
    "Reaction",
    "Relay",
    "RelayKind",
    "RelayState",
    "Role",
    "Session",
    "User",
    "Visibility",
    "Vote",
]
