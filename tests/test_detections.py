"""Detection files: what is read from them, and every complaint with its file, line, key and suggestion."""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from detector.alarm import WallClock
from detector.detections import Actions, Detection, Source, load_detection, shipped
from detector.detections.catalogue import detections_of, names_detection, pattern_or_detection
from detector.detections.schema import SECTIONS
from detector.detections.strict import offsets
from detector.errors import DetectionError, SettingsError

WHOLE = """\
title = "Denied calls"
description = \"\"\"
Calls that were denied.
\"\"\"
references = ["CIS 1.2.0 3.1"]

[filter]
name = "denied"
pattern = '''
{ $.errorCode = "AccessDenied*" }
'''

[metric]
namespace = "Test"
name = "Denied"
value = "$.count"
default_value = 0
unit = "Count"

[alarm]
name = "denied-alarm"
alarm_description = "Too many."
statistic = "Sum"
period = 300
evaluation_periods = 3
datapoints_to_alarm = 2
threshold = 5
comparison_operator = "GreaterThanOrEqualToThreshold"
treat_missing_data = "notBreaching"
unit = "Count"
evaluation_window = { wall_clock = "Europe/Berlin" }

[[variant]]
name = "exact"
versions = ["1.2.0"]
pattern = '{ $.errorCode = "AccessDenied" }'

[[variant]]
name = "broken"
pattern = '{ $.errorCode == 1 }'
"""


def write(folder: Path, text: str) -> str:
    path = folder / "denied.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_everything_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    found = load_detection(path)
    assert isinstance(found, Detection)
    assert (found.name, found.path, found.title) == (path, path, "Denied calls")
    assert (found.description, found.references) == ("Calls that were denied.", ("CIS 1.2.0 3.1",))
    metric_filter, alarm = found.filters[0], found.alarm
    assert metric_filter.pattern.source == '{ $.errorCode = "AccessDenied*" }'
    assert (metric_filter.name, metric_filter.namespace, metric_filter.metric) == ("denied", "Test", "Denied")
    assert (metric_filter.value, metric_filter.default, metric_filter.unit) == ("$.count", 0, "Count")
    assert (alarm.name, alarm.statistic, alarm.period, alarm.threshold) == ("denied-alarm", "Sum", 300, 5)
    assert (alarm.evaluation_periods, alarm.datapoints_to_alarm) == (3, 2)
    assert alarm.treat_missing_data == "notBreaching"
    assert alarm.evaluation_window == WallClock("Europe/Berlin")


