"""Mistakes planted in the meaning of patterns, in the compiled predicate and in the grammar (see `tests/mutants.py`)."""

from __future__ import annotations

from tests.mutants import Mutant, Rooms

_EVALUATE = "detector.pattern.evaluate"
_COMPILE = "detector.pattern.predicate"
_GRAMMAR = "detector.pattern.grammar"
_OPERANDS = "detector.pattern.operands"
_SYNTAX = "detector.pattern.syntax"

ROOMS: Rooms = {
    ("test_pattern_truth.py", "test_pattern_rows.py"): (
        Mutant(
            "!= is true on an absent field",
            _EVALUATE,
            "            return any(compare(one, op, value) for one in found)",
            "            return any(compare(one, op, value) for one in found) or (op is Op.NE and not found)",
        ),
        Mutant(
            "!= is true on what is no string or number",
            _EVALUATE,
            "    if not is_comparable(found):\n        return False",
            "    if not is_comparable(found):\n        return op is Op.NE",
        ),
        Mutant("booleans are numbers", _EVALUATE, " and not isinstance(found, bool)", ""),
        Mutant("&& is ||", _EVALUATE, "return all(holds(term, test) for term in terms)", "return any(holds(term, test) for term in terms)"),
        Mutant("|| is &&", _EVALUATE, "return any(holds(term, test) for term in terms)", "return all(holds(term, test) for term in terms)"),
        Mutant("only the first term of || counts", _EVALUATE, "any(holds(term, test) for term in terms)", "holds(terms[0], test)"),
        Mutant("IS NULL without its quirk on arrays", _EVALUATE, "found is None or (in_array and isinstance(found, list) and None in found)", "found is None"),
        Mutant("IS NULL looks into arrays under a wildcard", _EVALUATE, "(in_array and isinstance(found, list) and None in found)", "(isinstance(found, list) and None in found)"),
        Mutant("IS NULL is true of an absent field", _EVALUATE, "return any(is_kind(one, kind, in_array=selector.wildcard is None) for one in found)", "return any(is_kind(one, kind, in_array=selector.wildcard is None) for one in found or [None])"),
        Mutant("IS TRUE takes 1 for true", _EVALUATE, "return found is True", "return found == 1"),
        Mutant("IS FALSE takes 0 for false", _EVALUATE, "return found is False", "return found == 0 and isinstance(found, int)"),
        Mutant("!= with a wildcard asks for any element", _EVALUATE, "if op is Op.NE and selector.wildcard is not None:", "if False:"),
        Mutant("!= with a wildcard forgets the part before it", _EVALUATE, "bool(before) and not", "not"),
        Mutant("!= with a wildcard needs an element", _EVALUATE, "bool(before) and not", "bool(found) and not"),
        Mutant("NOT EXISTS is true of null", _EVALUATE, "            return not found\n", "            return all(one is None for one in found)\n"),
        Mutant("orderings take strings", _EVALUATE, "    if isinstance(value, Number) and not isinstance(found, str):\n", "    if op.is_ordering and isinstance(found, str) and found.isdigit():\n        found = int(found)\n    if isinstance(value, Number) and not isinstance(found, str):\n"),
        Mutant("> is >=", _EVALUATE, "op.test(exact(found), value.value)", "(Op.GE if op is Op.GT else op).test(exact(found), value.value)"),
        Mutant("<= is <", _EVALUATE, "op.test(exact(found), value.value)", "(Op.LT if op is Op.LE else op).test(exact(found), value.value)"),
        Mutant("a number equals a string of its value", _EVALUATE, "            return text == written\n", "            return text.replace('.', '', 1).isdigit() and float(text) == float(written)\n"),
        Mutant("integers are doubles", _EVALUATE, "return found if isinstance(found, int) else Decimal(repr(found))", "return Decimal(repr(float(found)))"),
        Mutant("infinity can be compared", _EVALUATE, "isinstance(found, int) or math.isfinite(found)", "True"),
        Mutant("1.0 has the text 1", _EVALUATE, "1e-3 <= abs(number) < 1e7:  # noqa: PLR2004 - the bounds of Double.toString\n        return repr(number)", "1e-3 <= abs(number) < 1e7:\n        return f'{number:g}'"),
        Mutant("* goes back", _EVALUATE, '    return pieces[-1] == "" or place == len(text)', "    return text.endswith(pieces[-1])"),
        Mutant("* needs a character", _EVALUATE, "start = text.find(piece, place)", "start = text.find(piece, place + 1)"),
        Mutant("nothing has to stand at the start", _EVALUATE, "    if not text.startswith(first):\n        return False\n", ""),
        Mutant("nothing has to stand at the end", _EVALUATE, '    return pieces[-1] == "" or place == len(text)', "    return True"),
        Mutant("* is an ordinary character", _EVALUATE, "glob(wanted, text) if value.is_glob else text == wanted", "text == wanted"),
        Mutant("case does not matter", _EVALUATE, "else text == wanted", "else text.lower() == wanted.lower()"),
        Mutant("names go through arrays", _EVALUATE, "                yield value[text]\n", "                yield value[text]\n            elif isinstance(value, list):\n                yield from (one[text] for one in value if isinstance(one, dict) and text in one)\n"),
        Mutant("an index finds a key", _EVALUATE, "                yield value[number]\n", "                yield value[number]\n            elif isinstance(value, dict) and str(number) in value:\n                yield value[str(number)]\n"),
        Mutant("an index is counted from 1", _EVALUATE, "yield value[number]", "yield value[number - 1]"),
        Mutant("a wildcard goes over arrays only", _EVALUATE, "                yield from value.values()\n", "                return\n"),
        Mutant("a wildcard goes over objects only", _EVALUATE, "            elif isinstance(value, list):\n                yield from value\n", ""),
    ),
    ("test_pattern_truth.py", "test_pattern_small_world.py"): (
        Mutant("&& is ||", _COMPILE, "lambda event: first(event) and second(event)", "lambda event: first(event) or second(event)"),
        Mutant("|| is &&", _COMPILE, "lambda event: first(event) or second(event)", "lambda event: first(event) and second(event)"),
        Mutant("only two terms of && count", _COMPILE, "if len(tests) == 2:  # noqa: PLR2004 - a pair is the common case and worth its own closure\n        first, second = tests\n        return lambda event: first(event) and", "if len(tests) >= 2:\n        first, second = tests[:2]\n        return lambda event: first(event) and"),
        Mutant("a long && stops at the first true", _COMPILE, "if not test(event):\n                return False\n        return True", "if test(event):\n                return True\n        return False"),
        Mutant("a long || stops at the first false", _COMPILE, "if test(event):\n                return True\n        return False", "if not test(event):\n                return False\n        return True"),
        Mutant("!= is true on an absent field", _COMPILE, "return lambda found: not equals(found) if type(found) is str else evaluate.compare(found, op, value)", "return lambda found: not equals(found) if type(found) is str else found is MISSING or evaluate.compare(found, op, value)"),
        Mutant("!= is not turned round", _COMPILE, "lambda found: not equals(found)", "lambda found: equals(found)"),
        Mutant("numbers are never equal", _COMPILE, "equals(found) if type(found) is str else evaluate.compare(found, op, value)\n    return lambda found: not", "type(found) is str and equals(found)\n    return lambda found: not"),
        Mutant("a * at the end needs a character", _COMPILE, "lambda text: text.startswith(first)", "lambda text: text.startswith(first) and text != first"),
        Mutant("a * in the middle is an ordinary character", _COMPILE, "lambda text: evaluate.glob(wanted, text)", "lambda text: text == wanted"),
        Mutant("a * in front goes back", _COMPILE, "lambda text: 0 <= text.find(last) == len(text) - size", "lambda text: text.endswith(last)"),
        Mutant("a * in front forgets that nothing was found", _COMPILE, "0 <= text.find(last) == len(text) - size", "text.find(last) == len(text) - size"),
        Mutant("a null on the way is an error no more", _COMPILE, "            if not isinstance(event, dict):\n                return MISSING\n", "            if not isinstance(event, dict):\n                return event\n"),
        Mutant("a longer path is read from the root", _COMPILE, "    if len(names) == 1:\n        (only,) = names", "    if names:\n        only = names[-1]"),
        Mutant("absent reads as null", _COMPILE, "return lambda event: event.get(only, MISSING)", "return lambda event: event.get(only)"),
        Mutant("NOT EXISTS is true of null", _COMPILE, "return lambda found: found is MISSING", "return lambda found: found is MISSING or found is None"),
        Mutant("IS NULL without its quirk on arrays", _COMPILE, "evaluate.is_kind(found, kind, in_array=True)", "evaluate.is_kind(found, kind, in_array=False)"),
        Mutant("a wildcard goes the fast way", _COMPILE, "if leaf.selector.wildcard is not None:", "if leaf.selector.wildcard == -1:"),
        Mutant("an index is left out of the path", _COMPILE, "if all(isinstance(step, Name) for step in steps):", "if any(isinstance(step, Name) for step in steps):"),
        Mutant("orderings are equality", _COMPILE, "return lambda found: evaluate.compare(found, op, value)", "return lambda found: evaluate.compare(found, Op.EQ, value)"),
    ),
    ("test_pattern_properties.py",): (
        Mutant("two nodes that mean the same are unequal", _OPERANDS, "return not self == other", "return self is not other"),
        Mutant("any two values are the same", _SYNTAX, 'attrgetter("selector", "op", "value")', 'attrgetter("selector", "op")'),
        Mutant("a term is the same whatever is asked of it", _SYNTAX, 'attrgetter("text", "role")', 'attrgetter("text")'),
        Mutant("a span says something", _SYNTAX, 'attrgetter("name", "condition")', 'attrgetter("name", "condition", "span")'),
    ),
    ("test_pattern_quick.py", "test_pattern_rows.py", "test_pattern_errors.py", "test_pattern_properties.py"): (
        Mutant("|| binds tighter", _GRAMMAR, 'conjunction = joined(primary, "&&", And)\n    expression <<= joined(conjunction, "||", Or)', 'conjunction = joined(primary, "||", Or)\n    expression <<= joined(conjunction, "&&", And)'),
        Mutant("keywords in capitals only", _GRAMMAR, 'pp.Regex(rf"(?i:{word})\\b")', 'pp.Regex(rf"{word}\\b")'),
        Mutant("a tab becomes blanks", _GRAMMAR, "return whole.parse_with_tabs()  # else", "return whole  # else"),
        Mutant("numbers end anywhere", _GRAMMAR, "{syntax.NUMBER.pattern}(?![\\w.+*-])", "{syntax.NUMBER.pattern}"),
        Mutant("null is a word", _GRAMMAR, "(?!(?:{reserved})(?![\\w.+*-]))", ""),
        Mutant("quotes keep their backslash", _GRAMMAR, "piece.replace('\\\\\"', '\"')", "piece"),
        Mutant("a double backslash stays double", _GRAMMAR, 'pieces = written[1:-1].split("\\\\\\\\")', "pieces = [written[1:-1]]"),
        Mutant("an index may come first", _GRAMMAR, "first = (key | name | members)", "first = (key | name | index | members)"),
        Mutant("blanks inside a selector", _GRAMMAR, "elements | index)).leave_whitespace()", "elements | index))"),
    ),
}  # fmt: skip
