"""The README's picture: starts the demonstration in a data folder of its own, signs in as its citizen, and stops it."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chromium import ARGUMENTS, CHROMIUM

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURE = ROOT / "docs" / "pictures" / "home.png"
COLOURS = 160
"""A palette this large keeps the drawings smooth, and the file far below 200 kB."""
IN_SIGHT = """Promise.all([...document.images]
  .filter(image => image.getBoundingClientRect().top < innerHeight).map(image => image.decode()))"""
"""Waits for the pictures in sight: those below are loaded only when somebody scrolls to them."""


def sign_in_link(server: subprocess.Popen[str]) -> str:
    """The citizen's link, once the servers are filled and listen."""
    link = ""
    for line in server.stdout or ():
        if found := re.search(r"a citizen: (\S+)", line):
            link = found[1]
        if line.startswith("Ctrl-C"):
            return link
    raise SystemExit("The demonstration did not start. Are the ports 8001 and 8002 free?")


def home_page(link: str) -> bytes:
    """What the citizen sees after signing in, as a PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="id-ID", color_scheme="light")
        page.goto(link)
        with page.expect_navigation():
            page.click("main form button")
        page.goto(re.sub(r"/welcome/.*", "/", link))
        page.evaluate(IN_SIGHT)
        shot = page.screenshot()
        browser.close()
    return shot


def main() -> None:
    """Make the picture anew."""
    with tempfile.TemporaryDirectory() as data:
        server = subprocess.Popen(
            [sys.executable, "-m", "sebangsa", "serve", "--demo"],
            cwd=ROOT,
            env={**os.environ, "SEBANGSA_DATA_DIR": data, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            shot = home_page(sign_in_link(server))
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture.save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
