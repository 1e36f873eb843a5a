"""What this feature brings."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from civic_bridge import erasing, inbound, mirroring, plain_replies, receiving
from civic_bridge.commands import body, reports
from civic_bridge.desk import waiting_for
from civic_bridge.panels import report_panel
from civic_bridge.routes import ROUTES
from sebangsa.features import Feature, NavItem

if TYPE_CHECKING:
    from sebangsa.site import Site


def register(site: Site) -> None:
    """Hang events into the site's hooks, and the timeline under reports' posts."""
    site.hooks.also_addressed.listen(receiving.address_office)
    site.hooks.post_created.listen(partial(receiving.see_post, site))
    site.hooks.post_edited.listen(partial(receiving.see_edit, site))
    site.hooks.post_deleted.listen(erasing.erase_report)
    site.hooks.actor_deleted.listen(erasing.forget_officer)
    site.panels.append(report_panel)
    site.badges["/desk"] = waiting_for


FEATURE = Feature(
    name="civic_bridge",
    demo="civic_bridge.demo",
    models=("civic_bridge.models",),
    routes=tuple(ROUTES),
    inbound={
        "Create": inbound.prepare_step,
        "Offer": inbound.receive_offer,
        "Accept": inbound.receive_accept,
        "Reject": inbound.receive_reject,
    },
    jobs={
        "announce_report_status": mirroring.announce_status,
        "read_report_history": mirroring.read_home_history,
        "answer_plain_reply": plain_replies.answer_plain_reply,
    },
    navigation=(
        NavItem("Reports", "/reports", "map-pin", 30),
        NavItem("Desk", "/desk", "landmark", 45, requires_sign_in=True, is_for_some=True),
    ),
    commands=(body, reports),
    templates=Path(__file__).parent / "templates",
    register=register,
)
