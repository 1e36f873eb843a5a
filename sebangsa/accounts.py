"""Accounts: sign up, sign in, sessions, one-time links, roles."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F, Q

from federation.database import transaction
from federation.local_actors import create_local_actor
from federation.models import MAX_LOCAL_NAME, Actor
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.models import AccessToken, Invite, OneTimeLink, Role, Session, User
from sebangsa.registering import tell_team
from sebangsa.text.handles import valid_local_name

if TYPE_CHECKING:
    from sebangsa.site import Site

MIN_PASSWORD = 8
MAX_PASSWORD = 256
SESSION_LASTS = timedelta(days=60)
LINK_LASTS = timedelta(hours=24)

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = asyncio.Semaphore(2)
# Checked when the name is unknown, so that both answers take the same time (S-089).
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$qSQhjD+N8VOTH2zb56PoZw$6tE70Y1xOSSyjZ55wK6GkX20Ak0t7TcVM4my7CkzX54"
MAX_EMAIL = 254
_EMAIL = re.compile(rf"(?=.{{1,{MAX_EMAIL}}}\Z)[^@\s]{{1,64}}@[^@\s.]+(\.[^@\s.]+)+")


def hash_token(token: str) -> str:
    """What is stored of a secret that was handed out."""
    return hashlib.sha256(token.encode()).hexdigest()


async def hash_password(password: str) -> str:
    """Argon2id in a thread, two at once: each takes 19 MiB."""
    async with _hashing:
        return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(user: User, password: str) -> bool:
    """Whether this is the account's password."""
    return bool(user.password_hash) and await _matches(user.password_hash, password[:MAX_PASSWORD])


async def _matches(stored: str, password: str) -> bool:
    def check() -> bool:
        try:
            return _hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    async with _hashing:
        return await asyncio.to_thread(check)


def check_password(password: str) -> None:
    """Raises `Invalid` for one that is too short or too long; nothing else is asked of it (NIST 800-63B)."""
    if len(password) < MIN_PASSWORD:
        raise Invalid(
            "password-short",
            "A password needs at least %(least)s characters.",
            field="password",
            least=MIN_PASSWORD,
        )
    if len(password) > MAX_PASSWORD:
        raise Invalid(
            "password-long",
            "A password has at most %(most)s characters.",
            field="password",
            most=MAX_PASSWORD,
        )


async def sign_up(
    site: Site,
    name: str,
    *,
    password: str,
    email: str = "",
    display_name: str = "",
    language: str = "",
    invite: str = "",
) -> User:
    """Make an account as `SEBANGSA_REGISTRATION` allows. Raises `Invalid` with the field, or `NotAllowed`."""
    mode = site.settings.registration
    if mode == "closed":
        raise NotAllowed("registration-closed", "Registration is closed here.")
    async with transaction():
        if mode == "invite":
            await _use_invite(site, invite)
        user = await create_user(
            site,
            name,
            password=password,
            email=email,
            display_name=display_name,
            language=language,
            is_approved=mode != "approval",
        )
        await tell_team(site, user)
    return user


async def create_user(
    site: Site,
    name: str,
    *,
    password: str = "",
    email: str = "",
    display_name: str = "",
    language: str = "",
    role: Role = Role.MEMBER,
    is_approved: bool = True,
    actor_type: str = "Person",
) -> User:
    """Make an account, whatever registration says: for admins, the command line and the demo."""
    name = name.strip().lower()
    if not valid_local_name(name):
        raise Invalid("name-invalid", "A name has 1 to 30 letters a to z, digits or _.", field="name")
    email = email.strip().lower()
    if email and not _EMAIL.fullmatch(email):
        raise Invalid("email-invalid", "That is not an e-mail address.", field="email")
    if password:
        check_password(password)
    if await Actor.exists(local_name=name):
        raise Invalid("name-taken", "That name is taken.", field="name")
    if email and await User.exists(email=email):
        raise Invalid("email-taken", "That e-mail address has an account here.", field="email")
    hashed = await hash_password(password) if password else ""
    now = site.clock.now()
    try:
        async with transaction():
            actor = await create_local_actor(
                site.federation, actor_type, name, name=display_name.strip() or name
            )
            if not is_approved:
                # Nobody sees who waits: the rule that hides the suspended hides them too.
                actor.suspended_at = now
                await actor.save(update_fields=["suspended_at"])
            user = await User.create(
                id=site.ids.next(),
                actor=actor,
                email=email or None,
                password_hash=hashed,
                role=role,
                language=language,
                approved_at=now if is_approved else None,
                confirmed_at=now,
                created_at=now,
            )
            await site.hooks.signed_up.emit(user)
    except IntegrityError as error:
        raise Invalid("name-taken", "That name is taken.", field="name") from error
    return user


async def _use_invite(site: Site, code: str) -> None:
    """Count one use; exact also when two come at once (S-093)."""
    now = site.clock.now()
    used = await Invite.filter(code=code.strip(), uses__lt=F("max_uses")).update(uses=F("uses") + 1)
    if not used or await Invite.exists(code=code.strip(), expires_at__lt=now):
        raise Invalid("invite-invalid", "That invitation cannot be used.", field="invite")


