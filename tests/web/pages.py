"""A small app with the design page alone: the templates, the static files and the headers, without a database."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.clock import SystemClock
from sebangsa.features import NavItem
from sebangsa.settings import load_settings
from sebangsa.web import appearance, design_page
from sebangsa.web.security_headers import SecurityHeaders
from sebangsa.web.templating import Templates

TEMPLATES = Path(design_page.__file__).parent.parent / "templates"
NAVIGATION = [
    NavItem("Home", "/", "house", 10),
    NavItem("Communities", "/communities", "users", 20),
    NavItem("Reports", "/reports", "megaphone", 30),
    NavItem("Messages", "/chats", "message-circle", 40, requires_sign_in=True),
]


async def _static(request: Request) -> Response:
    answer: Response = request.app.state.templates.assets.answer(request.url.path, request.headers)
    return answer


def design_app(folders: tuple[Path, ...] = (TEMPLATES,), **settings: Any) -> Starlette:
    """An app that answers `/design`, `/appearance` and `/static/…`."""
    given = {"url": "http://localhost:8000", "mode": "development", "name": "Warga Jakarta", **settings}
    site: Any = SimpleNamespace(
        settings=load_settings({}, **given), clock=SystemClock(), navigation=NAVIGATION, secret=b"a secret"
    )
    app = Starlette(
        routes=[*design_page.ROUTES, *appearance.ROUTES, Route("/static/{path:path}", _static)],
        middleware=[Middleware(SecurityHeaders)],
    )
    app.state.site = site
    app.state.templates = Templates(folders, site)
    return app


def tokens(css: str) -> dict[str, dict[str, str]]:
    """The colour tokens of `light`, of the device's dark theme (`dark`) and of the chosen one (`chosen`)."""
    blocks = {
        "light": r":root \{(.*?)\n\}",
        "dark": r":root:not\(\[data-theme=light\]\) \{(.*?)\}",
        "chosen": r":root\[data-theme=dark\] \{(.*?)\n\}",
    }
    found = {}
    for theme, pattern in blocks.items():
        block = re.search(pattern, css, re.DOTALL)
        assert block is not None, theme
        found[theme] = dict(re.findall(r"--([a-z-]+): (#[0-9A-Fa-f]+);", block.group(1)))
    return found
