"""The client API's routes."""

from __future__ import annotations

from starlette.routing import BaseRoute

from sebangsa.api import (
    absent,
    accounts,
    authorize,
    events,
    following,
    instance,
    interactions,
    markers,
    media,
    missing,
    notifications,
    oauth,
    polls,
    profile,
    quotes,
    reach,
    reactions,
    searching,
    statuses,
    timelines,
)
from sebangsa.api.access import ApiRoute

# The first that fits answers: fixed paths stand before those with an id, so `absent` comes before `notifications`.
API: list[ApiRoute] = [
    *oauth.ROUTES,
    *absent.ROUTES,
    *profile.ROUTES,
    *accounts.ROUTES,
    *following.ROUTES,
    *statuses.ROUTES,
    *polls.ROUTES,
    *events.ROUTES,
    *interactions.ROUTES,
    *reactions.ROUTES,
    *quotes.ROUTES,
    *reach.ROUTES,
    *media.ROUTES,
    *timelines.ROUTES,
    *notifications.ROUTES,
    *markers.ROUTES,
    *searching.ROUTES,
    *instance.ROUTES,
]

ROUTES: list[BaseRoute] = [*API, *authorize.ROUTES, *missing.ROUTES]
