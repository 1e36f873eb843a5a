"""What a server with nothing to do costs: memory, and the time from its start to its first answer.

    .venv/bin/python benchmarks/footprint.py [--starts 5]

The first start makes keys and tables; the later ones are what an admin waits for after each restart. Beside each figure
stands the least that a server of these parts can cost, measured in the same run: a process that imports uvicorn,
Starlette, Tortoise, aiohttp and cryptography, and answers one request. Median of the starts.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measuring import ServerProcess, cpu_seconds, free_port, loopback_session, resident_mib

IDLE_SECONDS = 10
BARE = """
import sys
import aiohttp, aiosqlite, cryptography.hazmat.primitives.asymmetric.rsa, jinja2, tortoise
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("ok"))])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


async def first_answer(url: str, within: float = 60.0) -> None:
    """Wait for a page, whatever its status."""
    async with asyncio.timeout(within), loopback_session(1) as http:
        while True:
            try:
                async with http.get(url) as answer:
                    await answer.read()
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.005)


async def bare() -> tuple[float, float]:
    """Seconds to the first answer and resident MiB of the least server."""
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    try:
        await first_answer(f"http://127.0.0.1:{port}/")
        return time.perf_counter() - began, resident_mib(process.pid)
    finally:
        process.terminate()
        process.wait(10)


async def ours(folder: Path, port: int) -> tuple[float, float, float]:
    """Seconds to the first page, and after a while without work resident MiB and CPU milliseconds a second."""
    url = f"http://warga.localhost:{port}"
    began = time.perf_counter()
    with ServerProcess({"url": url, "mode": "development", "data_dir": folder}) as server:
        await first_answer(f"{url}/about")
        seconds = time.perf_counter() - began
        await asyncio.sleep(1)
        spent = cpu_seconds(server.pid)
        await asyncio.sleep(IDLE_SECONDS)
        idle = (cpu_seconds(server.pid) - spent) / IDLE_SECONDS * 1000
        return seconds, resident_mib(server.pid), idle


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()  # data belong to one address
        first, _, _ = await ours(folder, port)
        runs = [await ours(folder, port) for _ in range(options.starts)]
        least = [await bare() for _ in range(options.starts)]
    start, memory, idle = (statistics.median(run[place] for run in runs) for place in range(3))
    least_start, least_memory = (statistics.median(run[place] for run in least) for place in range(2))
    print(f"first start to first page   {first:6.2f} s (keys and tables are made)")
    print(
        f"second start to first page  {start:6.2f} s; least {least_start:.2f} s; ratio {start / least_start:.1f}"
    )
    print(
        f"idle memory, whole server   {memory:6.0f} MiB; least {least_memory:.0f} MiB; ratio {memory / least_memory:.1f}"
    )
    print(f"idle CPU                    {idle:6.1f} ms a second")


if __name__ == "__main__":
    asyncio.run(main())
