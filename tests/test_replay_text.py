"""The text report: its shape, what it leaves out, and that nothing inside a record steers a terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detector import load_detection, replay
from detector.jobs.replay import Replay, Replays
from detector.jobs.stuck import Stuck
from detector.quantities import count, span
from detector.render.kit.page import NARROWEST, WIDEST, Page
from detector.render.replay_json import as_json
from detector.render.replay_text import Detail, report
from tests.cli_archives import archive, burst, detection, record, write

EXPECTED = """\
Denied calls                                                                             denied.toml
────────────────────────────────────────────────────────────────────────────────────────────────────

ALARM 1 time. 9 of 10 records match the pattern.

ALARM 1: 2023-07-10 12:11 to 12:26 (15 min), 7 matches
  signs   misconfiguration: one principal repeats 1 call, 7 matches of 7; one role makes 7 of 7
          matches, and calls nothing but GetObject
  reason  Threshold Crossed: 1 out of the last 1 datapoints [7.0 (10/07/23 12:06:00)] was greater
          than or equal to the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).
  who     arn:aws:sts::111122223333:assumed-role/worker/i-0 (7)
  what    GetObject s3.amazonaws.com (7)
  errors  AccessDenied (7)
  from    198.51.100.9 (7)
  agents  aws-cli/2.13 (7)
  regions eu-west-1 (7)
  seen    first 2023-07-10 12:10:00, last 2023-07-10 12:10:00

Pattern   { $.errorCode = "AccessDenied" }
Alarm     denied-alarm: Sum >= 5 over 300 s, 1 of 1, missing data: missing; windows: sliding
Metric    Test / Denied: Sum over 5 min. A column is the highest value in 1 min; highest of all 7 at
          2023-07-10 12:11, threshold 5.

7 ┤       █████
5 ┤╌╌╌╌╌╌╌█████╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
  ┤       █████
  ┤       █████
  ┤▆▆▆▆▆  █████                              ▆▆▆▆▆
  └───────┬─────────┬─────────┬─────────┬─────────┬─────────┬─
          12:10     12:20     12:30     12:40     12:50     13:00

