"""The rules of the house: layers, names, sizes, clocks, and what may be imported when.

To add a room, put its name into `ROOMS` below every room that it imports from.
"""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

import detector

PACKAGE = Path(detector.__file__).parent

# From the ground up: a room imports only from rooms above it.
ROOMS = (
    "errors",
    "jsontext",
    "pattern",
    "alarm",
    "archive",
    "metrics",
    "catalogue",
    "detections",
    "cloudtrail",
    "scan",
    "seen",
    "why",
    "relation",
    "lint",
    "ruletests",
    "testing",
    "jobs",
    "render",
    "cli",
    "__main__",
)

# Inside rooms that are a stack themselves, the same again.
FLOORS = {
    "pattern": ("syntax", "evaluate", "predicate", "claims"),
    "alarm": (
        *("values", "validation", "settings", "clock", "samples", "statistics", "windows"),
        *("evaluate", "verdicts", "reason", "history", "model"),
    ),
    "metrics": ("filter", "samples"),
    "scan": (
        *("odd", "found", "plan", "hands", "plain"),
        *("times", "shape", "gate", "cut", "questions", "fast", "standby", "worker", "workers"),
    ),
    "archive": ("problem", "layout", "eventtime", "locate", "gunzip", "containers", "decode"),
}

# Who may import what; nobody else may.
HOMES = {
    "pyparsing": {"pattern.grammar", "pattern.space_grammar", "pattern.value_grammar"},
    "re2": {"pattern.regex"},
    "isal": {"archive.gunzip"},
    "deflate": {"archive.gunzip"},
    "stringzilla": {"archive.gunzip", "scan.fast", "scan.gate"},
    "msgspec": {"jsontext", "scan.fast", "scan.shape"},
    "orjson": {"jsontext"},
    "polars": {
        "jobs.evidence",
        "jobs.metric_data",
        "jobs.rows",
        "metrics.samples",
        "render.backtest_rows",
        "render.episodes",
    },
    "rich": {"cli.progress"},
    "hypothesis": {"testing"},
}

VAGUE = {
    "utils",
    "util",
    "common",
    "helpers",
    "helper",
    "types",
    "models",
    "manager",
    "engine",
    "base",
    "misc",
    "core",
}
CLOCKS = {
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.perf_counter",
    "time.process_time",
    "time.localtime",
}
CLOCKS |= {
    "time.gmtime",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
}
MAX_MODULE, MAX_FUNCTION, MAX_MEDIAN = 300, 40, 8
TOO_LONG: set[str] = set()
TOO_VAGUE: set[str] = set()
"""What breaks a rule and is known: to be split, to be renamed. When it is done, it leaves this list."""


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its name inside the package: ``scan.fast``, ``scan`` for its ``__init__``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imports(tree: ast.Module) -> Iterator[str]:
    """Full names of what is imported, but for types alone."""
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for line in node.body
        for inner in ast.walk(line)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inner_imports(name: str) -> set[str]:
    """Modules of the package that a module imports."""
    found = set()
    for imported in imports(modules()[name]):
        head, _, rest = imported.partition(".")
        if head == "detector":
            inside = rest if rest in modules() else rest.rpartition(".")[0]
            if inside:
                found.add(inside)
    return found


def test_a_room_imports_only_from_rooms_above_it() -> None:
    wrong = []
    for name in modules():
        room = name.partition(".")[0]
        if not room:
            continue
        above = ROOMS[: ROOMS.index(room)]
        wrong += [
            f"{name} imports {other}"
            for other in inner_imports(name)
            if other.partition(".")[0] not in {*above, room}
        ]
    assert wrong == []


def test_every_room_is_in_the_table() -> None:
    rooms = {name.partition(".")[0] for name in modules()} - {""}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("room", FLOORS)
def test_floors_of_a_room_import_downward(room: str) -> None:
    floors = FLOORS[room]
    assert {f"{room}.{floor}" for floor in floors} <= modules().keys()
    wrong = [
        f"{floor} imports {other}"
        for height, floor in enumerate(floors)
        for other in inner_imports(f"{room}.{floor}")
        if other.startswith(f"{room}.") and other.partition(".")[2] in floors[height:]
    ]
    assert wrong == []


