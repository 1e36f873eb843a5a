"""Writing and reading single statuses."""

from __future__ import annotations

from typing import Any

from federation.models import Actor
from sebangsa import boosting, posting, timelines
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import moment
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.media import media_attachment
from sebangsa.api.entities.statuses import VISIBILITIES, attachments_of, content_of, status, statuses
from sebangsa.api.idempotency import claimed
from sebangsa.api.parameters import Parameters
from sebangsa.api.polls import must_keep_poll, poll_given
from sebangsa.errors import Invalid, NotFound
from sebangsa.lookup import actors_by_handle
from sebangsa.models import Attachment, Post, Visibility
from sebangsa.polls.reading import label_of, polls_among
from sebangsa.quote_wire import policy_document
from sebangsa.quoting import POLICIES
from sebangsa.text.handles import find_handles
from sebangsa.text.plain import first_line_title
from sebangsa.uploads import describe_upload, read_focus
from sebangsa.visibility import OPEN, may_read, must_be_author, post_for

MANY = 40
FROM_APPS = {
    word: visibility for visibility, word in VISIBILITIES.items() if visibility != Visibility.MEMBERS
}


async def post_of(call: Call) -> Post:
    """The status of the path, as the caller may read it; a boost stands for itself. Raises `NotFound`."""
    post = await post_for(call.site, call.viewer, call.path_id())
    if post.boost_of_id is not None:
        await post_for(call.site, call.viewer, post.boost_of_id)
    return post


async def original_of(call: Call) -> Post:
    """The status of the path, or what it boosts: what is liked, answered and boosted is the original."""
    post = await post_of(call)
    if post.boost_of_id is None:
        return post
    return await post_for(call.site, call.viewer, post.boost_of_id)


async def post_status(call: Call) -> dict[str, Any]:
    """Post, once for each `Idempotency-Key` (S-097)."""
    key = call.request.headers.get("idempotency-key", "")[:512]
    async with claimed(call.site, call.me, key) as claim:
        if claim.post_id is None:
            draft = await _draft(call)
            post = await posting.create_post(call.site, call.me, draft, written=claim.answered_by)
        else:
            post = await post_for(call.site, call.me, claim.post_id)
    return await status(call.site, post, call.me)


async def _draft(call: Call) -> posting.Draft:
    given, preferences = call.given, call.user.preferences
    _refuse_what_is_not_here(given)
    quoted = await _quoted(call)
    text = given.text("status", limit=posting.MAX_SOURCE)
    parent = await _parent(call)
    visibility = _visibility(given.text("visibility") or preferences.get("visibility") or "public")
    community, title = (None, "") if parent else await _community(call, text, visibility)
    return posting.Draft(
        source=text,
        name=title,
        summary=given.text("spoiler_text", limit=500),
        visibility=visibility,
        is_sensitive=given.flag("sensitive", bool(preferences.get("sensitive", False))),
        language=given.text("language", limit=16) or preferences.get("language") or call.user.language,
        in_reply_to=parent,
        community=community,
        attachments=await _uploads(call.me, given),
        quoted=quoted,
        extra=await policy_given(call, visibility),
        poll=poll_given(given),
    )


def _refuse_what_is_not_here(given: Parameters) -> None:
    """Better no post than another one than was meant."""
    if given.text("scheduled_at"):
        raise Invalid("no-scheduling", "Posting later is not possible on this server.", field="scheduled_at")


async def _parent(call: Call) -> Post | None:
    parent_id = call.given.identity("in_reply_to_id")
    if parent_id is None:
        return None
    parent = await post_for(call.site, call.me, parent_id)
    return parent if parent.boost_of_id is None else await post_for(call.site, call.me, parent.boost_of_id)


async def _quoted(call: Call) -> Post | None:
    quoted_id = call.given.identity("quoted_status_id")
    if quoted_id is None:
        return None
    post = await post_for(call.site, call.me, quoted_id)
    return post if post.boost_of_id is None else await post_for(call.site, call.me, post.boost_of_id)


async def policy_given(call: Call, visibility: Visibility) -> dict[str, Any]:
    """`quote_approval_policy`, where the app chose one; the person's own rule is added later otherwise."""
    chosen = call.given.text("quote_approval_policy")
    if not chosen or visibility not in OPEN:
        return {}
    if chosen not in POLICIES:
        raise Invalid("policy-invalid", "There is no such rule for quotes.", field="quote_approval_policy")
    return {"interactionPolicy": policy_document(call.me, chosen)}


def _visibility(word: str) -> Visibility:
    found = FROM_APPS.get(word)
    if found is None:
        raise Invalid("visibility-invalid", "There is no such visibility.", field="visibility")
    return found


async def _community(call: Call, text: str, visibility: Visibility) -> tuple[Actor | None, str]:
    """A public post that names a community begins a thread in it, titled by its first line.

    Apps have no other way to say so, and it is what such a post from a Mastodon server does.
    """
    if visibility != Visibility.PUBLIC:
        return None, ""
    named = await actors_by_handle(call.site, find_handles(text)[: posting.MAX_MENTIONS])
    for community in named.values():
        if community.is_group:
            return community, first_line_title(text, without_mention=community.handle) or community.name
    return None, ""


async def _uploads(owner: Actor, given: Parameters) -> list[Attachment]:
    ids = given.identities("media_ids", 40)
    if len(ids) > posting.MAX_PICTURES:
        raise Invalid(
            "too-many-pictures",
            "A post has at most %(most)s pictures.",
            field="media_ids",
            most=posting.MAX_PICTURES,
        )
    found = {row.id: row for row in await Attachment.filter(id__in=ids, owner_id=owner.id, post_id=None)}
    if len(found) != len(ids):
        raise Invalid("picture-unusable", "That picture is not yours or was used already.", field="media_ids")
    return [found[upload_id] for upload_id in ids]


