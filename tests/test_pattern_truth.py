"""What the service answers for each kind of term on each kind of value, transcribed by hand.

Nothing here is computed: the tables are the evidence, and every engine repeats it. Recorded in 2026 from
TestMetricFilter and FilterLogEvents by two people in two regions, but for what is inferred: ``!= "*"``, orderings
and ``IS TRUE`` with a wildcard, ``\\\\`` in quotes; and the leftmost ``*``, recorded in 2019.
"""

from __future__ import annotations

import pytest

from tests.filter_cases import answers

ABSENT = "absent"
COLUMNS = (
    ABSENT,
    "null",
    "true",
    "false",
    "{}",
    '{"x":1}',
    "[]",
    "[1]",
    "[null]",
    "[[null]]",
    '""',
    '"a"',
    '"5"',
    "5",
    "5.0",
)
# T is true, . is false; the columns are those above.
TRUTH = """
                      absent null true false {}  {x}  []  [1] [n] [[n]]  ""  "a" "5"  5  5.0
  $.f = 5             |  .    .    .    .    .    .    .    .   .    .    .   .   T   T   T
  $.f = 5.0           |  .    .    .    .    .    .    .    .   .    .    .   .   .   T   T
  $.f = "5"           |  .    .    .    .    .    .    .    .   .    .    .   .   T   T   .
  $.f = "5.0"         |  .    .    .    .    .    .    .    .   .    .    .   .   .   .   T
  $.f = a             |  .    .    .    .    .    .    .    .   .    .    .   T   .   .   .
  $.f = "a"           |  .    .    .    .    .    .    .    .   .    .    .   T   .   .   .
  $.f = ""            |  .    .    .    .    .    .    .    .   .    .    T   .   .   .   .
  $.f = true          |  .    .    .    .    .    .    .    .   .    .    .   .   .   .   .
  $.f = *             |  .    .    .    .    .    .    .    .   .    .    T   T   T   T   T
  $.f = "*"           |  .    .    .    .    .    .    .    .   .    .    T   T   T   T   T
  $.f = "5*"          |  .    .    .    .    .    .    .    .   .    .    .   .   T   T   T
  $.f = "*0"          |  .    .    .    .    .    .    .    .   .    .    .   .   .   .   T
  $.f = %5%           |  .    .    .    .    .    .    .    .   .    .    .   .   T   T   T
  $.f = %^5$%         |  .    .    .    .    .    .    .    .   .    .    .   .   T   T   .
  $.f != 5            |  .    .    .    .    .    .    .    .   .    .    T   T   .   .   .
  $.f != "5"          |  .    .    .    .    .    .    .    .   .    .    T   T   .   .   T
  $.f != a            |  .    .    .    .    .    .    .    .   .    .    T   .   T   T   T
  $.f != ""           |  .    .    .    .    .    .    .    .   .    .    .   T   T   T   T
  $.f != true         |  .    .    .    .    .    .    .    .   .    .    T   T   T   T   T
  $.f != "*"          |  .    .    .    .    .    .    .    .   .    .    .   .   .   .   .
  $.f != "5*"         |  .    .    .    .    .    .    .    .   .    .    T   T   .   .   .
  $.f != %5%          |  .    .    .    .    .    .    .    .   .    .    T   T   .   .   .
  $.f < 6             |  .    .    .    .    .    .    .    .   .    .    .   .   .   T   T
  $.f <= 5            |  .    .    .    .    .    .    .    .   .    .    .   .   .   T   T
  $.f > 5             |  .    .    .    .    .    .    .    .   .    .    .   .   .   .   .
  $.f >= 5            |  .    .    .    .    .    .    .    .   .    .    .   .   .   T   T
  $.f IS NULL         |  .    T    .    .    .    .    .    .   T    .    .   .   .   .   .
  $.f IS TRUE         |  .    .    T    .    .    .    .    .   .    .    .   .   .   .   .
  $.f IS FALSE        |  .    .    .    T    .    .    .    .   .    .    .   .   .   .   .
  $.f NOT EXISTS      |  T    .    .    .    .    .    .    .   .    .    .   .   .   .   .
"""

