"""Reports as the moderators' pages show them: those about the same thing as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from federation.models import Actor
from moderation.models import Case
from moderation.pages import cards
from moderation.subjects import Subject, subject_of
from sebangsa.site import Site
from sebangsa.web.pieces import Face
from sebangsa.web.presenting import PostView, face_of


@dataclass(frozen=True, slots=True)
class Voice:
    """One report about it."""

    reporter: Face
    comment: str
    rule: str
    is_forwarded: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """What is reported, and by whom. `gone` counts named posts that their author deleted since."""

    id: int
    accused: Face
    is_suspended: bool
    posts: list[PostView]
    gone: int
    community: Face | None = None
    voices: list[Voice] = field(default_factory=list)


async def case_views(
    site: Site, viewer: Actor, cases: Sequence[Case], *, within: Actor | None = None
) -> list[CaseView]:
    """Cases, loaded with reporter, accused and community. Moderators of a community see what stands `within` it only."""
    posts = await cards(site, viewer, [post_id for case in cases for post_id in case.post_ids], within=within)
    found: dict[Subject, CaseView] = {}
    for case in cases:
        view = found.get(subject_of(case))
        if view is None:
            view = found[subject_of(case)] = CaseView(
                id=case.id,
                accused=face_of(site, case.accused),
                is_suspended=case.accused.suspended_at is not None,
                posts=[posts[post_id] for post_id in case.post_ids if post_id in posts],
                gone=sum(post_id not in posts for post_id in case.post_ids) if within is None else 0,
                community=face_of(site, case.community) if case.community else None,
            )
        view.voices.append(
            Voice(face_of(site, case.reporter), case.comment, case.rule, case.is_forwarded, case.created_at)
        )
    return list(found.values())
