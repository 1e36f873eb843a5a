"""The pieces, as the design page shows them: within budget, without inline code, each icon there."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import static
from sebangsa.errors import NotAllowed, NotFound
from tests.web.pages import TEMPLATES, Browser, design_app

STATIC = Path(static.__file__).parent
# What passed the one sanitiser before it was stored; anything else arrives in a template as `Markup`.
SANITISED = {
    "actor.summary",
    "person.summary",
    "entry.value",
    "entry.html",
    "report.post.content",
    "comment.content",
}
CSS_BUDGET, JS_BUDGET, SPRITE_BUDGET = 10_000, 6_000, 6_000


@pytest.fixture(scope="module")
def browser() -> Browser:
    return Browser(design_app())


@pytest.fixture(scope="module")
def html(browser: Browser) -> str:
    answer = browser.get("/design?lang=id")
    assert answer.status == 200
    return answer.text


@pytest.mark.parametrize(
    ("name", "budget"), [("app.css", CSS_BUDGET), ("app.js", JS_BUDGET), ("icons/sprite.svg", SPRITE_BUDGET)]
)
def test_what_every_page_loads_stays_within_its_budget(name: str, budget: int) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes(), 9)) <= budget


def test_s069_no_page_holds_inline_script_or_style(html: str) -> None:
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html, re.IGNORECASE)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("path", sorted(STATIC.parent.glob("*/templates/**/*.html")), ids=str)
def test_s069_no_template_holds_inline_script_style_or_unsafe_text(path: Path) -> None:
    source = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|autoescape false", source, re.IGNORECASE)
    trusted = {value.strip() for value in re.findall(r"\{\{([^|}]*)\|\s*safe\b", source)}
    assert {value for value in trusted if not re.fullmatch(r"'[^']*'", value)} <= SANITISED


def test_every_icon_that_the_page_shows_is_in_the_sprite(html: str) -> None:
    drawn = set(re.findall(r"sprite\.[0-9a-f]{8}\.svg#([a-z0-9-]*)", html))
    assert len(drawn) > 40
    assert drawn <= _icons()


@pytest.mark.parametrize("path", sorted(STATIC.parent.glob("*/templates/**/*.html")), ids=str)
def test_every_icon_that_a_template_names_is_in_the_sprite(path: Path) -> None:
    named = set(re.findall(r"\b(?:icon|draw)\(\"([a-z0-9-]+)\"", path.read_text("utf-8")))
    assert named <= _icons()


def test_the_icons_keep_their_licence_notice() -> None:
    assert "ISC License" in (STATIC / "icons" / "LICENSE").read_text("utf-8")


def _icons() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons" / "sprite.svg").read_text("utf-8")))


def test_no_id_stands_twice_on_the_page(html: str) -> None:
    ids = [
        name
        for name in re.findall(r'\sid="([^"]+)"', html)
        if not re.fullmatch(r"(p|vote-|boost-|react-)\d+", name)
    ]
    assert sorted(ids) == sorted(set(ids))


def test_every_picture_keeps_its_place_and_has_an_alternative(html: str) -> None:
    for tag in re.findall(r"<img[^>]*>", html):
        assert "width=" in tag
        assert "height=" in tag
        assert "alt=" in tag


def test_every_button_and_link_says_what_it_does(html: str) -> None:
    for inner, attributes in _controls(html):
        words = re.sub(r"<[^>]*>", "", inner).strip()
        assert words or "aria-label=" in attributes or "aria-label=" in inner or "alt=" in inner, attributes


def _controls(html: str) -> Iterator[tuple[str, str]]:
    for name in ("button", "a", "summary"):
        for attributes, inner in re.findall(rf"<{name}(\s[^>]*)?>(.*?)</{name}>", html, re.DOTALL):
            yield inner, attributes


def test_the_design_page_is_shown_in_both_languages(browser: Browser) -> None:
    indonesian, english = (browser.get(f"/design?lang={language}").text for language in ("id", "en"))
    assert '<html lang="id"' in indonesian
    assert "5 menit lalu" in indonesian
    assert "24 jawaban" in indonesian
    assert '<html lang="en"' in english
    assert "5 min ago" in english
    assert "24 answers" in english


def test_the_design_page_is_not_there_in_production() -> None:
    with pytest.raises(NotFound):
        Browser(design_app(mode="production", url="https://warga.example")).get("/design")


def test_a_template_that_names_what_is_not_there_fails_in_development(tmp_path: Path) -> None:
    (tmp_path / "design.html").write_text("{{ missing }}")
    with pytest.raises(UndefinedError):
        Browser(design_app((tmp_path,))).get("/design")


def test_s063_what_people_type_is_escaped_by_the_translated_sentence_around_it(tmp_path: Path) -> None:
    (tmp_path / "design.html").write_text(
        '{% set typed = "100% <b>" %}{{ say(typed) }}|{{ _("Shared by %(name)s", name=typed) }}|{{ _("") }}'
    )
    shown = Browser(design_app((tmp_path,))).get("/design?lang=id").text
    assert shown == "100% &lt;b&gt;|Dibagikan 100% &lt;b&gt;|"


def test_a_static_file_is_cached_for_ever_under_a_name_of_its_content(browser: Browser, html: str) -> None:
    urls = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', html))
    assert len(urls) >= 4
    for url in urls:
        answer = browser.get(url)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(answer.body)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_static_file_comes_unpacked_to_a_client_without_gzip(browser: Browser, html: str) -> None:
    url = re.findall(r'href="(/static/app[^"]+css)', html)[0]
    answer = browser.get(url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.text == (STATIC / "app.css").read_text("utf-8")


@pytest.mark.parametrize(
    "path",
    ["/static/app.css", "/static/assets.py", "/static/%2e%2e/pyproject.toml", "/static/..%2fLICENSE", "/static//etc/passwd",
     "/static/icons/../app.css", "/static/"],
)  # fmt: skip
def test_no_path_reaches_a_file_that_is_not_an_asset(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404


def test_s069_a_page_may_load_only_what_this_server_serves(browser: Browser) -> None:
    headers = browser.get("/design").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for directive in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self'"):
        assert directive in policy
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_s070_theme_and_language_change_only_with_the_form_s_token(browser: Browser) -> None:
    browser.cookies.clear()
    page = browser.get("/design?lang=id").text
    token = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)[0]
    with pytest.raises(NotAllowed):
        browser.post("/appearance", {"theme": "dark", "csrf": "0" * 64})
    assert "data-theme=" not in browser.get("/design").text
    answer = browser.post("/appearance", {"theme": "dark", "csrf": token, "next": "//evil.example"})
    assert answer.headers["location"] == "/"
    assert 'data-theme="dark"' in browser.get("/design").text


def test_components_document_their_parameters() -> None:
    for path in (TEMPLATES / "components").glob("*.html"):
        source = path.read_text("utf-8")
        assert source.startswith("{#-"), path.name
        head = source.split("-#}")[0]
        missing = [
            name for name in re.findall(r"{% macro ([a-z]\w*)\(", source)
            if not re.search(rf"\b{name}\b", head) and name not in ("name", "comment", "ticks", "link_preview", "filters")
        ]  # fmt: skip
        assert missing == [], path.name
