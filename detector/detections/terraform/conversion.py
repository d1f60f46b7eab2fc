"""The type of a variable, and a value converted to it.

In: a value and the tree of ``type = …``. Out: the value as Terraform would hand it on: ``"300"`` is a number where one is
asked for, and attributes that an object may leave out have their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detector.detections.documents import DocumentError
from detector.detections.resources import Unknown, unknowns
from detector.detections.terraform import values
from detector.detections.terraform.expressions import Scope, evaluate
from detector.detections.terraform.syntax import Expression, expression, trees, word
from detector.detections.terraform.values import Failure

_PLAIN = {"string": values.text, "number": values.number, "bool": values.boolean}


def converted(value: Any, kind: Expression | None, scope: Scope) -> Any:
    """A value as one of a type; what is unknown stays so."""
    if kind is None or value is None or isinstance(value, Unknown):
        return value
    inner = trees(kind)[0] if kind.data == "expr_term" else kind
    if inner.data != "function_call":
        convert = _PLAIN.get(word(inner)) if inner.data == "identifier" else None
        return convert(value) if convert is not None else value
    name_tree, *rest = trees(inner)
    arguments = [one for part in rest if part.data == "arguments" for one in trees(part)]
    if not arguments:
        return value
    return _collection(word(name_tree), value, arguments[0], scope)


def _collection(name: str, value: Any, inner: Expression, scope: Scope) -> Any:
    if name == "map":
        return {key: converted(item, inner, scope) for key, item in values.table(value).items()}
    if name == "object":
        return _object(values.table(value), inner, scope)
    if name not in {"list", "set"}:
        return value
    items = [converted(item, inner, scope) for item in values.listed(value)]
    return items if name == "list" or any(True for _ in unknowns(items)) else values.set_of(items)


def _object(value: Mapping[str, Any], kind: Expression, scope: Scope) -> dict[str, Any]:
    table = trees(kind)[0] if kind.data == "expr_term" else kind
    found: dict[str, Any] = {}
    for element in trees(table):
        key_tree, type_tree = trees(element)
        key = word(trees(trees(key_tree)[0])[0]) if trees(key_tree) else ""
        optional, default = _optional(type_tree)
        asked = optional if optional is not None else type_tree
        if key in value and value[key] is not None:
            found[key] = converted(value[key], asked, scope)
        elif optional is None and key not in value:
            raise Failure(f"expected the attribute {key}")
        else:
            found[key] = converted(evaluate(default, scope), asked, scope) if default is not None else None
    return found


def _optional(kind: Expression) -> tuple[Expression | None, Expression | None]:
    """The type and the default of ``optional(type, default)``; nothing where it is another type."""
    call = trees(kind)[0] if kind.data == "expr_term" else kind
    if call.data != "function_call" or word(trees(call)[0]) != "optional":
        return None, None
    arguments = [one for part in trees(call)[1:] if part.data == "arguments" for one in trees(part)]
    return arguments[0], arguments[1] if len(arguments) > 1 else None


def given(written: str, kind: Expression | None, scope: Scope) -> Any:
    """What ``--parameter name=written`` gives a variable: text where it is a string, else an expression."""
    inner = trees(kind)[0] if kind is not None and kind.data == "expr_term" else kind
    if inner is None or (inner.data == "identifier" and word(inner) in {"string", "any"}):
        return written
    try:
        return evaluate(expression(written), scope)
    except (DocumentError, Failure):
        return written
