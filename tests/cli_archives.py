"""Small archives and detections for the tests of what the user sees."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

START = 12 * 3600  # noon of 2023-07-10

DETECTION = """
title = "{title}"
[filter]
name = "denied"
pattern = '''{pattern}'''
[metric]
namespace = "Test"
name = "Denied"
[alarm]
name = "denied-alarm"
statistic = "Sum"
period = 300
evaluation_periods = 1
datapoints_to_alarm = 1
threshold = {threshold}
comparison_operator = "GreaterThanOrEqualToThreshold"
treat_missing_data = "{missing}"
"""


def record(minute: float, number: int = 0, **fields: Any) -> dict[str, Any]:
    """One denied call, so many minutes after noon."""
    second = START + round(minute * 60)
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/worker/i-0",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "worker"}},
        },
        "eventTime": f"2023-07-10T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.13",
        "errorCode": "AccessDenied",
        "eventID": f"{minute}-{number}",
        "recipientAccountId": "111122223333",
        **fields,
    }


def burst(minute: float, size: int, **fields: Any) -> list[dict[str, Any]]:
    """So many denied calls in one minute."""
    return [record(minute, number, **fields) for number in range(size)]


def write(path: Path, records: Iterable[dict[str, Any]]) -> str:
    """A log file; gzipped when its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps({"Records": list(records)}, separators=(",", ":")).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return str(path)


def detection(
    path: Path,
    pattern: str = '{ $.errorCode = "AccessDenied" }',
    *,
    title: str = "Denied calls",
    threshold: int = 5,
    missing: str = "missing",
) -> str:
    """A detection file."""
    text = DETECTION.format(pattern=pattern, title=title, threshold=threshold, missing=missing)
    path.write_text(text, encoding="utf-8")
    return str(path)


def archive(folder: Path) -> str:
    """Two files: a burst of 7 at 12:10, single calls before and after, and one call that succeeded."""
    quiet = record(30, eventName="ListBuckets")
    del quiet["errorCode"]
    write(folder / "a.json.gz", [record(3), *burst(10, 7, sourceIPAddress="198.51.100.9"), quiet])
    write(folder / "b.json", [record(45, userAgent="Boto3/1.37")])
    return str(folder)
