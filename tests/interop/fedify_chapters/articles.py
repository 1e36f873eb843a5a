"""Long texts with a title, and what becomes of corrections and deletions of each kind."""

from __future__ import annotations

from sebangsa import posting
from tests.interop.meeting import Meeting


async def dewi_writes_an_article_into_the_community(meeting: Meeting) -> None:
    made = await meeting.dewi(
        "post",
        community=meeting.community,
        kind="Article",
        title="Sejarah Tebet",
        summary="Dari kebun ke kota",
        content="<h2>Dahulu</h2><p>Sebuah <em>kebun</em></p>",
    )
    article = await meeting.seen(made["object"])
    assert (article.kind, article.name, article.community_id) == (
        "article",
        "Sejarah Tebet",
        meeting.tebet.id,
    )
    assert "<em>kebun</em>" in article.content
    assert "Sejarah Tebet" in await meeting.page("/c/tebet")
    await meeting.is_announced_once(made["id"])

    edited = await meeting.dewi(
        "edit", object=made["object"], community=meeting.community, name="Sejarah Tebet Timur"
    )
    article = await meeting.seen(made["object"])
    assert (article.name, article.edited_at is not None) == ("Sejarah Tebet Timur", True)
    await meeting.is_announced_once(edited["id"])
    await meeting.dewi("remove", object=made["object"], community=meeting.community)
    assert (await meeting.seen(made["object"])).deleted_at is not None


async def budi_writes_an_article(meeting: Meeting) -> None:
    """On his own account: into a community goes a `Page`."""
    written = await meeting.post(
        meeting.budi, name="Cara membuat kompos", source="Satu *ember*", kind="article", community=None
    )
    found = await meeting.peer.ask("lookup", target=written.uri)
    assert (found["type"], found["name"]) == ("Article", "Cara membuat kompos")
    assert found["attribution"] == f"{meeting.warga.url}/u/budi"
    assert "<em>ember</em>" in found["content"]
    assert (found["published"] is not None, found["updated"]) == (True, None)


async def budi_corrects_and_deletes_a_thread(meeting: Meeting) -> None:
    thread = await meeting.post(meeting.budi, name="Kerja bakti", source="Minggu pagi")
    await meeting.does(posting.edit_post, meeting.budi, thread, name="Kerja bakti RT 5", source="Sabtu pagi")
    update = (await meeting.peer.last("Announce", "Update", "Page"))["object"]
    assert (update["actor"], update["object"]["id"]) == (f"{meeting.warga.url}/u/budi", thread.uri)
    assert (update["object"]["name"], "Sabtu pagi" in update["object"]["content"]) == (
        "Kerja bakti RT 5",
        True,
    )
    assert update["object"]["updated"] >= update["object"]["published"]

    await meeting.does(posting.delete_post, meeting.budi, thread)
    delete = (await meeting.peer.last("Announce", "Delete"))["object"]
    assert (delete["actor"], delete["objectId"], delete["summary"]) == (
        f"{meeting.warga.url}/u/budi",
        thread.uri,
        None,
    )
    assert delete["object"] is None  # it names the id alone, and there is nothing to read any more
    assert await meeting.peer.ask("lookup", target=thread.uri) is None
