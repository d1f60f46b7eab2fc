"""The pages about findings hold what the program prints, and nothing is left out of them.

After a change: ``python -m tests.test_lint_docs`` writes the output below every ``$ detector check`` of the pages, and
``docs/lint.md`` from ``detector/lint/pages.md``.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from detector.__main__ import main
from detector.detections import load_detection, shipped
from detector.lint import RULES, pages

ROOT = Path(__file__).parents[1]
LINT = ROOT / "docs" / "lint.md"
PAGES = ROOT / "detector" / "lint" / "pages.md"
BENCHMARK = ROOT / "docs" / "benchmark-filters.md"
AUDIT = ROOT / "docs" / "audit.md"
BLOCK = re.compile(r"(?ms)^```console\n\$ detector (?P<typed>(?:check|audit) .*?)\n(?P<out>.*?)^```$")


def printed(typed: str) -> str:
    """What the program prints for a typed line."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.chdir(ROOT):
        main(shlex.split(typed.replace("\\\n", " ")))
    return out.getvalue()


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(block["typed"], block["out"]) for block in BLOCK.finditer(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", [LINT, BENCHMARK, AUDIT], ids=lambda page: page.name)
def test_the_page_holds_what_is_printed(page: Path) -> None:
    found = blocks(page)
    assert len(found) > (0 if page == AUDIT else 10)
    for typed, out in found:
        assert out == printed(typed), typed


def test_every_code_has_an_example_with_a_finding_of_it() -> None:
    sections = re.split(r"(?m)^### ", LINT.read_text("utf-8"))[1:]
    by_code = {section[:4]: section for section in sections}
    assert list(by_code) == list(RULES)
    for code, section in by_code.items():
        assert section.startswith(f"{code}: {RULES[code].title} ({RULES[code].severity})\n")
        shown = [out for _, out in blocks_of(section)]
        assert shown
        assert code == "D001" or any(f"{code} " in out for out in shown), code


def blocks_of(text: str) -> list[tuple[str, str]]:
    return [(block["typed"], block["out"]) for block in BLOCK.finditer(text)]


def test_the_benchmark_page_has_every_control_and_every_variant() -> None:
    controls = [name for name in shipped() if name.startswith("cis/")]
    assert len(controls) == 15
    page = BENCHMARK.read_text("utf-8")
    shown = [typed.removeprefix("check ").removesuffix(" --ignore D8") for typed, _ in blocks(BENCHMARK)]
    assert shown == controls
    for name, (_, out) in zip(controls, blocks(BENCHMARK), strict=True):
        listed = out.splitlines()[0].partition(", also ")[2]
        assert [one for one in listed.split(", ") if one] == [
            one.name for one in load_detection(name).variants
        ]
    assert all(f"`{name}`" in page for name in controls)


def test_every_rule_has_a_page_and_the_documentation_is_made_of_them() -> None:
    assert list(pages.pages()) == list(RULES)
    for code, page in pages.pages().items():
        assert len(page.why) > 40, code
        assert page.examples, code
        assert page.silence, code
    assert LINT.read_text("utf-8").endswith(f"\n\n{pages.text()}")


@pytest.mark.parametrize(
    ("form", "begins"), [("text", "D202 warning: "), ("markdown", "### D202: "), ("json", "[\n  {")]
)
def test_a_rule_explains_itself(form: str, begins: str) -> None:
    out = printed(f"check --rule D202 --format {form}")
    assert out.startswith(begins)
    for told in ("absent is false", "detector check", "ignore[D202]", "--ignore D202"):
        assert told in out
    assert printed("check --rule D2").count("to silence it:") == sum(code.startswith("D2") for code in RULES)
    assert "there is no finding D299" in printed("check --rule D299")


if __name__ == "__main__":
    for one in (PAGES, BENCHMARK, AUDIT):
        text = one.read_text("utf-8")
        one.write_text(
            BLOCK.sub(
                lambda found: f"```console\n$ detector {found['typed']}\n{printed(found['typed'])}```", text
            ),
            encoding="utf-8",
        )
    before = LINT.read_text("utf-8").partition("## Validity\n")[0]
    before = BLOCK.sub(
        lambda found: f"```console\n$ detector {found['typed']}\n{printed(found['typed'])}```", before
    )
    LINT.write_text(before + PAGES.read_text("utf-8"), encoding="utf-8")
