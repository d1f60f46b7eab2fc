"""Which files are read, and what becomes of all others."""

from __future__ import annotations

import itertools
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from detector.archive import Problem, ProblemKind, Selection, Source, locate, takes
from detector.archive.layout import Place, place_of_file, place_of_folder
from detector.cloudtrail.record import account, region
from detector.errors import ArchiveError

ACCOUNT = "111122223333"
OTHER = "444455556666"
STAMP = 1_688_990_400  # 2023-07-10T12:00Z
NAME = f"{ACCOUNT}_CloudTrail_us-east-1_20230710T1200Z_AbCdEfGhIjKlMnOp.json.gz"
DAY = date(2023, 7, 10)
HERE = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2023/07/10"


def put(path: Path, content: bytes = b"{}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(*paths: Path | str, **wanted: Any) -> list[str]:
    return [file.path for file in locate([str(path) for path in paths], Selection(**wanted)).files]


PLACES: dict[str, Place] = {
    f"/x/{HERE}/{NAME}": Place("", ACCOUNT, "us-east-1", DAY, STAMP, trail=True),
    f"/x/prefix/AWSLogs/o-abc123/{HERE[8:]}/{NAME}": Place("", ACCOUNT, "us-east-1", DAY, STAMP, trail=True),
    f"/x/CloudTrail/us-east-1/2023/07/10/{NAME}": Place("", ACCOUNT, "us-east-1", DAY, STAMP, trail=True),
    f"/x/us-east-1/2023/07/10/{NAME}": Place("", ACCOUNT, "us-east-1", DAY, STAMP, trail=True),
    f"/2023/07/10/{NAME}": Place("", ACCOUNT, "us-east-1", DAY, STAMP, trail=True),
    f"/x/{NAME}": Place("", ACCOUNT, "us-east-1", None, STAMP, trail=True),
    f"/x/{HERE}/renamed.json": Place("", ACCOUNT, "us-east-1", DAY, trail=True),
    f"/x/{HERE}/12/renamed.json": Place("", ACCOUNT, "us-east-1", DAY, trail=True),
    "/x/2023/07/10/loose.json": Place(),
    "/x/loose.json": Place(),
    "/x/CloudTrail/loose.json": Place(trail=True),
    f"/x/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2023/02/30/a.json": Place(
        "", ACCOUNT, "us-east-1", None, trail=True
    ),
    f"/x/{HERE}/{NAME.replace('T1200Z', 'T2500Z')}": Place("", ACCOUNT, "us-east-1", DAY, trail=True),
    f"/x/{HERE}/{NAME.replace('us-east-1', 'us-gov-west-1')}": Place(
        "", ACCOUNT, "us-east-1", DAY, STAMP, trail=True
    ),
    f"/x/{HERE.replace('CloudTrail', 'CloudTrail-Digest')}/x.json.gz": Place(
        "digest", ACCOUNT, "us-east-1", DAY, trail=True
    ),
    f"/x/{HERE.replace('CloudTrail', 'CloudTrail-Insight')}/x.json.gz": Place(
        "insight", ACCOUNT, "us-east-1", DAY, trail=True
    ),
    f"/x/{HERE.replace('CloudTrail', 'CloudTrail-Aggregated')}/x.json.gz": Place(
        "aggregated", ACCOUNT, "us-east-1", DAY, trail=True
    ),
    f"/x/{ACCOUNT}_CloudTrail-Digest_us-east-1_trail_us-east-1_20230710T120000Z.json.gz": Place(
        "digest", ACCOUNT, "us-east-1", None, STAMP, trail=True
    ),
    f"/x/{NAME.replace('CloudTrail', 'CloudTrail-Insight')}": Place(
        "insight", ACCOUNT, "us-east-1", None, STAMP, trail=True
    ),
    f"/x/{NAME.replace('CloudTrail', 'CloudTrail-Aggregated')}": Place(
        "aggregated", ACCOUNT, "us-east-1", None, STAMP, trail=True
    ),
    f"/x/AWSLogs/{ACCOUNT}/Config/us-east-1/2023/7/10/a.json.gz": Place("not a log file"),
    f"/x/AWSLogs/o-abc123/{ACCOUNT}/vpcflowlogs/us-east-1/a.log.gz": Place("not a log file"),
    f"C:\\x\\{HERE.replace('/', chr(92))}\\{NAME}": Place("", ACCOUNT, "us-east-1", DAY, STAMP, trail=True),
}


@pytest.mark.parametrize("path", PLACES)
def test_what_a_path_tells(path: str) -> None:
    folder, _, name = path.replace("\\", "/").rpartition("/")
    assert (
        place_of_file(name, place_of_folder(folder if "\\" not in path else folder.replace("/", "\\")))
        == PLACES[path]
    )


def test_a_log_file_carries_it(tmp_path: Path) -> None:
    path = put(tmp_path / HERE / NAME, b"123")
    assert locate([str(tmp_path)]).files == [Source(str(path), 3, ACCOUNT, "us-east-1", STAMP, DAY)]
    assert locate([str(path)]).files == [Source(str(path), 3, ACCOUNT, "us-east-1", STAMP, DAY)]


@pytest.mark.parametrize("depth", range(8))
def test_the_tree_may_be_cut_off_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    """Whichever folder is named, or stood in, the path as it was typed leads to the same knowledge."""
    put(tmp_path / HERE / "renamed.json")
    folder = tmp_path.joinpath(*HERE.split("/")[:depth])
    (file,) = locate([str(folder)]).files
    monkeypatch.chdir(folder)
    (here,) = locate(["."]).files
    assert here.path == os.path.join(".", *HERE.split("/")[depth:], "renamed.json")  # noqa: PTH118 - Path drops the dot
    for each in (file, here):
        assert (each.account, each.region, each.day) == (ACCOUNT, "us-east-1", DAY)


def test_a_link_into_the_tree_tells_what_the_tree_tells(tmp_path: Path) -> None:
    put(tmp_path / HERE / "renamed.json")
    (tmp_path / "latest").symlink_to(tmp_path / HERE)
    (file,) = locate([str(tmp_path / "latest")]).files
    assert file == Source(str(tmp_path / "latest/renamed.json"), 2, ACCOUNT, "us-east-1", None, DAY)


SUFFIXES = {
    "a.json.gz": True,
    "a.JSON.GZ": True,
    "a.json": True,
    "a.Json": True,
    "a.jsonl": True,
    "a.ndjson": True,
    "a.gz": True,
    "000000.gz": True,
    "a.log": True,
    "a.txt": False,
    "a.json.bak": False,
    "a.parquet": True,
    "a.CSV": True,
    "a.zip": True,
    "a.tar.gz": True,
    "a.json.zst": True,
    "a.bz2": True,
    "a.csv.metadata": False,
    "LICENSE": False,
    ".hidden.json": False,
    "._a.json.gz": False,
}


@pytest.mark.parametrize("name", SUFFIXES)
def test_in_a_folder_the_suffix_decides(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / name)
    located = locate([str(tmp_path)])
    assert [file.path for file in located.files] == [str(path)] * SUFFIXES[name]
    assert located.left_out == ({} if SUFFIXES[name] else {"not a log file": 1})
    assert found(path) == [str(path)]


def test_a_named_file_beats_its_folder(tmp_path: Path) -> None:
    text = put(tmp_path / "a.txt")
    service = put(tmp_path / f"AWSLogs/{ACCOUNT}/Config/us-east-1/b.json")
    located = locate([str(tmp_path), str(text), str(service)])
    assert [file.path for file in located.files] == [str(service), str(text)]
    assert located.left_out == {}


def test_left_out_by_kind(tmp_path: Path) -> None:
    put(tmp_path / HERE / NAME)
    put(tmp_path / HERE.replace("07/10", "07/20") / NAME)
    put(tmp_path / HERE.replace(ACCOUNT, OTHER) / "a.json.gz")
    digest = put(tmp_path / HERE.replace("CloudTrail", "CloudTrail-Digest") / "d.json.gz")
    put(tmp_path / NAME.replace("CloudTrail", "CloudTrail-Digest"))
    put(tmp_path / NAME.replace("CloudTrail", "CloudTrail-Insight"))
    put(tmp_path / NAME.replace("CloudTrail", "CloudTrail-Aggregated"))
    put(tmp_path / "README.md")
    wanted = Selection(frozenset([ACCOUNT]), start=STAMP, end=STAMP + 60)
    located = locate([str(tmp_path)], wanted)
    assert [file.path for file in located.files] == [str(tmp_path / HERE / NAME)]
    assert located.left_out == {
        "digest": 2,
        "insight": 1,
        "aggregated": 1,
        "other day": 1,
        "other account": 1,
        "not a log file": 1,
    }
    assert locate([str(digest)]).left_out == {"digest": 1}


DAYS = [
    # start, end, the days of July 2023 that are opened
    ("10T00:00", None, [10, 11, 12, 13]),
    ("10T23:59", None, [10, 11, 12, 13]),
    (None, "10T00:00", [8, 9, 10, 11]),
    (None, "10T23:59", [8, 9, 10, 11]),
    ("09T12:00", "10T12:00", [9, 10, 11]),
    ("10T00:00", "11T00:00", [10, 11, 12]),
    (None, None, [8, 9, 10, 11, 12, 13]),
]


@pytest.mark.parametrize(("start", "end", "expected"), DAYS)
def test_day_folders_are_pruned(
    tmp_path: Path, start: str | None, end: str | None, expected: list[int]
) -> None:
    for day in range(8, 14):
        put(tmp_path / HERE.replace("/10", f"/{day:02}") / NAME)
    put(tmp_path / "2023/07/01/loose.json")
    put(tmp_path / NAME)

    def second(text: str | None) -> int | None:
        if text is None:
            return None
        day, clock = text.split("T")
        return STAMP - 43_200 + (int(day) - 10) * 86_400 + int(clock[:2]) * 3600 + int(clock[3:]) * 60

    located = locate([str(tmp_path)], Selection(start=second(start), end=second(end)))
    assert [file.day.day for file in located.files if file.day] == expected
    assert [file.path for file in located.files if not file.day] == [
        str(tmp_path / NAME),
        str(tmp_path / "2023/07/01/loose.json"),
    ]
    assert located.left_out == ({"other day": 6 - len(expected)} if len(expected) < 6 else {})


def test_a_named_file_is_read_whatever_its_day(tmp_path: Path) -> None:
    path = put(tmp_path / HERE / NAME)
    assert found(path, start=STAMP + 9_000_000) == [str(path)]
    assert found(tmp_path, start=STAMP + 9_000_000) == []


def test_times_beyond_the_calendar(tmp_path: Path) -> None:
    path = put(tmp_path / HERE / NAME)
    assert found(tmp_path, start=-(10**12), end=10**12) == [str(path)]


def test_every_file_once_in_one_order(tmp_path: Path) -> None:
    a, b, c = (put(tmp_path / name) for name in ("x/a.json", "x/b.json", "y/c.json"))
    (tmp_path / "y/link.json").symlink_to(a)
    names = [str(tmp_path), str(a), str(tmp_path / "x"), str(tmp_path / "y/../x/b.json"), "-", "-"]
    expected = ["-", str(a), str(b), str(c)]
    for order in itertools.permutations(names):
        assert found(*order) == expected


def test_a_name_is_kept_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "x/a.json")
    monkeypatch.chdir(tmp_path)
    assert found("x") == ["x/a.json"]
    assert found("./x/") == ["./x/a.json"]
    assert found("x/a.json", "./x/a.json") == ["./x/a.json"]
    assert found("x/../x/a.json") == ["x/../x/a.json"]


