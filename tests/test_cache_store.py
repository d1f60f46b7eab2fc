"""The folder of a store: killed at every instant, spoilt everywhere, of another version, in use, pruned."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import pytest

from detector.cache import segment, store, writer
from detector.cache.store import Store
from detector.errors import ArchiveError
from detector.jobs.stored import stored
from tests.cache_worlds import World, cis

ASKED = cis(2, 6)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, 60)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Ends the run at the n-th step that changes the disk, and lets nothing be written after it."""
    left = [1 << 30]

    def dying(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return step(*args, **kwargs)

        return taken

    monkeypatch.setattr(segment, "_put", dying(segment._put))
    monkeypatch.setattr(segment, "_sync", dying(segment._sync))
    for name in ("rename", "replace", "mkdir", "write_bytes"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))

    def after(steps: int) -> None:
        left[0] = steps

    yield after
    left[0] = 1 << 30


def test_killed_at_every_step_the_next_run_answers_as_ever(
    world: World, kill: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LEAST", 1)
    for file in world.files[6:]:
        file.unlink()
    spared = []
    for step in range(100):
        shutil.rmtree(world.store, ignore_errors=True)
        kill(step)
        try:
            world.holds(ASKED)
        except Killed:
            kill(1 << 30)
            spared.append(len(world.files) - sum(files for _, files in world.holds(ASKED)))
        else:
            break
    assert step > 10
    assert spared == sorted(spared), "what was finished before is known"
    assert spared[0] == 0
    assert spared[-1] > 0
    assert world.told == []


def parts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != store.MARK)


def test_whatever_byte_is_spoilt_the_answer_is_the_same(world: World) -> None:
    world.holds(ASKED)
    random = Random(7)  # noqa: S311 - places to be spoilt
    for path in parts(world.store):
        sound = path.read_bytes()
        place = random.randrange(len(sound))
        for spoilt in (
            sound[:place] + bytes([sound[place] ^ 1 << random.randrange(8)]) + sound[place + 1 :],
            sound[:place],
            b"",
            None,
        ):
            if spoilt is None:
                path.unlink()
            else:
                path.write_bytes(spoilt)
            world.told.clear()
            read = world.holds(ASKED)
            assert read == [(2, len(world.files))]
            assert any("files are read again" in one for one in world.told)
            assert path.read_bytes() == sound, "the very same segment takes its place"
            world.told.clear()
            assert world.holds(ASKED) == []
            assert world.told == []
            assert stored(str(world.store), verify=True).spoilt == ()


def test_what_is_spoilt_is_found_and_removed(world: World) -> None:
    world.holds(ASKED)
    for path in parts(world.store):
        sound = path.read_bytes()
        path.write_bytes(sound[:-1])
        assert len(stored(str(world.store), verify=True).spoilt) == 1
        found = stored(str(world.store), prune=True)
        assert (found.segments, found.spoilt) == (0, ())
        assert world.holds(ASKED) == [(2, len(world.files))]


def test_what_another_version_has_kept_is_named_and_not_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "__version__", "0.0.9")
    world.holds(ASKED)
    monkeypatch.undo()
    assert world.holds(ASKED) == [(2, len(world.files))]
    [told] = world.told
    assert "version 0.0.9" in told
    assert stored(str(world.store)).versions == ("0.0.9",)
    found = stored(str(world.store), prune=True)
    assert (found.versions, found.segments) == ((), 1)
    assert world.holds(ASKED) == []


def test_a_header_that_somebody_made_up_is_no_traceback(world: World) -> None:
    world.holds(ASKED)
    header = json.loads(next(world.store.rglob("segment.json")).read_text())
    for change in (
        {"filters": 3},
        {"checksums": None},
        {"filters": [1]},
        {"checksums": {"files": 4}},
        {"files": True},
    ):
        data = json.dumps({**header, **change}).encode()
        folder = world.store / "segments" / blake2b(data, digest_size=16).hexdigest()
        folder.mkdir()
        (folder / "segment.json").write_bytes(data)
    assert world.holds(ASKED) in ([], [(2, len(world.files))])
    stored(str(world.store), verify=True)
    stored(str(world.store), prune=True)
    assert world.holds(ASKED) == []


def test_a_folder_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ArchiveError, match="is no store: expected a new or empty folder"):
        Store.open(tmp_path)
    with pytest.raises(ArchiveError, match="no such folder"):
        stored(str(tmp_path / "nothing"))
    with pytest.raises(ArchiveError, match="cannot be used as a store"):
        Store.open(tmp_path / "notes.txt")
    other = tmp_path / "other"
    other.mkdir()
    for text, told in (
        ('{"format": 2}', "a store of format 2"),
        ("[]", "tells no format"),
        ("", "tells no format"),
    ):
        (other / store.MARK).write_text(text)
        with pytest.raises(ArchiveError, match=told):
            Store.open(other)


def test_runs_share_a_store_and_pruning_wants_it_alone(world: World) -> None:
    with closing(Store.open(world.store)):
        world.holds(ASKED)
        with pytest.raises(ArchiveError, match="in use"):
            stored(str(world.store), prune=True)
        assert stored(str(world.store)).files == len(world.files)
    stored(str(world.store), prune=True)


def test_pruning_forgets_what_is_gone_and_makes_one_segment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LEAST", 1)
    world.holds(ASKED)
    world.holds(cis(2, 6, 1))
    before = stored(str(world.store))
    assert before.segments > 3
    gone = world.files[0]
    gone.unlink()
    (world.store / "unfinished" / "x").mkdir(parents=True)
    after = stored(str(world.store), prune=True)
    assert after.pruned is not None
    assert (after.segments, after.files, after.unfinished) == (2, before.files - 1, 0)
    assert after.pruned.files >= 1
    assert world.holds(cis(1, 2, 6)) == []
    again = stored(str(world.store), prune=True)
    assert again.pruned is not None
    assert (again.pruned.files, again.size) == (0, after.size)


def test_a_full_disk_is_said_and_costs_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segment, "_put", full)
    world.holds(ASKED)
    assert [one.rsplit(": ", 1)[1] for one in world.told] == ["No space left on device"]


def killed_at_random(folder: Path, times: int, kill: signal.Signals) -> None:
    world = World(folder, 12)
    for file in world.files:  # so many bytes that it takes a while
        for copy in range(3):
            shutil.copy(file, file.with_name(file.name.replace("Z_", f"Z_{copy}")))
    words = [
        sys.executable,
        "-m",
        "detector",
        "replay",
        str(world.logs),
        "-d",
        "cis/cloudwatch-2",
        "--format",
        "json",
    ]
    random = Random(3)  # noqa: S311 - instants
    kept = [*words, "--cache", str(world.store), "--jobs", "2"]
    for _ in range(times):
        process = subprocess.Popen(kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.3, 1.5))
        process.send_signal(kill)
        process.wait()
    found = [subprocess.run(each, capture_output=True, check=True) for each in (kept, words)]
    assert found[0].stdout == found[1].stdout
    assert not any(one.stderr for one in found)
    assert stored(str(world.store), verify=True).spoilt == ()


def test_killed_three_times_at_random(tmp_path: Path) -> None:
    killed_at_random(tmp_path, 3, signal.SIGKILL)


@pytest.mark.slow
def test_killed_fifty_times_at_random(tmp_path: Path) -> None:
    killed_at_random(tmp_path / "kill", 50, signal.SIGKILL)
    killed_at_random(tmp_path / "interrupt", 10, signal.SIGINT)
