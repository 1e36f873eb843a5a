"""Who may call what: each route of the API says it, and one place holds requests to it (S-076)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.addresses import customer_of
from federation.models import Actor
from federation.refusals import Refused
from sebangsa.accounts import must_be_active
from sebangsa.api.answers import error_answer, json_answer
from sebangsa.api.parameters import MAX_BODY, MAX_UPLOAD_BODY, Parameters, as_id, read_parameters
from sebangsa.errors import NotAllowed, NotFound, ProductError
from sebangsa.limits import Standing
from sebangsa.models import AccessToken, User
from sebangsa.oauth.scopes import includes
from sebangsa.oauth.tokens import token_by_text
from sebangsa.web.viewing import site_of

if TYPE_CHECKING:
    from sebangsa.site import Site


class Caller(Enum):
    ANYBODY = "anybody"
    APP = "app"
    """A token, of an app alone or of a person."""
    PERSON = "person"
    """A person's token."""


@dataclass(frozen=True)
class Rule:
    """Who may call a route, and the scope that the token needs (where a token is given, also for anybody)."""

    caller: Caller
    scope: str = ""
    bucket: str = ""
    """A limit besides those that hold for every call; counted per person, or per address without one."""


class Denied(ProductError):
    """The token does not allow this; the words are Mastodon's, which clients compare."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(code, sentence)
        self.status = status


@dataclass
class Call:
    """One request to the API: who asks, with what."""

    request: Request
    site: Site
    token: AccessToken | None
    given: Parameters
    standing: Standing | None = None
    notes: dict[str, str] = field(default_factory=dict)
    """Headers for the answer."""

    @property
    def user(self) -> User:
        """The person who calls. Only where the rule asks for one."""
        assert self.token is not None
        assert self.token.user is not None
        return self.token.user

    @property
    def me(self) -> Actor:
        """The calling person's actor. Only where the rule asks for a person."""
        return self.user.actor

    @property
    def viewer(self) -> Actor | None:
        """The calling person's actor, if a person calls."""
        return self.token.user.actor if self.token is not None and self.token.user is not None else None

    def path_id(self, name: str = "id") -> int:
        """An id of the path. Raises `NotFound` for what cannot be one."""
        found = as_id(self.request.path_params[name])
        if found is None:
            raise NotFound("Record not found")
        return found


Endpoint = Callable[[Call], Awaitable[Any]]


class ApiRoute(Route):
    """A route of the API. `endpoint` takes a `Call` and returns a JSON value or a `Response`; what it raises becomes
    JSON too. Packages above use it for their own `/api/…` routes.
    """

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        rule: Rule,
        *,
        methods: Collection[str] = ("GET",),
        files: bool = False,
    ) -> None:
        self.rule = rule
        self.answer = endpoint

        async def answer_request(request: Request) -> Response:
            return await respond(request, endpoint, rule)

        super().__init__(
            path,
            answer_request,
            methods=list(methods),
            name=f"{endpoint.__module__}.{endpoint.__name__}",
            max_body_size=MAX_UPLOAD_BODY if files else MAX_BODY,
        )


async def respond(request: Request, endpoint: Endpoint, rule: Rule) -> Response:
    """Answer one call under its rule; for addresses that also answer others than apps."""
    site = site_of(request)
    standing: Standing | None = None
    notes: dict[str, str] = {}
    try:
        token = await bearer(site, request)
        standing = await _count(site, request, token, rule)
        _check(rule, token)
        call = Call(request, site, token, await read_parameters(request), standing, notes)
        answered = await endpoint(call)
        response = answered if isinstance(answered, Response) else json_answer(answered)
    except ProductError as error:
        response = error_answer(error)
    except Refused as refused:
        response = error_answer(ProductError(refused.code, refused.sentence), status=refused.status)
    except HTTPException as error:
        response = error_answer(ProductError("bad-request", str(error.detail)), status=error.status_code)
    for name, value in {**(standing.headers if standing else {}), **notes}.items():
        response.headers[name] = value
    return response


async def bearer(site: Site, request: Request, *, in_url: bool = False) -> AccessToken | None:
    """The token of a request, or None where none was sent. Raises `Denied` for one that does not hold.

    A token in the URL ends up in logs and histories, so only a stream may ask for it there (S-085).
    """
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        text = request.query_params.get("access_token", "") if in_url else ""
    if not text.strip():
        return None
    token = await token_by_text(site, text.strip())
    if token is None:
        raise Denied(401, "invalid-token", "The access token is invalid")
    if token.user is not None:
        _must_be_active(token.user)
    return token


def _must_be_active(user: User) -> None:
    try:
        must_be_active(user)
    except NotAllowed as refusal:
        if refusal.code == "account-pending":
            raise Denied(403, refusal.code, "Your login is currently pending approval") from refusal
        raise Denied(403, refusal.code, "Your login is currently disabled") from refusal
    if user.email and user.confirmed_at is None:
        raise Denied(403, "account-unconfirmed", "Your login is missing a confirmed e-mail address")


def _check(rule: Rule, token: AccessToken | None) -> None:
    if token is None:
        if rule.caller is not Caller.ANYBODY:
            raise Denied(401, "invalid-token", "The access token is invalid")
        return
    if rule.scope:
        must_include(token, rule.scope)
    if rule.caller is Caller.PERSON and token.user is None:
        raise Denied(422, "person-needed", "This method requires an authenticated user")


def must_include(token: AccessToken, scope: str) -> None:
    """Raises `Denied` for a token that was not given `scope`."""
    if not includes(token.scopes, scope):
        raise Denied(403, "outside-scopes", "This action is outside the authorized scopes")


async def _count(site: Site, request: Request, token: AccessToken | None, rule: Rule) -> Standing:
    """Count the call in every bucket that it falls into; the fullest is told to the client."""
    address = customer_of(request.client.host if request.client else "")
    if token is None:
        found = [await site.limiter.hit("address", address)]
    else:
        found = [await site.limiter.hit("token", token.id)]
        if token.user_id is not None:
            found.append(await site.limiter.hit("account", token.user_id))
    paging = ("max_id", "min_id", "since_id")
    if request.method == "GET" and any(name in request.query_params for name in paging):
        found.append(await site.limiter.hit("paging", token.id if token else address))
    if rule.bucket:
        found.append(
            await site.limiter.hit(rule.bucket, token.user_id if token and token.user_id else address)
        )
    return min(found, key=lambda standing: standing.remaining)
