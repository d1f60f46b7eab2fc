"""The examples of the page about archives are true."""

from __future__ import annotations

import doctest
from pathlib import Path


def test_the_examples_of_the_page() -> None:
    page = Path(__file__).parent.parent / "docs" / "archives.md"
    outcome = doctest.testfile(str(page), module_relative=False)
    assert outcome.failed == 0
    assert outcome.attempted >= 12
