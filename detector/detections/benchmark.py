"""The controls of the CIS AWS Foundations Benchmark that ask for a metric filter and an alarm, by version.

In: nothing. Out: `CONTROLS`, each with the number of its recommendation in every version and the shipped detections that
have its texts. Sources: the copies named in ``patterns/cis/*.toml``, where the texts themselves are; Security Hub's user
guide @bda5bf7 for its fourteen controls. Where copies of one version disagree, or audit and remediation differ, a version
has several texts and any of them will do.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from detector.detections.catalogue import load_detection
from detector.detections.model import Detection

VERSIONS = ("1.2.0", "1.3.0", "1.4.0", "1.5.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0", "6.0.0", "7.0.0")
SECURITY_HUB = "security-hub"
BENCHMARKS = (SECURITY_HUB, *VERSIONS)
"""What an audit can be held against: a version of the benchmark, or the texts that Security Hub asks for."""

_SECTIONS = {"1.2.0": 3, "6.0.0": 5, "7.0.0": 5}
_SECTION = 4
"""The section of all other versions."""
_OLDER, _SPLIT, _NEWER = VERSIONS[1:4], VERSIONS[4:6], VERSIONS[6:]


@dataclass(frozen=True, slots=True)
class Control:
    """One control: ``number`` is that of the recommendation in its section, ``detection`` the shipped one.

    ``texts`` are the variants of the detection that a version has, where it is not the filter itself; an empty name is
    the filter itself.
    """

    name: str
    number: int
    detection: str
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str = VERSIONS[0]
    """The first version that has it."""

    @property
    def title(self) -> str:
        """``Use of the root user``."""
        return _shipped(self.detection).title

    @property
    def in_security_hub(self) -> bool:
        """Whether Security Hub has a control for it."""
        return self.name.startswith("CloudWatch.")

    def section(self, benchmark: str) -> str:
        """``CIS 1.4.0 4.3``, ``CloudWatch.1``; empty where the benchmark has no such control."""
        if benchmark == SECURITY_HUB:
            return self.name if self.in_security_hub else ""
        if VERSIONS.index(benchmark) < VERSIONS.index(self.since):
            return ""
        return f"CIS {benchmark} {_SECTIONS.get(benchmark, _SECTION)}.{self.number}"

    def prescribed(self, benchmark: str) -> tuple[Detection, ...]:
        """The detections with the texts that the benchmark has; none where it has no such control."""
        if not self.section(benchmark):
            return ()
        variants = self.texts.get(benchmark, ("",))
        return tuple(_shipped(f"{self.detection}@{one}" if one else self.detection) for one in variants)


_shipped = functools.cache(load_detection)


def _control(number: int, section: int, texts: Mapping[str, tuple[str, ...]] | None = None) -> Control:
    return Control(f"CloudWatch.{number}", section, f"cis/cloudwatch-{number}", texts or {})


# Security Hub's first three controls are in another order than the recommendations.
CONTROLS: tuple[Control, ...] = (
    _control(1, 3),
    _control(
        2,
        1,
        {
            **dict.fromkeys(_OLDER, ("cis-1.3.0", "")),
            **dict.fromkeys(_SPLIT, ("cis-1.3.0", "cis-4.0.0")),
            **dict.fromkeys(_NEWER, ("cis-4.0.0",)),
        },
    ),
    _control(
        3,
        2,
        {
            **dict.fromkeys(VERSIONS[:2], ("cis-1.2.0",)),
            **dict.fromkeys(VERSIONS[2:], ("cis-1.2.0", "")),
        },
    ),
    *(_control(number, number) for number in range(4, 10)),
    _control(10, 10, dict.fromkeys(VERSIONS[7:], ("cis-5.0.0",))),
    _control(11, 11),
    _control(12, 12),
    _control(13, 13, dict.fromkeys(_NEWER, ("", "cis-4.0.0-audit"))),
    _control(14, 14),
    Control("Organizations", 15, "cis/organizations", since="1.3.0"),
)
