"""Parquet of Athena and Security Lake: where it answers a pattern, the answer is that of CloudTrail's own record.

In: the records of the samples and some odd ones. Law: for a pattern about any member of any of them, the record that was
put together from a row gives the answer of the record itself, or says that it does not know.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import pattern
from detector.archive import Event, Plan, Problem, ProblemKind, Selection, locate, walk
from detector.archive.columns import RECORD
from detector.scan import fast, plain
from tests import exports, scans, security_lake

SAMPLES = Path(__file__).parent.parent / "samples"
ROLE = {
    "type": "Role",
    "principalId": "AROAEXAMPLE",
    "arn": "arn:aws:iam::111122223333:role/Ops",
    "accountId": "111122223333",
    "userName": "Ops",
}
ODD: tuple[dict[str, Any], ...] = (
    {"eventName": "ConsoleLogin", "requestParameters": None, "responseElements": {"ConsoleLogin": "Success"},
     "additionalEventData": {"LoginTo": "https://console.example", "MobileVersion": "No", "MFAUsed": "No"}},
    {"eventName": "ConsoleLogin", "requestParameters": None, "responseElements": {"ConsoleLogin": "Failure"},
     "errorMessage": "Failed authentication", "additionalEventData": {"MFAUsed": "Yes", "x": "12"}},
    {"eventName": "ConsoleLogin", "requestParameters": None, "additionalEventData": None},
    {"eventName": "AssumeRole", "requestParameters": {"roleArn": "arn", "roleSessionName": "n", "durationSeconds": 900}},
    {"eventName": "AssumeRole", "additionalEventData": {"MFAUsed": "Yes"}},
    {"additionalEventData": {"bytesTransferredIn": 0, "CipherSuite": "ECDHE", "AuthenticationMethod": "AuthHeader",
                             "flag": True, "text": "true", "a.b": "c", "nested": {"x": "y"}, "list": ["a"]}},
    {"additionalEventData": {}, "requestParameters": {"maxResults": 5, "a": [1, {"b": None}]}, "responseElements": {"ok": False}},
    {"userIdentity": {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}, "sourceIPAddress": "s3.amazonaws.com"},
    {"userIdentity": {"type": "WebIdentityUser", "userName": "u", "identityProvider": "accounts.example"}},
    {"userIdentity": {"type": "IdentityCenterUser", "credentialId": "c", "onBehalfOf": {"userId": "u", "identityStoreArn": "a"}}},
    {"userIdentity": {"type": "AssumedRole", "arn": "a", "principalId": "p", "sessionContext": {
        "attributes": {"mfaAuthenticated": "true", "creationDate": "2023-07-10T11:00:00Z"},
        "sessionIssuer": ROLE, "sourceIdentity": "alice", "webIdFederationData": {"federatedProvider": "x", "attributes": {}}}}},
    {"serviceEventDetails": {"rotation": {"id": "1"}}, "sharedEventID": "7", "managementEvent": False, "readOnly": True,
     "eventCategory": "Data", "vpcEndpointId": "vpce-1", "apiVersion": "2011-01-01", "sessionCredentialFromConsole": "true"},
    {"resources": [{"ARN": "arn:aws:s3:::logs"}, {"type": "AWS::S3::Object"}], "insightDetails": {"state": "Start"}},
    {"addendum": {"reason": "DELIVERY_DELAY", "updatedFields": "eventID"}, "tlsDetails": {"tlsVersion": "TLSv1.3"}},
    {"errorCode": "", "errorMessage": "null", "requestID": "", "eventID": "e"},
)  # fmt: skip


def records() -> list[dict[str, Any]]:
    """A few of each kind of call of the samples, and the odd ones."""
    found: dict[str, dict[str, Any]] = {}
    for item in walk(Plan(paths=(str(SAMPLES / "AWSLogs" / "111122223333" / "CloudTrail" / "us-west-2"),))):
        if isinstance(item, Event) and item.record:
            found.setdefault(f"{item.record['eventName']}{item.record.get('errorCode')}", item.record)
    return [*list(found.values())[::4], *(exports.record(1) | one for one in ODD)]


def questions(record: dict[str, Any]) -> Iterator[str]:
    """Patterns about every member of a record, and about every member that one can have."""
    for path, value in {**dict(_leaves("$", RECORD)), **dict(_leaves("$", record))}.items():
        yield f"{{ {path} NOT EXISTS }}"
        yield f"{{ {path} IS NULL }}"
        if isinstance(value, str) and value and '"' not in value and "*" not in value:
            yield f'{{ {path} = "{value}" }}'
            yield f'{{ {path} != "{value}" }}'
        elif isinstance(value, bool):
            yield f"{{ {path} IS TRUE }}"
        elif isinstance(value, int):
            yield f"{{ {path} = {value} }}"
            yield f'{{ {path} = "{value}" }}'


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if path != "$":
        yield path, None if isinstance(value, list) or callable(value) else value
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.isalnum():
                yield from _leaves(f"{path}.{name}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from _leaves(f"{path}[0]", value[0])


compiled = functools.cache(pattern.compile)
"""Records and forms have most questions in common, and parsing is most of what one costs."""
RECORDS = records()
PLAIN = [
    one for one in RECORDS if "webIdFederationData" not in json.dumps(one)
]  # a map, which polars has not
FORMS = {
    "Security Lake, version 2": lambda: security_lake.parquet(RECORDS),
    "Security Lake, version 1": lambda: security_lake.parquet(RECORDS, 1),
    "Athena": lambda: exports.parquet([exports.typed(one) for one in PLAIN]),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_is_that_of_the_record(tmp_path: Path, form: str) -> None:
    path = tmp_path / "part-0.parquet"
    path.write_bytes(FORMS[form]())
    read = [item for item in walk(Plan(paths=(str(path),))) if isinstance(item, Event)]
    originals = PLAIN if form == "Athena" else RECORDS
    answered = 0
    for original, event in zip(originals, read, strict=True):
        for text in questions(original):
            asked = compiled(text)
            if not event.lost(asked):
                answered += 1
                assert event.matches(asked) == asked.holds(original), (original["eventName"], text)
    assert answered > 40 * len(originals)


@pytest.mark.parametrize(
    ("detection", "is_answered"),
    [
        ('{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }', True),
        ('{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }', True),
        ('{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }', True),
        ('{ $.requestParameters.bucketName = "logs" }', False),
        ('{ $.responseElements.ConsoleLogin = "Success" }', True),
        ('{ $.additionalEventData.MobileVersion = "No" }', True),
        ('{ $.userIdentity.sessionContext.sessionIssuer.userName = "Ops" }', True),
        ('{ $.additionalEventData.LoginTo = "*" }', False),
        ('{ $.newMember = "x" }', False),
        ("{ $.requestParameters IS NULL }", False),
    ],
)  # fmt: skip
def test_what_security_lake_tells(tmp_path: Path, detection: str, is_answered: bool) -> None:
    """What is lost is named, and these records count neither as matches nor as misses."""
    path = tmp_path / "part-0.parquet"
    login = exports.record(1) | ODD[0]
    path.write_bytes(security_lake.parquet([login]))
    asked = scans.plan(detection)
    found = plain.scan(asked.filters, asked.plan, locate([str(path)]).files)
    assert [one.kind for one in found.problems] == ([] if is_answered else [ProblemKind.LOST_FIELDS])
    assert found.unasked == (not is_answered)
    if is_answered:
        matches = pattern.compile(detection).holds(login)
        assert len(found.hits[0].matches) == matches
    assert scans.facts(fast.scan(asked.filters, asked.plan, locate([str(path)]).files)) == scans.facts(found)


def test_without_the_map_of_what_is_unmapped_nothing_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    row = security_lake.row(exports.record(1))
    del row["unmapped"]
    path.write_bytes(exports.parquet([row]))
    (event,) = walk(Plan(paths=(str(path),)))
    assert isinstance(event, Event)
    assert not event.lost(pattern.compile('{ $.eventName = "x" || $.userIdentity.invokedBy NOT EXISTS }'))
    for field in ("sharedEventID", "readOnly", "additionalEventData.MFAUsed", "userIdentity.credentialId"):
        assert event.lost(pattern.compile(f"{{ $.{field} NOT EXISTS }}")) == (f"$.{field}",)


def test_events_of_other_products_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = [security_lake.row(one) for one in RECORDS[:2]]
    rows[0]["metadata"]["product"]["name"] = "EKS"
    path.write_bytes(exports.parquet(rows))
    event, problem = sorted(walk(Plan(paths=(str(path),))), key=lambda one: isinstance(one, Problem))
    assert isinstance(event, Event)
    assert isinstance(problem, Problem)
    assert problem.reason == "row 1: an event of Security Lake that is not of CloudTrail"


ODD_VALUES: dict[str, Any] = {
    "time": ["abc", 1 << 60, -(1 << 60)],
    "unmapped": [["x"], [{"key": "readOnly", "value": 5}], [{"name": "x"}], {"readOnly": "maybe"}, "x"],
    "resources": ["x", ["y"], {"uid": "z"}],
    "api": ["x", {"operation": 5}, {"response": {"data": 7}, "operation": "X", "request": {"data": "{"}}],
    "actor": [
        "x",
        {"user": ["y"]},
        {"user": {"type": {"a": 1}}},
        {"session": {"created_time_dt": [1], "is_mfa": "x"}},
    ],
    "metadata": ["x", {"product": {"name": "CloudTrail", "version": [1]}}],
    "is_mfa": ["x", [1]],
}


@pytest.mark.parametrize(
    ("column", "value"), [(key, value) for key, values in ODD_VALUES.items() for value in values]
)
def test_odd_values_are_no_traceback(tmp_path: Path, column: str, value: Any) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(exports.parquet([security_lake.row(exports.record(1) | ODD[0]) | {column: value}]))
    (item,) = walk(Plan(paths=(str(path),), timed=False))
    assert item.record if isinstance(item, Event) else item.reason.startswith("row 1: ")


PARTITIONS = "aws/CLOUD_TRAIL_MGMT/2.0/region={region}/accountId={account}/eventDay={day}"


def test_partitions_are_left_out_by_their_path(tmp_path: Path) -> None:
    for account in ("111122223333", "444455556666"):
        for day in ("20230709", "20230710", "20230712"):
            at = tmp_path / PARTITIONS.format(region="us-east-1", account=account, day=day)
            at.mkdir(parents=True)
            (at / "x.gz.parquet").write_bytes(security_lake.parquet([exports.record(1)]))
    start = 1_688_947_200  # 2023-07-10
    chosen = Selection(accounts=frozenset({"111122223333"}), start=start, end=start + 3600)
    found = locate([str(tmp_path)], chosen)
    assert [(one.account, one.region, str(one.day)) for one in found.files] == [
        ("111122223333", "us-east-1", "2023-07-10")
    ]
    assert found.left_out == {"other account": 3, "other day": 2}


@pytest.mark.parametrize("folder", ["year=2023/month=07/day=10", "year=2023/month=7/day=10", "dt=2023-07-10"])
def test_days_are_spelled_in_several_ways(tmp_path: Path, folder: str) -> None:
    at = tmp_path / folder
    at.mkdir(parents=True)
    (at / "x.parquet").write_bytes(exports.parquet([exports.typed(exports.record(1))]))
    assert len(locate([str(tmp_path)], Selection(start=1_688_947_200)).files) == 1
    assert locate([str(tmp_path)], Selection(start=1_689_120_000)).left_out == {"other day": 1}


def test_a_column_that_is_a_partition_is_in_the_path(tmp_path: Path) -> None:
    """CTAS takes the columns that it partitions by out of its files."""
    row = exports.typed(exports.record(1))
    for region, name in (("eu-west-1", "DeleteBucket"), ("us-east-1", "__HIVE_DEFAULT_PARTITION__")):
        at = tmp_path / f"awsregion={region}" / f"eventname={name}"
        at.mkdir(parents=True)
        kept = {key: value for key, value in row.items() if key not in {"awsregion", "eventname"}}
        (at / "x.parquet").write_bytes(exports.parquet([kept]))
    found = [one.record or {} for one in walk(Plan(paths=(str(tmp_path),))) if isinstance(one, Event)]
    assert [(one["awsRegion"], one.get("eventName")) for one in found] == [
        ("eu-west-1", "DeleteBucket"),
        ("us-east-1", None),
    ]


def test_only_columns_of_records_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    path = tmp_path / "a.parquet"
    path.write_bytes(exports.parquet([exports.typed(exports.record(1)) | {"mine": "x" * 1000, "other": 1}]))
    taken: list[list[str]] = []
    select = pl.LazyFrame.select

    def noted(frame: pl.LazyFrame, *columns: Any) -> pl.LazyFrame:
        taken.append(columns[0] if isinstance(columns[0], list) else [])
        return select(frame, *columns)

    monkeypatch.setattr(pl.LazyFrame, "select", noted)
    (event,) = walk(Plan(paths=(str(path),)))
    assert isinstance(event, Event)
    assert "useridentity" in taken[0]
    assert not {"mine", "other"} & set(taken[0])
    assert json.dumps(event.record)
