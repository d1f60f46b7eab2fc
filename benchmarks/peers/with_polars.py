"""One question to an archive in polars alone: ``with_polars.py LIST QUESTION THREADS`` prints matches and minute.

The schema holds the fields that are asked for and no others; the streaming engine is the faster one here. The number
of threads is set by POLARS_MAX_THREADS, before the import.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

TRAIL = ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]
CODE = pl.col("errorCode")
WHERE = {
    "frequent": CODE.str.starts_with("AccessDenied") | CODE.str.ends_with("UnauthorizedOperation"),
    "rare": pl.col("eventName").is_in(TRAIL),
}
FIELD = {"frequent": "errorCode", "rare": "eventName"}


def main(listed: str, question: str, _threads: str) -> None:
    files = [path for path in Path(listed).read_text(encoding="utf-8").split("\0") if path]
    record = pl.Struct({"eventTime": pl.String, FIELD[question]: pl.String})
    counted = (
        pl.scan_ndjson(files, schema={"Records": pl.List(record)})
        .explode("Records")
        .unnest("Records")
        .filter(WHERE[question])
        .group_by(pl.col("eventTime").str.head(16))
        .len()
        .collect(engine="streaming")
    )
    for minute, count in counted.iter_rows():
        print(count, minute)


if __name__ == "__main__":
    main(*sys.argv[1:])