def test_the_package_itself_imports_nothing() -> None:
    assert inner_imports("") == set()


@pytest.mark.parametrize("library", HOMES)
def test_only_its_homes_import_a_library(library: str) -> None:
    users = {
        name
        for name, tree in modules().items()
        if any(imported.partition(".")[0] == library for imported in imports(tree))
    }
    strangers = {
        name
        for name in users
        if not any(name == home or name.startswith(f"{home}.") for home in HOMES[library])
    }
    assert strangers == set()
    assert users


def test_every_library_that_is_asked_for_has_a_home() -> None:
    known = {*sys.stdlib_module_names, "detector", "__future__"}
    used = {imported.partition(".")[0] for tree in modules().values() for imported in imports(tree)} - known
    assert used <= HOMES.keys()


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert {name for name in modules() if set(name.split(".")) & VAGUE} == TOO_VAGUE


def test_no_module_is_named_like_something_public() -> None:
    # Importing detector.x sets the attribute x of the package, whatever x was.
    assert set(detector.__all__) & {name.partition(".")[0] for name in modules()} == set()


def test_only_the_command_line_reads_a_clock() -> None:
    reads = [
        f"{name}: {ast.unparse(node)}"
        for name, tree in modules().items()
        if not name.startswith("cli")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS
    ]
    assert reads == []
    named = [
        imported
        for name, tree in modules().items()
        if not name.startswith("cli")
        for imported in imports(tree)
        if imported in CLOCKS
    ]
    assert named == []


def test_modules_are_short() -> None:
    long = {
        name
        for name in modules()
        for path in [PACKAGE / (name.replace(".", "/") + ".py")]
        if path.exists() and len(path.read_text("utf-8").splitlines()) > MAX_MODULE
    }
    assert long == TOO_LONG


def functions() -> Iterator[tuple[str, int]]:
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_functions_are_short() -> None:
    assert [(name, size) for name, size in functions() if size > MAX_FUNCTION] == []
    assert median(size for _, size in functions()) <= MAX_MEDIAN


def test_a_module_says_what_it_is() -> None:
    assert [name for name, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_the_public_names_are_sorted_and_there() -> None:
    assert detector.__all__ == sorted(detector.__all__)
    for name in detector.__all__:
        assert getattr(detector, name) is not None
    assert set(detector.__all__) <= set(dir(detector))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(detector, "nothing")  # noqa: B009 - mypy knows that it is not there


def test_every_public_name_is_the_one_of_its_home() -> None:
    for home, names in detector._HOMES.items():
        module = importlib.import_module(home)
        for name in names:
            assert getattr(detector, name) is getattr(module, name)
    assert sorted(detector._HOME) == detector.__all__


HEAVY = {"polars", "pyparsing", "msgspec", "rich", "re2", "isal", "orjson", "stringzilla", "deflate"}
RUN = """
import sys
sys.argv = ["detector", *sys.argv[1:]]
try:
    {code}
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules, file=sys.stderr)
"""
MAIN = "from detector.__main__ import main; raise SystemExit(main())"

# What is run, and which heavy libraries it may load.
STARTS: dict[str, tuple[str, list[str], set[str]]] = {
    "import detector": ("import detector; detector.__version__", [], set()),
    "--version": (MAIN, ["--version"], set()),
    "--help": (MAIN, ["--help"], set()),
    "check": (MAIN, ["check", '{ $.a = "x" }'], HEAVY - {"polars", "rich"}),
}


@pytest.mark.parametrize("name", STARTS)
def test_what_is_loaded_at_the_start(name: str) -> None:
    code, arguments, allowed = STARTS[name]
    run = subprocess.run(
        [sys.executable, "-c", RUN.format(code=code), *arguments], capture_output=True, text=True, check=True
    )
    loaded = set(run.stderr.split()) & HEAVY
    assert loaded <= allowed
