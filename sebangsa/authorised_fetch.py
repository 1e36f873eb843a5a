"""Authorised fetch: to whom documents are answered. The one place for the rule, whatever endpoint made the answer.

A blocked server that signs what it asks for gets nothing. Where `SEBANGSA_FETCHES` is `signed`, nobody gets a document
without saying who they are: the server (its signature) or a person of ours (their app's token). An actor's document
names what strangers see of it (`federation/endpoints/strangers.py`), as Mastodon and GoToSocial do: the server's own actor
is whole, others show their key, so that two servers that both ask for signatures can read each other's keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.endpoints.answers import refusal_answer
from federation.endpoints.signers import claimed_hosts, is_signed
from federation.endpoints.strangers import for_strangers, is_open_to_all
from federation.refusals import Refused
from sebangsa.activitypub import PRIVATE, reader_of
from sebangsa.errors import ProductError

if TYPE_CHECKING:
    from sebangsa.site import Site


class AuthorisedFetch:
    """Stands before all endpoints and looks at their answers, so that no endpoint can forget the rule."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            await self._turn_away_blocked(request)
        except Refused as refusal:
            await refusal_answer(refusal)(scope, receive, send)
            return
        if self._site.settings.fetches == "signed":
            await self._to_known_readers(request, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _turn_away_blocked(self, request: Request) -> None:
        """By the host of the key that is named: nobody says so falsely in order to get less. Costs no key and no query."""
        if is_signed(request):
            for host in claimed_hosts(request) - {""}:
                await self._site.federation.registry.admit(host)

    async def _to_known_readers(self, request: Request, receive: Receive, send: Send) -> None:
        is_replaced = False

        async def send_to_reader(message: Message) -> None:
            nonlocal is_replaced
            if is_replaced:
                return
            is_start = message["type"] == "http.response.start"
            if is_start and _is_document_for_all(message) and not is_open_to_all(request):
                instead = await self._instead(request)
                if instead is not None:
                    is_replaced = True
                    await instead(request.scope, receive, send)
                    return
                MutableHeaders(scope=message)["cache-control"] = PRIVATE
            await send(message)

        await self._app(request.scope, receive, send_to_reader)

    async def _instead(self, request: Request) -> Response | None:
        """What is answered in place of the document; None to whoever may have it."""
        try:
            if await reader_of(self._site, request) is not None:
                return None
            stranger = for_strangers(request)
            return refusal_answer(Refused("signature-missing")) if stranger is None else stranger
        except Refused as refusal:
            return refusal_answer(refusal)
        except ProductError:  # a token that does not hold
            return refusal_answer(Refused("signature-missing"))


def _is_document_for_all(message: Message) -> bool:
    """Whether an answer is a document for servers that its endpoint would show to anybody. What is `private` was
    judged there, by a stricter rule.
    """
    headers = Headers(raw=message["headers"])
    return "signature" in headers.get("vary", "").lower() and headers.get("cache-control", "").startswith(
        "public"
    )
