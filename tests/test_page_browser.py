"""The page of a replay in a real browser: it asks for nothing, draws, answers, and can be read by everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from detector import backtest, load_detection, noise, replay
from detector.quantities import span
from detector.render.backtest_altair import KINDS
from detector.render.noise_altair import KINDS as EFFECTS
from detector.render.noise_altair import STEADY
from detector.render.replay_altair import BLUE, STATES
from tests.browser import browser, opened
from tests.cli_archives import DETECTION, archive, burst, record, write

pytestmark = pytest.mark.browser

SAMPLES = "samples"
LAB = "lab/unauthorized-api-calls"
METRIC = '[data-chart="metric"]'
EVIL = "</script><script>window.bad=1</script><img src=x onerror=bad=1>\u2028\u202e\x1b{{7*7}}\"'"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return archive(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, logs: str) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(replay(LAB, logs).to_html(), "utf-8")
    return file


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, logs: str) -> Path:
    """Two detections, one of which never matches."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(replay([LAB, f"{LAB}-as-deployed"], logs).to_html(), "utf-8")
    return file


def numbers(page: Any) -> dict[str, str]:
    found = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('[data-number]')].map((one) => [one.dataset.number, one.textContent]))"
    )
    return dict(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_asks_for_one_file_says_nothing_and_draws(chromium: Any, page: Path, scheme: str) -> None:
    with opened(chromium, page, color_scheme=scheme) as one:
        chart = one.drawn(METRIC)
        assert one.pixels(chart, BLUE) > 100
        assert one.pixels(chart, STATES["ALARM"], 40) > 50
        assert one.pixels(chart, STATES["INSUFFICIENT_DATA"]) > 1_000
        calls = one.drawn('[data-chart="calls"]')
        assert one.pixels(calls, STATES["ALARM"], 60) > 10
        assert one.asked == [page.as_uri()]
        assert one.said == []
        paper = one.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") is (scheme == "light")
        assert one.pixels(chart, "#ffffff" if scheme == "light" else "#12171d") > 10_000


def test_the_alarms_of_several_detections_are_on_one_timeline(chromium: Any, many: Path) -> None:
    with opened(chromium, many) as one:
        assert one.pixels(one.drawn('[data-chart="overview"]'), STATES["ALARM"]) > 20
        assert one.page.locator("h2").all_inner_texts()[:2] == ["Who is behind the alarms", "All alarms"]
        assert one.said == []


# threshold, period, M of N, windows
SETTINGS = [(8.0, 300, "1,1", 0), (1.0, 60, "2,3", 0), (3.0, 300, "1,1", 1), (5.0, 300, "1,1", 0)]


def test_the_numbers_are_those_of_a_replay_with_that_setting(chromium: Any, tmp_path: Path) -> None:
    detection, page = load_detection(LAB), tmp_path / "report.html"
    [present] = replay(detection, SAMPLES)
    page.write_text(present.to_html(), "utf-8")
    with opened(chromium, page) as one:
        chart = one.drawn(METRIC)
        facts = json.loads(one.page.locator("#facts").text_content() or "")
        thresholds = sorted({setting[0] for setting in facts["detections"][0]["choices"]["settings"]})
        for threshold, period, datapoints, window in SETTINGS:
            form = one.page.locator("form.controls")
            form.locator("[name=threshold]").fill(str(thresholds.index(threshold)))
            form.locator("[name=period]").select_option(str(period))
            form.locator("[name=datapoints]").select_option(datapoints)
            form.locator("[name=window]").select_option(str(window))
            m, n = map(int, datapoints.split(","))
            laid = detection.alarm.laid(window="wall-clock" if window else "sliding")
            alarm = replace(
                laid, threshold=threshold, period=period, evaluation_periods=n, datapoints_to_alarm=m
            )
            [alone] = replay(replace(detection, alarm=alarm), SAMPLES)
            raised = [time.start for episode in alone.episodes for time in episode.times]
            found = sum(
                any(min(it.start, it.first or it.start) <= at < (it.end or at) for at in raised)
                for it in present.episodes
            )
            told = numbers(one.page)
            assert told["pages"] == f"{alone.alarms:,}"
            assert told["lasted"] == span(alone.in_alarm)
            assert (told["found"], told["missed"]) == (str(found), str(len(present.episodes) - found))
            assert told["which"] == ("present" if alarm == detection.alarm else "another")
        form.locator("[name=period]").select_option("900")
        form.locator("[name=window]").select_option("1")
        assert numbers(one.page)["which"] == "CloudWatch refuses it"
        form.locator("button[type=reset]").click()
        one.page.locator("[data-number=which]").filter(has_text="present").wait_for()
        assert one.pixels(chart, BLUE) > 100
        assert one.said == []


def test_hover_tells_and_shift_and_wheel_zoom(chromium: Any, page: Path) -> None:
    with opened(chromium, page) as one:
        chart = one.drawn(METRIC)
        box = chart.locator("canvas").bounding_box()
        one.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 27)
        one.page.locator("#vg-tooltip-element.visible").wait_for()
        assert "INSUFFICIENT_DATA" in one.page.locator("#vg-tooltip-element").inner_text()
        before = one.pixels(chart, BLUE)
        one.page.keyboard.down("Shift")
        one.page.mouse.wheel(0, 4_000)
        one.page.wait_for_timeout(300)
        assert one.pixels(chart, BLUE) < before  # the whole time is small now
        assert one.said == []


