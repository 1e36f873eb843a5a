"""What moderation brings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from moderation import inbound
from moderation.commands import domain
from moderation.community_pages import reports_tab
from moderation.domains import gate_of
from moderation.models import Case, CaseState
from moderation.panels import removal_panel
from moderation.removing import may_show_again
from moderation.routes import ROUTES
from sebangsa.features import Feature, NavItem
from sebangsa.web.pieces import Action

if TYPE_CHECKING:
    from federation.models import Actor
    from sebangsa.models import Post, User
    from sebangsa.site import Site


def register(site: Site) -> None:
    """Hang the gate of blocked domains and suspended actors into the protocol, reporting into the menus."""
    site.federation.registry.gates.append(gate_of(site).refuse)
    site.hooks.may_show_again.guard(may_show_again)
    site.about_links.append(Action("What moderators did", "shield", href="/moderation/log"))
    site.post_actions.append(report_post)
    site.panels.append(removal_panel)
    site.moderator_tabs.append(reports_tab)
    site.badges["/moderation"] = open_cases
    site.actor_actions.append(report_actor)


async def open_cases(user: User) -> int | None:
    """How many reports wait for the moderators; None for everybody else."""
    if not user.is_moderator:
        return None
    return await Case.filter(state=CaseState.OPEN, is_for_site=True).count()


def report_post(post: Post, viewer: Actor | None) -> Action | None:
    """Whoever is signed in can report what others wrote."""
    if viewer is None or viewer.id == post.author_id:
        return None
    return Action("Report", "flag", href=f"/moderation/report?post={post.id}")


def report_actor(actor: Actor, viewer: User | None) -> Action | None:
    """Whoever is signed in can report others; moderators act themselves."""
    if viewer is None or viewer.actor_id == actor.id:
        return None
    if viewer.is_moderator:
        return Action("Moderate", "shield", href=f"/moderation/people/{quote(actor.handle)}")
    return Action("Report", "flag", href=f"/moderation/report?account={quote(actor.handle)}")


FEATURE = Feature(
    name="moderation",
    models=("moderation.models",),
    routes=tuple(ROUTES),
    inbound={"Flag": inbound.receive_flag, "Resolve": inbound.receive_resolve},
    navigation=(NavItem("Moderation", "/moderation", "shield", 90, is_for_some=True),),
    commands=(domain,),
    templates=Path(__file__).parent / "templates",
    register=register,
)
