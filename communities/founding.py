"""Communities are founded and described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from communities import wire
from communities.announcing import announce_activity
from communities.authority import must_moderate
from communities.log import write_log
from communities.models import Community, JoinMode, Membership, Posting, Role
from federation.actor_document import actor_document
from federation.database import transaction
from federation.local_actors import create_local_actor
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa import following
from sebangsa.errors import Invalid, NotFound
from sebangsa.text.handles import valid_local_name
from sebangsa.text.markdown import render_markdown
from sebangsa.text.plain import clean_name
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_NAME = 20
"""Letters of a community's name: Lemmy takes no longer ones."""
MAX_TITLE = 100
MAX_SIDEBAR = 10_000
MAX_RULES = 5_000


@dataclass(frozen=True)
class Description:
    """What owners and moderators say of their community. `sidebar` is Markdown; `rules` one a line."""

    title: str = ""
    sidebar: str = ""
    rules: str = ""
    language: str = ""
    join_mode: JoinMode = JoinMode.OPEN
    join_question: str = ""
    posting: Posting = Posting.ANYONE
    is_local_only: bool = False
    is_listed: bool = True
    icon_url: str = ""


async def create_community(site: Site, name: str, owner: Actor, about: Description) -> Actor:
    """Found a community; its founder owns and follows it. Returns its actor.

    People and communities share one name space: Mastodon cannot see a person and a group with one handle.
    Raises `Invalid` with the field.
    """
    name = name.strip().lower()
    if not valid_local_name(name) or len(name) > MAX_NAME:
        raise Invalid("name-invalid", f"A name has 1 to {MAX_NAME} letters a to z, digits or _.", field="name")
    if await Actor.exists(local_name=name):
        raise Invalid("name-taken", "That name is taken.", field="name")
    _check(about)
    now = site.clock.now()
    try:
        async with transaction():
            community = await create_local_actor(site.federation, "Group", name)
            rules = Community(id=site.ids.next(), actor=community, created_at=now)
            await _describe(site, community, rules, about)
            await rules.save()
            await Membership.create(
                id=site.ids.next(), community=community, actor=owner, role=Role.OWNER, created_at=now
            )
            if owner.is_local:
                await following.follow(site, owner, community)
    except IntegrityError as error:
        raise Invalid("name-taken", "That name is taken.", field="name") from error
    return await Actor.get(id=community.id)


async def describe_community(site: Site, editor: Actor, community: Actor, about: Description) -> None:
    """Change what a community says of itself; its followers' servers are told. Raises `NotAllowed`, `Invalid`."""
    await must_moderate(community, editor)
    if not community.is_local:
        raise NotFound
    _check(about)
    rules = await Community.get(actor_id=community.id)
    async with transaction():
        await _describe(site, community, rules, about)
        await rules.save()
        await write_log(site, community, editor, "settings")
        await publish_description(site, community)


async def publish_description(site: Site, community: Actor) -> None:
    """`Update{Group}` by the group itself, to its followers, in the transaction under way."""
    document = await actor_document(site.federation.config, community)
    del document["@context"]
    update = activity_about("Update", community, document, to=[wire.AS_PUBLIC], cc=[community.followers_url])
    # Microblogs read it as it is, the threadiverse only inside the group's Announce.
    sent = await publish(site.federation, community, update, Audience(followers_of=[community]))
    await announce_activity(site, community, sent.body)


def _check(about: Description) -> None:
    if len(about.title) > MAX_TITLE:
        raise Invalid("title-long", f"A title has at most {MAX_TITLE} characters.", field="title")
    if len(about.sidebar) > MAX_SIDEBAR:
        raise Invalid("sidebar-long", f"The description has at most {MAX_SIDEBAR} characters.", field="sidebar")
    if len(about.rules) > MAX_RULES:
        raise Invalid("rules-long", f"The rules have at most {MAX_RULES} characters.", field="rules")


async def _describe(site: Site, community: Actor, rules: Community, about: Description) -> None:
    rules.rules = about.rules.strip()
    rules.language = about.language[:16]
    rules.join_mode, rules.join_question = about.join_mode, clean_name(about.join_question, 500)
    rules.posting, rules.is_local_only = about.posting, about.is_local_only
    community.name = clean_name(about.title, MAX_TITLE) or community.username
    community.source = about.sidebar.strip().replace("\x00", "")
    community.summary = render_markdown(_with_rules(community.source, rules.rules))
    community.icon_url = about.icon_url or community.icon_url
    community.discoverable = about.is_listed
    community.manually_approves_followers = about.join_mode == JoinMode.APPROVAL
    community.extra = wire.group_extra(rules)
    community.updated_at = site.clock.now()
    await community.save()


def _with_rules(sidebar: str, rules: str) -> str:
    """Servers that know no rules show them with the description."""
    lines = [line.strip() for line in rules.splitlines() if line.strip()]
    numbered = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    return "\n\n".join(part for part in (sidebar, numbered) if part)


async def community_by_name(name: str) -> Actor:
    """The community with this name, `name` for ours, `name@domain` for a known one. Raises `NotFound`."""
    local, _, domain = name.lower().removeprefix("!").partition("@")
    query = Actor.filter(username=local, type="Group", deleted_at=None, suspended_at=None)
    found = await (query.filter(domain=domain) if domain else query.filter(local_name=local)).first()
    if found is None:
        raise NotFound("There is no such community here.")
    return found


async def rules_of(community: Actor) -> Community:
    """A community's rules; the open ones for one elsewhere that we keep no row of."""
    found = await Community.get_or_none(actor_id=community.id)
    return found or Community(actor=community, posting=_remote_posting(community))


def _remote_posting(community: Actor) -> Posting:
    return Posting.MODERATORS if community.extra.get("postingRestrictedToMods") is True else Posting.ANYONE