def test_loops_of_links_end(tmp_path: Path) -> None:
    path = put(tmp_path / "x/a.json")
    (tmp_path / "x/up").symlink_to(tmp_path)
    (tmp_path / "x/self").symlink_to(tmp_path / "x/self")
    (tmp_path / "z").symlink_to(tmp_path / "x")
    located = locate([str(tmp_path)])
    assert [file.path for file in located.files] == [str(path)] or [file.path for file in located.files] == [
        str(tmp_path / "z/a.json")
    ]
    assert located == locate([str(tmp_path)])
    (problem,) = located.problems
    assert problem.path.endswith("/self")


def test_deep_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deeper than Python recurses; a path of that length is made and removed step by step."""
    monkeypatch.chdir(tmp_path)
    for _ in range(1_100):
        Path("d").mkdir()
        os.chdir("d")
    Path("a.json").write_text("{}")
    os.chdir(tmp_path)
    deep = "./" + "d/" * 1_100
    try:
        assert found(".") == [deep + "a.json"]
    finally:
        os.chdir(deep)
        Path("a.json").unlink()
        for _ in range(1_100):
            os.chdir("..")
            Path("d").rmdir()


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    link = tmp_path / "a.json"
    link.symlink_to(tmp_path / "gone")
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone")
    located = locate([str(tmp_path)])
    assert located.problems == [Problem(str(link), ProblemKind.UNREADABLE, "a link to nothing")]
    assert located.left_out == {"not a log file": 1}


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "a/a.json")
    locked = tmp_path / "locked"
    locked.mkdir()
    scandir = os.scandir

    def refusing(folder: str) -> Any:
        if folder == str(locked):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    located = locate([str(tmp_path)])
    assert [file.path for file in located.files] == [str(path)]
    assert located.problems == [
        Problem(str(locked), ProblemKind.UNREADABLE, "cannot be looked at: Permission denied")
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_read_only_when_it_is_named(tmp_path: Path) -> None:
    pipe = tmp_path / "a.json"
    os.mkfifo(pipe)
    assert locate([str(tmp_path)]).left_out == {"not a log file": 1}
    assert locate([str(pipe)]).files == [Source(str(pipe), 0)]


MISSING = {
    "gone": "no such file or folder",
    "dangling": "a link to nothing",
    "nul\0": "cannot be looked at: no path has a null character",
    "file.json/below": "cannot be looked at: Not a directory",
    "x" * 300: "cannot be looked at: File name too long",
}


@pytest.mark.parametrize("name", MISSING, ids=range(5))
def test_a_name_without_a_file(tmp_path: Path, name: str) -> None:
    put(tmp_path / "file.json")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    with pytest.raises(ArchiveError) as caught:
        locate([str(tmp_path / name)])
    assert caught.value.reason == MISSING[name]
    assert caught.value.path == str(tmp_path / name)


def test_the_empty_name() -> None:
    with pytest.raises(ArchiveError):
        locate([""])


RECORD = {"recipientAccountId": ACCOUNT, "awsRegion": "us-east-1", "userIdentity": {"accountId": OTHER}}
ACCOUNTS: list[tuple[dict[str, Any], str | None]] = [
    (RECORD, ACCOUNT),
    ({"userIdentity": {"accountId": OTHER}}, OTHER),
    ({"recipientAccountId": None, "userIdentity": {"accountId": OTHER}}, OTHER),
    ({"recipientAccountId": 5, "userIdentity": "x"}, None),
    ({"userIdentity": {"accountId": 5}}, None),
    ({}, None),
]


@pytest.mark.parametrize(("record", "expected"), ACCOUNTS)
def test_the_account_of_a_record(record: dict[str, Any], expected: str | None) -> None:
    assert account(record) == expected


def test_the_region_of_a_record() -> None:
    assert region(RECORD) == "us-east-1"
    assert region({"awsRegion": 1}) is None
    assert region({}) is None


TAKEN: list[tuple[dict[str, Any], Source, dict[str, Any] | None, bool]] = [
    ({}, Source("a", 0), None, True),
    ({"accounts": {ACCOUNT}}, Source("a", 0), RECORD, True),
    ({"accounts": {OTHER}}, Source("a", 0), RECORD, False),
    ({"accounts": {OTHER}}, Source("a", 0, account=OTHER), RECORD, True),
    ({"accounts": {ACCOUNT}}, Source("a", 0, account=OTHER), RECORD, False),
    ({"accounts": {ACCOUNT}}, Source("a", 0), None, False),
    ({"accounts": {ACCOUNT}}, Source("a", 0, account=ACCOUNT), None, True),
    ({"regions": {"us-east-1"}}, Source("a", 0, region="eu-west-1"), RECORD, True),
    ({"regions": {"eu-west-1"}}, Source("a", 0, region="eu-west-1"), RECORD, False),
    ({"regions": {"eu-west-1"}}, Source("a", 0, region="eu-west-1"), {}, True),
    ({"regions": {"eu-west-1"}}, Source("a", 0), {}, False),
    ({"regions": {"us-east-1"}, "accounts": {OTHER}}, Source("a", 0), RECORD, False),
]


@pytest.mark.parametrize(("wanted", "file", "record", "expected"), TAKEN, ids=range(len(TAKEN)))
def test_takes(wanted: dict[str, Any], file: Source, record: dict[str, Any] | None, expected: object) -> None:
    selection = Selection(frozenset(wanted.get("accounts", ())), frozenset(wanted.get("regions", ())))
    assert takes(selection, file, record) is expected
