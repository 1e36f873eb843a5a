"""Programs that nobody here wrote sign in and work: Mastodon.py and toot, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.calling import Caller, call, form_token, picture
from tests.instances import Instance

HAS_TOOT = shutil.which("toot", path=str(Path(sys.executable).parent)) is not None


async def agree(instance: Instance, cookies: dict[str, str], url: str) -> str:
    """Open an app's sign-in address as a person does, let it in, and read the code off the page."""
    page = await call(instance, "GET", url, cookies=cookies)
    assert page.status == 200, page.body
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.body))
    assert fields["csrf"] == form_token(instance, cookies)
    answer = await call(
        instance, "POST", "/oauth/authorize", data={**fields, "decision": "allow"}, cookies=cookies
    )
    found = re.search(r'class="authorization-code"[^>]*>([^<]+)<', answer.body)
    assert found, answer.body
    return found[1]


async def in_thread(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """These clients block; the server answers on this loop."""
    return await asyncio.to_thread(work, *args, **kwargs)


async def test_mastodon_py_signs_in_and_lives_a_day(loopback: Instance, tmp_path: Path) -> None:
    mastodon = pytest.importorskip("mastodon", reason="Mastodon.py is not installed; it is in the dev extra")
    budi = await Caller.of(loopback, await loopback.user("budi"))
    cookies = await loopback.signed_in(await loopback.user("ani"))
    client_id, client_secret = await in_thread(
        mastodon.Mastodon.create_app,
        "Sebangsa tests",
        api_base_url=loopback.url,
        scopes=["read", "write", "follow"],
    )
    api = await in_thread(
        mastodon.Mastodon, client_id=client_id, client_secret=client_secret, api_base_url=loopback.url
    )
    url = await in_thread(api.auth_request_url, scopes=["read", "write", "follow"], allow_http=True)
    code = await agree(loopback, cookies, url)
    await in_thread(api.log_in, code=code, scopes=["read", "write", "follow"], allow_http=True)
    image = tmp_path / "gambar.jpg"
    image.write_bytes(picture())
    friend = await budi.post("/api/v1/statuses", status="Halo dari Budi #warga")

    def day() -> None:
        me = api.account_verify_credentials()
        assert me.acct == "ani"
        assert api.instance_v2().api_versions["mastodon"] == 3
        assert api.instance_v1().uri == loopback.site.settings.domain
        found = api.account_lookup("budi")
        assert api.account_follow(found).following
        assert api.account_relationships(found)[0].following
        assert [account.acct for account in api.account_following(me)] == ["budi"]
        home = api.timeline_home()
        assert [status.id for status in home] == [friend["id"]]
        media = api.media_post(str(image), description="merah", focus=(0.1, 0.2))
        posted = api.status_post(
            "@budi Jawaban",
            in_reply_to_id=friend["id"],
            media_ids=[media],
            spoiler_text="awas",
            visibility="unlisted",
            idempotency_key="k1",
            language="id",
        )
        again = api.status_post("@budi Jawaban", idempotency_key="k1")
        assert again.id == posted.id
        assert posted.visibility == "unlisted"
        assert posted.in_reply_to_id == friend["id"]
        assert posted.media_attachments[0].description == "merah"
        assert api.status_context(friend["id"]).descendants[0].id == posted.id
        assert api.status_update(posted.id, "Jawaban baru", media_ids=[media]).edited_at is not None
        assert api.status_source(posted.id).text == "Jawaban baru"
        assert api.status_favourite(friend["id"]).favourited
        assert api.status_reblog(friend["id"]).reblog.id == friend["id"]
        assert api.status_bookmark(friend["id"]).bookmarked
        assert [status.id for status in api.bookmarks()] == [friend["id"]]
        assert [status.id for status in api.favourites()] == [friend["id"]]
        assert [account.acct for account in api.status_favourited_by(friend["id"])] == ["ani"]
        assert api.search_v2("budi").accounts[0].acct == "budi"
        assert api.search_v2("#warga").hashtags[0].name == "warga"
        assert [status.id for status in api.timeline_hashtag("warga")] == [friend["id"]]
        changed = api.account_update_credentials(
            display_name="Ani",
            note="Warga **biasa**",
            fields=[("Kota", "Bandung")],
            avatar=str(image),
            locked=True,
        )
        assert "<strong>biasa</strong>" in changed.note
        assert changed.fields[0].value == "Bandung"
        assert changed.source.note == "Warga **biasa**"
        assert changed.locked
        assert "missing" not in changed.avatar
        assert api.status_unreblog(friend["id"]).reblogged is False
        assert api.account_unfollow(found).following is False
        assert api.status_delete(posted.id).text == "Jawaban baru"
        with pytest.raises(mastodon.MastodonNotFoundError):
            api.status(posted.id)
        assert api.markers_set(["home"], [friend["id"]])["home"].last_read_id == friend["id"]
        assert api.preferences()
        assert api.lists() == []
        assert api.filters() == []
        assert api.mutes() == []

    await in_thread(day)
    types = {entry["type"] for entry in await budi.get("/api/v1/notifications")}
    assert types == {"follow", "favourite", "reblog"}  # the mention went with its post

    def pages() -> None:
        for number in range(5):
            api.status_post(f"nomor {number}")
        first = api.account_statuses(api.me(), limit=2)
        rest = api.fetch_remaining(first)
        assert len(rest) == 5
        assert len(api.fetch_next(first)) == 2
        api.revoke_access_token(allow_http=True)

    await in_thread(pages)
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        await in_thread(api.timeline_home)


async def test_mastodon_py_reads_its_notifications_and_answers_requests(loopback: Instance) -> None:
    mastodon = pytest.importorskip("mastodon", reason="Mastodon.py is not installed; it is in the dev extra")
    ani = await Caller.of(loopback, await loopback.user("ani"))
    budi = await Caller.of(loopback, await loopback.user("budi"))
    api = await in_thread(mastodon.Mastodon, access_token=ani.token, api_base_url=loopback.url)
    await in_thread(api.account_update_credentials, locked=True)
    assert (await budi.post(f"/api/v1/accounts/{ani.id}/follow"))["requested"] is True
    await budi.post("/api/v1/statuses", status="@ani halo")

    def read() -> None:
        assert [entry.type for entry in api.notifications()] == ["mention", "follow_request"]
        assert api.notifications_unread_count().count == 2
        assert [account.acct for account in api.follow_requests()] == ["budi"]
        assert api.follow_request_authorize(budi.id).followed_by
        assert len(api.grouped_notifications().notification_groups) == 3
        api.notifications_dismiss(api.notifications()[0])
        api.notifications_clear()
        assert api.notifications() == []

    await in_thread(read)


@pytest.mark.skipif(not HAS_TOOT, reason="toot is not installed; it is in the dev extra")
async def test_toot_signs_in_posts_reads_and_searches(loopback: Instance, tmp_path: Path) -> None:
    cookies = await loopback.signed_in(await loopback.user("ani"))
    budi = await Caller.of(loopback, await loopback.user("budi"))
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "HOME": str(tmp_path),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "EDITOR": "true",
    }
    program = str(Path(sys.executable).parent / "toot")

    async def toot(*arguments: str, typed: bytes = b"") -> str:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out = (await process.communicate(typed))[0].decode()
        assert process.returncode == 0, (arguments, out)
        return out

    process = await asyncio.create_subprocess_exec(
        program,
        "login",
        "--instance",
        loopback.url,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = b""
    while not (url := re.search(rb"(http://127[^\s]+/oauth/authorize[^\s]+)\s", said)):
        chunk = await process.stdout.read(1000)
        assert chunk, said
        said += chunk
    code = await agree(loopback, cookies, url[1].decode())
    out = (await process.communicate(f"n\n{code}\n".encode()))[0].decode()
    assert "Successfully logged in" in out

    image = tmp_path / "gambar.jpg"
    image.write_bytes(picture())
    assert "ani" in await toot("whoami")
    posted = json.loads(
        await toot(
            "post",
            "Halo dunia #warga",
            "--media",
            str(image),
            "--description",
            "merah",
            "--visibility",
            "public",
            "--spoiler-text",
            "awas",
            "--json",
        )
    )
    assert posted["media_attachments"][0]["description"] == "merah"
    answer = await budi.post("/api/v1/statuses", status="@ani jawaban", in_reply_to_id=posted["id"])
    assert "jawaban" in await toot("thread", posted["id"])
    assert "jawaban" in await toot("notifications")
    assert "budi" in await toot("search", "budi")
    await toot("follow", "@budi")
    assert "jawaban" in await toot("timelines", "home")
    await toot("favourite", answer["id"])
    await toot("reblog", answer["id"])
    assert "budi" in await toot("following")
    await toot("unfollow", "@budi")
    assert "compatible; Sebangsa" in await toot("instance", loopback.url)
    await toot("delete", posted["id"])
    left = await budi("GET", f"/api/v1/statuses/{posted['id']}")
    assert left.status == 404
