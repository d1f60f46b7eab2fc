"""Chosen settings and patterns into the files that detections were read from (``--write``).

In: detections as they were read and as they should be. Out: the changed files, and on stderr what changed where. The
claim: a file is read again after it was written, and whatever it then defines is what was asked for, everything else equal; if
not, its old text is put back, and the difference is printed instead.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from detector.cli.console import complain
from detector.cli.output import write
from detector.detections import Detection
from detector.detections.catalogue import shipped
from detector.detections.edit import Edit, UneditableError, edit, effective, wanted_settings
from detector.errors import DetectorError
from detector.quantities import count


def into_files(load: Callable[[], Sequence[Detection]], wanted: Mapping[int, Detection]) -> bool:
    """Write the wanted detections, by their places among those that ``load`` reads; whether all could be written.

    What ``load`` reads behind them, as what else is in the same files, stays as it is.
    """
    done = [_into_file(load, place, one) for place, one in wanted.items()]
    return all(done)


def _into_file(load: Callable[[], Sequence[Detection]], place: int, wanted: Detection) -> bool:
    present = load()
    one = present[place]
    if not wanted_settings(one, wanted):
        complain(f"{one.name}: nothing to write: it has these settings")
        return True
    if one.name.partition("@")[0] in shipped():
        return _refused(
            one, wanted, "it comes with the package: detector convert puts it into a file of your own"
        )
    try:
        made = edit(one, wanted)
    except UneditableError as error:
        return _refused(one, wanted, str(error))
    expected = [wanted if each.name == one.name else each for each in present]
    reason = written(made.texts, made.before, lambda: _same(load(), expected))
    if reason:
        complain(f"{one.name}: not written: {reason}\n{difference(made)}")
        return False
    for change in made.changes:
        complain(f"{one.name}: changed {change}")
    return True


def _refused(one: Detection, wanted: Detection, reason: str) -> bool:
    """Say why nothing is written, and the settings to write by hand."""
    lines = [f"{one.name}: not written: {reason}", "  the settings are:"]
    for key, value in wanted_settings(one, wanted).items():
        line = one.source.line(key)
        where = f"{one.source.part(key).path}:{line}: " if line and one.source.path else ""
        lines.append(f"    {where}{key} = {' '.join(str(value).split())}")
    complain("\n".join(lines))
    return False


def _same(found: Sequence[Detection], expected: Sequence[Detection]) -> bool:
    """Whether two lists of detections are the same, datapoints to alarm said or not."""
    sides = ([replace(one, alarm=effective(one.alarm)) for one in side] for side in (found, expected))
    one, other = sides
    return one == other


def written(texts: Mapping[str, str], before: Mapping[str, str], holds: Callable[[], bool]) -> str:
    """Write some files, and put their old bytes back unless the condition ``holds`` then; the reason, empty if it does."""
    old = {path: Path(path).read_bytes() for path in texts}
    new = {}
    for path, text in texts.items():
        found = _encoded(text, before[path], old[path])
        if found is None:
            return (
                f"{path} is not the UTF-8 text that was read: it changed meanwhile, or has another encoding"
            )
        new[path] = found
    try:
        for path, data in new.items():
            write(path, data)
        if holds():
            return ""
        reason = "read again, the file would define something else as well"
    except (DetectorError, OSError) as error:
        reason = str(error)
    except BaseException:
        _restored(old, new)
        raise
    _restored(old, new)
    return reason


def _restored(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> None:
    for path in new:
        if Path(path).read_bytes() != old[path]:
            write(path, old[path])


def _encoded(text: str, before: str, old: bytes) -> bytes | None:
    """The new text with the line ends of the old file; None where that is not the text that was read."""
    if old == before.encode():
        return text.encode()
    unix = old.replace(b"\r\n", b"\n")
    return (
        text.encode().replace(b"\n", b"\r\n")
        if unix == before.encode() and old.count(b"\n") == old.count(b"\r\n")
        else None
    )


def difference(made: Edit, indent: str = "  ") -> str:
    """The unified difference of an edit."""
    lines: list[str] = []
    for path, text in made.texts.items():
        pair = made.before[path].splitlines(), text.splitlines()
        lines += difflib.unified_diff(*pair, fromfile=path, tofile=path, lineterm="")
    return "\n".join(f"{indent}{line}" for line in lines)


def tests_beside(one: Detection, cases: str) -> None:
    """Put cases into the ``.test.toml`` beside a detection file, and say how its tests fare now."""
    from detector.ruletests.load import SUFFIX, load
    from detector.ruletests.run import run

    if not one.path.endswith(".toml") or not cases:
        complain(f"{one.name}: no file has its rule tests; --format json shows those of the new pattern")
        return
    path = Path(one.path.removesuffix(".toml") + SUFFIX)
    old = path.read_text("utf-8") if path.exists() else ""
    head = "# What detector noise has left out, and what stays.\n\n"
    write(str(path), f"{old}{chr(10) if old else ''}{head}{cases}".encode())
    outcomes = run(load(path))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    complain(f"{one.name}: rule tests in {path}: {count(len(outcomes), 'test')}, {len(failed)} of them fail")
