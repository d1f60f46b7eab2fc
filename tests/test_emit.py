"""``detector replay --emit`` and ``--exec``: what is written where, which actions run, and what a failing command does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from detector.__main__ import main
from detector.cli import emit, values
from detector.render.notification_json import Kind
from tests.cli_archives import archive, detection

TOPIC = "arn:aws:sns:eu-west-1:111122223333:pager"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:open-ticket"
ACTIONS = f'alarm_actions = ["{TOPIC}", "{FUNCTION}"]\nok_actions = ["pager"]\n'
STATES = ["OK", "ALARM", "INSUFFICIENT_DATA", "OK", "INSUFFICIENT_DATA"]
"""Of the alarm over `archive`."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive(tmp_path / "logs")
    told("d.toml", ACTIONS)


def told(name: str, actions: str) -> None:
    """A detection with actions."""
    path = Path(detection(Path(name)))
    path.write_text(path.read_text("utf-8") + actions, "utf-8")


def run(*options: str, name: str = "d.toml") -> int:
    return main(["replay", "logs", "-d", name, *options])


def lines(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def test_the_options_know_every_kind() -> None:
    assert set(values.KINDS) == set(Kind)


def test_a_file_has_a_document_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--emit", "history=h.ndjson", "--emit", "eventbridge=e.ndjson") == 0
    assert "ALARM 1 time" in capsys.readouterr().out
    items = lines("h.ndjson")
    updates = [one for one in items if one["HistoryItemType"] == "StateUpdate"]
    assert [json.loads(one["HistoryData"])["newState"]["stateValue"] for one in updates] == STATES
    # OK tells the topic, ALARM both, INSUFFICIENT_DATA nobody.
    assert len(items) - len(updates) == 2 + 2
    events = lines("e.ndjson")
    assert [one["detail"]["state"]["value"] for one in events] == STATES
    assert events[0]["detail"]["previousState"]["reason"] == "Unchecked: Initial alarm creation"
    assert [one["time"] for one in events] == sorted(one["time"] for one in events)


def test_kinds_share_a_file_in_time_order(tmp_path: Path) -> None:
    assert run("--emit", "eventbridge=all.ndjson", "--emit", f"lambda={tmp_path / 'all.ndjson'}") == 0
    times = [one.get("time", "")[:19] for one in lines("all.ndjson")]
    assert len(times) == len(STATES) + 1
    assert times == sorted(times)


def test_standard_output_takes_the_place_of_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--emit", "lambda=-", "--emit", "eventbridge=-") == 0
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(documents) == len(STATES) + 1
    assert [one["alarmData"]["state"]["value"] for one in documents if "alarmData" in one] == ["ALARM"]


def test_a_folder_has_a_file_each_and_the_mail_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--emit", "sns=new/mails/") == 0
    names = sorted(path.name for path in Path("new/mails").iterdir())
    assert names[2:4] == ["000002-20230710T121100Z-sns-ALARM.json", "000002-20230710T121100Z-sns-ALARM.txt"]
    assert len(names) == 2 * 3
    document = json.loads(Path("new/mails", names[2]).read_text("utf-8"))
    assert document["simulated"]["mail"] == Path("new/mails", names[3]).read_text("utf-8")
    capsys.readouterr()
    assert run("--emit", "sns=new/mails") == 2
    assert "expected an empty folder or a new one" in capsys.readouterr().err


def test_what_an_episode_adds() -> None:
    assert run("--emit", "lambda=plain.ndjson", "--emit", "sns=s.ndjson") == 0
    assert run("--emit", "lambda=l.ndjson", "--emit", "sns=s2.ndjson", "--enrich") == 0
    assert "episode" not in lines("plain.ndjson")[0]["simulated"]
    episode = lines("l.ndjson")[0]["simulated"]["episode"]
    assert (episode["number"], episode["matches"]) == (1, 7)
    assert episode["addresses"]["top"][0] == {"value": "198.51.100.9", "count": 7}
    message = json.loads(lines("s2.ndjson")[1]["Message"])
    assert message["simulated"]["episode"] == episode
    assert "episode" not in lines("s2.ndjson")[1]["simulated"]


@pytest.mark.parametrize(
    ("actions", "kind", "said"),
    [
        ("", "sns", "no sns action runs: see alarm_actions"),
        (f"{ACTIONS}actions_enabled = false\n", "lambda", "no lambda action runs: see alarm_actions"),
    ],
)
def test_an_alarm_that_tells_nobody_is_said(
    actions: str, kind: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told("n.toml", actions)
    place = ("--alarm-account", "111122223333", "--alarm-region", "eu-west-1")
    assert run("--emit", f"{kind}=x", "--emit", "eventbridge=e", *place, name="n.toml") == 0
    assert said in capsys.readouterr().err
    assert len(lines("e")) == len(STATES)
    assert not Path("x").read_bytes()
    assert run("--emit", kind, "--exec", "true", *place, name="n.toml") == 2
    assert "the command was not run" in capsys.readouterr().err
    assert run("--emit", kind, "--exec", "true", "--allow-empty", *place, name="n.toml") == 0


def python(script: str) -> str:
    """A command that runs a script."""
    Path("script.py").write_text(script, "utf-8")
    return f"'{sys.executable}' script.py"


def test_a_command_gets_each_document(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys; open('seen', 'a').write(sys.stdin.read()); print('well \\x1b[31m done')"
    assert run("--emit", "sns=s.ndjson", "--emit", "lambda", "--exec", python(script), "--verbose") == 0
    seen, err = lines("seen"), capsys.readouterr().err
    assert len(seen) == 3 + 1
    assert [one for one in seen if "TopicArn" in one] == lines("s.ndjson")
    assert "--exec: 4 notifications, 0 failed" in err
    assert (
        "--exec: lambda ALARM 2023-07-10 12:11:00: done\n  well \N{REPLACEMENT CHARACTER}[31m done\n" in err
    )


def test_failures_are_counted_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "import json, sys\nif 'ALARM' in json.load(sys.stdin)['Subject']: sys.exit('no idea\\nwhat this is')"
    )
    assert run("--emit", "sns", "--exec", python(script), "--brief") == 1
    assert capsys.readouterr().err.splitlines() == [
        "detector: --exec: sns ALARM 2023-07-10 12:11:00: exit code 1",
        "  no idea",
        "  what this is",
        "detector: --exec: 3 notifications, 1 failed",
    ]
    assert run("--emit", "sns", "--exec", python("import os; os.abort()"), "--quiet") == 1
    assert "ended by signal 6" in capsys.readouterr().err


def test_a_command_that_hangs_is_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(emit, "TIMEOUT", 0.2)
    assert run("--emit", "lambda", "--exec", "sleep 60") == 1
    assert "not done within 0.2 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--exec", "true"), "expected --emit KIND=DEST with --exec"),
        (("--enrich",), "expected --emit KIND=DEST with --enrich"),
        (("--emit", "sns"), "expected a folder, a file or -: --emit sns=DEST"),
        (("--emit", "mail=x"), "expected KIND=DEST with a KIND of sns, eventbridge, lambda, history"),
        (("--emit", "sns=x", "--exec", "no-such-program x"), "expected a command that can be run"),
        (("--emit", "sns=x", "--exec", "'"), "expected a command in which all quotes are closed"),
        (("--emit", "sns=x", "--exec", " "), "expected a command"),
        (("--emit", "sns=x", "--alarm-account", "1"), "expected an account id of 12 digits"),
    ],
)
def test_mistakes(options: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*options) == 2
    assert sentence in capsys.readouterr().err


