"""Which regions there are, and in which one a global service logs.

In: ``regions.txt`` (generated, see its head). Out: answers about ``awsRegion``. Source of the second: CloudTrail user
guide, cloudtrail-concepts (global service events), and counted in public records.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from detector.cloudtrail.operations import table

# The user guide and the services' own pages name these; of others only their endpoint is known.
_GLOBAL = ("iam", "cloudfront", "route53", "organizations")
_SHAPE = re.compile(r"([a-z]{2}(?:-[a-z]+)+)-(\d)")
_SHORTEST = len("us-e")
_ZONE = re.compile(r"(.*-\d)[a-f]")


@functools.cache
def regions() -> frozenset[str]:
    """Every region of every partition."""
    return frozenset(region for _, listed, _ in table("regions.txt") for region in listed.split())


@functools.cache
def global_services() -> Mapping[str, frozenset[str]]:
    """The regions, one in each partition, in which the events of a global service are."""
    found: dict[str, set[str]] = {name: set() for name in _GLOBAL}
    for _, _, listed in table("regions.txt"):
        for name, region in (pair.split(":") for pair in listed.split()):
            if name in found:
                found[name].add(region)
    return {name: frozenset(places) for name, places in found.items()}


def slip(region: str) -> str | None:
    """The region that a name is a slip of: ``us-east1``, ``US-EAST-1``, ``us_east_1``, ``us-east-1a``, without hyphens."""
    zone = _ZONE.fullmatch(region.lower())
    plain = _letters(zone[1] if zone else region)
    return next((one for one in sorted(regions()) if _letters(one) == plain and one != region), None)


def is_shaped(region: str) -> bool:
    """Whether a name ends as those of regions do, with a hyphen and a number; a letter may follow.

    What is shorter than a part of the world and a direction is a placeholder.
    """
    return len(region) < _SHORTEST or re.fullmatch(r".*-\d\w?", region) is not None


def is_unknown_number(region: str) -> bool:
    """Whether a name has the form of a region, in a part of the world that has regions, with a number that none of them has."""
    found = _SHAPE.fullmatch(region)
    return (
        found is not None
        and region not in regions()
        and any(one.startswith(f"{found[1]}-") for one in regions())
    )


def _letters(region: str) -> str:
    return re.sub(r"[-_ ]", "", region.lower())
