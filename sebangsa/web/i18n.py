"""The language of a page: which one is asked for, and its words.

Catalogues are the committed `.po` files, read at start: there is no compiled copy that could be older than them.
Message ids are plain English, so English needs no translations to be complete.
"""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
DEFAULT_LANGUAGE = "id"
LANGUAGE_COOKIE = "lang"
LOCALES = Path(__file__).parent.parent / "locale"
MAX_ACCEPTED = 20
"""Entries of an Accept-Language header that are looked at."""


class Translation(gettext.GNUTranslations):
    """The words of one language; what is missing shows its English id."""

    language: str = "en"


@cache
def translation_for(language: str) -> Translation:
    """The catalogue of one of `LANGUAGES`."""
    path = LOCALES / language / "LC_MESSAGES" / "sebangsa.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translation = Translation(cast(Any, compiled))
    translation.language = language
    return translation


def language_of(request: Request) -> str:
    """What the visitor chose (cookie), else their account's language, else their browser's, else the site's."""
    chosen = getattr(request.state, "language", "") or request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    viewer = getattr(request.state, "viewer", None)
    if viewer is not None and viewer.language in LANGUAGES:
        return str(viewer.language)
    accepted = accepted_language(request.headers.get("accept-language", ""))
    if accepted:
        return accepted
    site = getattr(request.app.state, "site", None)
    return str(site.settings.language) if site is not None else DEFAULT_LANGUAGE


def accepted_language(header: str) -> str:
    """The first of our languages by the weights of an Accept-Language header; empty when none is named."""
    weighted: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:MAX_ACCEPTED]):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        language = (
            "id" if language == "in" else language
        )  # old Androids still call Indonesian by its first code
        weight = _weight(parameter)
        if language in LANGUAGES and weight > 0:
            weighted.append((-weight, position, language))
    return min(weighted)[2] if weighted else ""


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def translation_of(request: Request) -> Translation:
    """The words for this request: `translation_of(request).gettext("Save")`."""
    return translation_for(language_of(request))


def N_(message: str) -> str:
    """Mark a text for translation where it is written; it is translated where it is shown."""
    return message
