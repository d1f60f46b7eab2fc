"""Composite alarms: a rule over the states of other alarms, its history, and when its actions are held back.

From the bottom up: ``syntax``, the tree of a rule; ``grammar``, from its text to the tree; ``evaluate``, what it says of
the states of its children; ``settings``, what PutCompositeAlarm accepts; ``history``, the states of composites over the
histories of other alarms; ``suppression``, the actions that a suppressor alarm holds back.
"""

from detector.composite.evaluate import holds
from detector.composite.history import CompositeReason, CompositeTransition, histories, history_plain
from detector.composite.settings import CompositeSettings
from detector.composite.suppression import Phase, phases, phases_plain
from detector.composite.syntax import Expr

__all__ = [
    "CompositeReason",
    "CompositeSettings",
    "CompositeTransition",
    "Phase",
    "histories",
    "history_plain",
    "holds",
    "parse",
    "phases",
    "phases_plain",
]


def parse(source: str) -> Expr:
    """The tree of a rule; a `RuleError` for what PutCompositeAlarm would refuse."""
    from detector.composite import grammar  # noqa: PLC0415 - pyparsing takes time to import

    return grammar.parse(source)
