"""Strings that somebody writes into a record, a file or a name so that whoever reads the report runs, follows or believes them.

Every verb and every format gets all of them (`tests.test_hostile_strings`).
"""

from __future__ import annotations

STRINGS = {
    "element": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "style": "</style></title></textarea><svg onload=alert(1)>",
    "comment": "<!-- --!> ]]> <![CDATA[",
    "attribute": '" onmouseover="alert(1)" \' onfocus=\'alert(1)',
    "entity": "&lt;b&gt; &#x3c;b&#x3e; &amp;amp;",
    "javascript": "javascript:alert(1)",
    "separators": "a\u2028b\u2029c\u0085d",
    "lines": "a\r\nb\rc\nd\x0be\x0cf",
    "controls": "a\x00\x01\x07\x08\x1f\x7f\x9bz",
    "ansi": "\x1b[31mred\x1b[2J\x1b]0;title\x07\x9b31m",
    "hyperlink": "\x1b]8;;https://evil.example/\x07here\x1b]8;;\x07",
    "bidi": "\u202e\u2066txt.exe\u2069\u200f\u061c",
    "invisible": "a\u200b\u200d\ufeff\u00ad\u2060\U000e0041z",
    "surrogate": "a\udc80\ud800z",
    "noncharacter": "a\ufffe\uffff\U0010ffffz",
    "formula": "=cmd|' /C calc'!A0",
    "formula plus": "+1+1",
    "formula minus": "-2+3",
    "formula at": "@SUM(A1)",
    "formula tab": "\t=1",
    "formula wide": "\uff1d1\uff0b1",
    "cells": 'a;=1,"=2"\n=3',
    "link": "[click](https://evil.example/)",
    "reference": "[x]: https://evil.example/\n[x]",
    "image": "![x](https://evil.example/x.png)",
    "autolink": "<https://evil.example/>",
    "address": "https://evil.example/ www.evil.example mailto:a@evil.example",
    "mention": "@everyone #1 GH-1 user@evil.example",
    "ticks": "` `` ``` ~~~ `[x](https://evil.example/)",
    "block": "```\n<b>\n[x](https://evil.example/)\n~~~",
    "bars": "a | b \\| [x](https://evil.example/) \\\\| ` | <b>",
    "heading": "# x\n> y\n- z\n1. w\n---\n===\n    code",
    "emphasis": "*x* __y__ ~~z~~ $w$ :skull: \\",
    "annotation": "::error file=x,line=1::gone",
    "annotation short": "::warning::gone",
    "annotation line": "x\n::add-mask::a\n  ::stop-commands::b",
    "annotation old": "##[error]gone ##[add-matcher]x",
    "annotation escape": "a%0A::error::b%25,title=c:d",
    "xml": "<failure/>&#0;&bad; ]]> <?x?>",
    "template": "{{7*7}} ${7*7} <%= 7*7 %> %s%n {0} {x}",
    "shell": "$(touch x) `touch x`; touch x | cat > x",
    "path": "../../x/../%2e%2e",
}
"""By what they are meant to be."""
