"""What else the settings in question would do: each figure against a replay, a calendar or a composite made by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detector
from detector.alarm import State
from detector.cli.main import main
from detector.composite import CompositeSettings
from detector.composite.history import history_plain
from detector.detections import load_detection
from detector.errors import SettingsError
from detector.jobs.backtest.calendar import Calendar, OfficeHours
from detector.jobs.replay import Replay, replay
from tests.cli_archives import burst, detection, write

ROOT = Path(__file__).parents[1]
SAMPLES = str(ROOT / "samples")
HAVE_SAMPLES = pytest.mark.skipif(
    not (ROOT / "samples").exists(), reason="samples/ are not beside the package"
)
LAB = "lab/unauthorized-api-calls"
BERLIN = "09:00-17:00 Europe/Berlin"


def raised(found: Replay) -> list[datetime]:
    return [one.at for one in found.transitions if one.after is State.ALARM and isinstance(one.at, datetime)]


def swept(**settings: Any) -> detector.Backtest:
    grid = {"threshold": "5,10", "datapoints": "1/1,2/4", "treat_missing_data": "missing,notBreaching"}
    return detector.backtest(LAB, SAMPLES, grid, incidents=f"{SAMPLES}/incidents.toml", **settings)


def whose(name: str) -> str:
    """The events of a principal: its ARN, else what else names it."""
    others = " || ".join(
        f'$.userIdentity.{key} = "{name}"' for key in ("userName", "invokedBy", "principalId")
    )
    return f'$.userIdentity.arn = "{name}" || ($.userIdentity.arn NOT EXISTS && ({others}))'


@HAVE_SAMPLES
@pytest.mark.parametrize("clock", ["event", "delivery"])
def test_the_other_clock_is_a_replay_on_it(clock: str) -> None:
    found = swept(clock=clock)
    assert found.asides is not None
    assert found.asides.other == ("delivery" if clock == "event" else "event")
    for name, cell in found.in_question.items():
        single = replay(
            replace(load_detection(LAB), alarm=cell.alarm), SAMPLES, clock=str(found.asides.other)
        ).detections[0]
        did = found.asides.on_other[name]
        assert (did.pages, did.seconds) == (single.alarms, single.in_alarm.total_seconds())


@HAVE_SAMPLES
def test_one_alarm_for_each_principal_is_a_replay_of_its_events() -> None:
    found, present = swept(), load_detection(LAB)
    assert found.asides is not None
    [whole] = replay(present, SAMPLES)
    names = whole.matches["principal"].cast(str).unique().to_list()
    assert found.asides.principals == len(names) > 5
    pattern = present.filters[0].pattern
    own = [
        replace(
            present,
            filters=(
                replace(
                    present.filters[0],
                    pattern=detector.compile(f"{{ ({str(pattern)[1:-1]}) && ({whose(name)}) }}"),
                ),
            ),
        )
        for name in names
    ]
    pages = Counter({name: len(raised(one)) for name, one in zip(names, replay(own, SAMPLES), strict=True)})
    told = found.asides.by_principal["present"]
    assert (told.pages, told.paging) == (pages.total(), len(+pages))
    assert (told.most, pages[told.noisiest]) == (max(pages.values()), max(pages.values()))


@HAVE_SAMPLES
def test_composites_of_two_settings_are_those_of_the_plain_history() -> None:
    found = swept()
    assert found.asides is not None
    assert len(found.asides.composites) >= 2
    alarms = {name: cell.alarm for name, cell in found.in_question.items()}
    replays = {
        name: replay(replace(load_detection(LAB), alarm=alarm), SAMPLES).detections[0]
        for name, alarm in alarms.items()
    }
    start = min(one.start for one in replays.values() if one.start)
    end = max(one.end for one in replays.values() if one.end)
    for rule, did in found.asides.composites.items():
        first, word, other = rule.split(" ", 2)
        asked = CompositeSettings(name="c", alarm_rule=f'ALARM("{first}") {word} ALARM("{other}")')
        told = history_plain(
            {"c": asked}, {name: one.transitions for name, one in replays.items()}, "c", start, end
        )
        assert did.pages == sum(after is State.ALARM for _, after in told), rule


@HAVE_SAMPLES
def test_the_calendar_is_that_of_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-d", LAB, "--threshold", "5,8", "--office-hours", BERLIN]
    assert main(["backtest", SAMPLES, *options, "--format", "json"]) == 0
    about = next(row["about"] for row in json.loads(capsys.readouterr().out) if row["current"])
    pages = [at.astimezone(ZoneInfo("Europe/Berlin")) for at in raised(replay(LAB, SAMPLES).detections[0])]
    told = about["asides"]["calendars"]["present"]
    hours = Counter((at.weekday(), at.hour) for at in pages)
    assert told["alarms_by_weekday_and_hour"] == [
        [hours[day, hour] for hour in range(24)] for day in range(7)
    ]
    assert told["alarms_outside_office_hours"] == sum(
        at.weekday() > 4 or not 9 <= at.hour < 17 for at in pages
    )
    assert main(["backtest", SAMPLES, *options]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "By the time of delivery, as above: present 21 pages" in out
    assert "By eventTime: present 46 pages" in out
    assert "Pages outside of 09:00-17:00 Europe/Berlin, Monday to Friday: present 10" in out


def test_a_mixed_archive_has_one_clock(tmp_path: Path) -> None:
    logs = write(tmp_path / "loose.json", burst(1, 7))
    found = detector.backtest(detection(tmp_path / "d.toml"), logs, {"threshold": "1,5"})
    assert found.asides is not None
    assert (found.asides.other, dict(found.asides.on_other)) == (None, {})


@given(
    st.lists(st.integers(0, 4 * 10**9), unique=True, max_size=20).map(sorted),
    st.sampled_from(["UTC", "+05:30", "Europe/Berlin", "America/New_York"]),
)
def test_a_calendar_of_any_pages(pages: Sequence[int], zone: str) -> None:
    office = OfficeHours.of(f"08:30-17:15 {zone}")
    found = Calendar.of(pages, (0, 4 * 10**9), office)
    at = [datetime.fromtimestamp(page, UTC).astimezone(office.clock.zone) for page in pages]
    assert sum(map(sum, found.hours)) == len(pages)
    for one in at:
        assert found.hours[one.weekday()][one.hour]
    minutes = [timedelta(hours=one.hour, minutes=one.minute) for one in at]
    inside = [timedelta(hours=8, minutes=30) <= one < timedelta(hours=17, minutes=15) for one in minutes]
    weekday = [one.weekday() not in {5, 6} for one in at]
    assert found.outside == sum(not (a and b) for a, b in zip(inside, weekday, strict=True))
    assert found.quiet == max(b - a for a, b in zip([0, *pages], [*pages, 4 * 10**9], strict=True))


@pytest.mark.parametrize(
    "text", ["", "9-17", "17:00-09:00", "09:00-24:30", "09:00-17:00 Mars/X", "09:00-09:00"]
)
def test_what_are_no_office_hours(text: str) -> None:
    with pytest.raises(SettingsError):
        OfficeHours.of(text)
