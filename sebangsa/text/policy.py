"""What HTML a post may hold: the one allow-list, read by the sanitiser, its short way and the tests."""

from __future__ import annotations

from collections.abc import Iterable

# What Mastodon, Lemmy, Friendica and our Markdown write for reading; nothing that loads, runs or submits.
ALLOWED_TAGS = frozenset(
    (  # noqa: SIM905 - one to a line would be fifty lines
        "a abbr b bdi blockquote br caption cite code dd del details div dl dt em h1 h2 h3 h4 h5 h6 "
        "hr i ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup "
        "table tbody td tfoot th thead tr tt u ul var "
    ).split()
)
# Parsed as elements so that what they hold can be dropped with them (bleach alone would keep it as text).
DROPPED_WITH_CONTENT = frozenset(("script", "style"))
# `img` is parsed so that its alternative text can stay (custom emoji of Misskey, pictures of Friendica).
PARSED_TAGS = ALLOWED_TAGS | DROPPED_WITH_CONTENT | {"img"}

ALLOWED_ATTRIBUTES: dict[str, list[str]] = {
    "a": ["href", "class", "rel", "target", "translate"],
    "span": ["class", "translate"],
    "ol": ["start", "reversed"],
    "li": ["value"],
}
ALLOWED_SCHEMES = frozenset(("https", "http", "mailto"))

ALLOWED_CLASSES = frozenset(("h-card", "mention", "hashtag", "invisible", "ellipsis", "u-url"))
# The stylesheet hides or cuts what carries these, so they stay only where nothing is hidden (S-068).
CUTTING_CLASSES = frozenset(("invisible", "ellipsis"))

MAX_HTML_CHARS = 64 * 1024
MAX_DEPTH = 200
# Reconstructed formatting (`<li><b a=1><b a=2>…</li><li>x</li>…`) makes the tree far larger than its source.
MAX_ELEMENTS = 6_000
# The parser compares each attribute of a tag with all before it.
MAX_TAG_ATTRIBUTES = 40


def kept_classes(value: str, *, cutting: bool) -> str:
    """The allowed names of a `class`, in order, each once; `cutting`: whether S-068 lets those stay."""
    return " ".join(_kept(value.split(), cutting))


def _kept(names: Iterable[str], cutting: bool) -> list[str]:
    return [
        name
        for name in dict.fromkeys(names)
        if name in ALLOWED_CLASSES and (cutting or name not in CUTTING_CLASSES)
    ]
