"""`uploadMedia` (SWICG, MediaUpload): a file and the shell of its object; the object is used in a later `Create`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from federation import strict_json
from federation.contexts import context_for
from federation.endpoints.answers import ACTIVITY_JSON, activity_answer
from federation.wire.shapes import natural_text, number_of, plain, types_of
from sebangsa.activitypub import PRIVATE
from sebangsa.api.access import Call
from sebangsa.api.parameters import MAX_BODY
from sebangsa.c2s.attaching import upload_document
from sebangsa.c2s.given import must_be_author
from sebangsa.errors import Invalid
from sebangsa.media.images import DEFAULT_LIMITS
from sebangsa.media.opening import MediaRefused
from sebangsa.uploads import MAX_DESCRIPTION, Focus, upload_picture, waiting_upload

SHELLS = frozenset(("Image", "Document"))


async def post_upload(call: Call) -> Response:
    """Take a picture in `file`, described by the JSON in `object`; 201 with its object, for its owner to use once.

    Raises `MediaRefused` for what is no picture, `Invalid` for a shell of another type.
    """
    shell = _shell(call)
    file = call.given.file("file")
    if file is None:
        raise Invalid("file-needed", "Send a file.", field="file")
    data = await file.read(DEFAULT_LIMITS.max_bytes + 1)
    if len(data) > DEFAULT_LIMITS.max_bytes:
        raise MediaRefused("too-large")
    uploaded = await upload_picture(
        call.site,
        call.me,
        data,
        description=natural_text(shell, "name", limit=MAX_DESCRIPTION + 1)
        or natural_text(shell, "summary", limit=MAX_DESCRIPTION + 1),
        focus=_focus(shell.get("focalPoint")),
    )
    document = {"@context": context_for("object"), **upload_document(call.site, call.me, uploaded.attachment)}
    headers = {"location": document["id"], "cache-control": PRIVATE}
    return Response(strict_json.dumps(document), status_code=201, headers=headers, media_type=ACTIVITY_JSON)


async def get_upload(call: Call) -> Response:
    """An upload that waits to be used, to its owner's apps."""
    attachment = await waiting_upload(call.me, call.path_id())
    document = {"@context": context_for("object"), **upload_document(call.site, call.me, attachment)}
    return activity_answer(call.request, document, cache=PRIVATE)


def _shell(call: Call) -> Mapping[str, Any]:
    text = call.given.text("object", limit=MAX_BODY)
    if not text.strip():
        return {}
    shell = plain(strict_json.parse_object(text.encode()))
    if not set(types_of(shell)) <= SHELLS:
        raise Invalid("object-type-unsupported", "Only pictures are uploaded here.", field="object")
    must_be_author(call, shell)
    return shell


def _focus(value: Any) -> Focus | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = number_of(value[0], -1, 1), number_of(value[1], -1, 1)
    return None if x is None or y is None else (x, y)
