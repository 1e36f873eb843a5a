"""What browsers are told not to do with our answers (S-069).

A page may load what this server serves and nothing else: no inline script or style, no frame around it, no form
that posts elsewhere. Remote pictures are proxied, so `'self'` is enough for them too.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action {form_action}; "
    "frame-ancestors 'none'; base-uri 'none'"
)
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"
"""For everything that is no page: an uploaded SVG or HTML file opened by itself can do nothing."""
PERMISSIONS = (
    "geolocation=(self), camera=(self), microphone=(self), payment=(), usb=(), serial=(), browsing-topics=()"
)
_SOURCE = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:|https?://[a-z0-9.-]+(?::[0-9]+)?|https?://\[[0-9a-f:]+\](?::[0-9]+)?)\Z"
)
_NEVER = ("javascript:", "data:", "vbscript:", "blob:", "file:", "http:", "https:")


def allow_form_target(request: Request, source: str) -> None:
    """Let the forms of this one answer be redirected to `source` too: an origin (`https://app.example`) or a scheme
    (`myapp:`). The authorise page needs it, as `form-action` counts for the redirect after the form as well.

    Raises `ValueError` for anything else: it goes into a header.
    """
    lower = source.lower()
    if not _SOURCE.match(lower) or lower in _NEVER:
        raise ValueError(f"{source!r} is no origin or scheme of an app.")
    request.state.form_target = lower


class SecurityHeaders:
    """Adds the headers to every answer; an answer's own Content-Security-Policy stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message["headers"], state.get("form_target", ""))
            await send(message)

        await self._app(scope, receive, send_with_headers)


# As they are sent: every answer passes here, and 202s by the thousand.
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))
_ON_FILES = (*_ALWAYS, (b"content-security-policy", FILE_POLICY.encode()))
_ON_PAGES = (
    *_ALWAYS,
    (b"permissions-policy", PERMISSIONS.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


def _add(headers: list[tuple[bytes, bytes]], form_target: str) -> None:
    given = {name.lower(): value for name, value in headers}
    wanted: tuple[tuple[bytes, bytes], ...] = _ON_FILES
    if given.get(b"content-type", b"").startswith(b"text/html"):
        form_action = f"'self' {form_target}".strip()
        policy = PAGE_POLICY.format(form_action=form_action).encode("latin-1")
        wanted = (*_ON_PAGES, (b"content-security-policy", policy))
    headers += [header for header in wanted if header[0] not in given]
