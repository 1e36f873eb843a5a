"""The server as a process: it starts, says where it is, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.instances import free_port

ROOT = Path(__file__).parents[2]


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A server that has said its first line, with its lines so far."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sebangsa", "serve", "--data-dir", str(folder), *options],
        cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, [process.stdout.readline()]
    finally:
        process.kill()
        process.communicate()


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("SEBANGSA_")}


@pytest.fixture
def port() -> int:
    return free_port()


def test_the_server_starts_answers_and_offers_to_make_the_first_administrator(
    tmp_path: Path, port: int
) -> None:
    url = f"http://localhost:{port}"
    with served(tmp_path, "--bind", f"127.0.0.1:{port}", "--url", url) as (process, lines):
        assert process.stdout is not None
        lines.append(process.stdout.readline())
        with urlopen(f"http://127.0.0.1:{port}/.well-known/nodeinfo", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert lines[0] == f"Sebangsa answers at {url}\n"
    assert f"{url}/welcome/" in lines[1]


def test_a_second_start_finds_the_administrator_and_offers_no_link(tmp_path: Path, port: int) -> None:
    options = ("--bind", f"127.0.0.1:{port}", "--url", f"http://localhost:{port}")
    with served(tmp_path, *options) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    subprocess.run(
        [sys.executable, "-m", "sebangsa", "user", "create", "siti", "--role", "admin", "--data-dir", str(tmp_path)],
        cwd=ROOT, env=_environment() | {"SEBANGSA_URL": f"http://localhost:{port}"}, check=True, capture_output=True,
    )  # fmt: skip
    with served(tmp_path, *options) as (process, _):
        process.send_signal(signal.SIGTERM)
        rest, trouble = process.communicate(timeout=20)
    assert "/welcome/" not in rest
    assert trouble == ""


def test_a_port_that_is_taken_is_named_and_nothing_is_touched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        bind = f"127.0.0.1:{other.getsockname()[1]}"
        ended = _run(tmp_path / "data", "--bind", bind)
    assert ended.returncode == 4
    assert f"{bind} is taken by another program" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_every_wrong_setting_is_named_at_start(tmp_path: Path) -> None:
    ended = _run(tmp_path, "--mode", "production", "--url", "http://warga.example", "--bind", "nowhere")
    assert ended.returncode == 3
    assert "SEBANGSA_URL" in ended.stderr
    assert "SEBANGSA_BIND" in ended.stderr


def test_a_database_of_another_url_is_not_served(tmp_path: Path, port: int) -> None:
    with served(tmp_path, "--bind", f"127.0.0.1:{port}", "--url", f"http://localhost:{port}") as (process, _):
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    ended = _run(tmp_path, "--bind", f"127.0.0.1:{port}", "--url", "http://other.localhost:1")
    assert ended.returncode == 3
    assert f"belongs to http://localhost:{port}" in ended.stderr


def test_s073_forwarded_addresses_are_not_believed_unless_a_proxy_is_trusted(
    tmp_path: Path, port: int
) -> None:
    """uvicorn by itself believes whoever connects from this machine."""
    with served(tmp_path, "--bind", f"127.0.0.1:{port}", "--url", f"http://localhost:{port}"):
        asked = Request(
            f"http://127.0.0.1:{port}/.well-known/nodeinfo",
            headers={"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "https", "Host": "evil.example"},
        )
        with urlopen(asked, timeout=10) as answer:
            assert b"evil.example" not in answer.read()


def _run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sebangsa", "serve", "--data-dir", str(folder), *options],
        cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
