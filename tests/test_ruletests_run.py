"""Outcomes: cases agree with the patterns, timelines with a replay's history, coverage with a count by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import detector
from detector.alarm import State
from detector.errors import DetectionError
from detector.ruletests import Coverage, Outcome, Wrong, coverage, load, run
from detector.ruletests.run import variants

DETECTION = """
[filter]
name = "f"
pattern = '''{pattern}'''
[metric]
namespace = "N"
name = "M"
{metric}
[alarm]
name = "a"
statistic = "Sum"
period = 300
evaluation_periods = 1
threshold = 5
comparison_operator = "GreaterThanOrEqualToThreshold"
{alarm}
[[variant]]
name = "other"
pattern = "{{ $.a = 2 || $.b = 1 }}"
"""


def outcomes(
    folder: Path, tests: str, metric: str = "", alarm: str = "", pattern: str = "{ $.a = 1 }"
) -> list[Outcome]:
    text = DETECTION.format(pattern=pattern, metric=metric, alarm=alarm)
    (folder / "x.toml").write_text(text, encoding="utf-8")
    (folder / "x.test.toml").write_text(tests, encoding="utf-8")
    return run(load(folder / "x.test.toml"))


CASES = """
[[case]]
name = "one"
base = "none"
event.a = 1
matches = true
variants = { other = false }
[[case]]
name = "two"
base = "none"
event.a = 2
matches = true
variants = { other = true }
"""


def test_each_expectation_is_an_outcome(tmp_path: Path) -> None:
    found = outcomes(tmp_path, CASES)
    assert [(one.name, one.variant, one.passed) for one in found] == [
        ("one", "", True),
        ("one", "other", True),
        ("two", "", False),
        ("two", "other", True),
    ]
    assert [one.line for one in found] == [2, 2, 8, 8]


def test_only_one_variant(tmp_path: Path) -> None:
    outcomes(tmp_path, CASES)
    tests = load(tmp_path / "x.test.toml")
    assert [one.variant for one in run(tests.only("other"))] == ["other", "other"]
    assert [one.variant for one in run(tests.only(""))] == ["", ""]
    assert list(variants(tests.detection)) == ["", "other"]


def test_an_unknown_variant(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="unknown variant 'othr'; did you mean other") as caught:
        outcomes(tmp_path, '\n\n[[case]]\nname = "x"\nvariants = { othr = true }')
    assert caught.value.line == 3


def timeline(matches: str, states: str, more: str = "") -> str:
    return f'[[timeline]]\nname = "t"\nmatches = "{matches}"\nstates = {{ {states} }}\n{more}'


DEFAULT = "default_value = 0"


@pytest.mark.parametrize(
    ("matches", "states", "metric", "alarm"),
    [
        # Five in the window; a window of five minutes holds what is in the five minutes before the evaluation.
        ("5", '"00:00" = "INSUFFICIENT_DATA", "00:01" = "ALARM", "00:05" = "ALARM"', "", ""),
        ("1x4", '"00:01" = "OK", "00:04" = "OK", "00:05" = "ALARM"', "", ""),
        ("_ 4 _ 1", '"00:01" = "INSUFFICIENT_DATA", "00:02" = "OK", "00:04" = "ALARM"', "", ""),
        ("4 at 00:00, 1 at 00:05", '"00:05" = "OK", "00:06" = "OK"', "", ""),
        # No match and no log differ only where there is a default value.
        ("0x20", '"00:20" = "INSUFFICIENT_DATA"', "", ""),
        ("0x20", '"00:01" = "OK", "00:20" = "OK"', DEFAULT, ""),
        ("_x20", '"00:20" = "INSUFFICIENT_DATA"', DEFAULT, ""),
        ("5 _x20", '"00:21" = "INSUFFICIENT_DATA"', DEFAULT, ""),
        ("5 0x20", '"00:01" = "ALARM", "00:06" = "OK", "00:20" = "OK"', DEFAULT, ""),
        # A default is one sample per minute with logs and no match: five of 1 make a sum of 5.
        ("0x4", '"00:04" = "OK", "00:05" = "ALARM"', "default_value = 1", ""),
        ("", '"00:30" = "OK"', "", 'treat_missing_data = "notBreaching"'),
        ("", '"00:30" = "ALARM"', "", 'treat_missing_data = "breaching"'),
        ("5", '"00:01" = "ALARM", "02:00" = "ALARM"', "", 'treat_missing_data = "ignore"'),
        # Another unit or other dimensions are another series, which this alarm never sees.
        ("5", '"00:01" = "INSUFFICIENT_DATA"', 'unit = "Count"', 'unit = "Bytes"'),
        ("5", '"00:01" = "ALARM"', 'unit = "Count"', 'unit = "Count"'),
        ("5", '"00:01" = "INSUFFICIENT_DATA"', "", 'dimensions = { a = "x" }'),
        ("5", '"00:01" = "ALARM"', 'dimensions = { a = "$.a" }', 'dimensions = { a = "x" }'),
        (
            "5",
            '"00:01" = "INSUFFICIENT_DATA", "00:05" = "ALARM"',
            "",
            'evaluation_window = { wall_clock = "UTC" }',
        ),
    ],
)
def test_states_of_a_timeline(tmp_path: Path, matches: str, states: str, metric: str, alarm: str) -> None:
    [found] = outcomes(tmp_path, timeline(matches, states), metric, alarm)
    assert found.wrong == ()
    assert found.passed


def test_a_timeline_that_fails_says_where(tmp_path: Path) -> None:
    [found] = outcomes(tmp_path, timeline("5", '"00:00" = "OK", "00:01" = "ALARM", "00:02" = "OK"'))
    assert found.wrong == (
        Wrong(0, State.OK, State.INSUFFICIENT_DATA),
        Wrong(2, State.OK, State.ALARM),
    )
    assert [one.after for one in found.transitions] == [State.ALARM]


def test_the_state_before(tmp_path: Path) -> None:
    [found] = outcomes(
        tmp_path,
        timeline("5", '"00:00" = "OK", "00:01" = "ALARM"', 'state = "OK"'),
        "",
        'treat_missing_data = "ignore"',
    )
    assert found.passed


def test_a_metric_whose_value_is_a_field(tmp_path: Path) -> None:
    [found] = outcomes(tmp_path, timeline("1", '"00:01" = "ALARM"', "value = 7.5"), 'value = "$.a"')
    assert found.passed
    with pytest.raises(DetectionError, match=r"the metric's value is \$\.a"):
        outcomes(tmp_path, timeline("1", '"00:01" = "ALARM"'), 'value = "$.a"')


def test_text_and_fields(tmp_path: Path) -> None:
    case = '[[case]]\nname = "x"\nmatches = true\nmessage = "an ERROR 404"\n'
    assert all(one.passed for one in outcomes(tmp_path, case, pattern="ERROR"))
    assert all(one.passed for one in outcomes(tmp_path, case, pattern="[a, b, c = 404]"))
    assert not any(one.passed for one in outcomes(tmp_path, case, pattern="{ $.a NOT EXISTS }"))


COVERED = """
[[case]]
name = "one"
base = "none"
event = { a = 1, b = 1 }
matches = true
[[case]]
name = "two"
base = "none"
event = { a = 2, b = 1 }
matches = false
[[case]]
name = "three"
base = "none"
event = { a = 2, b = 1, c = 2 }
matches = false
"""


def covered(folder: Path, tests: str, pattern: str) -> Coverage:
    found = outcomes(folder, tests, pattern=pattern)
    return coverage(detector.load_detection(folder / "x.toml"), found)


def test_coverage_counts_every_condition_on_every_case(tmp_path: Path) -> None:
    found = covered(tmp_path, COVERED, "{ $.a = 1 && ($.b = 1 || $.c = 1) && $.a = 1 }")
    assert [(str(one.condition), one.true, one.false) for one in found.conditions] == [
        ("$.a = 1", 1, 2),
        ("$.b = 1", 3, 0),
        ("$.c = 1", 0, 3),
    ]
    assert (found.matching, found.other, found.complete) == (1, 2, False)
    assert list(map(str, found.never_true)) == ["$.c = 1"]
    assert list(map(str, found.never_false)) == ["$.b = 1"]


def test_no_case_covers_nothing(tmp_path: Path) -> None:
    assert not covered(tmp_path, "", "ERROR").complete
    assert covered(tmp_path, "", "") == Coverage((), 0, 0)


SEVERAL = """
[[filter]]
name = "first"
pattern = "{ $.a = 1 }"
value = "2"
[[filter]]
name = "second"
pattern = "SECOND_PATTERN"
default_value = 0
[metric]
namespace = "N"
name = "M"
[alarm]
name = "a"
statistic = "Sum"
period = 300
evaluation_periods = 1
threshold = 4
comparison_operator = "GreaterThanOrEqualToThreshold"
"""


def several(folder: Path, second: str, tests: str) -> list[Outcome]:
    (folder / "x.toml").write_text(SEVERAL.replace("SECOND_PATTERN", second), encoding="utf-8")
    (folder / "x.test.toml").write_text(tests, encoding="utf-8")
    return run(load(folder / "x.test.toml"))


@pytest.mark.parametrize("second", ["{ $.b = 1 }", "b"])
def test_of_several_filters_any_may_match_or_the_one_that_is_named(tmp_path: Path, second: str) -> None:
    case = '[[case]]\nname = "x"\nbase = "none"\nevent.b = 1\nmatches = {}\n'
    tests = case.format("true") + case.format("false") + 'filter = "first"\n'
    assert [one.passed for one in several(tmp_path, second, tests)] == [True, True]
    assert [one.passed for one in several(tmp_path, second, case.format("false"))] == [False]
    with pytest.raises(DetectionError, match="unknown filter 'firs'; did you mean first") as caught:
        several(tmp_path, second, case.format("true") + 'filter = "firs"\n')
    assert caught.value.line == 1


def test_coverage_is_that_of_every_filter(tmp_path: Path) -> None:
    case = '[[case]]\nname = "x"\nmessage = "b"\nmatches = true\n'
    tested = several(tmp_path, "b", case)
    found = coverage(detector.load_detection(tmp_path / "x.toml"), tested)
    assert [(str(one.condition), one.true, one.false) for one in found.conditions] == [
        ("$.a = 1", 0, 0),
        ("b", 1, 0),
    ]


def test_a_timeline_of_several_filters(tmp_path: Path) -> None:
    # Two matches of 2 reach 4; the second filter, which does not match them, publishes its default beside them.
    raised = several(tmp_path, "b", timeline("2", '"00:01" = "ALARM"'))
    assert raised[0].passed
    # Two matches of the second filter publish 1 each, and the first has no default: a datapoint, and no breach.
    calm = several(tmp_path, "b", timeline("2 0", '"00:01" = "OK", "00:02" = "OK"', 'filter = "second"'))
    assert calm[0].passed
    # Logs without a match: the second filter's default, once a minute.
    assert several(tmp_path, "b", timeline("0", '"00:01" = "OK"'))[0].passed


@pytest.mark.parametrize("name", detector.shipped())
def test_every_shipped_detection_has_tests_that_pass_and_cover_all(name: str) -> None:
    path = Path(detector.load_detection(name).path)
    found = run(load(path.with_name(path.stem + ".test.toml")))
    assert [one.name for one in found if not one.passed] == []
    for variant, detection in variants(name).items():
        covered = coverage(detection, [one for one in found if one.variant == variant])
        assert covered.complete, (variant, covered.never_true, covered.never_false)
        assert covered.matching
        assert covered.other
    assert any(one.expected is None for one in found)
