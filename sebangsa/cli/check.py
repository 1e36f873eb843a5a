"""`sebangsa check`: is everything in order?"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import (
    REFUSED,
    SETTINGS_WRONG,
    Unavailable,
    check_identity,
    data_dir_option,
    json_option,
    open_database,
    run_or_exit,
    say_json,
)

if TYPE_CHECKING:
    from sebangsa.settings import Settings
    from sebangsa.site import Site


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `sentence` says what was found, and what to do when it is not `ok`."""

    name: str
    ok: bool
    sentence: str


@click.command("check")
@json_option
@data_dir_option
def command(as_json: bool, data_dir: Path | None) -> None:
    """Look at the settings, the data folder, the database, the queue, media, and whether others reach the server.

    The last one asks SEBANGSA_URL over the network, as another server would, and needs `sebangsa serve` to run. Ends
    with 0 when all is well, 1 when something is not, 3 when the settings are wrong.
    """
    from sebangsa.logging import set_up_logging
    from sebangsa.settings import SettingsError, load_settings

    set_up_logging()
    findings: list[Finding] = []
    try:
        settings = load_settings(data_dir=data_dir)
    except SettingsError as error:
        findings += [Finding("settings", False, mistake) for mistake in error.mistakes]
        _say(findings, as_json)
        sys.exit(SETTINGS_WRONG)
    findings.append(Finding("settings", True, f"{settings.url}, {settings.mode} mode."))

    async def look() -> None:
        findings.extend(await examine(settings))

    run_or_exit(look)
    _say(findings, as_json)
    if not all(finding.ok for finding in findings):
        sys.exit(REFUSED)


def _say(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "ok": all(finding.ok for finding in findings),
                "checks": [{"name": f.name, "ok": f.ok, "sentence": f.sentence} for f in findings],
            }
        )
        return
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.name}: {finding.sentence}")


async def examine(settings: Settings) -> list[Finding]:
    """Everything that can be looked at once the settings are right."""
    from sebangsa.site import Site

    findings = [_data_folder(settings)]
    if not findings[0].ok:
        return findings
    site = Site(settings)
    try:
        database = await _database(site)
        findings += [database, await _queue(settings), await _media(site)]
        if database.ok:
            with site.database.entered():
                await site.federation.start()
                findings.append(await _reachable(site))
    finally:
        await site.stop()
    return findings


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Finding("data folder", False, f"{folder} cannot be made: {error.strerror}.")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("data folder", False, f"{folder} cannot be written to.")
    for name in ("secret.key", "sebangsa.sqlite3"):
        path = folder / name
        if path.exists() and path.stat().st_mode & 0o077:
            return Finding(
                "data folder", False, f"{path} can be read by others on this machine: chmod 600 {path}"
            )
    return Finding("data folder", True, f"{folder} can be written to; its secrets are its owner's alone.")


async def _database(site: Site) -> Finding:
    kind = site.settings.database_url.partition(":")[0]
    try:
        await open_database(site)
    except Unavailable as error:
        return Finding("database", False, str(error))
    with site.database.entered():
        pending = await site.database.pending_migrations()
        if pending:
            return Finding(
                "database", False, f"{kind}: {len(pending)} migrations are missing; run `sebangsa migrate`."
            )
        await check_identity(site)
    return Finding("database", True, f"{kind}, up to date.")


async def _queue(settings: Settings) -> Finding:
    if settings.queue_url == "inprocess":
        return Finding("queue", True, "inprocess: the server does the background work itself.")
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    redis = Redis.from_url(settings.queue_url, socket_connect_timeout=5)
    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        return Finding("queue", False, f"The queue cannot be reached: {error}")
    finally:
        await redis.aclose()
    return Finding("queue", True, "The queue answers. Workers: `sebangsa worker`.")


async def _media(site: Site) -> Finding:
    """Write a small file and remove it, as an upload and its deletion do."""
    from sebangsa.media.store import MediaStoreError, new_key

    kind = site.settings.media_url.partition(":")[0]
    key = new_key("webp")
    try:
        await site.media.put(key, b"sebangsa check", "image/webp")
        await site.media.delete(key)
    except MediaStoreError as error:
        return Finding("media", False, f"{kind}: {error}. See SEBANGSA_MEDIA_URL.")
    return Finding("media", True, f"{kind}: pictures can be written and removed.")


async def _reachable(site: Site) -> Finding:
    """Ask the domain of our handles for our own server's actor, as a peer does before anything else."""
    from federation.discovery import lookup_handle
    from federation.local_actors import server_actor
    from federation.refusals import Refused

    config = site.federation.config
    actor = await server_actor(site.federation)
    handle = f"{actor.username}@{config.domain}"
    name = "reachable"
    try:
        found = await lookup_handle(site.federation.client, handle)
    except Refused as refused:
        why = f"{refused.sentence} ({refused.code})"
        if refused.code == "private-address":
            why = f"{config.domain} leads to a private address from here."
        return Finding(
            name,
            False,
            f"WebFinger of {config.domain} does not answer for {handle}: {why} Is the server running, "
            f"and does the proxy bring {site.settings.url} (and /.well-known/ of {config.domain}) to it?",
        )
    if found != actor.uri:
        return Finding(name, False, f"WebFinger of {config.domain} names {found} instead of {actor.uri}.")
    return Finding(name, True, f"WebFinger of {config.domain} answers and names this server.")
