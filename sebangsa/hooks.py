"""The extension points of the product, one short list.

An *event* tells every listener, in the transaction of what happened. A *gate* asks every guard, and the first
`NotAllowed` ends it. The lower floor declares them; upper floors register in their `feature.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, ParamSpec

from sebangsa.errors import NotAllowed

if TYPE_CHECKING:
    from federation.inbound import Inbound
    from federation.models import Actor
    from federation.wire import ObjectDocument
    from sebangsa.models import Post, User
    from sebangsa.posting import Draft

P = ParamSpec("P")


@dataclass(frozen=True)
class Origin:
    """The activity that did it, as JSON text exactly as sent or received, so that a group can pass it on unchanged
    (FEP-1b12). `object` is what was read from a peer; None for our own. `announcer` is the group that brought it.
    """

    activity: str
    object: ObjectDocument | None = None
    announcer: Actor | None = None


class Event(Generic[P]):
    """Something happened. Listeners run in order of registration, inside the transaction that did it."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, Awaitable[None]]] = []

    def listen(self, listener: Callable[P, Awaitable[None]]) -> None:
        self._listeners.append(listener)

    async def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for listener in self._listeners:
            await listener(*args, **kwargs)


class Gate(Generic[P]):
    """Somebody wants to do something. Guards raise `NotAllowed` to forbid it."""

    def __init__(self) -> None:
        self._guards: list[Callable[P, Awaitable[None]]] = []

    def guard(self, guard: Callable[P, Awaitable[None]]) -> None:
        self._guards.append(guard)

    async def ask(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for guard in self._guards:
            await guard(*args, **kwargs)

    async def allows(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        try:
            await self.ask(*args, **kwargs)
        except NotAllowed:
            return False
        return True


class Hooks:
    """Every gate and event of the product's ground floor."""

    def __init__(self) -> None:
        self.may_post: Gate[Actor, Draft] = Gate()
        """(author, draft) before a post of ours or of a peer is written."""
        self.may_edit: Gate[Actor, Post] = Gate()
        """(author, post) before an edit of ours or of a peer is written."""
        self.may_read: Gate[Actor | None, Post] = Gate()
        """(viewer, post) after visibility allowed it: a feature may only narrow."""
        self.may_show_again: Gate[Post] = Gate()
        """(post) before a removed post of a community elsewhere is shown again because that community says so."""
        self.may_follow: Gate[Actor, Actor] = Gate()
        """(follower, target) before a follow is asked for or received."""
        self.may_vote: Gate[Actor, Post] = Gate()
        """(voter, post) before a like, a dislike or a choice in its poll counts."""
        self.may_react: Gate[Actor, Post] = Gate()
        """(reactor, post) before an emoji reaction of ours or of a peer is written."""
        self.may_attend: Gate[Actor, Post] = Gate()
        """(person, post) before somebody of ours or of a peer takes part in its event."""
        self.also_addressed: Event[Actor, Draft, list[Actor]] = Event()
        """(author, draft, people) before a post of ours is written: who gets it besides those it names is added."""
        self.post_created: Event[Post, Origin] = Event()
        """(post, origin) after a post was written."""
        self.post_read: Event[Inbound, Post, ObjectDocument] = Event()
        """(inbound, post, object) after a post of a peer, or its edit, was written, for what else stands in the object."""
        self.post_edited: Event[Post, Origin] = Event()
        """(post, origin) after an edit was written."""
        self.post_deleted: Event[Post, Origin] = Event()
        """(post, origin) after its author deleted it."""
        self.post_restored: Event[Post] = Event()
        """(post) after a post of a peer that was deleted came back."""
        self.post_hidden: Event[Post] = Event()
        """(post) after this server's moderators hid it."""
        self.post_shown: Event[Post] = Event()
        """(post) after they showed it again."""
        self.voted: Event[Actor, Post, int, Origin] = Event()
        """(voter, post, +1, -1 or 0 when taken back, origin) after a vote was written."""
        self.reacted: Event[Actor, Post, Origin] = Event()
        """(reactor, post, origin) after an emoji was left under a post or taken back, unless `voted` told of it."""
        self.poll_voted: Event[Post, Origin] = Event()
        """(post, origin) after somebody elsewhere chose in a poll of a third server."""
        self.recounted: Event[Post, Origin] = Event()
        """(post, origin) after the counts of its poll or event were told anew; that is no edit."""
        self.followed: Event[Actor, Actor] = Event()
        """(follower, target) once the follow is accepted."""
        self.leaving: Event[Actor, Actor] = Event()
        """(follower, target) before one of ours takes back a follow; a listener raises `NotAllowed` to keep it."""
        self.unfollowed: Event[Actor, Actor] = Event()
        """(follower, target) after a follow ended."""
        self.signed_up: Event[User] = Event()
        """(user) after an account was made."""
        self.moved: Event[Actor, Actor] = Event()
        """(old, new) after a move was believed; followers go along later, in a job."""
        self.leaves_behind: Event[Actor, list[Actor]] = Event()
        """(person, communities) before somebody deletes their account: those that nobody else looks after are added."""
        self.actor_deleted: Event[Actor, Origin] = Event()
        """(actor, origin) after an account was deleted, here or at its own server; a job erases what it left."""
