"""Every finding there is: its code, how bad it is, and its title.

Codes are grouped by hundreds: 0 validity, 1 logic, 2 members of the record, 3 values, 4 events and their sources, 5 the
language, 6 text and space-delimited patterns, 7 what an archive shows, 8 alarms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad it is; larger is worse."""

    NOTE = 1
    """Worth knowing; it may be meant so."""
    WARNING = 2
    """The pattern counts more or fewer events, or the alarm tells more or less, than its words suggest."""
    ERROR = 3
    """Refused; a pattern that can never match or matches every event; an alarm that can never fire or always does: proved."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding."""

    code: str
    severity: Severity
    title: str


_NOTE, _WARNING, _ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
_TABLE = (
    Rule("D001", _ERROR, "the service would refuse the pattern or the alarm"),
    Rule("D101", _ERROR, "the pattern can never match"),
    Rule("D102", _WARNING, "a part of the pattern can never be true"),
    Rule("D103", _WARNING, "a part of the pattern is true whatever the value is"),
    Rule("D104", _WARNING, "the pattern matches nearly every record"),
    Rule("D105", _WARNING, "a clause that changes nothing"),
    Rule("D106", _WARNING, "&& and || without parentheses"),
    Rule("D107", _ERROR, "the pattern matches every event"),
    Rule("D201", _WARNING, "a selector that CloudTrail does not have"),
    Rule("D202", _WARNING, "!= on a field that is not always there"),
    Rule("D203", _WARNING, "a comparison with an object or an array"),
    Rule("D204", _WARNING, "a boolean asked as text, or text asked as a boolean"),
    Rule("D205", _WARNING, "an ordering on a field that holds text"),
    Rule("D206", _WARNING, "absent and null mixed up"),
    Rule("D207", _WARNING, "a member that such a caller does not have"),
    Rule("D208", _WARNING, "a container that the log event is not in"),
    Rule("D209", _NOTE, "only the first element of a list"),
    Rule("D301", _WARNING, "an error code that services spell otherwise"),
    Rule("D302", _WARNING, "a value that differs from the records' in case only"),
    Rule("D303", _WARNING, "a value that the field does not have"),
    Rule("D304", _NOTE, "a number in quotes"),
    Rule("D305", _WARNING, "an event source that there is not"),
    Rule("D306", _NOTE, "true and false as text"),
    Rule("D307", _WARNING, "a value in the syntax of another language"),
    Rule("D308", _WARNING, "an ARN that is not the caller's, but the role's"),
    Rule("D309", _WARNING, "a region that there is not, or in which the service does not log"),
    Rule("D310", _NOTE, "an address with a * that takes more than one network"),
    Rule("D311", _NOTE, "an ARN of any account"),
    Rule("D401", _NOTE, "an event name that is not among the event source's"),
    Rule("D402", _NOTE, "an event name that no service has, close to one that there is"),
    Rule("D403", _NOTE, "an event name that several services have"),
    Rule("D404", _NOTE, "a sign-in without MFA, successful or not"),
    Rule("D405", _WARNING, "an event name without its API version"),
    Rule("D406", _NOTE, "events that a trail may not log"),
    Rule("D407", _NOTE, "some calls of a family, and not the others"),
    Rule("D408", _NOTE, "root without the guard for services"),
    Rule("D409", _NOTE, "changes that failed count too"),
    Rule("D410", _NOTE, "a failed sign-in looked for where not every one shows it"),
    Rule("D501", _NOTE, "* is found leftmost"),
    Rule("D502", _NOTE, "near a limit"),
    Rule("D503", _WARNING, "a backslash before *"),
    Rule("D504", _WARNING, "SPACE without quotes"),
    Rule("D505", _NOTE, "a regex that finds more than the address"),
    Rule("D601", _WARNING, "? terms that are ignored"),
    Rule("D602", _ERROR, "a term that is both required and excluded"),
    Rule("D701", _NOTE, "a selector that no record of the archive has"),
    Rule("D702", _WARNING, "a pattern that matches no record of the archive"),
    Rule("D801", _ERROR, "the alarm can never fire"),
    Rule("D802", _ERROR, "the alarm is always in ALARM"),
    Rule("D803", _WARNING, "silence keeps the alarm in ALARM"),
    Rule("D804", _NOTE, "the alarm can never be OK"),
    Rule("D805", _NOTE, "a statistic that does not count the matches"),
    Rule("D806", _WARNING, "a default value that makes a ratio of the statistic"),
    Rule("D807", _NOTE, "a threshold that is one off"),
    Rule("D808", _WARNING, "silence raises the alarm"),
    Rule("D809", _WARNING, "silence does not raise the alarm on too little"),
    Rule("D810", _WARNING, "one datapoint suffices where several are asked for"),
    Rule("D811", _WARNING, "matches that the alarm does not see"),
    Rule("D812", _WARNING, "the actions are disabled"),
    Rule("D813", _NOTE, "nobody is told of ALARM"),
    Rule("D901", _ERROR, "the composite alarm can never be in ALARM"),
    Rule("D902", _ERROR, "the composite alarm is always in ALARM"),
    Rule("D903", _WARNING, "the suppressor can never be in ALARM"),
    Rule("D904", _WARNING, "a part of the rule that is never true"),
)
RULES: Mapping[str, Rule] = {rule.code: rule for rule in _TABLE}
"""The rules by their codes, in the order of the codes."""
