"""The members of a CloudTrail record: which there are, how many records have them, and of what type.

In: ``cloudtrail_fields.tsv``, which names its sources. Out: `Member` by path. A path is a tuple of names, with
``[*]`` for the elements of an array. The claim: a path below a closed object that is not in the table is in no
edition of the user guide up to the table's, and in none of the 55,080 public records that were measured.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]

RECORDS = 55_080
ELEMENT = "[*]"
ALWAYS = 0.95
"""A share from which on a member counts as always there: records before eventVersion 1.02 lack two of them."""

# What stands below these differs by service and call, or is described nowhere.
OPEN = frozenset(
    {
        ("requestParameters",),
        ("responseElements",),
        ("additionalEventData",),
        ("serviceEventDetails",),
        ("insightDetails",),
        ("edgeDeviceDetails",),
        ("eventContext",),
        ("addendum",),
        ("userIdentity", "inScopeOf"),
        ("userIdentity", "onBehalfOf"),
        ("userIdentity", "sessionContext", "webIdFederationData", "attributes"),
        ("userIdentity", "sessionContext", "assumedRoot"),
    }
)
# Members that other logs have as well: they say nothing about whose log it is.
COMMON = frozenset(
    {
        "apiVersion",
        "errorCode",
        "errorMessage",
        "eventCategory",
        "eventContext",
        "eventID",
        "eventName",
        "eventTime",
        "eventType",
        "eventVersion",
        "readOnly",
        "requestID",
        "resources",
        "userAgent",
        "addendum",
    }
)
# What people write for a first member. Where the nearest by its letters is none, or another one.
ALIASES: Mapping[str, str] = {
    "requestparams": "requestParameters",
    "params": "requestParameters",
    "parameters": "requestParameters",
    "responseparameters": "responseElements",
    "response": "responseElements",
    "responseelement": "responseElements",
    "useridentities": "userIdentity",
    "sourceip": "sourceIPAddress",
    "accountid": "recipientAccountId",
    "account": "recipientAccountId",
}
# Booleans in the record, whatever tools that rewrite records make of them.
BOOLEANS = frozenset({("readOnly",), ("managementEvent",)})
# The user guide: these are null where a call has none, and the members themselves are there.
NULLABLE = frozenset({("requestParameters",), ("responseElements",)})
SINCE_1_06 = frozenset({("readOnly",), ("managementEvent",), ("eventCategory",)})


@dataclass(frozen=True, slots=True)
class Member:
    """One member; ``types`` counts the JSON types that were seen, ``documented`` names the guide's edition."""

    path: Path
    share: float
    types: Mapping[str, int]
    documented: str

    @property
    def always(self) -> bool:
        """Whether (nearly) every record has it, or every record since eventVersion 1.06."""
        return self.share >= ALWAYS or self.path in SINCE_1_06

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON types it has; empty when none was ever seen."""
        return frozenset({"boolean"}) if self.path in BOOLEANS else frozenset(self.types)


@functools.cache
def members() -> Mapping[Path, Member]:
    """Every known member, by its path."""
    text = files("detector.cloudtrail").joinpath("cloudtrail_fields.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {(one := _member(*row)).path: one for row in rows}


def _member(path: str, share: str, types: str, documented: str) -> Member:
    counts = (
        {} if types == "-" else {kind: int(n) for kind, _, n in (t.partition(":") for t in types.split(","))}
    )
    return Member(split(path), float(share), counts, "" if documented == "-" else documented)


def split(path: str) -> Path:
    """``resources[*].ARN`` as ``("resources", "[*]", "ARN")``."""
    return tuple(path.replace(ELEMENT, f".{ELEMENT}").split("."))


def is_open(path: Path) -> bool:
    """Whether any member may stand at this path, because it lies below an open object."""
    return any(path[:length] in OPEN for length in range(1, len(path)))


def is_known(path: Path) -> bool:
    """Whether a record can have something at this path."""
    return path in members() or is_open(path)
