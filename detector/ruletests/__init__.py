"""Rule tests: what a detection must and must not match, and how its alarm moves, in a TOML file beside it.

`load` reads a file strictly, `run` gives an outcome for each expectation, `coverage` says which conditions the cases
made true and which false; `mutants` which mistakes in a pattern they would notice, and `written` is a case ready to be
pasted. `detector.jobs.ruletests` does all of it for any number of files.
"""

from detector.ruletests.load import Case, RuleTests, Timeline, load
from detector.ruletests.run import Coverage, Outcome, Wrong, coverage, run

__all__ = ["Case", "Coverage", "Outcome", "RuleTests", "Timeline", "Wrong", "coverage", "load", "run"]
