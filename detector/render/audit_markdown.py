"""An audit as Markdown for a ticket or a pull request: a table of the controls, and the reasons of those that fall short.

In: what `detector.jobs.audit` says. Out: Markdown in which everything from files stands as code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.jobs.audit.result import Audit, Audited
from detector.quantities import count
from detector.render.audit_text import RELATIONS, named, said
from detector.render.kit.markdown import code, document, heading, listed, plain, table


def audit_markdown(audit: Audit) -> str:
    """The whole report."""
    levels = ", ".join(f"{number} {level}" for level, number in audit.levels.items() if number)
    looked = (
        f"{count(audit.filters, 'filter')}, {count(audit.alarms, 'alarm')}, {count(audit.trails, 'trail')}"
    )
    rows = [
        (one.section, one.control.title, f"**{one.level}**", _relation(one), _passes(one))
        for one in audit.controls
    ]
    lines = [
        *heading(2, f"Audit against {named(audit.benchmark)}"),
        f"{looked} in {', '.join(map(code, audit.sources)) or '-'}: {levels or 'no control'}.",
        "",
        *table(("control", "about", "level", "filter", "text check"), rows),
    ]
    for one in audit.controls:
        if facts := list(_facts(one, audit.unknown)):
            lines += ["", *heading(3, f"{one.section}: {one.control.title}"), *listed(facts)]
    if audit.unknown:
        lines += ["", *heading(3, "Not shown"), *(f"- {plain(sentence, 400)}" for sentence in audit.unknown)]
    if audit.lost:
        lines += ["", *heading(3, "Not looked at"), *(f"- {code(str(remark), 400)}" for remark in audit.lost)]
    return document(lines)


def _relation(one: Audited) -> str:
    if one.found is None:
        return "-"
    return f"{code(one.found.name, 100)} {RELATIONS[one.found.relation]} {code(one.found.to)}"


def _passes(one: Audited) -> str:
    return {True: "passes", False: "fails", None: "-"}[one.text_check.passes]


def _facts(one: Audited, once: Sequence[str]) -> Iterator[tuple[str, str]]:
    for reason in one.reasons:
        yield str(reason.level), plain(said(reason), 1_000)
    for sentence in (each for each in one.unknown if each not in once):
        yield "not shown", plain(sentence, 400)
