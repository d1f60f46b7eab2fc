"""Every export that people have, made from the same few records: `EXPORTS` for the whole ones, `PARTIAL` for tables."""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import polars as pl

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

USER = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:night",
    "arn": "arn:aws:sts::111122223333:assumed-role/Ops/night",
    "accountId": "111122223333",
    "accessKeyId": "",
    "sessionContext": {
        "attributes": {"mfaAuthenticated": "false", "creationDate": "2023-07-10T11:00:00Z"},
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLE",
            "arn": "arn:aws:iam::111122223333:role/Ops",
            "accountId": "111122223333",
            "userName": "Ops",
        },
    },
}


def record(number: int, **more: Any) -> dict[str, Any]:
    """A record as CloudTrail writes it; the first of three is refused."""
    found: dict[str, Any] = {
        "eventVersion": "1.08",
        "userIdentity": USER,
        "eventTime": f"2023-07-10T12:0{number}:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "DeleteBucket",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": '[aws-cli/2.13 "x", a=b]',
        "requestParameters": {"bucketName": "logs", "tags": [{"k": 1}, {"k": 2}]},
        "responseElements": None,
        "requestID": f"REQ{number}",
        "eventID": f"00000000-0000-0000-0000-00000000000{number}",
        "readOnly": False,
        "resources": [{"ARN": "arn:aws:s3:::logs", "accountId": "111122223333", "type": "AWS::S3::Bucket"}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "X",
            "clientProvidedHostHeader": "s3.amazonaws.com",
        },
    }
    if number == 1:
        found |= {"errorCode": "AccessDenied", "errorMessage": 'not\nallowed, "you"'}
    return found | more


RECORDS = [record(1), record(2), record(3)]
LINES = [json.dumps(one, separators=(",", ":")) for one in RECORDS]
FILE = json.dumps({"Records": RECORDS}).encode()
MILLISECONDS = [1_688_990_460_000, 1_688_990_520_000, 1_688_990_580_000]
LOG_EVENTS = [
    {"id": "1", "timestamp": at, "message": line} for at, line in zip(MILLISECONDS, LINES, strict=True)
]
SUBSCRIPTION = {
    "messageType": "DATA_MESSAGE",
    "owner": "111122223333",
    "logGroup": "trail",
    "logEvents": LOG_EVENTS,
}
PAYLOAD = base64.b64encode(gzip.compress(json.dumps(SUBSCRIPTION).encode())).decode()
STAMPS = [f"2023-07-10 12:0{number}:00.000" for number in (1, 2, 3)]
LOOKED_UP = [
    {
        "EventId": one["eventID"],
        "EventName": one["eventName"],
        "ReadOnly": "false",
        "EventTime": "2023-07-10T14:01:00+02:00",
        "Username": "night",
        "Resources": [],
        "CloudTrailEvent": line,
    }
    for one, line in zip(RECORDS, LINES, strict=True)
]
INSIGHTS = [
    [
        {"field": "@timestamp", "value": stamp},
        {"field": "@message", "value": line},
        {"field": "@ptr", "value": "Cm"},
    ]
    for stamp, line in zip(STAMPS, LINES, strict=True)
]
S3_NAME = "111122223333_CloudTrail_us-east-1_20230710T1205Z_AbCdEfGhIjKlMnOp.json.gz"


def comma_separated(header: list[str], rows: list[list[Any]], **form: Any) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, **form)
    writer.writerows([header, *rows])
    return out.getvalue().encode()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]  # a mode that it knows
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def lines(*members: Any) -> bytes:
    return b"".join(json.dumps(member).encode() + b"\n" for member in members)


def document(value: Any) -> bytes:
    return json.dumps(value).encode()


