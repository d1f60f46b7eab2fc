"""Who did what to what from where: of every match, by any scan, in bounded memory."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import detector
from detector.archive import Clock, Plan, Source
from detector.cloudtrail.record import MAX_LENGTH, MAX_RESOURCES, Evidence, evidence
from detector.metrics import evidence as table_module
from detector.metrics.columns import OTHERS
from detector.metrics.evidence import EvidenceTable
from detector.metrics.samples import matches_frame
from detector.scan import fast, plain
from tests import scans
from tests.scans import log_file, record

REFUSED = '{ $.errorCode = "AccessDenied*" }'
EVERYTHING = "{ $.eventName = * }"
ANY_BUT = "{ $.eventName != StopLogging }"
BUCKET = "arn:aws:s3:::logs"

RESOURCES: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ()),
    ({"resources": [{"ARN": BUCKET}, {"arn": "arn:aws:kms:eu-west-1:111122223333:key/1"}]}, (BUCKET, "arn:aws:kms:eu-west-1:111122223333:key/1")),
    ({"resources": [{"ARN": BUCKET}, {"ARN": BUCKET}, {"type": "AWS::S3::Bucket"}, 7]}, (BUCKET,)),
    ({"resources": [{"ARN": f"{BUCKET}-{i}"} for i in range(90)]}, tuple(f"{BUCKET}-{i}" for i in range(MAX_RESOURCES))),
    ({"resources": [], "requestParameters": {"bucketName": "logs", "Host": "logs.s3"}}, ("logs",)),
    ({"requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/r", "policy": {"in": ["arn:aws:s3:::x"]}}}, ("arn:aws:iam::111122223333:role/r", "arn:aws:s3:::x")),
    ({"requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}}, ("i-1", "i-2")),
    ({"requestParameters": {"bucketName": "b", "key": "a/k"}}, ("b/a/k", "b")),
    ({"requestParameters": {"name": "a-trail", "tagsList": [{"key": "Name", "value": "x"}]}}, ("a-trail",)),
    ({"requestParameters": {"filterSet": {"items": [{"name": "vpc-id", "valueSet": {}}]}}}, ()),
    ({"requestParameters": {"Q": {"VpcIds": {"tag": 1, "content": "vpc-1"}, "VpcId": "vpc-2"}}}, ("vpc-2", "vpc-1")),
    ({"requestParameters": {"dBInstanceIdentifier": "db", "attributeName": "restore"}}, ("db",)),
    ({"requestParameters": {"trailNameList": ["t", "u"], "queueUrl": "https://sqs/q"}}, ("https://sqs/q", "t", "u")),
    ({"requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/r", "externalId": "e", "roleSessionName": "s"}}, ("arn:aws:iam::111122223333:role/r",)),
    ({"errorMessage": "u is not authorized to perform: iam:CreateUser on resource: user bob because no policy allows it"}, ("user bob",)),
    ({"errorMessage": "u is not authorized to perform: iam:ListUsers on resource: * because no policy allows it"}, ()),
    ({"errorMessage": "u is not authorized to perform: sns:ListTopics on resource: arn:aws:sns:eu-west-1:111122223333:* because no policy allows it"}, ()),
    ({"requestParameters": "bucketName"}, ()),
    ({"requestParameters": {"maxResults": 5, "userName": 7}}, ()),
    ({"requestParameters": {"keyId": "k"}, "errorMessage": f"no access to {BUCKET}"}, ("k",)),
    ({"errorMessage": f'User: arn:aws:iam::111122223333:user/u is not authorized to perform: s3:Get on resource: "{BUCKET}".'}, (BUCKET,)),
    ({"errorMessage": 7}, ()),
    ({"requestParameters": {"roleName": "n" * 9999}}, ("n" * MAX_LENGTH,)),
]  # fmt: skip


@pytest.mark.parametrize(("members", "expected"), RESOURCES)
def test_what_a_record_is_about(members: dict[str, Any], expected: tuple[str, ...]) -> None:
    identity = {"arn": "arn:aws:iam::111122223333:user/u", "accountId": "111122223333"}
    found = evidence({"userIdentity": identity, **members})
    assert found.resources == expected
    assert (found.principal, found.account) == ("arn:aws:iam::111122223333:user/u", "111122223333")


def test_parameters_that_never_end_are_looked_at_in_part() -> None:
    deep: dict[str, Any] = {"bucketName": "in the deep"}
    for _ in range(400):
        deep = {"inner": deep}
    wide: dict[str, Any] = {f"{i}": [{}] * 1_000 for i in range(1_000)}
    assert evidence({"requestParameters": deep}).resources == ()
    assert evidence({"requestParameters": {**wide, "bucketName": "behind"}}).resources == ()


ODD: list[dict[str, Any]] = [
    {},
    {"userIdentity": "a string"},
    {"userIdentity": {"type": "Root", "arn": None, "userName": "\ud800"}},
    {"sourceIPAddress": ["192.0.2.1"], "errorMessage": {"a": 1}},
    {"userAgent": "x" * 5_000, "awsRegion": ""},
    {"resources": {"ARN": BUCKET}, "requestParameters": {"bucketName": "é"}},
    {"x": {"eventID": "inner", "eventName": "Inner", "resources": [{"ARN": "arn:aws:s3:::inner"}]}},
]


@pytest.mark.parametrize("pattern", [REFUSED, EVERYTHING, ANY_BUT])
def test_the_fast_scan_sees_the_evidence_of_the_plain_one(tmp_path: Path, pattern: str) -> None:
    members = [
        record(i, errorCode=["AccessDenied", "NoSuchKey"][i % 2], **odd) for i, odd in enumerate(ODD * 2)
    ]
    unnamed = [{key: value for key, value in one.items() if key != "eventID"} for one in members]
    asked = scans.plan(pattern, "{ $.eventName = GetObject }", EVERYTHING)
    expected, _ = scans.agree(
        asked, scans.stored(tmp_path, [log_file(*members), log_file(*unnamed, *members)])
    )
    named = {match.evidence for hits in expected.hits for match in hits.matches}
    assert named == {evidence(one) for one in members}


def test_parameters_may_hold_a_number_beyond_all_bounds(tmp_path: Path) -> None:
    member = record(requestParameters={"size": "@", "bucketName": "logs"})
    for layout, text in ((0, log_file(member)), (1, log_file(member, record(1)))):
        data = text.replace(b'"@"', b"1E+400")
        source = scans.store(tmp_path / f"{layout}.json", data, delivered=scans.DELIVERED if layout else None)
        for found in scans.agree(scans.plan(EVERYTHING), [source]):
            assert found.evidence.row(0).resources == ("logs",)


@pytest.mark.parametrize("pattern", [REFUSED, ANY_BUT, "GetObject"])
def test_what_is_not_asked_for_is_not_kept(tmp_path: Path, pattern: str) -> None:
    files = scans.stored(tmp_path, [log_file(*(record(i, **odd) for i, odd in enumerate(ODD)))])
    filters, plan = scans.plan(pattern, columns=frozenset({"event_name", "resources"}))
    [[*kept]] = [hits.matches for hits in plain.scan(filters, plan, files).hits]
    [[*found]] = [hits.matches for hits in scans.agree(scans.plan(pattern), files)[0].hits]
    others: Any = dict.fromkeys({*Evidence._fields} - {"event_name", "resources"})
    assert kept == [one._replace(event_id=None, evidence=one.evidence._replace(**others)) for one in found]
    scans.agree(scans.Asked(filters, plan), files)


def test_fifty_calls_among_ten_thousand_are_counted(tmp_path: Path) -> None:
    # In a real archive a log-delivery service's refusals hid an intruder's in the middle of the same alarm.
    service, intruder = (
        {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"},
        {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/intruder"},
    )
    members = [
        record(
            i % 60,
            eventID=str(i),
            errorCode="AccessDenied",
            userIdentity=intruder if 5_000 <= i < 5_050 else service,
        )
        for i in range(10_061)
    ]
    scans.stored(tmp_path, [log_file(*members[i : i + 200]) for i in range(0, len(members), 200)])
    filters, plan = scans.plan(REFUSED)
    sources = detector.Plan(paths=(str(tmp_path),)).locate().files
    found = fast.scan(filters, plan, sources)
    frame = matches_frame(filters, found.hits, sources)
    assert Counter(frame["principal"].to_list()) == {
        "delivery.logs.amazonaws.com": 10_011,
        intruder["arn"]: 50,
    }
    assert frame["principal"].dtype == pl.Categorical
    assert [len(column.names()) - 1 for column in list(found.evidence.told.values())[:2]] == [2, 2]


def test_a_file_name_that_is_not_utf_8_costs_no_evidence(tmp_path: Path) -> None:
    path = tmp_path / b"\xff.json".decode("utf-8", "surrogateescape")
    try:
        path.write_bytes(log_file(record(1)))
    except OSError:
        pytest.skip("this file system takes no such name")
    (one,) = detector.replay([detector.load_detection("cis/cloudwatch-1")], [str(tmp_path)])
    assert not one.problems
    filters, plan = scans.plan(EVERYTHING)
    source = Source(str(path))
    frame = matches_frame(filters, plain.scan(filters, plan, [source]).hits, [source])
    assert frame.select("path", "event_name").rows() == [(str(tmp_path / "?.json"), "GetObject")]


def rows(table: EvidenceTable, numbers: list[int]) -> list[Evidence]:
    for column in table.told.values():
        column.prune()
    return list(map(table.row, numbers))


@pytest.mark.parametrize("seed", range(5))
def test_beyond_so_many_values_all_others_are_one(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(table_module, "MAX_VALUES", 20)
    chance = random.Random(seed)  # noqa: S311 - a test's own chance
    told = [
        Evidence(
            f"user {chance.randrange(60)}",
            event_name=f"Call{chance.randrange(3)}",
            resources=(f"bucket {i % 30}",),
        )
        for i in range(500)
    ]
    whole, parts = EvidenceTable(), [EvidenceTable() for _ in range(3)]
    numbers = list(map(whole.add, told))
    shuffled = chance.sample(range(500), 500)
    places = {i: (chance.choice(parts)) for i in shuffled}
    in_part = {i: places[i].add(told[i]) for i in shuffled}
    merged = EvidenceTable()
    firsts = {id(part): merged.take_in(part) for part in parts}
    again = [firsts[id(places[i])] + in_part[i] for i in range(500)]
    assert rows(merged, again) == rows(whole, numbers)
    kept = rows(whole, numbers)
    assert len({row.principal for row in kept} - {OTHERS}) == 20
    assert Counter(row.event_name for row in kept) == Counter(row.event_name for row in told)
    assert all(row.principal in {one.principal, OTHERS} for row, one in zip(kept, told, strict=True))


def test_the_delivery_clock_changes_no_evidence(tmp_path: Path) -> None:
    asked = scans.Asked(scans.plan(REFUSED).filters, Plan(clock=Clock.DELIVERY))
    expected, _ = scans.agree(asked, scans.stored(tmp_path, [log_file(record(1, errorCode="AccessDenied"))]))
    assert [match.evidence.error_code for match in expected.hits[0].matches] == ["AccessDenied"]
