"""Reading a post of another server because somebody here asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.actors import resolve_actor
from federation.inbound import Inbound
from federation.processing import handle
from federation.refusals import Refused
from federation.urls import host_of
from federation.vocabulary import AS_PUBLIC
from federation.wire import read_activity, read_object
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site


async def fetch_post(site: Site, url: str, *, is_quoted: bool = False) -> Post | None:
    """The post at this address, known or read from its own host with what places it. Never inside a transaction.

    Only posts that anybody may read: what was shown to the server is not thereby shown to whoever asks. None
    where a feature does not take it. Raises `Refused`.
    """
    fed = site.federation
    fetched = await fed.client.get_document(url)
    obj = read_object(fetched.document, allow_http=fed.config.development)
    known = await Post.get_or_none(uri=obj.id)
    if known is not None or fed.config.is_ours(obj.id):
        return known
    if not (obj.is_public or obj.is_unlisted):
        raise Refused("not-allowed", "the post is not public")
    author = await resolve_actor(fed, obj.attributed_to)
    if host_of(author.uri) != host_of(obj.id):
        raise Refused("not-the-author", obj.id)
    document = {
        "id": f"{obj.id}#read",
        "type": "Create",
        "actor": author.uri,
        "object": fetched.document,
        "to": [AS_PUBLIC],
    }
    activity = read_activity(document, allow_http=fed.config.development)
    # There is no text to pass on.
    await handle(Inbound(fed, activity, author, document, "", is_asked_for=True, is_quoted=is_quoted))
    return await Post.get_or_none(uri=obj.id).select_related("author")
