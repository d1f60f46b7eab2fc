"""Detections in other formats: what is written reads back equal, is formatted, and is what the service's tools take."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from detector.__main__ import main
from detector.detections import (
    Actions,
    Detection,
    cli_writer,
    cloudformation_writer,
    load_detection,
    shipped,
    toml,
)
from detector.detections.reading import read
from detector.detections.terraform import write as terraform
from detector.errors import DetectionError
from detector.pattern import compile as compile_pattern

WRITERS: dict[str, Callable[[Sequence[Detection]], str]] = {
    "main.tf": terraform.write,
    "template.yaml": cloudformation_writer.write,
}
SHIPPED = load_detection("cis/cloudwatch-2")
ARN = "arn:aws:sns:eu-west-1:111122223333:alarms"


def made(pattern: str = "", actions: Actions | None = None, **changed: Any) -> Detection:
    """A shipped detection with other settings: of its filter where these are some of it, else of its alarm."""
    first, alarm = SHIPPED.filters[0], SHIPPED.alarm
    of_filter = {key: value for key, value in changed.items() if hasattr(first, key) and key != "name"}
    of_alarm = {key: value for key, value in changed.items() if key not in of_filter}
    if pattern:
        of_filter["pattern"] = compile_pattern(pattern)
    return dataclasses.replace(
        SHIPPED,
        filters=(dataclasses.replace(first, **of_filter),),
        alarm=dataclasses.replace(alarm, **of_alarm),
        actions=actions or Actions(),
    )


HARD = [
    made('{ $.a = "it\'s ${here} %{there} ${ and \\\\ back" }'),
    made('{ $.a = 1 &&\n  $.b = "${x} ${var.x}" }'),
    made("{ $.a = 1 &&\n  $.b = 2 }"),
    made('{ $.a = "\u202e\u00e9\U0001f600\u0085" }'),
    made('{ $.a = "##[error] x" }'),
    made(actions=Actions(enabled=False, alarm=(ARN, f"{ARN}-2"), ok=(ARN,), insufficient_data=(ARN,))),
    made(actions=Actions(alarm=("${var.topic}", "${aws_sns_topic.a.arn}"))),
    made(actions=Actions(alarm=("${Topic}", "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:a", "a,b"))),
    made(name="${var.stage}-denied", alarm_description="of ${Stage} and ${AWS::StackName}: 'x' \"y\""),
    made(statistic=None, extended_statistic="p99.5", evaluate_low_sample_count_percentiles="ignore"),
    made(value="$.bytes", default=0.5, unit="Bytes"),
    made(dimensions={"User": "$.userIdentity.userName", "a b": "$.x"}),
    made(threshold=1e-7, datapoints_to_alarm=1, treat_missing_data="ignore", period=60),
    made(
        field_selection_criteria='@aws.region = "eu-west-1"', emit_system_field_dimensions=("@aws.account",)
    ),
]


def same(one: Detection) -> tuple[Any, ...]:
    return one.filters, one.alarm, one.actions


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("one", [*map(load_detection, shipped()), *HARD], ids=str)
def test_what_is_written_reads_back_equal(name: str, one: Detection, tmp_path: Path) -> None:
    (tmp_path / name).write_text(WRITERS[name]([one]), "utf-8")
    [found] = read([str(tmp_path / name)]).detections
    assert same(found) == same(one)
    assert same(toml.read(toml.write(one), one.name)) == same(one)


def test_detections_share_their_variables_and_filters(tmp_path: Path) -> None:
    second = dataclasses.replace(
        SHIPPED, alarm=dataclasses.replace(SHIPPED.alarm, name="second", threshold=9)
    )
    for name, write in WRITERS.items():
        text = write([SHIPPED, second, load_detection("cis/cloudwatch-1")])
        (tmp_path / name).write_text(text, "utf-8")
        found = read([str(tmp_path / name)]).detections
        assert [one.alarm.threshold for one in found] == [1, 9, 1]
        assert text.count('log_group_name"' if name == "main.tf" else "LogGroupName:\n") == 1
    with pytest.raises(DetectionError, match="has other filters for"):
        terraform.write([SHIPPED, made('{ $.a = "other" }')])


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    from detector.alarm import WallClock, WarmUp

    warmed = made(warm_up_configuration=WarmUp(30, only_start_evaluating_after_warm_up_period_ends=True))
    path = tmp_path / "t.yaml"
    path.write_text(cloudformation_writer.write([warmed]), "utf-8")
    assert same(read([str(path)]).detections[0]) == same(warmed)
    clocked = made(evaluation_window=WallClock("Europe/Berlin"))
    with pytest.raises(DetectionError, match="no evaluation_window"):
        terraform.write([clocked])
    path.write_text(cloudformation_writer.write([clocked]), "utf-8")
    assert same(read([str(path)]).detections[0]) == same(clocked)
    with pytest.raises(DetectionError, match="UTF-8"):
        terraform.write([made('{ $.a = "\ud800" }')])
    with pytest.raises(DetectionError, match="does not read from elsewhere"):
        cli_writer.write([made(alarm_description="file:///etc/passwd")])


def test_the_script_hands_on_exactly_what_was_meant(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    stub = folder / "aws"
    stub.write_text("#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done\nprintf '\\0'\n", "utf-8")
    stub.chmod(0o755)
    one = made(
        '{ $.a = "it\'s $(touch x) `touch x` * \\\\ " }', Actions(alarm=(ARN, f"{ARN}-2"), enabled=False)
    )
    environ = {"PATH": f"{folder}:{os.environ['PATH']}", "LOG_GROUP_NAME": "the trail"}
    done = subprocess.run(
        ["sh"],
        input=cli_writer.write([one]),
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    said = [call.split("\0") for call in done.stdout.split("\0\0") if call]
    put_filter, put_alarm = said
    words = dict(zip(put_filter[2::2], put_filter[3::2], strict=True))
    assert words["--filter-pattern"] == one.filters[0].pattern.source
    assert words["--log-group-name"] == "the trail"
    [metric] = json.loads(words["--metric-transformations"])
    assert (metric["metricName"], metric["metricValue"]) == (one.filters[0].metric, "1")
    assert put_alarm[-3:] == ["--alarm-actions", ARN, f"{ARN}-2"]
    assert "--no-actions-enabled" in put_alarm
    assert not (tmp_path / "x").exists()
    refused = subprocess.run(
        ["sh"],
        input=cli_writer.write([one]),
        env={"PATH": environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "expected the log group" in refused.stderr


def test_terraform_is_formatted_and_loads(tmp_path: Path) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("there is no terraform here: https://developer.hashicorp.com/terraform/install")
    for place, one in enumerate(HARD):
        (tmp_path / f"{place}.tf").write_text(terraform.write([one]), "utf-8")
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_templates_pass_cfn_lint() -> None:
    pytest.importorskip("cfnlint", reason="there is no cfn-lint here: pip install cfn-lint")
    lint_all = importlib.import_module("cfnlint.api").lint_all

    for name in shipped():
        assert lint_all(cloudformation_writer.write([load_detection(name)])) == []


def test_the_verb_writes_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "cis/cloudwatch-2", "--to", "toml"]) == 0
    assert same(toml.read(capsys.readouterr().out, "")) == same(SHIPPED)
    assert main(["convert", "cis/cloudwatch-1", "cis/cloudwatch-2", "--to", "toml"]) == 2
    assert "--folder" in capsys.readouterr().err
    assert main(["convert", "cis/cloudwatch-*", "--to", "toml", "--folder", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.toml"))) == 14
    assert main(["convert", "docs/examples/terraform", "--to", "cli", "-o", str(tmp_path / "x.sh")]) == 0
    assert "${var.environment}, ${aws_sns_topic.alarms.arn} stand for what" in capsys.readouterr().err
    assert (tmp_path / "x.sh").read_text().startswith("#!/bin/sh\n")
