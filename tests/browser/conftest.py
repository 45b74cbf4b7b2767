"""Headless Chromium and Firefox without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bidi import Firefox
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class OfflinePage:
    """A page that notes every console error, failed request, and request beyond the file itself."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda message: self._note(f"console {message.type}: {message.text}", message.type))
        page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        page.on("requestfailed", lambda request: self.troubles.append(f"failed: {request.url[:100]}"))
        page.on("request", lambda request: self._note_request(request.url))

    def open(self, path: Path) -> Page:
        """Open a file and wait until it is drawn."""
        self.page.goto(path.resolve().as_uri(), wait_until="load")
        if path.name == "map.html":
            self.page.wait_for_selector("body[data-drawn=yes]")
        return self.page

    def _note(self, text: str, kind: str) -> None:
        if kind in ("error", "warning"):
            self.troubles.append(text)

    def _note_request(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.troubles.append(f"request: {url[:100]}")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start Playwright; a loaded machine draws late, and what is never drawn still fails."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start Debian's Chromium; without one the test is skipped, except in CI."""
    path = _program("chromium", "chromium-browser", "google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox() -> Iterator[Firefox]:
    """Start Debian's Firefox; without one the test is skipped, except in CI."""
    browser = Firefox(_program("firefox-esr", "firefox"))
    yield browser
    browser.close()


def _program(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail(f"CI needs a browser: apt-get install {names[0]}")
    pytest.skip(f"no browser here: apt-get install {names[0]}")


@pytest.fixture
def offline_page(chromium: Browser) -> Iterator[OfflinePage]:
    """Return a page of 1280 × 720 with the network cut off."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.set_offline(True)
    yield OfflinePage(context.new_page())
    context.close()
