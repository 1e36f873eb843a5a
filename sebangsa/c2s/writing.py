"""`Create`, `Update` and `Delete` of posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from federation.models import Actor
from federation.vocabulary import OBJECT_TYPES
from federation.wire import id_of, types_of
from federation.wire.shapes import as_list, flag_of, language_of, link_of, natural_text, plain, type_among
from sebangsa import posting
from sebangsa.api.access import Call, must_include
from sebangsa.c2s.addressing import Addressed, read_addresses, says_visibility
from sebangsa.c2s.attaching import read_attachments, upload_uri
from sebangsa.c2s.content import edited_source, source_of
from sebangsa.c2s.finding import own_post, post_at
from sebangsa.c2s.given import Given, must_be_author
from sebangsa.c2s.profile import update_profile
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.models import Attachment, Mention, Post, Visibility
from sebangsa.text.plain import excerpt, first_line_title
from sebangsa.uploads import describe_upload

WRITTEN = ("Note", "Article", "Page")
"""What people post here. A picture is a note with an attachment."""
LONGEST_WARNING = 500


async def create(call: Call, given: Given) -> str:
    """Post an object; returns the id of its `Create`."""
    assert call.token is not None
    must_include(call.token, "write:statuses")
    obj = given.embedded()
    must_be_author(call, obj)
    kind = type_among(obj, OBJECT_TYPES)
    if kind not in WRITTEN:
        raise Invalid(
            "object-type-unsupported", "Only notes, articles and pages are posted here.", field="type"
        )
    await call.site.limiter.hit("post", call.me.id)
    addressed = await read_addresses(call, given.document, obj)
    post = await posting.create_post(call.site, call.me, await _draft(call, obj, kind, addressed))
    return f"{post.uri}/activity"


async def _draft(call: Call, obj: Mapping[str, Any], kind: str, addressed: Addressed) -> posting.Draft:
    parent = await _parent(call, obj, addressed)
    community = None if parent is not None else addressed.community
    source = await source_of(
        obj,
        named=[*addressed.people, *([addressed.community] if addressed.community else [])],
        domain=call.site.federation.config.domain,
    )
    attachments, link = await read_attachments(call, obj)
    name = natural_text(obj, "name", limit=posting.MAX_NAME * 4)
    if community is not None and not name:
        text = natural_text(obj, "content", limit=posting.MAX_SOURCE) or source
        name = first_line_title(text, without_mention=community.handle) or community.name
    return posting.Draft(
        source=source,
        name=name,
        summary=_warning(obj) if kind == "Note" else "",
        visibility=addressed.visibility,
        is_sensitive=flag_of(obj.get("sensitive")),
        language=language_of(obj) or call.user.language,
        link_url=link,
        in_reply_to=parent,
        community=community,
        attachments=attachments,
        recipients=addressed.people,
        blind=addressed.blind,
        is_closed=True,  # who gets it is what the app says, not what the text looks like
        kind="" if kind == "Note" or community is not None or parent is not None else "article",
    )


def _warning(obj: Mapping[str, Any]) -> str:
    return excerpt(natural_text(obj, "summary", limit=posting.MAX_SOURCE), LONGEST_WARNING)


async def _parent(call: Call, obj: Mapping[str, Any], addressed: Addressed) -> Post | None:
    answered = as_list(obj.get("inReplyTo"))
    if not answered:
        return None
    uri = id_of(answered[0])
    if len(answered) > 1 or not uri:
        raise Invalid("one-parent", "A post answers one other, named by its id.", field="inReplyTo")
    parent = await post_at(call, uri)
    if addressed.community is not None and addressed.community.id != parent.community_id:
        raise Invalid(
            "community-differs", "An answer belongs to the community of what it answers.", field="audience"
        )
    return parent


async def update(call: Call, given: Given) -> str:
    """Edit a post of one's own, or one's profile. What the object leaves out stays as it is (6.3)."""
    assert call.token is not None
    obj = given.embedded()
    if given.object_id == call.me.uri:
        return await update_profile(call, obj)
    must_include(call.token, "write:statuses")
    must_be_author(call, obj)
    post = await own_post(call, given.named())
    await call.site.limiter.hit("post", call.me.id)
    if (said := says_visibility(call.me, obj)) is not None and said not in (
        post.visibility,
        Visibility.DIRECT if post.visibility == Visibility.MEMBERS else post.visibility,
    ):
        raise Invalid("audience-fixed", "Who may read a post cannot be changed.", field="to")
    await _check_attachments(call, post, obj)
    named: list[Actor] = [
        mention.actor for mention in await Mention.filter(post_id=post.id).select_related("actor")
    ]
    source = await edited_source(
        obj,
        "content",
        post.source,
        post.content,
        named=named,
        domain=call.site.federation.config.domain,
    )
    await posting.edit_post(
        call.site,
        call.me,
        post,
        source=post.source if source is None else source,
        name=natural_text(obj, "name", limit=posting.MAX_NAME * 4),
        summary=_warning(obj) if "summary" in obj and post.kind == "note" else post.summary,
        is_sensitive=flag_of(obj["sensitive"]) if "sensitive" in obj else post.is_sensitive,
        language=language_of(obj) or post.language,
    )
    return ""


async def _check_attachments(call: Call, post: Post, obj: Mapping[str, Any]) -> None:
    """The pictures of a post stay; what they show may be described anew. Raises `Invalid`."""
    if "attachment" not in obj:
        return
    held = await Attachment.filter(post_id=post.id).order_by("position")
    known = {
        address: row for row in held for address in (upload_uri(call.site, row), call.site.media.url(row.key))
    }
    given: dict[int, Mapping[str, Any]] = {}
    for item in as_list(obj["attachment"]):
        entry: Mapping[str, Any] = plain(item) if isinstance(item, dict) else {"id": item}
        if "Link" in types_of(entry) and link_of(entry.get("href")) == post.link_url:
            continue
        row = known.get(link_of(entry.get("url"))) or known.get(link_of(entry))
        if row is None:
            raise _pictures_fixed()
        given[row.id] = entry
    if len(given) != len(held):
        raise _pictures_fixed()
    for row in held:
        name = natural_text(given[row.id], "name", limit=posting.MAX_SOURCE)
        if name and name != row.description:
            await describe_upload(row, description=name)


def _pictures_fixed() -> Invalid:
    return Invalid("pictures-fixed", "The pictures of a post cannot be changed.", field="attachment")


async def delete(call: Call, given: Given) -> str:
    """Take a post of one's own back."""
    assert call.token is not None
    must_include(call.token, "write:statuses")
    if given.named() == call.me.uri:
        raise NotAllowed("account-stays", "An account is not deleted by an app.")
    post = await own_post(call, given.named())
    await call.site.limiter.hit("delete", call.me.id)
    await posting.delete_post(call.site, call.me, post)
    return ""
