"""The site is built without a warning or a dead link, and has the pages that the program names.

Beside the slow build, what it would say is known at once: every page is listed in docs/index.md, every anchor is a heading.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import detector
from detector import release
from detector.__main__ import main
from detector.lint.pages import pages as rules

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="docs/ are not beside the package")
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]+))?\)")
LINT = ROOT / "docs" / "lint.md"
CODE = re.compile(r"d\d{3}-")
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


def test_a_finding_names_its_section() -> None:
    named = [page.place for page in rules().values()]
    assert set(named) == {
        f"docs/lint.md#{one}" for one in anchors(LINT.read_text("utf-8")) if CODE.match(one)
    }


def test_where_the_site_is_published_help_and_findings_name_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("check", "{ $.errorCode EXISTS }", "--severity", "none")
    main([*command, "--format", "sarif"])
    assert "helpUri" not in capsys.readouterr().out
    monkeypatch.setattr(release, "SITE", "https://docs.example.com/")
    main([*command, "--format", "sarif"])
    rule = json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]["rules"][0]
    assert rule["helpUri"].startswith("https://docs.example.com/docs/lint.html#d001-")
    assert rule["helpUri"] in rule["help"]["text"]
    assert main(["replay", "--help"]) == 0
    printed = "".join(capsys.readouterr().out.split())
    assert "https://docs.example.com/docs/cache.html" in printed
    assert re.search(r"docs/[\w-]+\.md", printed) is None


def test_every_page_that_help_and_messages_name_is_there() -> None:
    named = {
        name
        for path in Path(detector.__file__).parent.rglob("*.py")
        for name in re.findall(r"\bdocs/[\w-]+\.md\b", path.read_text("utf-8"))
    }
    assert len(named) > 15
    assert [name for name in sorted(named - {"docs/x.md"}) if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    command = (sys.executable, "-m", "sphinx", "-c", "docs", "-d", str(tmp_path / "doctrees"), "-b", "html")
    strictly = ("-n", "-W", "--keep-going", "-q", ".", str(tmp_path / "site"))
    done = subprocess.run((*command, *strictly), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    built = {path.relative_to(tmp_path / "site").with_suffix("") for path in tmp_path.glob("site/**/*.html")}
    assert {path.relative_to(ROOT).with_suffix("") for path in pages()} <= built
    made = (tmp_path / "site" / "docs" / "lint.html").read_text("utf-8")
    assert [one.place for one in rules().values() if f'id="{one.place.partition("#")[2]}"' not in made] == []
