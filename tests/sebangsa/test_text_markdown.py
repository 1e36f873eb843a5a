"""Posts as people type them: Markdown and plain text, with their mentions, hashtags and addresses."""

from __future__ import annotations

import time

import pytest

from sebangsa.text.linking import MentionTarget
from sebangsa.text.markdown import RenderedText, render_markdown, render_post, render_post_now
from sebangsa.text.sanitise import sanitise
from tests.sebangsa.text_checks import assert_is_clean

ANI = MentionTarget("https://s.example/u/ani", "https://s.example/u/ani", "ani")
BUDI = MentionTarget("https://m.example/users/a_b_c", "https://m.example/@a_b_c", "a_b_c")
RT = MentionTarget("https://s.example/c/rt05", "https://s.example/c/rt05", "rt05", is_community=True)
PEOPLE = {"ani": ANI, "a_b_c@m.example": BUDI, "rt05": RT, "rt05@s.example": RT}
BASE = "https://s.example"


def post(source: str) -> RenderedText:
    return render_post_now(source, PEOPLE, BASE)


async def test_a_mention_is_written_as_mastodon_writes_it() -> None:
    text = await render_post("hai @ani", mentions=PEOPLE, base_url=BASE)
    assert text.html == (
        '<p>hai <span class="h-card"><a href="https://s.example/u/ani" class="u-url mention" '
        'rel="nofollow noopener ugc">@<span>ani</span></a></span></p>'
    )
    assert text.mentions == (ANI,)


async def test_a_hashtag_is_written_as_mastodon_writes_it() -> None:
    text = await render_post("#Banjir", mentions={}, base_url=BASE)
    assert text.html == (
        '<p><a href="https://s.example/tags/banjir" class="mention hashtag" rel="tag nofollow noopener ugc">'
        "#<span>Banjir</span></a></p>"
    )
    assert text.hashtags == ("banjir",)


@pytest.mark.parametrize("markup", ["markdown", "plain"])
async def test_emphasis_does_not_tear_a_name_or_an_address_apart(markup: str) -> None:
    source = "lihat @a_b_c@m.example dan https://x.example/*a*_b_."
    text = await render_post(
        source, mentions=PEOPLE, base_url=BASE, markup="plain" if markup == "plain" else "markdown"
    )
    assert text.mentions == (BUDI,)
    assert text.links == ("https://x.example/*a*_b",)
    assert "<em>" not in text.html


def test_a_community_is_mentioned_by_either_sign_and_a_person_only_by_at() -> None:
    assert post("!rt05 @rt05 @rt05@s.example").mentions == (RT,)
    assert post("!rt05").html.count("!<span>rt05</span>") == 1
    assert post("!ani").mentions == ()


@pytest.mark.parametrize(
    "source",
    [
        "`@ani #x https://y.example`", "```\n@ani #x\n```", "    @ani #x", "a@ani", "x@ani.example",
        "@ani@lain.example",
        "@tidak", "[@ani #x](mailto:a@b.example)", "<b>@</b>ani", "\\#x", "a#b", "https-", "@", "#", "!",
        "#1", "&#39;",
        "@@ani", "/@ani",
    ],
)  # fmt: skip
def test_nothing_is_linked_inside_code_links_and_mail_addresses(source: str) -> None:
    text = post(source)
    assert text.mentions == ()
    assert text.hashtags == ()
    assert text.links == ()
    assert_is_clean(text.html)


def test_links_are_listed_once_without_mentions_and_hashtags() -> None:
    text = post(
        "@ani #a [x](https://x.example/?a=1&b=2) https://x.example/?a=1&b=2 https://y.example/(z) (https://z.example)!"
    )
    assert text.links == ("https://x.example/?a=1&b=2", "https://y.example/(z)", "https://z.example")


def test_a_long_address_is_cut_but_never_its_host() -> None:
    host = "sangat-panjang-sekali-nama-servernya.desa.contoh.example"
    html = post(f"https://{host}/a/b").html
    assert f'<span class="ellipsis">{host}</span>' in html
    assert html.count("invisible") == 2


