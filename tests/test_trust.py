"""A tampered archive is found out: whatever is changed, removed, added, exchanged or signed by somebody else."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from detector.__main__ import main
from detector.archive import Plan, Selection
from detector.archive.access import Access
from detector.errors import ArchiveError
from detector.jobs.trust import Keys, Trust, load_signatures, verify_archive
from detector.render.kit.page import Page
from detector.render.trust_json import trust_json
from detector.render.trust_text import trust_text
from tests.digests import ACCOUNT, BUCKET, Signed, key, public_keys
from tests.s3_servers import ENVIRONMENT, seaweed


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    return Signed(tmp_path)


def verified(archive: Signed, *, newest: bool = True, **settings: object) -> Trust:
    plan = Plan.of(str(archive.folder / "AWSLogs"), **settings)  # type: ignore[arg-type]  # any setting
    return verify_archive(
        plan, Keys.load([archive.keys]), load_signatures([archive.newest()] if newest else [])
    )


def found(archive: Signed, *, newest: bool = True) -> list[tuple[str, str]]:
    return [(str(one.kind), one.path.rpartition("/")[2]) for one in verified(archive, newest=newest).findings]


def test_an_archive_as_it_was_delivered(signed: Signed) -> None:
    trust = verified(signed)
    assert trust.holds
    assert (trust.digests, trust.verified, trust.logs, trust.verified_logs) == (4, 4, 8, 8)
    assert (trust.findings, trust.uncovered, trust.problems) == ((), (), ())
    [chain] = trust.chains
    assert (chain.account, chain.region, chain.unverified, chain.continues) == (
        ACCOUNT,
        "eu-west-1",
        (),
        False,
    )
    assert (chain.start, chain.end) == (1_741_996_800, 1_742_011_200)
    assert "2025-03-15 00:00 to 2025-03-15 04:00 UTC" in trust_text(trust, Page())
    assert json.loads(trust_json(trust))["chains"][0]["end"] == "2025-03-15T04:00:00Z"


def test_the_newest_digest_is_unverified_without_its_signature(signed: Signed) -> None:
    trust = verified(signed, newest=False)
    assert trust.holds
    assert (trust.verified, trust.verified_logs, trust.unverified_logs) == (3, 6, 2)
    assert [Path(one).name for one in trust.chains[0].unverified] == [signed.digests[-1].name]


def test_a_log_file_may_be_decompressed(signed: Signed) -> None:
    for path in signed.logs[:3]:
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert verified(signed).holds


def changed_byte(archive: Signed) -> None:
    path = archive.logs[2]
    text = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(text.replace(b"GetObject", b"PutObject")))


def spoilt_gzip(archive: Signed) -> None:
    path = archive.logs[2]
    path.write_bytes(path.read_bytes()[:-9])


def removed_log(archive: Signed) -> None:
    archive.logs[2].unlink()


def added_log(archive: Signed) -> None:
    archive.log(1, 20)


def added_beside(archive: Signed) -> None:
    copy = archive.logs[2].with_name(archive.logs[2].name.replace("AbCd", "XxXx"))
    shutil.copy(archive.logs[2], copy)


def removed_digest(archive: Signed) -> None:
    archive.digests[1].unlink()


def exchanged_digests(archive: Signed) -> None:
    one, other = archive.digests[1:3]
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)


def signed_again(archive: Signed) -> None:
    """With another key, and with the new signature in the next digest, whose own signature is the old one."""
    _, value, signature = archive.put(archive.told[1], key(1))
    following = {**archive.told[2], "previousDigestSignature": signature, "previousDigestHashValue": value}
    archive.write(following["digestS3Object"], json.dumps(following).encode())


def another_key(archive: Signed) -> None:
    """The same, and says so."""
    _, value, signature = archive.put(archive.told[1] | {"digestPublicKeyFingerprint": "ab" * 16}, key(1))
    following = {**archive.told[2], "previousDigestSignature": signature, "previousDigestHashValue": value}
    archive.write(following["digestS3Object"], json.dumps(following).encode())


def hidden_change(archive: Signed) -> None:
    """A changed log file, with its new hash in the digest."""
    changed_byte(archive)
    s3, value = archive.log(1, 10, gzip.decompress(archive.logs[2].read_bytes()))
    told = {
        **archive.told[1],
        "logFiles": [{**archive.told[1]["logFiles"][0], "hashValue": value}, archive.told[1]["logFiles"][1]],
    }
    archive.write(told["digestS3Object"], json.dumps(told).encode())
    assert s3 == told["logFiles"][0]["s3Object"]


def no_digest_at_all(archive: Signed) -> None:
    archive.digests[2].write_bytes(b"{}")


def newest_changed(archive: Signed) -> None:
    told = {**archive.told[3], "logFiles": archive.told[3]["logFiles"][:1]}
    archive.write(told["digestS3Object"], json.dumps(told).encode())


def anew(archive: Signed) -> None:
    """A digest that begins a chain of its own, so that none refers to the one before."""
    names = ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
    archive.put(archive.told[2] | {f"previousDigest{name}": None for name in names})


LOG, DIGEST = "log", "digest"
TAMPERED: dict[Callable[[Signed], None], list[tuple[str, str, int]]] = {
    changed_byte: [("changed", LOG, 2)],
    spoilt_gzip: [("unreadable", LOG, 2)],
    removed_log: [("missing", LOG, 2)],
    added_log: [("added", LOG, 8)],
    added_beside: [("added", "", 0)],
    removed_digest: [("gap", "", 0), ("missing", DIGEST, 1)],
    exchanged_digests: [("gap", "", 0), ("moved", DIGEST, 1), ("moved", DIGEST, 2)],
    signed_again: [("signature", DIGEST, 1), ("signature", DIGEST, 2), ("changed", DIGEST, 2)],
    hidden_change: [("signature", DIGEST, 1), ("changed", DIGEST, 1)],
    no_digest_at_all: [("gap", "", 0), ("unreadable", DIGEST, 2)],
    newest_changed: [("signature", DIGEST, 3)],
    another_key: [("unknown key", "", 0), ("signature", DIGEST, 2), ("changed", DIGEST, 2)],
    anew: [("gap", DIGEST, 2), ("changed", DIGEST, 2), ("signature", DIGEST, 2)],
}


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda one: one.__name__)
def test_what_was_tampered_with_is_named(signed: Signed, tamper: Callable[[Signed], None]) -> None:
    tamper(signed)
    files = {LOG: signed.logs, DIGEST: signed.digests}
    kinds = [kind for kind, _ in found(signed)]
    expected = TAMPERED[tamper]
    assert sorted(kinds) == sorted(kind for kind, _, _ in expected)
    for kind, of, number in expected:
        if of:
            assert (kind, files[of][number].name) in found(signed)
    assert not verified(signed).holds
    assert verified(signed).is_verifiable


def test_a_key_that_is_not_given_or_was_not_in_use(signed: Signed) -> None:
    Path(signed.keys).write_text(json.dumps(public_keys(key(1))))
    trust = verified(signed)
    assert [str(one.kind) for one in trust.findings] == ["unknown key"]
    assert (trust.verified, trust.is_verifiable, trust.holds) == (0, False, False)
    for validity in ({"ValidityEndTime": "2025-03-15T02:30:00+00:00"}, {"ValidityEndTime": 1742005800.0}):
        Path(signed.keys).write_text(json.dumps(public_keys(key(), **validity)))
        assert [one.path.rpartition("/")[2] for one in verified(signed).findings] == [
            one.name for one in signed.digests[2:]
        ]


def test_log_files_in_no_digest(signed: Signed) -> None:
    signed.log(4, 30)  # its digest is yet to come
    late = verified(signed)
    assert late.holds
    assert [(one.files, one.is_late) for one in late.uncovered] == [(1, True)]
    signed.log(12, 30)
    early = verified(signed)
    assert not early.holds
    assert [(one.files, one.is_late) for one in early.uncovered] == [(1, False), (1, True)]
    other = Signed(signed.folder, hours=0, region="us-east-1")
    other.log(1, 0)
    assert [(one.region, one.files) for one in verified(signed).uncovered if not one.is_late] == [
        ("eu-west-1", 1),
        ("us-east-1", 1),
    ]
    assert verified(signed, selection=Selection(regions=frozenset({"us-east-1"}))).verified == 0


def test_keys_and_signatures_in_the_archive_are_no_log_files(
    signed: Signed, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = signed.folder / "AWSLogs"
    shutil.copy(signed.keys, inside / "keys.json")
    shutil.copy(signed.newest(), signed.logs[0].parent / "newest.json")
    trust = verified(signed)
    assert trust.holds
    assert (trust.logs, trust.verified_logs, trust.uncovered) == (8, 8, ())
    assert {(Path(path).name, kind) for path, kind in trust.given} == {
        ("keys.json", "public keys"),
        ("newest.json", "signatures"),
    }
    words = ["verify", "archive", str(inside), "--public-keys", str(inside / "keys.json")]
    assert main(words) == 0
    assert "keys.json: not a log file, it holds public keys" in capsys.readouterr().out
    assert main([*words, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["log_files"]["in_no_digest"] == 0
    assert [one["holds"] for one in told["not_logs"]] == ["signatures", "public keys"]


@pytest.mark.parametrize(
    "text", ["{}", "[]", "no JSON", '{"Records": [], "PublicKeyList": []}', '{"a_CloudTrail-Digest_b": 3}']
)
def test_other_files_are_in_no_digest(signed: Signed, text: str) -> None:
    (signed.folder / "AWSLogs" / "other.json").write_text(text)
    trust = verified(signed)
    assert [one.files for one in trust.uncovered] == [1]
    assert not trust.holds


def test_a_time_that_is_asked_for(signed: Signed) -> None:
    removed_log(signed)
    hour = 3600
    begin = 1_741_996_800  # 2025-03-15T00:00:00Z
    assert verified(signed, selection=Selection(start=begin + 2 * hour)).holds
    assert not verified(signed, selection=Selection(start=begin + hour)).holds
    assert verified(signed, selection=Selection(end=begin + hour)).holds
    chain = verified(signed, selection=Selection(start=begin + 2 * hour)).chains[0]
    assert (chain.digests, chain.continues) == (2, True)


def test_regions_have_chains_of_their_own(signed: Signed) -> None:
    Signed(signed.folder, region="us-east-1")
    trust = verified(signed, newest=False)
    assert [(one.region, one.verified) for one in trust.chains] == [("eu-west-1", 3), ("us-east-1", 3)]
    assert trust.holds


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no JSON"),
        ("{}", "list-public-keys prints"),
        ('{"PublicKeyList": []}', "list-public-keys prints"),
        ('{"PublicKeyList": [{"Value": "AAAA", "Fingerprint": "ab"}]}', "expected an RSA key in DER"),
        ('{"PublicKeyList": [{"Value": 3, "Fingerprint": "ab"}]}', "expected an RSA key in DER"),
        ('{"PublicKeyList": [3]}', "list-public-keys prints"),
    ],
)
def test_what_is_no_file_of_keys(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(ArchiveError, match=told):
        Keys.load([str(path)])
    with pytest.raises(ArchiveError, match="cannot be read"):
        Keys.load([str(tmp_path / "none")])


def test_signatures_as_head_object_prints_them(signed: Signed) -> None:
    name = signed.digests[-1].name
    path = signed.folder / "head.json"
    path.write_text(json.dumps({f"a/{name}": {"Metadata": {"signature": signed.signatures[name]}}}))
    assert load_signatures([str(path)]) == {name: signed.signatures[name]}
    for text, told in (("[]", "a JSON object"), ('{"a": 3}', "hexadecimal"), ('{"a": {}}', "hexadecimal")):
        path.write_text(text)
        with pytest.raises(ArchiveError, match=told):
            load_signatures([str(path)])


def test_the_verb_and_its_exit_codes(signed: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["verify", "archive", str(signed.folder / "AWSLogs"), "--public-keys", signed.keys]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "3 of 4 digest files verified" in out
    assert "the archive is as it was delivered" in out
    assert signed.digests[-1].name in out
    changed_byte(signed)
    assert main([*words, "--signatures", signed.newest(), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["verified"], told["digests"]) == (False, {"read": 4, "verified": 4})
    assert [one["kind"] for one in told["findings"]] == ["changed"]
    assert main(words) == 1
    assert signed.logs[2].name in capsys.readouterr().out
    for digest in signed.digests:
        digest.unlink()
    assert main(words) == 2
    assert "nothing could be verified" in capsys.readouterr().err
    assert main(words[:3]) == 2
    assert "expected --public-keys FILE" in capsys.readouterr().err


def test_what_digests_say_steers_no_terminal(signed: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[31m\u202e\x9b"
    signed.put(
        signed.told[1]
        | {
            "digestPublicKeyFingerprint": evil,
            "previousDigestS3Object": evil,
            "awsAccountId": evil,
            "digestS3Bucket": BUCKET,
        }
    )
    signed.digests[2].write_bytes(
        gzip.compress(json.dumps(signed.told[2] | {"digestS3Object": evil}).encode())
    )
    for form in ("text", "json"):
        words = ["verify", "archive", str(signed.folder), "--public-keys", signed.keys, "--format", form]
        assert main(words) == 1
        assert not set(capsys.readouterr().out) & {"\x1b", "\u202e", "\x9b"}


@pytest.mark.slow
def test_in_s3_the_newest_digest_has_its_signature(
    signed: Signed, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with seaweed(tmp_path_factory.mktemp("s3")) as url:
        client = boto3.client("s3", endpoint_url=url)
        client.create_bucket(Bucket=BUCKET)

        def upload() -> None:
            for path in [*signed.digests, *signed.logs]:
                signature = signed.signatures.get(path.name)
                metadata = (
                    {"signature": signature, "signature-algorithm": "SHA256withRSA"} if signature else {}
                )
                key = str(path.relative_to(signed.folder))
                client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes(), Metadata=metadata)

        def trust() -> Trust:
            plan = Plan(paths=(f"s3://{BUCKET}/AWSLogs",), access=Access(endpoint=url))
            return verify_archive(plan, Keys.load([signed.keys]))

        upload()
        found = trust()
        assert found.holds
        assert (found.verified, found.verified_logs, found.chains[0].unverified) == (4, 8, ())
        newest_changed(signed)
        changed_byte(signed)
        upload()
        assert {str(one.kind) for one in trust().findings} == {"changed", "signature"}
