"""Reports in the demonstration: filed by citizens on one server, answered by their city's offices on the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from civic_bridge.answering import Answer, answer_report, confirm, dispute
from civic_bridge.bodies import create_body, link_body, take_reports
from civic_bridge.models import Report
from civic_bridge.photos import store_photo
from civic_bridge.reporting import Filing, file_report
from federation.models import Actor
from sebangsa.demo.cast import DemoCast, photo_bytes, read_content
from sebangsa.site import Site
from sebangsa.voting import vote

OPENS = "-7 11:00"
"""When the offices are made and the community takes reports."""

Play = Callable[[], Awaitable[None]]


def plan(cast: DemoCast) -> None:
    """Plan everything of `demo.json`; nothing where its community is not (the feature is switched off)."""
    content = read_content("civic_bridge", "demo.json")
    community: str = content["community"]
    if not cast.knows(community):
        return
    opens = cast.moment(OPENS)
    for body in content["bodies"]:
        cast.add(body["name"], body["on"])
        cast.plan(opens, _office(cast, body))
        cast.plan(opens + timedelta(minutes=10), _linked(cast, body, community))
    cast.plan(opens + timedelta(minutes=20), _opened(cast, community))
    for number, entry in enumerate(content["reports"]):
        _plan_report(cast, entry, number, community)


def _office(cast: DemoCast, body: Mapping[str, Any]) -> Play:
    async def play() -> None:
        with cast.on(body["on"]) as site:
            await create_body(
                site, body["name"], display_name=body["display_name"], summary=body["about"], areas=body["areas"],
                services=body["services"], officers=[await cast.actor(site, name) for name in body["officers"]],
            )  # fmt: skip

    return play


def _linked(cast: DemoCast, body: Mapping[str, Any], community: str) -> Play:
    """The citizens' administrator vouches for the office."""

    async def play() -> None:
        with cast.at_home(community) as site:
            actor = await cast.actor(site, body["name"])
            await link_body(site, actor.uri, areas=body["areas"], services=body["services"])

    return play


def _opened(cast: DemoCast, community: str) -> Play:
    async def play() -> None:
        with cast.at_home(community) as site:
            await take_reports(site, await cast.actor(site, community), area_code="31.74")

    return play


def _plan_report(cast: DemoCast, entry: Mapping[str, Any], number: int, community: str) -> None:
    filed = cast.moment(entry["when"])
    key = f"demo-{number}"

    async def file() -> None:
        with cast.at_home(entry["by"]) as site:
            reporter = await cast.actor(site, entry["by"])
            place, shown = entry["place"], entry["photo"]
            photo = await store_photo(site, reporter, await photo_bytes(shown), shown["alt"])
            await file_report(
                site,
                reporter,
                Filing(
                    community=await cast.actor(site, community), category=entry["category"], title=entry["title"],
                    description=entry["text"], area_code=place["area"], address=place["name"], lat=place["lat"],
                    lon=place["lon"], photos=[photo], idempotency_key=key,
                ),
            )  # fmt: skip

    cast.plan(filed, file)
    for minutes, name in enumerate(entry["supports"], 1):
        cast.plan(filed + timedelta(minutes=11 * minutes), _support(cast, entry["by"], key, name))
    for step in entry["steps"]:
        cast.plan(filed + timedelta(minutes=step["after"]), _step(cast, entry["by"], key, step))


def _support(cast: DemoCast, reporter: str, key: str, name: str) -> Play:
    async def play() -> None:
        with cast.at_home(name) as site:
            report = await _report(cast, site, reporter, key)
            await vote(site, await cast.actor(site, name), await report.post, 1)

    return play


def _step(cast: DemoCast, reporter: str, key: str, step: Mapping[str, Any]) -> Play:
    async def play() -> None:
        with cast.at_home(step["by"]) as site:
            report = await _report(cast, site, reporter, key)
            speaker = await cast.actor(site, step["by"])
            if step["to"] == "resolved-confirmed":
                await confirm(site, speaker, report, step["text"])
            elif step["to"] == "reopened":
                await dispute(site, speaker, report, step["text"])
            else:
                await answer_report(site, speaker, report, await _answer(site, report, step))

    return play


async def _answer(site: Site, report: Report, step: Mapping[str, Any]) -> Answer:
    photos = []
    if shown := step.get("photo"):
        office = await Actor.get(body__id=report.body_id)
        photos = [
            (await store_photo(site, office, await photo_bytes(shown), shown["alt"], "after")).attachment
        ]
    return Answer(step["to"], step["text"], photos=photos)


async def _report(cast: DemoCast, site: Site, reporter: str, key: str) -> Report:
    """The report as `site` has it: the key is known at its home only, the post's address everywhere."""
    with cast.at_home(reporter) as home:
        who = await cast.actor(home, reporter)
        filed = await Report.get_or_none(reporter_id=who.id, idempotency_key=key).select_related("post")
    found = await Report.get_or_none(post__uri=filed.post.uri) if filed is not None else None
    if found is None:
        raise LookupError(f"the report {key} of {reporter} is not at {site.settings.url}")
    return found
