"""What is no path and no detection is refused in one sentence, whichever function is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import detector

CALLS: dict[str, Callable[[Any], object]] = {
    "replay": lambda wrong: detector.replay(wrong, "samples"),
    "check": detector.check,
    "match": lambda wrong: detector.match(wrong, "samples"),
    "paths of replay": lambda wrong: detector.replay("cis/cloudwatch-1", wrong),
    "paths of match": lambda wrong: detector.match("{ $.a = 1 }", wrong),
}


@pytest.mark.parametrize("wrong", [5, None, 1.5, b"samples", ["cis/cloudwatch-1", 5], [None]], ids=repr)
@pytest.mark.parametrize("call", CALLS)
def test_a_wrong_type_is_named(call: str, wrong: Any) -> None:
    found = type(wrong[-1] if isinstance(wrong, list) else wrong).__name__
    with pytest.raises((TypeError, detector.DetectorError), match=f"^[^\n]*expected [^\n]+, found {found}$"):
        CALLS[call](wrong)


@pytest.mark.parametrize("function", [detector.compare, detector.explain])
def test_one_is_asked_for_and_not_several(function: Callable[..., object]) -> None:
    with pytest.raises(detector.DetectionError, match=r"expected one pattern, .*, found list$"):
        function(["{ $.a = 1 }"], "samples")
