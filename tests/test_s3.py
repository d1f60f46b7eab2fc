"""``s3://`` wherever a path is accepted: the same answers as from a folder, from real servers, whatever goes wrong between.

In: the samples as a bucket of rclone's server, which answers through a proxy that spoils answers. Law: the answer over
S3 is that over the same folder but for the paths, and what could not be read is named, and nothing else is missing.
"""

from __future__ import annotations

import gzip
import pickle
import random
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest

from detector import ArchiveError, load_detection, replay
from detector.archive import Plan, Problem, Selection, bucket, listing, walk
from detector.archive.access import Access
from detector.archive.locate import locate
from detector.archive.remote import Object
from detector.cli.main import main
from detector.render.replay_json import as_json
from detector.scan import fast, plain, processes
from detector.scan.found import Found
from tests import scans
from tests.s3_servers import ENVIRONMENT, KEY, SECRET, Faults, proxy, rclone, seaweed

SAMPLES = Path(__file__).parent.parent / "samples"
ASKED = scans.plan('{ $.errorCode = "*UnauthorizedOperation" || $.eventName = DeleteTrail }')
SOME = "logs/samples/AWSLogs/111122223333/CloudTrail/us-west-2/2025/03"
DAY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2025/03/12"
QUICK = bucket.RETRIES | {
    "max_retries": 3,
    "backoff": {
        "init_backoff": timedelta(milliseconds=1),
        "max_backoff": timedelta(milliseconds=5),
        "base": 2,
    },
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of the buckets, and the URL of the server."""
    folder = tmp_path_factory.mktemp("buckets")
    shutil.copytree(SAMPLES, folder / "logs" / "samples")
    with rclone(folder) as url:
        yield folder, url


@pytest.fixture
def folder(server: tuple[Path, str]) -> Path:
    return server[0]


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def url(server: tuple[Path, str], faults: Faults, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The proxy before the server; its URL."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bucket, "RETRIES", QUICK)
    with proxy(server[1], faults) as one:
        yield one


def facts(found: Found) -> dict[str, object]:
    """What was found, with file names for paths."""
    problems = [(one.path.rpartition("/")[2], one.reason) for one in found.problems]
    return {**scans.facts(found), "problems": problems}


@pytest.fixture
def real(server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the server itself."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return server[1]


def plan(url: str, *paths: str, **settings: object) -> Plan:
    return Plan(paths=paths or ("s3://logs/samples",), access=Access(endpoint=url), **settings)  # type: ignore[arg-type]  # its settings


def local(folder: Path, *paths: str, **settings: object) -> Plan:
    return Plan(paths=tuple(str(folder / one) for one in paths or ("logs/samples",)), **settings)  # type: ignore[arg-type]  # the same


def test_a_replay_is_that_of_the_folder(real: str, folder: Path) -> None:
    detections = [load_detection("lab/unauthorized-api-calls"), load_detection("cis/cloudwatch-2")]
    near, far = (
        "".join(as_json(replay(detections, one))).replace(f"{folder}/logs", "s3://logs")
        for one in (local(folder, SOME), plan(real, f"s3://{SOME}"))
    )
    assert far == near


@pytest.mark.parametrize("strict", [True, False])
def test_every_scan_finds_the_same(real: str, folder: Path, *, strict: bool) -> None:
    near, far = local(folder, SOME), plan(real, f"s3://{SOME}")
    expected = fast.scan(ASKED.filters, near, near.locate().files, strict=strict)
    sources = far.locate().files
    assert facts(fast.scan(ASKED.filters, far, sources, strict=strict)) == facts(expected)
    assert bool(expected.skipped) is not strict
    if strict:
        assert facts(plain.scan(ASKED.filters, far, sources)) == facts(expected)


def test_worker_processes_open_buckets_of_their_own(real: str, folder: Path) -> None:
    near, far = local(folder, f"logs/samples/{DAY}"), plan(real, f"s3://logs/samples/{DAY}")
    found = processes.scan(ASKED.filters, far, far.locate().files, jobs=2)
    assert facts(found) == facts(processes.scan(ASKED.filters, near, near.locate().files, jobs=1))
    assert found.files > 10


@pytest.mark.parametrize("page", [listing.PAGE, 50])
def test_what_is_listed_is_what_a_folder_has(
    real: str, folder: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Also where a prefix has more than a page, and is split into its folders."""
    monkeypatch.setattr(listing, "PAGE", page)
    near, far = local(folder).locate(), plan(real).locate()
    told = [
        (one.path, one.size, one.account, one.region, one.delivered, one.day, one.number) for one in far.files
    ]
    assert told == [
        (
            one.path.replace(str(folder), "s3:/"),
            one.size,
            one.account,
            one.region,
            one.delivered,
            one.day,
            one.number,
        )
        for one in near.files
    ]
    assert (far.left_out, far.digests, far.problems) == (near.left_out, near.digests, near.problems)
    assert all(isinstance(one, Object) and len(one.version() or "") == 32 for one in far.files)


def test_only_folders_that_can_hold_it_are_listed(
    url: str, folder: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of keys is asked for first; a prefix with more is split, and what is not asked for is not listed."""
    monkeypatch.setattr(listing, "PAGE", 50)
    start = int(datetime(2025, 3, 12, tzinfo=UTC).timestamp())
    chosen = Selection(frozenset({"111122223333"}), frozenset({"eu-west-1"}), start, start + 3600)
    near, far = local(folder, selection=chosen).locate(), plan(url, selection=chosen).locate()
    wanted = [one for one in near.files if one.region == "eu-west-1"]
    listed = {one.path for one in far.files}
    assert {one.path.replace(str(folder), "s3:/") for one in wanted} <= listed
    assert listed <= {one.path.replace(str(folder), "s3:/") for one in near.files}
    assert far.digests == near.digests & far.digests
    assert far.left_out["folder of another region"] > 0
    assert not [path for path in faults.lists if "us-west-2" in path or "us-east-1" in path]
    assert len(faults.lists) < 40
    everywhere = plan(url, selection=Selection(regions=frozenset({"us-east-1"}))).locate()
    assert {one.region for one in everywhere.files} == {"eu-west-1", "us-east-1", "us-west-2"}


def test_the_end_of_an_archive_is_found_without_listing_it(
    url: str, folder: Path, faults: Faults, capsys: pytest.CaptureFixture[str]
) -> None:
    at = "samples/AWSLogs/111122223333"
    for option in (("--last", "1d"), ("--from", "2030-01-01")):
        question = ("match", "{ $.eventName = * }", "--count", *option)
        faults.asked.clear()
        code = main([*question, f"s3://logs/{at}", "--endpoint-url", url])
        far = capsys.readouterr()
        assert main([*question, str(folder / "logs" / at)]) == code
        near = capsys.readouterr()
        assert (far.out, far.err) == (near.out, near.err.replace(f"{folder}/logs", "s3://logs"))
        if option[0] == "--last":
            read = [path for path in faults.asked if "list-type" not in path]
            assert read
            assert not [path for path in read if "/2025/03/0" in path]
        assert len(faults.lists) < 40
    days = [f"{plan(url, f's3://logs/{at}').edge(newest=newest)}" for newest in (False, True)]
    all_days = sorted(str(one.day) for one in local(folder, f"logs/{at}").locate().files)
    assert days == [all_days[0], all_days[-1]]


def test_a_plan_lists_once(url: str, faults: Faults) -> None:
    asked = plan(url, f"s3://logs/samples/{DAY}")
    first = asked.locate()
    assert replace(asked, dedupe=True).locate().files == first.files
    assert len(faults.lists) == 1
    sent = pickle.loads(pickle.dumps((asked, first.files)))  # noqa: S301 - our own
    assert sent == (asked, first.files)
    assert not sent[0].snapshot.listings
    assert SECRET.encode() not in pickle.dumps(sent)


@pytest.mark.parametrize("fault", ["503", "reset", "cut"])
def test_what_fails_for_a_while_is_asked_again(url: str, folder: Path, faults: Faults, fault: str) -> None:
    drawn = random.Random(7)  # noqa: S311 - faults
    faults.of = lambda _path, times: fault if times < 2 and drawn.random() < 0.3 else ""
    near, far = local(folder, f"logs/samples/{DAY}"), plan(url, f"s3://logs/samples/{DAY}")
    found = fast.scan(ASKED.filters, far, far.locate().files)
    assert facts(found) == facts(fast.scan(ASKED.filters, near, near.locate().files))
    assert faults.done[fault] > 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("503", "{url} throttles requests, and took none in 3 tries"),
        ("reset", "the connection to {url} fails"),
        ("cut", "the connection to {url} fails"),
        ("403", "access to the bucket logs is denied: s3:ListBucket is needed for the bucket, s3:GetObject for its objects, and kms:Decrypt where a key of KMS encrypts them"),
        ("404", "vanished after it was listed"),
    ],
)  # fmt: skip
def test_an_object_that_cannot_be_read_is_named_and_no_other_is_missing(
    url: str, folder: Path, faults: Faults, fault: str, reason: str
) -> None:
    far = plan(url, f"s3://logs/samples/{DAY}")
    sources = far.locate().files
    bad = sources[3]
    faults.of = lambda path, _times: fault if path.endswith(bad.path.rpartition("/")[2]) else ""
    found = fast.scan(ASKED.filters, far, sources)
    said = f"cannot be read: {reason.format(url=url)}"
    assert [(one.path, one.reason) for one in found.problems] == [(bad.path, said)]
    near = local(folder, f"logs/samples/{DAY}")
    others = [one for one in near.locate().files if one.number != 3]
    assert found.records == fast.scan(ASKED.filters, near, others).records


def test_an_object_that_changed_is_named(url: str, folder: Path) -> None:
    """Bytes are those of the ETag in the listing, or none: what is kept of a file is kept by that."""
    file = folder / "logs" / "changing" / "one.json"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(scans.log_file(scans.record(1)))
    asked = plan(url, "s3://logs/changing")
    sources = asked.locate().files
    file.write_bytes(scans.log_file(scans.record(2)))
    (problem,) = [one for one in walk(asked, sources) if isinstance(one, Problem)]
    assert problem.reason == "cannot be read: was changed after it was listed"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("s3://", "expected a bucket: s3://BUCKET/PREFIX"),
        ("s3://nowhere", "{url} has no bucket nowhere"),
        ("s3://logs/sample", "no such object or prefix; did you mean s3://logs/samples?"),
        ("s3://logs/samples/AWSLogs/none.json", "no such object or prefix"),
    ],
)
def test_what_is_not_there_is_one_sentence(url: str, path: str, reason: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        plan(url, path).locate()
    assert str(raised.value) == f"{path}: {reason.format(url=url)}"


def test_no_log_of_the_days_asked_for_is_no_missing_prefix(url: str) -> None:
    chosen = Selection(start=2_000_000_000)
    assert (
        not plan(url, "s3://logs/samples/AWSLogs/111122223333/CloudTrail/eu-west-1", selection=chosen)
        .locate()
        .files
    )


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("AWS_ACCESS_KEY_ID", "AKIAOTHER", "refuses the credentials: it has no such access key"),
        ("AWS_SECRET_ACCESS_KEY", "other", "refuses the credentials: the secret key does not belong to the access key"),
    ],
)  # fmt: skip
def test_wrong_credentials_are_one_sentence_with_exit_code_2(
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    reason: str,
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert main(["match", "{ $.eventName = x }", "s3://logs/samples"]) == 2
    assert capsys.readouterr().err == f"detector: s3://logs/samples: {url} {reason}\n"


def test_a_denied_bucket_and_a_denied_folder(
    url: str, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 50)
    faults.of = lambda path, _times: "403" if "list-type" in path else ""
    with pytest.raises(
        ArchiveError, match="s3://logs/samples: access to the bucket logs is denied: s3:ListBucket"
    ):
        plan(url).locate()
    faults.of = lambda path, _times: "404" if "list-type" in path else ""
    with pytest.raises(
        ArchiveError, match=f"s3://logs/samples: {url} has no bucket logs, or does not speak S3$"
    ):
        plan(url).locate()
    faults.of = lambda path, _times: "403" if "us-west-2" in path and "list-type" in path else ""
    located = plan(url).locate()
    assert [one.path.rpartition("/")[2] for one in located.problems] == ["us-west-2"] * len(located.problems)
    assert located.problems
    assert all("looked at: access to the bucket logs is denied" in one.reason for one in located.problems)
    assert located.files


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "RETRIES", QUICK)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ArchiveError, match=r"^s3://logs: the connection to http://127\.0\.0\.1:9 fails$"):
        plan("http://127.0.0.1:9", "s3://logs").locate()


@pytest.mark.parametrize(
    ("access", "text", "said"),
    [
        (Access(region="eu-west-1"), "HTTP error", "the connection to S3 in eu-west-1 fails"),
        (Access(), "<Code>ExpiredToken</Code>", "the credentials for S3 have expired: sign in again, such as by aws sso login"),
        (Access(endpoint="https://me:secret@store.example:9"), "status code: 401", "https://store.example:9 refuses the credentials"),
        (Access(endpoint="http://store.example"), "<Code>TeapotError</Code>", "http://store.example answers TeapotError"),
        (Access(), "<Code>PermanentRedirect</Code>", "the bucket a{b}c lies in another region: set AWS_REGION"),
    ],
)  # fmt: skip
def test_a_sentence_names_the_server_or_the_bucket(access: Access, text: str, said: str) -> None:
    assert bucket.sentence(ValueError(text), "a{b}c", access) == said


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("obstore", "obstore.store", "obstore.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["match", "{ $.eventName = x }", "s3://logs", "--endpoint-url", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err == (
        "detector: s3://logs: lies in S3, which needs the extra s3: pip install 'cloudtrail-detector[s3]' installs it\n"
    )


def test_a_profile_is_found_as_the_aws_cli_finds_it(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text(
        f"[audit]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n"
    )
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    asked = plan(url, f"s3://logs/samples/{DAY}")
    with pytest.raises(ArchiveError, match="no credentials were found: set those that the AWS CLI reads"):
        asked.locate()
    named = replace(asked, access=Access(endpoint=url, profile="audit"))
    assert named.locate().files
    monkeypatch.setenv("AWS_PROFILE", "audit")
    assert [one.path for one in asked.locate().files] == [one.path for one in named.locate().files]
    monkeypatch.setenv("AWS_PROFILE", "other")
    with pytest.raises(ArchiveError, match="no credentials: The config profile"):
        replace(asked, snapshot=type(asked.snapshot)()).locate()


def test_requester_pays_and_public_buckets(url: str, faults: Faults) -> None:
    for access in (Access(url, requester_pays=True), Access(url, unsigned=True)):
        faults.headers.clear()
        asked = replace(plan(url, f"s3://logs/samples/{DAY}"), access=access)
        if access.unsigned:
            with pytest.raises(ArchiveError):
                asked.locate()
        else:
            list(walk(asked))
        names = [{name.lower(): value for name, value in one.items()} for one in faults.headers]
        assert {one.get("x-amz-request-payer") for one in names} == {
            "requester" if access.requester_pays else None
        }
        assert {"authorization" in one for one in names} == {not access.unsigned}


def test_keys_may_be_spelled_in_any_way(url: str, folder: Path) -> None:
    odd = folder / "odd" / "a b"
    odd.mkdir(parents=True, exist_ok=True)
    names = ["p%2Fq.json", "c#d?.json", "u\u00fc\u4e2d+z.json", "~a*b[1]&.json"]
    for name in names:
        (odd / name).write_bytes(scans.log_file(scans.record(1)))
    (folder / "odd" / "empty.gz").write_bytes(b"")
    found = list(walk(plan(url, "s3://odd")))
    problems = {one.path: one.reason for one in found if isinstance(one, Problem)}
    assert problems == {
        "s3://odd/empty.gz": "no records",
    }
    assert sorted(one.source.path for one in found if not isinstance(one, Problem)) == sorted(
        f"s3://odd/a b/{name}" for name in names
    )
    (one,) = plan(url, f"s3://odd/a b/{names[1]}").locate().files
    assert one.path == f"s3://odd/a b/{names[1]}"


def test_the_command_line_and_its_configuration(
    real: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "detector.toml").write_text(
        'archive = "s3://logs/samples/AWSLogs/111122223333/CloudTrail/us-west-2/2025/03"\naccount = "111122223333"\n'
    )
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    question = ("match", "{ $.eventName = * }", "--count")
    assert main([*question, "--endpoint-url", real]) == 0
    far = capsys.readouterr().out
    assert main([*question, "--no-config", "--account", "111122223333", str(folder / SOME)]) == 0
    assert capsys.readouterr().out == far
    assert main([*question, "--endpoint-url", "somewhere"]) == 2
    assert "expected http://HOST[:PORT] or https://HOST[:PORT], found 'somewhere'" in capsys.readouterr().err


def test_the_region_of_a_bucket_is_asked_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def region_of(endpoint: str, name: str) -> str:
        asked.append(f"{endpoint}/{name}")
        return "eu-west-1"

    monkeypatch.setattr(bucket, "region_of", region_of)
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    assert bucket.resolved(Access(), "logs").region == "eu-west-1"
    assert asked == ["https://s3.cn-north-1.amazonaws.com.cn/logs"]
    assert bucket.resolved(Access(region="us-west-2"), "logs").region == "us-west-2"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert bucket.resolved(Access(), "logs") == Access(url, region="cn-north-1")
    assert len(asked) == 1
    monkeypatch.undo()
    assert not bucket.region_of(url, "logs")
    assert not bucket.region_of("http://127.0.0.1:9", "logs")


@pytest.mark.slow
@pytest.mark.parametrize("strict", [True, False])
def test_a_large_bucket_through_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strict: bool) -> None:
    """SeaweedFS, several pages of keys, an object that is read in ranges, workers, and a fifth of all answers spoilt."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    near = tmp_path / "near"
    shutil.copytree(SAMPLES, near)
    noise = [scans.record(number, note=secrets.token_hex(1_000)) for number in range(20_000)]
    (near / "large.json.gz").write_bytes(gzip.compress(scans.log_file(*noise), 1))
    assert (near / "large.json.gz").stat().st_size > bucket.PIECE
    (tmp_path / "far").mkdir()
    drawn, faults = random.Random(1), Faults()  # noqa: S311 - faults
    with seaweed(tmp_path / "far") as server, proxy(server, faults) as url:
        import boto3

        boto3.client("s3", endpoint_url=server, region_name="us-east-1").create_bucket(Bucket="logs")
        store = bucket.store_of(Access(endpoint=server, region="us-east-1"), "logs")
        for file in near.rglob("*"):
            if file.is_file():
                obstore.put(store, f"samples/{file.relative_to(near)}", file.read_bytes())
        faults.of = lambda _path, times: (
            drawn.choice(["503", "reset", "cut"]) if times < 4 and drawn.random() < 0.2 else ""
        )
        far = plan(url)
        located = far.locate()
        found = processes.scan(ASKED.filters, far, located.files, jobs=2, strict=strict)
        faults.of = lambda _path, _times: ""
        obstore.put(store, "odd/below/fine.json", scans.log_file(scans.record(1)))
        boto3.client("s3", endpoint_url=server, region_name="us-east-1").put_object(
            Bucket="logs", Key="odd/tab/a\tb.json", Body=b"{}"
        )
        odd = plan(url, "s3://logs/odd").locate()
    assert [one.path for one in odd.files] == ["s3://logs/odd/below/fine.json"]
    assert [(one.path, one.reason) for one in odd.problems] == [
        (
            "s3://logs/odd/tab",
            "cannot be looked at: a key in it has an empty part or a control character, so that its keys cannot be listed",
        )
    ]
    expected = locate([str(near)])
    assert (located.left_out, located.digests) == (expected.left_out, expected.digests)
    assert facts(found) == facts(processes.scan(ASKED.filters, Plan(), expected.files, jobs=1, strict=strict))
    assert faults.done["cut"] > 50
    assert faults.done["503"] > 50


@pytest.mark.slow
def test_ctrl_c_waits_for_no_answer(url: str, faults: Faults) -> None:
    faults.of = lambda path, _times: "" if "list-type" in path else "503"
    words = (sys.executable, "-m", "detector", "match", "{ $.a = 1 }", "s3://logs/samples", "--jobs", "1")
    with subprocess.Popen((*words, "--endpoint-url", url), stderr=subprocess.PIPE) as run:
        while not faults.done["503"]:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=5) == 130


@pytest.mark.slow
def test_many_pages_are_listed_by_many_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand keys of two accounts: a day of one region costs a handful of requests."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for account in ("111122223333", "444455556666"):
        for region in ("eu-west-1", "us-east-1"):
            for day in range(1, 26):
                at = (
                    tmp_path / "b" / "AWSLogs" / account / "CloudTrail" / region / "2025" / "03" / f"{day:02}"
                )
                at.mkdir(parents=True)
                for number in range(100):
                    (
                        at
                        / f"{account}_CloudTrail_{region}_202503{day:02}T{number % 24:02}00Z_{number:016}.json.gz"
                    ).touch()
    faults = Faults()
    start = int(datetime(2025, 3, 12, tzinfo=UTC).timestamp())
    with rclone(tmp_path) as server, proxy(server, faults) as url:
        assert len(plan(url, "s3://b").locate().files) == len(locate([str(tmp_path)]).files) == 10_000
        assert len(faults.lists) < 150
        faults.asked.clear()
        chosen = Selection(frozenset({"444455556666"}), frozenset({"eu-west-1"}), start, start + 86_400)
        found = plan(url, "s3://b", selection=chosen).locate()
        near = locate([str(tmp_path)], chosen).files
        assert len(found.files) == len([one for one in near if one.region == "eu-west-1"]) == 300
        assert len(faults.lists) < 12
