"""The pattern that is looked at, and whether it is about CloudTrail.

In: a JSON pattern. Out: its conditions, the paths of its selectors, and `is_cloudtrail`. Rules that know the
record's schema apply only where it is: most patterns are about other logs, which have an ``eventName`` of their own.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from detector.cloudtrail import members, operations, values
from detector.cloudtrail.members import ELEMENT, Path
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import (
    Compare,
    Condition,
    Expr,
    Index,
    Name,
    Op,
    Selector,
    Span,
    Text,
    Wildcard,
    conditions,
)
from detector.relation.budget import Budget
from detector.relation.prover import Logic
from detector.relation.values import ANYTHING, Allowed, Domain, ValueKind

EVENT_NAME = Selector((Name("eventName"),))
EVENT_SOURCE = Selector((Name("eventSource"),))
_FOREIGN = ("aws:", "ObjectCreated:", "ObjectRemoved:")
_FOREIGN_MEMBERS = {"s3", "dynamodb", "kinesis", "Records", "detail", "detail-type"}
"""First members of the events of S3 and of streams, which share others with CloudTrail, and of EventBridge."""
_FOREIGN_SIGNS = re.compile(r"[%^$|?(), ]+|\.\*")
"""What stands in the wildcards of SQL and in regular expressions, and in no event name."""
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation")


WORK = 260_000
"""Steps for all questions of one group of rules. Of 326 public patterns the one that takes most takes 245,475."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A pattern's text and tree."""

    source: str
    expr: Expr
    is_cloudtrail: bool
    work: Budget = field(default_factory=lambda: Budget(WORK), compare=False, repr=False)
    """What is left of the work that questions of logic may take."""

    @classmethod
    def of(cls, source: str, expr: Expr) -> Subject:
        """The pattern, judged once."""
        return cls(source, expr, is_cloudtrail(expr))

    @property
    def leaves(self) -> tuple[Condition, ...]:
        """The conditions in the order in which they are written."""
        return conditions(self.expr)

    @property
    def texts(self) -> Iterator[tuple[Compare, Path, Text]]:
        """Comparisons with a text that is no template of Terraform's or CloudFormation's, each with its path."""
        for leaf, path in self.compares:
            if isinstance(leaf.value, Text) and not leaf.op.is_ordering and "${" not in leaf.value.value:
                yield leaf, path, leaf.value

    @property
    def compares(self) -> Iterator[tuple[Compare, Path]]:
        """The comparisons, each with the path of its selector."""
        return ((leaf, path_of(leaf.selector)) for leaf in self.leaves if isinstance(leaf, Compare))

    def logic(
        self, *exprs: Expr, domain: Domain | None = None, unlike: tuple[Selector, str] | None = None
    ) -> Logic:
        """Questions about some expressions, all of them within the bound on work."""
        return Logic(*exprs, domain=domain, unlike=unlike, work=self.work)

    def text(self, span: Span) -> str:
        """What is written there."""
        return self.source[span.start : span.end]


def path_of(selector: Selector) -> Path:
    """The path of a selector; every step into an array or over an object's values is ``[*]``."""
    return tuple(step.text if isinstance(step, Name) else ELEMENT for step in selector.steps)


def is_known(selector: Selector) -> bool:
    """Whether a CloudTrail record can have something there; a wildcard over names may find anything."""
    path = path_of(selector)
    if any(isinstance(step, Wildcard | Index) for step in selector.steps) and path[0] != "resources":
        return members.is_open(path) or path[:1] in members.OPEN or members.is_known(path)
    return members.is_known(path)


def is_cloudtrail(expr: Expr) -> bool:
    """Whether a pattern is about CloudTrail records.

    It takes a sign that it is. Members that CloudTrail does not have speak against it, unless they look like slips for
    members that it has, or there is a sign that no other log has.
    """
    leaves = conditions(expr)
    firsts = {path_of(leaf.selector)[0] for leaf in leaves}
    top = {path[0] for path in members.members()}
    signs = [leaf for leaf in leaves if _is_sign(leaf, top)]
    if any(_is_foreign(leaf) for leaf in leaves) or firsts & _FOREIGN_MEMBERS or not signs:
        return False
    named = {path_of(leaf.selector)[0] for leaf in signs} & {"eventName", "errorCode", "eventSource"}
    if len(named) > 1 or any(_is_mark(leaf) for leaf in signs):
        return True
    return all(_is_near(name, top) for name in firsts - top)


def _is_mark(leaf: Condition) -> bool:
    """Whether a condition is about what no other log has."""
    path = path_of(leaf.selector)
    if path == ("eventSource",):
        return isinstance(leaf, Compare) and str(leaf.value).strip('"').endswith(operations.SUFFIX)
    if path == ("userIdentity", "type"):
        return isinstance(leaf, Compare) and any(
            text_equals(one, leaf.value) for one in values.CLOSED[path] - {"Unknown"}
        )
    return path in _OWN or path[:2] == ("userIdentity", "sessionContext")


