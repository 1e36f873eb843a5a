"""What every output of the sanitiser must be, whatever went in."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from sebangsa.text import policy
from sebangsa.text.full_html import clean_full
from sebangsa.text.sanitise import sanitise


def assert_is_clean(html: str) -> None:
    """Only allowed elements, attributes, classes and schemes; a browser's tree is ours; it is settled."""
    tree = LexborHTMLParser(html, is_fragment=True, scripting=True)
    for node in tree.css("*"):
        assert node.tag in policy.ALLOWED_TAGS, html
        for name, value in node.attributes.items():
            assert name in policy.ALLOWED_ATTRIBUTES.get(node.tag or "", ()), html
            if name == "href":
                assert (value or "").startswith(("https://", "http://", "mailto:")), html
            if name == "class":
                assert set((value or "").split()) <= policy.ALLOWED_CLASSES, html
        if node.tag == "a":
            assert {"nofollow", "noopener", "ugc"} <= set((node.attributes.get("rel") or "").split()), html
            assert "me" not in (node.attributes.get("rel") or "").split(), html
    assert (tree.inner_html or "").replace("&nbsp;", "\u00a0") == html
    assert sanitise(html) == html
    assert clean_full(html) == html
