"""What a community says of itself, and how that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from communities import wire
from communities.authority import must_moderate
from communities.closing import close_posts
from communities.enacting import enact
from communities.flairs import read_lines
from communities.log import write_log
from communities.models import Community, JoinMode, Posting
from communities.rules import numbered_rules
from federation.actor_document import actor_document
from federation.database import transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.vocabulary import AS_PUBLIC
from federation.wire import text_of
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.flair import flair_tag, flairs_of
from sebangsa.text.markdown import render_markdown
from sebangsa.text.plain import clean_name, html_to_plain
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_TITLE = 100
MAX_SIDEBAR = 10_000
MAX_RULES = 5_000


@dataclass(frozen=True)
class Description:
    """What owners and moderators say of their community. `sidebar` is Markdown; `rules` are one a line."""

    title: str = ""
    sidebar: str = ""
    rules: str = ""
    language: str = ""
    join_mode: JoinMode = JoinMode.OPEN
    join_question: str = ""
    posting: Posting = Posting.ANYONE
    is_listed: bool = True
    icon_url: str = ""
    flairs: str | None = None  # one a line; None leaves them


def check_description(about: Description) -> None:
    """Raises `Invalid` with the field that is too long."""
    if len(about.title) > MAX_TITLE:
        raise Invalid("title-long", "A title has at most %(most)s characters.", field="title", most=MAX_TITLE)
    if len(about.sidebar) > MAX_SIDEBAR:
        raise Invalid(
            "sidebar-long",
            "The description has at most %(most)s characters.",
            field="sidebar",
            most=MAX_SIDEBAR,
        )
    if len(about.rules) > MAX_RULES:
        raise Invalid(
            "rules-long", "The rules have at most %(most)s characters.", field="rules", most=MAX_RULES
        )


async def describe_community(site: Site, editor: Actor, community: Actor, about: Description) -> None:
    """Change what a community of ours says of itself, and tell its followers. Raises `NotAllowed`, `Invalid`."""
    await must_moderate(community, editor)
    if not community.is_local:
        raise NotAllowed("not-ours", "This community is described on its own server.")
    check_description(about)
    rules = await Community.get(actor_id=community.id)
    async with transaction():
        await write_description(site, community, rules, about)
        await write_log(site, community, editor, "settings")
        await _publish(site, editor, community, "")


async def apply_remote_edit(
    site: Site, editor: Actor, community: Actor, document: Mapping[str, Any], activity: str
) -> None:
    """Take over what a remote moderator's `Update` says of a community of ours: title, description, who may post.

    In the transaction under way. Keys, addresses and moderators in the document count nothing. Raises `Invalid`.
    """
    rules = await Community.get(actor_id=community.id)
    source = document.get("source")
    sidebar = text_of(source.get("content"), limit=MAX_SIDEBAR) if isinstance(source, dict) else ""
    restricted = document.get("postingRestrictedToMods")
    posting = rules.posting
    if restricted is True:
        posting = Posting.MODERATORS
    elif restricted is False and posting == Posting.MODERATORS:
        posting = Posting.ANYONE
    about = Description(
        title=text_of(document.get("name"), limit=MAX_TITLE) or community.name,
        sidebar=sidebar or html_to_plain(text_of(document.get("summary"), limit=MAX_SIDEBAR)),
        rules=rules.rules,
        language=rules.language,
        join_mode=rules.join_mode,
        join_question=rules.join_question,
        posting=posting,
        is_listed=community.discoverable,
    )
    check_description(about)
    await write_description(site, community, rules, about)
    await write_log(site, community, editor, "settings")
    await _publish(site, editor, community, activity)


async def write_description(site: Site, community: Actor, rules: Community, about: Description) -> None:
    """Write both rows, in the transaction under way. Raises `Invalid` for a private community that would open: its
    members wrote in confidence.
    """
    is_private, was_private = (mode == JoinMode.PRIVATE for mode in (about.join_mode, rules.join_mode))
    if was_private and not is_private:
        raise Invalid("stays-private", "A private community stays private.", field="join_mode")
    await rules.change(
        rules=about.rules.strip(),
        language=about.language[:16],
        join_mode=about.join_mode,
        join_question=clean_name(about.join_question, 500),
        posting=about.posting,
    )
    sidebar = about.sidebar.strip().replace("\x00", "")
    flairs = flairs_of(community) if about.flairs is None else read_lines(community, about.flairs)
    await community.change(
        name=clean_name(about.title, MAX_TITLE) or community.username,
        source=sidebar,
        summary=render_markdown(_with_rules(sidebar, rules)),
        icon_url=about.icon_url or community.icon_url,
        discoverable=about.is_listed and not is_private,
        manually_approves_followers=about.join_mode != JoinMode.OPEN,
        extra=wire.group_extra(community, rules)
        | ({"tag": [flair_tag(one) for one in flairs]} if flairs else {}),
        updated_at=site.clock.now(),
    )
    if is_private and not was_private:
        await close_posts(site, community)
        await community.refresh_from_db()


def _with_rules(sidebar: str, rules: Community) -> str:
    """Servers that know no rules show them with the description."""
    return "\n\n".join(part for part in (sidebar, "\n".join(numbered_rules(rules))) if part)


async def _publish(site: Site, editor: Actor, community: Actor, received: str) -> None:
    """Microblogs read an `Update` by the group itself, Lemmy one by a moderator that the group announces."""
    document = await actor_document(site.federation.config, community)
    del document["@context"]
    everybody, members = [AS_PUBLIC], [community.followers_url]
    to, cc = (members, []) if community.is_members_only else (everybody, members)
    update = activity_about("Update", community, document, to=to, cc=cc)
    await publish(site.federation, community, update, Audience(followers_of=[community]))
    await enact(site, editor, community, wire.moderation("Update", editor, community, document), received)
