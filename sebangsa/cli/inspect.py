"""`sebangsa inspect`: how a document of another server is read here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
    from federation.wire.classify import Outcome
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
    fetched as the server would: with its own signature once it was started. Nothing is stored. Ends with 0 when the
    document is accepted, 1 when it is refused.
    """
    if (url is None) == (path is None):
        raise click.UsageError("Give either a URL or --file.")
    settings = settings_or_exit(data_dir=data_dir)
    outcome = _of_file(settings, path) if path is not None else _of_url(settings, str(url))
    if as_json:
        say_json(_as_json(outcome))
    else:
        _say(outcome)
    if outcome.refused:
        sys.exit(REFUSED)


def _of_file(settings: Settings, path: Path) -> Outcome:
    from federation import strict_json
    from federation.refusals import Refused
    from federation.wire.classify import Outcome, describe

    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        document = strict_json.parse_object(data)
    except Refused as refusal:
        return Outcome("", refused=refusal.code, detail=refusal.detail)
    return describe(document, allow_http=settings.is_development)


def _of_url(settings: Settings, url: str) -> Outcome:
    from federation.refusals import Refused
    from federation.wire.classify import Outcome, describe

    outcomes: list[Outcome] = []

    async def fetch_and_describe() -> None:
        try:
            document = await _fetched(settings, url)
            outcomes.append(describe(document, allow_http=settings.is_development))
        except Refused as refusal:
            outcomes.append(Outcome("", refused=refusal.code, detail=refusal.detail))

    run_or_exit(fetch_and_describe)
    return outcomes[0]


async def _fetched(settings: Settings, url: str) -> dict[str, Any]:
    try:
        async with opened_site(settings) as site:
            return await _document(site.federation.client, url)
    except Unavailable:
        from federation.client import Client
        from federation.transport import AioTransport

        # Nothing was set up here yet: ask as a stranger.
        async with AioTransport(user_agent="Sebangsa", allow_loopback=settings.is_development) as transport:
            return await _document(Client(transport, allow_http=settings.is_development), url)


async def _document(client: Any, url: str) -> dict[str, Any]:
    path = urlsplit(url).path
    if path.startswith(("/.well-known/", "/nodeinfo/")):
        fetched = await client.get_json(url, "application/jrd+json, application/json;q=0.9")
    else:
        fetched = await client.get_document(url)
    document: dict[str, Any] = fetched.document
    return document


def _as_json(outcome: Outcome) -> dict[str, Any]:
    from federation.refusals import REFUSALS

    return {
        "kind": outcome.kind,
        "kept": list(outcome.kept),
        "dropped": [{"field": field, "reason": reason} for field, reason in outcome.dropped],
        "refused": outcome.refused or None,
        "sentence": REFUSALS[outcome.refused][1] if outcome.refused in REFUSALS else None,
        "detail": outcome.detail or None,
    }


def _say(outcome: Outcome) -> None:
    from federation.refusals import REFUSALS

    if outcome.refused:
        sentence = REFUSALS[outcome.refused][1] if outcome.refused in REFUSALS else ""
        click.echo(f"refused: {outcome.refused}" + (f" ({outcome.detail})" if outcome.detail else ""))
        click.echo(sentence)
        return
    click.echo(f"accepted: {outcome.kind}")
    if outcome.kept:
        click.echo(f"read: {', '.join(outcome.kept)}")
    for field, reason in outcome.dropped:
        click.echo(f"not read: {field}: {reason}")
