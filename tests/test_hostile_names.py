"""Names, paths and records full of characters that steer a terminal: none of them reaches any output of any verb."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from detector.__main__ import main
from tests.cli_archives import DETECTION, burst, write

PROGRAM = (sys.executable, "-m", "detector")
STEERING = "\x1b[31m\u202e\u200b\u2028\x9b\x7f\r"
EVIL = "a\n\x1b[31m\u202e\u200b\u2028\x9b\x7f\udc80b"
PATTERN = f'{{ $.errorCode = "AccessDenied" && $.userAgent != "{EVIL}" }}'
LOGS, RULE = EVIL, f"{EVIL}.toml"
PLACE = ("--alarm-account", "111122223333", "--alarm-region", "eu-west-1", "--enrich")
VERBS = (
    *(("replay", LOGS, "-d", RULE, "--format", form) for form in ("text", "json", "ndjson", "csv")),
    ("replay", LOGS, "-d", RULE, "--full"),
    *(
        ("replay", LOGS, "-d", "both.toml", "--mute", "held.mute", "--format", form)
        for form in ("text", "json", "ndjson")
    ),
    ("check", "both.toml", "no.draft"),
    (
        "check",
        RULE,
        PATTERN,
        f'{{ $.a = "{EVIL}" && $.a = "{EVIL}" }}',
        f"{EVIL}/none.toml",
        "--diff",
        "--select",
        "D",
    ),
    *(("noise", LOGS, "-d", RULE, "--format", form) for form in ("text", "json", "markdown")),
    *(("backtest", LOGS, "-d", RULE, "--format", form) for form in ("text", "json", "ndjson", "csv")),
    *(
        ("check", RULE, PATTERN, f"{{ $.{EVIL} }}", f"{EVIL}/none.toml", "--archive", LOGS, "--format", form)
        for form in ("text", "json", "sarif", "github")
    ),
    *(("audit", RULE, "--format", form) for form in ("text", "json", "markdown", "ocsf")),
    ("audit", RULE, "--control", EVIL),
    ("verify", "aws", f"{EVIL}.jsonl"),
    ("convert", f"{EVIL}.yml", "--source-format", "sigma", "--to", "toml"),
    *(("compare", RULE, PATTERN, LOGS, "--format", form) for form in ("text", "json")),
    *(("compare", "cis", ".", LOGS, "--format", form) for form in ("text", "json", "markdown")),
    *(
        ("reconcile", RULE, "--history", f"{EVIL}.history.json", LOGS, "--format", form)
        for form in ("text", "json", "markdown")
    ),
    ("reconcile", RULE, "--history", f"no{EVIL}", LOGS),
    *(("explain", PATTERN, LOGS, "--format", form) for form in ("text", "json")),
    *(("coverage", LOGS, "-d", RULE, "-d", "cis", "--format", form) for form in ("text", "json", "markdown")),
    *(
        ("explain", "-d", RULE, "-d", "cis/cloudwatch-1", LOGS, PATTERN, "--format", form)
        for form in ("text", "json")
    ),
    ("explain", f"[a, b={EVIL}*, ...]", f"x {EVIL} y"),
    ("match", '{ $.errorCode = "AccessDenied" }', LOGS),
    *(("match", RULE, LOGS, "--format", form) for form in ("ndjson", "json", "csv", "table")),
    ("match", RULE, LOGS, "--fields", "user_agent,principal"),
    ("replay", LOGS, "-d", RULE, "--cache", f"kept{EVIL}"),
    ("cache", f"no{EVIL}"),
    ("replay", LOGS, "-d", RULE, "--matches", "/dev/stdout"),
    ("replay", LOGS, "-d", RULE, "--html", "/dev/stdout", "-o", "/dev/null"),
    ("backtest", LOGS, "-d", RULE, "--html", "/dev/stdout", "-o", "/dev/null"),
    ("noise", LOGS, "-d", RULE, "--html", "/dev/stdout", "-o", "/dev/null"),
    ("replay", LOGS, "-d", RULE, *(f"--emit={kind}=-" for kind in ("sns", "lambda", "history")), *PLACE),
    ("replay", LOGS, "-d", RULE, "--emit=lambda", "--exec", f"no {EVIL}", *PLACE),
    ("test", f"{EVIL}.test.toml", "--coverage"),
    *(("test", f"{EVIL}.test.toml", "--mutants", "--format", form) for form in ("text", "json", "markdown")),
    *(("test", "--propose", LOGS, "-d", RULE, "--format", form) for form in ("text", "json", "markdown")),
    ("replay", f"no{EVIL}", "-d", RULE),
    ("replay", LOGS, "-d", f"no{EVIL}"),
    ("backtest", LOGS, "-d", RULE, "--format", "csv", "--output", f"no/{EVIL}"),
    ("backtest", LOGS, "-d", RULE, "--incidents", f"{EVIL}.csv"),
    ("replay", LOGS, "-d", RULE, "--clock", EVIL),
    (EVIL,),
)


@pytest.fixture
def _nasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = {
        "userAgent": EVIL,
        "errorMessage": EVIL,
        "userIdentity": {"type": EVIL, "arn": EVIL},
        "awsRegion": EVIL,
    }
    write(Path(LOGS) / f"{EVIL}.json", burst(1, 3, **said, requestParameters={EVIL: EVIL}))
    steering = burst(2, 3, userAgent=STEERING, requestParameters={STEERING: STEERING})
    text = json.dumps({"Records": steering}, ensure_ascii=False)
    (Path(LOGS) / "unescaped.json").write_text(text, "utf-8")
    (Path(LOGS) / f"{EVIL}broken.json").write_text("{", "utf-8")
    title = "\\u001b[31m\\u202e\\u2028"
    made = DETECTION.format(
        title=title, pattern='{ $.errorCode = "AccessDenied" }', threshold=1, missing="missing"
    )
    actions = 'alarm_actions = ["to\\u202e\\u0085pic", "arn:aws:lambda:eu-west-1:1:function:\\u001b[1m"]\n'
    Path(RULE).write_text(made.replace('"denied"', '"de\\u202e\\u001b\\u0085nied"') + actions, "utf-8")
    name, muted = "both\\u202e\\u009b", "mu\\u202e\\u009bte"
    suppressor = '{ alarm = "denied-alarm", wait_period = 60, extension_period = 60 }'
    rule = f'title = "{title}"\n[composite]\nname = "{name}"\nalarm_rule = "RULE"\nchildren = ["."]\n'
    asked = rule.replace("RULE", 'ALARM(\\"denied-alarm\\")') + f"actions_suppressor = {suppressor}\n"
    Path("both.toml").write_text(asked, "utf-8")
    Path("no.draft").write_text(rule.replace("RULE", "ALARM(\\u202ea) \\u001b[31m\\u009b OK"), "utf-8")
    for number in (1, 2):
        one = f'[[mute]]\nname = "{muted}{number}"\nexpression = "cron(0 * * * *)"\nduration = "PT40M"\n'
        with Path("held.mute").open("a", encoding="utf-8") as file:
            file.write(f'{one}alarm_names = ["denied-alarm", "x{name}"]\n')
    item = {"AlarmName": EVIL, "Timestamp": 1688990400, "HistoryItemType": "StateUpdate"}
    state = {"oldState": {"stateValue": "OK"}, "newState": {"stateValue": "ALARM", "stateReason": EVIL}}
    Path(f"{EVIL}.history.json").write_text(json.dumps([{**item, "HistoryData": json.dumps(state)}]), "utf-8")
    case = 'name = "x\\u202e\\u001b[1m"\nmatches = false\nevent = { errorCode = "AccessDenied" }\n'
    Path(f"{EVIL}.test.toml").write_text(f"[[case]]\n{case}", "utf-8")


@pytest.mark.usefixtures("_nasty")
@pytest.mark.parametrize(
    "argv", VERBS, ids=lambda argv: "-".join((argv[0][:8], argv[-1])).encode("unicode_escape").decode()
)
def test_nothing_steers_a_terminal(argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n", write_through=True) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    code = main(argv)
    assert code in {0, 1, 2}
    printed, said = (stream.buffer.getvalue().decode() for stream in (out, err))
    assert {char for char in printed + said if not char.isprintable()} <= {"\n"}
    assert not [line for line in said.splitlines() if not line.startswith(("detector: ", "  "))]
    if argv[-1] in {"json", "sarif"}:
        assert json.loads(printed)
    if argv[-1] == "ndjson":
        assert [json.loads(line) for line in printed.splitlines()]


CLOSED = ("<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full")
VERDICTS = (("check '{ $.a = 1 }'", 0), ("check none.toml", 2), ("match '{ $.a = 1 }' -", 2))


@pytest.mark.parametrize(
    ("closed", "argv", "code"),
    [
        pytest.param(closed, *verdict, marks=[] if (i + j) % 3 == 0 else [pytest.mark.slow])
        for i, closed in enumerate(CLOSED)
        for j, verdict in enumerate(VERDICTS)
    ],
)
def test_closed_streams_change_no_verdict(closed: str, argv: str, code: int) -> None:
    shell = f"exec {sys.executable} -m detector {argv} {closed}"
    done = subprocess.run(("sh", "-c", shell), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for argv in ("check cis/cloudwatch-2", "test cis/cloudwatch-2"):
        gone.mkdir()
        shell = f"rmdir {gone}; exec {sys.executable} -m detector {argv}"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }  # and no HOME
        done = subprocess.run(
            ("sh", "-c", shell), cwd=gone, env=environment, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
