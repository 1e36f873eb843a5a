"""Runs one server for as long as the test run lives, however that ends; a program of its own.

A fixture's teardown does not run when pytest is killed, and with several workers the one that started a
server may end before the others. So each server gets a keeper: it waits for the end of the run (or for
SIGTERM), then stops the server and removes its folder.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SECONDS_TO_STOP = 10


def keep(owner: int, folder: Path, stop_signal: int, user: str | None, command: list[str]) -> None:
    """Run `command` as `user` until process `owner` ends, then remove `folder`.

    The last keeper to see its owner gone removes the folder above too, where the run kept its records.
    """
    server = subprocess.Popen(
        command,
        cwd=folder,
        preexec_fn=_die_with_the_keeper(stop_signal),
        user=user,
        group=folder.stat().st_gid if user else None,
        extra_groups=[] if user else None,
    )
    try:
        _wait_for_the_end_of_any(owner, server)
    finally:
        server.send_signal(stop_signal)
        try:
            server.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)
        if not _is_alive(owner) and not any(path.is_dir() for path in folder.parent.iterdir()):
            shutil.rmtree(folder.parent, ignore_errors=True)


def _die_with_the_keeper(stop_signal: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    set_parent_death_signal = 1

    def in_the_child() -> None:
        libc.prctl(set_parent_death_signal, stop_signal)

    return in_the_child


def _wait_for_the_end_of_any(owner: int, server: subprocess.Popen[bytes]) -> None:
    if not hasattr(os, "pidfd_open"):
        while server.poll() is None and _is_alive(owner):
            time.sleep(0.2)
        return
    poll = select.poll()
    for pid in (owner, server.pid):
        try:
            poll.register(os.pidfd_open(pid), select.POLLIN)
        except ProcessLookupError:
            return
    poll.poll()


def _is_alive(pid: int) -> bool:
    try:
        if hasattr(os, "pidfd_open"):  # tells the living from a process that ended and was not yet waited for
            return not select.select([os.pidfd_open(pid)], [], [], 0)[0]
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--owner", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--stop-signal", type=int, required=True)
    parser.add_argument("--user")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    keep(given.owner, given.folder, given.stop_signal, given.user, given.command)


if __name__ == "__main__":
    main()
