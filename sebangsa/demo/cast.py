"""Who plays in the demonstration, and the scenes they play, in the order of their time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import structlog

from federation.models import Actor, Delivery, DeliveryState, InboundActivity, InboundState
from federation.refusals import Refused
from sebangsa.demo.story_clock import StoryClock
from sebangsa.errors import ProductError
from sebangsa.lookup import find_actor
from sebangsa.media.generated_photos import generated_photo
from sebangsa.models import Attachment, Post
from sebangsa.queue.models import Job
from sebangsa.site import Site
from sebangsa.uploads import upload_picture

log = structlog.get_logger("sebangsa.demo")

LOCAL_TIME = timedelta(hours=7)
"""The story's times of day are Jakarta's."""
SETTLE_WITHIN = 10.0
"""Seconds that the background work of one scene may take before the story goes on without it."""

_UNHANDLED = (InboundState.PENDING, InboundState.WAITING)  # what waits for a document is work too

Play = Callable[[], Awaitable[None]]


@dataclass(order=True)
class _Scene:
    moment: datetime
    number: int
    play: Play = field(compare=False)


class DemoCast:
    """The instances by name (`warga`, `kota`), the people by name, and what they will do."""

    def __init__(self, sites: Mapping[str, Site], clock: StoryClock) -> None:
        self.sites = sites
        self.clock = clock
        self._today = (datetime.now(UTC) + LOCAL_TIME).replace(
            hour=0, minute=0, second=0, microsecond=0
        ) - LOCAL_TIME
        self._now = datetime.now(UTC)
        self._scenes: list[_Scene] = []
        self._homes: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self.failures: list[str] = []

    # The plan

    def moment(self, when: str) -> datetime:
        """`-3 07:25` is three days ago at that time in Jakarta; `-3h` and `-40m` are counted from now."""
        if when.endswith("h"):
            return self._now + timedelta(hours=int(when[:-1]))
        if when.endswith("m"):
            return self._now + timedelta(minutes=int(when[:-1]))
        day, _, time = when.partition(" ")
        hours, _, minutes = time.partition(":")
        return self._today + timedelta(days=int(day), hours=int(hours), minutes=int(minutes))

    def plan(self, moment: datetime, play: Play) -> None:
        """Have a scene played at its moment, after those planned before it for the same one."""
        self._scenes.append(_Scene(min(moment, self._now), len(self._scenes), play))

    async def perform(self) -> None:
        """Play all scenes in order; each reaches both instances before the next begins."""
        for scene in sorted(self._scenes):
            self.clock.move_to(scene.moment)
            try:
                await scene.play()
            except (ProductError, Refused, LookupError) as error:
                # One missing comment must not cost a visitor the rest; a test holds that there is none.
                self.failures.append(str(error))
                log.warning("a scene of the demonstration was left out", reason=str(error))
            await self.settle()
        self._scenes.clear()

    async def settle(self) -> None:
        """Wait until the servers have nothing left to do."""
        try:
            async with asyncio.timeout(SETTLE_WITHIN):
                # A table's rows set no event to wait for. Looked at twice: what left the second server while the first
                # was looked at is seen by neither.
                quiet = 0
                while quiet < 2:
                    await asyncio.sleep(0.01)
                    busy = any([await self._is_busy(site) for site in self.sites.values()])
                    quiet = 0 if busy else quiet + 1
        except TimeoutError:
            log.warning("the demonstration goes on although work is left")

    async def _is_busy(self, site: Site) -> bool:
        now = self.clock.now()
        with site.database.entered():
            return (
                await Delivery.exists(state=DeliveryState.PENDING, run_at__lte=now)
                or await InboundActivity.exists(state__in=_UNHANDLED, run_at__lte=now)
                or await Job.exists(is_dead=False, run_at__lte=now)
            )

    # The people

    def add(self, name: str, home: str, *, is_community: bool = False) -> None:
        """A person, office or community has its actor on this instance now."""
        self._homes[name] = home
        self._paths[name] = f"/{'c' if is_community else 'u'}/{name}"

    def knows(self, name: str) -> bool:
        """Whether somebody of this name plays."""
        return name in self._homes

    @contextmanager
    def at_home(self, name: str) -> Iterator[Site]:
        """Work on the instance where somebody lives."""
        with self.on(self._homes[name]) as site:
            yield site

    @contextmanager
    def on(self, instance: str) -> Iterator[Site]:
        """Work on an instance."""
        site = self.sites[instance]
        with site.database.entered():
            yield site

    def said(self, text: str) -> str:
        """What somebody says, with `{warga}` and `{kota}` turned into the addresses of the two servers."""
        for name, site in self.sites.items():
            text = text.replace(f"{{{name}}}", site.settings.domain)
        return text

    async def actor(self, site: Site, name: str) -> Actor:
        """A person, community or office as `site` knows it, asked for over HTTP when it is a stranger there."""
        uri = self.sites[self._homes[name]].settings.url + self._paths[name]
        actor = await Actor.get_or_none(uri=uri) or await find_actor(site, uri)
        if actor is None:
            raise LookupError(f"{name} cannot be found from {site.settings.url}")
        return actor

    # What they show

    async def post_as_seen(self, site: Site, uri: str) -> Post:
        """A post as `site` has it. Raises `LookupError` when it never came there."""
        post = await Post.get_or_none(uri=uri)
        if post is None:
            raise LookupError(f"{uri} did not reach {site.settings.url}")
        return post

    async def photo(self, site: Site, owner: Actor, shown: Mapping[str, Any] | None) -> Sequence[Attachment]:
        """A drawn photograph (`scene`, `seed`, `alt`) as an upload that waits for its post; nothing for None."""
        if not shown:
            return ()
        uploaded = await upload_picture(site, owner, await photo_bytes(shown), description=shown["alt"])
        return (uploaded.attachment,)


async def photo_bytes(shown: Mapping[str, Any]) -> bytes:
    """The JPEG of a photograph in the story."""
    return await generated_photo(shown["scene"], shown["seed"])


def read_content(package: str, name: str) -> dict[str, Any]:
    """A story file of a package."""
    content: dict[str, Any] = json.loads(files(package).joinpath(name).read_text("utf-8"))
    return content
