"""Ratios in, an SVG out: one bar for each contestant, on a logarithmic scale, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

Bar = tuple[str, str, float, bool, bool]
"""Question, name, ratio, whether it is ours, whether its answer is wrong."""

WIDTH, LABEL, ROW, TITLE = 860, 220, 20, 34
LEAST, MOST = 0.25, 256.0
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 13px }
.peer { fill: #8c959f } .ours { fill: #1a7f37 } .wrong { fill: none; stroke: #cf222e; stroke-dasharray: 3 2 }
.line { stroke: #d0d7de } .one { stroke: #57606a } .small { font-size: 10px }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .line { stroke: #30363d } .ours { fill: #3fb950 } }
"""


def draw(bars: Sequence[Bar], base: str) -> str:
    """The whole chart; the ratio is wall time to ``base`` in the same round, less is better."""
    parts, top = [], 30
    for question in dict.fromkeys(bar[0] for bar in bars):
        parts.append(f'<text class="title" x="8" y="{top + 18}">{escape(question)}</text>')
        chosen = [bar for bar in bars if bar[0] == question]
        parts += [_grid(top + TITLE, ROW * len(chosen))]
        parts += [_bar(bar, top + TITLE + ROW * place) for place, bar in enumerate(chosen)]
        top += TITLE + ROW * len(chosen) + 22
    head = f'<text x="8" y="18">Wall time as a multiple of {escape(base)} on the same files (logarithmic; less is better)</text>'
    body = "\n".join([head, *parts])
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}">\n<style>{STYLE}</style>\n{body}\n</svg>\n'


def _grid(top: int, height: int) -> str:
    ticks = [2.0**power for power in range(-2, 9, 2)]
    lines = [
        f'<line class="{"one" if tick == 1 else "line"}" x1="{_x(tick):.1f}" x2="{_x(tick):.1f}" y1="{top}" y2="{top + height}"/>'
        f'<text class="small" x="{_x(tick):.1f}" y="{top + height + 11}" text-anchor="middle">{tick:g}</text>'
        for tick in ticks
    ]
    return "".join(lines)


def _bar(bar: Bar, top: int) -> str:
    _, name, ratio, ours, wrong = bar
    kind = "wrong" if wrong else "ours" if ours else "peer"
    end = _x(ratio)
    note = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"  # noqa: PLR2004 - two digits are enough beyond ten
    return (
        f'<text x="{LABEL - 6}" y="{top + 14}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="{kind}" x="{LABEL}" y="{top + 3}" width="{end - LABEL:.1f}" height="{ROW - 6}"/>'
        f'<text class="small" x="{end + 4:.1f}" y="{top + 14}">{note}{" (wrong answer)" if wrong else ""}</text>'
    )


def _x(ratio: float) -> float:
    share = math.log(max(LEAST, min(MOST, ratio)) / LEAST) / math.log(MOST / LEAST)
    return LABEL + max(2.0, share * (WIDTH - LABEL - 110))
