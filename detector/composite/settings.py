"""The settings of a composite alarm: in come Terraform's names, out goes what PutCompositeAlarm would accept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from detector.alarm import validation
from detector.composite.syntax import AlarmName, Expr, children, references
from detector.errors import RuleError, SettingsError

LONGEST_NAME = 1_600
"""Characters of a suppressor's name or ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSettings:
    """A composite alarm; anything that the service would refuse is a SettingsError.

    ``actions_suppressor`` is the name or ARN of another alarm; the periods are seconds, and are set together with it.
    Names are those of Terraform's aws_cloudwatch_composite_alarm.
    """

    name: str
    alarm_rule: str
    alarm_description: str = ""
    actions_suppressor: str = ""
    wait_period: int = 0
    extension_period: int = 0
    rule: Expr = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        validation.check_name(self.name, self.alarm_description)
        from detector.composite.grammar import parse  # noqa: PLC0415 - pyparsing takes time to import

        try:
            rule = parse(self.alarm_rule)
        except RuleError as error:
            raise SettingsError(str(error), "alarm_rule") from None
        object.__setattr__(self, "rule", rule)
        if self.name in self.children:
            raise SettingsError(
                f"expected a rule over other alarms, found {self.name!r} itself", "alarm_rule"
            )
        if self.suppressor == self.name:
            raise SettingsError("expected another alarm as the suppressor", "actions_suppressor.alarm")
        if len(self.actions_suppressor) > LONGEST_NAME:
            reason = f"expected a name or ARN of at most {LONGEST_NAME:,} characters"
            raise SettingsError(reason, "actions_suppressor.alarm")
        for setting in ("wait_period", "extension_period"):
            period: object = getattr(self, setting)
            if isinstance(period, bool) or not isinstance(period, int) or period < 0:
                reason = f"expected a whole number of seconds that is not negative, found {period!r}"
                raise SettingsError(reason, f"actions_suppressor.{setting}")
        self._check_places()

    def _check_places(self) -> None:
        """All alarms of a composite are in one account and region."""
        for part in ("account", "region"):
            places = {
                getattr(AlarmName.of(one), part) for one in [*self.written, self.actions_suppressor]
            } - {""}
            if len(places) > 1:
                listed = ", ".join(sorted(places))
                reason = f"expected alarms of one {part}, found ARNs of {len(places)}: {listed}"
                raise SettingsError(reason, "alarm_rule")

    @property
    def written(self) -> tuple[str, ...]:
        """Every reference of the rule as it is written: names and ARNs."""
        return tuple(reference.written for reference in references(self.rule))

    @property
    def children(self) -> tuple[str, ...]:
        """The names of the alarms in the rule, each once."""
        return children(self.rule)

    @property
    def suppressor(self) -> str:
        """The name of the suppressor alarm; empty without one."""
        return AlarmName.of(self.actions_suppressor).name if self.actions_suppressor else ""


def missing(settings: CompositeSettings, exist: Iterable[str]) -> str:
    """The service's sentence for alarms of the rule that do not exist; empty where all do."""
    there = set(exist)
    absent = ", ".join(name for name in settings.children if name not in there)
    said = f"Could not save the composite alarm as alarms [{absent}] in the alarm rule do not exist"
    return said if absent else ""
