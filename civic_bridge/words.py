"""The names of our own lists (states, categories, areas) in the language of a page.

They stand in the data files in both languages, so that federated text and pages cannot drift apart.
"""

from __future__ import annotations

from typing import Any, Protocol

from civic_bridge.categories import CATEGORIES, GROUPS, Category
from civic_bridge.models import Report
from civic_bridge.states import STEPS, State, state_named
from sebangsa.errors import Sentence
from sebangsa.web.i18n import N_
from sebangsa.web.pieces import Choice, Status


class _Named(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def word(self) -> str: ...


def name_in(language: str, item: _Named) -> str:
    """The name of a category or a group of them."""
    return item.word if language == "id" else item.name


def state_in(language: str, state: State) -> str:
    """The name of a state."""
    return state.word if language == "id" else state.label


def guidance_in(language: str, category: Category) -> str:
    """What somebody should know before reporting this."""
    return category.guidance_word if language == "id" else category.guidance


def row_in(language: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of a data file with `name` and `guidance` in the language."""
    if language != "id":
        return row
    return row | {
        "name": row.get("word", row["name"]),
        "guidance": row.get("guidance_word", row.get("guidance", "")),
    }


FLAGS = {
    "needs-office": N_("No office is responsible yet"),
    "photo-elsewhere": N_("A photo was taken elsewhere"),
    "outside-areas": N_("The place lies in no known area"),
    "place-disagrees": N_("Place and area do not agree"),
    "history-rewritten": N_("An entry of its history was changed afterwards"),
}


def flag_sentence(flag: str) -> str:
    """What people should look at, to be translated where it is shown."""
    code, _, place = flag.partition(" at ")
    if code == "history-broken":
        return Sentence(N_("Its history does not fit together from entry %(number)s on"), {"number": place})
    return FLAGS.get(code, flag)


def status_of(report: Report, language: str) -> Status:
    """A report's chip and progress line."""
    state = state_named(report.status)
    return Status(state_in(language, state), state.meaning, state.step, STEPS)


def category_choices(language: str) -> list[tuple[str, list[Choice]]]:
    """All categories for a form, under the names of their groups."""
    return [
        (
            name_in(language, group),
            [
                Choice(each.code, name_in(language, each), guidance_in(language, each))
                for each in CATEGORIES.values()
                if each.group == group.code
            ],
        )
        for group in GROUPS.values()
    ]
