"""Mistakes planted in alarms, proofs of relations, backtests, archives, Sigma and more (see `tests/mutants.py`)."""

from __future__ import annotations

from tests.mutants import Mutant, Rooms

_EVALUATE = "detector.alarm.evaluate"
_WINDOWS = "detector.alarm.window"
_STATISTICS = "detector.alarm.statistics"
_VERDICT = "detector.relation.verdict"
_PROVER = "detector.relation.prover"
_GOALS = "detector.relation.goals"
_SCORES = "detector.jobs.backtest.scores"
_TIMES = "detector.jobs.backtest.times"
_SWEEP = "detector.jobs.backtest.sweep"
_COVERAGE = "detector.jobs.backtest.coverage"
_JOB = "detector.jobs.backtest.job"
_DELAYS = "detector.archive.delays"
_LISTING = "detector.archive.listing"
_BUCKET = "detector.archive.bucket"
_AHEAD = "detector.archive.ahead"
_OCSF = "detector.archive.ocsf"
_LAYOUT = "detector.archive.layout"
_TABLES = "detector.archive.tables"
_CHOICE = "detector.jobs.backtest.recommendation"
_EXCLUSIONS = "detector.jobs.noise.exclusions"
_SPLIT = "detector.jobs.split"
_CHOOSING = "detector.jobs.noise.choice"
_EFFECTS = "detector.jobs.noise.effects"
_EDIT = "detector.detections.edit"
_SPELLING = "detector.detections.spelling"
_RANKING = "detector.jobs.backtest.ranking"
_EVIDENCE = "detector.jobs.backtest.evidence"
_STRICT = "detector.detections.strict"
_TOML = "detector.detections.toml"

_NEAREST, _REWRITING = "detector.relation.nearest", "detector.pattern.rewriting"
_VALUES, _MISTAKES = "detector.pattern.mistaken_values", "detector.pattern.mutants"
_FATES, _WRITTEN = "detector.ruletests.mutants", "detector.ruletests.written"
_ANONYMOUS = "detector.ruletests.anonymous"
_WATCHES, _CENSUS = "detector.jobs.coverage", "detector.jobs.census"
_KEYS = "detector.cache.keys"
_WRITER = "detector.cache.writer"
_FRAMES = "detector.cache.frames"
_LOOKUP = "detector.cache.lookup"
_SEGMENT = "detector.cache.segment"
_STORE = "detector.cache.store"
_PRUNING = "detector.cache.pruning"
_KEPT = "detector.cache.kept"
_DIGEST = "detector.archive.digest"
_CHAIN = "detector.jobs.trust.chain"
_SIGNATURES = "detector.jobs.trust.signatures"
_TRUST = "detector.jobs.trust.job"
_SIGMA = "detector.sigma.values"
_VERIFY = "detector.jobs.verify"

_ROWS, _ORDERED = "detector.metrics.rows", "detector.metrics.ordered"
_EPISODES, _RANKINGS, _HABITS, _SERIES = (
    "detector.jobs.episodes",
    "detector.jobs.rankings",
    "detector.jobs.habits",
    "detector.jobs.series",
)

