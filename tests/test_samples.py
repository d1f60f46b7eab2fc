"""The committed samples are what their script writes, and have the shape that they claim.

Counted with plain Python on the decoded records, independently of the package, so that the samples can
serve as evidence against it.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import tomllib
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
NOISY = ("AWSServiceRoleForConfig", "AWSServiceRoleForResourceExplorer")
DOCUMENTATION = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
STAMP = re.compile(r"111122223333_CloudTrail_([a-z0-9-]+)_(\d{8}T\d{4})Z_[0-9A-Za-z]{16}\.json\.gz")
WINDOW = timedelta(minutes=5)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Log:
    path: Path
    stamp: datetime
    text: str
    records: list[Record]


@cache
def logs() -> tuple[Log, ...]:
    return tuple(map(_log, sorted((SAMPLES / "AWSLogs/111122223333/CloudTrail").rglob("*.json.gz"))))


def _log(path: Path) -> Log:
    found = STAMP.fullmatch(path.name)
    assert found, path
    stamp = datetime.strptime(found[2], "%Y%m%dT%H%M").replace(tzinfo=UTC)
    assert path.parent.as_posix().endswith(f"{found[1]}/{stamp:%Y/%m/%d}")
    text = gzip.decompress(path.read_bytes()).decode("ascii")
    return Log(path, stamp, text, json.loads(text)["Records"])


def records() -> list[Record]:
    return [record for log in logs() for record in log.records]


def at(record: Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"])


def issuer(record: Record) -> str | None:
    name = record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {}).get("userName")
    assert name is None or isinstance(name, str)
    return name


def refused(record: Record) -> bool:
    code: str = record.get("errorCode", "")
    return code.endswith("UnauthorizedOperation") or code.startswith("AccessDenied")


def matches() -> list[Record]:
    """What the corrected detection means to count, said in Python."""
    return [record for record in records() if refused(record) and issuer(record) not in NOISY]


def incidents() -> list[dict[str, Any]]:
    return list(tomllib.loads((SAMPLES / "incidents.toml").read_text())["incident"])


def most_in_five_minutes(times: list[datetime]) -> int:
    return max((sum(start <= time < start + WINDOW for time in times) for start in times), default=0)


@cache
def rewritten(folder: Path) -> Path:
    script = SAMPLES / "make_samples.py"
    subprocess.run([sys.executable, str(script), str(folder)], check=True, capture_output=True)
    return folder


def test_the_script_writes_what_is_committed(tmp_path: Path) -> None:
    made, kept = contents(rewritten(tmp_path)), contents(SAMPLES)
    assert sorted(made) == sorted(kept)
    differing = [name for name in made if plain(name, made[name]) != plain(name, kept[name])]
    assert not differing
    if "zlib-ng" not in zlib.ZLIB_RUNTIME_VERSION:  # it packs the same text into other bytes
        assert [name for name in made if made[name] != kept[name]] == []


def contents(folder: Path) -> dict[str, bytes]:
    paths = [*(folder / "AWSLogs").rglob("*"), folder / "incidents.toml"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def plain(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.endswith(".gz") else content


def test_it_stays_small() -> None:
    sizes = [path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()]
    assert sum(sizes) < 2_000_000
    assert len(sizes) < 1_500


def test_files_are_compact_single_lines_as_aws_packs_them() -> None:
    for log in logs():
        assert log.text == log.text.strip()
        assert "\n" not in log.text
        assert log.text.startswith('{"Records":[')
        assert log.text.endswith("]}")
        assert log.path.read_bytes()[:10] == b"\x1f\x8b\x08" + bytes(7)
        assert log.stamp.minute % 5 == 0


def test_two_weeks_of_one_account_in_three_regions() -> None:
    days = {at(record).date() for record in records()}
    assert len(days) == 14
    assert {log.path.parts[-5] for log in logs()} == {"us-east-1", "eu-west-1", "us-west-2"}
    assert {record["recipientAccountId"] for record in records()} == {"111122223333"}


def test_every_hour_of_the_home_region_has_a_file() -> None:
    hours = {log.stamp.replace(minute=0) for log in logs() if log.path.parts[-5] == "us-east-1"}
    first = datetime(2025, 3, 3, 1, tzinfo=UTC)
    assert {first + timedelta(hours=hour) for hour in range(14 * 24 - 1)} <= hours


def test_deliveries_are_zero_to_608_seconds_late() -> None:
    late = sorted((log.stamp - at(record)).total_seconds() for log in logs() for record in log.records)
    assert late[0] >= 0
    assert late[-1] <= 608
    assert 180 <= late[len(late) // 2] <= 340


def test_some_files_share_a_stamp_and_a_region() -> None:
    slots = Counter((log.path.parent, log.stamp) for log in logs())
    assert max(slots.values()) >= 3


def test_some_events_come_twice_and_never_twice_in_one_file() -> None:
    counts = Counter(record["eventID"] for record in records())
    assert set(counts.values()) == {1, 2}
    assert 0.02 <= sum(count == 2 for count in counts.values()) / len(counts) <= 0.05
    for log in logs():
        assert len({record["eventID"] for record in log.records}) == len(log.records)


def test_records_are_out_of_order_in_many_files() -> None:
    several = [[record["eventTime"] for record in log.records] for log in logs() if len(log.records) > 1]
    share = sum(times != sorted(times) for times in several) / len(several)
    assert 0.27 <= share <= 0.84


def test_some_files_are_empty() -> None:
    assert sum(log.text == '{"Records":[]}' for log in logs()) == 6


@pytest.mark.parametrize("escape", [r"\u003d", r"\u0026", r"\u0027", r"\u003c", r"\u003e", r"\"", r"\n"])
def test_escapes_occur(escape: str) -> None:
    assert any(escape in log.text for log in logs())


def test_some_services_do_not_escape() -> None:
    assert any('="' in log.text for log in logs())  # the end of S3's x-amz-id-2


def test_digests_name_real_files_with_their_hashes() -> None:
    digests = sorted((SAMPLES / "AWSLogs/111122223333/CloudTrail-Digest").rglob("*.json.gz"))
    named = [
        entry for path in digests for entry in json.loads(gzip.decompress(path.read_bytes()))["logFiles"]
    ]
    assert len(digests) == 48
    assert len(named) > 48
    for entry in named:
        content = gzip.decompress((SAMPLES / entry["s3Object"]).read_bytes())
        assert sha256(content).hexdigest() == entry["hashValue"]


def test_sessions_have_the_shapes_of_real_records() -> None:
    shapes = {shape(record["userIdentity"]) for record in records()}
    assert shapes == {
        "AWSService without session",
        "AssumedRole with issuer",
        "IAMUser with empty issuer",
        "IAMUser without issuer",
        "IAMUser without session",
        "Root without issuer",
        "Root without session",
    }


def shape(identity: dict[str, Any]) -> str:
    assert (
        "sessionIssuer" not in identity
    )  # the path of the lab's deployed filter, which CloudTrail never had
    context = identity.get("sessionContext")
    if context is None:
        return f"{identity['type']} without session"
    if "sessionIssuer" not in context:
        return f"{identity['type']} without issuer"
    return f"{identity['type']} with {'issuer' if context['sessionIssuer'] else 'empty issuer'}"


def test_refusals_are_spelled_as_each_service_spells_them() -> None:
    codes = {
        (record["eventSource"] == "ec2.amazonaws.com", record["errorCode"])
        for record in records()
        if refused(record)
    }
    assert codes == {(True, "Client.UnauthorizedOperation"), (False, "AccessDenied")}


def test_a_failed_sign_in_has_a_message_and_no_code() -> None:
    failed = [record for record in records() if record.get("errorMessage") == "Failed authentication"]
    assert len(failed) >= 14
    assert all("errorCode" not in record for record in failed)


@pytest.mark.parametrize("role", NOISY)
def test_the_noisy_roles_are_refused_every_day_and_more_than_all_else(role: str) -> None:
    noise = [record for record in records() if refused(record) and issuer(record) == role]
    assert {at(record).date() for record in noise} == {at(record).date() for record in records()}
    assert len(noise) > len(matches())


def test_no_identity_belongs_to_anyone() -> None:
    for record in records():
        address = record["sourceIPAddress"]
        if not address.endswith(".amazonaws.com"):
            assert any(ip_address(address) in network for network in DOCUMENTATION)
        key = record["userIdentity"].get("accessKeyId", "")
        assert key.endswith("EXAMPLE") or not key


@pytest.mark.parametrize("incident", incidents(), ids=lambda incident: str(incident["name"]))
def test_each_incident_reaches_five_denials_in_five_minutes(incident: dict[str, Any]) -> None:
    own = [record for record in matches() if incident["start"] <= at(record) < incident["end"]]
    own = [
        record
        for record in own
        if incident["principal"] in {issuer(record), record["userIdentity"].get("userName")}
    ]
    unique = {record["eventID"]: at(record) for record in own}
    assert most_in_five_minutes(list(unique.values())) >= 5


def test_the_lab_s_threshold_also_pages_for_nothing() -> None:
    times = [at(record) for record in matches()]
    quiet = [time for time in times if not any(i["start"] <= time < i["end"] for i in incidents())]
    bursts = {time.date() for time in quiet if sum(time <= other < time + WINDOW for other in quiet) >= 5}
    assert len(bursts) >= 10


def test_ten_in_fifteen_minutes_would_tell_incidents_from_the_rest() -> None:
    times = [at(record) for record in matches()]
    quarter = timedelta(minutes=15)
    quiet = [time for time in times if not any(i["start"] <= time < i["end"] for i in incidents())]
    assert max(sum(time <= other < time + quarter for other in quiet) for time in quiet) < 10
    for incident in incidents():
        own = [time for time in times if incident["start"] <= time < incident["end"]]
        assert max(sum(time <= other < time + quarter for other in own) for time in own) >= 10


NO_LIST = {f"cloudwatch-{number}.toml" for number in (1, 2, 3, 6)}  # these test other fields
LISTED = sorted(
    path
    for path in (ROOT / "patterns/cis").glob("*.toml")
    if path.name not in NO_LIST and ".test." not in path.name
)


@pytest.mark.parametrize("path", LISTED, ids=lambda path: str(path.stem))
def test_a_control_that_lists_event_names_has_one_to_match(path: Path) -> None:
    pattern = tomllib.loads(path.read_text())["filter"]["pattern"]
    names = set(re.findall(r'eventName ?= ?"?(\w+)', pattern))
    sources = set(re.findall(r"eventSource ?= ?([a-z0-9.]+)", pattern))
    assert any(
        record["eventName"] in names and (not sources or record["eventSource"] in sources)
        for record in records()
    )


def test_root_is_used_and_someone_signs_in_without_mfa() -> None:
    assert any(record["userIdentity"]["type"] == "Root" for record in records())
    signed_in = [record for record in records() if record["responseElements"] == {"ConsoleLogin": "Success"}]
    assert {record["additionalEventData"]["MFAUsed"] for record in signed_in} == {"Yes", "No"}
