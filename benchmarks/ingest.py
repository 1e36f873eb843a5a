"""Ingest: signed `Create{Note}` from 200 actors of 20 servers until every one is processed.

    .venv/bin/python benchmarks/ingest.py [--database sqlite|postgres://…] [--notes 3000] [--held 0]

Prints notes processed per second, the server's own CPU per note, the latency of its 202s at 32 in flight, and the same
figures of the bare libraries (verify, parse, clean, two rows in one commit) measured in the same run: the limit.
`--held` posts are in the database before it starts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nh3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.marks import LIMIT_IN, Mark
from benchmarks.measuring import ServerProcess, cpu_seconds, free_port, loopback_session
from federation.models import Actor, ActorKey, Follow, FollowState
from federation.signatures import SigningKey, generate_rsa_pem, load_private_key, sign_request
from sebangsa.accounts import create_user
from sebangsa.models import Post
from sebangsa.settings import load_settings
from sebangsa.site import Site

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTORS, HOSTS, IN_FLIGHT = 200, 20, 32
MARK, MARK_POSTGRES = Mark(0.002, LIMIT_IN), Mark(0.0016, LIMIT_IN)
MARK_HALF, MARK_MOST = Mark(0.030, LIMIT_IN), Mark(0.100, LIMIT_IN)
"""Half of all answers, and 95 %, with 32 requests open."""


def note(uri: str, number: int, mention: str) -> bytes:
    """A note as Mastodon sends it, about 1.5 kB."""
    host = uri.rpartition("/users/")[0]
    content = (
        f'<p><span class="h-card"><a href="{mention}" class="u-url mention">@<span>ani</span></a></span> kabar nomor '
        f'{number} dari gang sebelah: jalan sudah kering, pasar buka lagi. <a href="{host}/tags/tebet" class="mention '
        'hashtag" rel="tag">#<span>tebet</span></a></p>'
    )
    obj = {
        "id": f"{uri}/statuses/{number}",
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "url": f"{host}/@x/{number}",
        "attributedTo": uri,
        "to": [PUBLIC],
        "cc": [f"{uri}/followers"],
        "sensitive": False,
        "atomUri": f"{uri}/statuses/{number}",
        "conversation": f"tag:{host},2026:objectId={number}:objectType=Conversation",
        "content": content,
        "contentMap": {"id": content},
        "attachment": [],
        "tag": [{"type": "Hashtag", "href": f"{host}/tags/tebet", "name": "#tebet"}],
        "replies": {"id": f"{uri}/statuses/{number}/replies", "type": "Collection"},
    }
    activity = {
        "@context": ["https://www.w3.org/ns/activitystreams", {"sensitive": "as:sensitive"}],
        "id": f"{uri}/statuses/{number}/activity",
        "type": "Create",
        "actor": uri,
        "published": obj["published"],
        "to": obj["to"],
        "cc": obj["cc"],
        "object": obj,
    }
    return json.dumps(activity).encode()


async def fill(site: Site, held: int) -> tuple[str, list[tuple[str, SigningKey]]]:
    """A member who follows 200 known remote actors, and `held` posts of theirs."""
    await site.open()
    await site.database.migrate()
    with site.database.entered():
        ani = (await create_user(site, "ani")).actor
        now = site.clock.now()
        pairs = [generate_rsa_pem() for _ in range(20)]
        signers = []
        for number in range(ACTORS):
            host = f"p{number % HOSTS}.localhost"
            uri = f"http://{host}/users/u{number}"
            actor = await Actor.create(
                id=site.ids.next(), uri=uri, type="Person", username=f"u{number}", domain=host, host=host,
                inbox_url=f"{uri}/inbox", followers_url=f"{uri}/followers", created_at=now, updated_at=now, fetched_at=now,
            )  # fmt: skip
            pair = pairs[number % len(pairs)]
            key_id = f"{uri}#main-key"
            await ActorKey.create(
                id=site.ids.next(), actor=actor, key_id=key_id, kind="rsa", public=pair.public, fetched_at=now
            )
            await Follow.create(
                id=site.ids.next(),
                follower=ani,
                target=actor,
                state=FollowState.ACCEPTED,
                uri=f"{uri}#f",
                created_at=now,
            )
            signers.append((uri, SigningKey(key_id, load_private_key(pair.private))))
        for start in range(0, held, 1000):
            await Post.bulk_create(
                [
                    Post(
                        id=site.ids.next(), uri=f"http://held.localhost/{n}", author=actor,
                        content="<p>lama</p>", created_at=now,
                    )
                    for n in range(start, min(start + 1000, held))
                ]
            )  # fmt: skip
    await site.database.close()
    return ani.uri, signers


async def send(
    url: str, signers: list[tuple[str, SigningKey]], mention: str, count: int, offset: int = 0
) -> tuple[float, list[float]]:
    """Deliver `count` notes, 32 at once; seconds of the whole, and of each 202. Signed beforehand: not our cost."""
    requests = []
    for number in range(offset, offset + count):
        uri, key = signers[number % len(signers)]
        body = note(uri, number, mention)
        requests.append((body, sign_request("POST", url, body, key, scheme="cavage", now=time.time())))
    latencies: list[float] = []
    waiting = iter(requests)
    async with loopback_session(IN_FLIGHT) as http:

        async def sender() -> None:
            for body, headers in waiting:
                begin = time.perf_counter()
                async with http.post(url, data=body, headers=headers) as answer:
                    if answer.status != 202:
                        raise SystemExit(f"{answer.status}: {await answer.text()}")
                latencies.append(time.perf_counter() - begin)

        begin = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(IN_FLIGHT)))
        return time.perf_counter() - begin, latencies


async def processed(database_url: str) -> int:
    """How many activities came to an end."""
    query = "SELECT count(*) FROM inbound_activities WHERE state NOT IN ('pending', 'waiting')"
    if database_url.startswith("sqlite"):
        path = database_url.removeprefix("sqlite://")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return int(connection.execute(query).fetchone()[0])
    import asyncpg

    connection = await asyncpg.connect(database_url)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def wait_for(database_url: str, count: int) -> None:
    deadline = time.monotonic() + 300
    while await processed(database_url) < count:
        if time.monotonic() > deadline:
            raise SystemExit("the server did not come to an end")
        await asyncio.sleep(0.05)


def limit(folder: Path) -> float:
    """CPU seconds a note of the bare libraries: verify, parse, clean, two rows in one commit on SQLite."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key()
    how = (padding.PKCS1v15(), hashes.SHA256())
    requests = []
    for number in range(2_000):
        signed = f"(request-target): post /inbox\nhost: warga.localhost\ndigest: {number}".encode()
        body = note("http://p1.localhost/users/u1", number, "http://warga.localhost/u/ani")
        requests.append((body, signed, key.sign(signed, *how)))
    database = sqlite3.connect(folder / "limit.sqlite3", isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE a (id INTEGER PRIMARY KEY, uri TEXT UNIQUE, body TEXT);"
        "CREATE TABLE p (id INTEGER PRIMARY KEY, uri TEXT UNIQUE, content TEXT);"
    )
    begin = time.process_time()
    for number, (body, signed, signature) in enumerate(requests):
        public.verify(signature, signed, *how)
        document: Any = json.loads(body)
        content = nh3.clean(document["object"]["content"])
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO a VALUES (?, ?, ?)", (number, document["id"], body.decode()))
        database.execute("INSERT INTO p VALUES (?, ?, ?)", (number, document["object"]["id"], content))
        database.execute("COMMIT")
    return (time.process_time() - begin) / len(requests)


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--notes", type=int, default=3000)
    parser.add_argument("--held", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"http://warga.localhost:{free_port()}"
        settings = {"url": url, "mode": "development", "data_dir": folder, "rate_limits": "off"}
        if options.database != "sqlite":
            settings["database_url"] = options.database
        site = Site(load_settings({}, **settings))
        mention, signers = await fill(site, options.held)
        database_url = site.settings.database_url
        with ServerProcess(settings) as server:
            await server.ready()
            await send(f"{url}/inbox", signers, mention, 200, offset=10_000_000)
            await wait_for(database_url, 200)
            cpu = cpu_seconds(server.pid)
            begin = time.perf_counter()
            _, latencies = await send(f"{url}/inbox", signers, mention, options.notes)
            await wait_for(database_url, 200 + options.notes)
            seconds = time.perf_counter() - begin
            spent = (cpu_seconds(server.pid) - cpu) / options.notes
        ceiling = limit(folder)
    quantiles = statistics.quantiles(latencies, n=20)
    print(
        f"database          {'SQLite' if options.database == 'sqlite' else 'PostgreSQL'}, {options.held} posts held"
    )
    print(f"processed         {options.notes / seconds:8.0f} /s (wall, load generator on the same cores)")
    print(f"server CPU        {spent * 1000:8.2f} ms a note ({1 / spent:.0f} /s a core)")
    print(
        f"202 latency       {quantiles[9] * 1000:8.1f} ms p50, {quantiles[18] * 1000:.1f} ms p95, {IN_FLIGHT} at once"
    )
    print(f"limit             {ceiling * 1000:8.2f} ms a note (the bare libraries, no HTTP)")
    print(
        "CPU               "
        + (MARK if options.database == "sqlite" else MARK_POSTGRES).judged(spent, ceiling)
    )
    for name, mark, place in (("p50", MARK_HALF, 9), ("p95", MARK_MOST, 18)):
        print(f"202, {name}          " + mark.judged(quantiles[place], ceiling))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    asyncio.run(main())
