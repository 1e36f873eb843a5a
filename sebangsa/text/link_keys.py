"""When two addresses are the same page to people."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

KEY_LENGTH = 32


def link_key(url: str) -> str:
    """A short text that is equal for the spellings of one address: with or without `www.`, the last `/`, the secure
    scheme, and what follows `#`. "" for none. Short, because databases index no long ones.
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.lower().removeprefix("www.")
    text = f"{host}{parts.path.rstrip('/')}?{parts.query}"
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:KEY_LENGTH]
