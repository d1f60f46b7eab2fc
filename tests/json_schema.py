"""Just enough of JSON Schema (drafts 4 to 7) to hold a document against the SARIF schema, or that of a detection.

In: a schema and a document. Out: what is wrong, as paths. A keyword that is not known here is an error, so that
nothing passes because it was not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
_MEASURED: dict[str, tuple[tuple[type, ...], Callable[[Any, Any], bool]]] = {
    "minimum": ((int, float), lambda value, wanted: value >= wanted),
    "maximum": ((int, float), lambda value, wanted: value <= wanted),
    "multipleOf": ((int, float), lambda value, wanted: value % wanted == 0),
    "minLength": ((str,), lambda value, wanted: len(value) >= wanted),
    "maxLength": ((str,), lambda value, wanted: len(value) <= wanted),
    "maxProperties": ((dict,), lambda value, wanted: len(value) <= wanted),
    "maxItems": ((list,), lambda value, wanted: len(value) <= wanted),
}
_SAYS_NOTHING = {"$schema", "id", "title", "description", "default", "definitions"}


def errors(
    schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None, path: str = "$"
) -> Iterator[str]:
    """Every place at which the document does not fit."""
    root = schema if root is None else root
    for keyword, wanted in schema.items():
        if keyword in _SAYS_NOTHING:
            continue
        if keyword == "$ref":
            yield from errors(_resolved(root, wanted), value, root, path)
        elif keyword in {"anyOf", "oneOf"}:
            fitting = sum(not any(errors(one, value, root, path)) for one in wanted)
            if not fitting or (keyword == "oneOf" and fitting > 1):
                yield f"{path}: {keyword} fits {fitting} times"
        else:
            yield from _keyword(keyword, wanted, schema, value, root, path)


def _resolved(root: dict[str, Any], reference: str) -> dict[str, Any]:
    place: Any = root
    for name in reference.removeprefix("#/").split("/"):
        place = place[name]
    assert isinstance(place, dict)
    return place


def _keyword(
    keyword: str, wanted: Any, schema: dict[str, Any], value: Any, root: dict[str, Any], path: str
) -> Iterator[str]:
    if isinstance(value, dict) and keyword in {"properties", "required", "additionalProperties"}:
        yield from _object(keyword, wanted, schema, value, root, path)
    elif keyword == "dependencies":
        yield from _dependencies(wanted, value, root, path)
    elif isinstance(value, list) and keyword in {"items", "minItems", "uniqueItems"}:
        yield from _array(keyword, wanted, value, root, path)
    elif keyword in {"properties", "required", "additionalProperties", "items", "minItems", "uniqueItems"}:
        return
    elif not _scalar(keyword, wanted, value):
        yield f"{path}: {keyword} {wanted!r} does not hold for {value!r}"


def _object(
    keyword: str, wanted: Any, schema: dict[str, Any], value: dict[str, Any], root: dict[str, Any], path: str
) -> Iterator[str]:
    if keyword == "required":
        yield from (f"{path}: {name} is missing" for name in wanted if name not in value)
        return
    known = schema.get("properties", {})
    for name, member in value.items():
        if keyword == "properties" and name in wanted:
            yield from errors(wanted[name], member, root, f"{path}.{name}")
        elif keyword == "additionalProperties" and name not in known and wanted is not True:
            below = (
                [f"{path}: {name} is unknown"]
                if wanted is False
                else errors(wanted, member, root, f"{path}.{name}")
            )
            yield from below


def _dependencies(wanted: Any, value: Any, root: dict[str, Any], path: str) -> Iterator[str]:
    for name, asked in wanted.items():
        if isinstance(value, dict) and name in value:
            yield from errors({"required": asked} if isinstance(asked, list) else asked, value, root, path)


def _array(keyword: str, wanted: Any, value: list[Any], root: dict[str, Any], path: str) -> Iterator[str]:
    if keyword == "items":
        for place, one in enumerate(value):
            yield from errors(wanted, one, root, f"{path}[{place}]")
    elif keyword == "minItems" and len(value) < wanted:
        yield f"{path}: fewer than {wanted} items"
    elif keyword == "uniqueItems" and wanted and any(one in value[:place] for place, one in enumerate(value)):
        yield f"{path}: items are repeated"


def _scalar(keyword: str, wanted: Any, value: Any) -> bool:
    if keyword in _MEASURED:
        measured, holds = _MEASURED[keyword]
        return not isinstance(value, measured) or isinstance(value, bool) or holds(value, wanted)
    match keyword:
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            is_number = isinstance(value, bool) and not {"boolean"} & set(kinds)
            return not is_number and any(isinstance(value, _TYPES[kind]) for kind in kinds)
        case "enum":
            return value in wanted
        case "pattern":
            return not isinstance(value, str) or re.search(wanted, value) is not None
        case "format":
            return not isinstance(value, str) or not re.search(r"[\s<>\"{}|\\^`]", value)
        case _:
            raise AssertionError(f"a keyword that is not known: {keyword}")
