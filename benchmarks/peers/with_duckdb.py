"""One question to an archive in DuckDB: ``with_duckdb.py LIST QUESTION THREADS`` prints matches and minute.

``read_json_objects`` and paths are five times faster here than ``read_json`` with the columns declared.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb  # type: ignore[import-not-found, unused-ignore]  # it lives in the environment of the peers

WHERE = {
    "frequent": "r->>'errorCode' LIKE 'AccessDenied%' OR r->>'errorCode' LIKE '%UnauthorizedOperation'",
    "rare": "r->>'eventName' IN ('CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging')",
}
ASK = """
SELECT count(*), (r->>'eventTime')[:16] AS minute
FROM (
  SELECT unnest(json_extract(json, '$.Records[*]')) AS r
  FROM read_json_objects($files, format = 'newline_delimited', maximum_object_size = 4000000)
)
WHERE {} GROUP BY minute
"""


def main(listed: str, question: str, threads: str) -> None:
    files = [path for path in Path(listed).read_text(encoding="utf-8").split("\0") if path]
    connection = duckdb.connect(config={"threads": int(threads)})
    for count, minute in connection.execute(ASK.format(WHERE[question]), {"files": files}).fetchall():
        print(count, minute)


if __name__ == "__main__":
    main(*sys.argv[1:])
