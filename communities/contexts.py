"""A community takes a whole thread out, or in: `Remove`, `Add` and `Move` of a context (NodeBB, FEP-7888, FEP-f228).

Whether the actor may moderate there was asked before. Ours are not moderated like this: no page here moves threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise.expressions import Q

from communities.closing import close_posts
from communities.counting import count_thread
from communities.log import write_log
from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire import id_of, read_collection, read_object
from sebangsa.models import Post, Visibility
from sebangsa.receiving import is_written_to
from sebangsa.visibility import OPEN

if TYPE_CHECKING:
    from sebangsa.site import Site


async def take_out(site: Site, inbound: Inbound, community: Actor) -> None:
    """The thread stays with its authors and stands in no community any more. In the transaction under way."""
    root = await _thread_in(inbound, community)
    if root is not None:
        await _file(site, inbound, root, community, None)


async def put_in(site: Site, inbound: Inbound, community: Actor) -> None:
    """The thread stands in the community from now on. Never one that stands in another: nobody takes what is theirs.

    A thread of another server only where it is addressed to the community: a hostile one could adorn itself with anybody's.
    May raise `Missing`, `Refused`.
    """
    _must_be_elsewhere(community)
    root = await _first_of(inbound)
    if root is None or root.community_id == community.id:
        return
    if root.community_id is not None or root.visibility not in OPEN:
        raise Refused("not-allowed", "the thread is not the community's to take")
    if host_of(root.uri) != community.host:
        if root.is_local:
            raise Refused("not-allowed", "its author did not write it into that community")
        found = read_object(inbound.document_at(root.uri), allow_http=site.settings.is_development)
        if not is_written_to(found, community):
            raise Refused("not-allowed", "its author did not write it into that community")
    await _file(site, inbound, root, None, community)


async def move(site: Site, inbound: Inbound, origin: Actor, target: Actor) -> None:
    """From one community to another. In the transaction under way."""
    root = await _thread_in(inbound, origin)
    if root is not None:
        await _file(site, inbound, root, origin, target)


async def _thread_in(inbound: Inbound, community: Actor) -> Post | None:
    """The opening post of the context that is spoken of, if it stands in the community. May raise `Missing`.

    By the context that the post names; a post of ours keeps its own, and is found as the first of the other server's.
    """
    _must_be_elsewhere(community)
    uri = inbound.activity.object_id
    root = await Post.filter(
        community_id=community.id, conversation=uri, in_reply_to_id__isnull=True, boost_of_id__isnull=True
    ).first()
    if root is None:
        root = await _first_of(inbound)
    return root if root is not None and root.community_id == community.id else None


async def _first_of(inbound: Inbound) -> Post | None:
    """The opening post of a context, as the context's own host lists it; that must be the actor's."""
    uri = inbound.activity.object_id
    if not uri or host_of(uri) != host_of(inbound.actor.uri):
        raise Refused("not-allowed", "the context is another server's")
    collection = read_collection(inbound.document_at(uri))
    page = collection.first_page or collection
    if not page.items and page.first:
        page = read_collection(inbound.document_at(page.first))
    first = id_of(page.items[0]) if page.items else None
    found = await Post.get_or_none(uri=first, boost_of_id=None) if first else None
    return found if found is not None and found.in_reply_to_id is None else None


def _must_be_elsewhere(community: Actor) -> None:
    if community.is_local:
        raise Refused("not-allowed", "threads of communities here are not moved by others")


async def _file(site: Site, inbound: Inbound, root: Post, origin: Actor | None, target: Actor | None) -> None:
    """Write where a thread stands, with all its comments that stood there, and both logs. What is for members of one
    community is not thereby for those of another (S-039): it only leaves the first.
    """
    if root.visibility == Visibility.MEMBERS:
        target = None
    thread = Post.filter(Q(id=root.id) | Q(root_id=root.id), community_id=root.community_id)
    await count_thread(root, -1)
    await thread.update(community_id=target.id if target else None, is_pinned=False)
    root.community_id = target.id if target else None
    if target is not None and target.is_members_only:
        await close_posts(site, target)
        await root.refresh_from_db(fields=["visibility"])
    await count_thread(root, +1)
    if origin is not None:
        await write_log(site, origin, inbound.actor, "take-out", post=root)
    if target is not None:
        await write_log(site, target, inbound.actor, "put-in", post=root)
