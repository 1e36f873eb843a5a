"""What other servers report to us."""

from __future__ import annotations

from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import Refused
from moderation.models import Case
from moderation.reporting import MAX_COMMENT, MAX_POSTS, tell_moderators
from sebangsa.models import Post
from sebangsa.site import Site
from sebangsa.text.plain import html_to_plain


async def receive_flag(site: Site, inbound: Inbound) -> None:
    """A report about one of ours: Mastodon sends a list with the account in it, Lemmy a single post."""
    activity = inbound.activity
    posts = await Post.filter(uri__in=activity.object_ids[: MAX_POSTS + 1], is_local=True)
    accused = await Actor.filter(uri__in=activity.object_ids[: MAX_POSTS + 1], host="").first()
    if accused is None and posts:
        accused = await Actor.get(id=posts[0].author_id)
    if accused is None:
        raise Refused("not-found", "nobody of ours is reported")
    if await Case.exists(uri=activity.id):
        return
    case = await Case.create(
        id=site.ids.next(),
        uri=activity.id,
        reporter=inbound.actor,
        accused=accused,
        post_ids=[post.id for post in posts if post.author_id == accused.id],
        comment=html_to_plain(activity.content or activity.summary)[:MAX_COMMENT],
        created_at=site.clock.now(),
    )
    await tell_moderators(site, case)
