"""Terraform's own language: files, templates, JSON syntax, providers; and every value as Terraform itself has it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from detector.detections.configuration import Configuration
from detector.detections.reading import read
from detector.detections.terraform.folder import Folder
from detector.detections.terraform.module import Evaluation, Module
from detector.detections.terraform.strings import jsonencode

FILES = {
    "root.txt": '{ $.userIdentity.type = "Root" }\n',
    "event.tftpl": "{ %{ for i, name in names ~}\n%{ if i > 0 ~}\n || %{ endif ~}\n($.eventName = ${name})\n%{~ endfor ~} }",
    "more.yaml": "- name: yaml\n  pattern: '{ $.eventName = A }'\n  threshold: 3\n",
    "more.json": '{"json": {"pattern": "{ $.eventName = B }", "threshold": 2}}',
}
VALUES = {
    "templatefile": 'templatefile("event.tftpl", { names = ["A", "B"] })',
    "a loop in flush text": '<<-EOT\n    { %{ for i, n in ["A", "B"] ~}\n      %{ if i > 0 ~}\n      || %{ endif ~}\n      ($.eventName = "${n}")\n    %{~ endfor ~}\n      }\n  EOT\n',
    "a loop in text": '<<EOT\n%{ for n in ["A", "B"] }\n  x ${n} $${a} "q\\n"\n%{ endfor }\nend\nEOT\n',
    "indentation": "<<-EOT\n      a\n\n    b\n   \n     c\n  EOT\n",
    "branches": '<<-EOT\n      a\n    b ${upper("x") ~}   \n      c %{ if true ~}\n  T\n  %{~ else ~}\n  F\n  %{~ endif }\n  d\n  EOT\n',
    "directives in quotes": '"a%{ for n in ["A", "B"] ~} [${n == "A" ? "}" : "b\\"${n}"}] %{~ endfor ~} \\n z%{ if false }no%{ else }yes\\t%{ endif }"',
    "a branch that is not taken": '"%{ if false }${1 / 0}%{ endif }x"',
    "files": '[file("root.txt"), fileexists("nothing"), fileset(path.module, "*.{txt,json}"), basename("a/b.c"), dirname("b")]',
    "yaml and json": '[yamldecode(file("more.yaml")), jsondecode(file("more.json")), yamldecode("a: &x {k: v}\\nb: *x")]',
    "templatestring": "templatestring(local.text, { event = 1 })",
    "arithmetic": "[0.1 + 0.2, 10 / 4, 7 % 3, -7 % 3, 1e3, 2 * 1.5, pow(2, 3), -2.5]",
    "digests": '[md5("a"), sha1("a"), sha256("a"), base64encode("é"), base64decode("YQ==")]',
    "tables": '[transpose({ a = ["x", "y"], b = ["x"] }), csvdecode("a,b\\n1,2\\n"), merge({ a = 1 }, { b = 2 })]',
    "text": '[title("hello-world foo_bar x.y"), format("%03d %+d %x %5.1f %v %q", 7, 3, 255, 3.14159, [1], "x"), indent(2, "a\\nb")]',
    "lists": '[range(0, 1, 0.5), sort(["b", "A"]), slice(["a", "b"], 0, 1), chunklist([1, 2, 3], 2), setproduct(["a"], ["b", "c"])]',
    "try and can": '[try({ a = 1 }.b, "d"), can(tonumber("a")), try(jsondecode("{"), 1), lookup({ a = 1 }, "b", 2)]',
    "splat": "[{ a = [{ b = 1 }, { b = 2 }] }.a[*].b, [[1, 2], [3]][*][0], null[*]]",
    "comparisons": '[null == null, 1 == "1", [1] == [1], { a = 1 } == { a = 1 }, 2 > 1]',
}


def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    lines = [f"  v{place} = {value.rstrip()}\n" for place, value in enumerate(VALUES.values())]
    text = "".join(["locals {\n", '  text = "{ $.eventName = $${event} }"\n', *lines, "}\n"])
    (tmp_path / "main.tf").write_text(text)
    return tmp_path


def evaluated(path: Path) -> dict[str, Any]:
    blocks = Folder(str(path)).blocks(str(path))
    assert blocks
    module = Module(blocks, {}, Evaluation(lambda _: None, {}, str(path)), str(path))
    names = dict(zip(VALUES, (f"v{place}" for place in range(len(VALUES))), strict=True))
    found = {what: module.value(blocks[0].body.attributes[name]) for what, name in names.items()}
    return {what: json.loads(jsonencode(value)) for what, value in found.items()}


def test_templates_files_and_functions(tmp_path: Path) -> None:
    found = evaluated(folder(tmp_path))
    assert found["templatefile"] == "{ ($.eventName = A) || ($.eventName = B)}"
    assert found["a loop in text"] == '\n  x A ${a} "q\\n"\n\n  x B ${a} "q\\n"\n\nend\n'
    assert found["indentation"] == "  a\n\nb\n   \n c\n"
    assert found["directives in quotes"] == 'a[}][b"B]zyes\t'
    assert found["a branch that is not taken"] == "x"
    assert found["files"][1:] == [False, ["more.json", "root.txt"], "b.c", "."]
    assert found["arithmetic"] == [0.3, 2.5, 1, -1, 1000, 3, 8, -2.5]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("terraform"), reason="there is no terraform here to compare with")
def test_every_value_is_terraform_s_own(tmp_path: Path) -> None:
    path = folder(tmp_path)
    listed = ", ".join(f"local.v{place}" for place in range(len(VALUES)))
    env = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    run = subprocess.run(
        ["terraform", "console", "-no-color"],
        input=f"jsonencode([{listed}])\n",
        cwd=path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    theirs = json.loads(json.loads(run.stdout.splitlines()[-1]))
    assert evaluated(path) == dict(zip(VALUES, theirs, strict=True))


MODULE = """\
variable "filters" {
  type = map(object({ pattern = string, threshold = optional(number, 1), period = optional(string, "300") }))
}

