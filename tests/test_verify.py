"""What CloudWatch Logs says against what the package says: answers recorded with botocore's Stubber, no network."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.session import get_session
from botocore.stub import Stubber

from detector.__main__ import main
from detector.archive import Plan
from detector.aws import service
from detector.aws.service import FilterTest
from detector.errors import AwsError, UnreadableError
from detector.jobs.verify import LONGEST_MESSAGE, Case, Verdict, read_table, sample, verify
from detector.pattern import compile as compile_pattern
from tests.filter_cases import CONTRADICTED, all_cases
from tests.hostile import STRINGS

TABLE = "tests/tables/filter_cases.jsonl"
PATTERN = '{ $.errorCode = "AccessDenied*" }'


def client() -> Any:
    session = get_session()
    session.set_credentials("made", "up")
    return session.create_client("logs", region_name="eu-west-1")


def matching(*numbers: int) -> dict[str, Any]:
    return {
        "matches": [{"eventNumber": number, "eventMessage": "x", "extractedValues": {}} for number in numbers]
    }


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """The service, as far as a test has told its answers."""
    made = client()
    monkeypatch.setattr(service, "client", lambda region, profile: made)  # noqa: ARG005 - called by position
    with Stubber(made) as stubber:
        yield stubber


def test_numbers_begin_with_one_and_come_in_any_order() -> None:
    made = client()
    with Stubber(made) as stubber:
        stubber.add_response(
            "test_metric_filter", matching(3, 1), {"filterPattern": "a", "logEventMessages": ["a", "b", "ca"]}
        )
        ask = FilterTest(made, pause=0)
        assert ask("a", ["a", "b", "ca"]) == {0, 2}
        assert (ask.calls, ask.region) == (1, "eu-west-1")


def test_a_refused_pattern_is_an_answer() -> None:
    made = client()
    with Stubber(made) as stubber:
        stubber.add_client_error(
            "test_metric_filter", "InvalidParameterException", "Invalid metric\nfilter pattern"
        )
        assert FilterTest(made, pause=0)("{", ["a"]) == "Invalid metric filter pattern"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDeniedException", "permission logs:TestMetricFilter"),
        ("ThrottlingException", "throttles"),
        ("ExpiredTokenException", "expired"),
        ("UnrecognizedClientException", "not valid"),
        ("ServiceUnavailableException", "answered ServiceUnavailableException: it says so"),
    ],
)
def test_what_the_service_answers_is_one_sentence(
    code: str, sentence: str, stubbed: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.add_client_error("test_metric_filter", code, "it\nsays so")
    assert main(["verify", "aws", PATTERN, "samples"]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (boto.NoCredentialsError(), "no credentials were found"),
        (boto.NoRegionError(), "give --aws-region"),
        (boto.EndpointConnectionError(endpoint_url="https://logs.example"), "Could not connect"),
        (boto.ReadTimeoutError(endpoint_url="https://logs.example"), "timeout"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), "expired"),
    ],
)
def test_what_botocore_raises_is_one_sentence(error: Exception, sentence: str) -> None:
    class Failing:
        def test_metric_filter(self, **_: Any) -> Any:
            raise error

    with pytest.raises(AwsError, match=sentence):
        FilterTest(Failing(), pause=0)("a", ["a"])


def test_a_number_that_was_not_sent_is_an_error() -> None:
    made = client()
    with Stubber(made) as stubber:
        stubber.add_response("test_metric_filter", matching(2))
        with pytest.raises(AwsError, match="expected numbers of 1 messages"):
            FilterTest(made, pause=0)("a", ["a"])


def test_without_a_region_or_a_profile_there_is_no_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(AwsError, match="give --aws-region"):
        service.client(None, None)
    with pytest.raises(AwsError, match="none-such"):
        service.client("eu-west-1", "none-such")


class Recorded:
    """A service that answers as the table has it."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.rows = {(case.pattern, case.message): case.expect for case in all_cases()}

    def __call__(self, pattern: str, messages: Sequence[str]) -> set[int] | str:
        self.sizes.append(len(messages))
        said = [self.rows[pattern, message] for message in messages]
        return "refused" if "invalid" in said else {number for number, one in enumerate(said) if one}


def test_the_table_agrees_but_for_what_is_known_to_be_contradicted() -> None:
    cases, ask = read_table(TABLE), Recorded()
    result = verify(cases, ask)
    assert not result.changed
    assert {one.case.name for one in result.differences} <= set(CONTRADICTED)
    assert len(result.answers) + result.unasked == len(cases)
    assert result.unasked == sum(not case.message for case in cases)
    assert result.calls == len(ask.sizes)
    assert max(ask.sizes) <= 50


def test_a_call_holds_fifty_messages_and_less_than_a_megabyte() -> None:
    sizes = []

    def ask(_: str, messages: Sequence[str]) -> set[int]:
        sizes.append(len(messages))
        return set()

    verify([Case(str(n), "a", "b") for n in range(120)], ask)
    assert sizes == [50, 50, 20]
    sizes.clear()
    long = verify(
        [Case(str(n), "a", "b" * LONGEST_MESSAGE) for n in range(7)]
        + [Case("", "a", "b" * (LONGEST_MESSAGE + 1))],
        ask,
    )
    assert sizes == [3, 3, 1]
    assert long.unasked == 1