def test_the_keyboard_reaches_what_the_mouse_does(chromium: Any, page: Path) -> None:
    with opened(chromium, page) as one:
        slider = one.page.locator("[name=threshold]")
        slider.focus()
        before = numbers(one.page)["pages"]
        for _ in range(3):
            one.page.keyboard.press("ArrowRight")
        assert numbers(one.page)["pages"] != before
        assert "5" not in (slider.get_attribute("aria-valuetext") or "5")
        summary = one.page.locator("details.read > summary")
        summary.focus()
        one.page.keyboard.press("Enter")
        assert one.page.locator("details.read").get_attribute("open") is not None
        assert one.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(chromium: Any, many: Path, scheme: str, width: int) -> None:
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    with opened(chromium, many, color_scheme=scheme, viewport={"width": width, "height": 900}) as one:
        one.drawn('[data-chart="overview"]')
        one.drawn(METRIC)
        one.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        one.page.evaluate(script)
        found = one.page.evaluate(
            "axe.run().then((it) => it.violations.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html)]))"
        )
        assert found == []
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints(chromium: Any, page: Path) -> None:
    with opened(chromium, page, color_scheme="dark") as one:
        one.drawn(METRIC)
        one.page.emulate_media(media="print")
        assert one.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not one.page.locator("form.controls").is_visible()
        assert one.page.pdf().startswith(b"%PDF")
        assert one.said == []


def test_closed_episodes_are_open_on_paper_and_closed_again(chromium: Any, page: Path) -> None:
    with opened(chromium, page) as one:
        one.page.evaluate(
            "document.querySelectorAll('details.episode').forEach((each) => { each.open = false })"
        )
        closed = "document.querySelectorAll('details.episode:not([open])').length"
        episodes = one.page.evaluate(closed)
        assert episodes > 0
        one.page.evaluate("addEventListener('beforeprint', () => { window.left = " + closed + " })")
        one.page.pdf()
        assert (one.page.evaluate("window.left"), one.page.evaluate(closed)) == (0, episodes)


def test_without_scripts_the_tables_are_complete(chromium: Any, page: Path, logs: str) -> None:
    with opened(chromium, page, java_script_enabled=False) as one:
        [told] = replay(LAB, logs)
        assert one.page.locator("details.episode").count() == len(told.episodes)
        rows = one.page.locator('[aria-label="Changes of state"] tbody tr')
        assert rows.count() == len(told.transitions)
        assert not one.page.locator("form.controls").is_visible()
        assert "need scripts" in one.page.locator("noscript").first.inner_text()


def test_hostile_records_stay_text(chromium: Any, tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "eventName": EVIL, "errorMessage": EVIL, "userAgent": EVIL, "awsRegion": EVIL, "sourceIPAddress": EVIL,
        "userIdentity": {"type": EVIL, "arn": EVIL}, "requestParameters": {EVIL: EVIL, "bucketName": EVIL},
    }  # fmt: skip
    logs = write(tmp_path / "a.json", [*burst(1, 6, **said), record(30, **said)])
    rule = tmp_path / "rule.toml"
    text = DETECTION.format(
        title="TITLE", pattern='{ $.errorCode = "AccessDenied" }', threshold=1, missing="missing"
    )
    rule.write_text(text.replace('"TITLE"', json.dumps(EVIL)).replace('"denied"', json.dumps(EVIL)), "utf-8")
    file = tmp_path / "report.html"
    file.write_text(replay(rule, logs).to_html(), "utf-8")
    with opened(chromium, file) as one:
        one.drawn(METRIC)
        one.drawn('[data-chart="calls"]')
        one.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert one.page.evaluate("[window.bad, document.images.length, document.scripts.length]") == [
            None,
            0,
            3,
        ]
        shown = one.page.locator("main").inner_text()
        assert "<img src=x" in shown
        assert not {"\u2028", "\u202e", "\x1b"} & set(one.page.content())
        assert (one.asked, one.said) == ([file.as_uri()], [])


def test_the_page_of_a_backtest(chromium: Any, tmp_path: Path) -> None:
    test = backtest(
        LAB,
        SAMPLES,
        {"threshold": "1..6", "datapoints": ["1/1", "2/3"]},
        incidents=f"{SAMPLES}/incidents.toml",
    )
    file = tmp_path / "report.html"
    file.write_text(test.to_html(), "utf-8")
    with opened(chromium, file) as one:
        for kind in ("heat", "front", "delays", "plateau"):
            chart = one.drawn(f'[data-chart="{kind}"]')
            assert (
                one.pixels(
                    chart,
                    {"heat": "#000000", "plateau": KINDS["recommended"]}.get(kind, KINDS["present"]),
                    60,
                )
                > 5
            )
        assert one.pixels(one.drawn('[data-chart="heat"]'), "#fd8d3c", 60) > 5_000
        rows = one.page.locator('[aria-label^="Settings of"] tbody tr')
        assert rows.count() == len(test.sweep.cells) == 12
        assert rows.first.locator("td").nth(1).inner_text() == f"{test.choice.ranked[0].score.alarms:,}"
        assert one.page.locator(".lead").inner_text().startswith("Recommended")
        assert (one.asked, one.said) == ([file.as_uri()], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_noise(chromium: Any, tmp_path: Path, scheme: str) -> None:
    found = noise("cis/cloudwatch-2", SAMPLES, incidents=f"{SAMPLES}/incidents.toml")
    file = tmp_path / "report.html"
    file.write_text(found.to_html(), "utf-8")
    with opened(chromium, file, viewport={"width": 420, "height": 900}, color_scheme=scheme) as one:
        assert one.pixels(one.drawn('[data-chart="makers"]'), STEADY["steady"], 60) > 100
        assert one.pixels(one.drawn('[data-chart="paging"]'), STEADY["not steady"], 60) > 5
        assert one.pixels(one.drawn('[data-chart="effects"]'), EFFECTS["proposed"], 60) > 5
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 420
        assert (one.asked, one.said) == ([file.as_uri()], [])
