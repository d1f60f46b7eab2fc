"""The log group that log events are in: its account, region and name, which an archive of files does not tell.

In: what the user says of it, and where nothing else will do, an event. Out: a `LogGroup`. The claim: an account or a
region is taken from a record only where `RECORD` asks for it: a log group has one of each, whatever records are in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detector.archive.source import Source
from detector.cloudtrail.record import ACCOUNT, REGION, account, region
from detector.errors import SettingsError

RECORD = "record"
"""Asks for the account (or region) of each event, as if it were in a log group of that account."""

_PARTS = (
    ("account", "an account id of 12 digits", ACCOUNT),
    ("region", "a region such as eu-west-1", REGION),
)


@dataclass(frozen=True, slots=True)
class LogGroup:
    """What is known of a log group; an empty string is not known."""

    name: str = ""
    account: str = ""
    region: str = ""

    def over(self, other: LogGroup) -> LogGroup:
        """The same log group, and what is not known of it from another."""
        return LogGroup(self.name or other.name, self.account or other.account, self.region or other.region)

    def check(self) -> None:
        """`SettingsError` for what can be no account or region; names are Terraform's, as in a detection file."""
        for part, expected, known in _PARTS:
            value = getattr(self, part)
            if value not in {"", RECORD} and not re.fullmatch(known, value):
                raise SettingsError(
                    f'expected {expected}, or "{RECORD}", found {value!r}', f"log_group_{part}"
                )

    @property
    def depends_on_records(self) -> bool:
        """Whether there is one for each account or region that records name."""
        return RECORD in {self.account, self.region}

    def of(self, source: Source, record: Mapping[str, Any] | None) -> LogGroup:
        """The log group of one event: itself, but for what each record is asked for."""
        if not self.depends_on_records:
            return self
        return LogGroup(
            self.name,
            account_of(source, record) if self.account == RECORD else self.account,
            region_of(source, record) if self.region == RECORD else self.region,
        )


UNKNOWN = LogGroup()


def account_of(source: Source, record: Mapping[str, Any] | None) -> str:
    """The account of an event: the path's, else the record's."""
    return source.account or account(record or {}) or ""


def region_of(source: Source, record: Mapping[str, Any] | None) -> str:
    """The region of an event: the record's, else the path's, because events of global services lie in other files."""
    return region(record or {}) or source.region or ""
