"""D901 to D904: what a valid composite alarm does that its author will not have meant.

In: a composite with its children. Out: findings, as those of `detector.lint.alarms`. The claim: what is said to be never
or always so holds for every combination of the states that the children can have; a search that would take too long says
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from detector.alarm import State
from detector.composite.syntax import And, AtLeast, Constant, Expr, InState, Not, Or, nodes
from detector.detections.alarmed import Alarmed, Composite
from detector.lint import targets
from detector.lint.alarms import AlarmFinding, lint_alarm
from detector.lint.rules import RULES

STEPS = 20_000
"""Assignments of states that are tried before nothing is said."""

States: TypeAlias = Mapping[str, AbstractSet[State]]
"""The states that each alarm can have."""


def lint_composite(composite: Composite) -> tuple[AlarmFinding, ...]:
    """What is wrong with a valid composite alarm, in the order of the codes."""
    return tuple(_findings(composite))


def _findings(composite: Composite) -> Iterator[AlarmFinding]:
    rule, suppressor = composite.settings.rule, composite.settings.suppressor
    states = {name: _states(alarmed) for name, alarmed in composite.alarms.items()}
    if can_be(rule, states, value=True) is False:
        said = "no combination of the states that its children can have makes the rule true: it can never be in ALARM"
        yield _finding(composite, "D901", "composite.alarm_rule", said)
    elif can_be(rule, states, value=False) is False:
        said = "every combination of the states that its children can have makes the rule true: it is always in ALARM"
        yield _finding(composite, "D902", "composite.alarm_rule", said)
    if suppressor and State.ALARM not in states[suppressor]:
        said = f"{suppressor} can never be in ALARM: it delays every page by the wait period, and holds none back"
        yield _finding(composite, "D903", "composite.actions_suppressor", said)
    for part in dict.fromkeys(node for node in nodes(rule) if isinstance(node, InState)):
        if part.state not in states[part.alarm.name]:
            why = f"{part.alarm.name} is never in {part.state}"
            yield _finding(composite, "D904", "composite.alarm_rule", f"{part} is never true: {why}")


def _finding(composite: Composite, code: str, key: str, said: str) -> AlarmFinding:
    place, ignored = targets.of_key(composite, key)
    return AlarmFinding(code, RULES[code].severity, key, said, place=place, ignored=ignored)


def _states(alarmed: Alarmed) -> AbstractSet[State]:
    """The states that an alarm can have: a composite is in INSUFFICIENT_DATA only until it is created."""
    if isinstance(alarmed, Composite):
        inner = {name: _states(child) for name, child in alarmed.alarms.items()}
        rule = alarmed.settings.rule
        whether = {State.ALARM: True, State.OK: False}
        return {state for state, value in whether.items() if can_be(rule, inner, value=value) is not False}
    codes = {finding.code for finding in lint_alarm(alarmed)}
    never = {State.ALARM} if "D801" in codes else set[State]()
    return {*State} - never - ({State.OK} if "D804" in codes else set())


def can_be(rule: Expr, states: States, *, value: bool) -> bool | None:
    """Whether a rule can have this value, for some combination of the states; None where that would take too long."""
    pending: list[States] = [states]
    for _ in range(STEPS):
        if not pending:
            return False
        known = pending.pop()
        found = _value(rule, known)
        if found is value:
            return True
        if found is None:
            name = next(name for name, some in known.items() if len(some) > 1)
            pending += [{**known, name: {state}} for state in sorted(known[name])]
    return None


def _value(rule: Expr, states: States) -> bool | None:
    """What a rule is, as far as the states that are left decide it."""
    match rule:
        case Constant():
            return rule.value
        case InState():
            return _is_in(rule.state, states[rule.alarm.name])
        case AtLeast():
            told = [_is_in(rule.state, states[alarm.name]) for alarm in rule.alarms]
            sure, open_ = sum(one is not None and one is not rule.negated for one in told), told.count(None)
            return True if sure >= rule.needed else None if sure + open_ >= rule.needed else False
        case Not():
            inner = _value(rule.inner, states)
            return None if inner is None else not inner
        case And() | Or():
            values = [_value(term, states) for term in rule.terms]
            decisive = isinstance(rule, Or)
            return decisive if decisive in values else None if None in values else not decisive


def _is_in(state: State, some: AbstractSet[State]) -> bool | None:
    return None if state in some and len(some) > 1 else state in some
