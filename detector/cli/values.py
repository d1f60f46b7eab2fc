"""The value of an option: a string in, a typed value out; `argparse.ArgumentTypeError` for anything else."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from time import time

from detector.cloudtrail.record import ACCOUNT, REGION

_DURATION = re.compile(r"(\d{1,9})\s*(s|m|min|h|d|)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_AGE = re.compile(r"(\d{1,5})(m|min|h|d|w)", re.ASCII)
MOST_JOBS = 256
KINDS = ("sns", "eventbridge", "lambda", "history")
LONGEST_DELAY = 31 * 86_400
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)(i?)b?", re.ASCII | re.IGNORECASE)
_URL = re.compile(r"https?://[\w.\[\]:-]+(?:/[\w./-]*)?", re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def instant(text: str) -> int:
    """A date or an ISO 8601 time (UTC unless it says otherwise) in epoch seconds, a fraction rounded up.

    ``-7d`` is so long before now: here alone the program reads a clock.
    """
    if text.startswith("-") and _AGE.fullmatch(text[1:]):
        return int(time()) - age(text[1:])
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a date or a time such as 2023-07-10 or 2023-07-10T12:00:00Z, or -7d, found {text!r}"
        ) from None
    return math.ceil((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def url(text: str) -> str:
    """The address of a server, without a path's slash at its end."""
    if not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"expected http://HOST[:PORT] or https://HOST[:PORT], found {text!r}"
        )
    return text.rstrip("/")


def parameter(text: str) -> tuple[str, str]:
    """``name=value``; the value may be empty."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, found {text!r}")
    return name.strip(), value


def age(text: str) -> int:
    """``30d``, ``12h``, ``2w``, in seconds."""
    found = _AGE.fullmatch(text.strip())
    if not found:
        raise argparse.ArgumentTypeError(f"expected a time span such as 30d or 12h, found {text!r}")
    return int(found[1]) * _SECONDS[found[2]]


def duration(text: str) -> int:
    """``90s``, ``5m``, ``2h`` or plain seconds, in seconds; at most 31 days."""
    found = _DURATION.fullmatch(text.strip())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else -1
    if not 0 <= seconds <= LONGEST_DELAY:
        raise argparse.ArgumentTypeError(
            f"expected a time span up to 31 days, such as 90s or 5m, found {text!r}"
        )
    return seconds


def delay(text: str) -> int | str:
    """A time span in seconds, or a distribution of them as `detector.archive.delays` reads it, as it was written."""
    if not re.search(r"±|\+/?-|empirical|seed", text):
        return duration(text)
    from detector.archive.delays import Delays
    from detector.errors import SettingsError

    try:
        Delays.of(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(error.reason) from None
    return text


def size(text: str) -> int:
    """``2GiB``, ``500MB`` or plain bytes, in bytes; ``Ki`` is 1,024, ``k`` is 1,000."""
    found = _SIZE.fullmatch(text.strip())
    amount = int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].lower()]) if found else 0
    if amount < 1:
        raise argparse.ArgumentTypeError(f"expected a size such as 2GiB or 500MB, found {text!r}")
    return amount


def account(text: str) -> str:
    """The 12 digits of an account."""
    if not re.fullmatch(ACCOUNT, text):
        raise argparse.ArgumentTypeError(f"expected an account id of 12 digits, found {text!r}")
    return text


def region(text: str) -> str:
    """A region such as ``eu-west-1``."""
    if not re.fullmatch(REGION, text):
        raise argparse.ArgumentTypeError(f"expected a region such as eu-west-1, found {text!r}")
    return text


def or_record(read: Callable[[str], str]) -> Callable[[str], str]:
    """A value, or the word ``record``."""
    return lambda text: text if text == "record" else read(text)


def jobs(text: str) -> int:
    """A number of processes, 1 to 256."""
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or not 1 <= int(text) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(
            f"expected a number of processes from 1 to {MOST_JOBS}, found {text!r}"
        )
    return int(text)


def records(text: str) -> int:
    """A number of records; 18 digits are more than there are."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a number of records such as 0, found {text!r}")
    return int(text[:18])


def names(text: str) -> list[str]:
    """``a,b``: a list."""
    return [name.strip() for name in text.split(",")]


def rows(text: str) -> int:
    """A number of rows."""
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"expected a number of rows, found {text!r}")
    return int(text)


def pages(text: str) -> float:
    """Pages a week, such as 2 or 0.5."""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"expected a number of pages such as 2 or 0.5, found {text!r}")
    return float(text)


def share(text: str) -> float:
    """A share of the time, such as 5% or 0.05."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,9})?)\s*(%?)", text.strip(), re.ASCII)
    part = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not 0 <= part <= 1:
        raise argparse.ArgumentTypeError(f"expected a share such as 5% or 0.05, found {text!r}")
    return part


def minimum(text: str) -> tuple[int, int, float]:
    """``1+1``, ``90%`` or both with a comma: how many matching and other cases, which share of the mutants."""
    found = re.fullmatch(
        r"(?:(\d{1,6})\+(\d{1,6}))?,?(?:(\d{1,3}(?:\.\d{1,9})?)\s?%)?", text.strip(), re.ASCII
    )
    part = float(found[3] or 0) / 100 if found else -1.0
    if not found or text.strip(", ") != text or not text or not 0 <= part <= 1:
        raise argparse.ArgumentTypeError(
            f"expected two numbers of cases such as 1+1, a share of the mutants such as 90%, or 1+1,90%, found {text!r}"
        )
    return int(found[1] or 0), int(found[2] or 0), part


def emission(text: str) -> tuple[str, str]:
    """``sns=mails/``: a kind of notification and where it goes; without the latter, nowhere."""
    kind, _, dest = text.partition("=")
    if kind not in KINDS:
        raise argparse.ArgumentTypeError(
            f"expected KIND=DEST with a KIND of {', '.join(KINDS)}, found {text!r}"
        )
    return kind, dest


def command(text: str) -> list[str]:
    """A command and its arguments, in a shell's quotes; no shell runs it."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected a command in which all quotes are closed: {error}"
        ) from None
    if not words:
        raise argparse.ArgumentTypeError("expected a command")
    return words
