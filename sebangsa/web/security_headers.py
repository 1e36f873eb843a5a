"""What browsers are told not to do with our answers (S-069).

A page may load what this server serves and nothing else: no inline script or style, no frame around it, no form
that posts elsewhere. Remote pictures are proxied, so `'self'` is enough for them too.
"""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
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
                _add(MutableHeaders(scope=message), state.get("form_target", ""))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add(headers: MutableHeaders, form_target: str) -> None:
    headers.setdefault("x-content-type-options", "nosniff")
    headers.setdefault("referrer-policy", "same-origin")
    if headers.get("content-type", "").startswith("text/html"):
        form_action = f"'self' {form_target}".strip()
        headers.setdefault("content-security-policy", PAGE_POLICY.format(form_action=form_action))
        headers.setdefault("permissions-policy", PERMISSIONS)
        headers.setdefault("cross-origin-opener-policy", "same-origin")
        headers.setdefault("x-frame-options", "DENY")
    else:
        headers.setdefault("content-security-policy", FILE_POLICY)
