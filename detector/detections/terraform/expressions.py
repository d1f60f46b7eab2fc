"""Terraform's expressions, evaluated as far as their files allow.

In: a tree and a `Scope`: what names mean there. Out: a Python value, in which whatever is not known is `Unknown`; or a
`Failure` where Terraform would refuse. The claim: an unknown operand makes a result unknown, unless the result does not
depend on it (``false && x``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from detector.detections.resources import Missing, Unknown, because, shown, unknowns
from detector.detections.terraform import functions, partial
from detector.detections.terraform.operations import ARITHMETIC, attribute, equal, extended, index
from detector.detections.terraform.syntax import Expression, File, tokens, trees, word
from detector.detections.terraform.values import Failure, boolean, listed, number, text

_TRAVERSALS = {"get_attr_expr_term", "index_expr_term", "full_splat_expr_term", "attr_splat_expr_term"}
_MOST_DIGITS = 300


class Names(Protocol):
    """What names mean in a module."""

    def reference(self, names: Sequence[str], scope: Scope) -> tuple[Any, int]:
        """The value that the first of some names lead to, and how many of them were needed."""

    def step(self) -> None:
        """One step of an evaluation; `Failure` after too many."""

    def folders(self) -> tuple[str, str]:
        """The folder of the root module, and that of this one."""


class Attributed(Protocol):
    """A resource, a module, or a block of one: its attributes are evaluated when they are asked for."""

    def attribute(self, name: str) -> Any:
        """The value of an attribute."""


class Indexed(Protocol):
    """The instances of a resource of which it is not known how many there are."""

    def at(self, key: Any) -> Any:
        """One of them."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: its module, its file, and the variables around it (``each``, those of ``for``)."""

    names: Names
    file: File
    variables: Mapping[str, Any]

    def with_variables(self, variables: Mapping[str, Any]) -> Scope:
        """The same place with more variables."""
        return replace(self, variables={**self.variables, **variables})

    def unknown(self, text: str, reason: str, tree: Expression) -> Unknown:
        """A value that is not known, asked for at a tree."""
        line = self.file.line(getattr(tree.meta, "start_pos", 0)) if self.file.path else 0
        return Unknown(text, (Missing(reason, self.file.path, line),))


def evaluate(tree: Expression, scope: Scope) -> Any:
    """The value of an expression."""
    scope.names.step()
    if tree.data == "expr_term":
        inner = trees(tree)[0]
        return evaluate(inner, scope)
    if tree.data in _TRAVERSALS or tree.data == "identifier":
        return _traversal(tree, scope)
    rule = RULES.get(str(tree.data))
    if rule is None:
        return scope.unknown(f"${{{tree.data}}}", "an expression that is not evaluated here", tree)
    return rule(tree, scope)


def _traversal(tree: Expression, scope: Scope) -> Any:
    """``var.a.b[0].c``: a name, and steps from there."""
    steps: list[Expression] = []
    while tree.data in _TRAVERSALS or (tree.data == "expr_term" and not _in_brackets(tree)):
        inner = trees(tree)
        if tree.data != "expr_term":
            steps.insert(0, inner[1])
        tree = inner[0]
    if tree.data != "identifier":
        return _stepped(evaluate(tree, scope), steps, scope)
    names = [word(tree)]
    for step in steps:
        if step.data != "get_attr":
            break
        names.append(word(trees(step)[0]))
    value, used = scope.names.reference(names, scope)
    return _stepped(value, steps[used - 1 :], scope)


def _in_brackets(tree: Expression) -> bool:
    return next(tokens(tree), "") == "("


def _stepped(value: Any, steps: Sequence[Expression], scope: Scope) -> Any:
    for place, step in enumerate(steps):
        match str(step.data):
            case "get_attr":
                value = attribute(value, word(trees(step)[0]))
            case "short_index":
                value = index(value, int(list(tokens(step))[-1]))
            case "braces_index":
                value = index(value, evaluate(trees(step)[0], scope))
            case _:
                value = _splat(value, [*trees(step), *steps[place + 1 :]], scope)
                break
    return value


def _splat(value: Any, steps: Sequence[Expression], scope: Scope) -> Any:
    if isinstance(value, Unknown):
        return extended(value, "[*]")
    if hasattr(value, "at"):
        return (
            _stepped(extended(value.at(None), "[*]"), steps, scope)
            if isinstance(value.at(None), Unknown)
            else value.all()
        )
    if value is None:
        return []
    items = value if isinstance(value, list | tuple) else [value]
    return [_stepped(item, steps, scope) for item in items]


def _literal(tree: Expression, _scope: Scope) -> Any:
    return {"true": True, "false": False, "null": None}[word(tree)]


def _number(tree: Expression, _scope: Scope) -> float:
    written = word(tree)
    if len(written) > _MOST_DIGITS:
        raise Failure("expected a number of fewer digits")
    return int(written) if tree.data == "int_lit" else _plain(_exact(float(written)))


def _tuple(tree: Expression, scope: Scope) -> list[Any]:
    return [evaluate(item, scope) for item in trees(tree)]


def _object(tree: Expression, scope: Scope) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in trees(tree):
        key_tree, value = trees(element)
        key = _key(key_tree, scope)
        if isinstance(key, Unknown):
            raise Failure("expected an object whose keys are known")
        found[text(key)] = evaluate(value, scope)
    return found


