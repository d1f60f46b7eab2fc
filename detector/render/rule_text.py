"""Pages of rules: for a terminal, as Markdown, and as JSON.

In: what `detector.lint.pages` says. Out: text. Nothing in it comes from a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from detector.lint.pages import Page as RulePage
from detector.release import addressed
from detector.render.kit.json_values import readable
from detector.render.kit.page import Page

_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def rules_text(found: Sequence[RulePage], page: Page) -> str:
    """The pages one after the other, with a blank line between them."""
    return "\n".join("".join(f"{line}\n" for line in _lines(one, page)) for one in found)


def _lines(one: RulePage, page: Page) -> Iterator[str]:
    rule = one.rule
    yield page.bold(f"{rule.code} {rule.severity}: {rule.title}")
    for paragraph in re.split(r"\n\n+", addressed(_LINK.sub(r"\1 (docs/\2)", one.why))):
        yield ""
        yield from page.indented(" ".join(paragraph.split()))
    for example in one.examples:
        yield ""
        yield "example:"
        yield from _example(example.split("\n"), page)
    yield ""
    yield "to silence it:"
    for way in one.silence:
        yield from page.hanging(way, 2)


def _example(lines: Sequence[str], page: Page) -> Iterator[str]:
    """What is printed; an excerpt with its carets is left out where a terminal is too narrow for it."""
    carets = {place for place, line in enumerate(lines) if line.strip() and not line.strip("^ ")}
    wide = {place for place in carets if max(map(len, lines[place - 1 : place + 1])) + 2 > page.width}
    for place, line in enumerate(lines):
        of = place if place in carets else place + 1
        if of in carets:
            if of not in wide or not page.for_eyes:
                yield f"  {line}"
        else:
            indent = len(line) - len(line.lstrip())
            yield from page.hanging(line.strip(), indent + 2)


def rule_markdown(one: RulePage) -> str:
    """One page without its heading."""
    examples = [f"```console\n{example}\n```" for example in one.examples]
    silence = "\n".join(f"- {way}" for way in one.silence)
    return "\n\n".join([one.why, *examples, f"To silence it:\n\n{silence}"]) + "\n"


def rules_markdown(found: Sequence[RulePage]) -> str:
    """The pages with their headings."""
    heads = (f"### {one.rule.code}: {one.rule.title} ({one.rule.severity})" for one in found)
    return "\n".join(f"{head}\n\n{rule_markdown(one)}" for head, one in zip(heads, found, strict=True))


def rules_json(found: Sequence[RulePage]) -> str:
    """A list with everything that the pages say."""
    return readable(
        [
            {
                "code": one.rule.code,
                "severity": str(one.rule.severity),
                "title": one.rule.title,
                "why": one.why,
                "examples": list(one.examples),
                "silence": list(one.silence),
            }
            for one in found
        ]
    )
