"""`sebangsa inspect`: how a document of another server is read here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sebangsa.cli.instance import (
    REFUSED,
    Unavailable,
    data_dir_option,
    json_option,
    opened_site,
    run_or_exit,
    say_json,
    settings_or_exit,
)

if TYPE_CHECKING:
    from sebangsa.inspecting import Inspection
    from sebangsa.settings import Settings


@click.command("inspect")
@click.argument("url", required=False)
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Read the document from a file (- for standard input) instead of its server.",
)
@json_option
@data_dir_option
def command(url: str | None, path: Path | None, as_json: bool, data_dir: Path | None) -> None:
    """Say what a document of another server becomes here, and why.

    Prints its kind, the fields that are read, those that are not with the reason, or the code of the refusal. URL is
    fetched as the server would: with its own signature once it was started. Then also what else would stand in its way:
    a blocked server, a suspended or unknown author, nobody here whom it concerns, a ban, a closed community. Nothing is
    stored. Ends with 0 when the document is understood, 1 when it is refused.
    """
    if (url is None) == (path is None):
        raise click.UsageError("Give either a URL or --file.")
    settings = settings_or_exit(data_dir=data_dir)
    found: list[Inspection] = []

    async def inspect() -> None:
        found.append(await _inspected(settings, url, path))

    run_or_exit(inspect)
    if as_json:
        say_json(_as_json(found[0]))
    else:
        _say(found[0])
    if found[0].outcome.refused:
        sys.exit(REFUSED)


async def _inspected(settings: Settings, url: str | None, path: Path | None) -> Inspection:
    from sebangsa.inspecting import inspect_text, inspect_url

    # Opening a site makes its folder, key and database: a document is no reason to make them.
    if not (settings.data_dir / "secret.key").exists():
        return await _of_stranger(settings, url, path)
    try:
        async with opened_site(settings) as site:
            return await (
                inspect_text(site, _read(path)) if path is not None else inspect_url(site, str(url))
            )
    except Unavailable:
        return await _of_stranger(settings, url, path)


async def _of_stranger(settings: Settings, url: str | None, path: Path | None) -> Inspection:
    """By its shape alone: nothing was set up here yet, so there are no gates, and a server is asked as a stranger."""
    from federation import strict_json
    from federation.client import Client
    from federation.refusals import Refused
    from federation.transport import AioTransport
    from federation.wire.classify import describe
    from sebangsa.inspecting import Inspection, fetch_document, refused_as

    allow_http = settings.is_development
    try:
        if path is not None:
            document = strict_json.parse_object(_read(path))
        else:
            async with AioTransport(user_agent="Sebangsa", allow_loopback=allow_http) as transport:
                document = await fetch_document(Client(transport, allow_http=allow_http), str(url))
    except Refused as refusal:
        return Inspection(refused_as(refusal))
    return Inspection(describe(document, allow_http=allow_http))


def _read(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def _as_json(found: Inspection) -> dict[str, Any]:
    outcome = found.outcome
    return {
        "kind": outcome.kind,
        "kept": list(outcome.kept),
        "dropped": [{"field": field, "reason": reason} for field, reason in outcome.dropped],
        "refused": outcome.refused or None,
        "sentence": found.sentence or None,
        "detail": outcome.detail or None,
        "obstacles": [
            {"code": obstacle.code, "sentence": obstacle.sentence, "detail": obstacle.detail or None}
            for obstacle in found.obstacles
        ],
    }


def _say(found: Inspection) -> None:
    outcome = found.outcome
    if outcome.refused:
        click.echo(f"refused: {outcome.refused}" + (f" ({outcome.detail})" if outcome.detail else ""))
        click.echo(found.sentence)
        return
    click.echo(f"accepted: {outcome.kind}")
    if outcome.kept:
        click.echo(f"read: {', '.join(outcome.kept)}")
    for field, reason in outcome.dropped:
        click.echo(f"not read: {field}: {reason}")
    for obstacle in found.obstacles:
        detail = f" ({obstacle.detail})" if obstacle.detail else ""
        click.echo(f"in its way: {obstacle.code}: {obstacle.sentence}{detail}")
