"""Findings as text, JSON, SARIF and annotations; choosing, silencing, exit codes, and numbers from an archive."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.__main__ import main
from detector.archive import Plan
from detector.detections import Source, load_detection
from detector.lint import RULES
from detector.lint.targets import of
from detector.render.findings_json import findings_json
from detector.render.findings_text import excerpt, findings_text
from detector.render.kit.page import Page
from tests import json_schema
from tests.cli_archives import burst, detection, write

DATA = Path(__file__).parent / "data"
SCHEMA = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
NEVER = '{ $.a != "*" }'
ISSUER = "$.userIdentity.sessionIssuer.userName"
DEAD = f'{{ $.errorCode = "*UnauthorizedOperation" && {ISSUER} != "x" }}'
FILE = """title = "t"
[filter]
name = "f"
{before}pattern = '''{pattern}'''{after}
[metric]
namespace = "n"
name = "m"
[alarm]
name = "a"
period = 300
evaluation_periods = 1
threshold = 1
comparison_operator = "GreaterThanOrEqualToThreshold"
statistic = "Sum"
treat_missing_data = "notBreaching"
"""


def run(capsys: pytest.CaptureFixture[str], *typed: str) -> tuple[int, str, str]:
    code = main(["check", *typed])
    out, err = capsys.readouterr()
    return code, out, err


def found(capsys: pytest.CaptureFixture[str], *typed: str) -> list[dict[str, Any]]:
    _, out, _ = run(capsys, *typed, "--format", "json")
    return [finding for one in json.loads(out)["checked"] for finding in one["findings"]]


def write_file(folder: Path, pattern: str = DEAD, before: str = "", after: str = "") -> str:
    path = folder / "one.toml"
    path.write_text(FILE.format(pattern=pattern, before=before, after=after), encoding="utf-8")
    return str(path)


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, NEVER)
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        'valid: { $.a != "*" }',
        'D101 error: $.a != "*" is true of no event: != needs a string or a number that differs, and every one is like *; the pattern can never match',
        '  { $.a != "*" }',
        "    ^^^^^^^^^^",
        "  instead, for other events:",
        "    { $.a NOT EXISTS }",
        "1 finding: 1 error",
    ]


def test_a_place_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_file(
        tmp_path, pattern='{ $.errorCode = "*UnauthorizedOperation" &&\n     ' + ISSUER + ' != "x" }'
    )
    _, out, _ = run(capsys, path)
    assert f"{path}:5:6: D201 error: " in out
    [one] = found(capsys, path)
    assert (one["line"], one["column"]) == (5, 6)


@pytest.mark.parametrize(
    ("source", "span", "expected"),
    [
        ("{ $.a = 1 }", (2, 9), ("{ $.a = 1 }", "  ^^^^^^^")),
        ("{ $.a = 1 &&\n  $.b = 2 }", (15, 22), ("  $.b = 2 }", "  ^^^^^^^")),
        ("{ $.a = 1 &&\n  $.b = 2 }", (2, 22), ("{ $.a = 1 &&", "  ^^^^^^^^^^")),
        ("x" * 300, (150, 153), ("…" + "x" * 96 + "…", " " * 31 + "^^^")),
        ("x" * 300, (298, 300), ("…" + "x" * 96, " " * 95 + "^^")),
        ("a\tb", (2, 3), ("a b", "  ^")),
    ],
)
def test_an_excerpt_has_the_caret_under_its_place(
    source: str, span: tuple[int, int], expected: tuple[str, str]
) -> None:
    assert excerpt(source, span, 96) == expected


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ([], ["D301", "D201"]),
        (["--select", "D2"], ["D201"]),
        (["--select", "D2,D301"], ["D301", "D201"]),
        (["--ignore", "D3"], ["D201"]),
        (["--ignore", "D3", "--ignore", "D201"], []),
        (["--select", "D3", "--ignore", "D301"], []),
        (["--ignore", "D"], []),
    ],
)
def test_codes_are_chosen(options: list[str], codes: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    pattern = DEAD.replace("*UnauthorizedOperation", "AccessDenied")
    assert [one["code"] for one in found(capsys, pattern, *options)] == codes


def test_a_code_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, NEVER, "--select", "E5")
    assert (code, err) == (2, "detector: expected --select to be codes such as D202 or D2, found 'E5'\n")


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ("", "", ["D201"]),
        ("# detector: ignore[D201]\n", "", []),
        ("", "  # detector: ignore[D2]", []),
        ("# detector: ignore[D301]\n", "", ["D201"]),
        ("# why\n# detector: ignore[D3, D201]\n", "", []),
        ("# detector: ignore[D201]\n# why\n", "", ["D201"]),
        ("# detector: ignore\n", "", ["D201"]),
    ],
)
def test_a_comment_silences_a_code(
    before: str, after: str, codes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_file(tmp_path, before=before, after=after)
    assert [one["code"] for one in found(capsys, path)] == codes


def test_a_comment_is_for_the_pattern_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(write_file(tmp_path, after="  # detector: ignore[D2]"))
    with path.open("a", encoding="utf-8") as file:
        file.write(f"[[variant]]\nname = 'old'\npattern = '''{DEAD} '''\n")
    [main_one, old] = of(load_detection(path))
    assert (main_one.ignored, old.ignored) == (("D2",), ())
    assert [one["code"] for one in found(capsys, str(path))] == ["D201"]
    assert [one["line"] for one in found(capsys, str(path))] == [path.read_text("utf-8").count("\n")]


@pytest.mark.parametrize(
    ("pattern", "severity", "code"),
    [
        (NEVER, "error", 1),
        (NEVER, "none", 0),
        ("{ $.a = 1 || $.a = 1 }", "error", 0),
        ("{ $.a = 1 || $.a = 1 }", "warning", 1),
        ('{ $.status = "5" }', "warning", 0),
        ('{ $.status = "5" }', "note", 1),
        ("{ $.a = 1 }", "note", 0),
        ("{ $.a = }", "none", 1),
    ],
)
def test_the_exit_code(pattern: str, severity: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, pattern, "--severity", severity)[0] == code
    assert run(capsys, pattern, "--severity", severity, "--ignore", "D")[0] == (
        1 if pattern == "{ $.a = }" else 0
    )


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, NEVER, "{ $.b = }", "cis/cloudwatch-1", "--format", "json")
    assert (code, err) == (1, "")
    told = json.loads(out)
    [finding] = told["checked"][0]["findings"]
    assert (finding["code"], finding["severity"], finding["start"], finding["end"]) == (
        "D101",
        "error",
        2,
        12,
    )
    assert finding["suggestion"] == "{ $.a NOT EXISTS }"
    [refused] = told["refused"]
    assert (refused["code"], refused["pattern"], refused["start"]) == ("D001", "{ $.b = }", 8)
    assert told["archive"] is None


def test_the_json_page_names_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, NEVER, "{ $.b = }", "cis/cloudwatch-1", "--format", "json")
    page = (Path(__file__).parents[1] / "docs" / "lint.md").read_text("utf-8")

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return {*value, *(key for member in value.values() for key in keys(member))}
        return {key for one in value for key in keys(one)} if isinstance(value, list) else set()

    assert {key for key in keys(json.loads(out)) if f"`{key}`" not in page} == set()


def test_sarif_fits_the_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_file(tmp_path)
    typed = [
        path,
        NEVER,
        "{ $.b = }",
        "nowhere.toml",
        "cis/cloudwatch-2",
        "lab/unauthorized-api-calls-as-deployed",
    ]
    code, out, err = run(capsys, *typed, "--format", "sarif")
    assert (code, err) == (2, "")
    log = json.loads(out)
    assert list(json_schema.errors(SCHEMA, log)) == []
    [one] = log["runs"]
    assert [rule["id"] for rule in one["tool"]["driver"]["rules"]] == list(RULES)
    for result in one["results"]:
        assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert sorted({result["ruleId"] for result in one["results"]}) == [
        "D001",
        "D101",
        "D104",
        "D106",
        "D201",
        "D301",
        "D804",
    ]


def test_the_validator_sees_what_is_wrong() -> None:
    bad: list[dict[str, Any]] = [
        {},
        {"version": "2.1.0", "runs": [{}]},
        {"version": "2.0.0", "runs": []},
        {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": 5}}}]},
        {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "result": []}]},
        {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {}}]}]},
        {
            "version": "2.1.0",
            "runs": [
                {"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "x"}, "level": "bad"}]}
            ],
        },
    ]
    assert all(list(json_schema.errors(SCHEMA, one)) for one in bad)


def test_a_fix_in_sarif_makes_the_file_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_file(
        tmp_path, pattern='{ $.errorCode = "*UnauthorizedOperation" &&\n  ' + ISSUER + ' = "x" }'
    )
    _, out, _ = run(capsys, path, "--format", "sarif")
    [result] = json.loads(out)["runs"][0]["results"]
    [change] = result["fixes"][0]["artifactChanges"][0]["replacements"]
    region = change["deletedRegion"]
    lines = Path(path).read_text("utf-8").splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    start = starts[region["startLine"] - 1] + region["startColumn"] - 1
    end = starts[region["endLine"] - 1] + region["endColumn"] - 1
    text = "".join(lines)
    Path(path).write_text(text[:start] + change["insertedContent"]["text"] + text[end:], encoding="utf-8")
    assert found(capsys, path) == []


def test_annotations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_file(tmp_path)
    _, out, err = run(capsys, path, "{ $.b = }", "--format", "github")
    first, second, last = out.splitlines()
    assert first.startswith(
        f"::error file={path},line=4,col=58,title=D201 a selector that CloudTrail does not have::"
    )
    assert "%0Ainstead: {" in first
    assert second.startswith(
        "::error title=D001 the service would refuse the pattern or the alarm::expected a value"
    )
    assert (last, err) == ("1 finding: 1 error", "")


def test_what_would_steer_a_workflow_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, '{ $.a = "100%\n::error::x" && $.a = "\x1b[31m" }', "--format", "github")
    assert len(out.splitlines()) == 2
    assert "%25" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_control_characters_stay_out(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, '{ $.a = "\x1b[31m" && $.a = "\x9b31m" }', "--format", form)
    assert not {"\x1b", "\x9b"} & set(out + err)


def test_numbers_from_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "logs" / "a.json", burst(0, 3) + burst(1, 2, errorCode="Throttled"))
    pattern = DEAD.replace("*UnauthorizedOperation", "AccessDenied")
    told = found(capsys, pattern, "--archive", str(tmp_path / "logs"))
    [code, path] = told
    assert code["numbers"][0] == "$.errorCode is present in 5 of 5 records"
    assert path["numbers"] == [
        f"{ISSUER} is present in 0 of 5 records",
        "the pattern matches 0 of 5 records",
        "the suggested pattern matches 3",
    ]


@pytest.mark.parametrize(
    ("pattern", "code", "fields"),
    [
        ('{ $.eventName = "*" && $.readOnly = true && $.awsRegion = * }', "D204", {"readOnly": "true"}),
        ("{ $.awsRegion = * && $.requestParameters NOT EXISTS }", "D206", {}),
        ('{ $.awsRegion = * && $.requestParameters = "x" }', "D203", {"requestParameters": "x"}),
        ("{ $.awsRegion = * && $.eventVersion > 1 }", "D205", {"eventVersion": 1.08}),
        ("{ $.awsRegion = * && $.userIdentity.new = x }", "D201", {"userIdentity": {"new": "x"}}),
    ],
)
def test_an_archive_refutes_what_the_schema_says(
    pattern: str, code: str, fields: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "against" / "a.json", burst(0, 1, awsRegion="eu-west-1", **fields))
    known = {"requestParameters": {}, "readOnly": True, "eventVersion": "1.08", "userIdentity": {}}
    write(tmp_path / "for" / "a.json", burst(0, 1, awsRegion="eu-west-1", **known))
    for folder, codes in (("against", []), ("for", [code])):
        told = found(capsys, pattern, "--archive", str(tmp_path / folder))
        assert [one["code"] for one in told if one["code"] == code] == codes


def test_a_selector_that_no_record_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "logs" / "a.json", burst(0, 3, requestParameters={"bucketName": "x"}))
    archive = ["--archive", str(tmp_path / "logs")]
    silent, one = found(capsys, '{ $.requestParameters.bucketname = "x" }', *archive)
    assert (silent["code"], one["code"]) == ("D702", "D701")
    assert "matches none of the archive's 3 records. No record has " in silent["consequence"]
    assert "$.requestParameters.bucketName" in one["consequence"]
    assert found(capsys, '{ $.requestParameters.bucketName = "x" }', *archive) == []
    assert found(capsys, '{ $.requestParameters.bucketname = "x" }', *archive, "--ignore", "D7") == []


def test_an_archive_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, NEVER, "--archive", str(tmp_path / "none"))
    assert code == 2
    assert err.startswith("detector: ")
    assert "Traceback" not in err


def test_a_broken_log_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "logs" / "a.json", burst(0, 1))
    (tmp_path / "logs" / "b.json").write_text("{", encoding="utf-8")
    code, out, err = run(capsys, "{ $.a = 1 || $.a = 1 }", "--archive", str(tmp_path / "logs"))
    assert code == 2
    assert "b.json" in err
    assert "the pattern matches 0 of 1 records" in out


def test_a_detection_in_another_kind_of_quotes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(detection(tmp_path / "one.toml"))
    text = path.read_text("utf-8")
    line = next(one for one in text.splitlines() if one.startswith("pattern"))
    path.write_text(text.replace(line, 'pattern = "{ $.a = \\"x\\" || $.a = \\"x\\" }"'), encoding="utf-8")
    [one] = found(capsys, str(path))
    assert (one["line"], one["column"]) == (5, 1)


def test_the_python_function_takes_what_the_command_takes(tmp_path: Path) -> None:
    path = write_file(tmp_path)
    loaded = detector.load_detection(path)
    from_file, from_object = detector.check(path), detector.check(loaded)
    assert from_file.patterns == from_object.patterns
    assert detector.check(detector.compile(DEAD)).findings == detector.check(DEAD).findings
    result = detector.check([NEVER, "{ $.a = }", "no/such.toml"], select=["D1"])
    assert [one.code for one in result.findings] == ["D101"]
    assert [(one.missing, one.reason.split(":")[0]) for one in result.refused] == [
        (False, "expected a value after the operator"),
        (
            True,
            "expected a detection file or the name of a shipped detection; `detector check --list` shows the shipped ones",
        ),
    ]
    assert not result.valid


def test_a_detection_that_was_made_in_python_is_checked(tmp_path: Path) -> None:
    made = replace(detector.load_detection(write_file(tmp_path)), source=Source())
    [linted] = detector.check(made).patterns
    assert linted.findings
    assert linted.target.place(0) is None
    assert findings_text(detector.check(made), Page()).startswith("valid: ")


def test_every_fact_of_the_text_is_in_the_json(tmp_path: Path) -> None:
    result = detector.check(
        [write_file(tmp_path), NEVER, "cis/cloudwatch-2"],
        archive=Plan(paths=(write(tmp_path / "a.json", burst(1, 3)),)),
    )
    facts = findings_json(result)
    lines = findings_text(result, Page()).splitlines()
    for line in (one for one in lines if not one.startswith("  instead, for ")):
        for fact in re.split(
            r"^valid: |^ *archive: |:\d+(?=:)|:\d+:\d+|D\d+ \w+: |: |, also |, |^  instead: | = |^  shown by ",
            line,
        ):
            if not re.fullmatch(r" *\^*|.*….*|\d+ \w+", fact):
                assert json.dumps(fact.strip(' "'), ensure_ascii=False)[1:-1] in facts, fact
