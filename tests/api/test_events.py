"""Events as apps see and answer them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sebangsa import posting
from sebangsa.events.planning import EventDraft
from sebangsa.models import User
from sebangsa.posting import Draft
from tests.api.calling import Caller

PATH = "/api/sebangsa/v1/events"


async def test_an_app_reads_an_event_as_text_and_joins_it(ani: Caller, budi: Caller) -> None:
    start = datetime.now(UTC) + timedelta(days=2)
    async with ani.instance.inside() as site:
        organiser = (await User.get(actor__username="ani").select_related("actor")).actor
        event = EventDraft(start, place_name="Balai <RW>", capacity=1)
        draft = Draft(source="Ayo", name="Rapat", language="id", event=event)
        post = await posting.create_post(site, organiser, draft)
    text = (await budi.get(f"/api/v1/statuses/{post.id}"))["content"]
    assert "<strong>Rapat</strong>" in text
    assert " WIB" in text
    assert "Balai &lt;RW&gt;" in text
    shown = await budi.get(f"{PATH}/{post.id}")
    assert (shown["id"], shown["going_count"], shown["state"]) == (str(post.id), 0, None)
    assert (await budi.post(f"{PATH}/{post.id}/join"))["state"] == "going"
    assert [found["id"] for found in await budi.get(PATH)] == [str(post.id)]
    left = await budi.post(f"{PATH}/{post.id}/leave")
    assert (left["going_count"], left["state"]) == (0, None)
