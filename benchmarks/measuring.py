"""A server in its own process, and what it costs the machine."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parent.parent


class _Loopback(aiohttp.abc.AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        """Holds nothing open."""


def loopback_session(connections: int) -> aiohttp.ClientSession:
    """A client for which every name is this machine."""
    connector = aiohttp.TCPConnector(resolver=_Loopback(), limit=connections)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


class ServerProcess:
    """`sebangsa serve` with these settings (field names of `Settings`), ended with the block."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._url = str(settings["url"])
        port = self._url.rpartition(":")[2]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SEBANGSA_")}
        environment |= {f"SEBANGSA_{name.upper()}": str(value) for name, value in settings.items()}
        environment["SEBANGSA_BIND"] = f"127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "sebangsa", "serve"]
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> ServerProcess:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def kill(self) -> None:
        """SIGKILL, as a power cut or the kernel's memory killer would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    async def ready(self, path: str = "/nodeinfo/2.0", within: float = 30.0) -> None:
        """Wait for the first good answer. Raises `TimeoutError`."""
        async with asyncio.timeout(within), loopback_session(1) as http:
            while True:
                try:
                    async with http.get(self._url + path) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.01)
