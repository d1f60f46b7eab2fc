"""Terraform's templates: quoted strings, heredocs and files with ``${…}``, ``%{ if … }`` and ``%{ for … }``.

In: a tree or a text, and its scope. Out: text, the value of a lone ``${…}``, or `Unknown` where a part is. The claim: a
``~`` takes the blanks that Terraform takes, which end with the line, and ``<<-`` the same indentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from detector.detections.documents import DocumentError
from detector.detections.resources import Unknown, shown
from detector.detections.terraform.expressions import Scope, evaluate
from detector.detections.terraform.operations import joined, unescaped
from detector.detections.terraform.syntax import Expression, File, expression, trees
from detector.detections.terraform.values import Failure, Set, boolean, listed

_OPENING = re.compile(r"\$\$\{|%%\{|[$%]\{~?")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_IN_EXPRESSION = re.compile(r'[{}"]')
_IN_STRING = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"', re.DOTALL)
_FOR = re.compile(r"for\s+(\w[\w-]*)\s*(?:,\s*(\w[\w-]*)\s*)?in\b(.*)", re.DOTALL)
_DEEPEST = 100


def string(tree: Expression, scope: Scope) -> Any:
    """The value of a quoted string."""
    parts = [trees(part) for part in trees(tree)]
    if any(inner and inner[0].data != "interpolation" for inner in parts):
        written = scope.file.text[tree.meta.start_pos + 1 : tree.meta.end_pos - 1]
        return rendered(written, scope, escapes=True)
    values = [
        evaluate(trees(inner[0])[0], scope)
        if inner
        else unescaped("".join(str(token) for token in part.children))
        for inner, part in zip(parts, trees(tree), strict=True)
    ]
    return values[0] if len(values) == 1 else joined(values)


def heredoc(tree: Expression, scope: Scope) -> Any:
    """The value of a heredoc."""
    first, _, rest = str(tree.children[0]).partition("\n")
    body = rest.rstrip("\n").rpartition("\n")
    parts = list(_parts(f"{body[0]}{body[1]}", escapes=False))
    return _value(_flush(parts) if first.startswith("<<-") else parts, scope)


def rendered(text: str, scope: Scope, *, escapes: bool = False) -> Any:
    """The value of a template's text; `Failure` for one that Terraform would refuse."""
    return _value(list(_parts(text, escapes=escapes)), scope)


def _value(parts: list[_Part], scope: Scope) -> Any:
    values = _Rendering(parts, scope).branch()[0]
    return values[0] if len(values) == 1 else joined(values)


@dataclass(frozen=True, slots=True)
class _Directive:
    """What stands between ``${`` or ``%{`` and its brace."""

    mark: str
    source: str


_Part: TypeAlias = str | _Directive


def _parts(text: str, *, escapes: bool) -> Iterator[_Part]:
    """Literal text, each line of it a part, and what stands between; the blanks that a ``~`` takes are taken."""
    at, trimmed = 0, False
    while True:
        literal = []
        while (opened := _OPENING.search(text, at)) is not None and opened[0] in {"$${", "%%{"}:
            literal += [text[at : opened.start()], opened[0]]
            at = opened.end()
        literal.append(text[at : opened.start() if opened else len(text)])
        lines = _lines("".join(literal), escapes=escapes)
        if trimmed and lines:
            lines[0] = lines[0].lstrip()
        if opened is not None and opened[0].endswith("~") and lines:
            lines[-1] = lines[-1].rstrip()
        yield from lines
        if opened is None:
            return
        at = _end(text, opened.end())
        trimmed = text[at - 2] == "~" and at - 2 >= opened.end()
        yield _Directive(opened[0][0], text[opened.end() : at - 1 - trimmed].strip())


def _lines(literal: str, *, escapes: bool) -> list[str]:
    if escapes:
        return [unescaped(literal)] if literal else []
    return [line.replace("$${", "${").replace("%%{", "%{") for line in _LINE.findall(literal)]


