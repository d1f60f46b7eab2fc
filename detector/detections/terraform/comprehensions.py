"""Terraform's ``for``: a list or a map made of another.

A map is walked by its sorted keys. Where a member's condition or its key is not known, the whole is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detector.detections.resources import Unknown, because, shown
from detector.detections.terraform.expressions import Scope, evaluate
from detector.detections.terraform.syntax import Expression, tokens, trees, word
from detector.detections.terraform.values import Set, boolean, listed, text


def comprehension(tree: Expression, scope: Scope) -> Any:
    """The value of ``[for … : …]`` or ``{for … : … => …}``."""
    intro, *rest = trees(tree)
    *variables, collection_tree = trees(intro)
    collection = evaluate(collection_tree, scope)
    collection = collection.all() if hasattr(collection, "all") else collection
    names = [word(variable) for variable in variables]
    condition = rest.pop() if rest and rest[-1].data == "for_cond" else None
    if isinstance(collection, Unknown):
        what = shown(collection)
        return Unknown(f"${{for {', '.join(names)} in {what}}}"[:4000], collection.because)
    pairs = (
        [(key, collection[key]) for key in sorted(collection)]
        if isinstance(collection, Mapping)
        else [(item if isinstance(collection, Set) else i, item) for i, item in enumerate(listed(collection))]
    )
    found: list[Any] = []
    for key, value in pairs:
        inner = scope.with_variables(
            dict(zip(names, (key, value) if len(names) > 1 else (value,), strict=False))
        )
        if condition is not None:
            holds = evaluate(trees(condition)[0], inner)
            if isinstance(holds, Unknown):
                return Unknown(
                    f"${{for {', '.join(names)} in {shown(collection)} if {shown(holds)}}}"[:4000],
                    holds.because,
                )
            if not boolean(holds):
                continue
        found.append([evaluate(part, inner) for part in rest])
    if tree.data == "for_tuple_expr":
        return [value for [value] in found]
    return _object_of(found, grouped="..." in tokens(tree))


def _object_of(pairs: Sequence[Any], *, grouped: bool) -> Any:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if isinstance(key, Unknown):
            return Unknown(f"${{for {shown(key)} => {shown(value)}}}"[:4000], because([key, value]))
        if grouped:
            table.setdefault(text(key), []).append(value)
        else:
            table[text(key)] = value
    return table
