"""Every flaw of a composite alarm is found, and nothing else; what is said to be never so is tried with all states."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.__main__ import main
from detector.alarm import State
from detector.composite import parse
from detector.composite.evaluate import holds
from detector.composite.settings import CompositeSettings
from detector.composite.syntax import Expr
from detector.detections import load_detection
from detector.detections.alarmed import Alarmed, Composite
from detector.detections.alarms import load_alarmed
from detector.lint.composite import can_be, lint_composite
from detector.testing import rules

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples" / "composites"
ROOT, LAB = load_detection("cis/cloudwatch-1"), load_detection("lab/unauthorized-api-calls")


def composite(rule: str, suppressor: str = "") -> Composite:
    """Over ``root`` (never OK), ``lab`` (any state), and ``inner``, a composite over root."""
    inner = Composite(
        name="inner",
        settings=CompositeSettings(name="inner", alarm_rule="ALARM(root)"),
        alarms={"root": ROOT},
    )
    settings = CompositeSettings(name="c", alarm_rule=rule, actions_suppressor=suppressor)
    known: dict[str, Alarmed] = {"root": ROOT, "lab": LAB, "inner": inner}
    return Composite(
        name="c",
        settings=settings,
        alarms={name: known[name] for name in (*settings.children, *([suppressor] if suppressor else []))},
    )


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ("ALARM(root) AND ALARM(lab)", []),
        ("ALARM(root) AND NOT ALARM(lab)", []),
        ("ALARM(lab) AND OK(root)", ["D901", "D904"]),
        ("ALARM(lab) AND OK(lab)", ["D901"]),
        ("AT_LEAST(2, OK, (root, lab))", ["D901"]),
        ("FALSE", ["D901"]),
        ("NOT OK(root)", ["D902", "D904"]),
        ("TRUE OR ALARM(lab)", ["D902"]),
        ("AT_LEAST(1, NOT ALARM, (lab, lab)) OR ALARM(lab)", ["D902"]),
        ("ALARM(inner) OR ALARM(lab)", []),
        ("INSUFFICIENT_DATA(inner) OR ALARM(lab)", ["D904"]),
    ],
)
def test_every_flaw_is_found_and_nothing_else(rule: str, codes: list[str]) -> None:
    assert [finding.code for finding in lint_composite(composite(rule))] == codes


@given(
    rules(st.sampled_from("abc")),
    st.lists(st.sets(st.sampled_from(State), min_size=1), min_size=3, max_size=3),
    st.booleans(),
)
def test_what_can_be_is_what_some_states_make(rule: Expr, some: list[set[State]], value: bool) -> None:
    states = dict(zip("abc", some, strict=True))
    every = (dict(zip("abc", one, strict=True)) for one in product(*some))
    assert can_be(rule, states, value=value) is any(holds(rule, one) is value for one in every)


def test_a_search_that_takes_too_long_says_nothing() -> None:
    rule = parse(
        " AND ".join(f"(ALARM(a{n}) OR ALARM(a{n + 1}))" for n in range(60))
        + " AND AT_LEAST(1%, NOT OK, (a0))"
    )
    states = {f"a{n}": set(State) for n in range(62)}
    assert can_be(rule, states, value=True) in {True, None}


def test_a_comment_beside_the_rule_silences(tmp_path: Path) -> None:
    text = (EXAMPLES / "never.toml").read_text("utf-8")
    (tmp_path / "x.toml").write_text(
        text.replace("alarm_rule =", "# detector: ignore[D901]\nalarm_rule ="), "utf-8"
    )
    found = load_alarmed(tmp_path / "x.toml")
    assert isinstance(found, Composite)
    assert [finding.ignored for finding in lint_composite(found)] == [("D901",)]
    assert main(["check", str(tmp_path / "x.toml")]) == 0
    assert main(["check", str(EXAMPLES / "never.toml"), "--format", "json"]) == 1
