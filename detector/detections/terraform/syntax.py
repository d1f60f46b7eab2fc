"""Terraform's source as blocks: types, labels, and the expressions of attributes, each with its place.

In: the text of a file. Out: a `Body`, or a `DocumentError` with the place. python-hcl2 parses; its trees stay as they are
within the expressions, which `detector.detections.terraform.expressions` evaluates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from detector.detections.documents import EXTRA, DocumentError

MOST = 4 << 20
"""Characters of a file: the parser reads about half a million a second."""

Expression: TypeAlias = Any
"""A tree of python-hcl2 (lark); it has ``data``, ``children`` and ``meta``."""


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file that expressions stand in."""

    path: str
    text: str

    def line(self, at: int) -> int:
        """The line of a character, counted from 1."""
        return self.text.count("\n", 0, at) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """``name = expression``."""

    name: str
    expression: Expression
    file: File
    start: int
    """Where the expression begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """What stands between two braces, or in a whole file."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """``type "label" { … }``."""

    type: str
    labels: tuple[str, ...]
    body: Body
    file: File
    start: int


def parse(path: str, text: str) -> Body:
    """The body of a file."""
    if len(text) > MOST:
        raise DocumentError(f"expected a Terraform file of at most {MOST >> 20} MiB")
    file = File(path, text)
    tree = _tree(text)
    return _body(tree.children[0], file)


def expression(text: str) -> Expression:
    """A lone expression, such as the value of ``-var``."""
    [attribute] = _body(_tree(f"x = {text}").children[0], File("", text)).attributes.values()
    return attribute.expression


def _tree(text: str) -> Any:
    try:
        from hcl2.api import parses_to_tree  # noqa: PLC0415 - an extra
        from lark.exceptions import LarkError, UnexpectedInput  # noqa: PLC0415 - comes with it
    except ModuleNotFoundError:
        raise DocumentError(
            f"Terraform's source {EXTRA}; the JSON of terraform show -json does not"
        ) from None
    if re.search(r"[\[({]{400}", text):
        raise DocumentError("expected Terraform with fewer brackets inside of each other")
    try:
        return parses_to_tree(text)
    except UnexpectedInput as error:
        at = error.pos_in_stream or 0  # type: ignore[redundant-expr]  # None at the end of a text
        raise DocumentError(
            f"expected Terraform, found {text[at : at + 20].split(chr(10), maxsplit=1)[0]!r}", at
        ) from None
    except (LarkError, RecursionError, ValueError) as error:
        raise DocumentError(
            f"expected Terraform: {str(error).splitlines()[0] if str(error) else error!r}"
        ) from None


def _body(tree: Any, file: File) -> Body:
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    for child in trees(tree):
        if child.data == "attribute":
            name, value = trees(child)
            attributes[word(name)] = Attribute(word(name), value, file, value.meta.start_pos)
        elif child.data == "block":
            *head, body = trees(child)
            kind, *labels = (word(part) for part in head)
            blocks.append(Block(kind, tuple(labels), _body(body, file), file, child.meta.start_pos))
    return Body(attributes, tuple(blocks))


def trees(tree: Any) -> list[Any]:
    """The children that mean something: no punctuation, no comments."""
    return [
        child for child in tree.children if hasattr(child, "data") and child.data != "new_line_or_comment"
    ]


def tokens(tree: Any) -> Iterator[str]:
    """The texts of the tokens right below."""
    return (str(child) for child in tree.children if not hasattr(child, "data"))


def word(tree: Any) -> str:
    """An identifier, a keyword or a literal label as text."""
    if tree.data == "string":
        return "".join(str(token) for part in trees(tree) for token in part.children)
    return "".join(str(token).strip() for token in tree.children)