Transitions: 5, of which 1 to ALARM, 2 to OK, 2 to INSUFFICIENT_DATA
"""


def replayed(paths: Sequence[str], tmp_path: Path, **settings: object) -> Replay:
    path = detection(tmp_path / "denied.toml", **settings)  # type: ignore[arg-type]  # a test's settings
    [found] = replay([load_detection(path)], paths)
    return found


def text(found: Replay, detail: Detail = Detail.USUAL, *, coloured: bool = False, width: int = 100) -> str:
    return report(Replays((found,), found.reading), Page(coloured, width), detail)


def test_the_whole_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    logs = archive(tmp_path / "logs")
    detection(tmp_path / "denied.toml")
    [found] = replay([load_detection("denied.toml")], [logs])
    assert text(found).startswith(EXPECTED)


@pytest.mark.parametrize(
    "nasty",
    [
        "\x1b[31mred",
        "\x1b]0;title\x07",
        "\u202eright to left",
        "\u2066isolate\u2069",
        "zero\u200bwidth",
        "new\nline",
        "carriage\rreturn",
        "\x9b31m",
        "nul\x00",
        "\U000e0041tag",
        "{0} %s {name}",
        "long" * 10_000,
    ],
)
def test_no_text_of_a_record_steers_the_terminal(nasty: str, tmp_path: Path) -> None:
    fields = dict.fromkeys(("eventName", "eventSource", "sourceIPAddress", "userAgent", "awsRegion"), nasty)
    logs = write(tmp_path / "a.json", burst(1, 7, **fields, userIdentity={"arn": nasty}))
    lines = text(replayed([logs], tmp_path, title="Denied")).splitlines()
    assert all(line.isprintable() for line in lines)
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= Page().width
    assert len(lines) < 60
    if "{0}" in nasty:
        assert any(nasty in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("detail", Detail)
def test_lines_fit_the_page(
    width: int, detail: Detail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logs = archive(tmp_path / "logs")
    write(tmp_path / "logs" / "b.json", [record(minute, 9, userAgent="agent/" * 40) for minute in range(600)])
    names = [f"{number}-{'long-' * number * 6}name.toml" for number in range(5)]
    for number, name in enumerate(names):
        detection(Path(name), threshold=number + 1, title="A title " * 9)
    detection(
        Path("no.toml"), '{ $.userIdentity.sessionIssuer.userName = "somebody or other" && $.b = "yyyyy" }'
    )
    for asked in (names, [names[0], "no.toml"]):
        shown = report(replay(asked, logs), Page(width=width), detail)
        whole = (str(tmp_path), "The records do have ", "         but not ")  # a path, a selector
        assert [
            one for one in shown.splitlines() if len(one) > width and not any(map(one.count, whole))
        ] == []
    assert detail is Detail.BRIEF or max(map(len, shown.splitlines())) > width - 20


def storm(tmp_path: Path, bursts: int, apart: int) -> Replay:
    records = [one for number in range(bursts) for one in burst(number * apart, 5)]
    return replayed([write(tmp_path / "a.json", records)], tmp_path)


def test_the_worst_episodes_come_first_and_the_rest_is_a_flag_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a file is in the lines that are counted
    records = [
        record(number * 60, call, eventName=f"Get{call % (number % 7 + 1)}")
        for number in range(9)
        for call in range(5)
    ]
    found = replayed([write(Path("a.json"), records)], tmp_path)
    assert [one.number for one in found.worst] == [5, 6, 7, 4, 3, 2, 9, 1, 8]
    shown = text(found)
    assert "ALARM 9 times. 45 of 45 records match" in shown
    starts = [
        line for line in shown.splitlines() if line.startswith(("ALARM ", "Worst", "The others", "Pattern"))
    ]
    assert [line.split(":")[0].split(" (")[0] for line in starts[1:]] == [
        "Worst 3 episodes of 9",
        *("ALARM 5", "ALARM 6", "ALARM 7"),
        "The others",
        'Pattern   { $.errorCode = "AccessDenied" }',
    ]
    others = shown[shown.index("The others") :].splitlines()[2:8]
    assert [line.split()[0] for line in others] == ["4", "3", "2", "9", "1", "8"]
    assert others[0].split()[:-1] == ["4", "2023-07-10", "15:01", "15", "min", "5", "4", "misconfiguration"]
    assert others[0].endswith("/worker/i-0")
    assert "Insufficient Data" not in shown
    full = text(found, Detail.FULL)
    assert [line[:7] for line in full.splitlines() if line.startswith("ALARM ")][1:] == [
        f"ALARM {number}" for number in range(1, 10)
    ]
    assert full.count("→") == len(found.transitions)
    assert full.count("Insufficient Data: 1 datapoint was unknown.") == 9
    assert len(text(found, Detail.BRIEF).splitlines()) < 14


def test_an_alarm_that_is_always_on_is_stuck(tmp_path: Path) -> None:
    delivery = {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}
    records = [one for minute in range(0, 600, 4) for one in burst(minute, 5, userIdentity=delivery)]
    found = replayed([write(tmp_path / "a.json", [*records, *burst(300, 1)])], tmp_path)
    assert found.stuck == Stuck("delivery.logs.amazonaws.com", 750 / 751, "fix the filter, not the threshold")
    assert found.in_alarm == timedelta(hours=10, minutes=11)
    shown = text(found, width=200)
    assert (
        "Stuck: in ALARM for 99.8 % of the time (10 h 11 min). delivery.logs.amazonaws.com makes 99.9 % of the matches. "
        "Fix the filter, not the threshold."
    ) in shown
    assert text(found, Detail.BRIEF).splitlines()[2].split()[1:4] == ["1", "99.8", "%"]


@pytest.mark.parametrize(
    ("hours", "who", "stuck"),
    [
        (5, "a", False),  # of an archive of five hours
        (7, "a", True),
        (7, "abcdef", None),  # nobody makes most of it
    ],
)
def test_what_is_stuck(hours: int, who: str, *, stuck: bool | None, tmp_path: Path) -> None:
    records = [
        record(minute, number, userIdentity={"arn": f"arn:{who[(minute + number) % len(who)]}"})
        for minute in range(0, hours * 60, 4)
        for number in range(5)
    ]
    found = replayed([write(tmp_path / "a.json", records)], tmp_path)
    advice = "many callers make it: the filter counts what is usual here" if stuck is None else ""
    advice = "fix the filter, not the threshold" if stuck else advice
    assert (found.stuck.advice if found.stuck else "") == advice


def test_an_alarm_that_missing_data_holds_is_stuck_too(tmp_path: Path) -> None:
    logs = write(tmp_path / "a.json", [record(0), record(600)])
    path = detection(tmp_path / "d.toml", "{ $.eventName = Never }", missing="breaching")
    [found] = replay(path, logs)
    assert found.stuck == Stuck(None, None, "missing data holds it there: see treat_missing_data")
    assert "Missing data holds it there: see treat_missing_data." in text(found, width=200)


def test_of_many_detections_the_summary_comes_first_and_only_those_in_alarm_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logs = write(tmp_path / "a.json", [*burst(1, 6), *burst(90, 6), *burst(200, 2, eventName="Rare")])
    paths = [
        detection(Path("first.toml"), title="First"),
        detection(Path("never.toml"), "{ $.eventName = Never }", title="Never"),
        detection(Path("rare.toml"), "{ $.eventName = Rare }", title="Rare"),
        detection(Path("last.toml"), title="Last", threshold=6),
    ]
    found = replay(paths, logs)
    lines = report(found, Page(width=160)).splitlines()
    assert lines[0] == "Summary: 2 of 4 detections in ALARM"
    assert [line.split()[0] for line in lines[2:6]] == paths
    assert lines[2].split()[1:] == [
        *("2", "14", "%", "14", "2023-07-10", "12:02", "2023-07-10", "13:31"),
        "arn:aws:sts::111122223333:assumed-role/worker/i-0",
    ]
    assert lines[3].split()[1:] == ["-", "-", "0", "nothing", "matched"]
    assert lines[4].split()[1:] == ["-", "-", "2", "arn:aws:sts::111122223333:assumed-role/worker/i-0"]
    titles = {line.split("  ")[0] for line in lines} & {"First", "Never", "Rare", "Last"}
    assert titles == {"First", "Last"}
    everything = report(found, Page(width=160), Detail.FULL).splitlines()
    assert {line.split("  ")[0] for line in everything} >= {"First", "Never", "Rare", "Last"}
    brief = report(found, Page(width=160), Detail.BRIEF).splitlines()
    assert brief[:6] == lines[:6]
    assert brief[7].startswith("What was read")
    three = report(replay(paths[:3], logs), Page(width=160))
    assert three.index("Never") < three.index("Summary: 1 of 3 detections in ALARM")


def test_detections_of_one_configuration_are_listed_without_its_path(tmp_path: Path) -> None:
    logs = write(tmp_path / "a.json", burst(1, 6))
    shipped = [load_detection(f"cis/cloudwatch-{n}") for n in (1, 2)]
    named = [
        replace(one, name=f"deep/folder/alarms.yaml#{name}")
        for one, name in zip(shipped, ("Root", "NetworkGatewayChangesAlarm"), strict=True)
    ]
    found = replay(named, logs)
    listed = [line.split()[0] for line in report(found, Page(), Detail.BRIEF).splitlines()[2:4]]
    assert listed == ["Root", "NetworkGa…ngesAlarm"]
    [alone] = replay(named[:1], logs)
    assert "alarms.yaml#Root" in text(alone, width=100)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(3, "07-11"), (300, "2023-1"), (4000, "2027-")],
)
def test_the_axis_names_the_year_where_there_are_two(days: int, expected: str, tmp_path: Path) -> None:
    later = datetime(2023, 7, 10, 12, tzinfo=UTC) + timedelta(days=days)
    records = [record(1), record(1, 2, eventTime=f"{later:%Y-%m-%dT%H:%M:%SZ}")]
    path = write(tmp_path / "a.json", records)
    text = report(replay([detection(tmp_path / "d.toml")], [path]), Page())
    axis = text.splitlines()[next(i for i, line in enumerate(text.splitlines()) if "└" in line) + 1]
    assert expected in axis
    assert max(map(len, axis.split())) == (5 if days == 3 else 10)


def test_times_close_together_are_one_episode(tmp_path: Path) -> None:
    found = storm(tmp_path, 3, 20)
    [one] = found.episodes
    assert [f"{time.start:%H:%M}" for time in one.times] == ["12:01", "12:21", "12:41"]
    assert one.matches == 15
    assert "ALARM 3 times in 1 episode (half an hour apart or more)." in text(found)
    assert "raised  3 times: 12:01, 12:21, 12:41" in text(found)


def test_times_far_apart_are_episodes_of_their_own(tmp_path: Path) -> None:
    found = storm(tmp_path, 3, 60)
    assert [one.matches for one in found.episodes] == [5, 5, 5]
    assert "ALARM 3 times. 15 of 15 records match" in text(found)


def test_an_episode_counts_who_and_what_and_says_how_many_more(tmp_path: Path) -> None:
    records = [
        record(1, number, eventName=f"Call{min(number, 7)}", errorCode="AccessDenied") for number in range(9)
    ]
    [one] = replayed([write(tmp_path / "a.json", records)], tmp_path).episodes
    first, *others = one.fields["events"].top
    assert first == ("Call7 s3.amazonaws.com", 2)
    assert [name.split()[0] for name, _ in others] == [f"Call{number}" for number in range(7)]
    assert one.fields["errors"].top == (("AccessDenied", 9),)


def test_fifty_calls_of_an_intruder_do_not_drown(tmp_path: Path) -> None:
    """In the middle of ten thousand refusals of a service, in one ALARM."""
    logs_service = {"userIdentity": {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}}
    arn = "arn:aws:iam::111122223333:user/visitor"
    flood = [
        record(1 + number // 100, number, eventName="PutObject", **logs_service) for number in range(10_011)
    ]
    tried = [
        record(50, 600 + number, eventName=f"List{'ABCDE'[number % 5]}", userIdentity={"arn": arn})
        for number in range(50)
    ]
    found = replayed([write(tmp_path / "a.json", [*flood[:5000], *tried, *flood[5000:]])], tmp_path)
    [one] = found.episodes
    assert one.matches == 10_061
    assert one.fields["principals"].top == (("delivery.logs.amazonaws.com", 10_011), (arn, 50))
    assert one.calls[arn].top == tuple((f"List{name} s3.amazonaws.com", 10) for name in "ABCDE")
    shown = text(found)
    assert f"{arn} (50)" in shown
    assert "calls   " in shown
    called = shown[shown.index("  calls ") :].splitlines()
    assert called[0].endswith("user/visitor: ListA (10), ListB (10), ListC (10), ListD (10),")
    assert called[1].split() == ["ListE", "(10)"]
    assert called[2].split() == ["delivery.logs.amazonaws.com:", "PutObject", "(10,011)"]
    [told] = json.loads("".join(as_json([found])))
    service, visitor = told["episodes"][0]["principals"]["top"]
    assert (service["count"], visitor["value"], visitor["count"]) == (10_011, arn, 50)
    assert {one["value"].split()[0]: one["count"] for one in visitor["events"]["top"]} == {
        f"List{name}": 10 for name in "ABCDE"
    }


def test_a_long_principal_takes_two_lines_and_nothing_else_does(tmp_path: Path) -> None:
    arn = "arn:aws:sts::111122223333:assumed-role/" + "role-" * 9 + "/" + "session-" * 6
    records = [
        *burst(1, 6, userIdentity={"arn": arn}, userAgent="agent/" * 30),
        record(1, 9, userIdentity={"arn": "arn:b"}),
        record(1, 10, userIdentity={"arn": "arn:c"}),
    ]
    shown = text(replayed([write(tmp_path / "a.json", records)], tmp_path))
    at = shown.index("  who ")
    lines = shown[at:].splitlines()
    assert lines[0].removeprefix("  who ").strip() + lines[1].removesuffix(" (6),").strip() == arn
    assert lines[2].split() == ["arn:b", "(1),", "arn:c", "(1)"]
    assert sum("agent/agent/" in line for line in lines) == 1


def test_matches_outside_the_windows_are_no_part_of_an_episode(tmp_path: Path) -> None:
    [one] = replayed([archive(tmp_path / "logs")], tmp_path).episodes
    assert one.matches == 7
    assert one.fields["addresses"].top == (("198.51.100.9", 7),)


def test_an_alarm_that_never_ends(tmp_path: Path) -> None:
    found = replayed([write(tmp_path / "a.json", burst(1, 7))], tmp_path, missing="ignore")
    [one] = found.episodes
    assert one.end is None
    assert "still in ALARM at the end of the logs" in text(found)


def test_colour_only_where_it_was_asked_for(tmp_path: Path) -> None:
    found = replayed([archive(tmp_path / "logs")], tmp_path)
    assert "\x1b" not in text(found)
    assert "\x1b[1;31mALARM 1 time.\x1b[0m" in text(found, coloured=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "variables", "coloured"),
    [
        (io.StringIO(), {}, False),
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": ""}, False),
        (Terminal(), {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (Terminal(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_style(
    stream: io.StringIO, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Page.of(stream).coloured is coloured


@pytest.mark.parametrize(
    ("stream", "columns", "width"),
    [
        (Terminal(), "80", 80),
        (Terminal(), "200", 200),
        (Terminal(), "20", NARROWEST),
        (Terminal(), "9999", WIDEST),
        (io.StringIO(), "80", 100),
    ],
)
def test_a_page_is_as_wide_as_the_terminal(
    stream: io.StringIO, columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Page.of(stream).width == width


def test_words() -> None:
    from datetime import timedelta

    assert [count(1, "file"), count(1234, "file"), count(2, "match", "matches")] == [
        "1 file",
        "1,234 files",
        "2 matches",
    ]
    spans = [timedelta(seconds=30), timedelta(minutes=6), timedelta(hours=2, minutes=53), timedelta(hours=5)]
    assert [span(one) for one in spans] == ["30 s", "6 min", "2 h 53 min", "5 h"]
    assert [span(timedelta(days=3, hours=4)), span(timedelta(days=7))] == ["3 d 4 h", "7 d"]


def test_values_beyond_the_cap_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.metrics.evidence.MAX_VALUES", 2)
    records = [record(1, number, userIdentity={"arn": f"arn:{number % 4}"}) for number in range(20)]
    found = replayed([write(tmp_path / "a.json", records)], tmp_path)
    ranking = found.episodes[0].fields["principals"]
    assert (len(ranking.top), ranking.more, ranking.others) == (2, 0, 10)
    assert "(5), others (10)" in text(found)


def test_an_episode_knows_what_was_called_upon(tmp_path: Path) -> None:
    records = burst(1, 5, resources=[{"ARN": "arn:aws:s3:::a"}, {"ARN": "arn:aws:s3:::b"}])
    [one] = replayed([write(tmp_path / "a.json", [*records, *burst(1, 2)])], tmp_path).episodes
    assert one.fields["resources"].top == (("arn:aws:s3:::a", 5), ("arn:aws:s3:::b", 5))
    assert one.fields["accounts"].top == (("111122223333", 7),)


def test_a_time_of_another_day_has_its_date(tmp_path: Path) -> None:
    records = [
        record(0, number, eventTime=f"2023-07-{day}T{time}:0{number}Z")
        for day, time in (("10", "23:40"), ("10", "23:58"), ("11", "00:20"))
        for number in range(5)
    ]
    shown = text(replayed([write(tmp_path / "a.json", records)], tmp_path))
    assert "raised  3 times: 23:41, 23:59, 2023-07-11 00:21" in shown


def test_each_filter_that_matched_nothing_has_its_why(tmp_path: Path) -> None:
    path = Path(detection(tmp_path / "denied.toml", "{ $.eventName = Nothing }"))
    other = "[[filter]]\nname = 'other'\npattern = '{ $.nowhere = 1 }'\n"
    path.write_text(path.read_text("utf-8").replace("[filter]", "[[filter]]") + other, encoding="utf-8")
    [found] = replay(path, write(tmp_path / "a.json", burst(1, 5)))
    shown = text(found)
    assert "denied:\nThe pattern demands $.eventName = Nothing" in shown
    assert "other:\nNo record has $.nowhere." in shown
