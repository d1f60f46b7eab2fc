"""How long deliveries take where no file tells it: a distribution in, the time of delivery of an event out. `Delays`.

The claim: CloudTrail delivers the events of some minutes at once, so that is what is drawn: one delay for the events of one
file in one slot of `SLOT` seconds or less, which then have one time of delivery. A draw depends on the seed, the name of
the file and the slot alone: whoever asks in whichever order, in whatever process, gets the same.
"""

from __future__ import annotations

import math
import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

from detector.errors import SettingsError
from detector.quantities import count

if TYPE_CHECKING:
    from detector.archive.source import Source

SLOT = 300
"""Seconds of events that are delivered at once at most: CloudTrail delivers about every five minutes."""
LONGEST = 31 * 86_400
"""Seconds until a delivery at most, and those of an archive that are looked at."""
_QUANTILES = 1_000
_SPAN = r"(\d{1,9})\s*(s|m|min|h|d|)"
_SPREAD = rf"{_SPAN}\s*(?:±|\+-|\+/-)\s*{_SPAN}"
_SEED = r"(.*?)\s*,\s*seed\s*=\s*(\d{1,9})"
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


class Delays(Struct, frozen=True):
    """``gaps`` are the seconds from the end of a slot until its delivery, in order and each as likely as the others.

    ``said`` is how the distribution was asked for. One that is ``empirical`` has no gaps until it has seen the archive:
    then ``seen`` are the delays of so many events, and ``middle`` and ``long`` their median and the 95th of a hundred.
    """

    said: str
    slot: int = SLOT
    gaps: tuple[int, ...] = ()
    seed: int = 0
    seen: int = 0
    middle: int = 0
    long: int = 0

    @classmethod
    def of(cls, text: str) -> Delays:
        """``empirical``, ``5m±3m`` (also ``5m+-3m``), each perhaps with ``,seed=7``; `SettingsError` for anything else."""
        seeded = re.fullmatch(_SEED, text.strip(), re.ASCII | re.DOTALL)
        said, seed = (seeded[1].strip(), int(seeded[2])) if seeded else (text.strip(), 0)
        if said == "empirical":
            return cls(said, seed=seed)
        found = re.fullmatch(_SPREAD, said, re.ASCII)
        middle, wide = (int(found[one]) * _SECONDS[found[one + 1]] for one in (1, 3)) if found else (0, 1)
        if not found or not 0 < wide <= middle or middle + wide > LONGEST - SLOT:
            raise SettingsError(
                f"expected a delay such as 5m, 5m±3m with a spread up to the delay itself, or empirical, perhaps with ,seed=7, "
                f"found {text!r:.60}",
                "delay",
            )
        # A place in the slot and a gap add up to the delay: from middle - wide to middle + wide, the middle on average.
        slot = min(SLOT, 2 * wide)
        least, most = middle - wide, middle + wide - slot
        steps = min(_QUANTILES, most - least + 1)
        gaps = (least + round((most - least) * (step + 0.5) / steps) for step in range(steps))
        return cls(said, slot, tuple(gaps) if most > least else (least,), seed)

    @property
    def is_open(self) -> bool:
        """Whether the archive has yet to be looked at."""
        return not self.gaps

    def seeing(self, batches: Iterable[tuple[int, ...]]) -> Delays:
        """Those of an archive in which events that arrived together had these delays (seconds), a batch each.

        On average an event is delayed as the events that were seen, and a batch as the one that was drawn.
        """
        told = [batch for batch in batches if batch]
        events = sorted(one for batch in told for one in batch)
        if not events:
            return self
        slot = max(1, min(SLOT, round(2 * _mean(events))))
        means = sorted((_mean(batch) - slot / 2, len(batch)) for batch in told)
        before = list(accumulate(weight for _, weight in means))
        steps = min(_QUANTILES, len(events))
        chosen = [means[bisect_right(before, (step + 0.5) / steps * before[-1])][0] for step in range(steps)]
        middle, long = (events[int(len(events) * share)] for share in (0.5, 0.95))
        gaps = tuple(map(round, _causal(chosen)))
        return Delays(self.said, slot, gaps, self.seed, len(events), middle, long)

    def delivered(self, source: Source, second: int) -> int:
        """When an event of that second was delivered; `SettingsError` where the archive has yet to be looked at."""
        if self.is_open:
            raise SettingsError("expected an archive that was looked at before its delays are drawn", "delay")
        slot = second // self.slot
        chance = _chance(self.seed, os.path.basename(source.path), slot)  # noqa: PTH119 - any bytes that a name can be
        return (slot + 1) * self.slot + self.gaps[int(chance * len(self.gaps))]

    def __str__(self) -> str:
        known = (
            f" (median {self.middle / 60:.1f} min, 95 % within {self.long / 60:.1f} min, of {count(self.seen, 'event')} whose "
            "delivery is told)"
            if self.seen
            else ""
        )
        return f"{self.said}{known}, seed {self.seed}"


def _causal(gaps: Sequence[float]) -> list[float]:
    """The gaps without negative ones, since nothing is delivered before it has happened, and with the same mean."""
    # Of quantiles the mean can be a little less than that of all, and then less than nothing.
    mean, less = max(0.0, _mean(gaps)), 0.0
    kept = [max(0.0, gap) for gap in gaps]
    while (over := _mean(kept) - mean) > 0.5:  # noqa: PLR2004 - half a second is as good as none
        less += over
        kept = [max(0.0, gap - less) for gap in gaps]
    return kept


def _mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers)


@lru_cache(1 << 14)
def _chance(seed: int, name: str, slot: int) -> float:
    """From 0 up to and without 1."""
    from hashlib import blake2b  # noqa: PLC0415 - a hundredth of a second, for draws alone

    key = f"{seed}/{slot}/{name}".encode("utf-8", "surrogateescape")
    return int.from_bytes(blake2b(key, digest_size=6).digest()) / (1 << 48)
