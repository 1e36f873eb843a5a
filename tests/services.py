"""Real servers for the tests: PostgreSQL and Redis, started when the first test asks, gone with the run.

PostgreSQL is shared by all workers of a run, each test has a database of its own. Redis is one server per
worker, because a channel of Redis is heard in all its databases. A test whose server is not installed is
skipped, saying so.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER, OWNER = "TEST_SERVICES_FOLDER", "TEST_SERVICES_OWNER"  # handed to the workers in the environment
SECONDS_TO_START = 30
KEEPER = Path(__file__).with_name("service_keeper.py")
POSTGRES_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="sebangsa-tests-"))
        folder.chmod(0o711)  # a server of another account passes through to its own folder
        os.environ[FOLDER], os.environ[OWNER] = str(folder), str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and (name := os.environ.pop(FOLDER, "")):
        for service in Path(name).glob("*.json"):
            stop_service(service)
        shutil.rmtree(name, ignore_errors=True)


# --- PostgreSQL


@dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL that believes whoever connects from this machine."""

    port: int

    def url(self, database: str) -> str:
        return f"postgres://postgres:postgres@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """The run's PostgreSQL, shared by its workers; its data does not survive the run."""
    initdb = _postgres_program("initdb")
    postgres = _postgres_program("postgres")
    if not (initdb and postgres):
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql).")
    with _alone():
        record = _services() / "postgres.json"
        if not record.exists():
            _start_postgres(record, initdb, postgres)
        return PostgresServer(json.loads(record.read_text())["port"])


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """URL of a new, empty database, dropped after the test."""
    url = await fresh_postgres_database(postgres_server)
    yield url
    await drop_postgres_database(postgres_server, url)


async def fresh_postgres_database(server: PostgresServer, template: str = "template1") -> str:
    """Make a database with all that `template` holds, tables and rows; returns its URL.

    Nobody may be connected to the template meanwhile.
    """
    name = f"test_{secrets.token_hex(8)}"
    await _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server.url(name)


async def drop_postgres_database(server: PostgresServer, url: str) -> None:
    """Remove the database, closing the connections that a test left open."""
    await _execute(server, f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')


async def postgres_template(server: PostgresServer, name: str, fill: Callable[[str], Awaitable[None]]) -> str:
    """Make the template `name` once in a run, by `fill(url)`, and return the name.

    `fill` must close its connections. If it fails nothing stays behind, and the next caller tries again.
    """
    record = _services() / f"{name}.template"
    with _alone():
        if not record.exists():
            await _execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await _execute(server, f'CREATE DATABASE "{name}"')
            await fill(server.url(name))
            record.touch()
    return name


def shared_folder(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder that all workers of the run share, made once by `fill(folder)`."""
    folder, record = _services() / name, _services() / f"{name}.folder"
    with _alone(name):
        if not record.exists():
            shutil.rmtree(folder, ignore_errors=True)
            fill(folder)
            record.touch()
    return folder


async def _execute(server: PostgresServer, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _postgres_program(name: str) -> str | None:
    def version(folder: Path) -> float:
        return float(folder.parent.name)

    # Debian keeps the server's programs off the path, one folder for each version.
    for folder in sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=version, reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    return shutil.which(name)


def _start_postgres(record: Path, initdb: str, postgres: str) -> None:
    user = _unprivileged_user()
    folder = _own_folder("postgres", user)
    data = folder / "data"
    made = subprocess.run(
        [initdb, "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"],
        cwd=folder,
        capture_output=True,
        text=True,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if made.returncode:
        pytest.fail(f"initdb: {made.stderr}")
    port = _free_port()
    settings = POSTGRES_SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
    command = [postgres, "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]

    def is_ready() -> bool:
        try:
            return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (FileNotFoundError, IndexError):
            return False

    # SIGQUIT ends PostgreSQL at once; its data is thrown away in any case.
    _start_service(record, folder, port, signal.SIGQUIT, user, command, is_ready)


# --- Redis


@pytest.fixture(scope="session")
def redis_server() -> str:
    """URL of this worker's Redis, which writes nothing to disk."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        pytest.skip("Redis is not installed (Debian: apt-get install redis-server).")
    name = f"redis-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    record = _services() / f"{name}.json"
    user = _unprivileged_user()
    folder = _own_folder(name, user)
    port = _free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no"]
    _start_service(record, folder, port, signal.SIGTERM, user, command, lambda: _answers_ping(port))
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """URL of a Redis with nothing in it."""
    import redis

    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


# --- Documents of other servers


@pytest.fixture(scope="session")
def documents_folder() -> Path:
    """The folder of documents captured from other servers, named by SEBANGSA_TEST_DOCUMENTS."""
    name = os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")
    if not name:
        pytest.skip("SEBANGSA_TEST_DOCUMENTS names no folder of captured documents.")
    folder = Path(name).resolve()
    if not folder.is_dir():
        pytest.skip(f"SEBANGSA_TEST_DOCUMENTS: there is no folder {folder}.")
    return folder


# --- Starting and stopping


def stop_service(record: Path) -> None:
    """Stop the service written down in `record`, and wait until it has cleaned up behind itself."""
    service = json.loads(record.read_text())
    try:
        os.kill(service["keeper"], signal.SIGTERM)
    except ProcessLookupError:
        return
    _wait_until(lambda: not Path(service["folder"]).exists())


def _start_service(
    record: Path,
    folder: Path,
    port: int,
    stop_signal: signal.Signals,
    user: pwd.struct_passwd | None,
    command: list[str],
    is_ready: Callable[[], bool],
) -> None:
    keeper_command = [sys.executable, str(KEEPER), "--owner", os.environ[OWNER], "--folder", str(folder)]
    keeper_command += ["--stop-signal", str(int(stop_signal))]
    if user:
        keeper_command += ["--user", user.pw_name]
    log_path = folder / "log"
    with log_path.open("wb") as log:
        keeper = subprocess.Popen(
            [*keeper_command, "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for pytest; the keeper sees the end of the run by itself
        )
    _wait_until(lambda: is_ready() or keeper.poll() is not None)
    if keeper.poll() is not None or not is_ready():
        words = log_path.read_text() if log_path.exists() else "(its folder is gone)"
        keeper.terminate()
        pytest.fail(f"{Path(command[0]).name} did not start: {words}")
    record.write_text(json.dumps({"keeper": keeper.pid, "folder": str(folder), "port": port}))


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


def _services() -> Path:
    return Path(os.environ[FOLDER])


def _own_folder(name: str, user: pwd.struct_passwd | None) -> Path:
    folder = _services() / name
    folder.mkdir(mode=0o700)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom to run servers as when we are root, which PostgreSQL refuses; otherwise ourselves (None)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("Running as root, and there is no account named postgres or nobody to run servers as.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _alone(name: str = "services") -> Iterator[None]:
    """Keep the run's other workers out of what has this name. Not to be nested under one name."""
    with (_services() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
