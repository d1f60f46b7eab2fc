"""Deliveries that nothing tells are drawn: as the archive's own, or around a delay; the same whoever asks."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive import Clock, Event, Plan, Source, walk
from detector.archive.clock import settled
from detector.archive.delays import Delays
from detector.cli.main import main
from detector.errors import SettingsError
from detector.jobs.replay import replay
from detector.scan import plain, processes
from tests.cli_archives import burst, detection, write

NOON = 1_688_990_400  # 2023-07-10T12:00:00Z


def named(folder: Path, minute: int, late: list[int]) -> None:
    """A file of a trail that was delivered at a minute after noon, with records so many seconds before."""
    at = NOON + 60 * minute
    records = [
        {"eventVersion": "1.08", "eventTime": f"{datetime.fromtimestamp(at - one, UTC):%Y-%m-%dT%H:%M:%SZ}"}
        for one in late
    ]
    stamp = f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%MZ}"
    path = folder / f"111122223333_CloudTrail_eu-west-1_{stamp}_abcdefghijklmnop.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))


@pytest.mark.parametrize("text", ["5m±3m", "5m+-3m", "5 m +/- 3 m", "300±180", " 5m±3m,seed=0"])
def test_a_spread_is_around_its_delay(text: str) -> None:
    delays = Delays.of(text)
    late = [
        delays.delivered(Source(f"{name}.json"), second) - second
        for name in range(40)
        for second in range(0, 3600, 7)
    ]
    assert (min(late) >= 120, max(late) <= 480) == (True, True)
    assert abs(fmean(late) - 300) < 6
    assert max(late) - min(late) > 330


@pytest.mark.parametrize(
    "text", ["5m±6m", "5m±0s", "±", "empirically", "5m±3m,seed=-1", "5m,seed=3", "31d±1d", "5m±3m,seed="]
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="expected a delay such as 5m, 5m±3m"):
        Delays.of(text)


def test_events_of_one_slot_and_file_arrive_together_and_others_apart() -> None:
    delays, one, other = Delays.of("5m±3m"), Source("a/one.json"), Source("b/other.json")
    assert len({delays.delivered(one, NOON + second) for second in range(300)}) == 1
    assert len({delays.delivered(one, NOON + 300 * slot) - 300 * slot for slot in range(50)}) > 20
    assert any(
        delays.delivered(one, NOON + 300 * slot) != delays.delivered(other, NOON + 300 * slot)
        for slot in range(9)
    )
    assert delays.delivered(Source("elsewhere/one.json"), NOON) == delays.delivered(one, NOON)
    assert Delays.of("5m±3m,seed=1").delivered(one, NOON) != delays.delivered(one, NOON)


BATCH = st.lists(st.integers(0, 600), min_size=1, max_size=20).map(tuple)


@given(st.lists(BATCH, min_size=1, max_size=30))
def test_delays_like_those_seen_have_their_mean_and_nothing_arrives_before_it_happened(
    seen: list[tuple[int, ...]],
) -> None:
    delays = Delays.of("empirical").seeing(seen)
    events = [late for batch in seen for late in batch]
    assert (delays.seen, min(delays.gaps) >= 0) == (len(events), True)
    drawn = (delays.slot + 1) / 2 + fmean(delays.gaps)
    assert abs(drawn - fmean(events)) <= 2 + 600 / len(delays.gaps)
    assert delays.middle <= delays.long <= max(events)


def test_delays_of_next_to_nothing_are_nothing() -> None:
    """The mean of some quantiles can be below zero: it used to be looked for without an end."""
    delays = Delays.of("empirical").seeing([(0,) * 1500, (0,) * 2, (9,)])
    assert (delays.slot, min(delays.gaps), max(delays.gaps)) == (1, 0, 8)
    assert Delays.of("empirical").seeing([(0,) * 1400, *((5,) for _ in range(250))]).gaps[0] == 0


def test_where_every_name_tells_it_nothing_is_drawn(tmp_path: Path) -> None:
    """Then it is the clock of deliveries, event by event; without a name it has the same mean."""
    for place in range(120):
        named(tmp_path, 5 * place, [place * 7 % 300, 100 + place * 11 % 400])
    plan = Plan.of(str(tmp_path), delay="empirical")
    sources = plan.locate().files
    told = [one.time for one in walk(Plan(paths=plan.paths, clock=Clock.DELIVERY)) if isinstance(one, Event)]
    assert [one.time for one in walk(settled(plan, sources)) if isinstance(one, Event)] == told
    (tmp_path / "loose").mkdir()
    for number, path in enumerate(sorted(tmp_path.glob("1*.gz"))[::2]):
        path.rename(tmp_path / "loose" / f"{number}.json.gz")
    mixed = settled(plan, plan.locate().files)
    loose = Plan(paths=(str(tmp_path / "loose"),), delays=mixed.delays)
    drawn = [one.time for one in walk(loose) if isinstance(one, Event)]
    happened = [one.time for one in walk(Plan(paths=loose.paths)) if isinstance(one, Event)]
    assert mixed.delays is not None
    late = [after - before for after, before in zip(map(int, drawn), map(int, happened), strict=True)]  # type: ignore[arg-type]  # all have a time
    assert abs(fmean(late) - 225) < 45


def test_an_archive_that_tells_nothing_has_no_delays_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "loose.json", burst(10, 7))
    path = detection(tmp_path / "d.toml")
    assert main(["replay", str(tmp_path / "loose.json"), "-d", path, "--delay", "empirical"]) == 2
    assert "found none of 1: say how long it takes, such as 5m±3m" in capsys.readouterr().err
    assert main(["replay", str(tmp_path), "-d", path, "--delay", "5m±3m", "--clock", "event"]) == 2
    assert "without --clock event" in capsys.readouterr().err


def test_it_is_the_same_with_any_number_of_processes(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / f"{number}.json", burst(10 + number, 7) + burst(40, 3))
    write(tmp_path / "z.json", [{**one, "eventTime": "2099-12-31T23:58:00Z"} for one in burst(10, 2)])
    named(tmp_path, 25, [30, 200])
    path = detection(tmp_path / "d.toml")
    found = [
        replay(path, str(tmp_path), delay="empirical,seed=3", scan=scan)[0]
        for scan in (plain.scan, partial(processes.scan, jobs=1), partial(processes.scan, jobs=2))
    ]
    told = [(one.transitions, one.samples.rows(), one.matched, one.reading.problems) for one in found]
    assert told[0] == told[1] == told[2]
    assert found[0].alarms
    assert str(found[0].reading.plan.delays).endswith("seed 3")


def test_the_report_says_how_it_was_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "loose.json", burst(10, 7))
    path = detection(tmp_path / "d.toml")
    for form in ("text", "markdown", "json"):
        assert (
            main(["replay", str(tmp_path / "loose.json"), "-d", path, "--delay", "5m+-3m", "--format", form])
            == 0
        )
        assert "5m+-3m, seed 0" in " ".join(capsys.readouterr().out.split())