def test_html_in_the_source_is_shown_and_not_obeyed() -> None:
    assert render_markdown("<b>x</b> <script>alert(1)</script>") == (
        "<p>&lt;b&gt;x&lt;/b&gt; &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )


def test_s064_a_link_written_in_markdown_opens_nothing_but_web_and_mail() -> None:
    for address in (
        "javascript:alert(1)",
        "JAVASCRIPT:x",
        "java&#115;cript:x",
        "<java\tscript:x>",
        "data:text/html,x",
        "vbscript:x",
        "&#x6A;avascript&colon;x",
    ):
        for source in (f"[x]({address})", f"![x]({address})", f"<{address}>", f"[x][1]\n\n[1]: {address}"):
            assert "href" not in render_markdown(source)


def test_s068_a_written_link_that_shows_another_host_shows_the_true_one() -> None:
    assert "[evil.example]" in render_markdown("[https://bank.example](https://evil.example)")


def test_a_picture_becomes_a_link_with_its_words() -> None:
    html = render_markdown("![jalan berlubang](https://x.example/a.jpg)")
    assert ">jalan berlubang</a>" in html
    assert "<img" not in html


def test_markdown_keeps_its_shapes() -> None:
    html = render_markdown(
        "# Judul\n\nsatu\ndua **tebal**\n\n- a\n- b\n\n1. c\n\n| x |\n|---|\n| y |\n\n> z\n\n"
        "```py\nq < 1\n```"
    )
    for part in (
        "<h1>Judul</h1>",
        "satu<br>",
        "<strong>tebal</strong>",
        "<ul>",
        "<ol>",
        "<td>y</td>",
        "<blockquote>",
        "<pre><code>q &lt; 1",
    ):
        assert part in html
    assert_is_clean(html)


def test_plain_text_keeps_its_lines_and_signs() -> None:
    text = render_post_now("a *b* <i>\nc\n\n\nd", {}, BASE, "plain")
    assert text.html == "<p>a *b* &lt;i&gt;<br>c</p><p>d</p>"


def test_text_past_the_limits_is_rendered_plain_with_its_mentions() -> None:
    for source in ("[" * 500 + " @ani", "x " * 5_001 + "@ani", "> " * 13 + "@ani", "`" * 1_000 + " @ani"):
        text = post(source)
        assert text.mentions == (ANI,)
        assert "<blockquote>" not in text.html
        assert_is_clean(text.html)


def test_s095_a_post_links_at_most_fifty_tags_and_people() -> None:
    people = {
        f"u{number}": MentionTarget(
            f"https://s.example/u/{number}", f"https://s.example/u/{number}", f"u{number}"
        )
        for number in range(1_000)
    }
    text = render_post_now(" ".join(f"@u{number} #t{number}" for number in range(500)), people, BASE)
    assert len(text.mentions) == 50
    assert len(text.hashtags) == 50
    assert len(render_post_now("@u1 " * 200, people, BASE).mentions) == 1


def test_s095_what_ten_thousand_characters_become_is_small_enough_for_every_peer() -> None:
    for piece in ("@ani ", "#a ", "https://x.example/aa ", "@ani<"):
        assert len(post((piece * 10_000)[:10_000]).html) < 60_000


def test_a_megabyte_is_shown_and_not_refused() -> None:
    html = render_markdown("<&\n" * 300_000)
    assert html.startswith("<p>&lt;&amp;<br>")


def test_rendered_text_passes_the_sanitiser_unchanged() -> None:
    html = post(
        "@ani #Tag https://x.example/sebuah-jalan-yang-panjang-sekali **x** `y`\n\n- !rt05\n\n<a@b.example>"
    ).html
    assert sanitise(html) == html
    assert_is_clean(html)


_HEAVY = [
    "[", "](", "![", "<a ", "*", "_", "***a", "`", "``a`", ">", "> ", "- ", "1. ", "# ", "~", "|", "|-",
    "\\", "&", "<!--",
    "https://a.b/", "@a ", "@a@", "@a.", "#a ", "[a](b", "[a][", "a*b_", "  - a\n", "```\n", "|a|b\n|-|-\n",
    "[a]: b\n",
    "a\n-\n", "=\n", "-\n", "\t", "\u0301", "> - ", "* a\n ", "[x](y \"", "a  \n", "@" + "a" * 60 + ".",
]  # fmt: skip


@pytest.mark.parametrize("piece", _HEAVY)
def test_no_markdown_of_ten_thousand_characters_takes_a_second(piece: str) -> None:
    whole = (piece * 10_000)[:10_000]
    for source in (whole, ("a " + whole)[:10_000], whole[: 499 * len(piece)]):
        began = time.process_time()
        html = render_post_now(source, {"a": ANI}, BASE).html
        assert time.process_time() - began < 1
        assert_is_clean(html)
