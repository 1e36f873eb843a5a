"""Emoji reactions, at Pleroma's addresses: Mastodon has none, and apps for Pleroma and Akkoma look here."""

from __future__ import annotations

from typing import Any

from federation.wire import is_emoji, is_shortcode
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.statuses import emoji_reactions, status
from sebangsa.api.statuses import original_of
from sebangsa.models import Post
from sebangsa.reacting import react, reactions_of, unreact, who_reacted


async def add_reaction(call: Call) -> dict[str, Any]:
    """React; answers with the status. Twice changes nothing."""
    post = await original_of(call)
    await react(call.site, call.me, post, _emoji(call))
    return await status(call.site, post, call.me)


async def remove_reaction(call: Call) -> dict[str, Any]:
    post = await original_of(call)
    await unreact(call.site, call.me, post, _emoji(call))
    return await status(call.site, post, call.me)


async def list_reactions(call: Call) -> list[dict[str, Any]]:
    """All emoji with who left them."""
    post = await original_of(call)
    return await _listed(call, post, "")


async def list_one(call: Call) -> list[dict[str, Any]]:
    """One emoji with who left it."""
    post = await original_of(call)
    return await _listed(call, post, _emoji(call))


async def _listed(call: Call, post: Post, only: str) -> list[dict[str, Any]]:
    counted = (await reactions_of([post.id], call.viewer)).get(post.id, [])
    people: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in await who_reacted(post):
        people.setdefault((entry.emoji, entry.icon_url), []).append(account(call.site, entry.actor))
    return [
        shown | {"accounts": people.get((found.emoji, found.icon_url), [])}
        for found, shown in zip(counted, emoji_reactions(call.site, counted), strict=True)
        if only in ("", found.emoji)
    ]


def _emoji(call: Call) -> str:
    """The emoji of the path; apps give a custom one with or without its colons."""
    text = str(call.request.path_params["emoji"])
    return text if is_emoji(text) or is_shortcode(text) else f":{text}:"


_WRITE = Rule(Caller.PERSON, "write:favourites")
_READ = Rule(Caller.ANYBODY, "read:statuses")
_ALL = "/api/v1/pleroma/statuses/{id}/reactions"

ROUTES = [
    ApiRoute(_ALL, list_reactions, _READ),
    ApiRoute(f"{_ALL}/{{emoji}}", list_one, _READ),
    ApiRoute(f"{_ALL}/{{emoji}}", add_reaction, _WRITE, methods=["PUT"]),
    ApiRoute(f"{_ALL}/{{emoji}}", remove_reaction, _WRITE, methods=["DELETE"]),
]
