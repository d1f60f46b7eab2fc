"""The package as it is built with libdeflate, without it, and without a compiler: the same answers.

In: the build hook, run in a copy of the package. Out: the reports of the program that was built. That single scans agree
on files of every kind is `tests.scans.agree`.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from detector import native
from detector.cli import version

ROOT = Path(__file__).parent.parent
BUILD = "from hatch_build import NativePart as N; N._platform = str; N('.', {}, None, None, '.', 'wheel').initialize('', {'artifacts': []})"
BUILDS = {
    "without libdeflate": (
        {"PKG_CONFIG_LIBDIR": os.devnull, "PKG_CONFIG_PATH": ""},
        "compiled without libdeflate",
    ),
    "without a compiler": ({"CC": os.devnull}, "not compiled"),
}
QUESTIONS = (
    ("replay", str(ROOT / "samples"), "-d", "cis/cloudwatch-2", "-d", "cis/cloudwatch-5", "--format", "json"),
    ("match", '{ $.errorCode = "*UnauthorizedOperation" }', str(ROOT / "samples")),
)


def copied(folder: Path) -> Path:
    """The sources in a folder of their own, nothing compiled."""
    shutil.copytree(
        ROOT / "detector",
        folder / "detector",
        ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"),
    )
    shutil.copy(ROOT / "hatch_build.py", folder)
    (folder / "patterns").symlink_to(ROOT / "patterns")
    return folder


def started(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python, which finds the package in ``folder``."""
    known = {**os.environ, "PYTHONPATH": str(folder), **environment}
    return subprocess.run(
        (sys.executable, *words), cwd=folder, env=known, capture_output=True, text=True, check=True
    )


def run(folder: Path, *words: str, **environment: str) -> str:
    """What it prints."""
    return started(folder, *words, **environment).stdout


@cache
def here(*words: str) -> str:
    return run(ROOT, "-m", "detector", *words)


@pytest.mark.parametrize("build", BUILDS)
def test_the_answers_are_the_same(tmp_path: Path, build: str) -> None:
    environment, part = BUILDS[build]
    if "CC" not in environment and not shutil.which("cc"):
        pytest.skip("there is no C compiler")
    folder = copied(tmp_path)
    run(folder, "-c", BUILD, **environment)
    assert part in run(folder, "-m", "detector", "--version", "--verbose")
    for words in QUESTIONS:
        assert run(folder, "-m", "detector", *words) == here(*words)


def test_a_native_part_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    for name in ("scan/_native", "metrics/_evidence"):
        (folder / "detector" / f"{name}.abi3.so").write_bytes(b"of another system")
    said = run(folder, "-m", "detector", "--version", "-v").splitlines()
    assert [line.split()[:3] for line in said if "cannot be loaded (" in line] == [
        ["native", "scan", "cannot"],
        ["native", "evidence", "cannot"],
    ]
    assert run(folder, "-m", "detector", *QUESTIONS[1]) == here(*QUESTIONS[1])


STALE = "built from other sources (run `pip install -e .` again)"


@pytest.mark.skipif(native.part(native.SCAN).module is None, reason="nothing was compiled here")
@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ("native.h", {"native scan", "native evidence"}),
        ("scan/_native.c", {"native scan"}),
        ("metrics/_evidence.c", {"native evidence"}),
    ],
)
def test_a_native_part_of_other_sources_is_not_used(tmp_path: Path, changed: str, parts: set[str]) -> None:
    folder = copied(tmp_path)
    for name in (native.SCAN, native.EVIDENCE):
        there = Path(str(importlib.import_module(name).__file__))
        shutil.copy(there, folder / there.relative_to(ROOT))
    with (folder / "detector" / changed).open("a") as source:
        source.write("/* another contract */\n")
    said = run(folder, "-m", "detector", "--version", "-v").splitlines()
    assert {line[:15].strip() for line in said if STALE in line} == parts
    if changed == "native.h":
        done = started(folder, "-m", "detector", *QUESTIONS[0])
        assert done.stdout == here(*QUESTIONS[0])
        assert done.stderr == (
            f"detector: the native scan and evidence are {STALE}; the answer is the same, but takes many times longer\n"
        )
        assert not started(folder, "-m", "detector", *QUESTIONS[0], "--quiet").stderr


def test_every_required_package_is_named() -> None:
    named = dict(line.split(maxsplit=1) for line in version.described().splitlines())
    assert named["Python"].startswith("3.")
    assert {"polars", "orjson", "msgspec", "stringzilla", "deflate", "isal"} <= named.keys()
    assert all(named[name][0].isdigit() for name in ("polars", "orjson"))


def test_a_package_that_this_python_does_not_need_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [f"no-such-package; (python_version < '3.{minor}') and extra == 'zstd'" for minor in (9, 99)]
    monkeypatch.setattr(metadata, "requires", lambda _: needs[:1])
    assert "no-such-package" not in version.described()
    monkeypatch.setattr(metadata, "requires", lambda _: needs[1:])
    assert "not installed (pip install 'cloudtrail-detector[zstd]')" in version.described()


def test_native_parts_are_not_for_a_free_threaded_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "abiflags", "t", raising=False)
    assert native.part.__wrapped__(native.SCAN) == native.Part(None, "not made for a free-threaded Python")


def test_a_free_threaded_python_is_refused_in_a_sentence() -> None:
    refusing = (
        "import sysconfig; sysconfig.get_config_vars()['Py_GIL_DISABLED'] = 1; "
        "from hatchling.build import prepare_metadata_for_build_wheel as made; made(sys.argv[1])"
    )
    done = subprocess.run(
        (sys.executable, "-c", f"import sys; {refusing}", os.devnull),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"cloudtrail-detector needs a Python with the global interpreter lock, .*\n", done.stderr
    )
