"""What the matches of an episode speak for: a mistake in a configuration, or somebody who tries what he can.

In: the episodes of a replay. Out: the same with their signs, each a fact with its numbers. The claim: a sign is counted, never guessed; it is no verdict, and there may be signs of both kinds.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from msgspec.structs import replace

from detector.alarm.values import DAY
from detector.cloudtrail.credentials import only_looks
from detector.cloudtrail.principals import principal
from detector.jobs.episodes import Episode, Points, Sign
from detector.jobs.habits import Habits, Known, leading
from detector.quantities import count, span

WIDE_CALLS, WIDE_SERVICES = 10, 5
"""Whoever tries so many different calls in so many services looks around; a program calls what it was written for."""
SHARED = 3
"""Principals from one address."""
REGIONS = 3
MOST = 0.9
"""The share of one principal above which the others do not matter."""
AGAIN = 5
"""How often each different call is made on average by what repeats itself."""
OTHER_DAYS, SAME_TIME = 2, 30
"""Other episodes of the same principal, and minutes that these are apart in the time of day."""
TOOLS = re.compile(
    r"(?<![a-z])(?:kali|pacu|parrot|pentoo|stratus-red-team|trufflehog)(?![a-z])", re.IGNORECASE
)
"""Tools and systems made for attacks, as they name themselves in user agents."""


FIRST = 5
"""Calls that only look, before the first other one."""
EARLIER = 5
"""Matches that a principal has had before, so that an address or an agent can be new for it."""
AFTER, SOON = 3, DAY
"""Calls that follow a change of credentials, and within what time."""
GAPS, REGULAR = 5, 0.8
"""Gaps between the matches of a principal, and the share of them that are alike, which make it regular."""
DAYS = 3
"""Days on which the same call fails in the same way."""
FEW = 2
"""Calls that a role for one purpose makes."""
HALF, NARROW = 0.5, 10
"""The share of one principal, and its different calls, for which its habits count: more calls are no routine."""

Facts: TypeAlias = Iterator[tuple[str, str]]
"""The name of a rule, and the fact that it has counted."""


def with_signs(episodes: Sequence[Episode], told: Known) -> tuple[Episode, ...]:
    """The same episodes with their signs; ``told`` is what is known of the principals that lead them."""
    leads: defaultdict[str, list[int]] = defaultdict(list)
    for one in episodes:
        leads[one.fields["principals"].first].append(_second_of_day(one))
    for moments in leads.values():
        moments.sort()

    def signs(episode: Episode) -> Iterator[Sign]:
        for rule, fact in (*_suspicious(episode), *_unusual(episode, told)):
            yield Sign(Points.SUSPICIOUS, fact, rule)
        for rule, fact in (*_misconfigured(episode, leads), *_habitual(episode, told)):
            yield Sign(Points.MISCONFIGURATION, fact, rule)

    return tuple(replace(episode, signs=tuple(signs(episode))) for episode in episodes)


def _suspicious(episode: Episode) -> Facts:
    within = ""
    if episode.first and episode.last and episode.last > episode.first:
        within = f" within {span(episode.last - episode.first)}"
    for calls in episode.calls.values():
        services = {event.partition(" ")[2] for event, _ in calls.top}
        if calls.size >= WIDE_CALLS and len(services) >= WIDE_SERVICES:
            fact = f"one principal tries {calls.size:,} different calls in {len(services)} services{within}"
            yield "wide", fact
    for address, principals in episode.callers.items():
        if principals.size >= SHARED and _is_address(address):
            yield "shared-address", f"{principals.size:,} principals from one address, {address}"
    if episode.fields["regions"].size >= REGIONS:
        yield "regions", f"calls in {episode.fields['regions'].size} regions"
    tools: dict[str, int] = {}
    for agent, number in episode.fields["user_agents"].top:
        if named := TOOLS.search(agent):
            tools[named[0].lower()] = tools.get(named[0].lower(), 0) + number
    for tool, number in tools.items():
        matches = count(number, "match", "matches")
        yield "tool", f"the user agent of {matches} names {tool}, a tool for attacks"


def _unusual(episode: Episode, told: Known) -> Facts:
    """What the principals that lead an episode do otherwise than before, and in which order."""
    for who in leading(episode):
        habits, calls = told.habits.get(who, Habits()), told.calls.get((episode.number, who), ())
        first = next((place for place, (_, call) in enumerate(calls) if not only_looks(call)), 0)
        if first >= FIRST:
            yield "enumeration", f"{first} calls that only look before the first other one, {calls[first][1]}"
        start = min(episode.start, episode.first or episode.start).timestamp()
        last = start - 1 if episode.last is None else episode.last.timestamp()
        for rule, what, seen in (
            ("new-address", "address", habits.addresses),
            ("new-agent", "user agent", habits.user_agents),
        ):
            before = sum(one.matches for one in seen if one.first < start)
            new = [one for one in seen if start <= one.first <= last]
            if before >= EARLIER and new:
                also = f" and {len(new) - 1} more" if len(new) > 1 else ""
                yield (
                    rule,
                    f"the {what} {new[0].value}{also} is new for one principal after {before:,} matches with others",
                )
        for at, change in habits.changes:
            after = [when for when, call in calls if at < when <= at + SOON and call != change]
            if len(after) >= AFTER:
                yield "after-change", f"{len(after):,} calls follow {change} by the same principal"
                break


def _misconfigured(episode: Episode, leads: Mapping[str, Sequence[int]]) -> Facts:
    """``leads`` are the times of day, sorted, of the episodes that a principal has the most matches of."""
    if not episode.fields["principals"].top:
        return
    name, number = episode.fields["principals"].top[0]
    if number < MOST * episode.matches:
        return
    calls, of_all = episode.calls[name], f"{number:,} of {count(episode.matches, 'match', 'matches')}"
    if number >= AGAIN * calls.size and number > AGAIN:
        fact = f"one principal repeats {count(calls.size, 'call')}, {number:,} matches of {episode.matches:,}"
        yield "repeats", fact
    if number > AGAIN and calls.size <= FEW and principal(name).kind == "role":
        named = " and ".join(event.partition(" ")[0] for event, _ in calls.top)
        yield "one-role", f"one role makes {of_all}, and calls nothing but {named}"
    if principal(name).is_service:
        yield "service", f"a service of AWS makes {of_all}"
    again = _around(_second_of_day(episode), leads[name]) - 1
    if again >= OTHER_DAYS:
        yield "same-time", f"the same principal at this time of day in {again:,} other episodes"


def _habitual(episode: Episode, told: Known) -> Facts:
    """What the principal of most matches does all the time."""
    who, number = next(iter(episode.fields["principals"].top), ("", 0))
    habits = told.habits.get(who)
    if habits is None or number < HALF * episode.matches or episode.calls[who].size > NARROW:
        return
    if habits.gaps >= GAPS and habits.regular >= REGULAR * habits.gaps:
        every = span(timedelta(seconds=habits.every))
        yield (
            "regular",
            f"the same principal every {every}: {habits.regular:,} of {habits.gaps:,} gaps are alike",
        )
    if habits.days >= DAYS:
        yield "same-error", f"the same principal gets {habits.error} for {habits.call} on {habits.days} days"


def _second_of_day(episode: Episode) -> int:
    """When it starts: whole seconds, as every evaluation."""
    return int(episode.start.timestamp()) % DAY


def _around(moment: int, moments: Sequence[int]) -> int:
    """How many of these times of day, sorted, are at most `SAME_TIME` apart from one."""
    low, high = moment - SAME_TIME * 60, moment + SAME_TIME * 60
    return sum(
        bisect_right(moments, high + turn) - bisect_left(moments, low + turn) for turn in (-DAY, 0, DAY)
    )


def _is_address(written: str) -> bool:
    """Whether it is an IP address, and not the name of a service."""
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True
