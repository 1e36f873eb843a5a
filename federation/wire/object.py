"""Objects: posts, comments, polls, events, messages and what is left of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.refusals import Refused
from federation.vocabulary import ACTOR_TYPES, AS_PUBLIC, OBJECT_KINDS, OBJECT_TYPES, PEOPLE_TYPES
from federation.wire.attachments import (
    AttachmentDocument,
    LinkDocument,
    file_of,
    image_of,
    media_type_of,
    read_attachments,
)
from federation.wire.civic import CivicReport, CivicStatusEvent, read_report, read_status_event
from federation.wire.object_extra import object_extra
from federation.wire.places import Event, Place, read_event, read_place
from federation.wire.polls import Poll, read_poll
from federation.wire.shapes import (
    MAX_CONTENT,
    MAX_NAME,
    addressees,
    as_list,
    authority_of,
    datetime_of,
    first_id,
    flag_of,
    id_of,
    is_link,
    language_of,
    link_of,
    natural_text,
    objects_of,
    one_id,
    plain,
    text_of,
    total_of,
    type_among,
    types_of,
)
from federation.wire.tags import Emoji, Flair, Mention, read_tags

_LONG_FORMS = frozenset({"page", "article", "event", "video", "audio", "image", "question"})


@dataclass(frozen=True, slots=True)
class ObjectDocument:
    """An object. Texts and addresses are "" where absent; `content` and `summary` are HTML as sent.

    `kind` is a value of `OBJECT_KINDS`. `to` and `cc` name each addressee once, Public in its full
    spelling; `bto` and `bcc` are never read (S-114). `summary` is a content warning on a note and an
    excerpt on longer forms. `target` is the collection of `target_owner` that it was made for (FEP-400e).
    `link_url` is the page a link post is about. `direct_message` is the LitePub flag as sent; `is_direct`
    guesses where it is missing. `is_poll_vote`: `name` is the chosen option of the poll `in_reply_to`.
    `extra` holds, as wire JSON, what features show besides (poll, event, place, civic keys).
    """

    id: str
    type: str
    kind: str
    attributed_to: str
    group: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: str
    target: str
    target_owner: str
    is_public: bool
    is_unlisted: bool
    name: str
    content: str
    summary: str
    source: str
    media_type: str
    url: str
    link_url: str
    in_reply_to: str
    context: str
    conversation: str
    published: datetime | None
    updated: datetime | None
    deleted: datetime | None
    sensitive: bool
    language: str
    mentions: tuple[Mention, ...]
    hashtags: tuple[str, ...]
    emojis: tuple[Emoji, ...]
    flairs: tuple[Flair, ...]
    attachments: tuple[AttachmentDocument, ...]
    links: tuple[LinkDocument, ...]
    image_url: str
    image_alt: str
    replies: str
    likes: str
    shares: str
    likes_count: int | None
    dislikes_count: int | None
    shares_count: int | None
    quote: str
    quote_authorization: str
    poll: Poll | None
    event: Event | None
    place: Place | None
    civic_report: CivicReport | None
    civic_status_event: CivicStatusEvent | None
    direct_message: bool | None
    is_direct: bool
    is_poll_vote: bool
    comments_enabled: bool
    stickied: bool
    distinguished: bool
    extra: dict[str, Any]


def read_object(document: Mapping[str, Any], *, allow_http: bool = False) -> ObjectDocument:
    """Read an object, as sent by or fetched from its own host.

    Its author lies on the host of its id: every server of the network demands that (interop b0). Raises
    `Refused`: `not-an-object` (an unknown type, an actor), `bad-id`, `missing-field` (attributedTo),
    `bad-field` (several authors), `foreign-id` (the author is on another host), `duplicate-key`.
    """
    document = plain(document)
    kind_name = type_among(document, OBJECT_TYPES)
    if not kind_name or set(types_of(document)) & ACTOR_TYPES:
        raise Refused("not-an-object", " ".join(types_of(document))[:100] or "no type")
    uri = id_of(document)
    if uri is None:
        raise Refused("bad-id", "an object's id")
    kind = OBJECT_KINDS[kind_name]
    author, group = _authors(document, kind)
    host = authority_of(uri, allow_http=allow_http)
    if author and authority_of(author, allow_http=allow_http) != host:  # tombstones and places may have none
        raise Refused("foreign-id", f"the author {author[:200]} is on another host")
    tags = read_tags(document.get("tag"))
    files, links = read_attachments(document.get("attachment"))
    if kind in ("video", "audio", "image") and not files and (own := file_of(document, kind)) is not None:
        files = (own,)
    (to, public_to), (cc, public_cc) = addressees(document.get("to")), addressees(document.get("cc"))
    content = natural_text(document, "content", limit=MAX_CONTENT)
    name = natural_text(document, "name", limit=MAX_NAME)
    in_reply_to = first_id(document.get("inReplyTo"))
    audience = first_id(document.get("audience"))
    url, foreign_url = _urls(document.get("url"), uri)
    image_url, image_alt = image_of(document.get("image"))
    if not image_url and kind in ("video", "audio"):
        image_url, image_alt = image_of(document.get("icon"))  # PeerTube's preview
    flag = document.get("directMessage", document.get("_misskey_talk"))
    direct_message = flag if isinstance(flag, bool) else None
    source = document.get("source")
    return ObjectDocument(
        id=uri,
        type=kind_name,
        kind=kind,
        attributed_to=author,
        group=group,
        to=to,
        cc=cc,
        audience=audience,
        target=first_id(document.get("target")),
        target_owner=_owner_of(document.get("target")),
        is_public=public_to,
        is_unlisted=public_cc and not public_to,
        name=name,
        content=content,
        summary=natural_text(document, "summary", limit=MAX_CONTENT),
        source=text_of(source.get("content"), limit=MAX_CONTENT) if isinstance(source, dict) else "",
        media_type=media_type_of(document.get("mediaType")) or "text/html",
        url=url,
        link_url=_link_url(kind, links, source, foreign_url),
        in_reply_to=in_reply_to,
        context=link_of(document.get("context")),
        conversation=_conversation(document),
        published=datetime_of(document.get("published")),
        updated=datetime_of(document.get("updated")),
        deleted=datetime_of(document.get("deleted")),
        sensitive=flag_of(document.get("sensitive")),
        language=language_of(document),
        mentions=tuple(tags.mentions),
        hashtags=tuple(tags.hashtags),
        emojis=tuple(tags.emojis),
        flairs=tuple(tags.flairs),
        attachments=files,
        links=links,
        image_url=image_url,
        image_alt=image_alt,
        replies=link_of(document.get("replies")),
        likes=link_of(document.get("likes")),
        shares=link_of(document.get("shares")),
        likes_count=total_of(document.get("likes")),
        dislikes_count=total_of(document.get("dislikes")),
        shares_count=total_of(document.get("shares")),
        quote=_quote(document) or tags.quote,
        quote_authorization=first_id(document.get("quoteAuthorization")),
        poll=read_poll(document) if kind == "question" else None,
        event=read_event(document) if kind == "event" else None,
        place=_place_of(document, kind),
        civic_report=read_report(document["civic:report"]) if "civic:report" in document else None,
        civic_status_event=(
            read_status_event(document["civic:statusEvent"]) if "civic:statusEvent" in document else None
        ),
        direct_message=direct_message,
        is_direct=_is_direct(kind, direct_message, public_to or public_cc, to, cc, audience),
        is_poll_vote=kind == "note" and bool(name) and bool(in_reply_to) and not content,
        comments_enabled=flag_of(document.get("commentsEnabled"), otherwise=True),
        stickied=flag_of(document.get("stickied")),
        distinguished=flag_of(document.get("distinguished")),
        extra=object_extra(document, kind),
    )


def with_author(document: dict[str, Any], actor: str) -> dict[str, Any]:
    """What an actor creates or edits, with that actor as its author where it names none.

    Only for what `actor` itself sent: a document that was fetched says by itself who wrote it. Actors are left alone:
    what stands there names a community's moderators.
    """
    if any(key in document for key in ("attributedTo", "as:attributedTo", "actor")):
        return document
    if set(types_of(document)) & ACTOR_TYPES:
        return document
    return {**document, "attributedTo": actor}


def _authors(document: Mapping[str, Any], kind: str) -> tuple[str, str]:
    """The author and, where one is named beside it, the group or channel.

    PeerTube lists its person and its channel, each with a type. Mobilizon's group events are attributed to
    the group and written by `actor`. Any other list has no one reading (S-040).
    """
    value = document.get("attributedTo")
    if value is None or value == []:
        value = document.get("actor")  # LitePub writes both, older documents only this one
    if kind == "tombstone":
        return one_id(value) or "", ""
    author = one_id(value)
    group = ""
    if author is None:
        people = [item for item in objects_of(value) if type_among(item, PEOPLE_TYPES)]
        groups = [item for item in objects_of(value) if type_among(item, frozenset({"Group"}))]
        if len(people) == 1 and id_of(people[0]):
            author = id_of(people[0])
            group = (id_of(groups[0]) or "") if groups else ""
    if author is None:
        if kind == "place":
            return "", ""
        raise Refused("bad-field" if isinstance(value, list) else "missing-field", "attributedTo")
    writer = one_id(document.get("actor")) if kind == "event" else None
    return (writer, author) if writer and writer != author else (author, group)


def _owner_of(target: Any) -> str:
    """Whose collection an object was made for (FEP-400e: an abbreviated collection)."""
    return first_id(target.get("attributedTo")) if isinstance(target, dict) else ""


def _urls(value: Any, uri: str) -> tuple[str, str]:
    """The page for people, and the address that lies elsewhere: Friendica's link posts have it in `url`.

    A page on another host than the id is never shown as the post's own: it would lend its name (S-068).
    """
    choices = [
        link_of(link.get("href")) for link in objects_of(value) if link.get("mediaType") == "text/html"
    ]
    choices += [item for item in as_list(value) if is_link(item)]
    choices += [link_of(link) for link in objects_of(value) if link.get("mediaType") in (None, "text/html")]
    home = _host(uri)
    foreign = ""
    for choice in choices[:20]:
        if not choice:
            continue
        if _host(choice) == home:
            return choice, foreign
        foreign = foreign or choice
    return "", foreign


def _host(url: str) -> str:
    try:
        return authority_of(url, allow_http=True)
    except Refused:
        return ""


def _link_url(kind: str, links: tuple[LinkDocument, ...], source: Any, foreign_url: str) -> str:
    if kind not in ("page", "article"):
        return ""
    if links:
        return links[0].href
    return (source if is_link(source) else "") or (foreign_url if kind == "page" else "")


def _conversation(document: Mapping[str, Any]) -> str:
    """What ties a thread together: any text, as Mastodon's are `tag:` URIs; FEP-7888 `context` where there
    is none.
    """
    for key in ("conversation", "context", "inConversation"):
        value = document.get(key)
        if isinstance(value, list):
            value = value[0] if value else None
        found = value if isinstance(value, str) else id_of(value)
        if found and len(found) <= MAX_NAME and found.isprintable():
            return found
    return ""


def _quote(document: Mapping[str, Any]) -> str:
    """FEP-044f `quote`, Fedibird's `quoteUri`, Misskey's `quoteUrl` and `_misskey_quote`."""
    for key in ("quote", "quoteUrl", "quoteUri", "_misskey_quote"):
        if found := first_id(document.get(key)):
            return found
    return ""


def _place_of(document: Mapping[str, Any], kind: str) -> Place | None:
    return read_place(dict(document)) if kind == "place" else read_place(document.get("location"))


def _is_direct(
    kind: str, flag: bool | None, public: bool, to: tuple[str, ...], cc: tuple[str, ...], audience: str
) -> bool:
    """Whether it is a message to people. Without the flag: nobody but actors is addressed, which a reader
    of one document can only guess from the usual addresses of follower collections.
    """
    if public:
        return False
    if flag is not None or kind == "chat-message":
        return flag is not False or kind == "chat-message"
    addressed = (*to, *cc)
    return (
        bool(addressed)
        and not audience
        and not any(uri == AS_PUBLIC or _is_collection(uri) for uri in addressed)
        and kind not in _LONG_FORMS
    )


def _is_collection(uri: str) -> bool:
    return any(part in ("followers", "subscribers", "following", "members") for part in uri.split("/")[3:])
