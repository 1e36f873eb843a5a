"""Worker processes on PostgreSQL and Redis."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tests.instances import NewDatabase, free_port

ROOT = Path(__file__).parents[2]


async def test_a_worker_works_until_it_is_told_to_stop(
    new_database: NewDatabase, redis_url: str, tmp_path: Path
) -> None:
    with _worker(tmp_path, await new_database("postgres", "warga"), redis_url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Working for http://warga.localhost:1\n"
        process.send_signal(signal.SIGTERM)
        _, trouble = process.communicate(timeout=30)
        assert process.returncode == 0, trouble


@pytest.mark.slow
async def test_a_worker_waits_for_a_queue_that_went_away(
    new_database: NewDatabase, redis_url: str, tmp_path: Path
) -> None:
    port = free_port()
    process = None
    try:
        with _redis(port):
            process = _worker(
                tmp_path, await new_database("postgres", "warga"), f"redis://127.0.0.1:{port}/0"
            )
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
        said = ""
        while "the queue is out of reach" not in said:
            said = process.stderr.readline()
            assert said, "the worker ended"
        with _redis(port) as client:
            while not client.exists("sebangsa:jobs:health-check"):
                client.blpop(["nothing"], timeout=0.1)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        if process is not None:
            process.kill()
            process.communicate()


async def test_a_server_without_its_queue_says_so(new_database: NewDatabase, tmp_path: Path) -> None:
    url = await new_database("postgres", "warga")
    with _worker(
        tmp_path, url, "redis://127.0.0.1:1/0", "serve", f"--bind=127.0.0.1:{free_port()}"
    ) as process:
        _, trouble = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "The queue cannot be used" in trouble
    assert "Traceback" not in trouble


async def test_a_worker_without_its_queue_says_so(new_database: NewDatabase, tmp_path: Path) -> None:
    with _worker(tmp_path, await new_database("postgres", "warga"), "redis://127.0.0.1:1/0") as process:
        _, trouble = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "The queue cannot be used" in trouble


async def test_a_worker_without_its_database_says_so(tmp_path: Path) -> None:
    with _worker(tmp_path, "postgres://nobody@127.0.0.1:1/nothing", "redis://127.0.0.1:1/0") as process:
        _, trouble = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "The database cannot be opened" in trouble


@contextmanager
def _redis(port: int) -> Iterator[redis.Redis]:
    """A Redis that ends with the block; its data is nowhere."""
    command = [shutil.which("redis-server") or "valkey-server", "--port", str(port), "--save", ""]
    patience = Retry(ConstantBackoff(0.1), 100, (OSError, redis.ConnectionError))
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL) as server,
        redis.Redis(host="127.0.0.1", port=port, retry=patience) as client,
    ):
        try:
            client.ping()
            yield client
        finally:
            server.kill()


def _worker(folder: Path, database_url: str, queue_url: str, *words: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SEBANGSA_")}
    environment |= {
        "SEBANGSA_URL": "http://warga.localhost:1",
        "SEBANGSA_DATA_DIR": str(folder),
        "SEBANGSA_DATABASE_URL": database_url,
        "SEBANGSA_QUEUE_URL": queue_url,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "sebangsa", *(words or ["worker"])],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
