"""Hanging the chat into the product's extension points."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chat import filing, live_views
from chat.conversations import unread_total

if TYPE_CHECKING:
    from sebangsa.site import Site


def register(site: Site) -> None:
    """Listen for direct posts, and show open pages what comes."""
    site.hooks.post_created.listen(partial(filing.file_post, site))
    site.hooks.post_edited.listen(partial(filing.refresh_message, site))
    site.hooks.post_deleted.listen(partial(filing.withdraw_message, site))
    for name in ("chat", "chat.edited", "chat.deleted"):
        site.live.views[name] = live_views.show_message
    site.live.views["chat.read"] = live_views.show_read
    site.live.replays.append(live_views.missed_messages)
    site.badges["/chats"] = lambda user: unread_total(user.actor_id)
    site.live.direct["chat"] = live_views.conversation_payload
