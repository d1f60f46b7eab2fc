"""The meaning of a rule: in come the states of other alarms, out goes whether it is true.

The claim: ``holds`` is the only definition of it. Sources: PutCompositeAlarm, recorded values of AT_LEAST.
"""

from __future__ import annotations

from collections.abc import Mapping

from detector.alarm import State
from detector.composite.syntax import And, AtLeast, Constant, Expr, InState, Not, Or, children


def holds(expr: Expr, states: Mapping[str, State]) -> bool:
    """Whether a rule is true of the ``states`` of the alarms that it refers to, by their names."""
    match expr:
        case Constant():
            return expr.value
        case InState():
            return states[expr.alarm.name] is expr.state
        case AtLeast():
            inside = (states[alarm.name] is expr.state for alarm in expr.alarms)
            return sum(found is not expr.negated for found in inside) >= expr.needed
        case Not():
            return not holds(expr.inner, states)
        case And():
            return all(holds(term, states) for term in expr.terms)
        case Or():
            return any(holds(term, states) for term in expr.terms)


def state_of(expr: Expr, states: Mapping[str, State]) -> State:
    """ALARM where the rule is true, else OK (documented)."""
    return State.ALARM if holds(expr, states) else State.OK


def triggering(expr: Expr, after: State, states: Mapping[str, State]) -> tuple[str, ...]:
    """The children that a state reason names: those in ALARM for ALARM, else the others (recorded)."""
    alarmed = after is State.ALARM
    return tuple(name for name in children(expr) if (states[name] is State.ALARM) is alarmed)
