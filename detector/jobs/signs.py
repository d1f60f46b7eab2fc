"""What the matches of an episode speak for: a mistake in a configuration, or somebody who tries what he can.

In: the episodes of a replay. Out: the same with their signs, each a fact with its numbers. The claim: a sign is counted, never guessed; it is no verdict, and there may be signs of both kinds.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from detector.jobs.episodes import Episode, Points, Sign
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


def with_signs(episodes: Sequence[Episode]) -> tuple[Episode, ...]:
    """The same episodes with their signs."""

    def signs(episode: Episode) -> Iterator[Sign]:
        yield from (Sign(Points.SUSPICIOUS, fact) for fact in _suspicious(episode))
        yield from (Sign(Points.MISCONFIGURATION, fact) for fact in _misconfigured(episode, episodes))

    return tuple(replace(episode, signs=tuple(signs(episode))) for episode in episodes)


def _suspicious(episode: Episode) -> Iterator[str]:
    within = ""
    if episode.first and episode.last and episode.last > episode.first:
        within = f" within {span(episode.last - episode.first)}"
    for calls in episode.calls.values():
        services = {event.partition(" ")[2] for event, _ in calls.top}
        if calls.size >= WIDE_CALLS and len(services) >= WIDE_SERVICES:
            yield f"one principal tries {calls.size:,} different calls in {len(services)} services{within}"
    for address, principals in episode.callers.items():
        if principals.size >= SHARED and _is_address(address):
            yield f"{principals.size:,} principals from one address, {address}"
    if episode.fields["regions"].size >= REGIONS:
        yield f"calls in {episode.fields['regions'].size} regions"
    tools: dict[str, int] = {}
    for agent, number in episode.fields["user_agents"].top:
        if named := TOOLS.search(agent):
            tools[named[0].lower()] = tools.get(named[0].lower(), 0) + number
    for tool, number in tools.items():
        yield f"the user agent of {count(number, 'match', 'matches')} names {tool}, a tool for attacks"


def _misconfigured(episode: Episode, episodes: Sequence[Episode]) -> Iterator[str]:
    if not episode.fields["principals"].top:
        return
    principal, number = episode.fields["principals"].top[0]
    if number < MOST * episode.matches:
        return
    calls = episode.calls[principal]
    if number >= AGAIN * calls.size and number > AGAIN:
        yield f"one principal repeats {count(calls.size, 'call')}, {number:,} matches of {episode.matches:,}"
    if principal.endswith(".amazonaws.com"):
        yield f"a service of AWS makes {number:,} of {count(episode.matches, 'match', 'matches')}"
    again = [
        other
        for other in episodes
        if other is not episode
        and principal == next((who for who, _ in other.fields["principals"].top), None)
        and _apart(other, episode) <= timedelta(minutes=SAME_TIME)
    ]
    if len(again) >= OTHER_DAYS:
        yield f"the same principal at this time of day in {len(again):,} other episodes"


def _apart(one: Episode, other: Episode) -> timedelta:
    """How far two episodes are apart in the time of day."""
    day = timedelta(days=1)
    apart = (one.start - other.start) % day
    return min(apart, day - apart)


def _is_address(written: str) -> bool:
    """Whether it is an IP address, and not the name of a service."""
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True
