"""What this server is and what it allows, in the form of both versions of Mastodon's API."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from federation.models import Actor, Peer
from sebangsa import posting, profiles, uploads
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import moment
from sebangsa.api.entities.accounts import MISSING_HEADER, account
from sebangsa.media.images import DEFAULT_LIMITS
from sebangsa.models import Role, User
from sebangsa.polls import asking
from sebangsa.site import software_version
from sebangsa.usage import usage

if TYPE_CHECKING:
    from sebangsa.site import Site

SPOKEN = "4.6.0"
"""The version of Mastodon whose API this follows."""

API_VERSIONS = {"mastodon": 3, "sebangsa": 1}
"""3: grouped notifications (2) and PKCE (3) are here; web push by RFC 8030 (4), featured accounts (6), quotes (7) and
collections (10) are not, and a higher number would make apps show them.
"""

PICTURES = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"]
MANY_PEERS = 5000


def version_string() -> str:
    """Apps read the leading number; the rest is for people."""
    return f"{SPOKEN} (compatible; Sebangsa {software_version()})"


def _limits() -> dict[str, Any]:
    """What both versions of the document say of limits. iOS needs every number, also of what is not here."""
    return {
        "accounts": {
            "max_featured_tags": 0,
            "max_pinned_statuses": 0,
            "max_profile_fields": profiles.MAX_FIELDS,
            "profile_field_name_limit": profiles.MAX_FIELD,
            "profile_field_value_limit": profiles.MAX_FIELD,
            "max_display_name_length": profiles.MAX_NAME,
            "max_note_length": profiles.MAX_BIO,
            "max_avatar_description_length": 0,
            "max_header_description_length": 0,
        },
        "statuses": {
            "max_characters": posting.MAX_SOURCE,
            "max_media_attachments": posting.MAX_PICTURES,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": PICTURES,
            "description_limit": uploads.MAX_DESCRIPTION,
            "image_size_limit": DEFAULT_LIMITS.max_bytes,
            "image_matrix_limit": DEFAULT_LIMITS.max_pixels,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": asking.MAX_OPTIONS,
            "max_characters_per_option": asking.MAX_OPTION,
            "min_expiration": int(asking.SHORTEST.total_seconds()),
            "max_expiration": int(asking.LONGEST.total_seconds()),
        },
    }


async def _contact(site: Site) -> dict[str, Any] | None:
    admin = (
        await User.filter(role=Role.ADMIN, disabled_at=None).order_by("id").select_related("actor").first()
    )
    return account(site, admin.actor) if admin is not None else None


def _streaming(site: Site) -> str:
    return site.settings.url.replace("http", "ws", 1)


async def instance_v1(call: Call) -> dict[str, Any]:
    site, settings = call.site, call.site.settings
    counted = await usage(site)
    return {
        "uri": settings.domain,
        "title": settings.name,
        "short_description": settings.description,
        "description": settings.description,
        "email": "",
        "version": version_string(),
        "urls": {"streaming_api": _streaming(site)},
        "stats": {
            "user_count": counted.users,
            "status_count": counted.posts + counted.comments,
            "domain_count": await Peer.all().count(),
        },
        "thumbnail": f"{settings.url}{MISSING_HEADER}",
        "languages": [settings.language],
        "registrations": settings.registration in ("open", "approval"),
        "approval_required": settings.registration == "approval",
        "invites_enabled": settings.registration == "invite",
        "configuration": _limits(),
        "contact_account": await _contact(site),
        "rules": [],
    }


async def instance_v2(call: Call) -> dict[str, Any]:
    site, settings = call.site, call.site.settings
    counted = await usage(site)
    open_to_all = {"local": "public", "remote": "public"}
    return {
        "domain": settings.domain,
        "title": settings.name,
        "version": version_string(),
        "source_url": f"{settings.url}/about",
        "description": settings.description,
        "usage": {"users": {"active_month": counted.active_month}},
        "thumbnail": {
            "url": f"{settings.url}{MISSING_HEADER}",
            "blurhash": None,
            "versions": {},
            "description": "",
        },
        "icon": [],
        "languages": [settings.language],
        "configuration": _limits()
        | {
            "urls": {
                "streaming": _streaming(site),
                "status": None,
                "about": f"{settings.url}/about",
                "privacy_policy": None,
                "terms_of_service": None,
            },
            "vapid": {"public_key": ""},
            "translation": {"enabled": False},
            "timelines_access": {
                "live_feeds": open_to_all,
                "hashtag_feeds": open_to_all,
                "trending_link_feeds": open_to_all,
            },
            "limited_federation": False,
        },
        "registrations": {
            "enabled": settings.registration in ("open", "approval"),
            "approval_required": settings.registration == "approval",
            "reason_required": False,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "api_versions": API_VERSIONS,
        "wrapstodon": None,
        "contact": {"email": "", "account": await _contact(site)},
        "rules": [],
    }


async def peers(call: Call) -> list[str]:
    """Hosts that this server exchanged something with, those with the most people first."""
    known = await call.site.federation.peer_directory.current()
    return [peer.host for peer in known.acquaintances[:MANY_PEERS]]


async def extended_description(call: Call) -> dict[str, Any]:
    text = call.site.settings.description
    made = await Actor.filter(type="Application", host="").first()
    return {
        "updated_at": moment(made.created_at if made else call.site.clock.now()),
        "content": f"<p>{escape(text)}</p>" if text else "",
    }


_ANYBODY = Rule(Caller.ANYBODY)

ROUTES = [
    ApiRoute("/api/v1/instance", instance_v1, _ANYBODY),
    ApiRoute("/api/v2/instance", instance_v2, _ANYBODY),
    ApiRoute("/api/v1/instance/peers", peers, _ANYBODY),
    ApiRoute("/api/v1/instance/extended_description", extended_description, _ANYBODY),
]
