"""All fuzz targets, one after the other, for a number of seconds in total: ``make fuzz FUZZ_SECONDS=600``.

In: what is installed. Out: exit code 0 if nothing was found, 1 with the input and the command that shows it again, 2 where
a program is missing. Inputs that were worth keeping stay in ``fuzz/.cache``, so that the next run goes on from there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
SOURCES = {"evidence": ("evidence.c", "scalar_evidence.c", "../detector/scan/_native.c")}
"""Of the targets in C that are not in native.c."""
PROGRAMS = {"clang": "clang", "afl-clang-fast": "afl++", "afl-fuzz": "afl++", "pkg-config": "pkg-config"}
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer")
FAST = Path("/dev/shm")  # noqa: S108 - memory, where the system has it: files are written for each input


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed by what, and its share of the time."""

    name: str
    by: str
    share: float


TARGETS = (
    Target("content", "libFuzzer", 0.15),
    Target("gzip", "libFuzzer", 0.1),
    Target("batch", "libFuzzer", 0.15),
    Target("batch", "afl++", 0.15),
    Target("evidence", "libFuzzer", 0.15),
    Target("patterns", "Hypothesis", 0.1),
    Target("detections", "Hypothesis", 0.1),
    Target("archives", "Hypothesis", 0.1),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="of fuzzing, all targets together")
    parser.add_argument("--only", metavar="TARGET", choices=sorted({one.name for one in TARGETS}))
    asked = parser.parse_args()
    if wanting := _wanting():
        print(f"fuzz: {wanting}", file=sys.stderr)
        return 2
    chosen = [one for one in TARGETS if asked.only in {None, one.name}]
    print(run(sys.executable, str(HERE / "seeds.py"), str(CACHE / "corpus")), end="")
    for target in chosen:
        seconds = asked.seconds * target.share / sum(one.share for one in chosen)
        print(f"{target.name}, {target.by}: {seconds:.0f} s", flush=True)
        if failed := _fuzz(target, max(1, round(seconds))):
            print(failed, file=sys.stderr)
            return 1
    print("nothing was found")
    return 0


def _wanting() -> str:
    """What to install, in one sentence; nothing if all is there."""
    missing = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    if "clang" not in missing and not _has_runtime():
        missing.add("libclang-rt-dev")
    if (
        "pkg-config" not in missing
        and subprocess.run(("pkg-config", "--exists", "libdeflate"), check=False).returncode
    ):
        missing.add("libdeflate-dev")
    return (
        f"fuzzing needs {' and '.join(sorted(missing))}: apt-get install {' '.join(sorted(missing))}"
        if missing
        else ""
    )


def _has_runtime() -> bool:
    """Whether clang can link a fuzzer; Debian has what that needs in a package of its own."""
    source = (
        "int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d, (void)n; return 0; }"
    )
    words = ("clang", *SANITIZERS, "-fsanitize=fuzzer", "-x", "c", "-", "-o", os.devnull)
    return subprocess.run(words, input=source.encode(), capture_output=True, check=False).returncode == 0


def run(*words: str) -> str:
    """What a command prints; it must not fail."""
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def _build(target: Target) -> Path:
    """The program of a target in C, with sanitizers and a Python inside."""
    known = sysconfig.get_config_vars()
    built = CACHE / f"{target.name}-{target.by}"
    library = Path(known["LDLIBRARY"]).name.removeprefix("lib").partition(".so")[0].removesuffix(".a")
    compiler = ("clang", *SANITIZERS) if target.by == "libFuzzer" else ("afl-clang-fast",)
    mutator = ("-DREPACK",) if (target.by, target.name) == ("libFuzzer", "gzip") else ()
    run(
        *(
            *compiler,
            "-g",
            "-O1",
            "-fsanitize=fuzzer",
            "-DHAVE_LIBDEFLATE=1",
            f"-DTARGET={target.name}",
            *mutator,
        ),
        *(f"-I{known['INCLUDEPY']}", *run("pkg-config", "--cflags", "libdeflate").split()),
        *(str(HERE / name) for name in SOURCES.get(target.name, ("native.c", "scalar.c"))),
        *("-o", str(built), f"-L{known['LIBDIR']}"),
        *(
            f"-Wl,-rpath,{known['LIBDIR']}",
            f"-l{library}",
            *run("pkg-config", "--libs", "libdeflate").split(),
        ),
    )
    return built


def _fuzz(target: Target, seconds: int) -> str:
    """Nothing, or what was found and how to see it again."""
    inputs, found = CACHE / "corpus" / target.name, CACHE / "found" / f"{target.name}-{target.by}"
    found.mkdir(parents=True, exist_ok=True)
    if target.by == "Hypothesis":
        return _ended((sys.executable, str(HERE / "targets.py"), target.name, str(seconds), str(found)))
    built = str(_build(target))
    if target.by == "libFuzzer":
        options = (
            f"-max_total_time={seconds}",
            "-detect_leaks=0",
            "-timeout=10",
            f"-artifact_prefix={found.parent}/",
        )
        seeds = (f"-dict={CACHE / 'corpus' / 'tokens.dict'}", str(found), str(inputs))
        return _ended((built, *options, "-print_final_stats=1", *seeds))
    shutil.rmtree(found)
    failed = _ended(
        (
            "afl-fuzz",
            "-V",
            str(seconds),
            "-m",
            "none",
            "-t",
            "5000",
            "-i",
            str(inputs),
            "-o",
            str(found),
            "--",
            built,
        )
    )
    crashes = [str(path) for path in found.glob("default/crashes/id*")]
    return failed or (f"an input on which {built} stops: {crashes[0]}" if crashes else "")


def _ended(words: Sequence[str]) -> str:
    """Run a fuzzer to its end; the last of what it says is shown, all of it if it failed."""
    inside = {
        "PYTHONHOME": sys.base_prefix,
        "PYTHONMALLOC": "malloc",  # so that the sanitizer sees where an object ends
    }
    quiet = {"AFL_NO_UI": "1", "AFL_QUIET": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1"}
    quiet |= {"AFL_USE_ASAN": "1", "AFL_USE_UBSAN": "1", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1"}
    folder = {"TMPDIR": str(FAST)} if FAST.is_dir() else {}
    native = {} if words[0] == sys.executable else inside
    done = subprocess.run(
        words,
        env=os.environ | native | quiet | folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        return f"{said}\nthe command was: {' '.join(words)}"
    lines = [
        line
        for line in said.splitlines()
        if "inputs" in line or line.startswith("stat::number") or "Statistics" in line
    ]
    print("\n".join(lines), flush=True)
    return ""


if __name__ == "__main__":
    sys.exit(main())
