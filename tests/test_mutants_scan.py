"""The tests of the fast scan catch every mistake that is planted in it; on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from detector.pattern.syntax import Expr
from tests import small_world as world
from tests import test_claims as of_claims
from tests import test_evidence_native as of_evidence
from tests import test_metric_samples as of_samples
from tests import test_scan_file_prefilter as of_gate
from tests import test_scan_odd_files as odd
from tests import test_scan_partly as partly
from tests import test_scan_projected as projected
from tests import test_scan_record_prefilter as of_cuts
from tests import test_scan_small_world as small
from tests import test_scan_times as of_times
from tests.mutants import Mutant
from tests.mutants_scan import MUTANTS, planted
from tests.scans import stored

pytestmark = pytest.mark.slow

Check = Callable[[], object]
# Tests that are tables, and their rows.
TABLES: tuple[tuple[Callable[..., object], list[tuple[Any, ...]]], ...] = (
    (of_gate.test_which_files_are_turned_away, [(name,) for name in of_gate.FILES]),
    (of_gate.test_when_there_is_a_gate, [(texts,) for texts in of_gate.GATES]),
    (of_gate.test_common_pieces, [(literals,) for literals in of_gate.PIECES]),
    (of_gate.test_a_slash_may_be_escaped, [()]),
    (of_cuts.test_which_records_are_decoded, [(texts,) for texts in of_cuts.CUTTERS]),
    (of_cuts.test_whatever_stands_at_the_edges_of_a_text, [(left,) for left in of_cuts.EDGES]),
    (of_cuts.test_bytes_that_are_not_utf8_are_not_cut, [()]),
    (of_cuts.test_when_all_records_are_needed_nothing_is_cut, [()]),
    (of_times.test_one_time_among_others, [(time,) for time in of_times.ODD]),
    (of_times.test_the_seconds_of_some, [()]),
    (of_claims.test_what_is_claimed, [(text,) for text in of_claims.USEFUL]),
    (of_claims.test_which_texts_are_claimed, list(of_claims.TEXTS)),
    (of_claims.test_what_is_possible, [tuple(row) for row in of_claims.POSSIBLE]),
)


def checks(folder: Path) -> Iterator[Check]:
    """The tables and the small world, the cheapest first."""
    for test, rows in TABLES:
        yield from (partial(test, *row) for row in rows)
    yield of_evidence.test_columns_that_are_full_are_what_the_plain_ones_are
    yield of_evidence.test_what_nobody_asked_about_is_asked_again
    yield partial(of_evidence.test_filters_that_read_what_others_do_not, folder / "spelled")
    yield from (
        partial(partly.test_in_part_is_what_the_plain_scan_finds, folder / f"{asked} {plan}", asked, plan)
        for asked in partly.ASKED
        for plan in partly.PLANS
    )
    yield from (
        partial(projected.test_each_odd_record_is_counted_in_each_plan, folder / f"plan {number}", plan)
        for number, plan in enumerate(projected.PLANS)
    )
    yield sound
    archive = {name: stored(folder / name, odd.WHOLE.values(), **place) for name, place in odd.PLACES.items()}
    yield partial(odd.test_what_becomes_of_each_file, archive)
    yield partial(odd.test_a_file_that_is_skipped_is_counted_and_seen, archive)
    yield partial(odd.test_a_loose_file_is_never_skipped, archive)
    yield partial(small.test_each_value_of_a_pivot_leaves_a_question_of_its_own, folder / "pivot")
    yield partial(odd.test_one_large_record_among_many, folder / "large")
    yield partial(of_cuts.test_a_large_record_of_a_cut_file, folder / "cut", 0)
    yield partial(of_cuts.test_records_of_a_cut_file, folder / "candidates")
    yield from (
        partial(of_cuts.test_each_file_of_a_batch_has_its_own_time_and_account, folder / name, name)
        for name in of_cuts.OF_A_BATCH
    )
    yield from (
        partial(of_cuts.test_a_delay_of_the_first_and_of_the_last_times, folder / f"delay {delay}", delay)
        for delay in (-400, 400)
    )
    yield partial(of_cuts.test_a_cut_file_without_an_open_record, folder / "shut")
    yield partial(of_samples.test_hungry_filters_are_scanned_the_same_way_by_both, folder / "hungry")
    for place in odd.PLACES:
        yield from (partial(odd.test_all_filters_on_each_file, archive, name, place) for name in odd.PLANS)
    yield from (partial(odd.test_each_filter_on_all_files, archive, text) for text in odd.FILTERS)
    yield from (partial(few_differences, exprs) for exprs in small.by_pivot(small.typed(world.vocabulary())))
    yield partial(small.test_patterns_that_need_the_whole_record_go_to_the_plain_scan, folder / "whole")


def sound() -> None:
    assert of_claims.false_claims(world.vocabulary(), of_claims.EVENTS[::3]) == []
    assert of_claims.false_claims(world.pairs(of_claims.PAIRED), of_claims.FEW_EVENTS[::2]) == []


def few_differences(exprs: list[Expr]) -> None:
    assert small.differences(exprs, small.EVENTS[::5], strict=True)[0] == []


def test_the_checks_accuse_nobody(tmp_path: Path) -> None:
    for check in checks(tmp_path):
        check()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_is_caught(mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = checks(tmp_path)
    planted(mutant, monkeypatch)
    assert any(fails(check) for check in made)


def fails(check: Check) -> bool:
    try:
        check()
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - a mistake may fail in any way, and that is caught
        return True
    return False
