"""Sigma rules as detections: what is written says what the rule says, but for the differences that are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from detector.__main__ import main
from detector.detections import toml
from detector.detections.documents import yaml_nodes
from detector.detections.terraform import write as terraform
from detector.errors import PatternError
from detector.pattern.grammar import parse
from detector.pattern.syntax import Or
from detector.sigma import Change, Conversion, convert
from detector.sigma.convert import _Converting
from detector.sigma.reading import _entry
from detector.sigma.splitting import sources
from detector.testing import aimed_at
from tests.drawing import examples
from tests.sigma_meaning import find, holds

LOGSOURCE = {"product": "aws", "service": "cloudtrail"}
EXAMPLES = "docs/examples/sigma"


def converted(*documents: dict[str, Any]) -> Conversion:
    """Rules as plain data; JSON is YAML."""
    texts = [json.dumps({"logsource": LOGSOURCE, "title": "A rule", **one}) for one in documents]
    nodes = yaml_nodes("\n---\n".join(texts))
    return _Converting([_entry("rule.yml", node, named=True) for node in nodes]).all()


def pattern_of(detection: dict[str, Any]) -> str:
    conversion = converted({"detection": detection})
    assert not conversion.refused, conversion.refused
    return " | ".join(one.pattern.source for one in conversion.detections[0].filters)


def refusal_of(document: dict[str, Any]) -> str:
    conversion = converted(document)
    assert not conversion.converted
    return conversion.refused[0].reason


def rule(items: dict[str, Any] | list[Any], condition: str = "a") -> dict[str, Any]:
    return {"a": items, "condition": condition}


NO_CODE = "$.errorCode NOT EXISTS || $.errorCode IS NULL"
PATTERNS: list[tuple[dict[str, Any], str]] = [
    (rule({"eventName": "StopLogging"}), '{ $.eventName = "StopLogging" }'),
    (rule({"eventName": ["stoplogging", "x"]}), '{ $.eventName = "StopLogging" || $.eventName = "x" }'),
    # Some services write CreateApiKey, some CreateAPIKey: nothing says which is meant.
    (rule({"eventName": "createapikey"}), '{ $.eventName = "createapikey" }'),
    (rule({"eventName|startswith": "list"}), '{ $.eventName = "List*" }'),
    (rule({"userAgent|contains|all": ["a", "b"]}), '{ $.userAgent = "*a*" && $.userAgent = "*b*" }'),
    (rule({"errorCode|endswith": "1"}), '{ $.errorCode = "*1" }'),
    (rule({"errorCode": None}), f"{{ {NO_CODE} }}"),
    (rule({"errorCode|exists": False}), f"{{ {NO_CODE} }}"),
    (rule({"errorCode|contains": "*"}, "not a"), f"{{ {NO_CODE} }}"),
    (rule({"errorCode": "*"}), '{ $.errorCode = "*" }'),
    (rule({"errorCode": ""}), '{ $.errorCode = "" }'),
    (rule({"errorCode": "1"}, "not a"), f'{{ $.errorCode != "1" || {NO_CODE} }}'),
    (
        rule({"errorCode": ["1", "2"]}, "not a"),
        f'{{ ($.errorCode != "1" && $.errorCode != "2") || {NO_CODE} }}'.replace("(", "").replace(")", ""),
    ),
    (
        {"a": {"errorCode|startswith": "1"}, "b": {"errorCode": "12"}, "condition": "a and not b"},
        '{ $.errorCode = "1*" && $.errorCode != "12" }',
    ),
    (rule({"x.y|gte": 3}), "{ $.x.y >= 3 }"),
    (rule({"x.y|gt": 3}, "not a"), "{ $.x.y <= 3 || $.x.y NOT EXISTS || $.x.y IS NULL }"),
    (rule({"x|lt": 3}, "not a"), "{ $.x >= 3 || $.x NOT EXISTS || $.x IS NULL }"),
    (rule({"x": "a\\*c"}), r"{ $.x = %^a\x2ac$% }"),
    (rule({"x": True}), '{ $.x IS TRUE || $.x = "true" }'),
    (rule({"x": 5}), "{ $.x = 5 }"),
    (rule({"sourceIPAddress|cidr": "192.0.2.0/24"}), '{ $.sourceIPAddress = "192.0.2.*" }'),
    (rule({"x|re": "^a[0-9]+"}), "{ $.x = %^a[0-9]+% }"),
    (rule({"x": "a?c!"}), r"{ $.x = %^a[\s\S]c\x21$% }"),
    (rule({"resources[].ARN": "1"}), '{ $.resources[*].ARN = "1" }'),
    (
        rule({"resources[].ARN": "1"}, "not a"),
        '{ $.resources[*].ARN != "1" || $.resources NOT EXISTS }',
    ),
    (
        {"s_1": {"x": "1"}, "s_2": {"y": "2"}, "t": {"z": "3"}, "condition": "1 of s_* and all of t*"},
        '{ ($.x = "1" || $.y = "2") && $.z = "3" }',
    ),
    (rule([{"x": "1"}, {"y": "2"}]), '{ $.x = "1" || $.y = "2" }'),
    (rule(["mimikatz", "psexec"]), '?"mimikatz" ?"psexec"'),
    ({"a": ["one"], "b": ["two"], "condition": "a and not b"}, '"one" -"two"'),
]


@pytest.mark.parametrize(("detection", "pattern"), PATTERNS)
def test_what_is_written(detection: dict[str, Any], pattern: str) -> None:
    assert pattern_of(detection) == pattern


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"detection": rule({"requestParameters|contains": "x"})}, "is an object or a list"),
    ({"detection": rule({"a|fieldref": "b"})}, "compared with another field"),
    ({"detection": rule({"a|expand": "%mine%"})}, "leaves a value open"),
    ({"detection": rule({"a|re": "(a|b)c"})}, "there are no groups"),
    ({"detection": rule({"a|re|i": "a"})}, "no flags"),
    ({"detection": rule({"a|re": ["a", "b", "c"]})}, "at most 2 regular expressions"),
    ({"detection": {"a": {"x": 1}, "k": ["word"], "condition": "a and k"}}, "keywords search the text"),
    ({"detection": {"a": {"x": 1}, "condition": "a | count() by user > 3", "timeframe": "5m"}}, "by user"),
    ({"detection": {"a": {"x": 1}, "condition": "a | near b", "timeframe": "5m"}}, "relates events"),
    ({"detection": {"a": {"x": 1}, "condition": "a | count() > 3"}}, "without a timeframe"),
    ({"detection": {"a": {"x": 1}, "condition": "a | count() < 3", "timeframe": "5m"}}, "few events"),
    ({"detection": {"a": {"x": 1}, "condition": "a | count() > 3", "timeframe": "90s"}}, "no window"),
    ({"detection": {"a": {"x": 1}, "condition": "a", "timeframe": "5m"}}, "relates several events"),
    ({"detection": {"a": {"x": 1}, "condition": "b"}}, "b"),
    ({"detection": {"a": {"x": "y" * 1100}, "condition": "a"}}, "at most 1,024 characters"),
    ({"detection": rule({"x": 1}), "logsource": {"product": "windows"}}, "found windows"),
    (
        {
            "correlation": {
                "type": "event_count",
                "rules": ["none"],
                "timespan": "5m",
                "condition": {"gte": 2},
            }
        },
        "'none'",
    ),
    (
        {"correlation": {"type": "temporal", "rules": ["a", "b"], "timespan": "5m", "condition": {"gte": 2}}},
        "compares events",
    ),
    ({"correlation": {"type": "event_count", "rules": 5}}, ""),
    ({"detection": []}, ""),
    ({"detection": rule({"x": 1}, "(" * 1500 + "a" + ")" * 1500)}, "condition"),
    ({"detection": rule({"x": [str(n) for n in range(3000)]})}, "at most 2,000 values"),
    ({"detection": {"a": {"b'c": 1}, "condition": "a"}}, "path of a field"),
    ({"logsource": {}}, "expected a Sigma rule"),
]


@pytest.mark.parametrize(("document", "reason"), REFUSED)
def test_why_not(document: dict[str, Any], reason: str) -> None:
    said = refusal_of(document)
    assert reason in said
    assert "\n" not in said
    assert said


def test_counts_become_an_alarm() -> None:
    counted = converted({"detection": {"a": {"x": 1}, "condition": "a | count() > 10", "timeframe": "30m"}})
    alarm = counted.detections[0].alarm
    assert str(alarm) == "Sum > 10 over 1800 s, 1 of 1, missing data: notBreaching"
    assert Change.WINDOW in {one.change for one in counted.converted[0].differences}


def test_a_correlation_counts_its_rules_in_one_metric() -> None:
    found = converted(
        {"name": "one", "detection": rule({"x": 1})},
        {"name": "two", "detection": rule({"y": 2})},
        {
            "title": "Many",
            "correlation": {
                "type": "event_count",
                "rules": ["one", "two"],
                "timespan": "1h",
                "condition": {"gte": 9},
            },
        },
    )
    [detection] = found.detections
    assert [one.pattern.source for one in detection.filters] == ["{ $.x = 1 }", "{ $.y = 2 }"]
    assert str(detection.alarm) == "Sum >= 9 over 3600 s, 1 of 1, missing data: notBreaching"
    assert Change.TWICE in {one.change for one in found.converted[0].differences}


def test_a_long_rule_is_several_filters_of_one_metric() -> None:
    names = [f"{number:03}{'x' * 30}" for number in range(60)]
    found = converted({"detection": {"a": {"eventName": names}, "b": {"y": 2}, "condition": "a and b"}})
    filters = found.detections[0].filters
    assert len(filters) > 1
    assert all(len(one.pattern.source) <= 1024 for one in filters)
    for name in names:
        assert sum(one.pattern.matches({"eventName": name, "y": 2}) for one in filters) == 1
        assert not any(one.pattern.matches({"eventName": name, "y": 3}) for one in filters)


def test_a_long_rule_is_not_split_where_one_event_would_count_twice() -> None:
    overlapping = Or(tuple(parse(f'{{ $.x = "*{number}{"x" * 30}*" }}') for number in range(60)))
    assert len(sources(overlapping, any_match=True)) > 1
    with pytest.raises(PatternError, match=r"expected at most 1,024 characters"):
        sources(overlapping, any_match=False)


DIFFERENCES: list[tuple[Change, dict[str, Any], dict[str, Any]]] = [
    (Change.CASE, rule({"x": "Yes"}), {"x": "YES"}),
    (Change.SPELLING, rule({"eventName": "stoplogging"}), {"eventName": "stoplogging"}),
    (Change.TYPES, rule({"x": "1"}, "not a"), {"x": True}),
    (Change.TYPES, rule({"x": "1"}, "not a"), {"x": ["1"]}),
    (Change.TYPES, rule({"x|exists": True}), {"x": {}}),
    (Change.LEFTMOST, rule({"x|endswith": "12"}), {"x": "12 12"}),
    (Change.REGEX, rule({"x|re": "1$"}), {"x": "1\n"}),
    (Change.ORDER, rule({"x|gt": 3}), {"x": "5"}),
    (Change.ORDER, rule({"x|gt": 3}, "not a"), {"x": "a"}),
    (Change.NETWORK, rule({"x|cidr": "192.0.2.0/24"}), {"x": "192.0.2.example"}),
]


@pytest.mark.parametrize(("change", "detection", "event"), DIFFERENCES)
def test_a_difference_that_is_named_is_one(
    change: Change, detection: dict[str, Any], event: dict[str, Any]
) -> None:
    [one] = converted({"detection": detection}).converted
    assert change in {difference.change for difference in one.differences}
    assert one.detection.filters[0].pattern.matches(event) is not holds(detection, event)


FIELDS = ("errorCode", "x", "userIdentity.type", "requestParameters.name", "requestParameters.count")
TEXTS = ("1", "12", "a", "Ab", "ab1", "1*", "*2", "1?", "1*2", "", "*", "true", "5")
KINDS: tuple[tuple[str, st.SearchStrategy[Any]], ...] = (
    ("", st.sampled_from(TEXTS) | st.none() | st.booleans() | st.sampled_from([1, 5, 12])),
    ("", st.lists(st.sampled_from(TEXTS) | st.none(), min_size=1, max_size=3)),
    ("|contains", st.sampled_from(["1", "b", "12", "*"])),
    ("|startswith", st.sampled_from(["1", "A"])),
    ("|endswith", st.sampled_from(["1", "12"])),
    ("|contains|all", st.just(["1", "2"])),
    ("|cased", st.sampled_from(["Ab", "a"])),
    ("|exists", st.booleans()),
    ("|re", st.sampled_from(["^1", "[0-9]2$"])),
    *((f"|{name}", st.sampled_from([1, 5])) for name in ("gt", "gte", "lt", "lte")),
)
CONDITIONS = (
    "a",
    "not a",
    "a and b",
    "a or b",
    "a and not b",
    "not (a or b)",
    "not (a and not b)",
    "1 of a*",
    "all of them",
)
CONDITIONS_OF_THREE = ("a and (b or not c)", "not 1 of them", "not a and not b and c", "all of them or not b")


@st.composite
def detections(draw: st.DrawFn) -> dict[str, Any]:
    def selection() -> dict[str, Any]:
        items = {}
        for field in draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2, unique=True)):
            modifier, values = draw(st.sampled_from(KINDS))
            items[field + modifier] = draw(values)
        return items

    condition = draw(st.sampled_from(CONDITIONS + CONDITIONS_OF_THREE))
    names = "abc" if condition in CONDITIONS_OF_THREE else "ab"
    return {**{name: selection() for name in names}, "condition": condition}


VALUES = st.sampled_from(
    [
        "1",
        "12",
        "12 12",
        "a",
        "A",
        "Ab",
        "AB",
        "ab1",
        "true",
        "True",
        "5",
        "",
        1,
        5,
        5.0,
        12,
        True,
        False,
        None,
        [],
        ["1"],
        {},
        {"a": 1},
    ]
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    event: dict[str, Any] = {}
    for field in FIELDS:
        if draw(st.booleans()):
            *parents, name = field.split(".")
            holder = event
            for parent in parents:
                holder = holder.setdefault(parent, {})
            holder[name] = draw(VALUES)
    return event


def is_explained(detection: dict[str, Any], event: dict[str, Any], conversion: Conversion) -> bool:
    """Whether a difference that is named plays a part in an event."""
    named = {one.change: one.about for one in conversion.converted[0].differences}
    found = {change: [find(field, event) for field in about] for change, about in named.items()}
    scalars = [find(field, event) for field in ("errorCode", "userIdentity.type")]
    return (
        any(isinstance(one, bool | list | dict) for one in [*found.get(Change.TYPES, ()), *scalars])
        or any(isinstance(one, str) for one in found.get(Change.ORDER, ()))
        or (
            Change.LEFTMOST in named
            and any(str(one).count("1") > 1 or str(one).count("2") > 1 for one in found[Change.LEFTMOST])
        )
        or (Change.CASE in named and holds(detection, event) is not holds(detection, event, cased=True))
        or Change.SPELLING in named
        or any("\n" in str(one) for one in found.get(Change.REGEX, ()))
    )


@examples(60, suppress_health_check=[HealthCheck.too_slow])
@given(detections(), st.data())
def test_a_pattern_says_what_its_rule_says(detection: dict[str, Any], data: st.DataObject) -> None:
    conversion = converted({"detection": detection})
    if not conversion.converted:
        assert "regular expressions" in conversion.refused[0].reason
        return
    pattern = conversion.detections[0].filters[0].pattern
    for event in data.draw(st.lists(events() | aimed_at(pattern, around=events()), min_size=5, max_size=15)):
        if pattern.matches(event) is not holds(detection, event):
            assert is_explained(detection, event, conversion), (pattern.source, event)


def test_what_is_written_reads_back() -> None:
    for one in convert(EXAMPLES).detections:
        assert toml.read(toml.write(one), one.name) == one
    assert terraform.write(convert(EXAMPLES).detections).count('resource "aws_cloudwatch_metric_alarm"') == 3


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["convert", EXAMPLES, "--source-format", "sigma", "--to", "toml", "--folder", str(tmp_path)])
        == 2
    )
    said = capsys.readouterr().err
    assert "own-key.yml: Access key made for another user: userIdentity.userName is compared" in said
    assert "ConsoleLogin (the rule says consolelogin)" in said
    assert "3 Sigma rules converted, 1 cannot be" in said
    assert main(["check", str(tmp_path), "--severity", "error"]) == 0


BOMB = "title: x\nlogsource: {product: aws, service: cloudtrail}\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB + "detection: {s: {f: *i}, condition: s}", "at most 2,000 values"),
        ("", "empty file"),
        ("{", "expected YAML"),
        ("- 1\n- 2\n", "expected a Sigma rule"),
        ("\x00\x01", "expected YAML"),
        ("[" * 5000, "expected YAML"),
        ("title: x\ndetection: 5\nlogsource: 7\n", ""),
        ("title: [1]\ndetection: {1: 2}\nlogsource: {product: aws, service: cloudtrail}\n", ""),
        (
            "title: x\ndetection: {s: {f: 1}, condition: [s, 5]}\nlogsource: {product: aws, service: cloudtrail}\n",
            "",
        ),
        (
            "title: x\ndetection: {s: {f|nothing: 1}, condition: s}\nlogsource: {product: aws, service: cloudtrail}\n",
            "nothing",
        ),
        (
            "title: x\ndetection: {s: {f|base64: 1}, condition: s}\nlogsource: {product: aws, service: cloudtrail}\n",
            "",
        ),
    ],
)
def test_files_that_are_no_rules(
    text: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rule.yml"
    file.write_text(text, encoding="utf-8")
    assert main(["convert", str(file), "--source-format", "sigma", "--to", "toml"]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert "Traceback" not in said
    (tmp_path / "good.yml").write_text(Path(EXAMPLES, "console.yml").read_text("utf-8"), "utf-8")
    assert len(convert(tmp_path).converted) == 1


def test_a_folder_may_hold_rules_on_other_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = "title: y\nname: other\nlogsource: {product: windows}\ndetection: {s: {f: 1}, condition: s | near t}\n"
    count = "title: z\ncorrelation: {type: event_count, rules: [other], timespan: 5m, condition: {gte: 2}}\n"
    for name, text in {
        "other.yml": other,
        "count.yaml": count,
        "values.yml": "a: 1\n",
        "broken.yml": "{",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "console.yml").write_text(Path(EXAMPLES, "console.yml").read_text("utf-8"), "utf-8")
    conversion = convert(tmp_path)
    assert (len(conversion.converted), conversion.refused, conversion.others) == (1, (), 4)
    assert main(["convert", str(tmp_path), "--source-format", "sigma", "--to", "toml"]) == 0
    assert (
        "1 Sigma rule converted, 0 cannot be, 4 files or rules about other things" in capsys.readouterr().err
    )
    assert main(["convert", str(tmp_path / "other.yml"), "--source-format", "sigma", "--to", "toml"]) == 2
    assert "found windows" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "none"), "--source-format", "sigma", "--to", "toml"]) == 2
    assert "found none there" in capsys.readouterr().err


def test_a_missing_extra_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert main(["convert", EXAMPLES, "--source-format", "sigma", "--to", "toml"]) == 2
    assert main(["verify", "aws", "{ $.a = 1 }", "samples"]) == 2
    said = capsys.readouterr().err
    assert "cloudtrail-detector[sigma]" in said
    assert "cloudtrail-detector[aws]" in said
