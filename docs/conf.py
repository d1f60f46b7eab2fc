# ruff: noqa: INP001 - Sphinx reads it, no package
"""The site: ``make docs`` builds the Markdown pages of the project as they stand, strictly, into build/site.

The source folder is the root of the project, so that a link which works between files works between pages. Navigation is what
docs/index.md and docs/decisions/README.md list: no page needs a word of Sphinx but docs/api.md, whose text is docstrings.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from detector.release import __version__

project = "detector"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**", "benchmarks/README.md"]
exclude_patterns = [".*", "build", "benchmarks/.cache", "docs/examples"]

myst_heading_anchors = 4
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types of libraries, and of rooms that are not public, have no page
suppress_warnings = [
    "misc.highlighting_failure"
]  # a session shows what is printed, which no lexer of shells reads
default_role = "code"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}

html_theme = "furo"
html_title = f"detector {release}"
html_static_path = ["site"]
html_css_files = ["site.css"]
html_extra_path = ["site/index.html"]  # the address of the site itself leads to docs/index.html
html_copy_source = False

LISTS = {"docs/index": "##", "docs/decisions/README": "#"}
"""Pages that list others, and the level of the headings above the lists."""
LINK = re.compile(r"\]\(([^):#]+)\.md\)")


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("source-read", list_pages)


def list_pages(_: Any, page: str, source: list[str]) -> None:
    """Below each list, the pages to which it leads become a part of the navigation."""
    if level := LISTS.get(page):
        section = re.compile(rf"(?m)^{level} (.+)\n((?:(?!{level} ).*\n?)*)")
        source[0] = section.sub(lambda found: found[0] + toctree(page, found[1], found[2]), source[0])


def toctree(page: str, caption: str, section: str) -> str:
    """The directive, with paths from the root of the project; nothing where there is no link."""
    folder = posixpath.dirname(page)
    listed = dict.fromkeys(posixpath.normpath(f"/{folder}/{name}") for name in LINK.findall(section))
    lines = ("", "```{toctree}", ":hidden:", f":caption: {caption}", "", *listed, "```", "")
    return "\n".join(lines) if listed else ""
