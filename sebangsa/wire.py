"""Posts and what is done with them, as ActivityPub JSON. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from federation.actor_document import timestamp
from federation.config import FederationConfig
from federation.contexts import context_for
from federation.models import Actor
from federation.vocabulary import AS_PUBLIC
from sebangsa.addressing import Addresses
from sebangsa.models import Attachment, Post, Visibility

EXCERPT = 500
"""Characters of a page's `summary`: all that Mastodon shows of one (interop b2)."""

AS2_TYPES = {
    "note": "Note",
    "page": "Page",
    "article": "Article",
    "question": "Question",
    "event": "Event",
    "chat-message": "ChatMessage",
}


def post_document(
    config: FederationConfig,
    post: Post,
    author: Actor,
    addresses: Addresses,
    *,
    mentioned: Sequence[Actor] = (),
    tags: Sequence[str] = (),
    attachments: Sequence[Attachment] = (),
    attachment_urls: Sequence[str] = (),
    community: Actor | None = None,
    in_reply_to: str = "",
    excerpt: str = "",
) -> dict[str, Any]:
    """A post as its object. A thread of a community is a `Page`, everything else a `Note` (interop b7)."""
    content = post.content if not _needs_title(post, in_reply_to) else f"{_title(post)}{post.content}"
    document: dict[str, Any] = {
        "@context": context_for(
            "object",
            *(["civic"] if any(key.startswith("civic:") for key in post.extra) else []),
            *(["quote"] if "interactionPolicy" in post.extra else []),
        ),
        "id": post.uri,
        "type": AS2_TYPES.get(post.kind, "Note"),
        "attributedTo": author.uri,
        "to": addresses.to,
        "cc": addresses.cc,
        "content": content,
        "mediaType": "text/html",
        "url": post.url or post.uri,
        "published": timestamp(post.created_at),
        "sensitive": post.is_sensitive,
        "context": post.conversation,
        "conversation": post.conversation,
        "attachment": _attachments(attachments, attachment_urls, post.link_url),
        "tag": [
            *(
                {"type": "Mention", "href": actor.uri, "name": mention_name(config, actor)}
                for actor in mentioned
            ),
            *_community_mention(config, community, mentioned),
            *({"type": "Hashtag", "href": config.url(f"/tags/{tag}"), "name": f"#{tag}"} for tag in tags),
        ],
        "replies": f"{post.uri}/replies",
    }
    if post.name:
        document["name"] = post.name
    if post.kind == "page":
        document["summary"] = excerpt
    elif post.summary:
        document["summary"] = post.summary
    if post.source:
        document["source"] = {"content": post.source, "mediaType": "text/markdown"}
    if post.language:
        document["contentMap"] = {post.language: content}
    if in_reply_to:
        document["inReplyTo"] = in_reply_to
    if community is not None:
        document["audience"] = community.uri
        if not in_reply_to and (wall := community.extra.get("wall")):
            # FEP-400e: whoever finds it knows that it belongs there.
            document["target"] = {"type": "OrderedCollection", "id": wall, "attributedTo": community.uri}
    if post.visibility == Visibility.DIRECT:
        document["directMessage"] = True  # without it Mastodon may file the message as `limited`
        del document["replies"]
    if post.edited_at is not None:
        document["updated"] = timestamp(post.edited_at)
    if post.kind == "chat-message":
        return _chat_message(document)
    document["tag"] += post.extra.get("tag", [])  # labels of its community
    return document | {name: value for name, value in post.extra.items() if name != "tag"}


def _needs_title(post: Post, in_reply_to: str) -> bool:
    """Whether a title would be lost: readers of notes see `content` alone. A report says its title in its text."""
    is_thread = post.community_id is not None and not in_reply_to
    return (
        post.kind in ("note", "question")
        and bool(post.name)
        and is_thread
        and "civic:report" not in post.extra
    )


def _title(post: Post) -> str:
    return f"<p><strong>{escape(post.name)}</strong></p>"


def _chat_message(document: dict[str, Any]) -> dict[str, Any]:
    """LitePub's ChatMessage: to one actor, with `actor`, no answers, no mentions, one attachment (chat.md b2)."""
    for name in ("cc", "tag", "inReplyTo", "url", "context", "conversation", "sensitive", "directMessage"):
        document.pop(name, None)
    attachments = document.pop("attachment")
    if attachments:
        document["attachment"] = attachments[0]
    return document | {"actor": document["attributedTo"]}