# condition | messages that match | messages that do not
RULES = r"""
$.a.b NOT EXISTS        | {} ;; {"a":null} ;; {"a":1} ;; {"a":[{"b":1}]} ;; {"a.b":1}        | {"a":{"b":null}} ;; {"a":{"b":1}}
$.a.b IS NULL           | {"a":{"b":null}} ;; {"a":{"b":[1,null]}}  | {} ;; {"a":null} ;; {"a":{}} ;; {"a":[{"b":null}]}
$.a[0] NOT EXISTS       | {} ;; {"a":[]} ;; {"a":{"0":1}} ;; {"a":"text"}                    | {"a":[null]} ;; {"a":[1]}
$.a[1] = 2              | {"a":[1,2]}                                                        | {"a":[2]} ;; {"a":{"1":2}}
$.a[0][1] = 2           | {"a":[[1,2]]}                                                      | {"a":[1,2]}
$.a[1].id = 2           | {"a":[{"id":1},{"id":2}]}                                          | {"a":[{"id":2},{"id":1}]}
$.['a.b'] = 1           | {"a.b":1}                                                          | {"a":{"b":1}}
$.a.['b c'] = 1         | {"a":{"b c":1}}                                                    | {"a":{"b":1}}
$.detail-type = x       | {"detail-type":"x"}                                                | {"detail":"x"}
$.* = 1                 | {"x":1} ;; {"x":0,"y":1}                                           | {} ;; {"x":{"y":1}} ;; {"x":[1]}
$.a[*] = 1              | {"a":[2,1]} ;; {"a":{"x":1}}                                       | {"a":1} ;; {"a":[[1]]} ;; {"a":[]} ;; {}
$.a.* = 1               | {"a":[2,1]} ;; {"a":{"x":1}}                                       | {"a":1} ;; {"a":[[1]]} ;; {"a":[]} ;; {}
$.a[*] != 2             | {"a":null} ;; {"a":2} ;; {"a":[]} ;; {"a":{}} ;; {"a":[1]} ;; {"a":[null]} | {"a":[1,2]} ;; {}
$.a[*].b != 2           | {"a":[{}]} ;; {"a":[null]} ;; {"a":true} ;; {"a":[{"b":1}]}        | {} ;; {"a":[{"b":1},{"b":2}]}
$.a[*].b NOT EXISTS     | {} ;; {"a":null} ;; {"a":1} ;; {"a":[]} ;; {"a":{}} ;; {"a":[{}]}  | {"a":[{"b":null}]} ;; {"a":[{},{"b":1}]}
$.a[*] NOT EXISTS       | {} ;; {"a":null} ;; {"a":1} ;; {"a":[]} ;; {"a":{}}                | {"a":[null]} ;; {"a":{"x":1}}
$.a[*] IS NULL          | {"a":[1,null]} ;; {"a":{"x":null}}                                 | {"a":null} ;; {"a":[[null]]} ;; {"a":[]}
$.a[*] IS TRUE          | {"a":[1,true]}                                                     | {"a":true} ;; {"a":["true"]}
$.a[*] > 1              | {"a":[1,2]}                                                        | {"a":[1,"2"]} ;; {"a":2}
$.a[*].b = 1 && $.a[*].c = 2 | {"a":[{"b":1},{"c":2}]}                                       | {"a":[{"b":1},{"c":1}]}
$.a = 1 || $.b = 1 && $.c = 1 | {"a":1} ;; {"b":1,"c":1}                                     | {"b":1} ;; {"c":1}
($.a = 1 || $.b = 1) && $.c = 1 | {"a":1,"c":1} ;; {"b":1,"c":1}                             | {"a":1} ;; {"b":1}
$.a IS TRUE             | {"a":true}                                                         | {"a":1} ;; {"a":"true"} ;; {"a":[true]} ;; {}
$.a IS FALSE            | {"a":false}                                                        | {"a":0} ;; {"a":""} ;; {"a":null} ;; {"a":[false]} ;; {}
$.a is null && $.b not exists | {"a":null}                                                   | {"a":null,"b":1}
$.a = 0                 | {"a":-0.0} ;; {"a":0e5} ;; {"a":1e-999} ;; {"a":"0"}               | {"a":""} ;; {"a":false} ;; {"a":"-0.0"}
$.a = 1e-999            | {"a":"1e-999"}                                                     | {"a":0} ;; {"a":1e-999}
$.a = +1                | {"a":1} ;; {"a":"+1"}                                              | {"a":"1"}
$.a = 1e3               | {"a":1000} ;; {"a":1000.0} ;; {"a":"1e3"}                          | {"a":"1000"}
$.a = "1000.0"          | {"a":1e3} ;; {"a":1000.0}                                          | {"a":1000}
$.a = 9007199254740992  | {"a":9007199254740992}                                             | {"a":9007199254740993}
$.a != 1                | {"a":2} ;; {"a":"01"}                                              | {"a":1e309} ;; {"a":-1e309} ;; {"a":1e0}
$.a > 1                 | {"a":1.1}                                                          | {"a":1e309} ;; {"a":"2"}
$.a < 1                 | {"a":0}                                                            | {"a":-1e309}
$.a = *                 | {"a":1e309} ;; {"a":""}                                            | {"a":null}
$.a != "x"              | {"a":1e309} ;; {"a":"X"} ;; {"a":1}                                | {"a":"x"}
$.v = 2                 | {"v":1,"v":2}                                                      | {"v":2,"v":1}
$.v NOT EXISTS          | {} ;; {"x": 1}                                                     | [] ;; text ;; {} x ;; {"v" ;; null ;; "v" ;; [{}] ;; {"x":NaN}
$.v = *111.111.111      | {"v":"9.111.111.111"}                                              | {"v":"111.111.111.111"}
$.v = *.111.111.111     | {"v":"111.111.111.111"}                                            | {"v":"111.111.111"}
$.v = 1*3               | {"v":123} ;; {"v":"13"}                                            | {"v":1234} ;; {"v":"133"}
$.v = "a?c"             | {"v":"a?c"}                                                        | {"v":"abc"}
$.v = "a\"b"            | {"v":"a\"b"}                                                       | {"v":"ab"}
$.v = "a\\b"            | {"v":"a\\b"}                                                       | {"v":"a\\\\b"}
$.v = %a.b%             | {"v":"xaxbx"}                                                      | {"v":"a\nb"} ;; {"v":"ab"}
$.v = %^b$%             | {"v":"b"}                                                          | {"v":"a\nb"} ;; {"v":"b\n"}
$.v = %\w\d%            | {"v":"a1"}                                                         | {"v":"é1"} ;; {"v":"a\u0661"}
$.v = %b[0-9]{2}c|z%    | {"v":"ab12c"} ;; {"v":"zoo"}                                       | {"v":"ab1c"}
$.v != %b%              | {"v":"a"} ;; {"v":1}                                               | {"v":"abc"} ;; {"v":null} ;; {"v":["a"]} ;; {}
"""


