"""Sign up, sign in, sign out, and one-time links."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.addresses import customer_of
from federation.database import transaction
from sebangsa import accounts
from sebangsa.errors import Invalid, NotAllowed, NotFound, ProductError
from sebangsa.models import OneTimeLink, Role, User
from sebangsa.web.forms import back_to, form_of, text_of
from sebangsa.web.viewing import SESSION_COOKIE, VISITOR_COOKIE, page, set_cookie, site_of


@page
async def sign_in(request: Request) -> Response:
    """`/sign-in`: by name or e-mail address, and password. `next` leads back."""
    values = {"login": "", "next": request.query_params.get("next", "")}
    if request.method == "GET":
        return _render(request, "pages/sign_in.html", {"values": values, "error": None})
    form = await form_of(request)
    values = {"login": text_of(form, "login"), "next": text_of(form, "next")}
    site = site_of(request)
    # Two buckets: one address that tries many names, and many addresses that try one (S-088).
    await site.limiter.hit("sign-in", f"from {_address(request)}")
    await site.limiter.hit("sign-in", f"as {values['login'].strip().lower().removeprefix('@')}")
    try:
        user = await accounts.authenticate(site, values["login"], text_of(form, "password"))
    except ProductError as error:
        return _render(request, "pages/sign_in.html", {"values": values, "error": error}, error.status)
    return await _begin(request, user, values["next"])


@page
async def sign_up(request: Request) -> Response:
    """`/sign-up`, as `SEBANGSA_REGISTRATION` allows."""
    site = site_of(request)
    mode = site.settings.registration
    values = {"name": "", "email": "", "display_name": "", "invite": request.query_params.get("invite", "")}
    error: ProductError | None = None
    if request.method == "POST":
        form = await form_of(request)
        values = {name: text_of(form, name) for name in values}
        await site.limiter.hit("sign-up", _address(request))
        try:
            user = await accounts.sign_up(
                site,
                values["name"],
                password=text_of(form, "password"),
                email=values["email"],
                display_name=values["display_name"],
                invite=values["invite"],
            )
            if user.approved_at is None:
                return _render(request, "pages/waiting.html", {})
            return await _begin(request, user, "/")
        except (Invalid, NotAllowed) as refused:
            error = refused
    status = error.status if error else 200
    return _render(request, "pages/sign_up.html", {"values": values, "error": error, "mode": mode}, status)


@page
async def sign_out(request: Request) -> Response:
    """`POST /sign-out`: this browser only."""
    if request.method == "POST":
        await accounts.end_session(request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@page
async def forgot_password(request: Request) -> Response:
    """`/forgot-password`: mails a link. It says the same whether or not an account has that address (S-089)."""
    site = site_of(request)
    can_mail = bool(site.settings.smtp_url)
    sent = request.method == "POST" and can_mail
    if sent:
        email = text_of(await form_of(request), "email").strip().lower()
        await site.limiter.hit("sign-in", f"from {_address(request)}")
        if 0 < len(email) <= accounts.MAX_EMAIL:
            await site.limiter.hit("mail", email)
            async with transaction():
                await site.queue.enqueue("mail_password_link", email)
    return _render(request, "pages/forgot_password.html", {"can_mail": can_mail, "sent": sent})


@page
async def welcome(request: Request) -> Response:
    """`/welcome/{token}`: a one-time link. It is used by the POST only: previews and mail scanners follow GETs."""
    site, token = site_of(request), request.path_params["token"]
    link = await OneTimeLink.get_or_none(token_hash=accounts.hash_token(token))
    if link is None or link.used_at is not None or link.expires_at < site.clock.now():
        raise NotFound("This link was used already or is too old.")
    values = {"name": "", "email": "", "display_name": ""}
    error: ProductError | None = None
    if request.method == "POST":
        form = await form_of(request)
        values = {name: text_of(form, name) for name in values}
        try:
            return await _redeem(request, token, link.purpose, values, text_of(form, "password"))
        except Invalid as refused:
            error = refused
    context = {"purpose": link.purpose, "values": values, "error": error}
    return _render(request, "pages/welcome.html", context, error.status if error else 200)


async def _redeem(
    request: Request, token: str, purpose: str, values: dict[str, str], password: str
) -> Response:
    site = site_of(request)
    if purpose == "first-admin":
        accounts.check_password(password)
        async with (
            transaction()
        ):  # a name that is taken does not use the link up, and one link makes one account
            await accounts.use_link(site, token)
            if await accounts.has_administrator():
                raise NotFound("This link was used already or is too old.")
            user = await accounts.create_user(
                site,
                values["name"],
                password=password,
                email=values["email"],
                display_name=values["display_name"],
                role=Role.ADMIN,
            )
        return await _begin(request, user, "/")
    if purpose == "reset-password":
        accounts.check_password(password)  # one that is too short does not use the link up
    link = await accounts.use_link(site, token)
    if link.user is None:
        raise NotFound
    if purpose == "reset-password":
        await accounts.set_password(site, link.user, password)
    accounts.must_be_active(link.user)
    return await _begin(request, link.user, "/")


async def _begin(request: Request, user: User, target: str) -> Response:
    site = site_of(request)
    token = await accounts.start_session(site, user, request.headers.get("user-agent", ""))
    response = back_to(request, "/", target)
    set_cookie(site, response, SESSION_COOKIE, token)
    response.delete_cookie(VISITOR_COOKIE)
    return response


def _address(request: Request) -> str:
    return customer_of(request.client.host if request.client else "")


def _render(request: Request, name: str, context: dict[str, Any], status: int = 200) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context, status_code=status)
    rendered.headers["cache-control"] = "no-store"
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/sign-in", sign_in, methods=["GET", "POST"]),
    Route("/sign-up", sign_up, methods=["GET", "POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/forgot-password", forgot_password, methods=["GET", "POST"]),
    Route("/welcome/{token}", welcome, methods=["GET", "POST"]),
]
