"""Chats in the demonstration, within one server and between both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chat.sending import open_chat, send
from sebangsa.demo.cast import DemoCast, read_content


def plan(cast: DemoCast) -> None:
    """Plan everything of `demo.json`: `after` counts minutes from a chat's first message."""
    for chat in read_content("chat", "demo.json")["chats"]:
        begins = cast.moment(chat["messages"][0]["when"])
        for message in chat["messages"]:
            moment: datetime = begins + timedelta(minutes=message.get("after", 0))
            cast.plan(moment, _message(cast, chat["between"], message))


def _message(
    cast: DemoCast, people: Sequence[str], message: Mapping[str, Any]
) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        with cast.at_home(message["by"]) as site:
            sender = await cast.actor(site, message["by"])
            chat = await open_chat(site, sender, [await cast.actor(site, name) for name in people])
            await send(site, sender, chat.id, message["text"])

    return play