def _truth() -> list[tuple[str, str, bool]]:
    """(condition, message, answer) for every cell."""
    cells = []
    for line in TRUTH.strip().splitlines()[1:]:
        condition, row = line.rsplit("|", 1)
        marks = row.split()
        assert len(marks) == len(COLUMNS), line
        messages = ["{}" if value == ABSENT else f'{{"f":{value}}}' for value in COLUMNS]
        cells += [
            (condition.strip(), message, mark == "T") for message, mark in zip(messages, marks, strict=True)
        ]
    return cells


def _rules() -> list[tuple[str, str, bool]]:
    cells = []
    for line in RULES.strip().splitlines():
        condition, yes, no = line.split(" | ")
        for messages, answer in ((yes, True), (no, False)):
            cells += [(condition.strip(), message.strip(), answer) for message in messages.split(" ;; ")]
    return cells


CELLS = _truth() + _rules()


@pytest.mark.parametrize(("condition", "message", "answer"), CELLS)
def test_the_answer_is_the_recorded_one(condition: str, message: str, answer: bool) -> None:
    said = answers(f"{{ {condition} }}", message, kind="json")
    assert said == dict.fromkeys(said, answer)


@pytest.mark.parametrize(
    "message", ["", " ", "{", "{}x", "{} {}", "[1]", '{"a":1,}', "{'a':1}", '{"a":01}', "\ufeff{}"]
)
def test_text_that_is_no_json_object_never_matches(message: str) -> None:
    said = answers("{ $.zzz NOT EXISTS }", message, kind="json")
    assert said == dict.fromkeys(said, False)


@pytest.mark.parametrize("message", ["{}", " {} ", "\n{\n}\n", '{"a":\t1}\r\n'])
def test_blanks_around_and_inside_the_object_do_not_matter(message: str) -> None:
    said = answers("{ $.zzz NOT EXISTS }", message, kind="json")
    assert said == dict.fromkeys(said, True)