def _key(tree: Expression, scope: Scope) -> Any:
    [inner] = trees(tree)
    if inner.data == "keyword":
        return word(inner)
    if (
        inner.data == "expr_term"
        and not _in_brackets(inner)
        and trees(inner)[0].data in {"identifier", "literal_value"}
    ):
        return word(trees(inner)[0])
    return evaluate(inner, scope)


def _conditional(tree: Expression, scope: Scope) -> Any:
    condition, then, otherwise = trees(tree)
    holds = evaluate(condition, scope)
    if not isinstance(holds, Unknown):
        return evaluate(then if boolean(holds) else otherwise, scope)
    both = [_attempt(branch, scope) for branch in (then, otherwise)]
    if both[0] == both[1]:
        return both[0]
    return Unknown(
        f"${{{shown(holds)} ? {shown(both[0])} : {shown(both[1])}}}"[:4000], because([holds, *both])
    )


def _attempt(tree: Expression, scope: Scope) -> Any:
    try:
        return evaluate(tree, scope)
    except Failure as error:
        return scope.unknown("${…}", str(error), tree)


def _unary(tree: Expression, scope: Scope) -> Any:
    sign = next(tokens(tree))
    value = evaluate(trees(tree)[0], scope)
    if isinstance(value, Unknown):
        return Unknown(f"${{{sign}{shown(value)}}}", value.because)
    return -number(value) if sign == "-" else not boolean(value)


def _binary(tree: Expression, scope: Scope) -> Any:
    left_tree, term = trees(tree)
    operator_tree, right_tree = trees(term)
    sign = "".join(tokens(operator_tree)).split()[-1]
    left = evaluate(left_tree, scope)
    if sign in {"&&", "||"}:
        decisive = sign == "||"
        if not isinstance(left, Unknown) and boolean(left) is decisive:
            return decisive
        right = evaluate(right_tree, scope)
        if not isinstance(right, Unknown) and (boolean(right) is decisive or not isinstance(left, Unknown)):
            return boolean(right)
    else:
        right = evaluate(right_tree, scope)
    if sign in {"==", "!="}:
        missing = [*unknowns(left), *unknowns(right)]
        if not missing:
            return equal(left, right) is (sign == "==")
    if isinstance(left, Unknown) or isinstance(right, Unknown) or sign in {"==", "!="}:
        return Unknown(f"${{{shown(left)} {sign} {shown(right)}}}"[:4000], because([left, right]))
    try:
        exact = ARITHMETIC[sign](_exact(number(left)), _exact(number(right)))
        return exact if isinstance(exact, bool) else _plain(exact)
    except (ZeroDivisionError, OverflowError):
        raise Failure(f"expected numbers for which {sign} is defined") from None


def _exact(value: float) -> Fraction:
    if not math.isfinite(value):
        raise Failure("expected a smaller number")
    return Fraction(repr(value))


def _plain(exact: Fraction) -> float:
    """A number as Python has it: 0.1 + 0.2 is 0.3, as Terraform's are exact."""
    return exact.numerator if exact.denominator == 1 and abs(exact) < 1e15 else float(exact)  # noqa: PLR2004 - exact up to there


def _call(tree: Expression, scope: Scope) -> Any:
    name_trees = trees(tree)
    name = word(name_trees[0])
    arguments_tree = next((one for one in name_trees if one.data == "arguments"), None)
    argument_trees = trees(arguments_tree) if arguments_tree is not None else []
    if name in {"try", "can"}:
        return _try(name, argument_trees, scope)
    arguments = [evaluate(argument, scope) for argument in argument_trees]
    if arguments_tree is not None and "..." in tokens(arguments_tree):
        last = arguments.pop()
        if isinstance(last, Unknown):
            return Unknown(f"${{{name}({shown(last)}...)}}", last.because)
        arguments += listed(last)
    arguments = [one.all() if hasattr(one, "all") else one for one in arguments]
    if functions.is_evaluated(name, arguments):
        return functions.call(name, arguments)
    known = None if any(True for one in arguments for _ in unknowns(one)) else READING.get(name)
    found = known(name, arguments, scope) if known is not None else partial.call(name, arguments)
    if found is not None:
        return found
    text = f"${{{name}({', '.join(map(shown, arguments))})}}"[:4000]
    missing = because(arguments)
    if missing and (name in functions.KNOWN or name in functions.STRUCTURAL or name in READING):
        return Unknown(text, missing)
    return scope.unknown(text, f"the function {name} is not evaluated here", tree)


def _try(name: str, argument_trees: Sequence[Expression], scope: Scope) -> Any:
    for argument in argument_trees:
        try:
            value = evaluate(argument, scope)
        except Failure:
            continue
        return value if name == "try" or isinstance(value, Unknown) else True
    if name == "can":
        return False
    raise Failure("try: expected an argument that can be evaluated")


RULES: dict[str, Callable[[Expression, Scope], Any]] = {
    "literal_value": _literal,
    "int_lit": _number,
    "float_lit": _number,
    "tuple": _tuple,
    "object": _object,
    "conditional": _conditional,
    "unary_op": _unary,
    "binary_op": _binary,
    "function_call": _call,
}
"""How each kind of tree is evaluated; `detector.detections.terraform.module` adds the templates."""

READING: dict[str, Callable[[str, list[Any], Scope], Any]] = {}
"""The functions that read files or templates, which the same adds."""
