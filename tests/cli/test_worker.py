"""Worker processes on PostgreSQL and Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]


async def test_a_worker_works_until_it_is_told_to_stop(
    new_database: Callable[[str, str], Awaitable[str]], redis_url: str, tmp_path: Path
) -> None:
    with _worker(tmp_path, await new_database("postgres", "warga"), redis_url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Working for http://warga.localhost:1\n"
        process.send_signal(signal.SIGTERM)
        _, trouble = process.communicate(timeout=30)
        assert process.returncode == 0, trouble


async def test_a_worker_without_its_queue_says_so(
    new_database: Callable[[str, str], Awaitable[str]], tmp_path: Path
) -> None:
    with _worker(tmp_path, await new_database("postgres", "warga"), "redis://127.0.0.1:1/0") as process:
        _, trouble = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "The queue cannot be used" in trouble


async def test_a_worker_without_its_database_says_so(tmp_path: Path) -> None:
    with _worker(tmp_path, "postgres://nobody@127.0.0.1:1/nothing", "redis://127.0.0.1:1/0") as process:
        _, trouble = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "The database cannot be opened" in trouble


def _worker(folder: Path, database_url: str, queue_url: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SEBANGSA_")}
    environment |= {
        "SEBANGSA_URL": "http://warga.localhost:1",
        "SEBANGSA_DATA_DIR": str(folder),
        "SEBANGSA_DATABASE_URL": database_url,
        "SEBANGSA_QUEUE_URL": queue_url,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "sebangsa", "worker"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