def mention_name(config: FederationConfig, actor: Actor) -> str:
    """`@name@domain`, for our own people too: a reader elsewhere needs the domain."""
    return f"@{actor.username}@{actor.domain or config.domain}"


def _community_mention(
    config: FederationConfig, community: Actor | None, mentioned: Sequence[Actor]
) -> list[dict[str, str]]:
    """Mastodon copies mentions into replies; so a reply finds its way to the group (interop b2)."""
    if community is None or community.id in {actor.id for actor in mentioned}:
        return []
    return [{"type": "Mention", "href": community.uri, "name": mention_name(config, community)}]


def _attachments(attachments: Sequence[Attachment], urls: Sequence[str], link: str) -> list[dict[str, Any]]:
    """Only `Document` and `Link`: any other type makes Lemmy drop the whole post (interop b1). The link stands first: Lemmy
    and Mbin look for a post's address nowhere else.
    """
    found: list[dict[str, Any]] = [{"type": "Link", "href": link}] if link else []
    for attachment, url in zip(attachments, urls, strict=True):
        entry: dict[str, Any] = {"type": "Document", "mediaType": attachment.media_type, "url": url}
        if attachment.description:
            entry["name"] = attachment.description
        if attachment.width and attachment.height:
            entry |= {"width": attachment.width, "height": attachment.height}
        if attachment.blurhash:
            entry["blurhash"] = attachment.blurhash
        if attachment.focus_x is not None and attachment.focus_y is not None:
            entry["focalPoint"] = [attachment.focus_x, attachment.focus_y]
        found.append(entry | attachment.extra)
    return found


def activity_about(
    kind: str, actor: Actor, obj: dict[str, Any] | str, *, to: list[str], cc: list[str], **more: Any
) -> dict[str, Any]:
    """An activity around an object. `to` and `cc` are always lists: Lemmy needs both on many types."""
    return {
        "@context": context_for("object"),
        "type": kind,
        "actor": actor.uri,
        "object": obj,
        "to": to,
        "cc": cc,
    } | more


def create_activity(actor: Actor, document: dict[str, Any], activity_id: str) -> dict[str, Any]:
    """`Create{object}`, addressed as the object is."""
    more = {name: document[name] for name in ("@context", "audience") if name in document}
    document = {name: value for name, value in document.items() if name != "@context"}
    return activity_about(
        "Create",
        actor,
        document,
        to=document["to"],
        cc=document.get("cc", []),
        id=activity_id,
        published=document["published"],
        **more,
    )


def update_activity(actor: Actor, document: dict[str, Any], updated: datetime) -> dict[str, Any]:
    """`Update{object}`, addressed as the object is."""
    more = {name: document[name] for name in ("@context", "audience") if name in document}
    document = {name: value for name, value in document.items() if name != "@context"}
    return activity_about(
        "Update",
        actor,
        document,
        to=document["to"],
        cc=document.get("cc", []),
        published=timestamp(updated),
        **more,
    )


def reaction_activity(
    form: str, actor: Actor, post_uri: str, emoji: str, icon_url: str, *, author: str, id: str
) -> dict[str, Any]:
    """An emoji under a post, as a peer reads it: `emoji-react` (FEP-c0e0), `like` (Misskey) or `plain-like`.

    Each form has an id of its own that follows from `id`, so that an `Undo` can be written from the same row. A custom
    emoji is a `:shortcode:`, whose picture stands in `tag`.
    """
    kind = "EmojiReact" if form == "emoji-react" else "Like"
    more: dict[str, Any] = {"id": id if form == "emoji-react" else f"{id}#{form}"}
    if form != "plain-like":
        more["content"] = emoji
        if icon_url:
            icon = {"type": "Image", "url": icon_url}
            more["tag"] = [{"type": "Emoji", "id": icon_url, "name": emoji, "icon": icon}]
    if form == "like":
        more["_misskey_reaction"] = emoji
    activity = activity_about(kind, actor, post_uri, to=[author], cc=[], **more)
    return activity | {"@context": context_for("reaction")}


def move_activity(origin: Actor, target: Actor) -> dict[str, Any]:
    """`Move` of an actor by itself, to its followers (FEP-7628)."""
    return activity_about(
        "Move", origin, origin.uri, to=[AS_PUBLIC], cc=[origin.followers_url], target=target.uri
    )


def undo_activity(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    """`Undo` with the activity embedded: not every peer remembers ids."""
    return activity_about("Undo", actor, undone, to=undone.get("to", []), cc=undone.get("cc", []))
