"""Text out of HTML, and names that cannot break a page: excerpts, titles, display names (S-074)."""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

MAX_MARKS_IN_A_ROW = 4

_BLOCKS = "p,div,blockquote,pre,h1,h2,h3,h4,h5,h6,ul,ol,table,hr,dl,section,article,details,figure"
_LINES = "li,tr,dt,dd,summary,caption,br"
_UNREAD = "script,style,template,noscript,iframe,object,title,head"
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|&(?:#[0-9]+|#x[0-9a-fA-F]+|[A-Za-z]+);|<!--")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Directions, soft and zero-width characters, interlinear and tag characters: nothing that a name needs.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Letters that draw nothing: shown as the space that they are.
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
_SPACES = re.compile(r"\s+")
_JOINERS = "\u200c\u200d"


def html_to_plain(html: str) -> str:
    """The words of HTML: paragraphs apart by an empty line, list items and `<br>` on lines of their own.

    Expects what `sanitise` gave, or anything: scripts and styles are left out. Gives text, not
    HTML: escape it.
    """
    html = _CONTROL.sub("", html)
    if "<" not in html and "&" not in html:
        return html.strip()
    tree = LexborHTMLParser(html, is_fragment=True)
    for node in tree.css(_UNREAD):
        node.decompose()
    for node in tree.css(_BLOCKS):
        node.insert_before("\x1d")
        node.insert_after("\x1d")
    for node in tree.css(_LINES):
        node.insert_before("\x1e")
        if node.tag != "br":
            node.insert_after("\x1e")
    for node in tree.css("td,th"):
        node.insert_after(" ")
    root = tree.root
    text = root.text(deep=True) if root is not None else ""
    text = re.sub(r"[ \t]*\x1d[\s\x1d\x1e]*", "\n\n", text)
    text = re.sub(r"[ \t]*\x1e(?:[ \t]*\x1e)?[ \t]*", "\n", text)
    return re.sub(r"\n[ \t]*\n\s*", "\n\n", text).strip()


def excerpt(html_or_text: str, limit: int) -> str:
    """The beginning, on one line, at most `limit` characters, cut between words and ended by `…`.

    What holds a tag or an entity is read as HTML, anything else as text. Gives text, not HTML.
    """
    text = html_to_plain(html_or_text) if _TAG.search(html_or_text) else html_or_text
    return _cut(_SPACES.sub(" ", _CONTROL.sub(" ", text)).strip(), limit)


def clean_name(text: str, limit: int) -> str:
    """A display name or title that stays on its line (S-074); empty if nothing can be seen.

    NFC; control, direction and zero-width characters removed (joiners stay inside words and emoji); line
    breaks and runs of space become one space; at most 4 combining marks in a row; cut to `limit` characters
    at a whole one. Callers show the handle beside it, and alone when it is empty.
    """
    # Cut first: a megabyte of marks is not worth normalising (S-095).
    text = unicodedata.normalize("NFC", text[: max(limit, 1) * 20])
    text = _BLANK.sub(" ", _UNSEEN.sub("", _CONTROL.sub(" ", text)))
    text = _fewer_marks(_SPACES.sub(" ", text))
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()
    if not any(unicodedata.category(character)[0] in "LNPS" for character in text):
        return ""
    return _whole(text, limit).rstrip(" " + _JOINERS)


def first_line_title(html: str, without_mention: str | None = None, limit: int = 200) -> str:
    """A title for a post that came without one: its first line that says something.

    `without_mention` is the community's handle (`rt05@s.example`): Mastodon posts into a community by
    mentioning it, and that mention, in its short or long form, is no part of the title (Lemmy does the
    same). Empty when there are no words, as with a picture alone.
    """
    name = re.escape((without_mention or "").lstrip("@!").partition("@")[0])
    domain = re.escape((without_mention or "").lstrip("@!").partition("@")[2])
    mention = re.compile(rf"(?<![\w/])[@!]{name}(?:@{domain})?(?![\w@])[\s:,]*", re.IGNORECASE)
    for line in html_to_plain(html).split("\n"):
        title = clean_name(mention.sub("", line) if name else line, 4 * limit)
        if title.strip(" .,:;-–—"):
            return _cut(title, limit)
    return ""


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = _whole(text, limit - 1)
    space = kept.rfind(" ")
    if space >= limit // 2 and text[len(kept)] != " ":
        kept = kept[:space]
    return kept.rstrip(" .,;:" + _JOINERS) + "…"


def _whole(text: str, limit: int) -> str:
    """At most `limit` characters, not cut before a combining mark or around a joiner."""
    if len(text) <= limit:
        return text
    end = max(limit, 0)
    while end > 0 and (_is_mark(text[end]) or text[end] in _JOINERS or text[end - 1] in _JOINERS):
        end -= 1
    return text[:end]


def _is_mark(character: str) -> bool:
    if character.isascii():
        return False
    return unicodedata.category(character)[0] == "M" or "\U0001f3fb" <= character <= "\U0001f3ff"


def _fewer_marks(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        if character in _JOINERS:
            if not kept or kept[-1] == " " or kept[-1] in _JOINERS or kept[-1].isascii():
                continue
        elif unicodedata.category(character)[0] == "M":
            marks += 1
            if marks > MAX_MARKS_IN_A_ROW or not kept or kept[-1] == " ":
                continue
        else:
            marks = 0
        kept.append(character)
    return "".join(kept)
