"""Finding communities and their rules."""

from __future__ import annotations

from communities.models import Community, Posting
from federation.models import Actor
from sebangsa.errors import Invalid, NotFound

MAX_CITED = 500
"""Characters of a rule where it is cited."""


async def community_by_name(name: str) -> Actor:
    """The community with this name: `name` for ours, `name@domain` for one that we know. Raises `NotFound`."""
    local, at, domain = name.lower().removeprefix("!").partition("@")
    if not local or "\x00" in name or (at and not domain):  # PostgreSQL takes no NUL, not even to compare
        raise NotFound("There is no such community here.")
    query = Actor.filter(username=local, type="Group", deleted_at=None, suspended_at=None)
    found = await (query.filter(domain=domain) if domain else query.filter(local_name=local)).first()
    if found is None:
        raise NotFound("There is no such community here.")
    return found


async def rules_of(community: Actor) -> Community:
    """A community's rules; for one elsewhere what its document says."""
    found = await Community.get_or_none(actor_id=community.id)
    if found is None:
        found = Community(actor=community)
    if not community.is_local and community.extra.get("postingRestrictedToMods") is True:
        found.posting = Posting.MODERATORS
    return found


def numbered_rules(rules: Community) -> list[str]:
    """The rules as they are shown and cited: `1. No ads`."""
    lines = [line.strip() for line in rules.rules.splitlines() if line.strip()]
    return [f"{number}. {line}" for number, line in enumerate(lines, 1)]


async def cited_rule(community: Actor, number: str) -> str:
    """The rule that a form names by its number, "" for none. Raises `Invalid`."""
    if not number:
        return ""
    rules = numbered_rules(await rules_of(community))
    if not number.isascii() or not number.isdigit() or len(number) > 4 or not 0 < int(number) <= len(rules):
        raise Invalid("rule-unknown", "The community has no rule with that number.", field="rule")
    return rules[int(number) - 1][:MAX_CITED]


def with_rule(rule: str, text: str) -> str:
    """A reason that begins with the rule that was broken, as other servers show it."""
    return "\n".join(part for part in (rule, text.strip()) if part)
