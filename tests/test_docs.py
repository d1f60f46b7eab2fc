"""Every ``>>>`` in the README and the pages of ``docs/`` is run, from the root of the project.

One page is one session: a later block knows the names of an earlier one. Blocks fenced as ``python`` or ``pycon`` count.
"""

from __future__ import annotations

import doctest
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FENCED = re.compile(r"^```(?:python|pycon)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def session(page: str) -> str:
    """The page with all that is no Python made blank, so that line numbers stay those of the page."""
    blocks = [match.span(1) for match in FENCED.finditer(page) if ">>>" in match[1]]
    keep = {place for start, end in blocks for place in range(start, end)}
    return "".join(char if char == "\n" or place in keep else "" for place, char in enumerate(page))


PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if page.exists() and session(page.read_text("utf-8")).strip()
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_page_do_what_it_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = doctest.DocTestParser().get_doctest(
        session(path.read_text("utf-8")), {}, path.name, str(path), 0
    )
    monkeypatch.chdir(ROOT)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.REPORT_NDIFF).run(examples, out=said.append)
    assert not said, "".join(said)


def test_a_wrong_example_is_noticed() -> None:
    page = "text\n```python\n>>> 1 + 1\n3\n```\n"
    examples = doctest.DocTestParser().get_doctest(session(page), {}, "page", None, 0)
    assert [(example.lineno, example.want) for example in examples.examples] == [(2, "3\n")]
    assert doctest.DocTestRunner().run(examples, out=lambda _: None).failed == 1


def test_nothing_installs_a_stranger_s_package() -> None:
    # `detector` on the index is another author's: ours is cloudtrail-detector, or the checkout itself.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == "cloudtrail-detector"
    texts = [
        path
        for folder in ("", "docs", "docs/decisions", "detector", "patterns", "samples", "benchmarks", ".ci")
        for path in (ROOT / folder).glob("**/*" if folder in {"detector", "patterns"} else "*")
        if path.suffix in {"", ".md", ".py", ".toml", ".txt", ".sh"} and path.is_file()
    ]
    assert len(texts) > 100
    wrong = re.compile(r"""(?:install|add|requires?)\s+(?:-\S+\s+)*["'`]?detector\b""")
    assert [path for path in texts if wrong.search(path.read_text("utf-8", "replace"))] == []


def test_an_extra_that_is_named_is_one_of_ours() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    places = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("detector/**/*.py")]
    texts = {path: path.read_text("utf-8") for path in places}
    installs = re.compile(r"""pip install (?:-\S+ )*["'`]?(\w[\w.-]*)(?:\[([\w,]+)\])?""")
    named = {(path.name, *found) for path, text in texts.items() for found in installs.findall(text)}
    assert len(named) > 15
    wrong = {
        one
        for one in named
        if one[1] != project["name"]
        or {*filter(None, one[2].split(","))} - {*project["optional-dependencies"]}
    }
    assert wrong == set()


def test_decisions_have_one_form_and_are_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    records = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert re.findall(r"\]\((.+?\.md)\)", index) == sorted(records)
    form = ["Question.", "Decision.", "Why not the others.", "Price.", "Date."]
    wrong = {
        name
        for name in records
        if re.findall(r"(?m)^\*\*(.+?)\*\*", (folder / name).read_text("utf-8")) != form
    }
    assert wrong == set()


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


@pytest.mark.parametrize(
    "page", ["docs/architecture.md", "docs/language.md", "docs/alarms.md", "CONTRIBUTING.md"]
)
def test_a_page_names_modules_that_exist(page: str) -> None:
    package = ROOT / "detector"
    named = re.findall(r"`(?:detector/)?((?:\w+/)+\w+\.(?:py|c|tsv|txt))`", (ROOT / page).read_text("utf-8"))
    rooms = {path.name for path in package.iterdir() if path.is_dir()}
    missing = {
        name
        for name in named
        if name.partition("/")[0] in rooms and not re.search(r"(^|/)x(_|\.)", name)
        if not (package / name).exists()
    }
    assert missing == set()
