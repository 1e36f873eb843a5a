"""What every answer tells browsers."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sebangsa.web.security_headers import SecurityHeaders, allow_form_target
from tests.web.pages import Browser


async def _page(request: Request) -> Response:
    if source := request.query_params.get("target"):
        allow_form_target(request, source)
    return HTMLResponse("page")


async def _data(request: Request) -> Response:
    return JSONResponse({})


async def _own(request: Request) -> Response:
    return Response("video", headers={"content-security-policy": "sandbox"})


CLIENT = Browser(
    Starlette(
        routes=[Route("/page", _page), Route("/data", _data), Route("/own", _own)],
        middleware=[Middleware(SecurityHeaders)],
    )
)


@pytest.mark.parametrize(
    "target", ["https://app.example", "http://localhost:3000", "com.tapbots.ivory:", "mastodon:"]
)
def test_s069_the_authorise_page_may_send_its_form_to_the_app(target: str) -> None:
    policy = CLIENT.get(f"/page?target={quote(target)}").headers["content-security-policy"]
    assert f"form-action 'self' {target};" in policy
    assert "form-action 'self';" in CLIENT.get("/page").headers["content-security-policy"]


@pytest.mark.parametrize(
    "target",
    [
        "javascript:",
        "data:",
        "*",
        "https:",
        "https://a.example; script-src *",
        "https://a.example/x",
        "a b:",
        "x:\n",
    ],
)
def test_s069_nothing_else_gets_into_the_policy(target: str) -> None:
    with pytest.raises(ValueError, match="no origin or scheme"):
        CLIENT.get(f"/page?target={quote(target)}")


def test_a_file_can_do_nothing_when_it_is_opened_by_itself() -> None:
    headers = CLIENT.get("/data").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_an_answer_s_own_policy_stays() -> None:
    assert CLIENT.get("/own").headers["content-security-policy"] == "sandbox"
