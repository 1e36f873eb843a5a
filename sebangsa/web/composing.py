"""Writing something new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor
from sebangsa import posting
from sebangsa.errors import Invalid, NotAllowed, ProductError
from sebangsa.flair import chosen_among, flair_tag, flairs_of
from sebangsa.lookup import find_actor
from sebangsa.models import Post, Visibility
from sebangsa.polls.asking import MAX_OPTION, MAX_OPTIONS, PollDraft
from sebangsa.uploads import upload_picture
from sebangsa.visibility import post_for
from sebangsa.web.event_forms import FIELDS as EVENT_FIELDS
from sebangsa.web.event_forms import choices, event_given
from sebangsa.web.forms import back_to, files_of, form_of, id_in, text_of
from sebangsa.web.i18n import N_
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of

OPTION_FIELDS = tuple(f"option_{number}" for number in range(1, MAX_OPTIONS + 1))
POLL_FIELDS = (*OPTION_FIELDS, "poll_hours", "poll_multiple", "poll_hidden")
LENGTHS = {
    "1": N_("One hour"),
    "6": N_("Six hours"),
    "24": N_("One day"),
    "72": N_("Three days"),
    "168": N_("One week"),
    "720": N_("Thirty days"),
}
"""How long a poll may run: hours, and the msgid of their words."""


@signed_in
async def compose(request: Request) -> Response:
    """`/compose`: the form (filled by `in`, `to`, `text`, `title`, `link`, `warning`, `quote`), and what it sends.

    A mistake loses nothing.
    """
    if request.method == "GET":
        into = await _community(request, request.query_params.get("in", ""))
        given = request.query_params
        named, text = given.get("to", "").strip(), given.get("text", "")[: posting.MAX_SOURCE]
        values = {
            "source": f"{named} {text}" if named else text,
            "name": given.get("title", "")[:200],
            "summary": given.get("warning", "")[:500],
            "link": given.get("link", "")[:2048],
            "quote": given.get("quote", ""),
            "event": given.get("event", "")[:1],
        }
        return await _form(request, values, into, None)
    form = await form_of(request)
    values = {
        name: text_of(form, name)
        for name in (
            "source",
            "name",
            "summary",
            "visibility",
            "link",
            "in",
            "next",
            "quote",
            *POLL_FIELDS,
            *EVENT_FIELDS,
        )
    }
    into = await _community(request, values["in"])
    try:
        made = await posting.create_post(
            site_of(request), viewer_of(request).actor, await _draft(request, values, into)
        )
    except (Invalid, NotAllowed) as error:
        return await _form(request, values, into, error, await _flairs(request))
    return back_to(request, f"/p/{made.id}", values["next"])


async def _draft(request: Request, values: dict[str, str], into: Actor | None) -> posting.Draft:
    site, viewer = site_of(request), viewer_of(request).actor
    form = await form_of(request)
    attachments = []
    for number, data in enumerate(await files_of(form, "pictures")):
        if number == posting.MAX_PICTURES:
            raise Invalid(
                "too-many-pictures",
                "A post has at most %(most)s pictures.",
                field="pictures",
                most=posting.MAX_PICTURES,
            )
        uploaded = await upload_picture(
            site, viewer, data, description=text_of(form, f"description_{number + 1}")
        )
        attachments.append(uploaded.attachment)
    link = values["link"].strip()
    if link and not link.startswith(("https://", "http://")):
        raise Invalid("bad-link", "A link begins with https://.", field="link")
    visibility = values["visibility"] if values["visibility"] in list(Visibility) else Visibility.PUBLIC.value
    labels = [flair_tag(flair) for flair in chosen_among(into, await _flairs(request))] if into else []
    return posting.Draft(
        source=values["source"],
        name=values["name"],
        summary=values["summary"],
        visibility=Visibility(visibility),
        link_url=link,
        community=into,
        quoted=await _quoted(request, values),
        attachments=attachments,
        extra={"tag": labels} if labels else {},
        poll=_poll(values),
        event=event_given(values),
        language=viewer_of(request).language or site.settings.language,
    )


async def _flairs(request: Request) -> list[str]:
    return [str(value) for value in (await form_of(request)).getlist("flair")]


def _poll(values: dict[str, str]) -> PollDraft | None:
    """The poll of the form; none while all its answers are empty."""
    options = [text for name in OPTION_FIELDS if (text := values[name].strip())]
    if not options:
        return None
    hours = int(values["poll_hours"]) if values["poll_hours"] in LENGTHS else 24
    return PollDraft(
        options, timedelta(hours=hours), bool(values["poll_multiple"]), bool(values["poll_hidden"])
    )


async def _community(request: Request, text: str) -> Actor | None:
    found = await find_actor(site_of(request), text) if text.strip() else None
    return found if found is not None and found.is_group else None


async def _quoted(request: Request, values: dict[str, str]) -> Post | None:
    """The post that this one shows. Raises `NotFound` for one that may not be read."""
    quoted_id = id_in(values.get("quote", ""))
    if quoted_id is None:
        return None
    return await post_for(site_of(request), viewer_of(request).actor, quoted_id)


async def _form(
    request: Request,
    values: dict[str, str],
    into: Actor | None,
    error: ProductError | None,
    chosen: Sequence[str] = (),
) -> Response:
    context: dict[str, Any] = {
        "values": values,
        "error": error,
        "community": face_of(site_of(request), into) if into else None,
        "flairs": flairs_of(into) if into else [],
        "chosen": chosen,
        "quoted": await _quoted(request, values),
        "max_pictures": posting.MAX_PICTURES,
        "max_source": posting.MAX_SOURCE,
        "option_fields": OPTION_FIELDS,
        "max_option": MAX_OPTION,
        "event_choices": choices(viewer_of(request).preferences.get("zone", "")),
        "poll_lengths": list(LENGTHS.items()),
    }
    rendered: Response = request.app.state.templates.render(
        request, "pages/compose.html", context, status_code=error.status if error else 200
    )
    return rendered


ROUTES: list[BaseRoute] = [Route("/compose", compose, methods=["GET", "POST"])]
