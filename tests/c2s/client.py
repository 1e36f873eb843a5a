"""An app on ActivityPub: known by its document, let in by its person, speaking to inbox and outbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from sebangsa.models import User
from tests.api.calling import CHALLENGE, VERIFIER, Answer, call, form_token
from tests.foreign_server import ForeignServer
from tests.instances import Instance

ACTIVITY = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
BACK = "https://app.example/back"


def describe_app(host: ForeignServer, name: str = "app", **changed: Any) -> str:
    """Put an app's document on a server; returns its address, which is the app's id."""
    url = f"{host.origin}/{name}.json"
    document = {
        "client_id": url,
        "client_name": "Pena",
        "client_uri": f"{host.origin}/",
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        **changed,
    }
    host.documents[f"/{name}.json"] = {key: value for key, value in document.items() if value is not None}
    return url


def asked(client_id: str, **more: str) -> dict[str, str]:
    """What an app asks the person's browser to open."""
    given = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": BACK,
        "scope": "read write",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return {name: value for name, value in given.items() if value}


async def allow(instance: Instance, user: User, given: dict[str, str]) -> Answer:
    """The person says yes on the page."""
    cookies = await instance.signed_in(user)
    form = {**given, "csrf": form_token(instance, cookies), "decision": "allow"}
    return await call(instance, "POST", "/oauth/authorize", data=form, cookies=cookies)


async def redeem(instance: Instance, client_id: str, code: str, **changed: str) -> Answer:
    """The app comes for its token."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client_id,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changed,
    }
    return await call(instance, "POST", "/oauth/token", data={n: v for n, v in form.items() if v})


async def sign_in(instance: Instance, user: User, client_id: str, scope: str = "read write") -> str:
    """A token, the way an app gets it."""
    answer = await allow(instance, user, asked(client_id, scope=scope))
    assert answer.status == 303, answer.body
    code = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]
    token = await redeem(instance, client_id, code)
    assert token.status == 200, token.body
    return str(token.body["access_token"])


@dataclass
class App:
    """One person's app."""

    instance: Instance
    user: User
    token: str

    @classmethod
    async def of(cls, instance: Instance, user: User, host: ForeignServer, scope: str = "read write") -> App:
        return cls(instance, user, await sign_in(instance, user, describe_app(host), scope))

    @property
    def uri(self) -> str:
        return self.user.actor.uri

    @property
    def followers(self) -> str:
        return self.user.actor.followers_url

    async def ask(self, url: str, *, token: str | None = None, accept: str = ACTIVITY) -> tuple[int, Any]:
        """GET with the token: status and document."""
        url = url if url.startswith("http") else self.instance.url + url
        headers = {"Accept": accept}
        if token != "":
            headers["Authorization"] = f"Bearer {token or self.token}"
        async with self.instance.http.get(url, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text

    async def read(self, url: str) -> Any:
        """The document at an address that this person may read."""
        status, document = await self.ask(url)
        assert status == 200, (url, status, document)
        return document

    async def page(self, name: str = "inbox", query: str = "?page=first") -> Any:
        return await self.read(f"/u/{self.user.actor.username}/{name}{query}")

    async def items(self, name: str = "inbox") -> list[dict[str, Any]]:
        """What the first page of a collection holds."""
        return list((await self.page(name))["orderedItems"])

    async def post(
        self,
        document: Any,
        *,
        to: str = "",
        content_type: str = ACTIVITY,
        token: str | None = None,
        **more: Any,
    ) -> tuple[int, Any, str]:
        """POST to the outbox: status, JSON answer, `Location`."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"Content-Type": content_type}
        if token != "":
            headers["Authorization"] = f"Bearer {token or self.token}"
        path = to or f"/u/{self.user.actor.username}/outbox"
        async with self.instance.http.post(
            self.instance.url + path, data=body, headers=headers, **more
        ) as answer:
            text = await answer.text()
            return (
                answer.status,
                json.loads(text) if text.startswith("{") else text,
                answer.headers.get("Location", ""),
            )

    async def do(self, type_: str, obj: Any, **more: Any) -> dict[str, Any]:
        """An activity that goes well; returns it as the server tells it."""
        document = {"@context": "https://www.w3.org/ns/activitystreams", "type": type_, "object": obj, **more}
        status, answer, location = await self.post(document)
        assert status == 201, (status, answer)
        assert answer["id"] == location
        return dict(answer)

    async def note(self, content: str, **more: Any) -> dict[str, Any]:
        """A public note, as its object."""
        made = await self.do("Create", {"type": "Note", "content": content, "to": [PUBLIC], **more})
        return dict(made["object"])

    async def refused(self, document: Any, **more: Any) -> tuple[int, str]:
        """Status and code of what does not go well."""
        status, answer, location = await self.post(document, **more)
        assert status >= 400, answer
        assert location == ""
        return status, answer["code"]

    async def proxy(self, uri: str) -> tuple[int, Any]:
        """Ask the proxy: status and document."""
        async with self.instance.http.post(
            f"{self.instance.url}/c2s/proxy",
            data={"id": uri},
            headers={"Authorization": f"Bearer {self.token}"},
        ) as answer:
            return answer.status, json.loads(await answer.text())

    async def upload(self, data: bytes, shell: dict[str, Any] | None = None) -> tuple[int, Any, str]:
        """Upload a file with the shell of its object: status, object, `Location`."""
        form = aiohttp.FormData()
        form.add_field("file", data, filename="x.jpg", content_type="image/jpeg")
        form.add_field(
            "object", json.dumps(shell if shell is not None else {"type": "Image", "name": "Foto"})
        )
        async with self.instance.http.post(
            f"{self.instance.url}/c2s/media", data=form, headers={"Authorization": f"Bearer {self.token}"}
        ) as answer:
            return answer.status, json.loads(await answer.text()), answer.headers.get("Location", "")
