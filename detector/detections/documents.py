"""JSON and YAML as trees whose every value knows where it begins.

In: the bytes of a file. Out: a `Node`, or a `DocumentError` of one sentence with a line. The claim: no document, however
deep or entangled, takes more memory than its size suggests, or leaves the process: an alias is a second reference to
the same node, and nesting is limited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEEPEST = 200
MOST_YAML = 16 << 20
MOST_JSON = 512 << 20
MOST_PLACED = 32 << 20
"""Characters of a JSON text of which the places of values are kept; a plan of that size has one line anyway."""

EXTRA = 'needs one more package: pip install "cloudtrail-detector[iac]"'


class DocumentError(ValueError):
    """Text that is not what it should be: one sentence, and the character offset where that shows."""

    def __init__(self, reason: str, at: int = 0) -> None:
        super().__init__(reason, at)
        self.reason = reason
        self.at = at

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """A value and the character offset at which it begins.

    ``value`` is a string, a number, a boolean, None, a tuple of nodes, or a dictionary of nodes. ``tag`` is that of
    YAML's (``!Ref``); ``text`` a number or a boolean as it was written. A node is compared by identity, since a tree
    with aliases may be larger than any memory.
    """

    value: Any
    start: int = 0
    text: str = ""
    tag: str = ""

    def get(self, *keys: str) -> Node | None:
        """The node below, by its keys; None where there is none."""
        node: Node | None = self
        for key in keys:
            node = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
        return node

    @property
    def items(self) -> tuple[Node, ...]:
        """The members of a list; of anything else none."""
        return self.value if isinstance(self.value, tuple) else ()

    def plain(self) -> Any:
        """The value without places; only for documents without aliases (JSON)."""
        if isinstance(self.value, dict):
            return {key: inner.plain() for key, inner in self.value.items()}
        return [inner.plain() for inner in self.value] if isinstance(self.value, tuple) else self.value


def text_of(path: Path) -> str:
    """The text of a file: UTF-8, or UTF-16 with a byte order mark, as PowerShell writes it."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_JSON + 1)
    except OSError as error:
        raise DocumentError(f"expected a readable file: {error.strerror or error}") from None
    if len(data) > MOST_JSON:
        raise DocumentError(f"expected a file of at most {MOST_JSON >> 20} MiB")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(f"expected text in UTF-8 or UTF-16: {error.reason}") from None


_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9]\d{0,4000}))(\.\d+)?([eE][-+]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None}


def json_nodes(text: str) -> tuple[Node, ...]:
    """The values of the JSON texts that follow one another in a text, of which there has to be one."""
    if len(text) > MOST_PLACED:
        return (_unplaced(text),)
    nodes, at = [], _blanks(text, 0)
    while at < len(text):
        node, at = _json(text, at, 0)
        nodes.append(node)
        at = _blanks(text, at)
    if not nodes:
        raise DocumentError("expected JSON, found nothing")
    return tuple(nodes)


def _unplaced(text: str) -> Node:
    try:
        return _wrapped(json.loads(text), 0)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"expected JSON: {error}", getattr(error, "pos", 0)) from None


def _wrapped(value: Any, depth: int) -> Node:
    if depth > DEEPEST:
        raise DocumentError(f"expected JSON with at most {DEEPEST} values inside of each other")
    if isinstance(value, dict):
        return Node({key: _wrapped(inner, depth + 1) for key, inner in value.items()})
    return Node(tuple(_wrapped(inner, depth + 1) for inner in value) if isinstance(value, list) else value)


def _blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _json(text: str, at: int, depth: int) -> tuple[Node, int]:
    """The value that begins at a place, and the place behind it."""
    first = text[at : at + 1]
    if depth > DEEPEST:
        raise DocumentError(f"expected JSON with at most {DEEPEST} values inside of each other", at)
    if first == '"':
        value, end = _string(text, at)
        return Node(value, at), end
    if first == "{":
        return _object(text, at, depth)
    if first == "[":
        items: list[Node] = []
        end = _blanks(text, at + 1)
        while text[end : end + 1] != "]":
            end = _separated(text, end, items)
            node, end = _json(text, end, depth + 1)
            items.append(node)
            end = _blanks(text, end)
        return Node(tuple(items), at), end + 1
    for word, constant in _WORDS.items():
        if text.startswith(word, at):
            return Node(constant, at, word), at + len(word)
    number = _NUMBER.match(text, at)
    if number is None:
        raise DocumentError("expected a JSON value", at)
    written = number[0]
    return Node(float(written) if number[2] or number[3] else int(written), at, written), number.end()