EXPORTS: dict[str, Callable[[], bytes]] = {
    "lookup-events": lambda: document({"Events": LOOKED_UP}),
    "lookup-events, indented": lambda: json.dumps({"Events": LOOKED_UP, "NextToken": "x"}, indent=4).encode(),
    "lookup-events, a page a line": lambda: lines({"Events": LOOKED_UP[:2]}, {"Events": LOOKED_UP[2:]}),
    "lookup-events, pages one after another": lambda: (
        document({"Events": LOOKED_UP[:2]}) + document({"Events": LOOKED_UP[2:]})
    ),
    "lookup-events, an event a line": lambda: lines(*LOOKED_UP),
    "lookup-events, only the records, JSON": lambda: document(LINES),
    "lookup-events, only the records, text": lambda: "\t".join(LINES).encode(),
    "Event history, JSON": lambda: json.dumps({"Records": RECORDS}, indent=2).encode(),
    "Lake, with eventJson": lambda: comma_separated(
        ["eventTime", "eventJson"], [[stamp, line] for stamp, line in zip(STAMPS, LINES, strict=True)]
    ),
    "Lake, get-query-results": lambda: document(
        {
            "QueryStatus": "FINISHED",
            "QueryResultRows": [[{"eventJson": line}, {"eventID": "x"}] for line in LINES],
        }
    ),
    "Insights, get-query-results": lambda: document(
        {"queryLanguage": "CWLI", "results": INSIGHTS, "statistics": {}, "status": "Complete"}
    ),
    "Insights, console JSON": lambda: document(
        [{"@timestamp": stamp, "@message": line} for stamp, line in zip(STAMPS, LINES, strict=True)]
    ),
    "Insights, console JSON with objects": lambda: document(
        [{"@timestamp": stamp, "@message": one} for stamp, one in zip(STAMPS, RECORDS, strict=True)]
    ),
    "Insights, CSV": lambda: comma_separated(
        ["@timestamp", "@message", "@logStream"],
        [[stamp, line, "s"] for stamp, line in zip(STAMPS, LINES, strict=True)],
    ),
    "log events viewer, CSV": lambda: comma_separated(
        ["timestamp", "message"], [[at, line] for at, line in zip(MILLISECONDS, LINES, strict=True)]
    ),
    "logs tail": lambda: "".join(
        f"2023-07-10T12:0{number}:00.000000+00:00 111122223333_CloudTrail_us-east-1 {line}\n"
        for number, line in enumerate(LINES, 1)
    ).encode(),
    "Lambda": lambda: document({"awslogs": {"data": PAYLOAD}}),
    "Kinesis, Lambda": lambda: document(
        {"Records": [{"kinesis": {"data": PAYLOAD}, "eventSource": "aws:kinesis"}]}
    ),
    "Kinesis, get-records": lambda: document(
        {"Records": [{"Data": PAYLOAD, "PartitionKey": "1"}], "NextShardIterator": ""}
    ),
    "Firehose, transformation": lambda: document({"records": [{"recordId": "1", "data": PAYLOAD}]}),
    "payload": PAYLOAD.encode,
    "payload, wrapped": lambda: base64.encodebytes(base64.b64decode(PAYLOAD)),
    "payload, a line each": lambda: "".join(
        base64.b64encode(gzip.compress(json.dumps({**SUBSCRIPTION, "logEvents": [one]}).encode())).decode()
        + "\n"
        for one in LOG_EVENTS
    ).encode(),
    "Firehose, gzip after gzip": lambda: b"".join(
        gzip.compress(document({**SUBSCRIPTION, "logEvents": [one]})) for one in LOG_EVENTS
    ),
    "Firehose, gzip after gzip, with newlines": lambda: b"".join(
        gzip.compress(lines({**SUBSCRIPTION, "logEvents": [one]})) for one in LOG_EVENTS
    ),
    "export to S3": lambda: gzip.compress(
        "".join(f"2023-07-10T12:0{number}:00.000Z {line}\n" for number, line in enumerate(LINES, 1)).encode()
    ),
    "ZIP": lambda: zipped(
        {"README.txt": b"x", f"a/{S3_NAME}": gzip.compress(FILE), "__MACOSX/a/._b.json": b"\0\5\x16\7"}
    ),
    "ZIP, several": lambda: zipped(
        {f"{number}.json": document({"Records": [one]}) for number, one in enumerate(RECORDS)}
    ),
    "ZIP, names that climb": lambda: zipped({"../../../etc/x.json": FILE}),
    "tar.gz": lambda: tarred({"x/LICENSE": b"MIT", f"x/{'y' * 300}.json": FILE}),
    "tar": lambda: tarred({"one.json.gz": gzip.compress(FILE)}, "w"),
    "tar.bz2": lambda: tarred({"one.json": FILE}, "w:bz2"),
    "tar.gz in a ZIP": lambda: zipped({"logs.tar.gz": tarred({"one.json.gz": gzip.compress(FILE)})}),
    "zst": lambda: zstd.compress(FILE),
    "zst, frame after frame": lambda: zstd.compress(lines(*RECORDS[:2])) + zstd.compress(lines(RECORDS[2])),
    "bz2": lambda: bz2.compress(FILE),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(FILE)),
    "UTF-16": lambda: FILE.decode().encode("utf-16"),
    "UTF-16, big end first, lines": lambda: lines(*RECORDS).decode().encode("utf-16-be"),
    "UTF-16, CSV": lambda: (
        comma_separated(["@message"], [[line] for line in LINES], dialect="excel-tab")
        .decode()
        .encode("utf-16")
    ),
}


