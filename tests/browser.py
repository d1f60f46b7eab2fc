"""A browser for the tests of pages: Debian's Chromium, driven by playwright; a page that keeps what it said and asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PIXELS = """([place, wanted, near]) => {
  const canvas = place.querySelector("canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (wanted.every((value, i) => Math.abs(data[at + i] - value) <= near)) found += 1;
  }
  return found;
}"""


@dataclass
class Opened:
    """A page in a browser, and what it has written to the console and asked of the network."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def drawn(self, selector: str) -> Any:
        """A chart, scrolled to and drawn."""
        place = self.page.locator(selector).first
        place.scroll_into_view_if_needed()
        self.page.wait_for_selector(f"{selector}[data-drawn] canvas", timeout=10_000)
        return place

    def pixels(self, place: Any, color: str, near: int = 12) -> int:
        """How many pixels of a chart have a colour, or nearly."""
        wanted = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
        return int(self.page.evaluate(PIXELS, [place.element_handle(), wanted, near]))


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, or the test is skipped and says what is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: make .venv/.ready installs it"
    )
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium, then make check-browser")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def opened(started: Any, file: Path, **options: Any) -> Iterator[Opened]:
    """A page of a file in a context of its own."""
    context = started.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page = context.new_page()
    one = Opened(page)
    page.on("console", lambda message: one.said.append(message.text))
    page.on("pageerror", lambda error: one.said.append(str(error)))
    page.on("dialog", lambda dialog: one.said.append(dialog.message))
    page.on("request", lambda request: one.asked.append(request.url))
    page.goto(file.as_uri())
    yield one
    context.close()
