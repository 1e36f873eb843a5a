"""The ground feature: people, posts, sign-in, client API, pages."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sebangsa import (
    backfilling,
    broadcasting,
    erasing,
    followers_repair,
    inbound,
    jobs,
    mailing,
    moved,
    moving,
    quoted,
    rejecting,
    uploads,
    verifying,
    voted,
)
from sebangsa.api.routes import ROUTES as API_ROUTES
from sebangsa.api.streaming import ROUTES as STREAMING_ROUTES
from sebangsa.c2s.routes import ROUTES as C2S_ROUTES
from sebangsa.events.jobs import remind_of_events, tell_who_come
from sebangsa.events.receiving import receive_join, receive_leave, receive_undo_join
from sebangsa.features import Feature, NavItem, Periodic
from sebangsa.polls.jobs import refresh_poll, tend_polls
from sebangsa.polls.receiving import receive_poll_vote
from sebangsa.receiving import look_for_posts
from sebangsa.relays import receiving as relays_receiving
from sebangsa.relays import telling as relays_telling
from sebangsa.web.events import ROUTES as EVENT_ROUTES
from sebangsa.web.reaching import reach_panel
from sebangsa.web.refusing import refusal_panel
from sebangsa.web.routes import ROUTES as PAGE_ROUTES

if TYPE_CHECKING:
    from sebangsa.site import Site


def register(site: Site) -> None:
    """Hang gates and listeners into the site's hooks."""
    site.federation.registry.look_ahead.append(look_for_posts)
    broadcasting.register(site)
    moving.register(site)
    site.hooks.post_read.listen(partial(quoted.note_quote, site))
    site.hooks.followed.listen(partial(backfilling.after_follow, site))
    site.panels.extend([refusal_panel, reach_panel])
    rejecting.register(site)
    followers_repair.register(site)
    relays_receiving.register(site)
    relays_telling.register(site)


FEATURE = Feature(
    name="sebangsa",
    models=("sebangsa.models", "sebangsa.api.models", "sebangsa.queue.models"),
    routes=(*API_ROUTES, *STREAMING_ROUTES, *C2S_ROUTES, *PAGE_ROUTES, *EVENT_ROUTES),
    inbound={
        "Create": inbound.receive_create,
        "Update": inbound.receive_update,
        "Delete": inbound.receive_delete,
        "Follow": inbound.receive_follow,
        "Accept": inbound.receive_accept,
        "Reject": inbound.receive_reject,
        "Like": voted.receive_like,
        "Dislike": voted.receive_dislike,
        "EmojiReact": voted.receive_emoji_react,
        "Announce": inbound.receive_announce,
        "Move": moved.receive_move,
        "QuoteRequest": quoted.receive_quote_request,
        "PollVote": receive_poll_vote,
        "Join": receive_join,
        "Leave": receive_leave,
        "Undo/Join": receive_undo_join,
        "Undo/Follow": inbound.receive_undo_follow,
        "Undo/Like": voted.receive_undo_vote,
        "Undo/Dislike": voted.receive_undo_vote,
        "Undo/EmojiReact": voted.receive_undo_emoji_react,
        "Undo/Announce": inbound.receive_undo_announce,
        "Undo/Delete": inbound.receive_undo_delete,
        "Undo/unknown": inbound.receive_undo_unknown,
    },
    jobs={
        "process_inbox": jobs.run_inbox,
        "deliver": jobs.run_deliveries,
        "run_jobs": jobs.run_jobs,
        "sweep": jobs.run_sweep,
        "learn_software": jobs.learn_software,
        "meet_peers": jobs.meet_peers,
        "delete_media": jobs.delete_media,
        "mail_password_link": mailing.mail_password_link,
        "mail_welcome": mailing.mail_welcome,
        "erase_account": erasing.erase_account,
        "verify_links": verifying.verify_links,
        "backfill": backfilling.backfill,
        "read_quote": quoted.read_quote,
        "read_old_quote": quoted.read_old_quote,
        "carry_followers": moving.carry_followers,
        "compare_followers": followers_repair.compare_followers,
        "drop_unused_uploads": uploads.drop_unused,
        "tend_polls": tend_polls,
        "refresh_poll": refresh_poll,
        "remind_of_events": remind_of_events,
        "tell_who_come": tell_who_come,
    },
    periodic=(
        Periodic("sweep", 30),
        Periodic("meet_peers", 300),
        Periodic("drop_unused_uploads", 3600),
        Periodic("tend_polls", 60),
        Periodic("remind_of_events", 300),
        Periodic("tell_who_come", 60),
    ),
    navigation=(
        NavItem("Home", "/", "house", 10),
        NavItem("My events", "/calendar", "calendar", 50, requires_sign_in=True),
    ),
    templates=Path(__file__).parent / "templates",
    register=register,
)
