r"""Regular expressions in linear time: the only module that knows RE2.

In: the text between two percent signs. Out: a test whether a text holds a match anywhere. ``.`` does
not match a line break, ``^`` and ``$`` are the ends of the whole text, ``\w`` ``\d`` ``\s`` are ASCII
(recorded from TestMetricFilter, 2026); RE2 keeps all of these and cannot be made to hang.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import re2

_SURROGATE = re.compile("[\ud800-\udfff]")


class RegexError(ValueError):
    """The expression does not compile; the text says why."""


@functools.lru_cache(maxsize=256)
def compile_regex(source: str) -> Callable[[str], bool]:
    """A search for ``source`` anywhere in a text."""
    options = re2.Options()
    options.log_errors = False  # RE2 would print to stderr by itself
    try:
        search = re2.compile(source, options).search
    except re2.error as error:
        raise RegexError(_words(error)) from None

    def found(text: str) -> bool:
        try:
            return search(text) is not None
        except UnicodeEncodeError:  # a lone surrogate, which JSON allows and UTF-8 does not
            return search(_SURROGATE.sub("\ufffd", text)) is not None

    return found


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
