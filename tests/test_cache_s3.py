"""A store over an archive in S3: what is known is not asked for again, and a new ETag is another file."""

from __future__ import annotations

import gzip
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from detector.archive import Plan
from detector.archive.access import Access
from detector.cache.kept import Kept
from detector.cache.store import Store
from detector.jobs.reading import read
from detector.scan import processes
from tests.cache_worlds import SAMPLES, cis
from tests.s3_servers import ENVIRONMENT, Faults, proxy, rclone


@pytest.mark.slow
def test_what_is_known_of_objects_is_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    buckets = tmp_path / "buckets"
    for file in sorted(SAMPLES.rglob("*_CloudTrail_*.json.gz"))[::30]:
        (copy := buckets / "logs" / file.relative_to(SAMPLES)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    files = sorted(buckets.rglob("*.gz"))
    faults = Faults()

    def objects() -> int:
        """How many objects were asked for since the last time."""
        asked = sum(
            times for path, times in faults.asked.items() if ".gz" in path and "list-type" not in path
        )
        faults.asked.clear()
        return asked

    with (
        rclone(buckets) as server,
        proxy(server, faults) as url,
        closing(Store.open(tmp_path / "store")) as store,
    ):

        def holds() -> int:
            plan = Plan(paths=("s3://logs",), access=Access(endpoint=url))
            found = read(cis(2), plan, Kept(store, processes.scan), None)
            asked = objects()
            plan = Plan(paths=("s3://logs",), access=Access(endpoint=url))
            plainly = read(cis(2), plan, processes.scan, None)
            objects()
            assert found[1][0].matches.equals(plainly[1][0].matches)
            assert (found[0].records, found[0].problems) == (plainly[0].records, plainly[0].problems)
            return asked

        assert holds() == len(files)
        assert holds() == 0
        text = gzip.decompress(files[0].read_bytes())
        files[0].write_bytes(gzip.compress(text + b"\n"))
        assert holds() == 1
