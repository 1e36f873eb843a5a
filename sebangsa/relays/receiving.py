"""What a relay brings. Nothing of it is believed but an id: the rest is read from the host that the id names (S-028).

A relay announces ids, or passes on what others signed for it in ways that we do not read (linked-data signatures). Either
is kept as an `Announce` by the relay: of a post, or of an `Update` or `Delete` that names one.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from federation import strict_json
from federation.inbound import Inbound
from federation.models import Actor
from federation.processing import dispatch
from federation.refusals import Refused
from federation.registry import Carried
from federation.urls import host_of
from federation.vocabulary import ACTIVITY_TYPES, AS_PUBLIC
from federation.wire import ActivityDocument, id_of, read_activity, read_object, types_of
from sebangsa.errors import TooMany
from sebangsa.models import Post
from sebangsa.relays.confirmed import relay_of

if TYPE_CHECKING:
    from sebangsa.site import Site

NEW, CHANGED = frozenset({"Create", "Announce"}), frozenset({"Update", "Delete"})


def register(site: Site) -> None:
    """Look at what relays deliver before it is stored."""

    async def carried(sender: Actor, activity: ActivityDocument) -> Carried | None:
        relay = await relay_of(site, sender)
        if relay is None:
            return None
        try:
            await site.limiter.hit("relay", relay.id)
        except TooMany:
            return Carried()  # a 202: what a relay could not bring is missed by nobody
        return None if activity.actor == sender.uri else _as_announce(sender, activity)

    site.federation.registry.carried_by_relay = carried


def _as_announce(relay: Actor, activity: ActivityDocument) -> Carried:
    """Another's activity as the relay's Announce of what it names.

    It gets an id of the relay's: under its own only its author may bring it, or a relay could make us deaf to it.
    """
    uri = activity.object_id
    if not uri or activity.type not in NEW | CHANGED:
        return Carried()
    named: Any = uri
    if activity.type in CHANGED:
        named = {"type": activity.type, "id": activity.id, "actor": activity.actor, "object": uri}
    name = sha256(f"{activity.type} {activity.id} {uri}".encode()).hexdigest()
    document = {
        "id": f"{relay.uri}#relayed-{name}",
        "type": "Announce",
        "actor": relay.uri,
        "object": named,
        "to": [AS_PUBLIC],
        "cc": [],
    }
    return Carried(str(document["id"]), strict_json.dumps(document).decode())


async def receive_announce(site: Site, inbound: Inbound) -> None:
    """A post that a relay names becomes known here, in the federated timeline; an `Update` or `Delete` makes us look."""
    inner = inbound.activity.inner
    if inner is not None and inner.type in CHANGED:
        await _look_again(site, inbound, inner.object_id or "")
        return
    uri = inbound.activity.object_id if inner is None else inner.object_id
    if not uri:
        raise Refused("missing-field", "object")
    if site.federation.config.is_ours(uri) or await Post.exists(uri=uri):
        return
    document = _post_at(inbound, uri)
    obj = read_object(document, allow_http=site.settings.is_development)
    if not obj.is_public or obj.is_poll_vote or await Post.exists(uri=obj.id):
        return
    if obj.in_reply_to and not await Post.exists(uri=obj.in_reply_to):
        return  # an answer to what nobody here knows: its thread is not worth a dozen fetches
    author = await _author(site, inbound, obj.attributed_to, obj.id)
    await _dispatch(inbound, "Create", author, document)


def _post_at(inbound: Inbound, uri: str) -> dict[str, Any]:
    """The post that an id means: its own, or that of the activity which brought it, on the same host."""
    document = inbound.document_at(uri)
    if not set(types_of(document)) & ACTIVITY_TYPES:
        return document
    meant = id_of(document.get("object"))
    if not meant or host_of(meant) != host_of(uri):
        raise Refused("foreign-id", meant or uri)
    return inbound.document_at(meant)


async def _author(site: Site, inbound: Inbound, author_uri: str, post_uri: str) -> Actor:
    """Who wrote it, if anything of theirs may come here: neither blocks nor suspensions end at a relay (S-129)."""
    if host_of(author_uri) != host_of(post_uri):
        raise Refused("not-the-author", post_uri)
    await site.federation.registry.admit(host_of(author_uri))
    author = await inbound.actor_at(author_uri)
    await site.federation.registry.admit(author.host, author)
    return author


async def _look_again(site: Site, inbound: Inbound, uri: str) -> None:
    """Read a post of others that we have from its host: changed, or gone."""
    post = await Post.get_or_none(uri=uri, is_local=False, deleted_at=None).select_related("author")
    if post is None or post.kind == "boost":
        return
    author = await _author(site, inbound, post.author.uri, uri)
    try:
        document = inbound.document_at(uri)
        is_gone = "Tombstone" in types_of(document)
    except Refused as refusal:
        if refusal.code not in ("gone", "not-found"):
            raise
        is_gone = True
    if is_gone:
        await _dispatch(inbound, "Delete", author, uri)
        return
    updated = read_object(document, allow_http=site.settings.is_development).updated
    if updated is not None and updated > (post.edited_at or post.created_at):
        await _dispatch(inbound, "Update", author, document)


async def _dispatch(inbound: Inbound, kind: str, author: Actor, obj: dict[str, Any] | str) -> None:
    """Let it happen as if the author's own host had sent it: that is where it was read. There is no text to pass on."""
    fed = inbound.federation
    uri = obj if isinstance(obj, str) else id_of(obj)
    document = {"id": f"{uri}#read", "type": kind, "actor": author.uri, "object": obj, "to": [AS_PUBLIC]}
    activity = read_activity(document, allow_http=fed.config.development)
    await dispatch(Inbound(fed, activity, author, document, "", is_asked_for=True, fetches=inbound.fetches))
