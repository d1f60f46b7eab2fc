"""Every row of the table of composite alarms, through the real code: rules, values, circles, suppression."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from detector.alarm import State
from detector.alarm.delivery import deliveries
from detector.composite import CompositeSettings, histories, parse, phases
from detector.composite.evaluate import state_of
from detector.composite.settings import missing
from detector.composite.suppression import suppressed
from detector.errors import RuleError, SettingsError

TABLE = Path(__file__).parent / "tables" / "composite_captures.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]
START = datetime(2026, 9, 14, tzinfo=UTC)
OWN, OTHER = (
    f"arn:aws:cloudwatch:us-east-1:{account}:alarm:m" for account in ("111122223333", "444455556666")
)
EXIST = {"m", "A", "B", "C", "D"}


class Change(NamedTuple):
    at: datetime
    after: State


def rows(kind: str) -> pytest.MarkDecorator:
    table = [row for row in ROWS if row["kind"] == kind]
    return pytest.mark.parametrize("row", table, ids=[row["id"] for row in table])


def test_every_kind_of_row_is_asked() -> None:
    assert {row["kind"] for row in ROWS} == {"grammar", "value", "cycle", "fact", "suppression"}


def refusal(rule: str) -> str:
    """What is said of a composite ``own`` beside the alarms `EXIST`; empty where it is accepted."""
    rule = rule.replace("<own name>", "own").replace("<arn in another account>", f"{OTHER}) OR OK({OWN}")
    try:
        settings = CompositeSettings(name="own", alarm_rule=rule)
    except SettingsError as error:
        return error.reason
    return missing(settings, EXIST)


@rows("grammar")
def test_rules_are_accepted_and_refused_as_recorded(row: dict[str, Any]) -> None:
    said = refusal(row["rule"])
    assert (not said) is row["accepted"]
    if "message" in row:
        assert (
            said.splitlines()[0]
            .replace("[", "")
            .startswith(row["message"].replace("<arn prefix>:", "").replace("[", ""))
        )
    if row["accepted"]:
        tree = parse(row["rule"])
        assert parse(str(tree)) == tree


@rows("value")
def test_values_are_as_recorded(row: dict[str, Any]) -> None:
    states = {name: State(state) for name, state in row["child_states"].items()}
    assert state_of(parse(row["rule"]), states) is State(row["expect"])
    changes = {name: [Change(START, state)] for name, state in states.items()}
    found = histories([CompositeSettings(name="own", alarm_rule=row["rule"])], changes, START)
    assert [each.after for each in found["own"]] == [State(row["expect"])]


@rows("cycle")
def test_composites_in_a_circle_hold_each_other_as_recorded(row: dict[str, Any]) -> None:
    composites = [CompositeSettings(name=name, alarm_rule=rule) for name, rule in row["rules"].items()]
    at, later = START + timedelta(minutes=5), START + timedelta(minutes=9)
    changes = {
        name: [Change(at, State(state)), Change(later, State.OK)]
        for name, state in row["child_states"].items()
    }
    found = histories(composites, changes, START)
    for name, expected in row["expect"].items():
        assert (found[name][-1].at, found[name][-1].after) == (at, State(expected))  # and there they stay
    [_, other] = composites
    reset = [CompositeSettings(name="C", alarm_rule="FALSE"), other]
    assert {each[-1].after for each in histories(reset, changes, START).values()} == {State.OK}


def test_a_new_composite_changes_at_once_and_then_with_its_child() -> None:
    """The row ``sdc-creation``."""
    at = START + timedelta(milliseconds=4_217)
    composite = CompositeSettings(name="own", alarm_rule="ALARM(A) OR ALARM(B)")
    changes = {"A": [Change(at, State.ALARM)], "B": [Change(at + timedelta(minutes=1), State.OK)]}
    first, second = histories([composite], changes, START)["own"]
    assert (first.at, first.before, first.after) == (START, State.INSUFFICIENT_DATA, State.OK)
    assert [child.alarm for child in first.reason.triggering] == ["A", "B"]
    assert (second.at, second.after) == (at, State.ALARM)
    assert [(child.alarm, child.since) for child in second.reason.triggering] == [("A", at)]
    constant = histories([CompositeSettings(name="own", alarm_rule="TRUE")], {}, START)["own"]
    assert [each.reason.triggering for each in constant] == [()]


def instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


@rows("suppression")
def test_actions_are_suppressed_as_recorded(row: dict[str, Any]) -> None:
    """The events become the histories of a child and a suppressor; each step asks for the phase at its instant."""
    steps = row["steps"]
    events = [
        (instant(step["at"]), *pair)
        for step in steps
        for pair in re.findall(r"(child|suppressor) (ALARM|OK)", step["event"])
    ]
    child, suppressor = (
        [Change(at, State(state)) for at, who, state in events if who == kind]
        for kind in ("child", "suppressor")
    )
    created = steps[0]["event"].startswith("created")
    start = instant(steps[0]["at"]) - (timedelta() if created else timedelta(hours=1))
    end = instant(steps[-1]["at"]) + timedelta(hours=1)
    composite = CompositeSettings(name="own", alarm_rule="ALARM(child)")
    changes = histories([composite], {"child": child}, start)["own"]
    stages = phases(
        [each.at for each in changes], suppressor, row["wait_period"], row["extension_period"], end
    )
    delivered = suppressed(deliveries(changes), stages, "suppressor")
    for step in steps:
        at, expected = instant(step["at"]), step["expect"]
        [*_, change] = [each for each in changes if each.at <= at]
        [*_, stage] = [each for each in stages if each.at <= at]
        [*_, delivery] = [each for each in delivered if each.at <= at]
        assert (change.after, stage.by) == (expected["state"], expected["suppressed_by"]), step
        assert change.at.isoformat(timespec="milliseconds").replace("+00:00", "Z") == expected.get(
            "state_transitioned", change.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        )
        if "action" in expected:
            assert (delivery.runs == at) is (expected["action"] == "Succeeded"), step
    assert all(
        one.runs is None or any(stage.at == one.runs and stage.by is None for stage in stages)
        for one in delivered
    )


def test_a_refused_rule_shows_the_place_and_a_cure() -> None:
    with pytest.raises(RuleError) as caught:
        parse("ALARM(a) and OK(b)")
    assert str(caught.value).splitlines()[1:] == ["  ALARM(a) and OK(b)", "           ^^^", "  write AND"]
