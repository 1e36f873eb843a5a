"""Mail, over a real SMTP conversation: a link for a forgotten password, a word to who was let in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from sebangsa import registering
from sebangsa.accounts import authenticate, disable, make_link, set_password, sign_up
from sebangsa.errors import Invalid
from sebangsa.models import OneTimeLink, Role
from tests.instances import Instance, free_port

Start = Callable[..., Awaitable[Instance]]
NEW = "rahasia yang baru"


@asynccontextmanager
async def mailbox() -> AsyncIterator[tuple[str, list[EmailMessage]]]:
    """An SMTP server on loopback that keeps what it gets; yields its URL and the mails."""
    mails: list[EmailMessage] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.localhost ready\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                mail = await reader.readuntil(b"\r\n.\r\n")
                mails.append(message_from_bytes(mail[:-3], _class=EmailMessage, policy=policy.default))
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    port = free_port()
    async with await asyncio.start_server(talk, "127.0.0.1", port):
        yield f"smtp://127.0.0.1:{port}", mails


async def send_form(instance: Instance, url: str, **fields: str) -> tuple[int, str]:
    """Open the page with this form as a new browser and send it; returns the answer's status and text."""
    async with instance.http.get(url) as page:
        form = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        assert form is not None
        cookies = {name: morsel.value for name, morsel in page.cookies.items()}
    data = {"csrf": form[1], **fields}
    async with instance.http.post(url, data=data, cookies=cookies, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_a_link_to_choose_a_new_password_comes_by_mail(start: Start) -> None:
    async with mailbox() as (smtp_url, mails):
        warga = await start("warga", smtp_url=smtp_url, language="en")
        await warga.user("ani", email="ani@example.org")
        assert (await send_form(warga, f"{warga.url}/forgot-password", email="Ani@Example.org"))[0] == 200
        async with warga.inside() as site:
            await site.queue.run_due()
        [mail] = mails
        assert (mail["To"], mail["From"]) == ("ani@example.org", "Sebangsa <noreply@warga.localhost>")
        assert "@ani at Sebangsa" in mail.get_content()
        link = re.search(rf"{warga.url}/welcome/\S+", mail.get_content())
        assert link is not None
        assert (await send_form(warga, link[0], password=NEW))[0] == 303
        async with warga.inside() as site:
            await authenticate(site, "ani", NEW)
            with pytest.raises(Invalid):
                await authenticate(site, "ani", "rahasia sekali")


async def test_s089_nobody_learns_from_the_answer_who_has_an_account(start: Start) -> None:
    async with mailbox() as (smtp_url, mails):
        warga = await start("warga", smtp_url=smtp_url)
        closed = await warga.user("budi", email="budi@example.org")
        await warga.user("ani", email="ani@example.org")
        async with warga.inside() as site:
            await disable(site, closed)
        url = f"{warga.url}/forgot-password"
        said = [
            await send_form(warga, url, email=f"{name}@example.org") for name in ("ani", "budi", "nobody")
        ]
        assert len({re.sub(r'value="[0-9a-f]{64}"', "", text) for _, text in said}) == 1
        async with warga.inside() as site:
            await site.queue.run_due()
        assert [mail["To"] for mail in mails] == ["ani@example.org"]


async def test_s090_a_link_works_once_for_one_account_and_only_until_the_password_changes(
    start: Start,
) -> None:
    warga = await start("warga")
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        first, second = (
            await make_link(site, "reset-password", ani),
            await make_link(site, "reset-password", ani),
        )
        stored = list(await OneTimeLink.all().values_list("token_hash", flat=True))
        assert not any(part in second for part in stored), "kept as a hash only"
    assert len(second.rpartition("/")[2]) >= 43, "256 bits from the system's random source"
    async with warga.http.get(first) as page:
        assert page.status == 404, "asking again makes the older one void"
    answers = await asyncio.gather(
        *(send_form(warga, second, password=NEW) for _ in range(5)), return_exceptions=True
    )
    assert [answer[0] for answer in answers if isinstance(answer, tuple)].count(303) == 1
    async with warga.http.get(second) as page:
        assert page.status == 404
    async with warga.inside() as site:
        await authenticate(site, "ani", NEW)
        await authenticate(site, "budi", "rahasia sekali")
        late = await make_link(site, "reset-password", budi)
        await set_password(site, budi, "rahasia yang lain lagi")
    async with warga.http.get(late) as page:
        assert page.status == 404
    async with warga.inside() as site:
        old = await make_link(site, "reset-password", budi)
        await OneTimeLink.all().update(expires_at=site.clock.now())
    async with warga.http.get(old) as page:
        assert page.status == 404


async def test_who_waited_is_told_by_mail_that_the_account_is_open(start: Start) -> None:
    async with mailbox() as (smtp_url, mails):
        warga = await start("warga", smtp_url=smtp_url, language="en", registration="approval")
        boss = await warga.user("boss", role=Role.ADMIN)
        async with warga.inside() as site:
            for name, email in (("ani", "ani@example.org"), ("budi", "")):
                asking = await sign_up(site, name, password=NEW, email=email, language="en")
                await registering.approve(site, boss, asking)
                await registering.approve(site, boss, asking)
            await site.queue.run_due()
        [mail] = mails
        assert mail["To"] == "ani@example.org"
        assert f"{warga.url}/sign-in" in mail.get_content()
        async with warga.inside() as site:
            await authenticate(site, "ani", NEW)


async def test_a_mail_server_that_is_away_is_tried_again(start: Start) -> None:
    from sebangsa.queue.models import Job

    warga = await start("warga", smtp_url=f"smtp://127.0.0.1:{free_port()}")
    await warga.user("ani", email="ani@example.org")
    await send_form(warga, f"{warga.url}/forgot-password", email="ani@example.org")
    async with warga.inside() as site:
        await site.queue.run_due()
        job = await Job.get(name="mail_password_link")
        assert (job.is_dead, job.attempts) == (False, 1)


async def test_a_server_without_mail_says_whom_to_ask(start: Start) -> None:
    warga = await start("warga", language="en")
    async with warga.http.get(f"{warga.url}/forgot-password") as page:
        assert "sends no mail" in await page.text()


async def test_a_password_that_is_too_short_does_not_use_the_link_up(start: Start) -> None:
    warga = await start("warga")
    ani = await warga.user("ani")
    async with warga.inside() as site:
        link = await make_link(site, "reset-password", ani)
    assert (await send_form(warga, link, password="pendek"))[0] == 422
    assert (await send_form(warga, link, password=NEW))[0] == 303
