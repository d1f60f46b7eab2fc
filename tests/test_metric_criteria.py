"""Field selection criteria: which are valid, and which log groups they choose."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive import LogGroup
from detector.errors import SettingsError
from detector.metrics.criteria import parse, selects
from detector.scan import fast, plain
from tests import scans

HERE = LogGroup("trail", "111122223333", "eu-west-1")

# Criteria -> whether they choose `HERE`.
CHOSEN = {
    '@aws.account = "111122223333"': True,
    '@aws.account="444455556666"': False,
    '@aws.account != "444455556666"': True,
    '@aws.region IN ["eu-west-1", "eu-west-2"]': True,
    '@aws.region NOT IN ["eu-west-1"]': False,
    '@aws.region not in ["eu-west-2","us-east-1"]': True,
    '@source.log = "trail"': True,
    '@aws.account IN ["111122223333"] AND @aws.region != "us-east-1"': True,
    '@aws.account IN ["111122223333"] AND @aws.region != "eu-west-1"': False,
    '@aws.region = "us-east-1" OR @aws.account = "1" OR @source.log = "trail"': True,
    # AND binds stronger than OR.
    '@aws.region = "eu-west-1" OR @aws.account = "1" AND @source.log = "x"': True,
    '(@aws.region = "eu-west-1" OR @aws.account = "1") AND @source.log = "x"': False,
    '  ((@aws.region = "eu-west-1"))\n': True,
    '@aws.region = "eu-*"': False,
    '@aws.region = ""': False,
}


@pytest.mark.parametrize("text", CHOSEN)
def test_which_log_groups_are_chosen(text: str) -> None:
    assert selects(parse(text), HERE) is CHOSEN[text]


# Criteria that are refused -> a piece of the sentence.
REFUSED = {
    "nonsense": "@aws.account, @aws.region, @source.log at character 1 of the criteria, found 'nonsense'",
    " ": "found the end",
    '@aws.nope = "a"': "found '@aws.nope'",
    "@aws.account": "=, !=, IN or NOT IN at character 13 of the criteria, found the end",
    "@aws.account = 111122223333": "a string in double quotes",
    "@aws.account = 'a'": "a string in double quotes",
    '@aws.account = "a': "a string in double quotes",
    '@aws.account == "a"': "a string in double quotes",
    '@aws.account IN "a"': "[ and a list of strings",
    "@aws.account IN []": "a string in double quotes",
    '@aws.account IN ["a" "b"]': ", or ]",
    '@aws.account NOT = "a"': "expected IN",
    '@aws.account = "a" @aws.region = "b"': "AND, OR or the end",
    '@aws.account = "a" && @aws.region = "b"': "found '&'",
    '(@aws.account = "a"': "AND, OR or )",
    '@aws.account = "a")': "AND, OR or the end",
    "(" * 60 + '@aws.account = "a"' + ")" * 60: "at most 50 parentheses",
    '@aws.account = "' + "a" * 2000 + '"': "at most 2,000 characters, found 2,017",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(text)
    assert refused.value.setting == "field_selection_criteria"
    assert REFUSED[text] in refused.value.reason


@given(st.text(st.sampled_from('@aws.account"[](),=!INORDT \\x'), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        selects(parse(text), HERE)
    except SettingsError:
        return


def test_events_of_other_log_groups_are_neither_matches_nor_misses(tmp_path: Path) -> None:
    """Only on request has each record a log group of its own: an event of a global service is of another region."""
    metric_filter = scans.metric_filter(
        '{ $.eventName = "GetObject" }',
        default=0,
        field_selection_criteria='@aws.region = "us-east-1"',
        emit_system_field_dimensions=("@aws.account", "@aws.region"),
    )
    records = [
        scans.record(number, eventName=name, awsRegion=region)
        for number, (name, region) in enumerate(
            [
                ("GetObject", "us-east-1"),
                ("GetObject", "eu-west-1"),
                ("PutObject", "us-east-1"),
                ("A", "eu-west-1"),
            ]
        )
    ]
    source = scans.store(tmp_path / "a.json.gz", scans.log_file(*records))
    for account, region, matches, misses in (
        ("111122223333", "us-east-1", 2, 2),
        ("111122223333", "eu-west-1", 0, 0),
        ("record", "record", 1, 1),
    ):
        group = LogGroup(account=account, region=region)
        for scan in (plain.scan, fast.scan):
            hits = scan(*scans.plan(metric_filter, log_group=group), [source]).hits[0]
            assert (len(hits.matches), sum(hits.misses.values())) == (matches, misses)
            named = (("@aws.account", "111122223333"), ("@aws.region", "us-east-1"))
            assert {match.dimensions for match in hits.matches} <= {named}
