"""One server of other software talks with one of ours: what each story of `tests/interop/<software>/` is told with.

`warga` is ours: Ani owns the community `tebet`, Budi is a member. All that reaches the other side, by delivery or because it
asked, is held to that software's rules before the story sees it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from chat import sending
from chat.models import MemberState
from communities import membership, moderating
from federation import models
from federation.actors import resolve_actor
from federation.models import FollowState, InboundActivity, Peer
from moderation import reporting
from sebangsa import reacting, voting
from sebangsa.lookup import find_actor
from sebangsa.models import Attachment, Post, User
from sebangsa.uploads import upload_picture
from tests.chat.chatting import listed, log, texts
from tests.foreign_server import Actor, Delivered, ForeignServer, foreign_server
from tests.instances import Instance, settle, unfinished
from tests.interop.our_side import OurSide, acting, arrange
from tests.interop.reading import Document, Reading
from tests.sebangsa.media_pictures import encoded, photo
from tests.signing_styles import Cavage, SigningStyle

Start = Callable[..., Awaitable[Instance]]


@dataclass(frozen=True)
class Dialect:
    """What is peculiar to a software before any document is read: its name, its addresses, how it asks and signs."""

    software: str
    version: str
    accept: str = "application/activity+json"
    style: SigningStyle = field(default_factory=SigningStyle)
    person_at: str = "/users/{name}"
    group_at: str = "/users/{name}"
    key_id: str = "{actor}#main-key"
    actor: Mapping[str, Any] = field(default_factory=dict)  # keys of each actor's document


@dataclass
class Conversation(OurSide):
    """`theirs` is the other server; what it hears is read once, by `heard`."""

    theirs: ForeignServer
    dialect: Dialect
    rules: Reading
    _heard: int = 0
    _not_done: set[str] = field(default_factory=set)

    # --- their side ---------------------------------------------------------------------------------------------------

    def person(self, name: str, **more: Any) -> Actor:
        """Somebody on their server."""
        return self.theirs.actor(name, **{**self.dialect.actor, **more})

    def group(self, name: str, **more: Any) -> Actor:
        """A community on their server."""
        return self.theirs.actor(name, type_="Group", **{**self.dialect.actor, **more})

    async def discover(self, by: Actor, name: str = "tebet") -> Document:
        """As their users do: a handle is typed, WebFinger asked, the actor fetched with a signature."""
        handle = f"acct:{name}@{self.warga.site.settings.domain}"
        jrd = await self._json(
            f"{self.warga.url}/.well-known/webfinger?resource={handle}", "application/jrd+json"
        )
        assert jrd["subject"] == handle
        [link] = [link for link in jrd["links"] if link["rel"] == "self"]
        assert link["type"] == "application/activity+json"
        found = await self.fetch(link["href"], by)
        assert (found["id"], found["preferredUsername"]) == (link["href"], name)
        return found

    async def nodeinfo(self) -> dict[str, Any]:
        """What runs here, by the links of `/.well-known/nodeinfo`."""
        links = (await self._json(f"{self.warga.url}/.well-known/nodeinfo", "application/json"))["links"]
        return await self._json(links[0]["href"], "application/json")

    async def _json(self, url: str, accept: str) -> dict[str, Any]:
        async with self.warga.http.get(url, headers={"accept": accept}) as answer:
            assert answer.status == 200, url
            found: dict[str, Any] = await answer.json(content_type=None)
            return found

    async def fetch(self, url: str, by: Actor, *, status: int = 200) -> Document:
        """Ask one of our documents with their `Accept` and their kind of signature, and read it by their rules."""
        got, content_type, body = await by.ask(self.warga, url, self.dialect.accept)
        assert got == status, (url, got, body[:300])
        found = Document(json.loads(body), group=self.tebet.uri)
        self.rules.hold(
            Document(
                {
                    "type": "answer",
                    "content-type": content_type,
                    "size": len(body),
                    "asked": url,
                    "id": found.get("id"),
                }
            )
        )
        if status == 200:
            self.rules.hold(found)
        return found

    async def says(
        self, who: Actor, activity: dict[str, Any], *, inbox: str = "/inbox", state: str = "done", **how: Any
    ) -> None:
        """One of theirs sends us an activity (`how`: options of `Actor.send`); what comes of it here, and everything that
        goes out, has happened after.
        """
        status, answer = await who.send(self.warga, activity, path=inbox, **how)
        assert status == 202, (status, answer, activity)
        await settle(self.warga)
        async with self.warga.inside():
            row = await InboundActivity.get(uri=activity["id"])
        assert row.state == state, (row.state, row.reason, activity)
        if state != "done":
            self._not_done.add(f"{row.type} {row.uri}")

    async def heard(self, *shapes: str) -> list[Document]:
        """What was delivered to them since they last listened, each held to their rules. With `shapes`, only those are
        returned, and each must be among them.
        """
        await settle(self.warga)
        new, self._heard = self.theirs.deliveries[self._heard :], len(self.theirs.deliveries)
        found = [await self._take(delivered) for delivered in new]
        if shapes:
            told = sorted(document.shape for document in found)
            assert told == sorted(shapes), told
            found.sort(key=lambda document: shapes.index(document.shape))
        return found

    async def _take(self, delivered: Delivered) -> Document:
        document = Document(delivered.document, group=self.tebet.uri)
        signature = Cavage.read(delivered.headers["signature"])
        actor = await self._json(signature.key_id, "application/activity+json")
        assert signature.key_id == actor["publicKey"]["id"]
        assert signature.holds(delivered.path, delivered.headers, actor["publicKey"]["publicKeyPem"])
        self.rules.hold(
            Document(
                {
                    "type": "request",
                    **delivered.headers,
                    "algorithm": signature.algorithm,
                    "covers": list(signature.names),
                    "size": len(delivered.body),
                    "signer": actor["id"],
                    "actor": document["actor"],
                }
            )
        )
        self.rules.hold(document)
        return document

    # --- our side -----------------------------------------------------------------------------------------------------

    async def picture(self, owner: User) -> Attachment:
        """Uploaded, and in no post yet."""
        async with self.warga.inside() as site:
            drawn = encoded(photo(60, 40), "PNG")
            return (
                await upload_picture(site, await acting(owner), drawn, description="Gang tiga")
            ).attachment

    async def vote(self, who: User, post: Post, value: int) -> None:
        await self.does(voting.vote, who, post, value)

    async def reacts(self, who: User, post: Post, emoji: str) -> None:
        await self.does(reacting.react, who, post, emoji)

    async def reactions(self, uri: str) -> dict[str, int]:
        """The emoji that stand under a post, and how many each."""
        post = await self.seen(uri)
        async with self.warga.inside():
            found = (await reacting.reactions_of([post.id], None)).get(post.id, [])
        return {reacted.emoji: reacted.count for reacted in found}

    async def removes(self, post: Post, reason: str) -> None:
        """Ani, who owns the community, removes a post."""
        await self.does(moderating.remove_post, self.ani, post, reason)

    async def joins(self, who: User, group: Actor, handle: str) -> models.Actor:
        """One of ours types the handle of their group and joins; their answer is still to come."""
        async with self.warga.inside() as site:
            found = await find_actor(site, handle)
            assert found is not None, handle
            assert found.uri == group.uri
            await membership.join(site, await acting(who), found)
        await settle(self.warga)
        return found

    async def message(self, who: User, whom: Actor, text: str) -> None:
        """One of ours writes to somebody of theirs alone."""
        async with self.warga.inside() as site:
            author, other = await acting(who), await resolve_actor(site.federation, whom.uri)
            chat = await sending.open_chat(site, author, [other])
            await sending.send(site, author, chat.id, text)
        await settle(self.warga)

    async def messages(self, who: User) -> list[str]:
        """What one of ours reads in chats, requests too."""
        async with self.warga.inside():
            name = (await acting(who)).username
        found = []
        for state in (MemberState.ACTIVE, MemberState.REQUEST):
            for shown in await listed(self.warga, name, state):
                found += texts(await log(self.warga, name, shown.chat.id))
        return found

    async def reports(self, who: User, post: Post, comment: str) -> None:
        """One of ours brings a post to our moderators, and a copy goes to its author's server."""
        async with self.warga.inside() as site:
            accused = await models.Actor.get(id=post.author_id)
            await reporting.report(site, await acting(who), accused, [post], comment, forward=True)
        await settle(self.warga)

    # --- what came of it ----------------------------------------------------------------------------------------------

    async def follows(self, follower: str, target: str) -> bool:
        async with self.warga.inside():
            return await models.Follow.exists(
                follower__uri=follower, target__uri=target, state=FollowState.ACCEPTED
            )

    async def ends_well(self, *meant: str) -> None:
        """Nothing was refused or failed that was not meant to be (`meant`: how further lines of `unfinished` begin), they
        are known for what they run, and each of their rules was put to the test.
        """
        found = await unfinished(self.warga.site)
        surprises = [line for line in found["inbound"] if not line.startswith((*self._not_done, *meant))]
        assert surprises == [], surprises
        assert found["deliveries"] == []
        assert self.rules.unasked() == []
        async with self.warga.inside():
            peer = await Peer.get(host=self.theirs.host)
            assert (peer.software, peer.version) == (self.dialect.software, self.dialect.version)


@asynccontextmanager
async def conversing(start: Start, dialect: Dialect, rules: Reading) -> AsyncIterator[Conversation]:
    """A server of that software beside an instance of ours with a community."""
    async with foreign_server(dialect.software.replace(".", "-")) as theirs:
        theirs.software = (dialect.software, dialect.version)
        theirs.actors_at = (dialect.person_at, dialect.group_at)
        theirs.key_id, theirs.style = dialect.key_id, dialect.style
        ours = await arrange(await start("warga"), sidebar="Halo **semua**", rules="Sopan")
        yield Conversation(
            ours.warga, ours.ani, ours.budi, ours.tebet, theirs, dialect, Reading(rules.software, rules.rules)
        )
