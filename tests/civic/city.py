"""A small city for tests: citizens and a community on `warga`, an office with an officer on `kota`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from civic_bridge import bodies, reporting
from civic_bridge.answering import Answer, answer_report
from civic_bridge.models import Body, EventState, Report, StatusEvent
from civic_bridge.photos import StoredPhoto, store_photo
from civic_bridge.reporting import Filing
from communities.describing import Description
from communities.founding import create_community
from federation.models import Actor
from sebangsa.media.generated_photos import generated_photo
from sebangsa.models import Post, User
from tests.instances import Instance, settle

TEBET_TIMUR = "31.74.01.1001"


@dataclass
class City:
    """Both servers and who is on them. `office` is the body as kota has it, `linked` as warga knows it."""

    warga: Instance
    kota: Instance
    ani: User
    budi: User
    community: Actor
    office: Body
    linked: Body

    async def settle(self) -> None:
        """Let everything that is under way between the two arrive."""
        await settle(self.warga, self.kota)

    async def file(self, title: str = "Lubang dalam", **values: Any) -> Report:
        """Ani reports a pothole; arrived everywhere when this returns."""
        usual = {
            "category": "JALAN-LUBANG",
            "description": "Sudah dua motor jatuh.",
            "area_code": TEBET_TIMUR,
        }
        filing: dict[str, Any] = usual | values
        async with self.warga.inside() as site:
            photos = filing.pop("photos", None)
            if photos is None:
                photos = [await photo(self.warga, self.ani.actor)]
            made = await reporting.file_report(
                site, self.ani.actor, Filing(community=self.community, title=title, photos=photos, **filing)
            )
        await self.settle()
        return made

    async def at_kota(self, report: Report) -> Report:
        """The office's copy."""
        async with self.kota.inside():
            return await Report.get(reference=report.reference).select_related("post", "body__actor")

    async def at_warga(self, report: Report) -> Report:
        """The report at its home, read anew."""
        async with self.warga.inside():
            return await Report.get(id=report.id).select_related("post", "body__actor")

    async def answer(self, report: Report, to: str, text: str = "", **values: Any) -> StatusEvent:
        """Budi answers for the office; arrived everywhere when this returns."""
        copy = await self.at_kota(report)
        async with self.kota.inside() as site:
            if to == "resolved-claimed" and "photos" not in values:
                values["photos"] = [(await photo(self.kota, self.office.actor, phase="after")).attachment]
            event = await answer_report(site, self.budi.actor, copy, Answer(to, text, **values))
        await self.settle()
        return event

    async def steps(self, instance: Instance, report: Report) -> list[str]:
        """The official history on one server, as states in order."""
        async with instance.inside():
            found = StatusEvent.filter(report__reference=report.reference, state=EventState.APPLIED)
            return [str(to) for to in await found.order_by("seq").values_list("to_status", flat=True)]

    async def replies(self, instance: Instance, report: Report) -> list[Post]:
        """The comments in a report's thread on one server."""
        async with instance.inside():
            copy = await Report.get(reference=report.reference)
            return await Post.filter(root_id=copy.post_id).order_by("id").select_related("author")


async def photo(instance: Instance, owner: Actor, *, phase: str = "", scene: str = "pothole") -> StoredPhoto:
    """An upload of somebody's, drawn by code."""
    async with instance.inside() as site:
        return await store_photo(site, owner, await generated_photo(scene, 1), "Lubang di aspal", phase)


async def office_on(instance: Instance, name: str, officer: User, *services: str) -> Body:
    """An office of a server with one officer."""
    async with instance.inside() as site:
        body = await bodies.create_body(
            site,
            name,
            areas=["31.74"],
            services=services or ["JALAN"],
            display_name=name.title(),
            officers=[officer.actor],
        )
        return await Body.get(id=body.id).select_related("actor")


async def link(instance: Instance, to: Instance, name: str, *services: str, **values: Any) -> Body:
    """A server learns of an office on another one."""
    async with instance.inside() as site:
        handle = f"@{name}@{to.site.settings.domain}"
        return await bodies.link_body(site, handle, areas=["31.74"], services=services or ["JALAN"], **values)


async def found_city(warga: Instance, kota: Instance) -> City:
    """Make all of it."""
    ani, budi = await warga.user("ani"), await kota.user("budi")
    rina = await warga.user("rina")
    async with warga.inside() as site:
        community = await create_community(site, "tebet", rina.actor, Description(title="Warga Tebet"))
    office = await office_on(kota, "binamarga", budi)
    linked = await link(warga, kota, "binamarga")
    async with warga.inside() as site:
        await bodies.take_reports(site, community, area_code="31.74.01")
    return City(warga, kota, ani, budi, community, office, linked)