def struct(value: Any) -> str:
    """As Athena and CloudTrail Lake print it."""
    match value:
        case None:
            return "null"
        case dict():
            return "{" + ", ".join(f"{name.lower()}={struct(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(struct, value)) + "]"
        case _:
            return str(value)


IDENTITY = (
    "type",
    "principalId",
    "arn",
    "accountId",
    "invokedBy",
    "accessKeyId",
    "userName",
    "sessionContext",
)
"""The members of the documented table, of which a row has all."""


def cell(one: dict[str, Any], name: str) -> Any:
    value: Any = one.get(name)
    if name == "userIdentity":
        return struct({member: value.get(member) for member in IDENTITY}) if value else ""
    if name in {"resources", "tlsDetails"}:
        return struct(value)
    if isinstance(value, dict):
        return json.dumps(value)
    return {None: "", True: "true", False: "false"}.get(value, value)


COLUMNS = [name for name in record(1) if name != "managementEvent"]


def typed(one: dict[str, Any]) -> dict[str, Any]:
    """A row of the Athena table as Parquet has it: lower case, structs, the parameters as text."""
    row: dict[str, Any] = {}
    for name in COLUMNS:
        value: Any = one.get(name)
        if name == "userIdentity":
            value = {member.lower(): lowered(value.get(member)) for member in IDENTITY}
        elif name in {"requestParameters", "responseElements"}:
            value = None if value is None else json.dumps(value)
        elif name == "readOnly":
            value = str(value).lower()
        row[name.lower()] = lowered(value)
    return row


def lowered(value: Any) -> Any:
    match value:
        case dict():
            return {name.lower(): lowered(inner) for name, inner in value.items()}
        case list():
            return [lowered(inner) for inner in value]
        case _:
            return value


def parquet(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(out)
    return out.getvalue()


LAKE = {"eventTime": lambda value: value.replace("T", " ").replace("Z", ".000")}
HISTORY = {
    "Event ID": "eventID",
    "Event time": "eventTime",
    "User name": "",
    "Event name": "eventName",
    "Resource type": "",
    "Resource name": "",
    "Source IP address": "sourceIPAddress",
    "AWS access key": "",
    "AWS region": "awsRegion",
    "Event source": "eventSource",
    "Error code": "errorCode",
    "Read-only": "readOnly",
    "Request ID": "requestID",
}
PARTIAL: dict[str, Callable[[], bytes]] = {
    "Athena, CSV": lambda: comma_separated(
        [name.lower() for name in COLUMNS],
        [[cell(one, name) for name in COLUMNS] for one in RECORDS],
        quoting=csv.QUOTE_ALL,
    ),
    "Athena, get-query-results": lambda: document(
        {
            "ResultSet": {
                "Rows": [
                    {"Data": [{"VarCharValue": name.lower()} for name in COLUMNS]},
                    *(
                        {
                            "Data": [
                                {"VarCharValue": value} if (value := cell(one, name)) else {}
                                for name in COLUMNS
                            ]
                        }
                        for one in RECORDS
                    ),
                ]
            }
        }
    ),
    "Athena, Parquet": lambda: parquet([typed(one) for one in RECORDS]),
    "Athena, Parquet in a ZIP": lambda: zipped({"part-0.parquet": parquet([typed(one) for one in RECORDS])}),
    "Athena, JSON lines": lambda: lines(*(typed(one) for one in RECORDS)),
    "Lake, CSV": lambda: gzip.compress(
        comma_separated(
            COLUMNS, [[LAKE.get(name, str)(cell(one, name)) for name in COLUMNS] for one in RECORDS]
        )
    ),
    "Lake, rows": lambda: document(
        {"QueryResultRows": [[{name: cell(one, name) or None} for name in COLUMNS] for one in RECORDS]}
    ),
    "flattened": lambda: comma_separated(
        [
            "eventTime",
            "eventName",
            "errorCode",
            "userIdentity.arn",
            "useridentity_sessioncontext_sessionissuer_username",
        ],
        [
            [one["eventTime"], one["eventName"], one.get("errorCode", ""), USER["arn"], "Ops"]
            for one in RECORDS
        ],
    ),
    "Event history, CSV": lambda: comma_separated(
        list(HISTORY),
        [[cell(one, name) if name else "night" for name in HISTORY.values()] for one in RECORDS],
    ),
    "lookup-events without CloudTrailEvent": lambda: document(
        {
            "Events": [
                {
                    "EventId": one["eventID"],
                    "EventName": one["eventName"],
                    "EventTime": one["eventTime"],
                    "errorCode": one.get("errorCode"),
                }
                for one in RECORDS
            ]
        }
    ),
}