_OWN = {("recipientAccountId",), ("userIdentity", "invokedBy"), ("userIdentity", "arn")}


def _is_sign(leaf: Condition, top: set[str]) -> bool:
    """Whether a condition shows CloudTrail: a member of its own, or a value of its own in a common one."""
    path = path_of(leaf.selector)
    first = {name.casefold(): name for name in top}.get(path[0].casefold(), path[0])
    path = (first, *path[1:])
    if path[0] in top - members.COMMON or _is_path_in_other_case(path):
        return True
    if not isinstance(leaf, Compare) or not isinstance(leaf.value, Text):
        return False
    wanted = leaf.value
    match path:
        case ("eventName",):
            return _is_event_name(wanted)
        case ("errorCode",):
            lower = Text(wanted.value.lower().replace(" ", ""))
            bare = wanted.value.strip("*")
            is_code = bare != "" and any(text_equals(code.lower(), lower) for code in _DENIED)
            return is_code or bare in values.REMEMBERED
        case ("eventType",) if wanted.value in operations.owners() or wanted.value.startswith("Aws"):
            return True  # an event name in the wrong place, or a type that there is not
        case _:
            return wanted.value in values.CLOSED.get(path, ()) or (path, wanted.value) == (
                ("eventCategory",),
                "Insights",
            )


def _is_path_in_other_case(path: Path) -> bool:
    """Whether a path of several steps is one of CloudTrail's but for its case."""
    folded = ".".join(path).casefold()
    return len(path) > 1 and any(folded == ".".join(one).casefold() for one in members.members())


def _is_event_name(wanted: Text) -> bool:
    action = wanted.value.rpartition(":")[2]
    if action != wanted.value or "-" in action:  # an action of a policy, a command
        name = "".join(part[:1].upper() + part[1:] for part in action.split("-"))
        return name in operations.owners()
    if _FOREIGN_SIGNS.search(wanted.value):
        return any(_is_event_name(Text(f"{part}*")) for part in _FOREIGN_SIGNS.split(wanted.value) if part)
    if not wanted.is_glob:
        name = operations.plain(wanted.value)
        folded = name.casefold()
        return name in operations.owners() or folded in _folded_names() or operations.near(name) is not None
    return len(wanted.value.strip("*")) > 5 and any(  # noqa: PLR2004 - shorter words are in many names
        text_equals(name, wanted) for name in operations.owners()
    )


@functools.cache
def _folded_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in operations.owners() if len(name) >= operations.SHORT)


def _is_foreign(leaf: Condition) -> bool:
    """Whether a condition shows another log: events of S3 or of a stream to a function, for instance."""
    return (
        isinstance(leaf, Compare) and isinstance(leaf.value, Text) and leaf.value.value.startswith(_FOREIGN)
    )


def _is_near(name: str, top: set[str]) -> bool:
    """Whether a first member looks like a slip for one of CloudTrail's, or for one that lies deeper."""
    folded = {path[-1].casefold() for path in members.members() if len(path[-1]) > 4}  # noqa: PLR2004 - "type", "ARN"
    asked = name.casefold()
    return asked in {one.casefold() for one in top} | folded or slip_of(name) is not None


_SLIP = 0.88
_PART = 6
"""Letters from which on a part of a name stands for it."""


@functools.cache
def slip_of(name: str) -> str | None:
    """The first member that a name is a slip of: a character or two apart, or a beginning or an end of it."""
    asked = name.casefold()
    known_names = {path[0].casefold(): path[0] for path in members.members()}
    if asked in members.ALIASES:
        return members.ALIASES[asked]
    close = difflib.get_close_matches(asked, known_names, n=1, cutoff=_SLIP)
    if close and len(asked) >= _PART:
        return known_names[close[0]]
    own = (one for one in sorted(known_names) if known_names[one] not in members.COMMON)
    parts = [one for one in own if one.startswith(asked) or one.endswith(asked)]
    enough = len(asked) >= _PART and len(parts) == 1 and 2 * len(asked) > len(parts[0])
    return known_names[parts[0]] if enough else None


MISSING = Allowed(frozenset({ValueKind.MISSING}))
TEXT = Allowed(frozenset({ValueKind.STRING}))


@functools.cache
def known(selector: Selector) -> Allowed:
    """What CloudTrail's records can hold at a selector: the domain of its patterns."""
    if not is_known(selector):
        return MISSING
    member = members.members().get(path_of(selector))
    if member is None or (not member.types and member.path not in members.BOOLEANS):
        return ANYTHING
    kinds = {kind for kind in ValueKind if kind.value in member.kinds}
    if member.share < 1:
        kinds |= {ValueKind.MISSING, ValueKind.NULL}
    elif "null" in member.types:
        kinds.add(ValueKind.NULL)
    return Allowed(frozenset(kinds))


def equals(leaf: Condition, text: str) -> bool:
    """Whether a condition is a ``=`` that a text fulfils."""
    return isinstance(leaf, Compare) and leaf.op is Op.EQ and text_equals(text, leaf.value)
