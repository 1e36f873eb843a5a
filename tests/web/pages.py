"""A small app with the design page alone: the templates, the static files and the headers, without a database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlencode

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
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


@dataclass(frozen=True)
class Answer:
    status: int
    headers: MutableHeaders
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """Asks an app and keeps its cookies. Errors of the app come out of the call."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self.cookies: dict[str, str] = {}

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self._ask("GET", target, headers or {"accept-encoding": "gzip"}, b"")

    def post(self, target: str, form: Mapping[str, str]) -> Answer:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self._ask("POST", target, kind, urlencode(form).encode())

    def _ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path, _, query = target.partition("?")
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"host": "localhost:8000", "cookie": cookie, **headers}
        scope = {
            "type": "http", "method": method, "path": unquote(path), "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "scheme": "http", "server": ("localhost", 8000), "client": ("127.0.0.1", 1),
            "http_version": "1.1", "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip
        messages: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        asyncio.run(self._app(scope, receive, send))
        got = MutableHeaders(raw=messages[0]["headers"])
        for line in got.getlist("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(messages[0]["status"], got, b"".join(part.get("body", b"") for part in messages[1:]))


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
