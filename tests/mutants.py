"""A planted mistake, and how it is stated: the module, the text before and after, and the tests that must notice.

`Rooms` is a table of them: names of test files (the quick ones first, since one test that fails is enough), and the mistakes
for which they must fail. The tables are in `tests/mutants_*.py`, one file for a few rooms; `tests/test_mutants.py` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Mutant:
    """In ``module``, ``old`` (which occurs once) is written as ``new``."""

    name: str
    module: str
    old: str
    new: str


Rooms: TypeAlias = dict[tuple[str, ...], tuple[Mutant, ...]]
