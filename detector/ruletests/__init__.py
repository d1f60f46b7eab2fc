"""Rule tests: what a detection must and must not match, and how its alarm moves, in a TOML file beside it.

`load` reads a file strictly, `run` gives an outcome for each expectation, `coverage` says which conditions the
cases made true and which false. Words are made in `detector.render.ruletests`.
"""

from detector.ruletests.coverage import Coverage, coverage
from detector.ruletests.load import Case, RuleTests, Timeline, load
from detector.ruletests.run import Outcome, Wrong, run

__all__ = [
    "Case",
    "Coverage",
    "Outcome",
    "RuleTests",
    "Timeline",
    "Wrong",
    "coverage",
    "load",
    "run",
]
