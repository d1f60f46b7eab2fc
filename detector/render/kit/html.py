"""A self-contained HTML page: a template with its facts in, a document that loads nothing and runs only its own scripts out.

The claim: whatever a fact says is text (it is escaped, and what steers or hides a line is replaced); JSON in the page ends
no script; the content-security policy allows the page's own scripts and style by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import weakref
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from detector.render.kit.printable import printable

LONGEST = 4_000
"""Characters of one text."""
_BUNDLE = "import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle())"


class Scripts:
    """Vega, Vega-Lite and Vega-Embed as vl-convert bundles them, in a process of their own: it takes a second of one core.

    They are bundled once for all pages of this process.
    """

    _text: ClassVar[str | None] = None

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        if Scripts._text is None:
            command = (sys.executable, "-c", _BUNDLE)
            self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - this Python
            weakref.finalize(self, _end, self._child)

    def text(self) -> str:
        """The script; `RuntimeError` where it could not be made."""
        if Scripts._text is None and self._child is not None:
            bundle, _ = self._child.communicate()
            if self._child.returncode == 0:
                Scripts._text = bundle.decode()
        if Scripts._text is None:
            raise RuntimeError("vl-convert could not bundle the scripts of the charts")
        return Scripts._text


def _end(child: subprocess.Popen[bytes]) -> None:
    """Nobody wants the scripts any more, if they were not taken."""
    if child.returncode is None:
        child.kill()
        child.communicate()


def page(template: str, scripts: Scripts, facts: dict[str, Any], **told: Any) -> str:
    """The document of a template; ``facts`` are embedded as JSON for its script, ``told`` is what the template says."""
    own = _own("page.js")
    style = _own("page.css")
    inlined = [scripts.text().replace("</script", "<\\/script"), own]
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, inlined))}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template(template)
        .render(
            policy=policy,
            style=Markup(style),  # noqa: S704 - our own file
            scripts=[Markup(script) for script in inlined],  # noqa: S704 - the libraries and our own file
            facts=Markup(embedded(facts)),  # noqa: S704 - see embedded
            **told,
        )
    )


def embedded(facts: Any) -> str:
    """JSON for a script element: pure ASCII, without a character that could end or begin anything."""
    text = json.dumps(facts, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _own(name: str) -> str:
    return files("detector.render").joinpath("pages", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("detector.render", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": False}
    return made


def _finalized(value: Any) -> Any:
    """What a template prints: text without characters that steer or hide a line, and whole numbers with commas."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value if isinstance(value, Markup) else printable(str(value), LONGEST)
