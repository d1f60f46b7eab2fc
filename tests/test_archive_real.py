"""The public archives: every file is read, and every record counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.archive import Event, Plan, event_time, locate, oversize, source_events
from detector.cloudtrail.record import region

ARCHIVES = os.environ.get("DETECTOR_ARCHIVES")

# Folder and records, from the table that accompanies the archives.
RECORDS = {
    "invictus-ir_aws_dataset": 2900,
    "boogy_CloudTrail-Log-Parser": 1685,
    "opensearch-catalog": 840,
    "panther-analysis": 419,
    "TrailDiscover": 313,
    "DataDog_stratus-red-team": 310,
    "criblpacks_aws-cloudtrail": 249,
    "OTRF_Security-Datasets": 103,
    "stevezieglerva_cloudtrail-log-analytics": 4,
    "trailscraper": 3,
}

pytestmark = pytest.mark.skipif(
    not ARCHIVES, reason="DETECTOR_ARCHIVES names no folder of public CloudTrail archives"
)


def folder(name: str) -> str:
    path = Path(ARCHIVES or "") / name
    if not path.is_dir():
        pytest.skip(f"DETECTOR_ARCHIVES has no folder {name}")
    return str(path)


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_read(name: str) -> None:
    located = locate([folder(name)])
    assert located.problems == []
    assert set(located.left_out) <= {"not a log file"}
    found = [event for file in located.files for event in source_events(Plan(timed=False), file)]
    records = [event.record for event in found if isinstance(event, Event) and event.record is not None]
    assert len(records) == len(found) == RECORDS[name]
    assert None not in map(event_time, records)
    assert None not in map(region, records)
    assert not any(oversize(event) for event in found if isinstance(event, Event))


@pytest.mark.parametrize("name", RECORDS)
def test_the_path_tells_everything(name: str) -> None:
    for file in locate([folder(name)]).files:
        assert file.account is not None
        assert file.region is not None
        assert file.day is not None
        assert file.delivered is not None
        assert file.delivered % 60 == 0
        assert file.size > 0


def test_a_native_file_was_delivered_after_its_events() -> None:
    for file in locate([folder("invictus-ir_aws_dataset")]).files:
        for event in source_events(Plan(timed=False), file):
            assert isinstance(event, Event)
            assert event.record is not None
            assert 0 <= (file.delivered or 0) - (event_time(event.record) or 0) < 900
