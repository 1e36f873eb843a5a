"""HTML that our people's own apps write, as the Markdown that posts are kept in.

So there is one source for every way of editing: what an app wrote as HTML can be corrected in a form, and is shown by
the same renderer. What our Markdown has no sign for (`<u>`, `<sup>` …) keeps its words. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sebangsa.text.sanitise import sanitise

MAX_LEVELS = 10
"""Lists and quotes inside one another; the renderer reads no more than 12. What is deeper keeps its words."""

_BLOCKS = frozenset(
    (  # noqa: SIM905 - one to a line would be twenty lines
        "p div blockquote pre ul ol li h1 h2 h3 h4 h5 h6 hr table dl dt dd details summary caption"
    ).split()
)
_STRONG, _EMPHASIS = frozenset(("strong", "b", "dt", "summary")), frozenset(("em", "i", "cite", "var"))
_CODE = frozenset(("code", "tt", "kbd", "samp"))

# Left as they are: the renderer finds them before it looks for emphasis.
_FOUND_BY_ITSELF = re.compile(r"https?://\S+|(?<![\w@#/])[@!#]\w[\w.@-]*")
_SIGNS = re.compile(r"[\\`*\[\]|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|<")
_ENTITIES = {"&": "&amp;", "<": "&lt;"}
_LINE_BEGIN = re.compile(r"^([ \t]*)(?:([#>+-])|(\d{1,9})([.)])|([=~])(?=\5))", re.MULTILINE)


def html_to_markdown(html: str, mentions: Mapping[str, str] | None = None) -> str:
    """Markdown that renders to what `html` shows, once it is sanitised.

    `mentions` maps the address of somebody (id or page) to the handle by which the text names them (`@ani@host`); links
    to others stay links. Raises `Refused` as `sanitise` does.
    """
    body = LexborHTMLParser(f"<body>{sanitise(html)}</body>").body
    return "\n\n".join(_Writer(mentions or {}).blocks(body, 0)) if body is not None else ""


def plain_to_markdown(text: str) -> str:
    """Markdown that shows plain text as it stands, line for line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return _safe_lines(_safe(re.sub(r"[ \t]+\n", "\n", lines)))


def _safe(text: str) -> str:
    """Text in which nothing is a sign of Markdown, but for handles, hashtags and addresses."""
    parts: list[str] = []
    done = 0
    for found in _FOUND_BY_ITSELF.finditer(text):
        parts += [_SIGNS.sub(_escaped, text[done : found.start()]), found[0]]
        done = found.end()
    return "".join([*parts, _SIGNS.sub(_escaped, text[done:])])


def _escaped(sign: re.Match[str]) -> str:
    return _ENTITIES.get(sign[0]) or f"\\{sign[0]}"


def _safe_lines(text: str) -> str:
    """Lines that begin no heading, list, quote, fence or block of code."""

    def escaped(begin: re.Match[str]) -> str:
        if begin[3]:
            return f"{begin[3]}\\{begin[4]}"
        return f"&#{ord(begin[5])};" if begin[5] else f"\\{begin[2]}"

    def one(line: str) -> str:
        # `#tag` is a tag, `# word` a heading.
        return line if re.match(r"#[^\s#]", line) else _LINE_BEGIN.sub(escaped, line)

    return "\n".join(one(line.strip(" \t")) for line in text.split("\n"))


