"""The servers of the tests are real, empty for each test, and leave nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.services import (
    KEEPER,
    PostgresServer,
    drop_postgres_database,
    fresh_postgres_database,
    postgres_template,
)


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_a_postgres_database_of_its_own(postgres_url: str, turn: int) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("CREATE TABLE posts (id bigint PRIMARY KEY)")
    await connection.close()


async def test_a_postgres_database_is_dropped_even_while_a_connection_is_open(
    postgres_server: PostgresServer,
) -> None:
    url = await fresh_postgres_database(postgres_server)
    connection = await asyncpg.connect(url)
    await drop_postgres_database(postgres_server, url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
    connection.terminate()


async def test_a_template_is_filled_once_and_copied_with_its_rows(postgres_server: PostgresServer) -> None:
    filled = 0

    async def fill(url: str) -> None:
        nonlocal filled
        filled += 1
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE posts AS SELECT 'halo' AS content")
        await connection.close()

    for _ in range(2):
        template = await postgres_template(postgres_server, "template_of_posts", fill)
        url = await fresh_postgres_database(postgres_server, template)
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT content FROM posts") == "halo"
        await connection.close()
        await drop_postgres_database(postgres_server, url)
    assert filled == 1


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_an_empty_redis(redis_url: str, turn: int) -> None:
    async with Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("halo", turn)


def test_the_documents_folder_is_there_when_it_is_named(documents_folder: Path) -> None:
    assert any(documents_folder.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells a child that its parent has died.")
@pytest.mark.parametrize("who_dies", ["the run", "the keeper"])
def test_a_server_ends_when_the_run_or_its_keeper_is_killed(tmp_path: Path, who_dies: str) -> None:
    run = subprocess.Popen(["sleep", "60"])
    folder = tmp_path / "run" / "server"
    folder.mkdir(parents=True)
    command = [sys.executable, str(KEEPER), "--owner", str(run.pid), "--folder", str(folder)]
    command += ["--stop-signal", str(int(signal.SIGTERM)), "--", "sh", "-c", "echo started; exec sleep 60"]
    keeper = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert keeper.stdout is not None
    assert keeper.stdout.readline() == b"started\n"
    (run if who_dies == "the run" else keeper).kill()
    assert keeper.stdout.read() == b"", "the pipe closes when the server, its last writer, is gone"
    keeper.wait()
    run.kill()
    run.wait()
    assert folder.parent.exists() == (who_dies == "the keeper")
