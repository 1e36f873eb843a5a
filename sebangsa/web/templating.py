"""Pages from Jinja templates: one compiled environment per language, so that macros are plain functions of their
parameters and need nothing from the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sebangsa.errors import Sentence
from sebangsa.reacting import PALETTE
from sebangsa.web import numbers, times
from sebangsa.web.i18n import LANGUAGES, Translation, language_of, translation_for
from static.assets import bundled

if TYPE_CHECKING:
    from sebangsa.features import NavItem
    from sebangsa.models import User
    from sebangsa.site import Site

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
TABS_BEFORE_OWN = 4
"""Entries of the bar at a phone's bottom, before the viewer's own."""


class Spoken:
    """The template functions `_`, `t`, `say` and `ngettext` of one language.

    Jinja's own variant marks what it translates as safe HTML and formats it even without values. A label or a sentence of an
    error goes through here too, and may hold what somebody typed: so text stays text, and a `%` in it is a per cent sign.
    """

    def __init__(self, translation: Translation) -> None:
        self._translation = translation

    def gettext(self, message: str, **values: object) -> str:
        """A sentence, with `%(name)s` filled in. The empty text stays empty (gettext's own answer is its header)."""
        if isinstance(message, Sentence):
            return _filled(self._translation.gettext(message.message), message.values)
        return _filled(self._translation.gettext(message) if message else "", values)

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The form for `count`, which is `%(n)s` or `%(num)s` unless the caller gives another writing of it."""
        return _filled(self._translation.ngettext(one, many, count), {"n": count, "num": count, **values})


def _filled(text: str, values: Mapping[str, object]) -> str:
    if not values:
        return text
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(text) % values
    return text % values


class Templates:
    """Renders the templates of `folders`; the first folder that has a name wins."""

    def __init__(self, folders: Iterable[Path], site: Site) -> None:
        self._site = site
        self.assets = bundled()
        loader = FileSystemLoader([str(folder) for folder in folders])
        # Compiling is most of the time to the first page after a start. A changed template is compiled anew.
        kept = site.settings.data_dir / "cache" / "templates"
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        cache = FileSystemBytecodeCache(str(kept))
        self._environments = {language: self._environment(language, loader, cache) for language in LANGUAGES}

    def render(
        self, request: Request, name: str, context: Mapping[str, Any], status_code: int = 200
    ) -> HTMLResponse:
        """A page. Besides `context` it knows `site`, `viewer`, `csrf`, `theme`, `language`, `path`, `here` (path and query),
        `navigation`, `bottom_tabs` and `badges` (what waits, by address: `sebangsa/web/badges.py`).
        """
        viewer = getattr(request.state, "viewer", None)
        language = language_of(request)
        badges = getattr(request.state, "badges", {})
        navigation = self._navigation(viewer, badges)
        known = {
            "site": self._site,
            "request": request,
            "viewer": viewer,
            "csrf": getattr(request.state, "csrf", ""),
            "theme": theme_of(request),
            "language": language,
            "path": request.url.path,
            "here": _address(request),
            "navigation": navigation,
            "bottom_tabs": navigation[:TABS_BEFORE_OWN],
            "badges": badges,
        }
        preferences = viewer.preferences if viewer is not None else {}
        shown = times.reading_zone.set(times.zone_named(str(preferences.get("zone", ""))))
        try:
            text = self._environments[language].get_template(name).render({**known, **context})
        finally:
            times.reading_zone.reset(shown)
        return HTMLResponse(text, status_code, headers={"content-language": language})

    def _navigation(self, viewer: User | None, badges: Mapping[str, int | None]) -> list[NavItem]:
        items = (
            item
            for item in self._site.navigation
            if (viewer is not None or not item.requires_sign_in)
            and (badges.get(item.href) is not None or not item.is_for_some)
        )
        return sorted(items, key=lambda item: item.order)

    def _environment(
        self, language: str, loader: FileSystemLoader, cache: FileSystemBytecodeCache
    ) -> Environment:
        development = self._site.settings.is_development
        environment = Environment(
            loader=loader,
            bytecode_cache=cache,
            extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
            autoescape=True,
            auto_reload=development,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined if development else Undefined,
        )
        translation = translation_for(language)
        spoken = Spoken(translation)
        environment.install_gettext_callables(spoken.gettext, spoken.ngettext)  # type: ignore[attr-defined]
        environment.policies["ext.i18n.trimmed"] = True
        now = self._site.clock.now
        environment.globals.update(
            t=spoken.gettext,
            say=spoken.gettext,
            asset=self.assets.url,
            languages=LANGUAGES,
            palette=PALETTE,
            machine_time=times.machine_time,
            ago=lambda at: times.relative(at, now(), translation),
            exact_time=lambda at: times.exact(at, translation),
            short_time=lambda at: times.short(at, translation),
            time_elsewhere=lambda at, until, zone: times.elsewhere(at, until, zone, translation),
            clock_time=lambda at: times.clock(at, translation),
            date_part=lambda at, pattern: times.date_part(at, pattern, translation),
            day_name=lambda at: times.day(at, now(), translation),
            number=lambda value: numbers.number(value, language),
            short_number=lambda value: numbers.short_number(value, language),
            file_size=lambda size: numbers.file_size(size, language),
            top_of_scale=numbers.top_of_scale,
        )
        return environment


def _address(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def theme_of(request: Request) -> str:
    """The chosen theme, `light` or `dark`; empty leaves it to the device."""
    theme = getattr(request.state, "theme", "") or request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""
