"""Every flaw of the tables is found, and nothing else; every suggestion does what it says."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector.cloudtrail.families import families
from detector.detections import load_detection, shipped
from detector.errors import PatternError
from detector.lint import RULES, Finding, Severity, lint
from detector.lint.finding import Promise
from detector.lint.subject import WORK
from detector.pattern import Pattern, PatternKind
from detector.pattern import compile as compile_pattern
from detector.relation import prover
from tests import small_world
from tests.lint_cases import DENIED, FLAWED, IDENTITIES, ISSUER, SOUND, record, records
from tests.lint_plants import PLANTED

TABLES = Path(__file__).parent / "tables"


@pytest.mark.parametrize(("pattern", "codes"), FLAWED.items())
def test_what_is_found(pattern: str, codes: str) -> None:
    found = found_in(pattern)
    assert sorted(f"{one.code}:{one.severity}" for one in found) == sorted(codes.split())


@pytest.mark.parametrize("pattern", SOUND)
def test_nothing_is_found(pattern: str) -> None:
    assert [(one.code, one.consequence) for one in found_in(pattern)] == []


@pytest.mark.parametrize(("code", "flawed", "sound"), PLANTED)
def test_a_planted_flaw_is_found_and_its_neighbour_left_alone(code: str, flawed: str, sound: str) -> None:
    assert code in {f"{one.code}:{one.severity}" for one in found_in(flawed)}
    beside = {(one.code, one.severity) for one in found_in(sound)}
    assert not any(other == code[:4] or severity > Severity.NOTE for other, severity in beside)


@pytest.mark.parametrize(
    ("rest", "guarded", "words"),
    [
        (
            "$.userIdentity.invokedBy NOT EXISTS",
            '$.eventType != "AwsServiceEvent"',
            "events that AWS services cause themselves",
        ),
        (
            '$.eventType != "AwsServiceEvent"',
            "$.userIdentity.invokedBy NOT EXISTS",
            "what AWS services do in root's name",
        ),
    ],
)
def test_half_a_guard_of_root_is_made_whole(rest: str, guarded: str, words: str) -> None:
    root = '$.userIdentity.type = "Root"'
    (found,) = lint(compile_pattern(f"{{ {root} && {rest} }}"))
    assert found.consequence == f"also counts {words}: nobody used root's credentials for these"
    assert found.suggestion == f"{{ ({root} && {guarded}) && {rest} }}"


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ('{ $.userIdentity.type = "Root" && $.detail.errorCode NOT EXISTS }', "is always absent"),
        ('{ $.eventName = "DeleteTrail" || $.detail.eventName = "DeleteTrail" }', "is always absent"),
        ('{ $.detail.errorCode NOT EXISTS && $.detail.eventName = "DeleteTrail" }', "matches nothing"),
    ],
)
def test_what_is_in_a_container_is_absent_and_not_always_void(pattern: str, what: str) -> None:
    (found,) = (one for one in lint(compile_pattern(pattern)) if one.code == "D208")
    assert f"and {what} in CloudTrail's own" in found.consequence


def test_every_rule_has_a_flawed_pattern() -> None:
    said = {code.split(":")[0] for codes in FLAWED.values() for code in codes.split()}
    said |= {code[:4] for code, _, _ in PLANTED}
    elsewhere = {"D001", "D107", "D701", "D702"}
    alarms = {code for code in RULES if code.startswith(("D8", "D9"))}  # tests/test_lint_alarms.py
    assert said | elsewhere | alarms == set(RULES)


def test_a_pattern_that_every_event_matches() -> None:
    kinds = ("= *", "NOT EXISTS", "IS NULL", "IS TRUE", "IS FALSE")
    most = " || ".join(f"$.a {kind}" for kind in kinds)
    assert "D107" not in {one.code for one in lint(compile_pattern(f"{{ {most} }}"))}  # an object, an array
    every = '{ $.eventID = "*" || $.awsRegion NOT EXISTS }'
    assert "D107" not in {one.code for one in lint(compile_pattern(every))}  # proofs are over all events
    nothing_or_something = "{ $.a NOT EXISTS || $.a.b NOT EXISTS || $.a.b = * || $.a.b IS NULL }"
    assert not compile_pattern(nothing_or_something).matches({"a": {"b": True}})
    assert "D107" not in {one.code for one in lint(compile_pattern(nothing_or_something))}
    array_or_object = "{ $.a NOT EXISTS || $.a[0] NOT EXISTS || $.a.b NOT EXISTS }"
    assert [one.code for one in lint(compile_pattern(array_or_object))] == ["D107"]


def wild() -> Iterator[str]:
    for line in (TABLES / "wild_patterns.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        try:
            compile_pattern(row["pattern"])
        except PatternError:
            continue
        yield row["pattern"]


def prescribed() -> Iterator[str]:
    for name in shipped():
        yield load_detection(name).filters[0].pattern.source
        for variant in [one.name for one in load_detection(name).variants]:
            yield load_detection(f"{name}@{variant}").filters[0].pattern.source


EVENTS: list[dict[str, Any]] = [*records()]


def alike(text: str) -> str:
    """The same for patterns that differ in blanks, quotes and single event names only, as most public ones do."""
    return re.sub(r"eventName = \w+", "eventName = X", str(compile_pattern(text)).replace('"', ""))


PUBLIC = {alike(text): text for text in sorted({*wild(), *prescribed()})}
ALL = sorted({*FLAWED, *(flawed for _, flawed, _ in PLANTED), *list(PUBLIC.values())[::16]})
"""What suggestions are held against; a sample of the public ones, whose findings are all in the tables."""


@functools.cache
def found_in(text: str) -> tuple[Finding, ...]:
    return lint(compile_pattern(text))


def suggestions() -> Iterator[tuple[Pattern, Finding]]:
    for text in ALL:
        one_of_each = {one.suggestion: one for one in found_in(text) if one.suggestion is not None}
        yield from ((compile_pattern(text), one) for one in one_of_each.values())


def test_suggestions_are_valid_and_have_no_finding_of_their_code() -> None:
    for pattern, finding in suggestions():
        assert finding.suggestion
        again = found_in(finding.suggestion)
        assert finding.code not in {one.code for one in again}, pattern.source


def aimed(pattern: Pattern) -> list[dict[str, Any]]:
    """Records that hold the values of a pattern, for those that the fixed ones miss."""
    if pattern.kind is not PatternKind.JSON:
        return []
    found = []
    for leaf in pattern.conditions:
        value = getattr(leaf, "value", None)
        text = getattr(value, "value", getattr(value, "text", "x"))
        for filled in (
            str(text).replace("*", ""),
            str(text).replace("*", "x"),
            "other",
            5,
            200,
            123.0,
            True,
            None,
        ):
            event: dict[str, Any] = {}
            place = event
            names = [step.text for step in leaf.selector.steps if hasattr(step, "text")]
            for name in names[:-1]:
                place = place.setdefault(name, {})
            if names:
                place[names[-1]] = filled
            found.append(event)
            found.append({**EVENTS[0], **event})
    return found


def test_suggestions_match_what_they_promise() -> None:
    checked = 0
    for pattern, finding in suggestions():
        other = compile_pattern(finding.suggestion or "")
        for event in [*EVENTS[::41], *aimed(pattern)]:
            was, now = pattern.matches(event), other.matches(event)
            kept = now or not was or finding.promise in {Promise.NARROWER, Promise.OTHER}
            added = was or not now or finding.promise in {Promise.WIDER, Promise.OTHER}
            assert kept, (pattern.source, finding.suggestion, event)
            assert added, (pattern.source, finding.suggestion, event)
        checked += 1
    assert checked > 100


@pytest.mark.parametrize("selector", ["$.b[*]", "$.b.*", "$.b[*].c", "$.b.*.c"])
def test_selectors_are_shown_as_they_are_written(selector: str) -> None:
    for text in (
        f'{{ {selector} = "x" || {selector} = "x" }}',
        f"{{ {selector} > 5 && {selector} > 3 || $.a > 1 && $.a < 0 }}",
    ):
        for finding in lint(compile_pattern(text)):
            assert finding.consequence.count("$.b") == finding.consequence.count(selector)


def test_the_callers_of_a_sentence_are_the_ones_that_are_lost() -> None:
    pattern = compile_pattern(f'{{ {DENIED} && {ISSUER} != "nobody" }}')
    [finding] = lint(pattern)
    other = compile_pattern(finding.suggestion or "")
    for words, who in IDENTITIES.items():
        event = record(who, "GetObject", "AccessDenied")
        is_lost = other.matches(event) and not pattern.matches(event)
        assert is_lost is (words in finding.consequence), words


def test_what_is_said_to_be_dropped_as_a_whole_is() -> None:
    for text in ALL:
        pattern = compile_pattern(text)
        for finding in found_in(text):
            every = re.match(
                r"drops every event of ([^:]*?)(?:, and the events of|, and events of|:)", finding.consequence
            )
            for words in re.split(r", | and ", every[1]) if every else []:
                of_them = (
                    record(IDENTITIES[words], *rest)
                    for rest in (("GetObject", "AccessDenied"), ("Decrypt", None))
                )
                assert not any(pattern.matches(event) for event in of_them), (text, words)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        (
            '{ ($.eventName != "Decrypt" || $.userIdentity.invokedBy != "x") && $.errorCode = "AccessDenied*" }',
            "drops events of root, IAM users, assumed roles, federated users, Identity Center users and other accounts that nothing else lets in:",
        ),
        (
            '{ $.errorCode = "*UnauthorizedOperation" || ($.errorCode = "AccessDenied*" && $.userIdentity.arn != "x") }',
            "drops events of Identity Center users, AWS services, other accounts, SAML users and web identities that nothing else lets in:",
        ),
        (
            '{ $.errorCode = "AccessDenied*" && ($.requestParameters.a != "x" || $.eventName = "GetObject") }',
            "drops events without requestParameters.a that nothing else lets in:",
        ),
    ],
)
def test_what_another_branch_lets_in_is_not_said_to_be_dropped(pattern: str, sentence: str) -> None:
    [finding] = (one for one in lint(compile_pattern(pattern)) if one.code == "D202")
    assert finding.consequence.startswith(sentence)


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ("eventNme", "eventName"),
        ("userIdentiy.type", "userIdentity.type"),
        ("erroCode", "errorCode"),
        ("sourceIP", "sourceIPAddress"),
        ("sourceIp", "sourceIPAddress"),
        ("region", "awsRegion"),
        ("identity.type", "userIdentity.type"),
        ("MFAUsed", "additionalEventData.MFAUsed"),
        ("requestParameter.bucketName", "requestParameters.bucketName"),
    ],
)
def test_the_nearest_of_a_first_name(asked: str, right: str) -> None:
    [finding] = lint(compile_pattern(f'{{ $.eventSource = "iam.amazonaws.com" && $.{asked} = "Root" }}'))
    assert finding.code == "D201"
    assert f"the nearest that it has is $.{right}. " in finding.consequence


@pytest.mark.parametrize(
    ("pattern", "suggestion"),
    [
        (
            '{ $.awsRegion = "x" && $.resources[0].arn = "y" }',
            '{ $.awsRegion = "x" && $.resources[0].ARN = "y" }',
        ),
        (
            '{ $.awsRegion = "x" && $.resources[*].Arn = "y" }',
            '{ $.awsRegion = "x" && $.resources[*].ARN = "y" }',
        ),
        ("{ $.ok = true && $.a = 1 }", '{ ($.ok = "true" || $.ok IS TRUE) && $.a = 1 }'),
        ("{ ($.a > 5) && ($.a > 3) && $.b[*] = x }", "{ $.a > 5 && $.b[*] = x }"),
        ('{ $.a = "x" || $.a = "x" }', '{ $.a = "x" }'),
        ("{ $.status = 500 || ($.time > 5 && $.time < 3) }", "{ $.status = 500 }"),
        ('{ $.errorCode = "*UnauthorizedAccess*" }', '{ $.errorCode = "*UnauthorizedOperation*" }'),
        ('{ $.eventSource = "kinesis.amazonaws.com" && $.errorCode = "*UnauthorizedAccess*" }', None),
        ('{ $.userIdentity.type != "Root" && $.userIdentity.type != "root" }', None),
        (
            '{ $.eventSource = "lambda.amazonaws.com" && $.eventName != ListFunctions }',
            '{ $.eventSource = "lambda.amazonaws.com" && $.eventName != ListFunctions20* }',
        ),
        ('{ $.userAgent != "%aws-cli%" }', '{ $.userAgent != "*aws-cli*" }'),
        ('{ $.path = "%^/admin%" }', None),
    ],
)
def test_the_suggested_pattern(pattern: str, suggestion: str | None) -> None:
    [finding] = lint(compile_pattern(pattern))
    assert finding.suggestion == suggestion


@pytest.mark.parametrize(
    ("role", "session"),
    [
        ("role/Admin", "assumed-role/Admin/*"),
        ("role/Adm*", "assumed-role/Adm*"),
        ("role/*", "assumed-role/*"),
        ("role/team/deploy", "assumed-role/deploy/*"),
        ("role/*/deploy", "assumed-role/deploy/*"),
        ("role/service-role/build", "assumed-role/build/*"),
        ("role/service-role/*", None),
        ("role/aws-service-role/*", "assumed-role/AWSServiceRoleFor*"),
        ("role/aws-service-role*", "assumed-role/AWSServiceRoleFor*"),
        ("role/aws-service-role/support.amazonaws.com/*", None),
        (
            "role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport",
            "assumed-role/AWSServiceRoleForSupport/*",
        ),
        ("role/aws-reserved/sso.amazonaws.com/*", "assumed-role/AWSReservedSSO_*"),
        ("role/", None),
    ],
)
def test_the_session_of_a_role_keeps_its_name_and_loses_its_path(role: str, session: str | None) -> None:
    asked = f'{{ $.userIdentity.arn = "arn:aws:iam::111122223333:{role}" }}'
    [finding] = lint(compile_pattern(asked))
    suggested = session and f'{{ $.userIdentity.arn = "arn:aws:sts::111122223333:{session}" }}'
    assert (finding.code, finding.suggestion) == ("D308", suggested)


@pytest.mark.parametrize("pattern", [flawed for _, flawed, _ in PLANTED])
def test_only_an_error_says_never(pattern: str) -> None:
    for finding in found_in(pattern):
        if "the pattern can never match" in finding.consequence:
            assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("pattern", "end"),
    [
        ('{ $.eventSource = "cloudtrial.amazonaws.com" }', "the pattern matches nothing"),
        ('{ $.awsRegion = "eu-west-9" && $.errorCode = "*" }', "the pattern matches nothing"),
        (f'{{ {DENIED} && $.eventSource != "cloudtrial.amazonaws.com" }}', "this excludes nothing"),
        (f'{{ {DENIED} || $.eventSource = "cloudtrial.amazonaws.com" }}', "this counts nothing"),
    ],
)
def test_what_may_be_new_is_no_more_than_unknown(pattern: str, end: str) -> None:
    [finding] = (one for one in lint(compile_pattern(pattern)) if one.code in {"D305", "D309"})
    assert finding.severity is Severity.WARNING
    assert finding.consequence.endswith(f"; as far as is known, {end}")


def test_the_lists_of_the_benchmark_count_attempts_on_purpose() -> None:
    """Neither a text of the benchmark nor one with the calls that it lacks has D409; a condition more, and it has."""
    controls = [family.control for family in families() if family.control]
    for name in controls:
        for variant in ["", *(f"@{one.name}" for one in load_detection(name).variants)]:
            found = lint(load_detection(f"{name}{variant}").filters[0].pattern)
            assert "D409" not in {one.code for one in found}, (name, variant)
    pattern = load_detection("cis/cloudwatch-10").filters[0].pattern.source
    [suggested] = (one.suggestion for one in lint(compile_pattern(pattern)) if one.code == "D407")
    assert suggested
    assert lint(compile_pattern(suggested)) == ()
    narrower = f"{{ ({pattern.strip('{} ')}) && $.userAgent = *terraform* }}"
    assert "D409" in {one.code for one in lint(compile_pattern(narrower))}


@pytest.mark.parametrize("pattern", [text for text, codes in FLAWED.items() if "D101" in codes])
def test_what_can_never_match_matches_nothing(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    assert not any(compiled.matches(event) for event in [*EVENTS, *small_world.events(), *aimed(compiled)])


@pytest.mark.parametrize(
    "pattern", [text for text, codes in FLAWED.items() if "error" in codes and "D2" in codes]
)
def test_what_no_record_can_match_matches_no_record(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    assert not any(compiled.matches(event) for event in EVENTS)


def test_the_corrected_lab_filter_is_sound_and_the_deployed_one_is_not() -> None:
    deployed = lint(load_detection("lab/unauthorized-api-calls-as-deployed").filters[0].pattern)
    assert [one.code for one in deployed] == ["D301", "D301", "D201"]
    [_, _, path] = deployed
    assert ISSUER in path.consequence
    assert "as a whole can never match" in path.consequence
    assert lint(load_detection("lab/unauthorized-api-calls").filters[0].pattern) == ()


def test_the_authors_correction_still_drops_callers() -> None:
    pattern = f'{{ {DENIED} && {ISSUER} != "AWSServiceRoleForConfig" && {ISSUER} != "AWSServiceRoleForResourceExplorer" }}'
    [finding] = lint(compile_pattern(pattern))
    assert finding.code == "D202"
    assert finding.consequence.startswith(
        "drops every event of root, IAM users, Identity Center users, AWS services, other accounts"
    )


def test_spellings_of_a_pattern_have_the_same_findings() -> None:
    for text, codes in FLAWED.items():
        pattern = compile_pattern(text)
        if pattern.kind is PatternKind.JSON and "D106" not in codes:
            again = lint(compile_pattern("{(" + text.strip()[1:-1] + ")}"))
            assert sorted(one.code for one in again) == sorted(one.code for one in found_in(text)), text


def texts(step: int) -> set[str]:
    """Every so many of the public patterns, in one line each."""
    return set(sorted({" ".join(text.split()) for text in wild()})[::step])


def lines(step: int = 1) -> Iterator[str]:
    asked = texts(step)
    for text in sorted(set(wild())):
        line = " ".join(text.split())
        codes = " ".join(f"{one.code}" for one in found_in(text)) if line in asked else ""
        if codes:
            yield f"{codes}  {line}"


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_the_findings_in_public_patterns_are_those_that_were_read(step: int) -> None:
    """Every line of the table was read and judged right; `python -m tests.test_lint_findings` writes it anew."""
    asked, table = texts(step), (TABLES / "lint_wild.txt").read_text("utf-8").splitlines()
    assert list(lines(step)) == [line for line in table if line.partition("  ")[2] in asked]


def test_the_findings_in_more_public_patterns_were_read_as_well() -> None:
    """Security filters of public repositories, with names and addresses of documentation; ``-``: nothing to find."""
    for line in (TABLES / "lint_public.txt").read_text("utf-8").splitlines():
        codes, _, text = line.partition("  ")
        assert " ".join(one.code for one in found_in(text)) == codes.strip("-"), text


if __name__ == "__main__":
    (TABLES / "lint_wild.txt").write_text("".join(f"{line}\n" for line in lines()), encoding="utf-8")


@pytest.mark.parametrize(
    ("term", "joint"),
    [
        ("$.eventName={}&&$.errorCode!=A{}", "||"),
        ("($.a{}=1||$.b{}!=2)", "&&"),
        ("$.a!={}", "&&"),
        ("$.a=*x{}*", "||"),
        ('$.a="{}"', "||"),
        ("($.userIdentity.userName!=u{}||$.errorCode!=e{})", "&&"),
    ],
)
def test_the_work_for_a_pattern_near_the_limit_is_bounded(
    term: str, joint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = [term.format(number, number) for number in range(200)]
    while len(joint.join(terms)) > 1000:
        terms.pop()
    spent: list[int] = []
    search = vars(prover)["search"]

    def counting(tree: Any, *asked: Any) -> Any:
        before = tree.formulas.budget.left
        try:
            return search(tree, *asked)
        finally:
            spent.append(before - max(0, tree.formulas.budget.left))

    monkeypatch.setattr(prover, "search", counting)
    lint(compile_pattern(f"{{ {joint.join(terms)} }}"))
    groups, texts = 14, 2  # each group of rules, for the pattern and for what it suggests
    assert sum(spent) <= groups * texts * (WORK + prover.LOGIC_STEPS)