async def authenticate(site: Site, login: str, password: str) -> User:
    """The account with this name or e-mail address and password.

    An unknown name takes as long and gets the same words as a wrong password (S-089). Raises `Invalid`.
    """
    login = login.strip().lower().removeprefix("@")
    named = Q(email=login) if "@" in login else Q(actor__local_name=login)
    # A login longer than any name or address is looked for no further: the column could not hold it.
    known = len(login) <= (MAX_EMAIL if "@" in login else MAX_LOCAL_NAME)
    user = await User.get_or_none(named).select_related("actor") if known else None
    matches = await _matches(
        user.password_hash if user and user.password_hash else _NOBODY, password[:MAX_PASSWORD]
    )
    if user is None or not matches:
        raise Invalid("sign-in-failed", "Name or password is wrong.", field="password")
    must_be_active(user)
    return user


def must_administer(user: User) -> None:
    """Raises `NotAllowed` for everybody but administrators of this server."""
    if not user.is_admin:
        raise NotAllowed("admins-only", "Only administrators may do this.")


def must_be_active(user: User) -> None:
    """Raises `NotAllowed` for an account that is disabled, waits for approval, or is suspended."""
    if user.approved_at is None and user.disabled_at is None:
        raise NotAllowed("account-pending", "This account waits for an administrator's approval.")
    if user.disabled_at is not None or not user.actor.is_usable:
        raise NotAllowed("account-disabled", "This account is disabled.")


async def start_session(site: Site, user: User, user_agent: str = "") -> str:
    """Begin a session; returns the cookie's value. Always a new one: none from before sign-in lives on (S-087)."""
    token = secrets.token_urlsafe(32)
    now = site.clock.now()
    await Session.create(
        id=site.ids.next(),
        token_hash=hash_token(token),
        user=user,
        user_agent=user_agent[:255],
        created_at=now,
        seen_at=now,
    )
    return token


async def user_of_session(site: Site, token: str) -> User | None:
    """Who is signed in with this cookie."""
    session = await Session.get_or_none(token_hash=hash_token(token)).select_related("user__actor")
    if session is None or site.clock.now() - session.created_at > SESSION_LASTS:
        return None
    user = session.user
    if not user.is_active or not user.actor.is_usable:
        return None
    return user


async def end_session(token: str) -> None:
    """Sign out one browser."""
    await Session.filter(token_hash=hash_token(token)).delete()


async def sign_out_everywhere(site: Site, user: User) -> None:
    """End all sessions, tokens and open streams (a changed password, a suspension: S-084)."""
    await Session.filter(user_id=user.id).delete()
    await AccessToken.filter(user_id=user.id, revoked_at__isnull=True).update(revoked_at=site.clock.now())
    site.streams.close_channel(f"user:{user.actor_id}")


async def set_password(site: Site, user: User, password: str) -> None:
    """Change the password and sign out everywhere; a link to choose one that was mailed before is void (S-090)."""
    check_password(password)
    user.password_hash = await hash_password(password)
    async with transaction():
        await user.save(update_fields=["password_hash"])
        await OneTimeLink.filter(user_id=user.id, purpose="reset-password", used_at__isnull=True).delete()
        await sign_out_everywhere(site, user)


async def disable(site: Site, user: User) -> None:
    """Close an account to its owner; what was posted stays."""
    async with transaction():
        user.disabled_at = site.clock.now()
        await user.save(update_fields=["disabled_at"])
        await sign_out_everywhere(site, user)


async def enable(user: User) -> None:
    """Take `disable` back; who had sessions or apps signs in anew."""
    user.disabled_at = None
    await user.save(update_fields=["disabled_at"])


async def has_administrator() -> bool:
    """Whether somebody can administer this server; while not, a one-time link makes the first one."""
    return await User.exists(role=Role.ADMIN, disabled_at__isnull=True)


async def user_by_name(name: str) -> User:
    """The account with this name. Raises `NotFound`."""
    user = await User.get_or_none(actor__local_name=name.strip().lower().removeprefix("@")).select_related(
        "actor"
    )
    if user is None:
        raise NotFound("There is no account with that name here.")
    return user


async def make_link(site: Site, purpose: str, user: User | None = None) -> str:
    """A one-time link for `purpose`; an older one for the same is void (S-090). Returns its full URL."""
    token = secrets.token_urlsafe(32)
    now = site.clock.now()
    async with transaction():
        await OneTimeLink.filter(
            purpose=purpose, user_id=user.id if user else None, used_at__isnull=True
        ).delete()
        await OneTimeLink.create(
            id=site.ids.next(),
            token_hash=hash_token(token),
            purpose=purpose,
            user=user,
            expires_at=now + LINK_LASTS,
        )
    return f"{site.settings.url}/welcome/{token}"


async def use_link(site: Site, token: str) -> OneTimeLink:
    """Redeem a link, once, also when two come at once. Raises `NotFound` for one that is used, old or unknown."""
    now = site.clock.now()
    link = await OneTimeLink.get_or_none(token_hash=hash_token(token)).select_related("user__actor")
    used = await OneTimeLink.filter(
        token_hash=hash_token(token), used_at__isnull=True, expires_at__gt=now
    ).update(used_at=now)
    if link is None or not used:
        raise NotFound("This link was used already or is too old.")
    return link