ROOMS: Rooms = {
    ("test_metric_rows.py", "test_metric_samples.py"): (
        Mutant("times are grouped by another unit", _ROWS, "[time // unit for time in times]", "[time // (unit + 1) for time in times]"),
        Mutant("the last row of a group is its first", _ROWS, "in reversed(list(enumerate(keys)))}", "in list(enumerate(keys))}"),
        Mutant("ties are in the order of the rows", _ROWS, "key=lambda one: (-one[1], one[0].encode()))", "key=lambda one: -one[1])"),
        Mutant("others are not counted", _ROWS, "len(top[most:]), names.count(OTHERS)", "len(top[most:]), 0"),
        Mutant("no eventID is a repeat of no eventID", _ROWS, "seen.update(filter(None, [each[place]]))", "seen.add(each[place])"),
        Mutant("files come before times", _ROWS, "zip(times, files, positions, strict=True)", "zip(files, times, positions, strict=True)"),
        Mutant("an eventID of another filter is a repeat", _ORDERED, "own.setdefault(self.runs[run][0], ", "own.setdefault(0, "),
        Mutant("repeats are published", _ORDERED, "if counts[run] and not is_repeat and record", "if counts[run] and record"),
        Mutant("a record is published for each filter", _ORDERED, "and record != before:", "and True:"),
        Mutant("what publishes nothing is published", _ORDERED, "return not run.oversize and not isnan(run.value)", "return not run.oversize"),
        Mutant("samples of any unit are watched", _ORDERED, "asked = [alarm.unit is None or ", "asked = [True or "),
        Mutant("defaults are samples of a series with dimensions", _ORDERED, "if is_asked and one.default is not None and not watched:", "if is_asked and one.default is not None:"),
        Mutant("repeats are samples", _ORDERED, "if is_repeat and watches[number]:", "if False and watches[number]:"),
    ),
    ("test_replay_episodes.py", "test_replay_signs.py", "test_render_kit.py"): (
        Mutant("a match at the end of an episode is in it", _EPISODES, "return -((_EPOCH - bound) // timedelta(seconds=1))", "return -((_EPOCH - bound) // timedelta(seconds=1)) + 1"),
        Mutant("an event is named without its source", _RANKINGS, 'f"{name} {source}".strip()', "name"),
        Mutant("calls of others are those of the principal", _RANKINGS, "calls[principal][call] += count", 'calls["b"][call] += count'),
        Mutant("values that are cut are not counted", _RANKINGS, "max(0, len(known) - TOP)", "0"),
        Mutant("rankings are counted once for all rows", _RANKINGS, "key = count, id(rows), asked", "key = count, asked"),
        Mutant("every gap is usual", _HABITS, "abs(gap - usual) <= ALIKE * usual", "True"),
        Mutant("failed calls change credentials", _HABITS, "if call[1] in CHANGES and not error]", "if call[1] in CHANGES]"),
        Mutant("the first value is the most frequent", _HABITS, "[(own.times[first], value, count) for", "[(-count, value, count) for"),
        Mutant("a window is in the bucket of its end", _SERIES, "bisect_right(seen.ends, begin), bisect_right(seen.ends, begin + bucket)", "bisect_left(seen.ends, begin), bisect_left(seen.ends, begin + bucket)"),
    ),
    ("test_alarm_tables.py", "test_alarm_evaluate.py", "test_alarm_history.py"): (
        Mutant("the evaluation periods are the range", _EVALUATE, "datapoints[: -alarm.evaluation_range - 1 : -1]", "datapoints[: -alarm.evaluation_periods - 1 : -1]"),
        Mutant("the oldest real datapoints decide", _EVALUATE, "][: alarm.evaluation_periods]", "][-alarm.evaluation_periods :]"),
        Mutant("all real datapoints decide", _EVALUATE, "][: alarm.evaluation_periods]", "]"),
        Mutant("one more must breach", _EVALUATE, "return _either(breaching >= alarm.m, Rule.REAL_DATAPOINTS)", "return _either(breaching > alarm.m, Rule.REAL_DATAPOINTS)"),
        Mutant("breaching datapoints never suffice", _EVALUATE, "    if breaching >= alarm.m:\n        return Decision(State.ALARM", "    if False:\n        return Decision(State.ALARM"),
        Mutant("one missing datapoint breaches", _EVALUATE, "filled = alarm.evaluation_periods - len(real)", "filled = 1"),
        Mutant("not breaching keeps the state", _EVALUATE, "Decision(State.OK, Rule.TREATED_AS_NOT_BREACHING)", "Decision(None, Rule.TREATED_AS_NOT_BREACHING)"),
        Mutant("a good datapoint is not OK", _EVALUATE, "    if breaching < len(real):\n", "    if False:\n"),
        Mutant("ignored data is insufficient data", _EVALUATE, "return Decision(None, Rule.RETAINED)", "return Decision(State.INSUFFICIENT_DATA, Rule.RETAINED)"),
        Mutant("premature one window later", _EVALUATE, "real[-1][0] >= alarm.m", "real[-1][0] > alarm.m"),
        Mutant("premature by the newest", _EVALUATE, "real[-1][0] >= alarm.m", "real[0][0] >= alarm.m"),
        Mutant("infinity is a datapoint", _EVALUATE, "return math.isfinite(value)", "return True"),
        Mutant("all must be of few samples", _EVALUATE, "any(low[-age] for age, _ in real)", "all(low[-age] for age, _ in real)"),
        Mutant("the value beside the threshold", _WINDOWS, "self._ranks.at_least(lower + 1)", "self._ranks.at_least(lower)"),
        Mutant("below is above", _WINDOWS, "self.real ^ tail if below else tail", "tail if below else self.real ^ tail"),
        Mutant("one window of the range is not seen", _WINDOWS, "value, count = self.runs.at(newest - k * self.stride)", "value, count = self.runs.at(newest - k)"),
        Mutant("evaluations begin a window late", _WINDOWS, "first=bisect_left(ends, newest)", "first=bisect_left(ends, newest) + 1"),
        Mutant("enough samples are few", _STATISTICS, "count * tail < 10 * 100", "count * tail <= 10 * 100"),
        Mutant("below p50 there is no limit of its own", _STATISTICS, "tail = min(percentile, 100 - percentile)", "tail = 100 - percentile"),
    ),
    ("test_nearest.py",): (
        Mutant("all of a choice have to change", _REWRITING, "if isinstance(node.clause, And) is want:", "if True:"),
        Mutant("a choice is left out altogether", _REWRITING, "ways if way is not None and not way.gone]", "ways if way is not None]"),
        Mutant("what is absent is null", _REWRITING, "return NotExists(leaf.selector)", "return Is(leaf.selector, Kind.NULL)"),
        Mutant("a bound is moved too far", _REWRITING, "Op.GT if leaf.op in {Op.GT, Op.GE} else Op.LT", "Op.GE if leaf.op in {Op.GT, Op.GE} else Op.LE"),
    ),
    ("test_ruletests_mutants.py",): (
        Mutant("a literal is not widened at its end", _VALUES, 'for other in (f"{text}*", f"*{text}", "*"))', 'for other in (f"*{text}", "*"))'),
        Mutant("an absent field is never let in", _MISTAKES, "yield Mistake.ABSENT,", "if False: yield Mistake.ABSENT,"),
        Mutant("parentheses stay", _MISTAKES, "runs += [[one] for one in more]", "runs[-1] += more"),
        Mutant("a case that fails counts", _FATES, "passing = [one for one in judged if one.passes]", "passing = judged"),
        Mutant("what means the same has survived", _FATES, "return Tried(metric_filter.name, mutant, Fate.EQUIVALENT)", "return Tried(metric_filter.name, mutant, Fate.SURVIVED)"),
        Mutant("what means the same is counted", _FATES, "return len(self.tried) - len(self.of(Fate.EQUIVALENT))", "return len(self.tried)"),
        Mutant("1.0 is written as 1", _WRITTEN, "case float():", "case None:"),
    ),
    ("test_proposals.py",): (
        Mutant("what is read is told", _ANONYMOUS, "yield from [before] if before in words or _is_public(path, before) else []", "yield before"),
        Mutant("every event name is public", _ANONYMOUS, "return operations.plain(text) in operations.owners()", "return True"),
        Mutant("an account stays", _ANONYMOUS, "yield self._account(text)", "yield text"),
        Mutant("an address stays", _ANONYMOUS, 'yield address(self._number("address", text))', "yield text"),
    ),
    ("test_coverage.py",): (
        Mutant("a detection of any name is one of a name", _WATCHES, "if not one.every),", "),"),
        Mutant("1 and true are one value", _CENSUS, "one if type(one) in REMEMBERED else Odd(one)", "one"),
        Mutant("who reads what is absent is not blind", _WATCHES, "if is_absent and str(selector) not in FAILURE and not claims.possible(expr, selector, MISSING):", "if False:"),
        Mutant("an unknown source is a possible one", _WATCHES, "if asked is not None and not asked & there:", "if False:"),
    ),
    ("test_relation_pairs.py", "test_relation_logic.py", "test_relation_small_world.py"): (
        Mutant("narrower is wider", _VERDICT, "        return Relation.NARROWER\n", "        return Relation.WIDER\n"),
        Mutant("overlapping is disjoint", _VERDICT, "Relation.OVERLAPPING if Outcome.BOTH in outcomes", "Relation.OVERLAPPING if Outcome.BOTH not in outcomes"),
        Mutant("what is not known is not there", _VERDICT, "for size in range(len(unknown) + 1)", "for size in range(1)"),
        Mutant("an event for one is one for both", _VERDICT, "return cls.BOTH if new else cls.OLD_ONLY", "return cls.BOTH"),
        Mutant("always is sometimes", _PROVER, "return not self.can_be(And(()), expr)", "return self.can_be(expr)"),
        Mutant("the same one way", _PROVER, "return not self.can_be(one, other) and not self.can_be(other, one)", "return not self.can_be(one, other)"),
        Mutant("a question without work is answered no", _PROVER, "        if findings.unknown:\n            raise Undecided\n", ""),
        Mutant("implied the wrong way", _GOALS, "if not implies(old, new):", "if not implies(new, old):"),
        Mutant("both need no event", _GOALS, "        if not implies(old, negated(new)):\n            yield Outcome.BOTH\n", ""),
        Mutant("answers that are collected stay", _GOALS, "for atom, holds in zip(collected, held, strict=True) if holds}", "for atom, holds in zip(collected, held, strict=True) if False}"),
    ),
    ("test_backtest_scores.py", "test_backtest_choice.py", "test_backtest_laws.py", "test_backtest_incidents.py", "test_backtest_evidence.py"): (
        Mutant("a flap is shorter than half an hour", _SCORES, "_FLAP.__ge__", "_FLAP.__gt__"),
        Mutant("weeks begin on Tuesday", _SCORES, "(hour // 24 + 3) % 7", "(hour // 24 + 2) % 7"),
        Mutant("a page at the end of the grace is in time", _SCORES, "bisect_left(times.starts, end)", "bisect_right(times.starts, end)"),
        Mutant("an ALARM before the incident detects it", _SCORES, "detecting, share = list(range(first, last))[:1], None", "detecting, share = pages[:1], None"),
        Mutant("an ALARM that touches an incident is false", _SCORES, "range(min(first, bisect_right(times.ends, start)), last)", "range(first, last)"),
        Mutant("whoever paged detects it", _SCORES, "[page for page, share in shares.items() if share]", "[*shares]"),
        Mutant("noise is a right page", _SCORES, "len(misconfigured) + len(noise) + rest", "len(misconfigured) + rest"),
        Mutant("gaps are counted whole", _TIMES, "min(second, end) - start", "end - start"),
        Mutant("an ALARM from before is over", _TIMES, "(second, before) if before > second else None", "None"),
        Mutant("pages of the burn-in count", _SWEEP, "    ).since(since)\n", "    )\n"),
        Mutant("the look-back of the burn-in counts", _SWEEP, "clock.length(undone & scored)", "clock.length(undone)"),
        Mutant("hours of the burn-in are in rates", _COVERAGE, "in hours.union(*between) if hour >= first", "in hours.union(*between)"),
        Mutant("incidents of the burn-in are scored", _JOB, "if incident.start < coverage.since", "if False"),
        Mutant("false alarms do not matter", _RANKING, "pages, score.false_alarms, slowest", "pages, 0, slowest"),
        Mutant("pages before missed incidents", _RANKING, "return (missed, late, blind, pages,", "return (pages, missed, late, blind,"),
        Mutant("however late", _RANKING, "sum(delay > limits.delay for delay in delays)", "0"),
        Mutant("a stuck alarm sees", _RANKING, "return score.blind_share > self.share", "return False"),
        Mutant("what is left out is chosen on", _EVIDENCE, "return lambda score: score.alarms - pages(score)", "return lambda score: score.alarms"),
        Mutant("luck is evidence", _EVIDENCE, "yield from self._luck()", "yield from ()"),
        Mutant("what breaks the budget is recommended", _CHOICE, "keeping = [cell for cell in ranked if not breaks[cell.key]]", "keeping = list(ranked)"),
        Mutant("a setting that finds nothing is recommended", _CHOICE, "if cell.score.detected or not sweep.incidents]", "if True]"),
        Mutant("half is no change", _RANKING, "abs(math.log2(other / present)) if", "max(0, math.log2(other / present)) if"),
    ),
    ("test_noise.py",): (
        Mutant("no guard", _EXCLUSIONS, 'return f"(({selector} NOT EXISTS){either}{together})" if open_to[selector] else together', "return together"),
        Mutant("a star is a character", _EXCLUSIONS, 'if "*" in value:', "if False:"),
        Mutant("exclusions are alternatives", _EXCLUSIONS, '("||", "&&"), lines', '("||", "||"), lines'),
        Mutant("a caller loses all calls", _EXCLUSIONS, 'return f"({either.join(parts)})"', 'return f"({both.join(parts)})"'),
        Mutant("bursts are left out", _CHOOSING, "if one.maker.steady and not one.hidden and alone:", "if not one.hidden and alone:"),
        Mutant("the most exclusions that keep the budget", _CHOOSING, "return min(keeping, key", "return max(keeping, key"),
        Mutant("default values are not published", _CHOOSING, 'return counted.filter(pl.col("samples") > 0)', 'return counted.filter((pl.col("samples") > 0) & (pl.col("value") > 0))'),
        Mutant("any page in its time is an incident's", _EFFECTS, "any(activity.is_in(incident, times.breached(page)) for page in pages)", "bool(pages)"),
        Mutant("whoever matches in its time is an incident's", _EFFECTS, "        return len(activity.own[incident])\n", "        pass\n"),
        Mutant("exclusions take nothing from an incident", _EFFECTS, "return (counted - gone).elements()", "return counted.elements()"),
        Mutant("whoever is paged is not hidden", _EFFECTS, "or (self.matches > 0 and other.matches == 0)", ""),
    ),
    ("test_s3.py",): (
        Mutant("one page is all", _LISTING, "while len(page) == PAGE and", "while False and"),
        Mutant("folders that are not asked for are listed", _LISTING, "            if kind:\n", "            if False:\n"),
        Mutant("events of global services are in their region", _LISTING, "{place.region, *HOMES}", "{place.region}"),
        Mutant("a denied folder is no problem", _LISTING, "self.found.problems.append(Problem(", "list[Problem]().append(Problem("),
        Mutant("a plan lists again and again", "detector.archive.plan", "self.snapshot.listings.setdefault((unshifted, self.access), {})", "{}"),
        Mutant("the first folder of days is the last", _LISTING, "of_days[-1:] if newest", "of_days[:1] if newest"),
        Mutant("an object that changed is read", _BUCKET, 'unquoted(answer.meta["e_tag"]) not in', 'False and unquoted(answer.meta["e_tag"]) not in'),
        Mutant("a profile is not looked for", _BUCKET, "elif access.profile or not all(known[:2]):", "elif False:"),
        Mutant("the requester does not pay", _BUCKET, "if access.requester_pays:", "if False:"),
        Mutant("objects that cannot be read are empty", _AHEAD, "        body = error\n", '        body = b""\n'),
        Mutant("the last objects are not handed on", _AHEAD, "        while waiting:\n            yield", "        while len(waiting) > 1:\n            yield"),
    ),
    ("test_parquet.py",): (
        Mutant("the principal is the ARN", _OCSF, '("uid", "uid_alt")', '("uid_alt", "uid")'),
        Mutant("what looks like a number is text", _OCSF, "not UNSURE.fullmatch(value)", "True"),
        Mutant("an empty object is absent", _OCSF, "inside[name].setdefault(OTHERS, UNKNOWN)", "pass"),
        Mutant("no answer is null", _OCSF, "UNKNOWN if is_sign_in else NULL_OR_ABSENT", "UNKNOWN if is_sign_in else WHOLE"),
        Mutant("parameters of sign-ins are absent", _OCSF, "UNKNOWN if is_sign_in else NULL_OR_ABSENT", "NULL_OR_ABSENT"),
        Mutant("every sign-in says whether MFA was used", _OCSF, 'self.record.get("eventName") == "ConsoleLogin" and used', "used"),
        Mutant("who federates is known", _OCSF, 'self.mark("userIdentity", "identityProvider")', "pass"),
        Mutant("every event of the lake is CloudTrail's", _OCSF, '!= "CloudTrail"', '== ""'),
        Mutant("an unlisted member is known", "detector.archive.known", "members.get(step.text, members.get(OTHERS))", "members.get(step.text, WHOLE)"),
        Mutant("a partition is no column", _TABLES, "{**row, **self.partitions} if self.partitions else row", "row"),
        Mutant("partitions have no days", _LAYOUT, 'region=keys.get("region"), day=day', 'region=keys.get("region"), day=None'),
    ),
    ("test_archive_delays.py",): (
        Mutant("each file has all draws", _DELAYS, 'f"{seed}/{slot}/{name}"', 'f"{seed}/{slot}"'),
        Mutant("each slot has the same draw", _DELAYS, 'f"{seed}/{slot}/{name}"', 'f"{seed}/{name}"'),
        Mutant("the seed does nothing", _DELAYS, 'f"{seed}/{slot}/{name}"', 'f"{slot}/{name}"'),
        Mutant("folders change a draw", _DELAYS, "os.path.basename(source.path)", "source.path"),
        Mutant("delivered before it happened", _DELAYS, "return (slot + 1) * self.slot", "return slot * self.slot"),
        Mutant("a batch of one event weighs as much as any", _DELAYS, "- slot / 2, len(batch))", "- slot / 2, 1)"),
        Mutant("what cannot be early is late", _DELAYS, "        less += over\n", "        return kept\n"),
    ),
    ("test_edit.py",): (
        Mutant("replacements from the front", _EDIT, "sorted(replacements, reverse=True)", "sorted(replacements)"),
        Mutant("templates are text", _SPELLING, 're.sub(r"([$%])\\{", r"\\1\\1{", value)', "value"),
        Mutant("three quotes hold anything", _SPELLING, """and "'''" not in value """, ""),
        Mutant("a quote in YAML is one", _SPELLING, """line.replace("'", "''")""", "line"),
    ),
    ("test_detections.py", "test_detections_toml.py", "test_hostile_files.py"): (
        Mutant("true is a number", _STRICT, "isinstance(value, _TYPES[self]) and isinstance(value, bool) is (self is Kind.BOOLEAN)", "isinstance(value, _TYPES[self])"),
        Mutant("a list of anything is one of strings", _STRICT, "all(isinstance(item, str) for item in value)", "True"),
        Mutant("unknown keys are left out", _STRICT, "        if name not in allowed:\n            source.refuse(place", "        if name not in allowed:\n            continue\n            source.refuse(place"),
        Mutant("required keys are not", _STRICT, 'if name.endswith("!") and name[:-1] not in table:', "if False:"),
        Mutant("any depth", _STRICT, "        if depth > DEEPEST:\n", "        if False:\n"),
        Mutant("any number of digits", _STRICT, "        if isinstance(value, int) and value.bit_length() > _MOST_BITS:\n", "        if False:\n"),
        Mutant("the first filter has the place of the last", _STRICT, "                counts[section] += 1\n", "                counts[section] = 1\n"),
        Mutant("true is written as Python does", _TOML, "written = str(value).lower()", "written = str(value)"),
        Mutant("numbers lose what is behind the point", _TOML, "case float() if value.is_integer() and abs(value) < 1e15:", "case float() if abs(value) < 1e15:"),
        Mutant("a default value is not written", _TOML, '"default_value": metric_filter.default,', '"default_value": None,'),
        Mutant("the unit is not written", _TOML, '"unit": metric_filter.unit,', '"unit": None,'),
    ),
    ("test_sigma.py",): (
        Mutant("an absent field passes no negation", _SIGMA, "return NotExists(selector), Is(selector, Kind.NULL)", "return Is(selector, Kind.NULL), Is(selector, Kind.NULL)"),
        Mutant("null passes no negation", _SIGMA, "return NotExists(selector), Is(selector, Kind.NULL)", "return NotExists(selector), NotExists(selector)"),
        Mutant("not below is above", _SIGMA, "Op.LT: Op.GE", "Op.LT: Op.GT"),
        Mutant("a list that is empty fails a negation", _SIGMA, "Selector(self.selector.steps[:wildcard])", "self.selector"),
        Mutant("objects are compared", _SIGMA, "if self.path in _OBJECTS and", "if False and"),
        Mutant("a literal star is a wildcard", _SIGMA, '"*" in part for part', '"" == part for part'),
        Mutant("flags of a regex are lost", _SIGMA, "if value.flags:", "if False:"),
        Mutant("networks are silent", _SIGMA, "asked.note(Change.NETWORK)", "pass"),
        Mutant("numbers are silent", _SIGMA, "self.note(Change.ORDER)", "pass"),
        Mutant("the first place is silent", _SIGMA, "self.note(Change.LEFTMOST)", "pass"),
        Mutant("negated and is and", "detector.sigma.tree", "is not negated)", "is True)"),
        Mutant("guards are shared with what is negated", "detector.sigma.tree", "if term.selector in compared else", "if True else"),
        Mutant("a rule of a correlation is one of its own", "detector.sigma.convert", "continue  #", "pass  #"),
        Mutant("an event of two filters counts twice", "detector.sigma.splitting", "and (any_match or _exclusive(term))", ""),
        Mutant("every spelling is known", "detector.sigma.spelling", "if len(spellings) == 1", "if spellings"),
        Mutant("any number of values", "detector.sigma.reading", "if left[0] < 0:", "if False:"),
        Mutant("more than is as many as", "detector.sigma.alarms", '">": "GreaterThanThreshold"', '">": "GreaterThanOrEqualToThreshold"'),
        Mutant("hours for minutes", "detector.sigma.alarms", "if seconds % _MINUTE or", "if"),
    ),
    ("test_verify.py",): (
        Mutant("numbers begin with 0", "detector.aws.service", 'int(one["eventNumber"]) - 1', 'int(one["eventNumber"])'),
        Mutant("a refusal is an error", "detector.aws.service", "in _REFUSED:", "in set():"),
        Mutant("any number is a message", "detector.aws.service", "if not found <= set(range(len(messages))):", "if False:"),
        Mutant("no answer is agreement", _VERIFY, "return bool(self.answers) and not self.differences", "return not self.differences"),
        Mutant("the table does not matter", _VERIFY, "and not self.changed", ""),
        Mutant("calls are as long as they are", _VERIFY, "size + length > MOST_BYTES", "False"),
        Mutant("only what matches is sent", _VERIFY, "first = max(most // 2, most - len(others))", "first = most"),
        Mutant("a refused pattern has no matches here", _VERIFY, "Verdict.INVALID if ours is None", "Verdict.NO_MATCH if ours is None"),
    ),
    ("test_cache_law.py", "test_cache_store.py"): (
        Mutant("a replaced file is the same file", _KEYS, "told = (path, source.size, version, source.account", "told = (path, source.size, source.account"),
        Mutant("the clock is in no key", _KEYS, 'ELSEWHERE = {"paths",', 'ELSEWHERE = {"clock", "paths",'),
        Mutant("dedupe is in no key", _KEYS, 'ELSEWHERE = {"paths",', 'ELSEWHERE = {"dedupe", "paths",'),
        Mutant("whether all is decoded is in no key", _KEYS, '"strict": strict,', '"strict": True,'),
        Mutant("what is skipped is in no key", _KEYS, "if not strict and (skipping", "if strict and (skipping"),
        Mutant("the value is in no key", _KEYS, '"value": one.value}', '"value": ""}'),
        Mutant("the default value is in no key", _KEYS, "if one.default is not None:", "if not one.metric:"),
        Mutant("the pattern is in no key", _KEYS, '{"pattern": str(one.pattern),', '{"pattern": "",'),
        Mutant("files with problems are kept", _WRITER, "and share.is_sound", "and share.file >= 0"),
        Mutant("files at the edges of a time are kept", _WRITER, "(start is None or share.oldest >= start)", "(start is None or share.oldest >= 0)"),
        Mutant("files with evidence that is lost are kept", _FRAMES, "if one.file not in set(others)]", "if one.file >= 0]"),
        Mutant("what is kept twice counts twice", _LOOKUP, "more = mask & ~(before or 0)", "more = mask"),
        Mutant("every time is inside", _LOOKUP, 'pl.col("oldest") >= selection.start]', 'pl.col("oldest") >= 0]'),
        Mutant("tables are believed", _SEGMENT, "if _checksum(data) != self.checksums[name]:", "if not name:"),
        Mutant("headers are believed", _SEGMENT, "if _checksum(data) != folder.name or header is None:", "if header is None:"),
        Mutant("a segment takes its name before it is whole", _SEGMENT, "folder = unfinished / os.urandom(8).hex()", "folder = segments / os.urandom(8).hex()"),
        Mutant("what other versions kept is used", _STORE, "(segments if one.version == __version__ else foreign)", "(segments if one.version else foreign)"),
        Mutant("runs are pruned under", _STORE, "fcntl.LOCK_EX if alone else fcntl.LOCK_SH", "fcntl.LOCK_SH"),
        Mutant("nothing is ever gone", _PRUNING, '"://" in path or', '"/" in path or'),
        Mutant("what nobody asks for is not kept", _KEPT, "replace(plan, columns=None)", "plan"),
        Mutant("a new problem is nobody's", _KEPT, "        if left:", "        if left and not found.files:"),
    ),
    ("test_compare_archive.py",): (
        Mutant("a record counts for each filter", _SPLIT, "map(operator.ne, keys, chain((None,), keys))", "[1] * len(keys)"),
        Mutant("a stretch lacks its last second", _SPLIT, "others.since(self.time(last) + 1)", "others.since(self.time(last))"),
        Mutant("what stays is lost", _SPLIT, "old.which(map(operator.not_, stays))", "old"),
    ),
    ("test_trust.py",): (
        Mutant("the bucket is not signed", _DIGEST, "{self.bucket}/{self.key}", "{self.key}"),
        Mutant("a first digest signs nothing in place of null", _DIGEST, '"null" if self', '"" if self'),
        Mutant("the stored bytes are hashed", _DIGEST, "hash=sha256(content).hexdigest()", "hash=sha256(content[1:]).hexdigest()"),
        Mutant("the next digest's hash is not compared", _CHAIN, "following.previous_hash != digest.hash", "following.previous_hash is None"),
        Mutant("a removed digest is not missed", _CHAIN, "and previous not in invalid:", "and previous in invalid:"),
        Mutant("no hour is missed", _CHAIN, "if following.start > digest.end:", "if following.start > digest.end + 86_400:"),
        Mutant("a wrong signature will do", _CHAIN, "        if wrong:", "        if not signature:"),
        Mutant("no signature will do", _CHAIN, "bool(signature) and not wrong", "not wrong"),
        Mutant("a key is good for ever", _SIGNATURES, "if not known.is_of(digest.end):", "if not known.key:"),
        Mutant("digests may be exchanged", _TRUST, "        if _is_at_home(digest):", "        if digest.key:"),
        Mutant("log files are not compared", _TRUST, "elif found != log.hash:", "elif not found:"),
        Mutant("no log file is missed", _TRUST, "if name not in there and", "if name in there and"),
        Mutant("log files may be added", _TRUST, "any(start + HOUR <= time < end - HOUR", "any(start + HOUR <= time < start"),
        Mutant("all that no digest lists may be late", _TRUST, "last - HOUR <= time < last + LATE", "last - HOUR <= time"),
        Mutant("what no digest lists is verified", "detector.jobs.trust.result", "bool(self.verified) and covered and", "bool(self.verified) and"),
    ),
}  # fmt: skip
