"""The page of each rule: what it finds, why that matters, an example, and how to silence it.

In: ``pages.md``, from which ``docs/lint.md``, ``detector check --rule`` and the help in SARIF are made. Out: `Page` by code. Every rule has
one; the examples are what the program prints, kept so by ``tests/test_lint_docs.py``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from detector.lint.rules import RULES, Rule
from detector.release import addressed

_SECTION = re.compile(r"(?ms)^### (D\d{3}): .*?\n\n(.*?)(?=^##|\Z)")
_EXAMPLE = re.compile(r"(?ms)^```console\n(.*?)^```$")
_BESIDE = (
    "a comment on the line of the {what}, on the line before, or after its end: # detector: ignore[{code}]"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One rule's page; ``why`` is Markdown without headings, an example a typed line and what is printed for it."""

    rule: Rule
    why: str
    examples: tuple[str, ...]

    @property
    def place(self) -> str:
        """Its section in the documentation: the heading's words without punctuation, as hosts of Markdown make anchors."""
        heading = f"{self.rule.code}: {self.rule.title} ({self.rule.severity})".lower()
        anchor = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
        return f"{addressed('docs/lint.md')}#{anchor}"

    @property
    def silence(self) -> tuple[str, ...]:
        """The ways not to be told, the narrowest first."""
        code = self.rule.code
        if code == "D001":
            return ("it cannot be silenced: what is refused is nothing",)
        run = f"for one run: detector check --ignore {code}"
        if code.startswith("D7"):
            return (run, "leave out --archive")
        what = "setting that the finding names" if code >= "D8" else "pattern"
        return (_BESIDE.format(what=what, code=code), run)


def text() -> str:
    """All pages as one Markdown text with headings, as ``docs/lint.md`` has them."""
    return files("detector.lint").joinpath("pages.md").read_text(encoding="utf-8")


@functools.cache
def pages() -> Mapping[str, Page]:
    """The page of every rule."""
    found = {match[1]: match[2] for match in _SECTION.finditer(text())}
    return {code: _page(rule, found[code]) for code, rule in RULES.items()}


def _page(rule: Rule, section: str) -> Page:
    return Page(
        rule, _EXAMPLE.sub("", section).strip(), tuple(one.rstrip("\n") for one in _EXAMPLE.findall(section))
    )


def chosen(code: str) -> tuple[Page, ...]:
    """The pages whose codes begin so; none where there is no such rule."""
    return tuple(page for name, page in pages().items() if name.startswith(code))
