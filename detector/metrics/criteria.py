"""Field selection criteria: which log groups a metric filter takes events from.

In: the text of ``fieldSelectionCriteria``. Out: a tree whose leaves compare a system field of the log group, or a
`SettingsError` that says what was expected where.

    criteria  := all ( OR all )*
    all       := condition ( AND condition )*
    condition := field ( = | != ) string | field [ NOT ] IN "[" string ( , string )* "]" | "(" criteria ")"
    field     := @aws.account | @aws.region | @source.log
    string    := '"' characters '"'

Source: PutMetricFilter (at most 2,000 characters). That ``AND`` binds stronger than ``OR``, parentheses, and words in
small letters are not documented: they are taken as in the pattern language.
"""

from __future__ import annotations

import functools
import re
from enum import StrEnum
from typing import NoReturn

from detector.archive import LogGroup
from detector.errors import SettingsError
from detector.pattern.evaluate import holds
from detector.pattern.syntax import And, Column, Compare, Expr, Name, Op, Or, Text, conditions

MAX_LENGTH = 2000
_MAX_DEPTH = 50
_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"[^\"]*\")|(?P<symbol>!=|[=\[\],()])|(?P<word>[@\w.]+)|(?P<end>\Z)|(?P<other>.))",
    re.DOTALL,
)


class SystemField(StrEnum):
    """What the service knows of a log event besides its text (recorded: these three and no others)."""

    ACCOUNT = "@aws.account"
    REGION = "@aws.region"
    LOG = "@source.log"

    @property
    def attribute(self) -> str:
        """The attribute of a `LogGroup`."""
        return {SystemField.ACCOUNT: "account", SystemField.REGION: "region", SystemField.LOG: "name"}[self]

    def of(self, group: LogGroup) -> str:
        """The value for the events of a log group; empty where it is not known."""
        return str(getattr(group, self.attribute))


def fields(criteria: Expr | None) -> set[SystemField]:
    """The system fields that criteria ask about."""
    return set() if criteria is None else {SystemField(str(one.selector)) for one in conditions(criteria)}


def selects(criteria: Expr, group: LogGroup) -> bool:
    """Whether a filter with these criteria takes the events of a log group."""

    def test(condition: Expr) -> bool:
        assert isinstance(condition, Compare)  # noqa: S101 - `parse` makes no others
        assert isinstance(condition.value, Text)  # noqa: S101 - the same
        return condition.op.test(SystemField(str(condition.selector)).of(group), condition.value.value)

    return holds(criteria, test)


@functools.lru_cache(maxsize=256)
def parse(text: str) -> Expr:
    """The tree of some criteria; `SettingsError` where the service would refuse them."""
    if len(text) > MAX_LENGTH:
        _refuse(f"at most {MAX_LENGTH:,} characters, found {len(text):,}")
    return _Parser(text).whole()


class _Parser:
    """One text, read from left to right: ``kind`` and ``token`` are the next thing in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = self.after = 0
        self.depth = 0
        self.next()

    def whole(self) -> Expr:
        found = self.any_of()
        if self.kind != "end":
            self.expected("AND, OR or the end")
        return found

    def next(self) -> str:
        """The token that was the next one, and on to the one after it."""
        passed = getattr(self, "token", "")
        found = _TOKEN.match(self.text, self.after)
        assert found is not None  # noqa: S101 - `other` takes any character
        self.kind = found.lastgroup or ""
        self.token, self.place, self.after = found[self.kind], found.start(self.kind), found.end()
        return passed

    def takes(self, token: str) -> bool:
        """Step over a symbol or a word if it is the next token."""
        is_next = self.kind in {"symbol", "word"} and self.token.upper() == token
        if is_next:
            self.next()
        return is_next

    def expected(self, what: str) -> NoReturn:
        found = "the end" if self.kind == "end" else repr(self.token)
        _refuse(f"{what} at character {self.place + 1} of the criteria, found {found}")

    def any_of(self) -> Expr:
        terms = [self.all_of()]
        while self.takes("OR"):
            terms.append(self.all_of())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def all_of(self) -> Expr:
        terms = [self.condition()]
        while self.takes("AND"):
            terms.append(self.condition())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def condition(self) -> Expr:
        if self.takes("("):
            self.depth += 1
            if self.depth > _MAX_DEPTH:
                self.expected(f"at most {_MAX_DEPTH} parentheses inside each other")
            inner = self.any_of()
            if not self.takes(")"):
                self.expected("AND, OR or )")
            self.depth -= 1
            return inner
        if self.token not in set(SystemField):
            self.expected(f"one of {', '.join(SystemField)}")
        field = Column((Name(self.next()),))
        for op in (Op.EQ, Op.NE):
            if self.takes(op):
                return Compare(field, op, Text(self.string()))
        negated = self.takes("NOT")
        if not self.takes("IN"):
            self.expected("IN" if negated else "=, !=, IN or NOT IN")
        terms = tuple(Compare(field, Op.NE if negated else Op.EQ, Text(value)) for value in self.strings())
        return terms[0] if len(terms) == 1 else And(terms) if negated else Or(terms)

    def strings(self) -> list[str]:
        if not self.takes("["):
            self.expected("[ and a list of strings")
        values = [self.string()]
        while self.takes(","):
            values.append(self.string())
        if not self.takes("]"):
            self.expected(", or ]")
        return values

    def string(self) -> str:
        if self.kind != "string":
            self.expected("a string in double quotes")
        return self.next()[1:-1]


def _refuse(expected: str) -> NoReturn:
    raise SettingsError(f"expected {expected}", "field_selection_criteria")
