"""What this feature brings."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from communities import (
    announced,
    announcing,
    announcing_votes,
    audiences,
    counting,
    flairs,
    forwarding,
    gates,
    inbound,
    joined,
    membership,
    moving,
    repairing,
    succession,
)
from communities.commands import community
from communities.feeds import changing as feeds_changing
from communities.feeds import copying as feeds_copying
from communities.feeds import joining as feeds_joining
from communities.panels import moderation_panel
from communities.post_pages import cross_post_action, cross_post_panel, flair_panel
from communities.routes import ROUTES
from sebangsa.features import Feature, NavItem, Periodic

if TYPE_CHECKING:
    from sebangsa.site import Site


def register(site: Site) -> None:
    """Hang gates and events into the site's hooks."""
    hooks = site.hooks
    hooks.may_post.guard(partial(gates.may_post, site))
    hooks.may_post.guard(moving.may_post)
    hooks.may_follow.guard(moving.may_follow)
    hooks.moved.listen(partial(moving.after_move, site))
    hooks.may_edit.guard(partial(gates.may_edit, site))
    hooks.may_vote.guard(partial(gates.may_vote, site))
    hooks.may_react.guard(partial(gates.may_react, site))
    hooks.may_attend.guard(partial(gates.may_attend, site))
    hooks.may_follow.guard(partial(gates.may_follow, site))
    hooks.post_created.listen(partial(flairs.label_new, site))
    hooks.post_edited.listen(partial(flairs.label_edited, site))
    hooks.post_created.listen(partial(counting.count_new, site))
    hooks.post_deleted.listen(partial(counting.count_deletion, site))
    hooks.post_restored.listen(partial(counting.count_restored, site))
    hooks.post_created.listen(partial(announcing.announce_new, site))
    hooks.post_edited.listen(partial(announcing.announce_edit, site))
    hooks.post_deleted.listen(partial(announcing.announce_deletion, site))
    hooks.reacted.listen(partial(announcing.announce_reaction, site))
    hooks.voted.listen(partial(announcing_votes.announce_vote, site, announcing_votes.Pace(site.clock)))
    hooks.poll_voted.listen(partial(announcing.pass_on_choice, site))
    hooks.recounted.listen(partial(announcing.announce_edit, site))
    hooks.leaving.listen(partial(membership.give_up_role, site))
    hooks.post_hidden.listen(counting.count_hidden)
    hooks.post_shown.listen(counting.count_shown)
    hooks.followed.listen(partial(audiences.ask_for_software, site))
    hooks.leaves_behind.listen(succession.leaves_behind)
    hooks.actor_deleted.listen(partial(succession.hand_over, site))
    hooks.actor_deleted.listen(partial(announcing.announce_end_of_account, site))
    forwarding.register(site)
    hooks.actor_deleted.listen(partial(feeds_changing.forget_actor, site))
    hooks.may_follow.guard(feeds_joining.may_follow)
    hooks.followed.listen(partial(feeds_joining.after_follow, site))
    hooks.unfollowed.listen(feeds_joining.after_unfollow)
    site.panels.extend([cross_post_panel, flair_panel, moderation_panel])
    site.post_actions.append(cross_post_action)


FEATURE = Feature(
    name="communities",
    demo="communities.demo",
    models=("communities.models", "communities.feeds.models"),
    routes=tuple(ROUTES),
    inbound={
        "Announce": announced.receive_announce,
        "Create": inbound.receive_create,
        "Update": inbound.receive_update,
        "Delete": inbound.receive_delete,
        "Add": inbound.receive_add,
        "Remove": inbound.receive_remove,
        "Move": inbound.receive_move,
        "Block": inbound.receive_block,
        "Lock": inbound.receive_lock,
        "Warn": inbound.receive_warn,
        "Join": joined.receive_join,
        "Leave": joined.receive_leave,
        "Undo/Join": joined.receive_undo_join,
        "Like": inbound.receive_vote,
        "Dislike": inbound.receive_vote,
        "EmojiReact": inbound.receive_vote,
        "Undo/Like": inbound.receive_vote,
        "Undo/Dislike": inbound.receive_vote,
        "Undo/EmojiReact": inbound.receive_vote,
        "Undo/Delete": inbound.receive_undo_delete,
        "Undo/Block": inbound.receive_undo_block,
        "Undo/Lock": inbound.receive_undo_lock,
    },
    jobs={
        "announce_votes": announcing_votes.announce_votes,
        "compare_community": repairing.compare_community,
        "plan_comparisons": repairing.plan_comparisons,
        "read_forwarded": forwarding.read_forwarded,
        "read_feed": feeds_copying.read_feed,
        "join_communities_of_feed": feeds_joining.join_communities_of_feed,
        "join_community_of_feed": feeds_joining.join_community_of_feed,
    },
    periodic=(Periodic("announce_votes", 30), Periodic("plan_comparisons", 600)),
    navigation=(NavItem("Communities", "/communities", "users", 20),),
    commands=(community,),
    templates=Path(__file__).parent / "templates",
    register=register,
)
