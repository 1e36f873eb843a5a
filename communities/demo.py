"""Communities in the demonstration: founded, joined from both servers, and written in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from communities.describing import Description
from communities.founding import create_community
from communities.membership import appoint, join
from communities.models import Posting
from federation.models import Actor
from sebangsa.demo.cast import DemoCast, read_content
from sebangsa.demo.people import plan_thread
from sebangsa.posting import Draft
from sebangsa.site import Site


def plan(cast: DemoCast) -> None:
    """Plan everything of `demo.json`."""
    content = read_content("communities", "demo.json")
    for about in content["communities"]:
        cast.add(about["name"], about["on"], is_community=True)
        founded = cast.moment(about["when"])
        cast.plan(founded, _founding(cast, about))
        cast.plan(founded + timedelta(minutes=5), _joining(cast, about))
        cast.plan(founded + timedelta(minutes=9), _appointing(cast, about))
    for entry in content["threads"]:
        plan_thread(cast, entry, _opening(cast))


def _founding(cast: DemoCast, about: Mapping[str, Any]) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        with cast.at_home(about["owner"]) as site:
            owner = await cast.actor(site, about["owner"])
            described = Description(
                title=about["title"], sidebar=about["about"], rules=about["rules"], language="id",
                posting=Posting(about.get("posting", "anyone")),
            )  # fmt: skip
            await create_community(site, about["name"], owner, described)

    return play


def _joining(cast: DemoCast, about: Mapping[str, Any]) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        for name in about["members"]:
            with cast.at_home(name) as site:
                await join(site, await cast.actor(site, name), await cast.actor(site, about["name"]))

    return play


def _appointing(cast: DemoCast, about: Mapping[str, Any]) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        with cast.at_home(about["owner"]) as site:
            community = await cast.actor(site, about["name"])
            owner = await cast.actor(site, about["owner"])
            for name in about["moderators"]:
                await appoint(site, owner, community, await cast.actor(site, name))

    return play


def _opening(cast: DemoCast) -> Callable[[Site, Actor, Mapping[str, Any]], Awaitable[Draft]]:
    async def draft(site: Site, author: Actor, entry: Mapping[str, Any]) -> Draft:
        return Draft(
            source=entry["text"],
            name=entry["title"],
            language="id",
            community=await cast.actor(site, entry["in"]),
            attachments=await cast.photo(site, author, entry.get("photo")),
        )

    return draft
