"""`Site`: one instance with all its parts, handed to every use case."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.requests import Request

from federation.clock import Clock, SystemClock
from federation.config import FederationConfig
from federation.database import Database
from federation.endpoints.discovery import Usage
from federation.federation import Federation
from federation.ids import IdMaker
from federation.models import Actor
from federation.transport import AioTransport, Transport
from sebangsa.features import Feature, Job, NavItem, Periodic, load_features
from sebangsa.hooks import Hooks
from sebangsa.limits import Limiter
from sebangsa.media.store import MediaStore, open_store
from sebangsa.models import Post, User
from sebangsa.queue import Engine, InProcessEngine, Queue
from sebangsa.settings import Settings, secret_key
from sebangsa.streams import open_streams, share_changes
from sebangsa.text.sanitise import sanitise
from sebangsa.web.pieces import Action, Tab

if TYPE_CHECKING:
    from sebangsa.web.badges import Counter
    from sebangsa.web.live import Live


Panel = Callable[["Site", Request, Post], Awaitable[Markup | None]]
"""What a feature shows under a post on its own page; None where it has nothing to show there."""
PostAction = Callable[[Post, Actor | None], Action | None]
"""What a feature adds to the menu of a post for who looks (None: a visitor); None where it adds nothing."""
ModeratorTab = Callable[[Actor, Actor], Awaitable[Tab]]
"""(community, moderator): what a feature adds to a community's tabs. Asked only for those who moderate it."""
ActorAction = Callable[[Actor, User | None], Action | None]
"""The same for somebody's own page."""


def software_version() -> str:
    """The version of the installed package."""
    try:
        return version("sebangsa")
    except PackageNotFoundError:
        return "0.1.0"


class Site:
    """One instance. Nothing in the program is global: tests run three of these in one process.

    `clock`, `rng` and `transport` can be handed in; a simulation does.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        transport: Transport | None = None,
        engine: Engine | None = None,
    ) -> None:
        from sebangsa.c2s.endpoints import client_endpoints
        from sebangsa.web.live import ground_live, unread_notifications

        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.rng = rng or random.SystemRandom()
        self.ids = IdMaker(self.clock, rng)
        self.secret = secret_key(settings.data_dir)
        self.features: Sequence[Feature] = load_features(settings.features)
        self.database = Database(
            settings.database_url,
            {"federation": ["federation.models"], **{f.name: f.models for f in self.features if f.models}},
        )
        self.hooks = Hooks()
        self.jobs: dict[str, Job] = {}
        self.periodic: list[Periodic] = []
        self.navigation: list[NavItem] = []
        self.panels: list[Panel] = []
        self.about_links: list[Action] = []
        self.post_actions: list[PostAction] = []
        self.moderator_tabs: list[ModeratorTab] = []
        self.actor_actions: list[ActorAction] = []
        self.streams = open_streams(settings.queue_url, settings.host)
        self.live: Live = ground_live(self)
        self.badges: dict[str, Counter] = {"/notifications": unread_notifications}
        self.limiter = Limiter(self.clock, settings.queue_url, is_on=settings.rate_limits == "on")
        self.usage: tuple[float, Usage] | None = None
        self.media: MediaStore = open_store(settings.media_url, settings.url)
        self.queue = Queue(self, engine or self._engine())
        self.federation = Federation(
            FederationConfig(
                settings.url,
                settings.domain,
                software_version(),
                development=settings.is_development,
                client_endpoints=client_endpoints(settings.url),
            ),
            clock=self.clock,
            rng=self.rng,
            ids=self.ids,
            transport=transport
            or AioTransport(
                allow_loopback=settings.is_development,
                user_agent=f"Sebangsa/{software_version()} (+{settings.url})",
            ),
            wake=lambda job: self.queue.engine.wake(job),
            sanitise=sanitise,
        )
        self._register()

    @property
    def woken(self) -> list[str]:
        """Jobs without arguments that are run when somebody wakes them."""
        return ["process_inbox", "deliver", "run_jobs"]

    def _engine(self) -> Engine:
        if self.settings.queue_url == "inprocess":
            return InProcessEngine(self)
        from sebangsa.queue.arq_engine import ArqEngine

        return ArqEngine(self, self.settings.queue_url)

    def _register(self) -> None:
        for feature in self.features:
            self.jobs.update(feature.jobs)
            self.periodic.extend(feature.periodic)
            self.navigation.extend(feature.navigation)
            if feature.register is not None:
                feature.register(self)
        self.navigation.sort(key=lambda item: item.order)
        # Upper floors are asked first: a community may take an Announce before it is read as a boost.
        for feature in reversed(self.features):
            for activity_type, handler in feature.inbound.items():
                self.federation.registry.handle(activity_type, partial(handler, self))

    async def open(self) -> None:
        """Connect to what the site needs. The schema must be up to date (`Database.migrate`)."""
        await self.database.open()
        share_changes(self.database.changes, self.streams)
        await self.streams.open()

    async def start(self) -> None:
        """Begin background work."""
        await self.queue.engine.start()

    async def stop(self) -> None:
        """End background work and close what is open. Runs twice without harm."""
        await self.streams.close()
        await self.queue.engine.stop()
        await self.federation.transport.close()
        await self.media.close()
        await self.database.close()