resource "aws_cloudwatch_log_metric_filter" "it" {
  for_each       = var.filters
  name           = each.key
  pattern        = trimspace(each.value.pattern)
  log_group_name = "trail"
  metric_transformation {
    name      = "${each.key}Count"
    namespace = "CIS"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "it" {
  for_each            = aws_cloudwatch_log_metric_filter.it
  alarm_name          = each.key
  metric_name         = each.value.metric_transformation[0].name
  namespace           = each.value.metric_transformation[0].namespace
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  period              = var.filters[each.key].period
  statistic           = "Sum"
  threshold           = var.filters[each.key].threshold
}
"""
CALL = """\
module "cis" {
  source = "./module"
  filters = merge(
    { for one in yamldecode(file("${path.module}/more.yaml")) : one.name => one },
    jsondecode(file("more.json")),
    { for name in fileset(path.module, "*.txt") : trimsuffix(name, ".txt") => { pattern = file(name) } },
    { events = { pattern = templatefile("${path.root}/event.tftpl", { names = ["C", "D"] }), period = 60 } },
  )
}
"""


def test_a_module_takes_its_filters_from_files(tmp_path: Path) -> None:
    for name, text in {**FILES, "main.tf": CALL, "module/main.tf": MODULE}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = read([str(tmp_path)])
    assert not found.losses
    assert {
        one.alarm.name: (one.filters[0].pattern.source, one.alarm.threshold, one.alarm.period)
        for one in found.detections
    } == {
        "events": ("{ ($.eventName = C) || ($.eventName = D)}", 1, 60),
        "json": ("{ $.eventName = B }", 2, 300),
        "root": ('{ $.userIdentity.type = "Root" }', 1, 300),
        "yaml": ("{ $.eventName = A }", 3, 300),
    }


@pytest.mark.parametrize("path", ["../outside.txt", ".hidden", "link.txt", "/etc/hostname", ".git/config"])
def test_no_file_is_read_that_the_configuration_has_no_business_with(path: str, tmp_path: Path) -> None:
    here = tmp_path / "repository"
    (here / ".git").mkdir(parents=True)
    for secret in (tmp_path / "outside.txt", here / ".hidden", here / ".git/config"):
        secret.write_text("{ $.secret = 1 }")
    (here / "link.txt").symlink_to(tmp_path / "outside.txt")
    (here / "main.tf").write_text(single(f'file("{path}")'))
    losses = read([str(here)]).losses
    assert losses
    assert not any("$.secret" in str(remark) for remark in losses)
    assert re.search("outside of the repository, or hidden", " ".join(map(str, losses)))


def single(pattern: str, provider: str = "", name: str = "it") -> str:
    return (
        MODULE.partition("\n\n")[2]
        .replace("  for_each       = var.filters\n", provider)
        .replace("  for_each            = aws_cloudwatch_log_metric_filter.it\n", provider)
        .replace("trimspace(each.value.pattern)", pattern)
        .replace("${each.key}Count", "Metric")
        .replace("each.key", f'"{name}"')
        .replace("each.value.", "aws_cloudwatch_log_metric_filter.it.")
        .replace("var.filters[each.key].period", "60")
        .replace(f'var.filters["{name}"].period', "60")
        .replace(f'var.filters["{name}"].threshold', "1")
    )


def test_providers_keep_regions_apart(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one/main.tf").write_text(single('"{ $.a = 1 }"'))
    (tmp_path / "two").mkdir()
    (tmp_path / "two/main.tf").write_text(single('"{ $.a = 2 }"'))
    (tmp_path / "main.tf").write_text("""\
provider "aws" {
  region = "eu-west-1"
}
provider "aws" {
  alias  = "use1"
  region = "us-east-1"
}
provider "aws" {
  alias = "other"
}
module "one" {
  source = "./one"
}
module "two" {
  source    = "./two"
  providers = { aws = aws.use1 }
}
module "three" {
  source = "./two"
  providers = {
    aws = aws.other
  }
}
""")
    found = read([str(tmp_path)])
    assert [(len(one.filters), one.filters[0].log_group.region) for one in found.detections] == [
        (1, "eu-west-1"),
        (1, "us-east-1"),
        (1, ""),
    ]


def test_a_provider_that_may_be_the_usual_one_is_taken_for_it_with_a_word(tmp_path: Path) -> None:
    text = single('"{ $.a = 1 }"')
    filter_, alarm = text.split("\n\n")
    elsewhere = alarm.replace('" {\n', '" {\n  provider = aws.core\n')
    (tmp_path / "main.tf").write_text(f"{filter_}\n\n{elsewhere}")
    found = read([str(tmp_path)])
    assert len(found.detections) == 1
    assert "another provider" in " ".join(map(str, found.remarks))
    other = elsewhere.replace('alarm" "it"', 'alarm" "other"')
    (tmp_path / "main.tf").write_text(f"{text}\n{other}")
    assert [one.name for one in read([str(tmp_path)]).detections] == [f"{tmp_path}#it"]


JSON = {
    "//": "made by CDKTF",
    "variable": {"group": {"default": "trail", "type": "string"}},
    "locals": {"events": ["A", "B"]},
    "provider": {"aws": [{"region": "eu-west-1"}]},
    "resource": {
        "aws_cloudwatch_log_metric_filter": {
            "it": {
                "name": "it",
                "log_group_name": "${var.group}",
                "pattern": '{ ${join(" || ", [for e in local.events : "($.eventName = ${e})"])} }',
                "metric_transformation": {"name": "Metric", "namespace": "CIS", "value": "1"},
            }
        },
        "aws_cloudwatch_metric_alarm": {
            "it": [
                {
                    "alarm_name": "it",
                    "metric_name": "${aws_cloudwatch_log_metric_filter.it.metric_transformation[0].name}",
                    "namespace": "CIS",
                    "statistic": "Sum",
                    "period": "${5 * 60}",
                    "evaluation_periods": 1,
                    "threshold": 2,
                    "comparison_operator": "GreaterThanThreshold",
                }
            ]
        },
    },
}


def test_json_syntax_means_the_same(tmp_path: Path) -> None:
    path = tmp_path / "cdk.tf.json"
    path.write_text(json.dumps(JSON, indent=2))
    for asked in (tmp_path, path):
        [detection] = read([str(asked)]).detections
        assert detection.filters[0].pattern.source == "{ ($.eventName = A) || ($.eventName = B) }"
        assert (detection.alarm.period, detection.alarm.threshold) == (300, 2)
        assert detection.filters[0].log_group.name == "trail"
        assert "join" in path.read_text().splitlines()[(detection.source.line("filter.pattern") or 0) - 1]


def test_json_that_is_no_terraform_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.tf.json").write_text('{"resource": ')
    assert [remark.subject.value for remark in read([str(tmp_path)]).losses] == ["unreadable"]
    (tmp_path / "broken.tf.json").write_text(
        '{"resource": {"aws_cloudwatch_metric_alarm": {"a": {"name": "${"}}}}'
    )
    assert isinstance(read([str(tmp_path)]), Configuration)
