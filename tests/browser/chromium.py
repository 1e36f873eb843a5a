"""A real Chromium on a phone's screen, that remembers everything it should not have met."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]
FAULTS = """(() => {
  const all = (selector) => [...document.querySelectorAll(selector)], found = [];
  const levels = all("h1, h2, h3, h4").map(heading => Number(heading.tagName[1]));
  if (levels.filter(level => level === 1).length !== 1) found.push("not one main heading: " + levels);
  if (levels.some((level, at) => at && level > levels[at - 1] + 1)) found.push("headings leave out a level: " + levels);
  const nameless = all("input:not([type=hidden]), select, textarea")
    .filter(field => !field.labels.length && !field.getAttribute("aria-label"));
  if (nameless.length) found.push("fields without a label: " + nameless.map(field => field.name));
  const ids = all("[id]").map(element => element.id), twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length) found.push("ids that stand twice: " + twice);
  return found;
})()"""
"""What a page read aloud trips over."""
PHONE = {"width": 360, "height": 740}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser of this machine; skips the test where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs Chromium at {CHROMIUM}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=ARGUMENTS,
        )
        try:
            yield browser
        finally:
            await browser.close()


class Phone:
    """One person's browser window. `troubles` are errors, refused loads, dialogs, and requests to other hosts."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.troubles: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("dialog", self._dialog)

    @classmethod
    async def open(cls, browser: Browser, url: str, *, has_scripts: bool) -> Phone:
        """A window without history, in English."""
        context = await browser.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            java_script_enabled=has_scripts,
            locale="en-GB",
        )
        context.set_default_timeout(30_000)
        return cls(await context.new_page(), url)

    async def visit(self, path: str) -> None:
        """Go to a page of the server, and look at it."""
        await self.page.goto(self.url + path)
        await self.look()

    async def send(self, selector: str) -> None:
        """Press the button of a form, wait for where it leads, and look at that."""
        async with self.page.expect_navigation():
            await self.page.locator(selector).first.click()
        await self.look()

    async def look(self) -> None:
        """Note whether the page is wider than the screen, which means scrolling to and fro to read, and its faults."""
        await self.page.wait_for_load_state("load")
        self.troubles += [f"{self.path}: {fault}" for fault in await self.page.evaluate(FAULTS)]
        width = await self.page.evaluate("document.scrollingElement.scrollWidth")
        if width > PHONE["width"]:
            widest = await self.page.evaluate(
                "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361)"
                ".slice(0, 4).map(e => e.tagName + '.' + e.className).join(' ')"
            )
            self.troubles.append(f"{self.path} is {width} px wide: {widest}")

    @property
    def path(self) -> str:
        """Where the window is."""
        return urlsplit(self.page.url).path

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"console on {self.path}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.troubles.append(f"request to {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} for {response.url}")

    async def _dialog(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        await dialog.dismiss()
