"""How one software reads what we send: its rules, each a named sentence that a document either keeps or breaks.

A rule is proven when it is first asked: the document is broken in the way that the rule names, and the rule must notice. So
none of them can be true of everything.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
AS2 = "https://www.w3.org/ns/activitystreams"
GONE = object()
"""In `broken_by`: the key is not there."""

ANYTHING = "*"


class Document(dict[str, Any]):
    """A JSON object as a peer reads it. `around` is the document that it is embedded in; `group` the community that the
    conversation is about.
    """

    def __init__(self, value: Mapping[str, Any], *, around: Document | None = None, group: str = "") -> None:
        super().__init__(value)
        self.around = around
        self.group = around.group if around is not None else group

    @property
    def type(self) -> str:
        found = self.get("type")
        return str(found[0] if isinstance(found, list) else found)

    @property
    def inner(self) -> Document | None:
        """The embedded object."""
        found = self.get("object")
        return Document(found, around=self) if isinstance(found, dict) else None

    @property
    def innermost(self) -> Document:
        return self.inner.innermost if self.inner is not None else self

    @property
    def shape(self) -> str:
        """The types from outside in, as `Announce/Create/Page`; where an object is only named by its id, nothing stands for
        it (`Announce`, `Undo/Like`).
        """
        return self.type if self.inner is None else f"{self.type}/{self.inner.shape}"

    @property
    def addressed(self) -> list[str]:
        """`to` and `cc` together; a single address is a list of one."""
        found: list[str] = []
        for name in ("to", "cc"):
            value = self.get(name, [])
            found += [value] if isinstance(value, str) else value
        return found


def host(uri: Any) -> str:
    """The host of an id, or of what an object's id stands in."""
    return str(uri).split("/")[2] if "//" in str(uri) else ""


def is_vote(document: Document) -> bool:
    """Whether it is a vote in a poll: a note that has a name and says nothing."""
    return document.type == "Note" and "name" in document and "content" not in document


Check = Callable[[Document], bool]


@dataclass(frozen=True)
class Rule:
    """One sentence about documents of some types; `broken_by` are the keys that break it."""

    name: str
    types: frozenset[str]
    check: Check
    broken_by: Mapping[str, Any]
    wherever: Check

    def concerns(self, document: Document) -> bool:
        return (ANYTHING in self.types or document.type in self.types) and self.wherever(document)

    def proves_itself(self, document: Document) -> bool:
        broken = copy.deepcopy(dict(document)) | dict(self.broken_by)
        left = {key: value for key, value in broken.items() if value is not GONE}
        altered = Document(left, around=document.around, group=document.group)
        try:
            return not self.check(altered)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            return True


@dataclass
class Reading:
    """All rules of one software."""

    software: str
    rules: list[Rule] = field(default_factory=list)
    proven: set[str] = field(default_factory=set)

    def of(
        self, *types: str, broken_by: Mapping[str, Any], wherever: Check = lambda document: True
    ) -> Callable[[Check], Check]:
        """Declare a rule for documents of these types. `broken_by` is what would break it; `wherever` narrows it."""

        def declare(check: Check) -> Check:
            self.rules.append(Rule(check.__name__.lstrip("_"), frozenset(types), check, broken_by, wherever))
            return check

        return declare

    def hold(self, document: Document) -> None:
        """Every rule for this document and what it embeds; an `AssertionError` names those that are broken."""
        broken = [f"{part.shape}: {rule.name}" for part in _parts(document) for rule in self._broken(part)]
        assert not broken, f"{self.software} would not take this: {broken}\n{document}"

    def _broken(self, document: Document) -> Iterator[Rule]:
        for rule in self.rules:
            if not rule.concerns(document):
                continue
            try:
                is_kept = rule.check(document)
            except (KeyError, TypeError, AttributeError, ValueError, IndexError):
                is_kept = False
            if not is_kept:
                yield rule
            elif rule.name not in self.proven:
                assert rule.proves_itself(document), f"{rule.name} is true of everything"
                self.proven.add(rule.name)

    def unasked(self) -> list[str]:
        """The rules that no document of the story was held to: a story must bring up each."""
        return [rule.name for rule in self.rules if rule.name not in self.proven]


def _parts(document: Document) -> Iterator[Document]:
    """A document and all that is embedded in it as `object` or as an item of a collection."""
    yield document
    if document.inner is not None:
        yield from _parts(document.inner)
    for name in ("orderedItems", "items"):
        for item in document.get(name, ()):
            if isinstance(item, dict):
                yield from _parts(Document(item, around=document))
