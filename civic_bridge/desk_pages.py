"""The officers' desk: the queue, offers, answers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from civic_bridge import forms, handover, showing
from civic_bridge.answering import Answer, answer_report
from civic_bridge.areas import area_name, children
from civic_bridge.bodies import bodies_of
from civic_bridge.categories import GROUPS
from civic_bridge.desk import PAGE, SORTS, assign_many, queue, waiting_offers
from civic_bridge.models import Body, Offer
from civic_bridge.pages import CITY, filters_of, render, report_context, state_choices
from civic_bridge.reading import address_of, report_for
from civic_bridge.words import name_in
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.web.forms import id_of
from sebangsa.web.i18n import language_of
from sebangsa.web.viewing import local_path, signed_in, site_of, viewer_of


@signed_in
async def desk(request: Request) -> Response:
    """`/desk`: what waits for the offices that somebody speaks for."""
    site, viewer, language = site_of(request), viewer_of(request).actor, language_of(request)
    bodies = await bodies_of(viewer)
    if not bodies:
        raise NotAllowed("not-an-officer", "You are not an officer of any office here.")
    filters = filters_of(request, "open")
    found = await queue(bodies, filters, site.clock.now()).limit(PAGE + 1)
    offers = await waiting_offers(bodies)
    context = {
        "bodies": [showing.face(body.actor, body) for body in bodies],
        "cards": await showing.cards(site, request, found[:PAGE]),
        "more": len(found) > PAGE,
        "last_id": found[PAGE - 1].id if len(found) > PAGE else 0,
        "offers": [
            (offer, offer.report.post.name, address_of(offer.report), area_name(offer.report.area_code))
            for offer in offers
        ],
        "filters": filters,
        "states": state_choices(language),
        "group_names": [(group.code, name_in(language, group)) for group in GROUPS.values()],
        "areas": [(area.code, area.name) for area in children(CITY)],
        "sorts": list(SORTS),
        "done": forms.number(request.query_params.get("done", "")),
        "failed": forms.number(request.query_params.get("failed", "")),
    }
    return render(request, "desk", context)


@signed_in
async def post_assign(request: Request) -> Response:
    """`/desk/assign`: mark several reports as assigned at once."""
    form = await request.form()
    ids = [forms.number(value) for value in form.getlist("report") if isinstance(value, str)]
    done, failed = await assign_many(
        site_of(request), viewer_of(request).actor, ids, forms.text(form, "text", 500)
    )
    return RedirectResponse(f"/desk?done={done}&failed={failed}", 303)


@signed_in
async def post_offer(request: Request) -> Response:
    """`/desk/offers/{id}`: take a report that was handed over, or send it back with a reason."""
    site, viewer = site_of(request), viewer_of(request).actor
    offer = await Offer.get_or_none(id=id_of(request))
    if offer is None or offer.body_id not in {body.id for body in await bodies_of(viewer)}:
        raise NotFound
    form = await request.form()
    if forms.text(form, "answer") == "accept":
        await handover.accept_offer(site, viewer, offer)
    else:
        reason = forms.text(form, "reason", handover.MAX_REASON)
        if not reason:
            raise Invalid("text-needed", "Say why.", field="reason")
        await handover.reject_offer(site, viewer, offer, reason)
    return RedirectResponse(local_path(forms.text(form, "next", 300), "/desk"), 303)


@signed_in
async def post_answer(request: Request) -> Response:
    """`/civic/{name}/answer`: an officer answers."""
    site, viewer = site_of(request), viewer_of(request).actor
    report = await report_for(site, viewer, request.path_params["name"])
    form = await request.form()
    try:
        if report.body is None:
            raise NotAllowed("not-responsible", "No office of this server is responsible for this report.")
        # The office speaks, so the pictures are its own.
        photos = await forms.uploads(site, report.body.actor, form, phase="after")
        answer = Answer(
            to_status=forms.text(form, "to", 20),
            text=forms.text(form, "text"),
            expected_at=forms.expected(form),
            photos=[photo.attachment for photo in photos.photos],
            transfer_to=await Body.get_or_none(id=forms.number(forms.text(form, "transfer_to", 20))),
            duplicate_of=await _duplicate(request, forms.text(form, "duplicate_of", 100)),
        )
        await answer_report(site, viewer, report, answer)
    except Invalid as error:
        context = await report_context(request, report, viewer, values=form, error=error)
        return render(request, "report", context, error.status)
    return RedirectResponse(local_path(forms.text(form, "next", 300), address_of(report)), 303)


async def _duplicate(request: Request, name: str) -> str:
    """The address of the report that this one repeats, from its number."""
    if not name:
        return ""
    try:
        other = await report_for(site_of(request), viewer_of(request).actor, name)
    except NotFound as error:
        raise Invalid("report-unknown", error.sentence, field="duplicate_of") from error
    return other.post.uri
