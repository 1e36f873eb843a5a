"""`Update` of oneself: how a person is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from federation.wire import text_of, types_of
from federation.wire.shapes import as_list, flag_of, link_of, natural_text, objects_of, plain
from sebangsa.api.access import Call, must_include
from sebangsa.c2s.attaching import upload_named
from sebangsa.c2s.content import edited_source
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Attachment
from sebangsa.profiles import Field, ProfileEdit, edit_profile
from sebangsa.text.plain import excerpt
from sebangsa.uploads import drop_upload

MAX_FIELD = 1000


async def update_profile(call: Call, obj: Mapping[str, Any]) -> str:
    """Change what the object names of name, text, fields, pictures and switches; anything else in it is passed over.

    Raises `Invalid` for another handle, and for a picture that is no unused upload of the person's own.
    """
    assert call.token is not None
    must_include(call.token, "write:accounts")
    me = call.me
    if text_of(obj.get("preferredUsername"), limit=300).lower() not in ("", me.username):
        raise Invalid("handle-fixed", "A handle cannot be changed.", field="preferredUsername")
    await call.site.limiter.hit("media", me.id)
    icon, header = (
        await _picture(call, obj, "icon", me.icon_url),
        await _picture(call, obj, "image", me.image_url),
    )
    edit = ProfileEdit(
        name=natural_text(obj, "name") if "name" in obj else None,
        bio=await edited_source(obj, "summary", me.source, me.summary),
        fields=_fields(me.profile_fields, obj["attachment"]) if "attachment" in obj else None,
        avatar=await _bytes(call, icon),
        header=await _bytes(call, header),
        is_locked=_flag(obj, "manuallyApprovesFollowers"),
        is_bot="Service" in types_of(obj) if types_of(obj) else None,
        is_discoverable=_flag(obj, "discoverable"),
        is_indexable=_flag(obj, "indexable"),
    )
    await edit_profile(call.site, call.user, edit)
    for upload in (icon, header):
        if isinstance(upload, Attachment):
            await drop_upload(call.site, upload)
    return ""


def _flag(obj: Mapping[str, Any], key: str) -> bool | None:
    return flag_of(obj[key]) if key in obj else None


def _fields(held: list[dict[str, str]], value: Any) -> list[Field]:
    """Names and values as text; a value that comes back as the HTML that it was published as is its source."""
    sources = {(field["name"], field["value"]): field.get("source", "") for field in held}
    found: list[Field] = []
    for item in objects_of(value):
        if "PropertyValue" not in types_of(item):
            continue
        name, text = text_of(item.get("name"), limit=MAX_FIELD), text_of(item.get("value"), limit=MAX_FIELD)
        found.append((name, sources.get((name, text)) or excerpt(text, MAX_FIELD)))
    return found


async def _picture(call: Call, obj: Mapping[str, Any], key: str, now: str) -> Attachment | bool | None:
    """The upload to show, False for none, None where it stays as it is."""
    if key not in obj:
        return None
    given = as_list(obj[key])
    if not given:
        return False
    entry = plain(given[0]) if isinstance(given[0], dict) else {"url": given[0]}
    if now and link_of(entry.get("url")) == now:
        return None
    try:
        return await upload_named(call, given[0])
    except NotFound as error:
        raise Invalid(
            "picture-unusable", "That picture is not yours or was used already.", field=key
        ) from error


async def _bytes(call: Call, upload: Attachment | bool | None) -> bytes | None:
    if not isinstance(upload, Attachment):
        return None if upload is None else b""
    stored = await call.site.media.get(upload.key)
    if stored is None:
        raise Invalid("picture-unusable", "That picture is not yours or was used already.", field="icon")
    return stored.data
