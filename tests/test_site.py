"""The site is built without a warning or a dead link, and has the pages that the program names.

Beside the slow build, what it would say is known at once: every page is listed in docs/index.md, every anchor is a heading.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import detector

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="docs/ are not beside the package")
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"(?ms)^```.*?^```$")


def pages() -> dict[Path, str]:
    """The text of every page, without what is fenced."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "README.md"]
    return {path: FENCED.sub("", path.read_text("utf-8")) for path in found}


def anchors(page: str) -> set[str]:
    """The names of its headings, as the host and the site make them."""
    heads = re.findall(r"(?m)^#+ (.+)$", page)
    plain = (re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", head).lower() for head in heads)
    return {re.sub(r"[^\w\- ]", "", head).strip().replace(" ", "-") for head in plain}


def test_every_page_is_listed() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    listed = {(ROOT / "docs" / name).resolve() for name, _ in LINK.findall(index)}
    decisions = ROOT / "docs" / "decisions"
    assert {path for path in pages() if path.parent != decisions} - listed == {ROOT / "docs" / "index.md"}


def test_every_anchor_is_a_heading() -> None:
    texts = pages()
    dead = [
        f"{path.name}: {name}#{anchor}"
        for path, text in texts.items()
        for name, anchor in LINK.findall(text)
        if anchor and anchor not in anchors(texts[(path.parent / name).resolve() if name else path])
    ]
    assert dead == []


def test_every_public_name_is_on_the_page_of_the_library() -> None:
    named = re.findall(
        r"auto(?:class|exception|function):: detector\.(\w+)", (ROOT / "docs/api.md").read_text()
    )
    assert sorted(named) == sorted(set(detector.__all__) - {"__version__"})


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    command = (sys.executable, "-m", "sphinx", "-c", "docs", "-d", str(tmp_path / "doctrees"), "-b", "html")
    strictly = ("-n", "-W", "--keep-going", "-q", ".", str(tmp_path / "site"))
    done = subprocess.run((*command, *strictly), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    built = {path.relative_to(tmp_path / "site").with_suffix("") for path in tmp_path.glob("site/**/*.html")}
    assert {path.relative_to(ROOT).with_suffix("") for path in pages()} <= built
