"""What people really write instead of a filter pattern, and what to tell them.

In: a pattern, the place where the grammar could not go on, and what it expected there. Out: the
`PatternError` for it. A table is in the order in which it is tried; the first entry whose
expression fits at the place (and, if given, whose text before it fits too) decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from detector.errors import PatternError


class Mistake(NamedTuple):
    """``here`` is matched at the place of failure, ``before`` against the text in front of it."""

    here: str
    reason: str
    hint: str
    before: str = ""


# What is wrong in a pattern of any kind.
EVERYWHERE = (
    Mistake(r"\$\{[^}]*\}?", "expected a pattern, found a template placeholder", "render the template first"),
    Mistake(
        "[\u201c\u201d\u2018\u2019\u00ab\u00bb]",
        "expected plain double quotes",
        'write "…" with the quotes of a keyboard',
    ),
    Mistake(
        r"&amp;|&lt;|&gt;|&quot;", "expected a plain character, found an HTML entity", "unescape it first"
    ),
    Mistake(
        "[\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]",
        "expected a plain blank, found one that only looks like it",
        "copied text often holds no-break and zero-width blanks: type a new one",
    ),
)


def fitting(mistakes: Iterable[Mistake], source: str, place: int) -> PatternError | None:
    """The error of the first mistake that fits at ``place``, if there is one."""
    errors = (_fitting(mistake, source, place) for mistake in mistakes)
    return next((error for error in errors if error is not None), None)


def _fitting(mistake: Mistake, source: str, place: int) -> PatternError | None:
    here = re.compile(mistake.here).match(source, place)
    before = re.search(mistake.before, source[:place]) if mistake.before else None
    if here is None or (mistake.before and before is None):
        return None
    words = here.groupdict() | (before.groupdict() if before else {})
    words |= {"text": here[0], "first": here[0][:1]}
    return PatternError(
        mistake.reason.format(**words),
        source,
        (here.start(), max(here.end(), here.start() + 1)),
        mistake.hint.format(**words),
    )
