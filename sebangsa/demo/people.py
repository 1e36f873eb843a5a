"""The ground floor's part of the story: accounts, follows, posts and what is said below them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from federation.models import Actor
from sebangsa.accounts import create_user
from sebangsa.boosting import boost
from sebangsa.demo.cast import DemoCast, read_content
from sebangsa.following import follow
from sebangsa.models import Post, Role
from sebangsa.posting import Draft, create_post
from sebangsa.profiles import ProfileEdit, edit_profile
from sebangsa.site import Site
from sebangsa.voting import vote

ARRIVES = "-8 08:00"
FOLLOWS = "-8 09:00"

Open = Callable[[Site, Actor, Mapping[str, Any]], Awaitable[Draft]]
"""(site, author, the story's entry) → the draft of an opening post."""


def plan_people(cast: DemoCast) -> None:
    """Plan everything of `content.json`."""
    content = read_content("sebangsa.demo", "content.json")
    for person in content["people"]:
        cast.add(person["name"], person["on"])
        cast.plan(cast.moment(ARRIVES), _arrival(cast, person))
    for name, followed in content["follows"].items():
        cast.plan(cast.moment(FOLLOWS), _follows(cast, name, followed))
    for entry in content["posts"]:
        plan_thread(cast, entry, _own_post(cast))


def _arrival(cast: DemoCast, person: Mapping[str, Any]) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        with cast.on(person["on"]) as site:
            user = await create_user(
                site, person["name"], display_name=person["display_name"], language="id",
                role=Role(person.get("role", "member")),
            )  # fmt: skip
            await edit_profile(site, user, ProfileEdit(bio=person["bio"]))

    return play


def _follows(cast: DemoCast, name: str, followed: list[str]) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        with cast.at_home(name) as site:
            follower = await cast.actor(site, name)
            for other in followed:
                await follow(site, follower, await cast.actor(site, other))

    return play


def _own_post(cast: DemoCast) -> Open:
    async def draft(site: Site, author: Actor, entry: Mapping[str, Any]) -> Draft:
        return Draft(
            source=cast.said(entry["text"]),
            language="id",
            attachments=await cast.photo(site, author, entry.get("photo")),
        )

    return draft


def plan_thread(cast: DemoCast, entry: Mapping[str, Any], opening: Open) -> None:
    """Plan an opening post, its comments (`after` counts minutes, `to` names an earlier comment), votes and boosts."""
    begins = cast.moment(entry["when"])
    written: dict[int, str] = {}  # place in the thread (-1 is the opening post) → id

    async def open_thread() -> None:
        with cast.at_home(entry["by"]) as site:
            author = await cast.actor(site, entry["by"])
            written[-1] = (await create_post(site, author, await opening(site, author, entry))).uri

    cast.plan(begins, open_thread)
    for place, comment in enumerate(entry.get("comments", [])):
        cast.plan(begins + timedelta(minutes=comment["after"]), _comment(cast, comment, place, written))
    _plan_reactions(cast, begins, entry, -1, written)


def _comment(
    cast: DemoCast, comment: Mapping[str, Any], place: int, written: dict[int, str]
) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        with cast.at_home(comment["by"]) as site:
            author = await cast.actor(site, comment["by"])
            parent = await cast.post_as_seen(site, written[comment.get("to", -1)])
            draft = Draft(source=comment["text"], language="id", in_reply_to=parent)
            written[place] = (await create_post(site, author, draft)).uri
        await cast.settle()
        for name in comment.get("up", []):
            await _react(cast, name, written[place], _vote_up)

    return play


def _plan_reactions(
    cast: DemoCast, begins: datetime, entry: Mapping[str, Any], place: int, written: dict[int, str]
) -> None:
    for key, react in (("likes", _vote_up), ("up", _vote_up), ("down", _vote_down), ("boosts", _boost)):
        for number, name in enumerate(entry.get(key, []), 1):

            async def play(name: str = name, react: Callable[..., Awaitable[Any]] = react) -> None:
                await _react(cast, name, written[place], react)

            cast.plan(begins + timedelta(minutes=7 * number), play)


async def _react(
    cast: DemoCast, name: str, uri: str, react: Callable[[Site, Actor, Post], Awaitable[Any]]
) -> None:
    with cast.at_home(name) as site:
        await react(site, await cast.actor(site, name), await cast.post_as_seen(site, uri))


async def _vote_up(site: Site, voter: Actor, post: Post) -> None:
    await vote(site, voter, post, 1)


async def _vote_down(site: Site, voter: Actor, post: Post) -> None:
    await vote(site, voter, post, -1)


async def _boost(site: Site, booster: Actor, post: Post) -> None:
    await boost(site, booster, post)
