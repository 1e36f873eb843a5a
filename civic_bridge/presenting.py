"""Reports as JSON for programs; the keys are part of the client API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from civic_bridge.areas import area_name
from civic_bridge.categories import category_of
from civic_bridge.models import Body, Report
from civic_bridge.reading import Entry, address_of
from civic_bridge.states import state_named
from civic_bridge.wire import public_address, public_point
from sebangsa.api.answers import moment
from sebangsa.models import Attachment

if TYPE_CHECKING:
    from sebangsa.site import Site


def report_json(site: Site, report: Report) -> dict[str, Any]:
    """A report in a list: what is public of it, to whoever asks. Its post and body's actor are loaded."""
    point = public_point(report)
    category = category_of(report.category)
    return {
        "id": str(report.id),
        "reference": report.reference,
        "uri": report.post.uri,
        "url": site.federation.config.url(address_of(report)),
        "post_id": str(report.post_id),
        "title": report.post.name,
        "content": report.post.content,
        "status": report.status,
        "status_name": state_named(report.status).word,
        "is_closed": state_named(report.status).is_closed,
        "category": category.code,
        "category_name": category.word,
        "area_code": report.area_code,
        "area_name": area_name(report.area_code),
        "address": public_address(report),
        "lat": point[0] if point else None,
        "lon": point[1] if point else None,
        "precision": report.precision,
        "office": body_json(report.body) if report.body is not None else None,
        "created_at": moment(report.created_at),
        "updated_at": moment(report.updated_at),
        "expected_at": moment(report.expected_at),
        "closed_at": moment(report.closed_at),
    }


def body_json(body: Body) -> dict[str, Any]:
    """An office; its actor is loaded. Who its officers are is not told."""
    return {
        "name": body.actor.name,
        "handle": body.actor.handle,
        "uri": body.actor.uri,
        "tier": body.tier,
        "areas": body.areas,
        "services": body.services,
    }


def entry_json(site: Site, entry: Entry) -> dict[str, Any]:
    """One line of a timeline."""
    event = entry.event
    return {
        "seq": event.seq,
        "status": event.to_status,
        "status_name": entry.state.word,
        "is_official": entry.is_official,
        "not_official_because": event.refusal if not entry.is_official else None,
        "text": event.text,
        "reason": event.reason,
        "by": entry.by.handle,
        "office": entry.body.actor.handle if entry.body is not None else None,
        "at": moment(event.at),
        "expected_at": moment(event.expected_at),
        "hash": event.hash,
        "post_id": str(event.post_id) if event.post_id else None,
        "photos": photos_json(site, entry.photos),
    }


def photos_json(site: Site, photos: Sequence[Attachment]) -> list[dict[str, Any]]:
    """Pictures with their addresses."""
    return [
        {
            "url": photo.remote_url or site.media.url(photo.key),
            "preview_url": photo.remote_url or site.media.url(photo.small_key or photo.key),
            "description": photo.description,
            "phase": photo.extra.get("civic:phase"),
        }
        for photo in photos
    ]
