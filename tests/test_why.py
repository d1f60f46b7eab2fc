"""Why a pattern matched nothing: exact counts, and a hint that points at the right selector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector import Selection, load_detection, replay
from detector.pattern import compile as compile_pattern
from detector.pattern.evaluate import condition_holds, evaluate, select
from detector.seen import MAX_PATHS, Seen
from detector.why import ConditionCount, Why, conditions, whys
from tests.cli_archives import record, write

LAB = """{ ( $.errorCode = "UnauthorizedOperation" || $.errorCode = "AccessDenied" ) &&
  ( $.userIdentity.sessionIssuer.userName != "AWSServiceRoleForConfig" ) }"""


def why(pattern: str, records: list[dict[str, Any]], tmp_path: Path) -> Why:
    [found] = whys([compile_pattern(pattern)], [write(tmp_path / "a.json", records)])
    return found


def test_the_labs_filter(tmp_path: Path) -> None:
    found = why(LAB, [record(1), record(2, errorCode="Client.UnauthorizedOperation")], tmp_path)
    assert found.records == 2
    path = "$.userIdentity.sessionIssuer.userName"
    nearest = "$.userIdentity.sessionContext.sessionIssuer.userName"
    assert found.conditions == (
        ConditionCount('$.errorCode = "UnauthorizedOperation"', "$.errorCode", 2, 0),
        ConditionCount('$.errorCode = "AccessDenied"', "$.errorCode", 2, 1),
        ConditionCount(f'{path} != "AWSServiceRoleForConfig"', path, 0, 0, nearest),
    )
    assert found.because == (
        f"No record has {path}. A comparison on an absent field is false, != included, and the pattern demands that "
        "one holds: as a whole it can never be true."
    )


@pytest.mark.parametrize(
    ("pattern", "because"),
    [
        (
            "{ $.eventName = Nothing }",
            "The pattern demands $.eventName = Nothing, and no record satisfies that.",
        ),
        (
            "{ $.eventName = A || $.eventName = B }",
            "The pattern demands $.eventName = A or $.eventName = B, and no record satisfies that.",
        ),
        (
            "{ ($.nope = 1 || $.eventName = *) && $.eventName = A }",
            "The pattern demands $.eventName = A, and no record satisfies that.",
        ),
        (
            "{ $.eventName = GetObject && $.eventName = PutObject }",
            "Some record satisfies each part of the pattern, but none satisfies all that it demands at once.",
        ),
        (
            "{ $.eventName NOT EXISTS }",
            "The pattern demands $.eventName NOT EXISTS, and no record satisfies that.",
        ),
        ("Nothing", "No log event has the text that the pattern asks for."),
    ],
)
def test_because(pattern: str, because: str, tmp_path: Path) -> None:
    found = why(pattern, [record(1), record(2, eventName="PutObject")], tmp_path)
    assert found.because == because
    assert found.records == 2


def test_without_records_there_is_nothing_to_blame(tmp_path: Path) -> None:
    assert why(LAB, [], tmp_path).because == "No record was read, so there was nothing to match."


def test_records_are_those_of_the_replay(tmp_path: Path) -> None:
    records = [record(1), record(2, eventTime="noon"), record(30), record(31, awsRegion="us-east-1")]
    path = write(tmp_path / "a.json", records)
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    selection = Selection(frozenset(), frozenset({"eu-west-1"}), 1_688_991_000, None)
    detection = load_detection("lab/unauthorized-api-calls-as-deployed")
    [found] = replay([detection], [path, str(tmp_path / "b.json")], selection=selection)
    counted = conditions(detection.filters[0].pattern, [path, str(tmp_path / "b.json")], selection=selection)
    assert found.records == 1
    assert [one.present for one in counted] == [1, 1, 0, 0]


SMALL = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=60)
@given(st.lists(st.dictionaries(st.sampled_from("ab"), SMALL, max_size=2), max_size=4), st.data())
def test_counts_are_what_evaluate_says(events: list[dict[str, Any]], data: st.DataObject) -> None:
    one = st.sampled_from(
        ["$.a = x", "$.a != 1", "$.b.a NOT EXISTS", "$.a.* = 1", "$.b IS NULL", "$.a[0] > 0"]
    )
    parts = data.draw(st.lists(one, min_size=1, max_size=3))
    pattern = compile_pattern(f"{{ {data.draw(st.sampled_from([' && ', ' || '])).join(parts)} }}")
    records = [{**event, "eventTime": "2023-07-10T12:00:00Z"} for event in events]
    path = Path(data.draw(st.shared(st.builds(_scratch), key="scratch")))
    path.write_text(json.dumps({"Records": records}), encoding="utf-8")
    [found] = whys([pattern], [str(path)])
    expected = [
        (
            sum(any(True for _ in select(leaf.selector.steps, event)) for event in records),
            sum(condition_holds(leaf, event) for event in records),
        )
        for leaf in pattern.conditions
    ]
    assert [(one.present, one.satisfied) for one in found.conditions] == expected
    if found.decisive:
        assert not any(evaluate(pattern.expr, event) for event in records)  # type: ignore[arg-type]  # the same


def _scratch() -> str:
    import tempfile

    return str(Path(tempfile.mkdtemp()) / "a.json")


def seen(*records: dict[str, Any]) -> Seen:
    paths = Seen()
    for one in records:
        paths.add(one)
    return paths


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("$.userIdentity.sessionIssuer.userName", "$.userIdentity.sessionContext.sessionIssuer.userName"),
        ("$.sessionIssuer.userName", "$.userIdentity.sessionContext.sessionIssuer.userName"),
        ("$.errorcode", "$.errorCode"),
        ("$.userAgentt", "$.userAgent"),
        ("$.sourceIpAddress", "$.sourceIPAddress"),
        ("$.arn", "$.userIdentity.arn"),
        ("$.useridentity.arn", "$.userIdentity.arn"),
        ("$.requestParameters.bucketName", None),
        ("$.responseElements.errorCode", None),
        ("$.nothingLikeIt", None),
    ],
)
def test_nearest(asked: str, nearest: str | None) -> None:
    selector = compile_pattern(f"{{ {asked} = x }}").conditions[0].selector
    found = seen(record(1)).nearest(selector)
    assert (None if found is None else str(found)) == nearest


def test_memory_is_bounded() -> None:
    paths = Seen()
    for number in range(30):
        paths.add({f"key-{number}-{i}": i for i in range(1000)})
        paths.add({"eventName": f"Call{number}", "deep": json.loads("[" * 50 + "]" * 50)})
    assert len(paths._paths) <= MAX_PATHS