def _object(text: str, at: int, depth: int) -> tuple[Node, int]:
    members: dict[str, Node] = {}
    end = _blanks(text, at + 1)
    while text[end : end + 1] != "}":
        end = _separated(text, end, members)
        if text[end : end + 1] != '"':
            raise DocumentError("expected a key in double quotes", end)
        key, end = _string(text, end)
        end = _blanks(text, end)
        if text[end : end + 1] != ":":
            raise DocumentError("expected a colon behind a key", end)
        members[key], end = _json(text, _blanks(text, end + 1), depth + 1)
        end = _blanks(text, end)
    return Node(members, at), end + 1


def _separated(text: str, at: int, before: Any) -> int:
    """Past the comma that stands between two members."""
    if not before:
        return at
    if text[at : at + 1] != ",":
        raise DocumentError("expected a comma or the end of a list or an object", at)
    return _blanks(text, at + 1)


def _string(text: str, at: int) -> tuple[str, int]:
    try:
        value, end = json.decoder.scanstring(text, at + 1, True)  # type: ignore[attr-defined]  # a name that is not in the stubs
    except json.JSONDecodeError as error:
        raise DocumentError(f"expected a JSON string: {error.msg}", error.pos) from None
    return value, end


_MOST_NODES = 2_000_000
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,400})")


def yaml_node(text: str) -> Node:
    """The one document of a YAML text (1.1, as CloudFormation reads it)."""
    documents = yaml_nodes(text)
    if len(documents) != 1:
        raise DocumentError(f"expected one YAML document, found {len(documents) or 'none'}")
    return documents[0]


def yaml_nodes(text: str) -> list[Node]:
    """The documents of a YAML text, which ``---`` separates."""
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise DocumentError(f"YAML {EXTRA}") from None
    if len(text) > MOST_YAML:
        raise DocumentError(f"expected YAML of at most {MOST_YAML >> 20} MiB")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Events and no nodes: libyaml's loader nests in C as deep as the text does.
        return _composed(yaml.parse(text, Loader=loader), loader(""), yaml)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
        raise DocumentError(f"expected YAML: {problem}", mark.index if mark else 0) from None
    except DocumentError:
        raise
    except ValueError as error:  # a number or an escape that Python cannot hold
        raise DocumentError(f"expected YAML: {error}") from None


def _composed(events: Iterator[Any], resolver: Any, yaml: Any) -> list[Node]:
    """The trees of the events, with a stack of what is open: (event, members)."""
    stack: list[tuple[Any, list[Node]]] = [(None, [])]
    anchors: dict[str, Node] = {}
    count = 0
    for event in events:
        count += 1
        if count > _MOST_NODES or len(stack) > DEEPEST:
            raise DocumentError(
                f"expected YAML with at most {DEEPEST} values inside of each other, and {_MOST_NODES:,} in all",
                event.start_mark.index,
            )
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            stack.append((event, []))
            continue
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise DocumentError(
                    f"expected the anchor &{event.anchor} before *{event.anchor}", event.start_mark.index
                )
            stack[-1][1].append(anchors[event.anchor])
            continue
        if isinstance(event, yaml.ScalarEvent):
            begun, node = event, _scalar(event, resolver, yaml)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            begun, members = stack.pop()
            node = _collection(begun, members, yaml)
        else:
            continue
        if begun.anchor:
            anchors[begun.anchor] = node
        stack[-1][1].append(node)
    return stack[0][1]


def _scalar(event: Any, resolver: Any, yaml: Any) -> Node:
    """A plain scalar is a number, a boolean or null by its text; any other is a string."""
    at, text = event.start_mark.index, event.value
    if event.tag is not None or not event.implicit[0]:
        tag = event.tag or ""
        return Node(text, at, text, "" if tag.startswith("tag:") else tag)
    kind = resolver.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    value: Any = text
    if kind == "null":
        value = None
    elif kind == "bool":
        value = text.lower() in {"true", "yes", "on"}
    elif kind == "int" and _INTEGER.fullmatch(text):
        value = int(text)
    elif kind == "float" and re.fullmatch(r"[-+]?[\d.]+([eE][-+]?\d+)?", text):
        value = float(text)
    return Node(value, at, text)


def _collection(begun: Any, members: list[Node], yaml: Any) -> Node:
    at = begun.start_mark.index
    tag = begun.tag if begun.tag and not begun.tag.startswith("tag:") else ""
    if isinstance(begun, yaml.SequenceStartEvent):
        return Node(tuple(members), at, "", tag)
    table: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    for key, value in zip(members[::2], members[1::2], strict=True):
        if key.text == "<<" and not key.tag:
            for each in value.items or (value,):
                merged = {**(each.value if isinstance(each.value, dict) else {}), **merged}
        else:
            # A key is what it was written as: 12 in a mapping of accounts is no number.
            table[key.text or str(key.value)] = value
    return Node({**merged, **table}, at, "", tag)