def test_where_an_alarm_is(capsys: pytest.CaptureFixture[str]) -> None:
    told("nowhere.toml", "")
    assert run("--emit", "eventbridge=-", name="nowhere.toml") == 2
    assert (
        "expected the account of the alarm: --alarm-account, or log_group_account" in capsys.readouterr().err
    )
    told("group.toml", 'alarm_actions = ["pager"]\n')
    grouped = Path("group.toml").read_text("utf-8")
    group = '[filter]\nlog_group_account = "444455556666"\nlog_group_region = "us-east-1"'
    Path("group.toml").write_text(grouped.replace("[filter]", group), "utf-8")
    for options, place in (
        ((), ("444455556666", "us-east-1")),
        (("--alarm-account", "111122223333"), ("111122223333", "us-east-1")),
        (("--log-group-region", "eu-west-1"), ("444455556666", "eu-west-1")),
    ):
        assert run("--emit", "eventbridge=-", *options, name="group.toml") == 0
        event = json.loads(capsys.readouterr().out.splitlines()[0])
        assert (event["account"], event["region"]) == place


def test_where_alarms_are_may_be_configured(capsys: pytest.CaptureFixture[str]) -> None:
    told("nowhere.toml", "")
    Path("detector.toml").write_text('alarm_account = "444455556666"\nalarm_region = "us-east-1"\n', "utf-8")
    assert run(name="nowhere.toml") == 0
    capsys.readouterr()
    assert run("--emit", "eventbridge=-", name="nowhere.toml") == 0
    event = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (event["account"], event["region"]) == ("444455556666", "us-east-1")
    for key in ("exec", "command", "emit"):
        Path("detector.toml").write_text(f'{key} = "touch x"\n', "utf-8")
        assert run() == 2
        assert "unknown key" in capsys.readouterr().err


def test_an_account_that_each_record_has_is_none_of_the_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    group = '[filter]\nlog_group_account = "record"\nlog_group_region = "record"'
    told_by = Path("d.toml").read_text("utf-8").replace("[filter]", group)
    Path("d.toml").write_text(told_by, "utf-8")
    assert run("--emit", "eventbridge=-") == 0
    event = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (event["account"], event["region"]) == ("111122223333", "eu-west-1")


def test_problems_are_named_where_no_report_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    Path("logs/broken.json").write_text("{", "utf-8")
    assert run("--emit", "eventbridge=-") == 2
    printed = capsys.readouterr()
    assert "broken.json" in printed.err
    assert len(printed.out.splitlines()) == len(STATES)
