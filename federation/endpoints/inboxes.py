"""`POST /inbox` and the personal inboxes."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from federation.addresses import customer_of
from federation.endpoints.answers import refusal_answer
from federation.federation import Federation
from federation.inbox import MAX_BODY, check_media_type, receive
from federation.models import Actor
from federation.refusals import Refused
from federation.signatures import HttpRequest


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body, given up as soon as it passes `limit` bytes (S-137). Raises `Refused('too-large')`."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise Refused("too-large", f"more than {limit} bytes")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise Refused("too-large", f"more than {limit} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


async def post_inbox(fed: Federation, request: Request, *, owner: Actor | None = None) -> Response:
    """Answer one delivery: 202 once it is stored, or a 4xx that names the reason."""
    try:
        check_media_type(request.headers.get("content-type", ""))
        body = await read_body(request)
        await receive(fed, signed_request(fed, request, body), inbox_of=owner.id if owner else None)
    except Refused as refusal:
        return refusal_answer(refusal)
    except ClientDisconnect:
        return Response(status_code=400)
    return Response(status_code=202, headers={"cache-control": "no-store"})


def signed_request(fed: Federation, request: Request, body: bytes = b"") -> HttpRequest:
    """What a signature covers. The scheme is the configured one: a proxy may have ended TLS before us."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    query = request.scope["query_string"].decode("latin-1")
    raw_path = request.scope.get("raw_path") or request.scope["path"].encode()
    target = raw_path.decode("latin-1").partition("?")[0] + (f"?{query}" if query else "")
    return HttpRequest(
        method=request.method,
        scheme=fed.config.base_url.partition(":")[0],
        authority=headers.get("host", ""),
        target=target,
        headers=headers,
        body=body,
        sender=customer_of(request.client.host) if request.client else "",
    )
