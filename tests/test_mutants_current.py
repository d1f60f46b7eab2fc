"""Each planted mistake still has its place in the source, so that the slow tests find it."""

from __future__ import annotations

from tests.mutants import COMPILE, EVALUATE, GRAMMAR
from tests.mutants_alarms import AUDIT, REACHABLE, RULES
from tests.mutants_composite import HELD, PHASES, STARTS, VALUES
from tests.mutants_rooms import ROOMS
from tests.mutants_scan import MUTANTS


def test_every_mistake_has_one_place() -> None:
    for mutant in (
        *EVALUATE,
        *COMPILE,
        *GRAMMAR,
        *MUTANTS,
        *REACHABLE,
        *RULES,
        *AUDIT,
        *sum(ROOMS.values(), ()),
        *VALUES,
        *PHASES,
        *HELD,
        *STARTS,
    ):
        mutant.source()
