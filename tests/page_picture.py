"""The picture of the page in the README: ``python -m tests.page_picture`` draws it again from the samples."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from detector import replay
from tests.browser import browser, opened

PICTURE = Path(__file__).parent.parent / "docs" / "page.png"
WIDTH, HEIGHT = 1100, 1080


def main() -> int:
    """Write the picture."""
    with TemporaryDirectory() as folder, browser() as started:
        file = Path(folder, "report.html")
        file.write_text(replay("lab/unauthorized-api-calls", "samples").to_html(), "utf-8")
        with opened(started, file, viewport={"width": WIDTH, "height": HEIGHT}) as one:
            one.drawn('[data-chart="metric"]')
            one.page.evaluate("window.scrollTo(0, 0)")
            one.page.screenshot(path=PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