async def show_status(call: Call) -> dict[str, Any]:
    return await status(call.site, await post_of(call), call.viewer)


async def show_statuses(call: Call) -> list[dict[str, Any]]:
    """Several by `id[]`; those that may not be read are left out."""
    ids = call.given.identities("id", MANY)
    found = []
    for post in await timelines.with_parts(Post.filter(id__in=ids, author__suspended_at=None)):
        if await may_read(call.site, call.viewer, post):
            found.append(post)
    return await statuses(call.site, found, call.viewer)


async def put_status(call: Call) -> dict[str, Any]:
    """Edit text, warning, language and the pictures' descriptions. Which pictures there are stays as it was."""
    given, post = call.given, await post_for(call.site, call.me, call.path_id())
    must_be_author(call.me, post)
    _refuse_what_is_not_here(given)
    await must_keep_poll(given, post)
    attachments = await Attachment.filter(post_id=post.id).order_by("position")
    if given.has("media_ids[]") and given.identities("media_ids", 40) != [row.id for row in attachments]:
        raise Invalid("pictures-fixed", "The pictures of a post cannot be changed.", field="media_ids")
    await _describe(given, attachments)
    also: dict[str, Any] = {}
    if given.has("sensitive"):
        also["is_sensitive"] = given.flag("sensitive")
    if given.has("language"):
        also["language"] = given.text("language", limit=16)
    await posting.edit_post(
        call.site,
        call.me,
        post,
        source=given.text("status", post.source, limit=posting.MAX_SOURCE),
        summary=given.text("spoiler_text", "" if given.has("status") else post.summary, limit=500),
        **also,
    )
    return await status(call.site, post, call.me)


async def _describe(given: Parameters, attachments: list[Attachment]) -> None:
    rows = given.rows("media_attributes", ("id", "description", "focus"), 40) or []
    known = {str(row.id): row for row in attachments}
    for row in rows:
        if row["id"] in known:
            await describe_upload(
                known[row["id"]], description=row["description"], focus=read_focus(row["focus"])
            )


async def delete_status(call: Call) -> dict[str, Any]:
    """Delete one's own; the answer has its source, to be written anew. Another's gets no look at it (S-077)."""
    post = await post_for(call.site, call.me, call.path_id())
    if post.author_id != call.me.id:
        raise NotFound
    shown = await status(call.site, post, call.me) | {"text": post.source}
    if post.boost_of_id is not None:
        await boosting.unboost(call.site, call.me, await Post.get(id=post.boost_of_id))
    else:
        await posting.delete_post(call.site, call.me, post)
    return shown


async def context(call: Call) -> dict[str, Any]:
    """The thread around a status; all its posts share one query for their flags."""
    post = await original_of(call)
    above = await timelines.ancestors(call.site, post, call.viewer)
    below = await timelines.descendants(call.site, post, call.viewer)
    shown = await statuses(call.site, [*above, *below], call.viewer)
    return {"ancestors": shown[: len(above)], "descendants": shown[len(above) :]}


async def source(call: Call) -> dict[str, Any]:
    """What the author typed, for an edit."""
    post = await post_for(call.site, call.me, call.path_id())
    must_be_author(call.me, post)
    return {"id": str(post.id), "text": post.source, "spoiler_text": post.summary}


async def history(call: Call) -> list[dict[str, Any]]:
    """The present version: earlier ones are not kept."""
    post = await original_of(call)
    found = (await timelines.with_parts(Post.filter(id=post.id)))[0]
    polls = await polls_among(None, [found], call.site.clock.now())
    titles = [label_of(option) for view in polls.values() for option in view.options]
    return [
        {
            "content": content_of(found),
            "spoiler_text": found.summary,
            "sensitive": found.is_sensitive,
            "created_at": moment(found.edited_at or found.created_at),
            "account": account(call.site, found.author),
            "media_attachments": [media_attachment(call.site, part) for part in attachments_of(found)],
            "emojis": [],
            "quote": None,
        }
        | ({"poll": {"options": [{"title": title} for title in titles]}} if titles else {})
    ]


async def no_card(call: Call) -> dict[str, Any]:
    """`/card`: there are no link previews here."""
    await post_of(call)
    return {}


_READ = Rule(Caller.ANYBODY, "read:statuses")
_WRITE = Rule(Caller.PERSON, "write:statuses", bucket="post")
_DELETE = Rule(Caller.PERSON, "write:statuses", bucket="delete")
_MINE = Rule(Caller.PERSON, "read:statuses")

ROUTES = [
    ApiRoute("/api/v1/statuses", post_status, _WRITE, methods=["POST"]),
    ApiRoute("/api/v1/statuses", show_statuses, _READ),
    ApiRoute("/api/v1/statuses/{id}", show_status, _READ),
    ApiRoute("/api/v1/statuses/{id}", put_status, _WRITE, methods=["PUT"]),
    ApiRoute("/api/v1/statuses/{id}", delete_status, _DELETE, methods=["DELETE"]),
    ApiRoute("/api/v1/statuses/{id}/context", context, _READ),
    ApiRoute("/api/v1/statuses/{id}/source", source, _MINE),
    ApiRoute("/api/v1/statuses/{id}/history", history, _READ),
    ApiRoute("/api/v1/statuses/{id}/card", no_card, _READ),
]
