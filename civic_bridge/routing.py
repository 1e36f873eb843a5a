"""Which office answers for a place and a category."""

from __future__ import annotations

from collections.abc import Sequence

from civic_bridge.areas import with_ancestors
from civic_bridge.models import Body, CivicCommunity
from federation.models import Actor

SETS_STATUS = ("A", "B", "C")
"""Tiers whose word counts; D is only an office's own claim."""


def best_match(bodies: Sequence[Body], area_code: str, category: str) -> Body | None:
    """The body with the longest matching area; among those the one that names the category most exactly.

    A body of tier D is never chosen. The lower id breaks a tie, so that the choice is the same every time.
    """
    above = with_ancestors(area_code)
    group = category.partition("-")[0]
    best: tuple[tuple[int, int, int], Body] | None = None
    for body in bodies:
        if body.tier not in SETS_STATUS or not body.is_active:
            continue
        areas = [len(code) for code in body.areas if code in above]
        services = [
            exactness
            for exactness, service in ((3, category), (2, group), (1, "*"))
            if service in body.services
        ]
        if not areas or not services:
            continue
        rank = (max(areas), services[0], -body.id)
        if best is None or rank > best[0]:
            best = (rank, body)
    return best[1] if best else None


async def body_for(area_code: str, category: str, community: Actor | None = None) -> Body | None:
    """The office that a new report goes to: by place and category, else the community's own; None for none."""
    bodies = await Body.filter(
        is_active=True, actor__suspended_at__isnull=True, actor__deleted_at__isnull=True
    ).select_related("actor")
    found = best_match(bodies, area_code, category)
    if found is None and community is not None:
        civic = await CivicCommunity.get_or_none(actor_id=community.id).select_related("default_body__actor")
        found = civic.default_body if civic else None
        if found is not None and (found.tier not in SETS_STATUS or not found.is_active):
            found = None
    return found
