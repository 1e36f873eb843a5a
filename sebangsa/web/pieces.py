"""The plain values that the template macros take, so that a page can be built without knowing the markup.

Each is named in the comment on top of its macro. A mapping with the same keys does as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Face:
    """Who somebody is at a glance. `kind` is person, community, feed or body; `picture` a small image URL of ours, or empty.

    `handle` is without its sign (@, ! or ~). `is_official` puts the seal and the word beside the name. Of somebody who
    deleted their account (`is_gone`) nothing is shown but that.
    """

    name: str
    handle: str
    href: str
    picture: str = ""
    kind: str = "person"
    is_official: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """One field of a profile. `html` is sanitised; `confirmed_host` is set where that host's page links back."""

    name: str
    html: str
    confirmed_host: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that lies on this server. `width` and `height` keep its place on the page; `bytes` is the original's size.

    `full` is the address of the original, offered with its size.
    """

    src: str
    width: int
    height: int
    alt: str = ""
    full: str = ""
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """The page that a post points to. `host` is always shown (S-068)."""

    href: str
    host: str
    title: str = ""
    description: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a poll; `votes` is None while the numbers are hidden."""

    label: str
    value: str
    votes: int | None = None
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji under a post with its number. `picture` is that of a custom emoji, on this server; `value` is what the button
    sends.
    """

    emoji: str
    count: int
    value: str
    is_mine: bool = False
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The post that another one shows. Without `author` it may not be shown: then `sentence` says why, and `href` is where
    it stands.
    """

    href: str
    author: Face | None = None
    at: datetime | None = None
    title: str = ""
    text: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with answers. `action` is where the vote goes; empty shows the result, or, with `hides_totals`, only
    what was asked.
    """

    options: Sequence[Option]
    voters: int
    ends_at: datetime | None = None
    is_closed: bool = False
    is_multiple: bool = False
    action: str = ""
    hides_totals: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """When and where. `zone` is the event's own (IANA), "" where nobody said it.

    `answer_action` is where "I'm going" and "not going" are sent, `state` what one said (going, asked, refused);
    `is_noted` means that it is noted for oneself only. `waiting` counts those who ask the organiser.
    """

    starts_at: datetime
    place: str = ""
    ends_at: datetime | None = None
    going: int | None = None
    zone: str = ""
    online_href: str = ""
    external_href: str = ""
    map_href: str = ""
    room: int | None = None
    is_cancelled: bool = False
    is_tentative: bool = False
    is_over: bool = False
    is_full: bool = False
    asks_organiser: bool = False
    is_noted: bool = False
    state: str = ""
    answer_action: str = ""
    calendar_href: str = ""
    manage_href: str = ""
    people_href: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A state of a report: its word, translated; `meaning` is good, wait, warn or bad; `step` 1 to `steps`."""

    label: str
    meaning: str
    step: int
    steps: int = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a status history."""

    label: str
    meaning: str
    at: datetime
    by: Face | None = None
    text: str = ""
    pictures: Sequence[Picture] = ()
    is_public_voice: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the tabs, which are links."""

    label: str
    href: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way to this page; the last has no address."""

    label: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen."""

    value: str
    label: str
    hint: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One line of a menu: a link (`href`) or a button that posts to `action`. `confirm` is asked before it is done."""

    label: str
    icon: str = ""
    href: str = ""
    action: str = ""
    is_danger: bool = False
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a chart."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table that is more than text: a number (set to the right) or a link."""

    text: str
    href: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """One answer in a thread, with those below it. `html` is sanitised `Markup`.

    `more` counts answers below that this page leaves out; they stand at `href`.
    """

    id: int
    author: Face
    at: datetime
    html: str
    href: str
    score: int = 0
    mine: int = 0
    vote_action: str = ""
    reply_href: str = ""
    edited_at: datetime | None = None
    label: str = ""
    is_collapsed: bool = False
    is_removed: bool = False
    is_author_of_post: bool = False
    is_refused: bool = False
    menu: Sequence[Action] = ()
    pictures: Sequence[Picture] = ()
    reactions: Sequence[Reaction] = ()
    quote: Quoted | None = None
    poll: Poll | None = None
    replies: Sequence[Comment] = field(default_factory=tuple)
    more: int = 0
