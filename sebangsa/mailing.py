"""Mail that people asked for, sent by the server of `SEBANGSA_SMTP_URL`."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from federation.urls import is_loopback_name
from sebangsa import accounts
from sebangsa.models import User
from sebangsa.web.i18n import LANGUAGES, Translation, translation_for

if TYPE_CHECKING:
    from sebangsa.site import Site

SECONDS = 30.0


async def mail_password_link(site: Site, email: str) -> None:
    """A job: send a link to choose a new password to the account with this address, where there is one."""
    user = await User.get_or_none(email=email).select_related("actor")
    if user is None or user.disabled_at is not None or not user.actor.is_usable or not site.settings.smtp_url:
        return
    words = _words(site, user)
    link = await accounts.make_link(site, "reset-password", user)
    text = words.gettext(
        "Somebody asked for a new password of @%(name)s at %(site)s. If it was you, choose one here within 24 hours:"
    ) % {"name": user.actor.username, "site": site.settings.name}
    closing = words.gettext("If it was not you, do nothing: your password stays as it is.")
    await send_mail(site, email, words.gettext("A new password"), f"{text}\n\n{link}\n\n{closing}\n")


async def mail_welcome(site: Site, user_id: int) -> None:
    """A job: tell somebody who waited that the account is open."""
    user = await User.get_or_none(id=user_id).select_related("actor")
    if user is None or not user.email or not user.is_active or not site.settings.smtp_url:
        return
    words = _words(site, user)
    text = words.gettext("You were let in: @%(name)s at %(site)s is your account now. Sign in here:") % {
        "name": user.actor.username,
        "site": site.settings.name,
    }
    await send_mail(
        site, user.email, words.gettext("Your account is open"), f"{text}\n\n{site.settings.url}/sign-in\n"
    )


def _words(site: Site, user: User) -> Translation:
    """The language of the account, else of the site."""
    return translation_for(user.language if user.language in LANGUAGES else site.settings.language)


async def send_mail(site: Site, to: str, subject: str, text: str) -> None:
    """Hand one mail over. Raises `OSError` or `aiosmtplib.SMTPException` when the server does not take it."""
    import aiosmtplib  # a server without mail starts without it

    settings = site.settings
    domain = (urlsplit(f"//{settings.domain}").hostname or "localhost").strip("[]")
    message = EmailMessage()
    message["From"] = Address(settings.name, "noreply", domain)
    message["To"] = to
    message["Subject"] = f"{settings.name}: {subject}"
    message["Date"] = format_datetime(site.clock.now())
    message["Message-ID"] = make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"  # no vacation notice answers it (RFC 3834)
    message.set_content(text)
    server = urlsplit(settings.smtp_url)
    host, is_tls = server.hostname or "", server.scheme == "smtps"
    is_own = is_loopback_name(host) or host in ("127.0.0.1", "::1")
    await aiosmtplib.send(
        message,
        hostname=host,
        port=server.port or (465 if is_tls else 587),
        username=unquote(server.username) if server.username else None,
        password=unquote(server.password) if server.password else None,
        use_tls=is_tls,
        start_tls=True
        if server.username and not is_tls and not is_own
        else None,  # no password goes in the clear
        timeout=SECONDS,
    )
