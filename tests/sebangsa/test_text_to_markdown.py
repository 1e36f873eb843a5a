"""HTML of apps becomes Markdown that shows the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sebangsa.text.markdown import render_markdown
from sebangsa.text.plain import html_to_plain
from sebangsa.text.sanitise import sanitise
from sebangsa.text.to_markdown import html_to_markdown, plain_to_markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Halo <b>dunia</b> <i>ini</i> <code>a`b</code></p>", "Halo **dunia** *ini* `` a`b ``"),
        ("<p>satu<br>dua</p><p>tiga</p>", "satu\ndua\n\ntiga"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n    - c"),
        ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre><code>a\n  b</code></pre>", "```\na\n  b\n```"),
        ("<h2>Judul</h2><hr><p>isi</p>", "## Judul\n\n---\n\nisi"),
        ("<p>a * b _ c # d</p>", r"a \* b \_ c # d"),
        ("<p># bukan</p><p>1. bukan</p><p>- bukan</p>", "\\# bukan\n\n1\\. bukan\n\n\\- bukan"),
        ("<a href='https://x.example/a_b'>https://x.example/a_b</a>", "https://x.example/a_b"),
        ("<a href='https://x.example/'>kata</a>", "[kata](<https://x.example/>)"),
        ("<a class='mention hashtag' href='https://x.example/t'>#<span>banjir</span></a>", "#banjir"),
        ("<table><tr><th>a</th></tr><tr><td>1|2</td></tr></table>", "| a |\n| --- |\n| 1\\|2 |"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_each_element_has_its_sign(html: str, markdown: str) -> None:
    assert html_to_markdown(html) == markdown


def test_a_mention_of_somebody_addressed_becomes_a_handle_and_others_stay_links() -> None:
    link = "<span class='h-card'><a class='u-url mention' href='https://b.example/u/{0}'>@<span>{0}</span></a></span>"
    html = link.format("budi") + " " + link.format("citra")
    known = {"https://b.example/u/budi": "@budi@b.example"}
    assert html_to_markdown(html, known) == "@budi@b.example [@citra](<https://b.example/u/citra>)"


@pytest.mark.parametrize(
    "html",
    [
        "<p>a <strong>b</strong> <em>c</em></p>",
        "<p>a <a href='https://x.example/?a=b&amp;c=d'>kata *ini*</a></p>",
        "<ul><li>a</li><li>b</li></ul>",
        "<ol><li><p>a</p><p>b</p></li><li><p>c</p></li></ol>",
        "<blockquote><p>a</p></blockquote><p>b</p>",
        "<pre><code>x = *y*\n</code></pre>",
        "<h3>a</h3><p>&lt;b&gt; &amp;amp;</p>",
    ],
)
def test_what_is_shown_is_what_was_written(html: str) -> None:
    def without_space(text: str) -> str:
        return "".join(text.split())

    assert without_space(render_markdown(html_to_markdown(html))) == without_space(sanitise(html))


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("C", "Z"))
        | st.sampled_from("*_`[]<>&#\\|~ -+=1.\n"),
        max_size=60,
    )
)
def test_plain_text_shows_itself_whatever_signs_are_in_it(text: str) -> None:
    def words(shown: str) -> list[str]:
        return shown.split()

    assert words(html_to_plain(render_markdown(plain_to_markdown(text)))) == words(sanitised_plain(text))


def sanitised_plain(text: str) -> str:
    """Text as the sanitiser leaves it: without what no browser shows."""
    return html_to_plain(sanitise(text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")))


@pytest.mark.parametrize("tag", ["ul><li", "blockquote", "div", "b"])
def test_s095_deep_html_keeps_its_words(tag: str) -> None:
    assert "kata" in html_to_markdown(f"<{tag}>" * 80 + "kata")
