"""What an edit changes on an archive: the counts are those of two matches, the rest is about the records that differ."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.__main__ import main
from detector.archive import Plan
from detector.cloudtrail.record import evidence
from detector.jobs import split
from detector.jobs.changes import Changes
from detector.scan import plain
from detector.scan.found import Found
from tests.cli_archives import archive, burst, detection, record, write

DENIED = '{ $.errorCode = "AccessDenied" }'
PATTERNS = [
    DENIED,
    '{ $.errorCode = "AccessDenied*" && $.sourceIPAddress != 198.51.* }',
    "{ $.errorCode NOT EXISTS }",
    "{ $.errorCode = * || $.eventName = ListBuckets }",
    "{ $.userIdentity.sessionContext.sessionIssuer.userName != worker }",
    "AccessDenied",
    "GetObject -AccessDenied",
    '[a = "*GetObject*"]',
    "",
]


def count(pattern: str, paths: list[str], capsys: pytest.CaptureFixture[str], *more: str) -> int:
    """What `detector match --count` says."""
    main(["match", pattern, *paths, "--count", "--quiet", *more])
    return int(capsys.readouterr().out)


def changes(old: Any, new: Any, *paths: str, **settings: Any) -> Changes:
    found = detector.compare(old, new, paths, **settings).archive
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "STRETCH", 3)


@pytest.fixture
def logs(tmp_path: Path) -> str:
    """Bursts and single calls, records that are no use, and files of other kinds."""
    folder = tmp_path / "logs"
    archive(folder)
    drawn = random.Random(7)  # noqa: S311 - no secret
    errors = [None, "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation"]
    records = []
    for number in range(60):
        error = drawn.choice(errors)
        fields = {"errorCode": error} if error else {}
        one = record(60 + number, number, **fields)
        if not error:
            del one["errorCode"]
        records.append(one)
    records[3]["eventTime"] = "yesterday"
    del records[7]["eventTime"]
    records[9]["eventTime"] = None
    write(folder / "c.json.gz", records)
    (folder / "plain.log").write_text(
        "2023-07-10T12:00:00Z GetObject AccessDenied\nno JSON here\n", encoding="utf-8"
    )
    (folder / "records.ndjson").write_text(
        "\n".join(json.dumps(one) for one in records[:9]), encoding="utf-8"
    )
    return str(folder)


@pytest.mark.parametrize("old", PATTERNS)
@pytest.mark.parametrize("new", PATTERNS[::2])
@pytest.mark.parametrize(
    "more", [(), ("--from", "2023-07-10T12:10:00Z", "--to", "2023-07-10T13:00:00Z")], ids=["all", "an hour"]
)
def test_the_counts_are_those_of_two_matches(
    old: str, new: str, more: tuple[str, ...], logs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["compare", old, new, logs, "--format", "json", "--quiet", *more])
    found = json.loads(capsys.readouterr().out)["archive"]
    assert found["both"] + found["lost"] == count(old, [logs], capsys, *more)
    assert found["both"] + found["gained"] == count(new, [logs], capsys, *more)


@pytest.mark.skipif(not Path("samples").exists(), reason="samples/ are not beside the package")
def test_the_counts_on_the_samples(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["lab/unauthorized-api-calls", "cis/cloudwatch-2"]
    found = changes(names[0], names[1], "samples")
    patterns = [detector.load_detection(name).filters[0].pattern.source for name in names]
    assert [found.old, found.new] == [count(one, ["samples"], capsys) for one in patterns]
    assert found.old > 500
    assert found.gained > 0


def test_who_and_what_is_gained_and_lost(tmp_path: Path) -> None:
    logs = archive(tmp_path / "logs")
    found = changes(DENIED, '{ $.sourceIPAddress = 198.51.100.9 || $.eventName = "List*" }', logs)
    assert (found.both, found.gained, found.lost) == (7, 1, 2)
    assert {kind: groups["event_name"].top for kind, groups in found.groups.items()} == {
        "gained": (("ListBuckets", 1),),
        "lost": (("GetObject", 2),),
        "both": (("GetObject", 7),),
    }
    assert found.groups["lost"]["address"].top == (("192.0.2.7", 2),)
    assert found.groups["gained"]["error_code"].top == ()
    assert found.groups["both"]["principal"].top == (
        ("arn:aws:sts::111122223333:assumed-role/worker/i-0", 7),
    )
    assert found.groups["both"]["event_source"].top == (("s3.amazonaws.com", 7),)
    [gained] = found.examples["gained"]
    assert (Path(gained.path).name, gained.position, gained.event_id) == ("a.json.gz", 8, "30-0")
    assert str(gained.time) == "2023-07-10 12:30:00+00:00"
    assert [one.event_id for one in found.examples["lost"]] == ["3-0", "45-0"]


def test_examples_and_groups_are_bounded(tmp_path: Path) -> None:
    records = [record(number / 10, number, eventName=f"Call{number % 30}") for number in range(90)]
    logs = write(tmp_path / "many.json", records)
    found = changes("{ $.eventName = x }", DENIED, logs, examples=3)
    assert (found.gained, found.lost, len(found.examples["gained"])) == (90, 0, 3)
    group = found.groups["gained"]["event_name"]
    assert (len(group.top), group.more) == (10, 20)
    assert group.top[0] == ("Call0", 3)


def emptied(filters: Any, plan: Plan, sources: Any, progress: Any) -> Found:
    """What a scan finds, whereupon all files are empty."""
    found = plain.scan(filters, plan, sources, progress)
    for source in sources:
        Path(source.path).write_text('{"Records":[]}', encoding="utf-8")
    return found


def test_examples_say_everything_of_a_record(tmp_path: Path) -> None:
    records = [record(number, number, awsRegion=f"eu-west-{number}") for number in range(3)]
    logs = write(tmp_path / "a.json", records)
    [first, second] = changes("{ $.eventName = x }", DENIED, logs, examples=2).examples["gained"]
    assert (first.evidence, second.evidence) == tuple(map(evidence, records[:2]))
    with pytest.raises(detector.ArchiveError, match="has changed since it was read"):
        changes("{ $.eventName = x }", DENIED, logs, scan=emptied)


def test_a_record_without_a_valid_time_counts_as_in_a_match(tmp_path: Path) -> None:
    records = [record(1), record(2, eventTime="soon", sourceIPAddress="203.0.113.1")]
    logs = write(tmp_path / "odd.json", records)
    found = changes(DENIED, "{ $.sourceIPAddress = 203.0.113.1 }", logs)
    assert (found.both, found.gained, found.lost, found.records) == (1, 0, 1, 2)
    assert found.problems == ()
    lost = changes(DENIED, "{ $.eventTime = * && $.sourceIPAddress = 192.* }", logs).examples["lost"]
    assert [one.time for one in lost] == [None]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "a.json", [record(1)])
    (tmp_path / "logs" / "b.json").write_text("{", encoding="utf-8")
    found = changes(DENIED, DENIED, str(tmp_path / "logs"))
    assert found.both == 1
    assert [Path(problem.path).name for problem in found.problems] == ["b.json"]


def test_only_what_is_selected_counts(tmp_path: Path) -> None:
    logs = write(tmp_path / "a.json", [record(1), record(2, awsRegion="us-east-1"), record(90)])
    selection = detector.Selection(regions=frozenset({"eu-west-1"}), end=1688994000)
    assert changes(DENIED, "", logs, selection=selection).both == 1


def test_transitions_are_gained_lost_and_moved(tmp_path: Path) -> None:
    # 5 calls at 12:10 and 2 more at 12:14 raise it for both, and one minute later for the narrower one
    records = [
        *burst(10, 3, sourceIPAddress="192.0.2.1"),
        *burst(11, 3, sourceIPAddress="192.0.2.2"),
        *burst(12, 3, sourceIPAddress="192.0.2.2"),
        *burst(60, 6, sourceIPAddress="192.0.2.1"),
        *burst(120, 6, sourceIPAddress="192.0.2.2"),
    ]
    logs = write(tmp_path / "a.json", records)
    old = detection(tmp_path / "old.toml", missing="notBreaching")
    new = detection(tmp_path / "new.toml", "{ $.sourceIPAddress = 192.0.2.2 }", missing="notBreaching")
    found = changes(old, new, logs)
    assert (found.both, found.gained, found.lost) == (12, 0, 9)
    assert found.transitions is not None
    raised = [
        (f"{one.old.at:%H:%M}", f"{one.new.at:%H:%M}")
        for one in found.transitions.moved
        if one.new.after == "ALARM"
    ]
    assert raised == [("12:12", "12:13")]
    assert [f"{one.at:%H:%M}" for one in found.transitions.lost if one.after == "ALARM"] == ["13:01"]
    assert found.transitions.gained == ()
    assert found.transitions.kept > 2


def test_a_pattern_has_no_transitions(tmp_path: Path) -> None:
    logs = archive(tmp_path / "logs")
    both = detection(tmp_path / "d.toml")
    assert changes(both, DENIED, logs).transitions is None
    same = changes(both, both, logs).transitions
    assert same is not None
    assert (same.gained, same.lost, same.moved) == ((), (), ())
    assert same.kept > 0


SEVERAL = """
[metric]
namespace = "Test"
name = "Denied"
[[filter]]
name = "denied"
pattern = '{{ $.errorCode = "AccessDenied" }}'
[[filter]]
name = "{name}"
pattern = '{pattern}'
[alarm]
name = "denied-alarm"
statistic = "Sum"
period = 60
evaluation_periods = 1
threshold = 5
comparison_operator = "GreaterThanOrEqualToThreshold"
"""


def several(path: Path, name: str, pattern: str) -> str:
    path.write_text(SEVERAL.format(name=name, pattern=pattern), encoding="utf-8")
    return str(path)


def test_filters_are_related_by_name_and_records_are_those_of_any_filter(tmp_path: Path) -> None:
    # 9 records are denied, 7 of them from .9, and one call of ListBuckets is not denied and from .7
    logs = archive(tmp_path / "logs")
    untimed = record(2, eventTime="soon", sourceIPAddress="198.51.100.9", errorCode="Other")
    write(tmp_path / "logs" / "odd.json", [untimed])
    old = several(tmp_path / "old.toml", "from", "{ $.sourceIPAddress = 198.51.100.9 }")
    new = several(tmp_path / "new.toml", "from", "{ $.sourceIPAddress = 192.0.2.7 }")
    found = detector.compare(old, new, logs)
    assert found.relation == "overlapping"
    assert [(one.name, one.verdict and one.verdict.relation) for one in found.filters] == [
        ("denied", "equivalent"),
        ("from", "disjoint"),
    ]
    assert found.archive is not None
    # What matches two filters of a side is one record; the one from .9 that is no denied call has no time.
    assert (found.archive.both, found.archive.gained, found.archive.lost) == (9, 1, 1)
    assert {name: (one.both, one.gained, one.lost) for name, one in found.archive.filters.items()} == {
        "denied": (9, 0, 0),
        "from": (0, 3, 8),
    }
    assert [one.time for one in found.archive.examples["lost"]] == [None]


def test_a_filter_that_only_one_side_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = archive(tmp_path / "logs")
    old = detection(tmp_path / "old.toml")
    new = several(tmp_path / "new.toml", "list", "{ $.eventName = ListBuckets }")
    main(["compare", old, new, logs])
    printed = capsys.readouterr().out
    assert printed.startswith("WIDER. ")
    assert "     filter list\n     { $.eventName = ListBuckets }\n" in printed
    assert (
        "Filter by filter\n"
        "  denied: equivalent; 9 the same, 0 lost, 0 gained\n"
        "  list: only in NEW; 0 the same, 0 lost, 1 gained\n"
    ) in printed
    main(["compare", new, old, logs, "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["filters"][1] == {
        "name": "list",
        "old": "{ $.eventName = ListBuckets }",
        "new": None,
        "verdict": None,
        "archive": {"both": 0, "gained": 0, "lost": 1},
    }
    assert found["filters"][0]["verdict"]["witnesses"]["both"] == {"errorCode": "AccessDenied"}


def test_filters_that_are_not_all_json_are_related_by_their_pairs(tmp_path: Path) -> None:
    def with_text(pattern: str) -> str:
        return several(tmp_path / f"{pattern.encode().hex()}.toml", "text", pattern)

    error, both, other = with_text("ERROR"), with_text("ERROR WARN"), with_text("?a ?b")
    for old, new, relation in (
        (error, error, "equivalent"),
        (error, both, "narrower"),
        (both, error, "wider"),
        (error, other, "overlapping"),
        ("ERROR", error, "wider"),
        ("WARN ERROR", both, "wider"),
    ):
        found = detector.compare(old, new)
        assert (found.relation, found.why_not, found.witnesses.not_found) == (relation, "", ())
    assert [one.verdict and one.verdict.relation for one in detector.compare(error, both).filters] == [
        "equivalent",
        "narrower",
    ]


def test_what_the_pairs_do_not_show_is_not_decided(tmp_path: Path) -> None:
    old = several(tmp_path / "old.toml", "text", "AccessDenied")
    new = tmp_path / "new.toml"
    # All that the JSON pattern matches has the word in it, but no pair of different kinds is decided.
    text = SEVERAL.format(name="text", pattern="AccessDenied")
    first, second = (f"[[filter]]{part}" for part in text.partition("[alarm]")[0].split("[[filter]]")[1:])
    new.write_text(text.replace(first, ""), encoding="utf-8")
    assert second in new.read_text("utf-8")
    found = detector.compare(old, str(new))
    assert (found.relation, found.never_match) == (None, ())
    assert found.why_not.startswith("filters of different kinds")
    assert found.witnesses.not_found == ("old_only",)
    assert found.witnesses.both is not None
