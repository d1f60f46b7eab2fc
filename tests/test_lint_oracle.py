"""Nothing sound is accused: patterns made of the values of real records have no error and no warning.

The archives are those of ``DETECTOR_ARCHIVES``. A pattern names the event source and the event name of a record, or the type of
its caller, and one member with its value. Two of the collections are tests that people wrote by hand, with members, ARNs and event names that
CloudTrail does not write; they are left out, as is what tools added to records (``p_…``) or spoilt in them.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector.archive import Event, Plan, locate, source_events
from detector.errors import PatternError
from detector.lint import Severity, lint
from detector.pattern import compile as compile_pattern

ARCHIVES = os.environ.get("DETECTOR_ARCHIVES")
BY_HAND = {"panther-analysis", "criblpacks_aws-cloudtrail"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
EACH_ITS_OWN = {"eventID", "requestID", "eventTime", "sharedEventID"}
LONGEST = 300

pytestmark = pytest.mark.skipif(
    not ARCHIVES, reason="DETECTOR_ARCHIVES names no folder of public CloudTrail archives"
)


def members(value: Any, selector: str = "$") -> Iterator[tuple[str, Any]]:
    """Each member that is no object and no array, with its selector; the first two elements of an array."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if NAME.fullmatch(name) and not (selector == "$" and name in EACH_ITS_OWN):
                yield from members(inner, f"{selector}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            yield from members(inner, f"{selector}[{place}]")
    else:
        yield selector, value


def condition(selector: str, value: Any) -> str | None:
    """What the member fulfils; None for a text that no pattern can hold."""
    if value is None or isinstance(value, bool):
        return f"{selector} IS {str(value).upper().replace('NONE', 'NULL')}"
    if isinstance(value, int | float):
        return f"{selector} = {value}"
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{selector} = "{quoted}"' if value.isprintable() and len(value) <= LONGEST else None


@functools.cache
def patterns() -> tuple[str, ...]:
    """Every pattern once, in the order of the archives."""
    found: dict[str, None] = {}
    folders = sorted(
        path for path in Path(ARCHIVES or "").iterdir() if path.is_dir() and path.name not in BY_HAND
    )
    for file in locate([str(path) for path in folders]).files:
        for event in source_events(Plan(timed=False), file):
            if isinstance(event, Event) and event.record is not None:
                found.update(dict.fromkeys(of_record(event.record)))
    return tuple(found)


def of_record(record: dict[str, Any]) -> Iterator[str]:
    of_call = [f"$.{name}" for name in ("eventSource", "eventName")]
    identity = record.get("userIdentity") or {}
    for selector, value in members(record):
        asked = condition(selector, value)
        if asked is None:
            continue
        beside = [
            condition(name, record[name[2:]]) for name in of_call if name != selector and record.get(name[2:])
        ]
        yield f"{{ {' && '.join([*filter(None, beside), asked])} }}"
        if (
            selector.startswith("$.userIdentity.")
            and identity.get("type")
            and selector != "$.userIdentity.type"
        ):
            yield f"{{ {condition('$.userIdentity.type', identity['type'])} && {asked} }}"


def accused(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    """The patterns with an error or a warning, each with its first."""
    found = []
    for text in texts:
        try:
            findings = [one for one in lint(compile_pattern(text)) if one.severity > Severity.NOTE]
        except PatternError:
            continue  # too long, or characters that no pattern has
        found += [(text, f"{one.code}: {one.consequence}") for one in findings[:1]]
    return found


def test_a_sample_of_the_patterns_has_no_error_and_no_warning() -> None:
    assert accused(patterns()[::150]) == []


@pytest.mark.slow
def test_no_pattern_has_an_error_or_a_warning() -> None:
    texts = patterns()
    assert len(texts) >= 12_000
    assert accused(texts[:: max(1, len(texts) // 12_000)]) == []