class _Writer:
    """Writes one document."""

    def __init__(self, mentions: Mapping[str, str]) -> None:
        self._mentions = mentions

    def blocks(self, node: LexborNode, level: int) -> list[str]:
        """The blocks among and around what is inside `node`, in their order."""
        found: list[str] = []
        line: list[str] = []

        def end_line() -> None:
            if text := _paragraph("".join(line)):
                found.append(text)
            line.clear()

        for child in _children(node):
            if child.tag in _BLOCKS:
                end_line()
                found += self._block(child, level)
            else:
                line.append(self._inline(child))
        end_line()
        return found

    def _block(self, node: LexborNode, level: int) -> list[str]:
        tag = node.tag or ""
        if level >= MAX_LEVELS:
            return [text] if (text := _paragraph(_safe(_words(node)))) else []
        if tag == "hr":
            return ["---"]
        if tag == "pre":
            return _code_block(_raw(node).strip("\n"), level)
        if tag == "blockquote":
            quoted = "\n\n".join(self.blocks(node, level + 1))
            return ["\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))] if quoted else []
        if tag in ("ul", "ol"):
            return self._list(node, level)
        if tag == "table":
            return self._table(node)
        inside = self.blocks(node, level + (tag == "div"))
        if len(tag) == 2 and tag[0] == "h" and inside:
            return [f"{'#' * int(tag[1])} {' '.join(inside).replace(chr(10), ' ')}"]
        return [f"**{part}**" if tag in _STRONG else part for part in inside]

    def _list(self, node: LexborNode, level: int) -> list[str]:
        items: list[str] = []
        number = int(start) if (start := node.attributes.get("start") or "").isdigit() else 1
        for child in _children(node):
            inside = self.blocks(child, level + 1) if child.tag == "li" else []
            if not inside:
                continue
            mark = "- " if node.tag == "ul" else f"{number}. "
            number += 1
            lines = "".join(_after(part) + part for part in inside).lstrip("\n").split("\n")
            items.append("\n".join([mark + lines[0], *(f"    {line}" if line else "" for line in lines[1:])]))
        return [("\n\n" if any("\n\n" in item for item in items) else "\n").join(items)] if items else []

    def _table(self, node: LexborNode) -> list[str]:
        rows = [
            [_paragraph(self._inside(cell)).replace("\n", " ") for cell in row.css("td, th")]
            for row in node.css("tr")
        ]
        rows = [row for row in rows if row]
        if not rows:
            return []
        width = max(len(row) for row in rows)
        rows = [row + [""] * (width - len(row)) for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return ["\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])]

    def _inside(self, node: LexborNode) -> str:
        return "".join(self._inline(child) for child in _children(node))

    def _inline(self, node: LexborNode) -> str:
        tag = node.tag or ""
        if tag == "-text":
            return _safe(re.sub(r"[ \t\n\r]+", " ", node.text_content or ""))
        if tag == "br":
            return "\n"
        if tag in _CODE:
            return _code(_words(node))
        if tag == "a":
            return self._link(node)
        inside = self._inside(node)
        if tag in _STRONG:
            return _wrapped(inside, "**")
        if tag in _EMPHASIS:
            return _wrapped(inside, "*")
        return f"“{inside}”" if tag == "q" else inside

    def _link(self, node: LexborNode) -> str:
        href, words = node.attributes.get("href") or "", _words(node)
        classes = (node.attributes.get("class") or "").split()
        if words.startswith("#") and "hashtag" in classes:
            return words
        if href in self._mentions:
            return self._mentions[href]
        if not href:
            return _safe(words)
        if words == href or words.rstrip("…") in href:
            return href if href.startswith(("https://", "http://")) and " " not in href else f"<{href}>"
        target = href.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
        return f"[{self._inside(node).strip() or _safe(href)}](<{target}>)"


def _children(node: LexborNode) -> Iterator[LexborNode]:
    return node.iter(include_text=True)


def _raw(node: LexborNode) -> str:
    return node.text(deep=True)


def _words(node: LexborNode) -> str:
    return re.sub(r"\s+", " ", _raw(node)).strip()


def _paragraph(text: str) -> str:
    """Lines without the space around them that HTML does not show."""
    lines = [line.strip(" ") for line in text.strip().split("\n")]
    return _safe_lines(re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip("\n"))


def _wrapped(text: str, sign: str) -> str:
    """`*text*`, its outer space outside the signs, each line by itself."""
    return "\n".join(
        re.sub(
            r"^(\s*)(.*?)(\s*)$",
            rf"\g<1>{re.escape(sign)}\g<2>{re.escape(sign)}\g<3>".replace("\\*", "*"),
            line,
        )
        if line.strip()
        else line
        for line in text.split("\n")
    )


def _after(part: str) -> str:
    """What sets a part of a list's item off from the one before: a list inside it needs no empty line."""
    return "\n" if re.match(r"(?:-|\d+\.) ", part) else "\n\n"


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"{fence}{text}{fence}" if text else ""


def _code_block(text: str, level: int) -> list[str]:
    """Fenced at the top; inside lists and quotes by indent, where the renderer reads no fence."""
    if not text.strip():
        return []
    if level:
        return ["\n".join(f"    {line}" for line in text.split("\n"))]
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}\n{text}\n{fence}"]
