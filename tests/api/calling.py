"""Calling the API as an app does, and agreeing to it as a person does."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from PIL import Image

from federation.models import Actor
from sebangsa.models import User
from sebangsa.oauth.apps import register_app
from sebangsa.oauth.redirects import OUT_OF_BAND
from sebangsa.oauth.tokens import issue_token
from sebangsa.web.viewing import csrf_token
from tests.instances import Instance

EVERYTHING = "read write follow push profile"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any

    @property
    def links(self) -> dict[str, str]:
        """The `Link` header: relation → URL."""
        return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', self.headers.get("Link", ""))}


async def call(
    instance: Instance,
    method: str,
    path: str,
    *,
    token: str = "",
    headers: dict[str, str] | None = None,
    **sent: Any,
) -> Answer:
    """One request; `sent` goes to aiohttp (`params`, `data`, `json`). Redirects are not followed."""
    given = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
    url = path if path.startswith("http") else instance.url + path
    async with instance.http.request(method, url, headers=given, allow_redirects=False, **sent) as answer:
        raw = await answer.read()
        is_json = answer.content_type == "application/json"
        return Answer(
            answer.status, await answer.json() if is_json else raw.decode(errors="replace"), answer.headers
        )


@dataclass
class Caller:
    """A person with an app."""

    instance: Instance
    user: User
    token: str

    @classmethod
    async def of(cls, instance: Instance, user: User, scopes: str = EVERYTHING) -> Caller:
        async with instance.inside() as site:
            app, _ = await register_app(site, "Tests", [OUT_OF_BAND], scopes=scopes)
            _, text = await issue_token(site, app, scopes, user=user)
        return cls(instance, user, text)

    @property
    def actor(self) -> Actor:
        return self.user.actor

    @property
    def id(self) -> str:
        return str(self.user.actor_id)

    async def __call__(self, method: str, path: str, **sent: Any) -> Answer:
        return await call(self.instance, method, path, token=self.token, **sent)

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that goes well."""
        answer = await self("GET", path, params=params)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.body

    async def post(self, path: str, **values: Any) -> Any:
        """The JSON of a POST (as JSON) that goes well."""
        answer = await self("POST", path, json=values)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.body


def picture(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    """A small JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def form_with(data: bytes, name: str = "file", **values: str) -> aiohttp.FormData:
    """A multipart form with one file."""
    form = aiohttp.FormData()
    form.add_field(name, data, filename="x.jpg", content_type="image/jpeg")
    for key, value in values.items():
        form.add_field(key, value)
    return form


@dataclass
class App:
    """A registered app that goes the way of a browser."""

    instance: Instance
    client_id: str
    client_secret: str
    redirect_uri: str
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def register(
        cls,
        instance: Instance,
        redirect_uri: str = "https://app.example/back",
        scopes: str = "read write follow",
    ) -> App:
        answer = await call(
            instance,
            "POST",
            "/api/v1/apps",
            data={"client_name": "Tests", "redirect_uris": redirect_uri, "scopes": scopes},
        )
        assert answer.status == 200, answer.body
        return cls(instance, answer.body["client_id"], answer.body["client_secret"], redirect_uri)

    def asked(self, **more: str) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            **more,
        }
        return {name: value for name, value in asked.items() if value}

    async def page(self, cookies: dict[str, str], **more: str) -> Answer:
        """The page that asks the person."""
        return await call(
            self.instance, "GET", "/oauth/authorize", params=self.asked(**more), cookies=cookies
        )

    async def decide(self, cookies: dict[str, str], decision: str = "allow", **more: str) -> Answer:
        """The person's answer, sent with the form's token."""
        csrf = form_token(self.instance, cookies)
        form = {**self.asked(**more), "csrf": csrf, "decision": decision}
        return await call(self.instance, "POST", "/oauth/authorize", data=form, cookies=cookies)

    async def code(self, cookies: dict[str, str], **more: str) -> str:
        """A code, as the app gets it in its redirect."""
        answer = await self.decide(cookies, **more)
        assert answer.status == 303, answer.body
        return told(answer)["code"]

    async def redeem(self, code: str, **changed: str) -> Answer:
        """Ask the token endpoint."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uri": self.redirect_uri,
            **changed,
        }
        return await call(self.instance, "POST", "/oauth/token", data={n: v for n, v in form.items() if v})


def form_token(instance: Instance, cookies: dict[str, str]) -> str:
    """The token that the page's form carries for this browser."""
    return csrf_token(instance.site, cookies.get("session") or cookies.get("visitor", ""))


def told(answer: Answer) -> dict[str, str]:
    """What a redirect tells the app."""
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