def test_the_least_that_must_be_said(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        filter = { name = "f", pattern = "ERROR" }
        metric = { namespace = "N", name = "M" }
        [alarm]
        name = "a"
        statistic = "Sum"
        period = 60
        evaluation_periods = 1
        threshold = 1.5
        comparison_operator = "GreaterThanThreshold"
        """,
    )
    found = load_detection(Path(path))
    assert found.title == path
    assert (found.description, found.references) == ("", ())
    assert (found.filters[0].value, found.filters[0].default, found.filters[0].unit) == ("1", None, None)
    assert found.alarm.datapoints_to_alarm in {None, 1}


def test_a_variant_is_another_text_of_the_same_control(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    exact = load_detection(f"{path}@exact")
    assert exact.filters[0].pattern.source == '{ $.errorCode = "AccessDenied" }'
    assert exact.name == f"{path}@exact"
    assert exact.alarm == load_detection(path).alarm
    assert [one.name for one in load_detection(path).variants] == ["exact", "broken"]


def test_a_file_whose_name_has_an_at_sign_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "denied@home.toml"
    path.write_text(WHOLE)
    assert load_detection(path).title == "Denied calls"
    assert load_detection(f"{path}@exact").filters[0].pattern.source.startswith("{ $.errorCode = ")


# What is written in place of what -> the key at fault, its line, and pieces of the sentence.
Complaint = tuple[str, str, str, int | None, list[str]]
COMPLAINTS: dict[str, Complaint] = {
    "an unknown key at the top": ('title = "', 'titel = "', "titel", 1, ["did you mean title?"]),
    "a section misspelled": ("[metric]", "[metrics]", "metrics", 13, ["unknown key", "did you mean metric?"]),
    "a section left out": ("[metric]", "[alarm.metric]", "metric", None, ["expected a section [metric]"]),
    "a section twice": ('[[variant]]\nname = "broken"', '[metric]\nname = "broken"', "", None, ["TOML"]),
    "a section in two brackets": ("[metric]", "[[metric]]", "metric", 13, ["expected a section [metric]"]),
    "a key of Terraform that is not one of ours": (
        "treat_missing_data",
        "treat_missing",
        "alarm.treat_missing",
        29,
        ["did you mean treat_missing_data?"],
    ),
    "a key unlike any other": (
        'value = "$.count"',
        'zzz = "$.count"',
        "metric.zzz",
        16,
        ["expected one of default_value, dimensions, name, namespace, unit, value"],
    ),
    "a required key left out": ("period = 300\n", "", "alarm", 20, ["expected the key period"]),
    "a text as a number": ("period = 300", 'period = "300"', "alarm.period", 24, ["a whole number", "a string"]),
    "a number as a text": ('value = "$.count"', "value = 1", "metric.value", 16, ["a string", "(1)"]),
    "a fraction": ("period = 300", "period = 300.0", "alarm.period", 24, ["a whole number", "(300.0)"]),
    "true for a number": ("threshold = 5", "threshold = true", "alarm.threshold", 27, ["a number", "(True)"]),
    "a date": ('title = "Denied calls"', "title = 2023-07-10", "title", 1, ["a string", "a date or time"]),
    "a list of numbers": ('["CIS 1.2.0 3.1"]', "[1]", "references", 5, ["a list of strings"]),
    "a text for a list": ('["CIS 1.2.0 3.1"]', '"CIS"', "references", 5, ["a list of strings", "a string"]),
    "a pattern that is refused": ("AccessDenied*", 'a" && "', "filter.pattern", 9, ["^"]),
    "a value that is no number": ("$.count", "many", "metric.value", 16, ["a number, or a field"]),
    "an unknown unit": ('unit = "Count"\n\n', 'unit = "count"\n\n', "metric.unit", 18, ["Count", "'count'"]),
    "a default that is not finite": (
        "default_value = 0",
        "default_value = nan",
        "metric.default_value",
        17,
        ["finite"],
    ),
    "a default beyond a double": (
        "default_value = 0",
        f"default_value = 1{'0' * 400}",
        "metric.default_value",
        17,
        ["401 digits"],
    ),
    "a dimension that is no text": (
        "default_value = 0",
        "dimensions = { A = 1 }",
        "metric.dimensions",
        17,
        ["a string for A", "(1)"],
    ),
    "a dimension that is no field": (
        "default_value = 0",
        'dimensions = { A = "literal" }',
        "metric.dimensions",
        17,
        ["selector"],
    ),
    "dimensions in a section of their own": (
        "[alarm]\n",
        "[metric.dimensions]\nA = 1\n[alarm]\n",
        "metric.dimensions",
        20,
        ["a string for A"],
    ),
    "dimensions as a list": (
        "default_value = 0",
        'dimensions = ["A"]',
        "metric.dimensions",
        17,
        ["a table", "a list"],
    ),
    "a bad operator": (
        "GreaterThanOrEqualToThreshold",
        "GreaterThanOrEqualTo",
        "alarm.comparison_operator",
        28,
        ["GreaterThanOrEqualToThreshold"],
    ),
    "a bad statistic": ('statistic = "Sum"', 'statistic = "sum"', "alarm.statistic", 23, ["Sum"]),
    "a bad period": ("period = 300", "period = 301", "alarm.period", 24, ["60"]),
    "bad missing data": ('"notBreaching"', '"notbreaching"', "alarm.treat_missing_data", 29, ["notBreaching"]),
    "a threshold that is not finite": ("threshold = 5", "threshold = inf", "alarm.threshold", 27, []),
    "a threshold beyond a double": (
        "threshold = 5",
        f"threshold = 1{'0' * 400}",
        "alarm.threshold",
        27,
        [],
    ),
    "alarm dimensions that are no texts": (
        'unit = "Count"\nevaluation',
        "dimensions = { A = 1 }\nevaluation",
        "alarm.dimensions",
        30,
        ["a string for A"],
    ),
    "an unknown window": (
        '{ wall_clock = "Europe/Berlin" }',
        '{ wall = "UTC" }',
        "alarm.evaluation_window",
        31,
        ['{ wall_clock = "UTC" }'],
    ),
    "a time zone that is none": ('"Europe/Berlin"', "7", "alarm.evaluation_window", 31, ["wall_clock"]),
    "a variant in one bracket": (
        '[[variant]]\nname = "exact"',
        '[variant]\nname = "exact"',
        "",
        None,
        ["TOML"],
    ),
    "an unknown key in a variant": ("versions =", "version =", "variant.version", 35, ["versions"]),
    "a variant without a pattern": (
        "pattern = '{ $.errorCode == 1 }'",
        "",
        "variant",
        38,
        ["expected the key pattern"],
    ),
    "variants that are no tables": ('title = "', 'variant = [1]\ntitle = "', "", None, ["TOML"]),
    "broken TOML": ("[filter]", "[filter", "", None, ["expected TOML"]),
    "nothing": (WHOLE, "", "filter", None, ["expected a section [filter]"]),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPLAINTS)
def test_what_is_refused_and_how(tmp_path: Path, name: str) -> None:
    old, new, key, line, pieces = COMPLAINTS[name]
    assert old in WHOLE
    path = write(tmp_path, WHOLE.replace(old, new, 1))
    with pytest.raises(DetectionError) as refused:
        load_detection(path)
    error = refused.value
    assert (error.path, error.key, error.line) == (path, key, line)
    assert str(error).startswith(f"{path}:{line}: {key}: " if line else f"{path}: ")
    for piece in pieces:
        assert piece in error.reason


def test_a_time_zone_that_does_not_exist(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE.replace("Europe/Berlin", "Europe/Atlantis"))
    with pytest.raises(DetectionError, match="Europe/Atlantis") as refused:
        load_detection(path)
    assert refused.value.key.startswith("alarm.")


ALONE = WHOLE[: WHOLE.index("[[variant]]")]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("variant = [1]\n", ["[[variant]]"]),
        ("variant = 1\n", ["[[variant]]"]),
        ("variant = {}\n", ["[[variant]]"]),
    ],
)
def test_variants_that_are_none(tmp_path: Path, text: str, pieces: list[str]) -> None:
    path = write(tmp_path, text + ALONE)
    with pytest.raises(DetectionError) as refused:
        load_detection(path)
    assert refused.value.key == "variant"
    assert all(piece in refused.value.reason for piece in pieces)


def test_a_variant_that_does_not_exist_or_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    with pytest.raises(DetectionError, match=r"one of its variants \(exact, broken\), found 'exakt'"):
        load_detection(f"{path}@exakt")
    with pytest.raises(DetectionError, match=r"one of its variants \(exact, broken\), found ''"):
        load_detection(f"{path}@")
    with pytest.raises(DetectionError) as refused:
        load_detection(f"{path}@broken")
    assert refused.value.key == "variant.pattern"
    lonely = write(tmp_path, ALONE)
    with pytest.raises(DetectionError, match=r"\(none\)"):
        load_detection(f"{lonely}@exact")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "denied.toml"
    path.write_bytes(WHOLE.encode() + b"\xff")
    with pytest.raises(DetectionError, match="readable text file"):
        load_detection(path)
    if os.geteuid():
        path.chmod(0)
        with pytest.raises(DetectionError, match="readable text file"):
            load_detection(path)


# The names that come with the package.


def test_the_shipped_names() -> None:
    controls = [f"cis/cloudwatch-{number}" for number in range(1, 15)]
    assert shipped() == [
        *controls,
        "cis/organizations",
        "lab/unauthorized-api-calls",
        "lab/unauthorized-api-calls-as-deployed",
    ]


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_detection_loads_with_all_its_variants(name: str) -> None:
    for asked in [
        name,
        f"{name}.toml",
        *(f"{name}@{variant.name}" for variant in load_detection(name).variants),
    ]:
        found = load_detection(asked)
        assert found.name == asked
        assert found.title
        assert found.references


def test_every_key_of_the_shipped_files_is_one_of_the_schema() -> None:
    # And the other way round: a key that no shipped file and no test uses would be dead.
    used = {
        f"{section}.{key}"
        for name in shipped()
        for section, table in tomllib.loads(Path(load_detection(name).path).read_text("utf-8")).items()
        if isinstance(table, dict) and section in SECTIONS
        for key in table
    }
    known = {f"{section}.{key}" for section, keys in SECTIONS.items() for key in keys}
    assert used <= known


@pytest.mark.parametrize(
    "asked",
    [
        "../pyproject",
        "../../etc/no-such-file",
        "cis/../../pyproject.toml",
        "/etc/passwd.toml",
        "cis",
        "cis/",
        "",
        ".",
        "/",
        "no/such/name",
        "a\0b",
        "x" * 300,
        "x/" * 3000,
        '{ $.errorCode = "AccessDenied" }',
        "\ud800",
    ],
)
def test_what_is_neither_a_file_nor_a_shipped_name(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        DetectionError, match=r"expected a (detection file or the name of a|pattern or a|folder of) "
    ):
        load_detection(asked)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("cis/cloudwatch2", "cis/cloudwatch-2"),
        ("cis/organisations", "cis/organizations"),
        ("cloudwatch-14", "cis/cloudwatch-14"),
    ],
)
def test_a_name_that_is_nearly_right(asked: str, meant: str) -> None:
    with pytest.raises(DetectionError, match=re.escape(f"did you mean {meant}?")):
        load_detection(asked)


def test_a_link_inside_the_shipped_folder_does_not_lead_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text(WHOLE)
    inside = tmp_path / "patterns"
    inside.mkdir()
    (inside / "linked.toml").symlink_to(outside)
    (inside / "real.toml").write_text(WHOLE)
    monkeypatch.setattr("detector.detections.catalogue._shipped_folder", lambda: inside)
    assert load_detection("real").title == "Denied calls"
    with pytest.raises(DetectionError, match="expected a detection file"):
        load_detection("linked")


def test_an_error_survives_a_copy() -> None:
    import pickle

    with pytest.raises(DetectionError) as refused:
        load_detection("no/such/name")
    again: Any = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - made in the line above
    assert str(again) == str(refused.value)


# Several filters that feed one metric.

SEVERAL = """\
[metric]
namespace = "Test"
name = "Denied"
default_value = 0

[[filter]]
name = "calls"
log_group_name = "trail"
pattern = '{ $.errorCode = "AccessDenied*" }'

[[filter]]
name = "bytes"
pattern = '{ $.eventName = "GetObject" }'
value = "$.bytes"
default_value = 7

[alarm]
name = "denied-alarm"
statistic = "Sum"
period = 60
evaluation_periods = 1
threshold = 5
comparison_operator = "GreaterThanOrEqualToThreshold"
actions_enabled = false
alarm_actions = ["arn:aws:sns:eu-west-1:111122223333:pager"]

[[variant]]
name = "exact"
filter = "calls"
pattern = '{ $.errorCode = "AccessDenied" }'
"""


def test_several_filters_say_what_each_publishes(tmp_path: Path) -> None:
    found = load_detection(write(tmp_path, SEVERAL))
    assert [(one.name, one.value, one.default, one.log_group.name) for one in found.filters] == [
        ("calls", "1", 0, "trail"),
        ("bytes", "$.bytes", 7, ""),
    ]
    assert {(one.namespace, one.metric) for one in found.filters} == {("Test", "Denied")}
    assert str(found.pattern) == '{ $.errorCode = "AccessDenied*" || $.eventName = "GetObject" }'


def test_actions_are_kept_though_they_decide_nothing(tmp_path: Path) -> None:
    actions = load_detection(write(tmp_path, SEVERAL)).actions
    assert actions == Actions(enabled=False, alarm=("arn:aws:sns:eu-west-1:111122223333:pager",))


def test_a_variant_of_one_of_several_filters(tmp_path: Path) -> None:
    path = write(tmp_path, SEVERAL)
    exact = load_detection(f"{path}@exact")
    assert [str(one.pattern) for one in exact.filters] == [
        '{ $.errorCode = "AccessDenied" }',
        '{ $.eventName = "GetObject" }',
    ]


SEVERAL_REFUSED = {
    "two of one name": ('name = "bytes"', 'name = "calls"', "filter", 6, "found 'calls' twice"),
    "a pattern in the second": ("{ $.eventName", "{ $.eventName =", "filter.pattern", 13, "expected a value"),
    "a value of the first, said by the metric": (
        "default_value = 0",
        'value = "many"',
        "metric.value",
        4,
        "a number, or a field",
    ),
    "a value of the second": ('"$.bytes"', '"bytes"', "filter.value", 14, "a number, or a field"),
    "a key of the second": ('value = "$.bytes"', 'valeu = "1"', "filter.valeu", 14, "did you mean value?"),
}


@pytest.mark.parametrize("name", SEVERAL_REFUSED)
def test_what_is_refused_in_several_filters(tmp_path: Path, name: str) -> None:
    old, new, key, line, said = SEVERAL_REFUSED[name]
    path = write(tmp_path, SEVERAL.replace(old, new, 1))
    with pytest.raises(DetectionError) as refused:
        load_detection(path)
    assert (refused.value.key, refused.value.line) == (key, line)
    assert said in str(refused.value)


def test_a_variant_of_several_filters_says_which(tmp_path: Path) -> None:
    path = write(tmp_path, SEVERAL.replace('filter = "calls"\n', ""))
    said = r"denied\.toml:27: variant\.filter: expected the name of its filter, one of calls, bytes$"
    with pytest.raises(DetectionError, match=said):
        load_detection(f"{path}@exact")


# Where a key stands, whatever stands around it: tomllib does not say.

PLACES = '''\
# filter = 1
title = "a [filter] = \\" # no comment"
references = [
  "[alarm]", # period = 3
  "]",
]
filter = { name = "f", pattern = "[alarm]" }

["metric"]
"name" = "M" # name = 2
namespace = """
[alarm]
period = 60
"""
dimensions.'A b' = 'c'

[ alarm ] # [variant]
  period = 60
list = [
  [1],
  [2]
]
after = 1
[[variant]]
name = \'\'\'
[[variant]]
name = "no"\'\'\'
[variant.inner]
x = 1
[[variant]]
name = "two"
'''
LINES = {
    "title": 2, "references": 3, "filter": 7, "filter.pattern": 7, "metric": 9, "metric.name": 10, "metric.namespace": 11,
    "metric.dimensions": 9, "metric.dimensions.A b": 15, "alarm": 17, "alarm.period": 18, "alarm.list": 19,
    "alarm.none": 17, "alarm.after": 23, "variant": 24, "variant[0]": 24, "variant[0].name": 25, "variant[0].inner.x": 29,
    "variant[1]": 30, "variant[1].name": 31, "variant[1].pattern": 30, "none": None,
}  # fmt: skip


def test_the_line_of_every_key() -> None:
    assert tomllib.loads(PLACES)["variant"][1] == {"name": "two"}
    source = Source("x.toml", PLACES, offsets(PLACES))
    assert {key: source.line(key) for key in LINES} == LINES
    assert PLACES[source.offset("variant[1].name") or 0 :].startswith('"two"')


# The model holds whatever the format.


def test_filters_feed_one_metric_and_have_names_of_their_own(tmp_path: Path) -> None:
    found = load_detection(write(tmp_path, SEVERAL))
    first, second = found.filters
    wrong = {
        "at least one filter": (),
        "feed one metric, found Test/Denied and Test/Other": (
            first,
            dataclasses.replace(second, metric="Other"),
        ),
        "a name of its own for each filter, found 'calls' twice": (first, first),
    }
    for said, filters in wrong.items():
        with pytest.raises(SettingsError, match=re.escape(said)) as refused:
            dataclasses.replace(found, filters=filters)
        assert refused.value.setting == "filter"


def test_a_detection_that_was_made_in_python_has_no_lines(tmp_path: Path) -> None:
    found = load_detection(write(tmp_path, SEVERAL))
    made = Detection(name="made", filters=found.filters, alarm=found.alarm)
    assert (made.title, made.path, made.line("alarm.period", "alarm")) == ("made", "", None)
    assert found.line("alarm.threshold", "alarm") == 22
    assert found.line("alarm.unit", "alarm") == 17


NAMED = {
    "cis/cloudwatch-2": True,
    "cis/cloudwatch-2@cis-4.0.0": True,
    "no/such": True,
    "x.toml": True,
    "x.toml@exact": True,
    "/logs/x.toml": True,
    "ERROR": False,
    '"a/b"': False,
    "?a/b": False,
    "-a/b": False,
    "%a/b%": False,
    "a/b c": False,
    '{ $.a = "x.toml" }': False,
    "[a/b]": False,
    "": False,
}


@pytest.mark.parametrize("typed", NAMED)
def test_what_is_written_like_a_file_is_never_a_pattern(typed: str) -> None:
    assert names_detection(typed) is NAMED[typed]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_name_is_written_like_one(name: str) -> None:
    assert names_detection(name)
    assert detections_of([name, load_detection(name)])[0] == load_detection(name)
    assert pattern_or_detection(name) == load_detection(name)


# Several at once.


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with three detections in two folders, and a test of one."""
    for name in ("rules/d10.toml", "rules/d9.toml", "rules/more/other.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WHOLE, encoding="utf-8")
    (tmp_path / "rules" / "d9.test.toml").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("rules", ["rules/d9.toml", "rules/d10.toml", "rules/more/other.toml"]),
        ("rules/", ["rules/d9.toml", "rules/d10.toml", "rules/more/other.toml"]),
        (Path("rules/more"), ["rules/more/other.toml"]),
        ("rules/*", ["rules/d9.toml", "rules/d10.toml"]),
        ("rules/**/*.toml", ["rules/d9.toml", "rules/d10.toml", "rules/more/other.toml"]),
        ("rules/d?.toml,lab", ["rules/d9.toml", *(name for name in shipped() if name.startswith("lab/"))]),
        ("cis", [name for name in shipped() if name.startswith("cis/")]),
        ("cis/*", [name for name in shipped() if name.startswith("cis/")]),
        ("cis/cloudwatch-1[0-1]", ["cis/cloudwatch-10", "cis/cloudwatch-11"]),
        ("*", shipped()),
        (
            ["rules/d10.toml", "rules"],
            ["rules/d10.toml", "rules/d9.toml", "rules/d10.toml", "rules/more/other.toml"],
        ),
    ],
)
def test_folders_and_wildcards_stand_for_several(asked: Any, meant: list[str], rules: Path) -> None:
    assert [one.name for one in detections_of(asked)] == meant
    assert rules.is_dir()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("nothing/*", "nothing/*: expected detection files (*.toml) there, found none"),
        ("empty", "empty: expected detection files (*.toml) there, found none"),
        ("cis/cloudwatch-1,", "expected a detection file or the name of a shipped detection"),
    ],
)
def test_nothing_there_is_one_clear_error(asked: Any, said: str, rules: Path) -> None:
    with pytest.raises(DetectionError, match=re.escape(said)):
        detections_of(asked)
    assert rules.is_dir()


def test_a_folder_of_shipped_ones_is_never_a_pattern_nor_one_detection() -> None:
    assert names_detection("cis")
    assert not names_detection("cism")
    with pytest.raises(DetectionError, match="cis stands for 15 of them, name one"):
        pattern_or_detection("cis")
