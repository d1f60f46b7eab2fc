"""Mistakes planted in the fast scan: what its tests are worth is what they catch.

In: the source of the modules named below. Out: copies with one mistake each, and `planted`, which
puts a copy into the place of the real module wherever it is used. Run by ``pytest -m slow``.
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

from tests.mutants import Mutant

if TYPE_CHECKING:
    import pytest

_FAST = "detector.scan.fast"
_FOUND = "detector.scan.found"
_OVERSIZE = "detector.scan.oversize"
_FILES = "detector.scan.file_prefilter"
_RECORDS = "detector.scan.record_prefilter"
_TIMES = "detector.scan.times"
_DISPATCH = "detector.scan.dispatch"
_PART = "detector.scan.part"
_PROJECTION = "detector.scan.projection"
_CLAIMS = "detector.pattern.claims"
_PARTLY = "detector.scan.partly"
_BATCHED = "detector.scan.batched"
_SAMPLES = "detector.scan.samples"
_PROJECTED = "detector.scan.projected"
_EVIDENCE = "detector.scan.evidence"
_COLUMNS = "detector.metrics.columns"

MUTANTS = (
    Mutant("a default is forgotten", _DISPATCH, "        and metric_filter.default is None\n", ""),
    Mutant("dimensions are forgotten", _DISPATCH, "        and not metric_filter.dimensions\n", ""),
    Mutant("a path that begins with a wildcard is read", _DISPATCH, "and all(\n        is_typed(leaf.selector) for", "and all(\n        True for"),
    Mutant("letters of skipped members are not checked", _FAST, "if not records or not is_utf8(data)", "if not records"),
    Mutant("a file without records is silent", _FAST, "if not records or not is_utf8(data)", "if not is_utf8(data)"),
    Mutant("any account will do", _FAST, "if accounts and source.account not in accounts:", "if False:"),
    Mutant("records are never large", _FAST, "if any(hits) and not part.are_small():", "if False:"),
    Mutant("a large record is seen only in a file of its own", _OVERSIZE, "        place = data.rfind(ID_KEY, place + 1, place + near)\n        if place < 0:\n            return False\n", "        break\n"),
    Mutant("more ids than records are no matter", _OVERSIZE, "stringzilla.count(data, ID_KEY) == len(ids)", "True"),
    Mutant("a record without an id is no matter", _OVERSIZE, "        UNSET not in ids\n        and ", "        "),
    Mutant("an escaped id is no matter", _OVERSIZE, "and not escapes_hide(ID_LETTERS, data)", ""),
    Mutant("any number of letters in all times", _TIMES, "len(lines) != 21 * count - 1 or ", ""),
    Mutant("any last letter of a time", _TIMES, ' or lines[19::21] != b"Z" * count', ""),
    Mutant("an hour is counted in any column", _TIMES, 'lines[13::21] != b":" * count or ', ""),
    Mutant("a colon before the seconds is no matter", _TIMES, ' or lines[16::21] != b":" * count', ""),
    Mutant("minutes up to 99", _TIMES, 'b"012345", ', 'b"0123456789", '),
    Mutant("any letters of a minute", _TIMES, " or ones.translate(None, ONES)", ""),
    Mutant("only the first hour is checked", _TIMES, "{first} if lines.count(first.encode()) == count else {text[:14] for text in texts}", "{first}"),
    Mutant("no delay", _TIMES, "of_hour[text[14:19]] + delay for", "of_hour[text[14:19]] for"),
    Mutant("hours that there are not", _TIMES, "        HOURS[start]  #", "        pass  #"),
    Mutant("no delay within an hour", _TIMES, "later = delay + sum", "later = sum"),
    Mutant("no seconds", _TIMES, "later + of_hour[texts[place][14:19]]", "later"),
    Mutant("a delay may leave all years", _PART, "if times.may_leave_years(delay):", "if False:"),
    Mutant("a time before all years is one", _PART, "min(times) < max(0, -delay) or ", ""),
    Mutant("a delay may leave the last year", _PART, " or max(times) + max(0, delay) >= LATEST", ""),
    Mutant("no delay of what was read natively", _PART, "[time + delay for time in times]", "times"),
    Mutant("times of all of a batch", _PART, "return lambda places: some(later, places)", "return lambda places: later"),
    Mutant("the delivery clock is the event clock", _BATCHED, "if self.plan.clock is Clock.EVENT:", "if True:"),
    Mutant("the end is asked for too", _FAST, "start <= second < end", "start <= second <= end"),
    Mutant("the start is not asked for", _FAST, "start <= second < end", "start < second < end"),
    Mutant("the region of the path first", _FAST, "(one if one and isinstance(one, str) else region)", "(region or one)"),
    Mutant("a region that is no text is none", _FAST, "(one if one and isinstance(one, str) else region)", "(one if one and one is not UNSET else region)"),
    Mutant("time or region", _FAST, "[a and b for a, b in zip", "[a or b for a, b in zip"),
    Mutant("unselected records are counted", _FAST, "found.records += total if chosen is None else sum(chosen)", "found.records += total"),
    Mutant("unselected matches are kept", _FAST, "[place for place in matching if chosen[place]]", "matching"),
    Mutant("unselected minutes are seen", _FOUND, "            if chosen is not None:\n                seen =", "            if False:\n                seen ="),
    Mutant("a skipped file is not seen", _FAST, "            found.see(source.delivered)\n            found.skipped += 1", "            found.skipped += 1"),
    Mutant("a loose file is skipped", _FAST, "self.file_prefilter and source.delivered is not None and not self.file_prefilter(text)", "self.file_prefilter and not self.file_prefilter(text)"),
    Mutant("only the last record is seen", _FOUND, "                self.see(min(seen))\n", ""),
    Mutant("no hours between", _FOUND, "            self.hours.update(second // 3600 for second in seen)\n", ""),
    Mutant("ids that are no texts are kept", _PART, "[event_id(self.records[place]) for place in places]", "[str(event_id(self.records[place])) for place in places]"),
    Mutant("what one filter matched all match", _FAST, "matches.add_all(taken[key],", "matches.add_all(taken[keys[0]],"),
    Mutant("the first match did it all", _PART, "return some(self._by_place, places)", 'return array("I", (self._first,)) * len(places)'),
    Mutant("a cut file without open records is not seen", _FAST, "            found.see(delivered)\n            found.records += total\n", "            found.records += total\n"),
    Mutant("a cut file without open records has none", _FAST, "            found.records += total\n            return", "            return"),
    Mutant("a cut file has only the records that were decoded", _FAST, "small=candidates.are_small), candidates.total", "small=candidates.are_small), len(places)"),
    Mutant("records stand where they were decoded", _PART, "some(self.positions, places)", "places"),
    Mutant("records of a cut file are never large", _FAST, "small=candidates.are_small", "small=True"),
    Mutant("a loose file is cut", _FAST, "self.record_prefilter if source.delivered is not None else None", "self.record_prefilter"),
    Mutant("a file is cut when a time is asked for", _FAST, " or selection.start is not None or selection.end is not None", ""),
    Mutant("a file is cut when a region is asked for", _FAST, "strict or selection.regions or", "strict or"),
    Mutant("a strict scan candidates", _FAST, "whole = strict or selection.regions", "whole = selection.regions"),
    Mutant("unknown literals are none to a record_prefilter", _RECORDS, "many=ANY_NUMBER) for expr in exprs]\n    if native is None or None in known:", "many=ANY_NUMBER) for expr in exprs]\n    if native is None:"),
    Mutant("a literal without quotes is left out", _RECORDS, "if not all(literal.startswith", "if False and not all(literal.startswith"),
    Mutant("a batch that fell back is counted", _BATCHED, "                sources = batch.unknown", "                sources = sources"),
    Mutant("unknown files of a batch are left out", _BATCHED, "                sources = batch.unknown", "                sources = []"),
    Mutant("a skipped file of a batch is not seen", _BATCHED, "(*batch.walked, *batch.skipped)", "batch.walked"),
    Mutant("all of a batch is delivered at once", _BATCHED, "partial(some, batch.delivered)", "lambda places: batch.delivered[:1] * len(places)"),
    Mutant("a batch is of one file", _PART, "some(self.numbers, places)", "self.numbers[:1] * len(places)"),
    Mutant("an account in a batch is not asked for", _BATCHED, "and (not accounts or source.account in accounts)", ""),
    Mutant("a large record of a batch is small", _RECORDS, "self._limit, SMALL, ROOM", "self._limit, UNLIMITED, ROOM"),
    Mutant("numbers of files are those of the first", _RECORDS, 'array("I", (source.number,)) * count', 'array("I", (sources[0].number,)) * count'),
    Mutant("ends are forgotten", _RECORDS, '            tuple(literal[:-1] for literal in others if literal.endswith(b\'"\')),\n', "            (),\n"),
    Mutant("beginnings are forgotten", _RECORDS, '            tuple(literal[1:] for literal in others if literal.startswith(b\'"\')),\n', "            (),\n"),
    Mutant("any file is a log file", _FILES, "data.startswith(BEGIN) and END.search(data, max(0, len(data) - 64)) is not None", "True"),
    Mutant("the end is no matter", _FILES, "data.startswith(BEGIN) and END.search(data, max(0, len(data) - 64)) is not None", "data.startswith(BEGIN)"),
    Mutant("the beginning is no matter", _FILES, "data.startswith(BEGIN) and END.search", "END.search"),
    Mutant("escapes hide nothing", _FILES, "or not is_log_file(data) or escapes_hide(characters, data)", "or not is_log_file(data)"),
    Mutant("only the first escape counts", _FILES, "        start = place + 2\n", "        break\n"),
    Mutant("a slash is never escaped", _FILES, 'return "/" in characters and', "return False and"),
    Mutant("messages of log events are forgotten", _FILES, "return [literal, literal[:-1]", "return [literal] if literal else [literal[:-1]"),
    Mutant("unknown literals are none", _FILES, "    if None in known:\n        return None\n", ""),
    Mutant("pieces of any length", _FILES, "if len(shared) >= MIN_PIECE:", "if len(shared) >= 2:"),
    Mutant("a piece is kept, the other forgotten", _FILES, "            pieces[-1] = shared\n", "            pass\n"),
    Mutant("escapes as decimal numbers", _FILES, "int(code, 16)", "int(code, 10)"),
    Mutant("absent is null", _DISPATCH, "found = MISSING if value is UNSET else value", "found = None if value is UNSET else value"),
    Mutant("1 and true are remembered", _DISPATCH, "if found is None or found is MISSING or type(found) is str:", "if True:"),
    Mutant("the pivot decides alone", _DISPATCH, "if holds is None or holds(records[place]):", "if True:"),
    Mutant("what is left is asked of the first that had it", _DISPATCH, "        if rest not in self.rests:\n", "        if not self.rests:\n"),
    Mutant("an answer of no is one of yes", _DISPATCH, "return (self.number, None) if rest else None", "return (self.number, None)"),
    Mutant("filters without a pivot are not asked", _DISPATCH, "for one in self.always:", "for one in ():"),
    Mutant("places by the filter, not by the record", _DISPATCH, "hits[number].append(place)", "hits[number].append(number)"),
    Mutant("a member that is read is a text", _PROJECTION, "        return Any\n", "        return str | msgspec.UnsetType | None\n"),
    Mutant("a member on the way is an object", _PROJECTION, " | None | bool | int | float | str | list | msgspec.UnsetType", " | None | msgspec.UnsetType"),
    Mutant("null reads as absent", _PROJECTION, "MISSING if (found := get(record)) is UNSET else found", "MISSING if (found := get(record)) is UNSET or found is None else found"),
    Mutant("an index is a member", _PROJECTION, "return next(iter(evaluate.select(rest, record)), MISSING) if rest else record", "return record"),
    Mutant("a longer path hides a shorter one", _PROJECTION, "            if node.whole:\n                break\n", ""),
    Mutant("wholes are cut down", _PROJECTION, "if node.whole or not node.members:\n        return Any", "if not node.members:\n        return Any"),
    Mutant("E and Infinity are no numbers", _CLAIMS, 'frozenset("0123456789+-.EInfityNa")', 'frozenset("0123456789+-.")'),
    Mutant("&& without what is false", _CLAIMS, "for term in terms], neutral=True)", "for term in terms], neutral=False)"),
    Mutant("|| without what is true", _CLAIMS, "for term in terms], neutral=False)", "for term in terms], neutral=True)"),
    Mutant("what is left of && is one of its terms", _CLAIMS, "    return kind(open_terms)\n", "    return open_terms[0]\n"),
    Mutant("what is left is joined by &&", _CLAIMS, "    return kind(open_terms)\n", "    return And(open_terms)\n"),
    Mutant("other fields are impossible", _CLAIMS, "return expr if expr.selector != selector else _decided", "return False if expr.selector != selector else _decided"),
    Mutant("nothing is ever impossible", _CLAIMS, "return expr if expr.selector != selector else _decided(expr, found)", "return expr"),
    Mutant("absent can be unequal", _CLAIMS, "return found is not MISSING and evaluate.compare", "return (found is MISSING and op is Op.NE) or evaluate.compare"),
    Mutant("NOT EXISTS of null", _CLAIMS, "            return found is MISSING\n", "            return found is MISSING or found is None\n"),
    Mutant("IS without its quirk", _CLAIMS, "in_array=True", "in_array=False"),
    Mutant("texts of && are united", _CLAIMS, "frozenset.intersection(*known)", "frozenset.union(*known)"),
    Mutant("texts of || where one is unknown", _CLAIMS, "                None if None in each else frozenset()", "                frozenset()"),
    Mutant("a glob is a text", _CLAIMS, "if found == selector and not value.is_glob", "if found == selector"),
    Mutant("the text of any field", _CLAIMS, "if found == selector and not value.is_glob", "if not value.is_glob"),
    Mutant("literals of || where one is unknown", _CLAIMS, "return _united(each) if len(each) == len(terms) else None", "return _united(each) if each else None"),
    Mutant("literals of && are those of the commonest", _CLAIMS, "return min(known, key=lambda one: one.weight(many), default=None)", "return max(known, key=lambda one: one.weight(many), default=None)"),
    Mutant("letters that JSON writes in several ways", _CLAIMS, "return bool(_PLAIN.fullmatch(piece)) and", "return bool(piece) and"),
    Mutant("a quote in a text is its end", _CLAIMS, "if _is_sure(piece)]", "if _is_sure(piece.strip('\"'))]"),
    Mutant("keys that JSON writes in several ways", _CLAIMS, "plain = [name for name in names if _PLAIN.fullmatch(name)]", "plain = names"),
    Mutant("a key for NOT EXISTS", _CLAIMS, "        case NotExists():\n            return None\n        case _:\n            assert_never(condition)\n\n\ndef _of_text", "        case NotExists(selector):\n            return _of_key(selector)\n        case _:\n            assert_never(condition)\n\n\ndef _of_text"),
    Mutant("!= with a wildcard needs its key", _CLAIMS, "        case Compare(selector, Op.NE, _) if selector.wildcard is not None:\n            return None  # true where nothing is found\n", ""),
    Mutant("a * takes no letters", _CLAIMS, 'pieces = value.value.split("*")', 'pieces = [value.value.replace("*", "")]'),
    Mutant("a text without its quotes", _CLAIMS, """written[0] = f'"{written[0]}'""", "written[0] = written[0]"),
    Mutant("any pivot", _CLAIMS, 'sorted(finite, key=lambda one: str(one) != "$.eventName") + needed', "needed + finite"),
    Mutant("a pivot that need not be there", _CLAIMS, "needed = [selector for selector in chosen if not possible(expr, selector, MISSING)]", "needed = list(chosen)"),
    Mutant("answers of earlier batches are taken back", _EVIDENCE, "answer[self._first :] = bytes", "answer[:] = bytes(self._first) + bytes"),
    Mutant("what was forgotten is remembered", _EVIDENCE, "            del answer[self._first :]\n", "            pass\n"),
    Mutant("answers are those of the first spellings", _EVIDENCE, "answer[self._first + place] = 1", "answer[place] = 1"),
    Mutant("every filter is the first", _EVIDENCE, "flagged(bytes(answer)) if 1 in answer", "flagged(bytes(self._answers[0])) if 1 in answer"),
    Mutant("records that were left out are none", _PARTLY, "            found.records += candidates.total - len(candidates.positions)\n", ""),
    Mutant("a file that is scanned in part is not seen", _PARTLY, "            found.see(source.delivered or 0)\n", ""),
    Mutant("defaults of those that are left out are none", _PARTLY, "                    _publish(hits, missed)\n", "                    pass\n"),
    Mutant("an account is not asked for in part", _PARTLY, "(not accounts or source.account in accounts)", "True"),
    Mutant("files that tell no time are scanned in part", _PARTLY, "source.delivered is not None and (not", "(not"),
    Mutant("a time is not asked for in part", _PARTLY, " or asked.start is not None or asked.end is not None", ""),
    Mutant("records that may match are published too", _PARTLY, "if number not in matching]", "]"),
    Mutant("a default is that of every filter", _PARTLY, "                if one.default is not None:\n                    _publish(hits", "                if True:\n                    _publish(hits"),
    Mutant("no event is the same twice", _PARTLY, "map(plain.valid_id, ids) if dedupe else repeat(None)", "repeat(None)"),
    Mutant("the clock of deliveries is that of events", _PARTLY, "if plan.clock is Clock.EVENT:", "if True:"),
    Mutant("seconds are minutes", _PARTLY, "second - second % 60", "second"),
    Mutant("the last minute of an event", _PARTLY, "= min(minute, hits.missed.get(name, minute))", "= max(minute, hits.missed.get(name, minute))"),
    Mutant("a match of a batch publishes the default too", _PARTLY, " - Counter([missed[place] for place in matching])", ""),
    Mutant("a default in a batch is that of every filter", _PARTLY, "            if one.default is not None:\n                _publish(of_filter", "            if True:\n                _publish(of_filter"),
    Mutant("a record of a batch without a key publishes nothing", _PARTLY, "len(batch.numbers) < batch.total", "False"),
    Mutant("rows of a batch are those of the first", _PARTLY, "Rows(matching, len(part), len(found.evidence))", "Rows(matching, len(part), 0)"),
    Mutant("filters of a batch stand as they were asked", _PARTLY, "for number, matching in zip(self.typed, part.hits(self.dispatch), strict=True)", "for number, matching in enumerate(part.hits(self.dispatch))"),
    Mutant("a batch is left out but for a text", _PARTLY, "not (self.typed or publishes)", "not publishes"),
    Mutant("a text of a batch publishes no default", _PARTLY, "not (self.typed or publishes)", "not self.typed"),
    Mutant("all of a batch publishes one sample", _SAMPLES, "found.setdefault(sample, [])", "found.setdefault(_NOTHING, [])"),
    Mutant("dimensions in a batch are none", _SAMPLES, "metric_filter.constant is not None and not metric_filter.dimensions", "metric_filter.constant is not None"),
    Mutant("some of a batch are delivered as others", _RECORDS, "delivered=[self.delivered[place] for place in kept]", "delivered=self.delivered"),
    Mutant("some of a batch stand where others do", _RECORDS, "positions=[self.positions[place] for place in kept]", "positions=self.positions"),
    Mutant("positions are those among the candidates", _PARTLY, "candidates.text, candidates.positions)", "candidates.text)"),
    Mutant("regions are not asked for", _PROJECTED, "asked.regions or (asked.accounts", "(asked.accounts"),
    Mutant("accounts are not asked for", _PROJECTED, "(asked.accounts and source.account not in asked.accounts)", "False"),
    Mutant("an absent member is null", _PROJECTED, "[MISSING if one is UNSET else one for one in found]", "[None if one is UNSET else one for one in found]"),
    Mutant("letters beside the members are no matter", _PROJECTED, "            if not text.isascii():\n                text.decode()\n", ""),
    Mutant("any file is one of CloudTrail's", _PROJECTED, "if source.delivered is None and (UNSET in written or plan.clock is Clock.DELIVERY):", "if False:"),
    Mutant("times need not be valid", _PROJECTED, "if needs_time and plan.clock is Clock.EVENT:", "if asked.asks_time and plan.clock is Clock.EVENT:"),
    Mutant("the second of the end is in it", _PROJECTED, "start <= seconds[number] < end", "start <= seconds[number] <= end"),
    Mutant("the second of the start is not in it", _PROJECTED, "start <= seconds[number] < end", "start < seconds[number] < end"),
    Mutant("the first records for those that are asked for", _PROJECTED, "records = [records[number] for number in numbers]", "records = records[: len(numbers)]"),
    Mutant("a value gets the code of the one before", _COLUMNS, "return len(self._names) - 1\n", "return len(self._names) - 2\n"),
    Mutant("values beyond the bound are kept apart", _COLUMNS, "        if self._bound is not None and _order(value) > self._bound:\n            return 0\n", ""),
    Mutant("the bound is one of those kept apart", _COLUMNS, "_order(value) > self._bound", "_order(value) >= self._bound"),
    Mutant("values are kept by name", _COLUMNS, "return zlib.crc32(value.encode()), value", "return 0, value"),
    Mutant("no value more than are kept", _COLUMNS, "if len(self._by_name) >= 2 * self._most:", "if len(self._by_name) >= self._most:"),
    Mutant("others are pruned to the first", _COLUMNS, "self._names[self._by_name.pop(value)] = OTHERS", "self._by_name.pop(value)"),
    Mutant("a bound is not sent", _COLUMNS, "bound = None if self._bound is None else self._bound[1].encode()", "bound = None"),
    Mutant("sizes in letters", _COLUMNS, "-1 if name is None else len(name) for name", "-1 if name is None else len(name.decode()) for name"),
    Mutant("others of another column are its first", _COLUMNS, "0 if name is OTHERS else self._code(name)", "1 if name is OTHERS else self._code(name)"),
)  # fmt: skip


def planted(mutant: Mutant, patch: pytest.MonkeyPatch) -> None:
    """Put the copy, and everything that is defined in it, into the place of the real one."""
    real, copy = sys.modules[mutant.module], mutant.load()
    theirs = {
        id(value): vars(copy)[name]
        for name, value in vars(real).items()
        if getattr(value, "__module__", None) == real.__name__ and name in vars(copy)
    }
    theirs[id(real)] = copy
    for name, value in vars(real).items():  # whose subclasses are made already
        if isinstance(value, type) and value.__module__ == real.__name__ and value.__subclasses__():
            for called, method in list(vars(value).items()):
                if isinstance(method, FunctionType):
                    patch.setattr(value, called, vars(vars(copy)[name])[called])
    for user in _users():
        for name, value in list(vars(user).items()):
            if id(value) in theirs:
                patch.setattr(user, name, theirs[id(value)])


def _users() -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(("detector", "tests.")) and isinstance(module, ModuleType)
    ]