def test_a_difference_and_a_change_are_told_apart() -> None:
    cases = [
        Case("agreed", "a", "a", Verdict.MATCH),
        Case("changed", "b", "b", Verdict.NO_MATCH),
        Case("differs", "c", "c", Verdict.NO_MATCH),
        Case("refused", "d", "d", Verdict.MATCH),
    ]
    answers: dict[str, set[int] | str] = {"a": {0}, "b": {0}, "c": set(), "d": "not today"}
    result = verify(cases, lambda pattern, _: answers[pattern])
    assert [one.case.name for one in result.differences] == ["differs", "refused"]
    assert [one.case.name for one in result.changed] == ["changed", "refused"]
    assert result.differences[1].reason == "not today"
    assert not result.holds
    assert verify(cases[:1], lambda *_: {0}).holds
    assert not verify(cases[1:2], lambda *_: {0}).holds
    assert not verify([], lambda *_: {0}).holds


def test_half_of_a_sample_matches() -> None:
    pattern = compile_pattern(PATTERN)
    drawn = sample([("denied", pattern)], Plan(paths=("samples",)), 10)
    assert sum(pattern.matches(case.message) for case in drawn.cases) == 5
    assert len(drawn.cases) == len({case.name for case in drawn.cases}) == 10
    assert drawn.cases == sample([("denied", pattern)], Plan(paths=("samples",)), 10).cases
    never = sample([("never", compile_pattern("{ $.a = 1 }"))], Plan(paths=("samples",)), 10)
    assert len(never.cases) == 10
    always = sample([("always", compile_pattern("{ $.eventName = * }"))], Plan(paths=("samples",)), 10)
    assert len(always.cases) == 10


def test_the_verb_over_an_archive(stubbed: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    for numbers in ((1, 2), (1, 2, 3)):
        stubbed.add_response("test_metric_filter", matching(*numbers))
    command = ["verify", "aws", PATTERN, "samples", "--records", "4"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "TestMetricFilter in eu-west-1: 4 answers in 1 call, of " in said.out
    assert "4 of 4 agree" in said.out
    assert main([*command, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["holds"], found["answers"], found["agree"], found["region"]) == (False, 4, 3, "eu-west-1")
    [difference] = found["differences"]
    assert (difference["service"], difference["detector"]) == ("match", "no match")
    assert json.loads(difference["message"])["eventName"]


def test_the_verb_over_a_table(stubbed: Stubber, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.jsonl"
    rows = [
        {"id": "one", "pattern": "a", "message": "ab\u001b[31m", "expect": True},
        {"pattern": "{", "message": "x", "expect": "invalid"},
    ]
    table.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    stubbed.add_response("test_metric_filter", matching())
    stubbed.add_client_error(
        "test_metric_filter", "InvalidParameterException", "Invalid metric filter pattern"
    )
    assert main(["verify", "aws", str(table)]) == 1
    said = capsys.readouterr().out
    assert "1 of 2 agree" in said
    assert "service: no match, detector: match, the table: match" in said
    assert "\u001b" not in said
    assert main(["verify", "aws", str(table), "samples"]) == 2
    assert "not both" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "expected an object"),
        ("{", "expected an object"),
        ('{"pattern": 1, "message": "x", "expect": true}', "expected an object"),
        ('{"pattern": "a", "message": "x", "expect": 1}', "expected an object"),
        ('{"pattern": "a", "message": "x", "expect": "maybe"}', "expected an object"),
        ('{"pattern": "a", "message": "x", "expect": []}', "expected an object"),
    ],
)
def test_a_row_that_is_none_is_named_with_its_line(text: str, reason: str, tmp_path: Path) -> None:
    table = tmp_path / "table.jsonl"
    table.write_text(f"\n{text}\n", "utf-8")
    with pytest.raises(UnreadableError, match=reason) as refused:
        read_table(str(table))
    assert refused.value.line == 2


@pytest.mark.parametrize(
    "command",
    [
        ["none.jsonl"],
        ["samples/none.jsonl"],
        ["{ $.a = }", "samples"],
        [PATTERN, "none"],
        [PATTERN, "samples", "--records", "0"],
    ],
)
def test_what_is_wrong_is_said_before_aws_is_asked(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "aws", *command]) == 2
    assert "AWS" not in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_in_a_row_steers_a_terminal(
    form: str, stubbed: Stubber, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.jsonl"
    rows = [{"id": one, "pattern": "a", "message": f"a{one}", "expect": True} for one in STRINGS.values()]
    table.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    for _ in range(0, len(rows), 50):
        stubbed.add_response("test_metric_filter", matching())
    assert main(["verify", "aws", str(table), "--format", form]) == 1
    printed = capsys.readouterr().out
    assert {char for char in printed if not char.isprintable()} <= {"\n"}
    if form == "json":
        assert [one["message"] for one in json.loads(printed)["differences"]] == [
            row["message"] for row in rows
        ]


def test_nothing_asked_is_nothing_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("", "utf-8")
    assert main(["verify", "aws", str(tmp_path / "empty.jsonl")]) == 2
    assert "nothing was asked" in capsys.readouterr().err
