"""Terraform's templates: quoted strings and heredocs with ``${…}`` and ``%{ if … }``.

In: a tree and its scope. Out: text, the value of a lone ``${…}``, or `Unknown` where a part is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from detector.detections.documents import DocumentError
from detector.detections.resources import Unknown, shown
from detector.detections.terraform.expressions import Scope, evaluate
from detector.detections.terraform.operations import joined, quoted, unescaped
from detector.detections.terraform.syntax import Expression, File, expression, tokens, trees
from detector.detections.terraform.values import boolean


def string(tree: Expression, scope: Scope) -> Any:
    """The value of a quoted string."""
    parts = [_part(part, scope) for part in trees(tree)]
    if len(parts) == 1 and not isinstance(parts[0], _Directive):
        return parts[0]
    return _rendered(parts, scope)


@dataclass(frozen=True, slots=True)
class _Directive:
    """``%{ if … }`` and the like in a template."""

    tree: Expression

    @property
    def kind(self) -> str:
        return str(self.tree.data)


def _part(part: Expression, scope: Scope) -> Any:
    inner = trees(part)
    if not inner:
        return unescaped("".join(str(token) for token in part.children))
    if inner[0].data == "interpolation":
        return evaluate(trees(inner[0])[0], scope)
    return _Directive(inner[0])


def _rendered(parts: Sequence[Any], scope: Scope) -> Any:
    directives = [part for part in parts if isinstance(part, _Directive)]
    if not directives:
        return joined(parts)
    if any(
        one.kind not in {"template_if_start", "template_else", "template_endif"} for one in directives
    ) or any("~" in tokens(one.tree) for one in directives):
        return scope.unknown(
            "${template}", "a template with loops or ~ is not evaluated here", directives[0].tree
        )
    rest = iter(parts)
    rendered, _ = _until(rest, scope)
    return joined(rendered)


def _until(rest: Iterator[Any], scope: Scope) -> tuple[list[Any], str]:
    """The parts up to the end of a branch, and what ends it."""
    found: list[Any] = []
    for part in rest:
        if not isinstance(part, _Directive):
            found.append(part)
        elif part.kind == "template_if_start":
            holds = evaluate(trees(part.tree)[-1], scope)
            then, end = _until(rest, scope)
            otherwise = _until(rest, scope)[0] if end == "template_else" else []
            if isinstance(holds, Unknown):
                found.append(
                    Unknown(
                        f"${{{shown(holds)} ? {shown(joined(then))} : {shown(joined(otherwise))}}}",
                        holds.because,
                    )
                )
            else:
                found += then if boolean(holds) else otherwise
        else:
            return found, part.kind
    return found, ""


def heredoc(tree: Expression, scope: Scope) -> Any:
    """A heredoc is the quoted string of the same text."""
    written = str(tree.children[0])
    first, _, rest = written.partition("\n")
    lines = rest.rstrip("\n").split("\n")[:-1]
    if first.startswith("<<-"):
        indents = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
        lines = [line[min(indents, default=0) :] for line in lines]
    body = "".join(f"{line}\n" for line in lines)
    if "${" not in body and "%{" not in body:
        return body
    try:
        string_tree = expression(f'"{quoted(body)}"')
    except DocumentError:
        return scope.unknown("${template}", "a template that is not evaluated here", tree)
    return evaluate(string_tree, replace(scope, file=File(scope.file.path, "")))
