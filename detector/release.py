"""Which version of the package this is, and where its documentation is published: one place, below everything that has to say it."""

from __future__ import annotations

import re

__version__ = "0.2.0"

SITE = ""
"""The address at which ``make docs`` is published, with a slash at its end; nothing as long as it is nowhere."""

_PAGE = re.compile(r"\bdocs/([\w-]+)\.md\b")


def addressed(text: str) -> str:
    """The text with ``docs/x.md`` as the address of that page, where the site has one."""
    return _PAGE.sub(rf"{SITE}docs/\1.html", text) if SITE else text
