"""The rules of the house: which room may import which, names, sizes, clocks.

Every import counts: those for types alone, and those inside functions. A new room goes into `ROOMS` below every room
that it imports from.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median, quantiles

import pytest

import detector

PACKAGE = Path(detector.__file__).parent

# From the ground up: a room imports only from rooms above it in this list.
ROOMS = (
    "release",
    "errors",
    "jsontext",
    "quantities",
    "notebook",
    "native",
    "pattern",
    "alarm",
    "composite",
    "cloudtrail",
    "archive",
    "metrics",
    "detections",
    "sigma",
    "scan",
    "cache",
    "spark",
    "relation",
    "lint",
    "ruletests",
    "aws",
    "jobs",
    "render",
    "testing",
    "",  # the public names in detector/__init__.py
    "cli",
    "__main__",
)

# The rooms that may import a library; no other room may.
LIBRARIES = {
    "altair": {"notebook", "render"},
    "boto3": {"aws"},
    "botocore": {"archive", "aws"},
    "cryptography": {"jobs"},
    "deflate": {"archive"},
    "distributed": {"scan"},
    "hcl2": {"detections"},
    "hypothesis": {"testing"},
    "isal": {"archive"},
    "jinja2": {"render"},
    "markupsafe": {"render"},
    "lark": {"detections"},
    "msgspec": {"jsontext", "scan"},
    "obstore": {"archive"},
    "orjson": {"jsontext"},
    "polars": {"alarm", "archive", "cache", "metrics", "jobs", "render"},
    "pyparsing": {"composite", "pattern"},
    "re2": {"pattern"},
    "pyspark": {"spark"},
    "rich": {"cli"},
    "shtab": {"cli"},
    "sigma": {"sigma"},
    "stringzilla": {"archive", "scan"},
    "yaml": {"detections"},
}

STRUCTS = ("msgspec.Struct", "msgspec.field", "msgspec.structs")
"""What classes are made of, in any room; decoding is the business of those above."""

VAGUE = {
    "base",
    "common",
    "core",
    "engine",
    "helper",
    "helpers",
    "manager",
    "misc",
    "models",
    "types",
    "util",
    "utils",
}
CLOCKS = {
    *("time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.process_time"),
    *("time.localtime", "time.gmtime", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("datetime.datetime.now", "datetime.date.today"),
}
MAX_MODULE, MAX_FUNCTION, LONG_FUNCTION, MEDIAN_FUNCTION = 300, 40, 25, 8


@cache
def sources() -> dict[str, str]:
    """Every module by its name inside the package: ``scan.fast``, ``scan`` for its ``__init__``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text("utf-8")
    return found


@cache
def modules() -> dict[str, ast.Module]:
    return {name: ast.parse(source) for name, source in sources().items()}


@cache
def imported(tree: ast.Module) -> tuple[str, ...]:
    """Full names of everything that a module imports anywhere."""
    return tuple(_imported(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def graph() -> dict[str, set[str]]:
    """For each module the modules of the package that it imports."""
    edges: dict[str, set[str]] = {name: set() for name in modules()}
    for name, tree in modules().items():
        for full in imported(tree):
            head, _, inside = full.partition(".")
            if head == "detector":
                edges[name].add(inside if inside in modules() else inside.rpartition(".")[0])
    return edges


def room(module: str) -> str:
    return module.partition(".")[0]


def test_every_room_is_in_the_list() -> None:
    assert {room(name) for name in modules()} == set(ROOMS)


def test_a_room_imports_only_from_rooms_above_it() -> None:
    upward = {
        f"{name} imports {other}"
        for name, others in graph().items()
        for other in others
        if ROOMS.index(room(other)) > ROOMS.index(room(name))
    }
    assert upward == set()


def test_no_imports_run_in_a_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("library", LIBRARIES)
def test_only_its_rooms_import_a_library(library: str) -> None:
    users = {
        room(name)
        for name, tree in modules().items()
        if any(room(full) == library and not full.startswith(STRUCTS) for full in imported(tree))
    }
    assert users <= LIBRARIES[library]
    assert users


def test_every_library_that_is_imported_has_its_rooms() -> None:
    used = {room(full) for tree in modules().values() for full in imported(tree)}
    assert used <= {*sys.stdlib_module_names, "detector", *LIBRARIES}


def test_names_say_something_and_hide_nothing_public() -> None:
    assert [name for name in modules() if set(name.split(".")) & VAGUE] == []
    # Importing detector.x sets the attribute x of the package, whatever x was before.
    assert set(detector.__all__) & {room(name) for name in modules()} == set()


def test_only_the_command_line_reads_a_clock() -> None:
    reads = [
        f"{name}: {read}"
        for name, tree in modules().items()
        if room(name) != "cli"
        for read in (
            *imported(tree),
            *(ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)),
        )
        if read in CLOCKS
    ]
    assert reads == []


def test_modules_are_short_and_say_what_they_are() -> None:
    assert [name for name, source in sources().items() if source.count("\n") > MAX_MODULE] == []
    assert [name for name, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_functions_are_short() -> None:
    sizes = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert [name for name, size in sizes.items() if size > MAX_FUNCTION] == []
    assert median(sizes.values()) <= MEDIAN_FUNCTION
    assert quantiles(sizes.values(), n=20)[-1] <= LONG_FUNCTION


def test_the_public_names_are_sorted_and_those_of_their_homes() -> None:
    assert detector.__all__ == sorted(detector.__all__) == sorted(detector._HOME)
    for home, names in detector._HOMES.items():
        for name in names:
            assert getattr(detector, name) is getattr(importlib.import_module(home), name)
    assert set(detector.__all__) <= set(dir(detector))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(detector, "nothing")  # noqa: B009 - mypy knows that it is not there
