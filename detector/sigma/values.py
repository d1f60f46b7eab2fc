"""One value of a Sigma rule as conditions of the pattern language, asserted and negated.

In: a field, a value as pySigma reads it, and whether the rule negates it. Out: a tree, or an `InexpressibleError`.

A comparison of the language is false where there is nothing to compare, ``!=`` included, and ``not field: x`` of a
Sigma rule is true there. What a rule negates is therefore `Guarded`: absent, null, or other than the value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sigma import types as sigma

from detector.cloudtrail.members import OPEN, Path, members
from detector.pattern.syntax import (
    And,
    Compare,
    Expr,
    Index,
    Is,
    Kind,
    Name,
    NotExists,
    Number,
    Op,
    Or,
    Regex,
    Selector,
    Text,
    Wildcard,
)
from detector.sigma.differences import Change, InexpressibleError
from detector.sigma.spelling import as_cloudtrail_writes

_STEP = re.compile(r"([^\[\]{}]+)((?:\[\d*\]|\[\*\]|\{\})*)")
_INDEX = re.compile(r"\[(\d*|\*)\]|\{\}")
_REGEX_PLAIN = re.compile(r"[A-Za-z0-9:_#=@/;, -]")
_OBJECTS = frozenset(path for path, one in members().items() if one.kinds & {"object", "array"})
_ORDERINGS = {"LT": Op.LT, "LTE": Op.LE, "GT": Op.GT, "GTE": Op.GE}
_OPPOSITE = {Op.LT: Op.GE, Op.LE: Op.GT, Op.GT: Op.LE, Op.GE: Op.LT}
_WORDS = {"true": Kind.TRUE, "false": Kind.FALSE}


@dataclass(frozen=True, slots=True)
class Guarded:
    """A field that is absent, null, or passes all of these tests."""

    selector: Selector
    tests: tuple[Expr, ...]

    def lowered(self) -> Expr:
        """The same in the language."""
        test = self.tests[0] if len(self.tests) == 1 else And(self.tests)
        return Or((test, *nothing(self.selector)))


Node: TypeAlias = Expr | Guarded
Changes: TypeAlias = dict[Change, dict[str, None]]


def nothing(selector: Selector) -> tuple[Expr, Expr]:
    """A field is absent, or null."""
    return NotExists(selector), Is(selector, Kind.NULL)


def selector_of(field: str) -> Selector:
    """``userIdentity.type``, ``resources[].ARN``; a field of a record by its path."""
    steps: list[Name | Index | Wildcard] = []
    for part in field.split("."):
        found = _STEP.fullmatch(part)
        if found is None or "'" in part:
            raise InexpressibleError(
                f"expected the path of a field, such as userIdentity.type, found {field!r}"
            )
        steps.append(Name(found[1]))
        for index in _INDEX.finditer(found[2]):
            number = index[1] or ""
            steps.append(Index(int(number)) if number.isdigit() else Wildcard("[*]"))
    return Selector(tuple(steps))


def literal(field: str, value: Any, *, negated: bool, changes: Changes) -> Node:  # noqa: PLR0911 - one for each kind of value
    """What a value asks of a field, or its negation."""
    asked = _Asked(field, selector_of(field), negated, changes)
    match value:
        case sigma.SigmaNull():
            return asked.present() if negated else asked.missing()
        case sigma.SigmaExists():
            return asked.missing() if bool(value) is negated else asked.present()
        case sigma.SigmaBool():
            return asked.boolean(str(value).lower())
        case sigma.SigmaNumber() if type(value) is sigma.SigmaNumber:
            return asked.equality([Number(str(value.number))])
        case sigma.SigmaString():
            return asked.string(value)
        case sigma.SigmaRegularExpression():
            return asked.regex(value)
        case sigma.SigmaCIDRExpression():
            asked.note(Change.NETWORK)
            return asked.equality([Text(one) for one in value.expand("*")])
        case sigma.SigmaCompareExpression():
            return asked.ordering(value)
        case sigma.SigmaFieldReference():
            raise InexpressibleError(
                f"{field} is compared with another field, {value.field}; a pattern compares with values"
            )
        case _:
            raise InexpressibleError(f"{field}: no comparison of the language is a {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A field that is asked about, and what is noted on the way."""

    field: str
    selector: Selector
    negated: bool
    changes: Changes

    def note(self, change: Change, about: str = "") -> None:
        self.changes.setdefault(change, {})[about or self.field] = None

    def note_types(self) -> None:
        """That only strings and numbers are compared, unless records have nothing else there."""
        known = members().get(self.path)
        if known is None or not known.kinds <= {"string", "number"} or not known.kinds:
            self.note(Change.TYPES)

    @property
    def path(self) -> Path:
        return tuple(step.text for step in self.selector.steps if isinstance(step, Name))

    def comparable(self) -> None:
        """Refuse what is an object in every record."""
        if self.path in _OBJECTS and self.selector.wildcard is None:
            raise InexpressibleError(
                f"{self.field} is an object or a list in CloudTrail's records, and a pattern compares only strings and numbers"
            )
        if self.path[:1] in OPEN and self.selector.wildcard is None:
            self.note(Change.LISTS)

    def equality(self, values: Sequence[Number | Text | Regex]) -> Node:
        """The field equals one of the values; negated, none of them."""
        self.comparable()
        op = Op.NE if self.negated else Op.EQ
        tests = tuple(Compare(self.selector, op, value) for value in values)
        if not self.negated:
            return tests[0] if len(tests) == 1 else Or(tests)
        wildcard = self.selector.wildcard
        if (
            wildcard is not None
        ):  # `!=` is then true wherever what stands before the wildcard exists, and none equals
            before = NotExists(Selector(self.selector.steps[:wildcard]))
            return Or((tests[0] if len(tests) == 1 else And(tests), before))
        self.note_types()
        return Guarded(self.selector, tests)

    def missing(self) -> Node:
        """The field is absent or null; the service says null of a list with a null in it, too."""
        self.note_types()
        return Or(nothing(self.selector))

    def present(self) -> Node:
        """The field is there and not null."""
        self.comparable()
        self.note_types()
        return Or(
            (
                Compare(self.selector, Op.EQ, Text("*")),
                Is(self.selector, Kind.TRUE),
                Is(self.selector, Kind.FALSE),
            )
        )

    def boolean(self, word: str) -> Node:
        """``true`` as a boolean, and as the string that some of CloudTrail's fields have."""
        kind = _WORDS[word]
        compared = self.equality([Text(word)])
        if isinstance(compared, Guarded):
            other = Is(self.selector, Kind.FALSE if kind is Kind.TRUE else Kind.TRUE)
            return Or((compared.tests[0], other, *nothing(self.selector)))
        return Or((Is(self.selector, kind), compared))

    def string(self, value: sigma.SigmaString) -> Node:
        """Text, with wildcards as the language has them, or as a regex where it has none."""
        parts = list(value.s)
        if any(isinstance(part, sigma.Placeholder) for part in parts):
            raise InexpressibleError(
                f"{self.field}: the rule leaves a value open (expand), which has to be filled in first"
            )
        if parts and all(part is sigma.SpecialChars.WILDCARD_MULTI for part in parts):
            return self._anything()
        cased = isinstance(value, sigma.SigmaCasedString)
        if sigma.SpecialChars.WILDCARD_SINGLE in parts or any(
            "*" in part for part in parts if isinstance(part, str)
        ):
            return self._as_regex(parts, cased=cased)
        text = re.sub(r"\*+", "*", "".join(part if isinstance(part, str) else "*" for part in parts))
        if not cased and text.swapcase() != text:
            self.note(Change.CASE)
            spelled = as_cloudtrail_writes(self.path, text)
            if spelled != text:
                self.note(Change.SPELLING, f"{self.field} {spelled} (the rule says {text})")
                text = spelled
        if "*" in text and not text.endswith("*"):
            self.note(Change.LEFTMOST)
        word = text.lower()
        return self.boolean(word) if word in _WORDS else self.equality([Text(text)])

    def _anything(self) -> Node:
        """``*``: any value. A list of strings has one too, below the objects whose members nobody lists."""
        if self.negated:
            return self.missing()
        self.comparable()
        self.note_types()
        whole = Compare(self.selector, Op.EQ, Text("*"))
        if self.selector.wildcard is not None or self.path[:1] not in OPEN:
            return whole
        elements = Selector((*self.selector.steps, Wildcard("[*]")))
        return Or((whole, Compare(elements, Op.EQ, Text("*"))))

    def _as_regex(self, parts: Sequence[Any], *, cased: bool) -> Node:
        """A ``?``, or a star that means itself: the language has neither outside of a regex."""
        written = []
        for part in parts:
            if isinstance(part, str):
                if not part.isascii():
                    raise InexpressibleError(
                        f"{self.field}: ? and \\* need a regex, and a regex here holds only ASCII"
                    )
                written += [one if _REGEX_PLAIN.match(one) else f"\\x{ord(one):02x}" for one in part]
                if not cased and part.swapcase() != part:
                    self.note(Change.CASE)
            else:
                written.append(r"[\s\S]*" if part is sigma.SpecialChars.WILDCARD_MULTI else r"[\s\S]")
        return self.equality([Regex(f"^{''.join(written)}$")])

    def regex(self, value: sigma.SigmaRegularExpression) -> Node:
        """A regular expression; whether the service takes it, the grammar says."""
        if value.flags:
            raise InexpressibleError(
                f"{self.field}: a regex of the language has no flags, such as i for ignoring case"
            )
        source = str(value.regexp)
        if "%" in source or "\n" in source:
            raise InexpressibleError(
                f"{self.field}: a regex of the language cannot hold a % or a line break, write \\x25 or \\x0a"
            )
        if re.search(r"[$.]|\\[dDsSwW]", source):
            self.note(Change.REGEX)
        return self.equality([Regex(source)])

    def ordering(self, value: sigma.SigmaCompareExpression) -> Node:
        """Above or below a number."""
        op = _ORDERINGS.get(value.op.name)
        if op is None or type(value.number) is not sigma.SigmaNumber:
            raise InexpressibleError(
                f"{self.field}: the language compares with numbers by <, <=, > and >= alone"
            )
        self.comparable()
        self.note(Change.ORDER)
        number = Number(str(value.number.number))
        if not self.negated:
            return Compare(self.selector, op, number)
        if self.selector.wildcard is not None:
            raise InexpressibleError(
                f"{self.field}: that no element of a list is above or below a number cannot be said"
            )
        self.note_types()
        return Guarded(self.selector, (Compare(self.selector, _OPPOSITE[op], number),))
