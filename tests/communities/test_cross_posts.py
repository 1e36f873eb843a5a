"""Where else a link was posted, and bringing a thread to another community."""

from __future__ import annotations

from communities.cross_posts import elsewhere
from communities.describing import Description
from communities.founding import create_community
from communities.moderating import remove_post
from sebangsa.accounts import create_user
from sebangsa.models import Visibility
from sebangsa.posting import Draft, create_post
from sebangsa.site import Site
from sebangsa.text.link_keys import link_key
from tests.communities.village import Village, announce, page_of
from tests.form_browser import FormBrowser


def test_an_address_is_the_same_however_it_is_written() -> None:
    written = (
        "https://www.koran.example/a/?x=1#top",
        "http://koran.example/a?x=1",
        "HTTPS://KORAN.example/a/?x=1",
    )
    assert len({link_key(link) for link in written}) == 1
    assert link_key("https://koran.example/a?x=2") != link_key(written[0])
    assert (link_key(""), link_key("https://[")) == ("", "")


async def test_other_threads_with_the_same_link_are_found_as_far_as_one_may_read_them(site: Site) -> None:
    ani, budi = [await create_user(site, name, password="rahasia sekali") for name in ("ani", "budi")]
    groups = [
        await create_community(site, name, ani.actor, Description(title=name))
        for name in ("satu", "dua", "tiga", "empat")
    ]
    links = [
        "https://koran.example/a",
        "http://www.koran.example/a/",
        "https://koran.example/a",
        "https://koran.example/b",
    ]
    posts = [
        await create_post(
            site, ani.actor, Draft(source="x", name=f"Berita {number}", link_url=link, community=group)
        )
        for number, (group, link) in enumerate(zip(groups, links, strict=True))
    ]
    hidden = await create_post(
        site,
        ani.actor,
        Draft(source="x", name="y", link_url=links[0], community=groups[0], visibility=Visibility.FOLLOWERS),
    )
    assert [post.id for post in await elsewhere(site, posts[0], budi.actor)] == [posts[2].id, posts[1].id]
    assert hidden.id in {post.id for post in await elsewhere(site, posts[0], ani.actor)}
    await remove_post(site, ani.actor, posts[2], "x")
    assert [post.id for post in await elsewhere(site, posts[0], None)] == [posts[1].id]


async def test_a_thread_on_another_server_with_the_same_link_is_found_until_it_is_edited(
    village: Village,
) -> None:
    here = await village.thread(link_url="https://koran.example/a")
    group, author = village.group_of(village.good), village.good.actor("rini")
    await village.follow(group)
    page = page_of(
        author, "1", group.uri, attachment=[{"type": "Link", "href": "http://www.koran.example/a/"}]
    )
    await village.deliver(group, announce(group, author.activity("Create", page)))
    async with village.warga.inside() as site:
        assert [post.uri for post in await elsewhere(site, here, village.ani.actor)] == [page["id"]]
    page |= {"attachment": [{"type": "Link", "href": "https://koran.example/b"}]}
    page["updated"] = "2026-11-21T00:00:00Z"
    await village.deliver(group, announce(group, author.activity("Update", page)))
    async with village.warga.inside() as site:
        assert await elsewhere(site, here, village.ani.actor) == []


async def test_a_thread_is_brought_to_another_community_with_its_link_and_where_it_came_from(
    village: Village,
) -> None:
    async with village.warga.inside() as site:
        await create_community(site, "menteng", village.ani.actor, Description(title="Menteng"))
    post = await village.thread(link_url="https://koran.example/a", name="Banjir & macet")
    ani = await FormBrowser.of(village.warga, village.ani)
    assert f"/p/{post.id}/cross-post" in (await ani.get(f"/p/{post.id}"))[1]
    _, text = await ani.get(f"/p/{post.id}/cross-post")
    assert "in=%21menteng&amp;title=Banjir+%26+macet" in text
    assert "in=%21tebet" not in text
    path = f"/compose?in=%21menteng&title=Banjir&link=https%3A%2F%2Fkoran.example%2Fa&text=cross-posted+from%3A+{post.uri}"
    _, form = await ani.get(path)
    assert 'value="https://koran.example/a"' in form
    assert f"cross-posted from: {post.uri}" in form
    sent = {
        "in": "!menteng",
        "name": "Banjir",
        "link": "https://koran.example/a",
        "source": f"cross-posted from: {post.uri}",
    }
    status, where = await ani.post("/compose", form_on=path, **sent)
    assert status == 303
    visitor = FormBrowser(village.warga)
    assert "Also posted in" in (await visitor.get(f"/p/{post.id}"))[1]
    assert "!tebet" in (await visitor.get(where))[1]
