"""Laws of a scan: however files are spelled, cut and ordered, the fast scan finds what the plain one finds."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detector.archive import Clock, Selection, Source
from detector.scan import fast, plain
from detector.scan.found import Found
from tests import scans
from tests.drawing import examples
from tests.scans import ACCOUNT, REGION, facts, metric_filter, record
from tests.strategies import EVENTS, Speller

PATTERNS = (
    '{ $.eventName = "StopLogging" }',
    '{ $.eventName = "Stop*" && $.errorCode NOT EXISTS }',
    '{ $.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*" }',
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }',
    "{ $.userIdentity.sessionContext.sessionIssuer.userName != alice }",
    "{ $.requestParameters.items[0].id = 1 || $.requestParameters.items[*].id = a }",
    "{ $.requestParameters.* != x }",
    "{ $.readOnly IS FALSE && $.eventName != GetObject }",
    "{ $.x IS NULL || $.x.y > 1 }",
    "{ $.eventID = * && $.x NOT EXISTS }",
)
# Filters of which a match is not enough to know.
HUNGRY = (
    metric_filter(PATTERNS[0], default=0.0),
    metric_filter(PATTERNS[2], value="$.x"),
    metric_filter(PATTERNS[3], dimensions={"Type": "$.userIdentity.type"}),
    metric_filter("StopLogging"),
    metric_filter('"StopLogging" -alice', value="2"),
    metric_filter('"\\":\\"StopLogging\\",\\""', default=0.0),
    metric_filter("?UnauthorizedOperation ?AccessDenied ?100000"),
    metric_filter("[event = *StopLogging*, ...]"),
    metric_filter('[..., last = "*Access*" || last = %Root%]'),
    metric_filter("[event != *StopLogging* && event = *ConsoleLogin*]"),
    metric_filter("{ $.* = StopLogging }"),
)

odd_values = (
    EVENTS
    | EVENTS.map(lambda event: list(event.values()))
    | st.sampled_from([1, 2.5, None, "", 1e400, 10**30, {"y": 2}, [None], [{"eventID": "a"}], "\ud800"])
)
times = st.sampled_from(
    [f"2023-07-10T{hour:02}:{minute:02}:30Z" for hour in (11, 12) for minute in (0, 7, 59)]
)
fields: dict[str, st.SearchStrategy[Any]] = {
    "eventName": st.sampled_from(["StopLogging", "StopLoggingNow", "GetObject", "ConsoleLogin"]),
    "errorCode": st.sampled_from(
        ["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", None]
    ),
    "userIdentity": st.sampled_from(
        [
            {"type": "Root"},
            {"type": "Root", "invokedBy": "s3.amazonaws.com"},
            {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "bob"}}},
            {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "alice"}}},
            {"type": "AssumedRole", "sessionContext": "none"},
            None,
        ]
    ),
    "requestParameters": st.sampled_from(
        [None, {"items": [{"id": 1}, {"id": "a"}]}, {"items": {"id": 1}}, {"a": "x"}, {"a": "y"}, []]
    ),
    "readOnly": st.booleans(),
    "awsRegion": st.sampled_from([REGION, "us-east-1", "", 1, None]),
    "recipientAccountId": st.sampled_from([ACCOUNT, "444455556666"]),
    "eventID": st.sampled_from(["a", "b", "c", 1]),
    "x": odd_values,
}
ODD_FIELDS = {
    "eventTime": st.none() | st.sampled_from(["2023-02-30T12:00:00Z", "now"]),
    "eventName": odd_values,
}


@st.composite
def records(draw: st.DrawFn) -> Any:
    """Mostly a record as there are many; rarely one without a valid time, or none at all."""
    some = draw(st.fixed_dictionaries({}, optional=fields))
    match draw(st.integers(0, 19)):
        case 0:
            return draw(st.sampled_from([None, 1, "StopLogging", []]))
        case 1:
            some |= draw(st.fixed_dictionaries({}, optional=ODD_FIELDS))
        case _:
            pass
    return record(0, eventTime=draw(times)) | some


@st.composite
def archives(draw: st.DrawFn) -> list[bytes]:
    """Contents of files, some compact as CloudTrail writes them and some spelled in other ways."""
    contents = []
    for members in draw(st.lists(st.lists(records(), max_size=4), min_size=1, max_size=3)):
        speller = Speller(Random(draw(st.integers(0, 2**32))))  # noqa: S311 - no secret
        if draw(st.booleans()):
            spelled = ",".join(map(speller.text, members))
            contents.append(f'{{"Records":[{spelled.lstrip()}]}}'.encode("utf-8", "surrogatepass"))
        else:
            contents.append(speller.text({"Records": members}).encode("utf-8", "surrogatepass"))
    return contents


NOON = 1_688_990_400
plans = st.builds(
    lambda patterns, hungry, **settings: scans.plan(*patterns, *hungry, **settings),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3),
    st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(HUNGRY), max_size=3)),
    clock=st.sampled_from(Clock),
    delay=st.sampled_from([0, 0, 300]),
    dedupe=st.booleans(),
    selection=st.one_of(
        st.just(Selection()),
        st.builds(
            Selection,
            accounts=st.sampled_from([frozenset(), frozenset({ACCOUNT})]),
            regions=st.sampled_from([frozenset(), frozenset({REGION})]),
            start=st.none() | st.sampled_from([NOON - 3600, NOON, NOON + 450]),
            end=st.none() | st.sampled_from([NOON, NOON + 450]),
        ),
    ),
)
PLACES = st.sampled_from([{}, {}, {"account": None, "region": None, "delivered": None}])


def scanned(asked: scans.Asked, files: list[Source], folder: Path) -> tuple[Found, Found]:
    expected, found = scans.agree(asked, files)
    assert all(Path(problem.path).is_relative_to(folder) for problem in expected.problems)
    return expected, found


@examples(250)
@given(asked=plans, contents=archives(), place=PLACES)
def test_fast_is_plain(
    tmp_path_factory: Any, asked: scans.Asked, contents: list[bytes], place: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "law"
    scanned(asked, scans.stored(folder, contents, **place), folder)


@examples(100)
@given(asked=plans, contents=archives(), cut=st.integers(0, 3), seed=st.integers(0, 99))
def test_a_scan_of_parts_is_a_scan(
    tmp_path_factory: Any, asked: scans.Asked, contents: list[bytes], cut: int, seed: int
) -> None:
    files = scans.stored(tmp_path_factory.getbasetemp() / "parts", contents)
    shuffled = Random(seed).sample(files, len(files))  # noqa: S311 - no secret
    for scan in (plain.scan, fast.scan):
        whole = facts(scan(*asked, files))
        assert facts(scan(*asked, files[:cut]) | scan(*asked, files[cut:])) == whole
        assert facts(scan(*asked, shuffled)) == whole
        assert facts(scan(*asked, []) | scan(*asked, files)) == whole


@examples(60)
@given(asked=plans, contents=archives(), candidates=st.lists(st.integers(0, 200), max_size=3))
def test_members_of_gzip_are_one_file(
    tmp_path_factory: Any, asked: scans.Asked, contents: list[bytes], candidates: list[int]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "members"
    single = scans.stored(folder / "single", contents)
    several = []
    for number, data in enumerate(contents):
        edges = [0, *sorted(candidates), len(data)]
        raw = b"".join(gzip.compress(data[a:b]) for a, b in itertools.pairwise(edges))
        path = folder / f"{number}.json.gz"
        path.write_bytes(raw)
        several.append(Source(str(path), len(raw), ACCOUNT, REGION, scans.DELIVERED, number=number))
    once, again = facts(scanned(asked, single, folder)[0]), facts(scanned(asked, several, folder)[0])
    reasons = [[problem.reason for problem in one.pop("problems")] for one in (once, again)]
    assert once == again
    assert sorted(reasons[0]) == sorted(reasons[1])


ALIKE: dict[str, dict[str, Any]] = {
    "a match": {"eventName": "StopLogging", "x": 1},
    "of one filter": {"eventName": "StopLogging", "x": 2},
    "of the other": {"eventName": "StopNow", "x": 1},
    "of neither": {"eventName": "StopNow", "x": 2},
    "no candidate": {},
}
ODD: dict[str, dict[str, Any]] = {
    "even": {},
    "no time": {"eventTime": "never"},
    "an escape": {"eventID": "a\n"},
    "no number": {"x": 10**400},
    "no text": {"x": "\ud800"},
    "resources": {"resources": [{"ARN": 1}]},
}
COMPANIES = (
    ('{ $.eventName = "Stop*" && $.x = 1 }', "{ $.eventName = StopLogging }"),
    (metric_filter("{ $.eventName = StopLogging }", default=0.0), '{ $.eventName = "Stop*" && $.x = 1 }'),
    (
        metric_filter("{ $.eventName = StopLogging }", value="$.x", dimensions={"x": "$.x"}),
        "{ $.* = StopNow }",
    ),
)
sequences = st.lists(
    st.tuples(
        st.lists(st.sampled_from(list(ALIKE)), min_size=1, max_size=2),
        st.sampled_from(["even", "even", *ODD]),
    ),
    min_size=4,
    max_size=12,
)


@examples(120)
@given(
    asked=st.builds(
        lambda company, **plan: scans.plan(*company, **plan),
        st.sampled_from(COMPANIES),
        clock=st.sampled_from(Clock),
        dedupe=st.booleans(),
    ),
    sequence=sequences,
    calls=st.sampled_from([1, 1, 2, 12]),
)
def test_a_scanner_learns_nothing_wrong(
    tmp_path_factory: Any, asked: scans.Asked, sequence: list[tuple[list[str], str]], calls: int
) -> None:
    """Whatever came before, odd files between plain ones: one scanner for all is one for each file, and `plain`."""
    contents = [
        scans.log_file(
            *(record(row, **(ALIKE[name] | (ODD[odd] if not row else {}))) for row, name in enumerate(names))
        )
        for names, odd in sequence
    ]
    files = scans.stored(tmp_path_factory.getbasetemp() / "learns", contents)
    one, each = Found.empty(len(asked.filters)), Found.empty(len(asked.filters))
    scanner = fast.scanner(*asked, strict=False)
    for first in range(0, len(files), calls):
        scanner.scan(files[first : first + calls], one)
    for file in files:
        fast.scanner(*asked, strict=False).scan([file], each)
    assert facts(one) == facts(each)
    scans.assert_costs_only_skips(one, plain.scan(*asked, files))


def test_a_region_that_is_no_text_or_empty_is_that_of_the_path(tmp_path: Path) -> None:
    odd: list[Any] = ["", 0, 1, None, [], {}, "us-east-1", REGION]
    data = scans.log_file(*(record(i, awsRegion=region) for i, region in enumerate(odd)))
    files = scans.stored(tmp_path, [data])
    for regions, count in ((frozenset({REGION}), 7), (frozenset({"us-east-1"}), 1), (frozenset({""}), 0)):
        asked = scans.plan("{ $.eventName = GetObject }", selection=Selection(regions=regions))
        _, found = scans.agree(asked, files)
        assert len(found.hits[0].matches) == count
