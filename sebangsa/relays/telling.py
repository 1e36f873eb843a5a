"""Public posts of ours go to relays: as they are (Mastodon's way), or by their id (LitePub's)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation import strict_json
from federation.database import after_commit
from federation.fan_out import write_deliveries
from federation.local_actors import server_actor
from federation.models import Actor, OutboundActivity
from federation.outbox import Audience, publish
from federation.vocabulary import AS_PUBLIC
from sebangsa.hooks import Origin
from sebangsa.models import Post, RelayKind, Visibility
from sebangsa.relays.confirmed import ConfirmedRelay, confirmed_relays
from sebangsa.visibility import may_read
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site


def register(site: Site) -> None:
    """Listen to what is posted, edited and deleted here."""

    async def created(post: Post, origin: Origin) -> None:
        for_relays = await _takers(site, post)
        if not for_relays or not await _may_be_relayed(site, post):
            return
        await _pass_on(site, origin, [relay for relay in for_relays if relay.kind is RelayKind.MASTODON])
        await _announce(site, post, [relay for relay in for_relays if relay.kind is RelayKind.LITEPUB])

    async def edited(post: Post, origin: Origin) -> None:
        for_relays = await _takers(site, post)
        if for_relays and await _may_be_relayed(site, post):
            await _pass_on(site, origin, for_relays)

    async def deleted(post: Post, origin: Origin) -> None:
        # Whatever the author chose since: what was relayed once must be taken back everywhere.
        await _pass_on(site, origin, await _takers(site, post))

    async def ended(actor: Actor, origin: Origin) -> None:
        if actor.is_local:
            await _pass_on(site, origin, [r for r in await confirmed_relays(site).current() if r.takes_posts])

    site.hooks.actor_deleted.listen(ended)
    site.hooks.post_created.listen(created)
    site.hooks.post_edited.listen(edited)
    site.hooks.post_deleted.listen(deleted)


async def _takers(site: Site, post: Post) -> list[ConfirmedRelay]:
    """The relays that a post of ours might go to: public, and the opening of its thread."""
    if not post.is_local or post.visibility != Visibility.PUBLIC or post.in_reply_to_id is not None:
        return []
    return [relay for relay in await confirmed_relays(site).current() if relay.takes_posts]


async def _may_be_relayed(site: Site, post: Post) -> bool:
    """Whether its author, and its community, let themselves be found, and anybody may read it."""
    if not (await Actor.get(id=post.author_id)).discoverable:
        return False
    if post.community_id is not None and not (await Actor.get(id=post.community_id)).discoverable:
        return False
    return await may_read(site, None, post)


async def _pass_on(site: Site, origin: Origin, relays: list[ConfirmedRelay]) -> None:
    if not relays or not origin.activity:
        return
    uri = str(strict_json.parse_object(origin.activity.encode())["id"])
    row = await OutboundActivity.get(uri=uri)
    inboxes = {relay.inbox_url: relay.host for relay in relays}
    if await write_deliveries(site.federation, row.id, inboxes, low_priority=True):
        after_commit(lambda: site.federation.wake("deliver"))


async def _announce(site: Site, post: Post, relays: list[ConfirmedRelay]) -> None:
    if not relays:
        return
    us = await server_actor(site.federation)
    activity = activity_about("Announce", us, post.uri, to=[us.followers_url], cc=[AS_PUBLIC])
    audience = Audience(inbox_urls=[relay.inbox_url for relay in relays], low_priority=True)
    await publish(site.federation, us, activity, audience, is_public=True)