def _flush(parts: list[_Part]) -> list[_Part]:
    """``<<-``: the blanks that all lines begin with are taken away; a blank line does not count, and keeps its own."""
    begins = [
        place
        for place, part in enumerate(parts)
        if place == 0 or str(parts[place - 1]).endswith("\n")
        if not (isinstance(part, str) and part.endswith("\n") and part.isspace())
    ]
    blanks = [
        len(part) - len(part.lstrip()) if isinstance(part := parts[place], str) else 0 for place in begins
    ]
    for place in begins:
        part = parts[place]
        parts[place] = part[min(blanks) :] if isinstance(part, str) else part
    return parts


def _end(text: str, at: int) -> int:
    """The place behind the brace that closes the expression at a place."""
    inside = ["{"]
    while inside:
        found = (_IN_STRING if inside[-1] == '"' else _IN_EXPRESSION).search(text, at)
        if found is None or len(inside) > _DEEPEST:
            raise Failure("expected a template whose ${ and %{ are closed")
        at, mark = found.end(), found[0]
        if mark == "}" or (mark == '"' and inside[-1] == '"'):
            inside.pop()
        elif mark in {"{", '"', "${", "%{"}:
            inside.append(mark[-1])
    return at


class _Rendering:
    """The parts of a template, read once; a loop reads its own again for each member."""

    def __init__(self, parts: list[_Part], scope: Scope) -> None:
        self._parts, self._scope = parts, scope
        self._at = 0

    def branch(self) -> tuple[list[Any], str]:
        """The values up to the end of a branch, and the word that ends it."""
        values: list[Any] = []
        while self._at < len(self._parts):
            part = self._parts[self._at]
            self._at += 1
            if isinstance(part, str):
                values.append(part)
                continue
            word = re.match(r"\w*", part.source)
            if part.mark == "$":
                values.append(self._value(part.source))
            elif word and word[0] == "if":
                values += self._if(part.source[2:])
            elif word and word[0] == "for":
                values += self._for(part.source)
            else:
                return values, part.source
        return values, ""

    def _value(self, source: str) -> Any:
        try:
            tree = expression(source)
        except DocumentError as error:
            raise Failure(f"expected a template: {error.reason}") from None
        return evaluate(tree, replace(self._scope, file=File(self._scope.file.path, f"x = {source}")))

    def _if(self, condition: str) -> list[Any]:
        holds = self._value(condition)
        then, end = self._skipped(unless=holds is not False)
        otherwise, end = self._skipped(unless=holds is not True) if end == "else" else ([], end)
        if end != "endif":
            raise Failure("expected %{ endif } behind %{ if }")
        if not isinstance(holds, Unknown):
            return then if boolean(holds) else otherwise
        text = f"${{{shown(holds)} ? {shown(joined(then))} : {shown(joined(otherwise))}}}"
        return [Unknown(text, holds.because)]

    def _skipped(self, *, unless: bool) -> tuple[list[Any], str]:
        """A branch, of which the values are not asked for where it is not taken."""
        if unless:
            return self.branch()
        depth = 0
        while self._at < len(self._parts):
            part = self._parts[self._at]
            self._at += 1
            word = part.source.split(maxsplit=1)[0] if isinstance(part, _Directive) and part.source else ""
            if isinstance(part, str) or part.mark == "$":
                continue
            if not depth and word in {"else", "endif", "endfor"}:
                return [], word
            depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(word, 0)
        return [], ""

    def _for(self, source: str) -> list[Any]:
        match = _FOR.fullmatch(source)
        if match is None:
            raise Failure("expected %{ for NAME in COLLECTION }")
        collection = self._value(match[3].strip())
        start, outer, values = self._at, self._scope, []
        for key, item in () if isinstance(collection, Unknown) else _members(collection):
            outer.names.step()
            names = {match[1]: key, match[2]: item} if match[2] else {match[1]: item}
            self._at, self._scope = start, outer.with_variables(names)
            values += self.branch()[0]
        self._at, self._scope = start, outer
        if self._skipped(unless=False)[1] != "endfor":
            raise Failure("expected %{ endfor } behind %{ for }")
        unknown = isinstance(collection, Unknown)
        return [Unknown(f"${{for {shown(collection)}}}", collection.because)] if unknown else values


def _members(collection: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(collection, Mapping):
        yield from sorted(collection.items())
    else:
        for place, item in enumerate(listed(collection)):
            yield item if isinstance(collection, Set) else place, item
