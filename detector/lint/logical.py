"""D101 to D105 and D107: what can never be true, what always is, and what changes nothing.

In: a pattern. Out: drafts. Each is a proof over all events, or, for a pattern about CloudTrail, over all records
that its members allow (`detector.relation.prover`); what is too large to be decided is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from detector.lint.finding import Draft, Edit, Promise
from detector.lint.subject import TEXT, Subject, is_known, path_of
from detector.lint.trees import alternatives, joined, removed, span_of, text_span
from detector.pattern.syntax import And, Compare, Expr, Op, Or, Selector, conditions
from detector.relation.prover import Logic, Undecided


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about a pattern's logic; the first two kinds rule out the others."""
    try:
        found = list(_never(subject)) or list(_always(subject)) or list(_nearly(subject))
        yield from found or _idle(subject)
    except Undecided:
        return


def _never(subject: Subject) -> Iterator[Draft]:
    logic = subject.logic(subject.expr)
    whole = logic.never(subject.expr)
    found = [
        _impossible_draft(subject, node, logic, whole=whole) for node in _impossible(subject.expr, logic)
    ]
    rest = None if whole or any(draft.edits for draft in found) else _possible(subject.expr, logic)
    yield from _instead(subject, found, rest)


def _possible(node: Expr, logic: Logic) -> Expr | None:
    """The tree without the alternatives that no event makes true; None where nothing is left."""
    if isinstance(node, And | Or):
        terms = [_possible(term, logic) for term in node.terms]
        kept = tuple(term for term in terms if term is not None)
        if not kept or (isinstance(node, And) and len(kept) < len(terms)):
            return None
        node = kept[0] if len(kept) == 1 else type(node)(kept)
    return None if logic.never(node) else node


def _instead(subject: Subject, found: list[Draft], rest: Expr | None) -> Iterator[Draft]:
    """The drafts; where it is known what is left of the pattern, all of them suggest that."""
    where = text_span(subject.source, subject.expr)
    for draft in found:
        edits = draft.edits if rest is None else ((where, str(rest)),)
        yield replace(draft, edits=edits, promise=draft.promise if rest is None else Promise.SAME)


def _impossible(node: Expr, logic: Logic) -> Iterator[Expr]:
    """The smallest parts of the tree that no event makes true."""
    inner = list(node.terms) if isinstance(node, And | Or) else []
    below = [found for term in inner for found in _impossible(term, logic)]
    if below:
        yield from below
    elif logic.never(node):
        yield node


def _impossible_draft(subject: Subject, node: Expr, logic: Logic, *, whole: bool) -> Draft:
    code = "D101" if whole else "D102"
    edits: tuple[Edit, ...] = ()
    end = "the pattern can never match" if whole else "this part of the pattern counts nothing"
    if not isinstance(node, And):
        leaf = conditions(node)[0]
        said = f"{leaf} is true of no event; {end}"
        if isinstance(leaf, Compare) and leaf.op is Op.NE:
            why = "!= needs a string or a number that differs, and every one is like *"
            said = f"{leaf} is true of no event: {why}; {end}"
            edits = ((leaf.span, f"{leaf.selector} NOT EXISTS"),)
        return Draft(code, leaf.span, said, edits, conditions=(leaf,), selector=leaf.selector)
    one, other = _contradiction(node, logic)
    said = f"{_short(one)} and {_short(other)} cannot both be true; {end}"
    meant = _meant_or(node, one, other)
    edits = ((text_span(subject.source, node), f"({meant})"),) if meant else ()
    return Draft(code, span_of(other), said, edits, conditions=conditions(node))


def _contradiction(node: And, logic: Logic) -> tuple[Expr, Expr]:
    """Two terms that exclude each other; the first and the last where it takes more."""
    for place, other in enumerate(node.terms):
        for one in node.terms[:place]:
            if logic.never(And((one, other))):
                return one, other
    return node.terms[0], node.terms[-1]


def _meant_or(node: And, one: Expr, other: Expr) -> str:
    """The terms with || between all the values that are asked of one field; empty where that was not it."""
    pair = [term for term in (one, other) if isinstance(term, Compare) and term.op is Op.EQ]
    if len(pair) < 2 or pair[0].selector != pair[1].selector:  # noqa: PLR2004 - a pair
        return ""
    asked = (pair[0].selector, Op.EQ)
    same = [term for term in node.terms if isinstance(term, Compare) and (term.selector, term.op) == asked]
    rest = [term for term in node.terms if term not in same]
    either = joined(Or, same)
    return joined(And, rest) + f" && ({either})" if rest else either


def _short(expr: Expr, limit: int = 90) -> str:
    text = str(expr)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _always(subject: Subject) -> Iterator[Draft]:
    for node in alternatives(subject.expr):
        terms = _exclusions(node)
        for selector, chosen in terms.items():
            if len(chosen) > 1 and _covers(subject, chosen):
                yield _always_draft(subject, node, selector, chosen)
                return
    if subject.logic(subject.expr).always(subject.expr):
        said = "every event makes this true: the filter counts all there is"
        yield Draft("D107", span_of(subject.expr), said, conditions=subject.leaves)


def _exclusions(node: Or) -> dict[Selector, list[Compare]]:
    """The comparisons for equality among the alternatives, by selector."""
    found: dict[Selector, list[Compare]] = {}
    for term in node.terms:
        if isinstance(term, Compare) and not term.op.is_ordering and term.selector.wildcard is None:
            found.setdefault(term.selector, []).append(term)
    return {selector: terms for selector, terms in found.items() if any(one.op is Op.NE for one in terms)}


def _covers(subject: Subject, terms: Sequence[Compare]) -> bool:
    """Whether every text makes one of them true, and it takes more than one for that."""
    logic = subject.logic(Or(tuple(terms)), domain=lambda _: TEXT)
    return logic.always(Or(tuple(terms))) and not any(logic.always(term) for term in terms)


def _always_draft(subject: Subject, node: Or, selector: Selector, terms: Sequence[Compare]) -> Draft:
    excluded = [term for term in terms if term.op is Op.NE]
    every = f"every event in which {selector} is text"
    said = f"{' || '.join(map(str, terms))} is true of {every}: what one excludes, the other lets in"
    edits: tuple[Edit, ...] = ()
    if len(excluded) == len(terms) == len(node.terms):
        edits = ((text_span(subject.source, node), f"({joined(And, list(node.terms))})"),)
        said += "; && leaves out each of them"
    return Draft("D103", span_of(terms[-1]), said, edits, Promise.NARROWER, None, selector, conditions(node))


def _nearly(subject: Subject) -> Iterator[Draft]:
    """An || with an exclusion beside other conditions that lets nearly every record in."""
    top = subject.expr
    if not subject.is_cloudtrail or not isinstance(top, Or):
        return
    bare = [term for term in top.terms if excludes_little(term)]
    if not bare:
        return
    rest = [term for term in top.terms if term not in bare]
    asked = (leaf for term in rest for leaf in conditions(term))
    if not any(isinstance(leaf, Compare) and leaf.op is not Op.NE for leaf in asked):
        return  # an || of exclusions alone leaves out a combination, as a negated && does
    listed = " and ".join(f"{term.selector} = {term.value}" for term in bare if isinstance(term, Compare))
    listed = listed if len(bare) == 1 else f"{'both' if len(bare) == 2 else 'all of'} {listed}"  # noqa: PLR2004 - a pair
    also = "the other conditions matter" if len(rest) > 1 else "the other condition matters"
    said = f"matches every record but those with {listed}: a != beside || lets in all that it does not name"
    said += f", and {also} for nothing else"
    grouped = f"({joined(Or, rest)})" if len(rest) > 1 or isinstance(rest[0], And) else str(rest[0])
    fixed = " && ".join([grouped, *(str(term) for term in bare)])
    yield Draft(
        "D104",
        span_of(bare[0]),
        f"{said}; && leaves {'them' if len(bare) == 1 else 'each of them'} out",
        ((text_span(subject.source, top), fixed),),
        Promise.NARROWER,
        conditions=tuple(conditions(top)),
    )


_MANY_VALUED = {
    ("eventName",),
    ("eventSource",),
    ("sourceIPAddress",),
    ("userAgent",),
    ("eventID",),
    ("requestID",),
}


def excludes_little(term: Expr) -> bool:
    """Whether a term is a != on a field that every record has and that has very many values."""
    return (
        isinstance(term, Compare)
        and term.op is Op.NE
        and term.selector.wildcard is None
        and path_of(term.selector) in _MANY_VALUED
        and str(term.value).strip('"*') != ""
    )


def _idle(subject: Subject) -> Iterator[Draft]:
    """Terms without which the pattern matches the same events, one at a time."""
    left = subject.expr
    logic = subject.logic(subject.expr)
    found = []
    for node, term in list(_terms(subject.expr)):
        if subject.is_cloudtrail and not all(is_known(leaf.selector) for leaf in conditions(term)):
            continue
        without = removed(left, term)
        try:
            if without is None or not logic.same(left, without):
                continue
            draft = Draft(
                "D105",
                span_of(term),
                f"{_short(term)} changes nothing{_because(subject, node, term)}",
                promise=Promise.SAME,
                conditions=conditions(term),
            )
        except Undecided:  # what was found before is proved all the same
            break
        left = without
        found.append(draft)
    yield from _instead(subject, found, left)


def _terms(node: Expr) -> Iterator[tuple[And | Or, Expr]]:
    """Every term with its node, the last ones first: of two equal ones the second is idle."""
    if isinstance(node, And | Or):
        for term in reversed(node.terms):
            yield node, term
            yield from _terms(term)


def _because(subject: Subject, node: And | Or, term: Expr) -> str:
    others = [one for one in node.terms if one is not term]
    for other in others:
        if other == term:
            return ": the same condition stands there twice"
    for other in others:
        logic = subject.logic(And((term, other)))
        one, two = (other, term) if isinstance(node, And) else (term, other)
        if not logic.can_be(one, two):
            if isinstance(node, And):
                return f": {_short(other)} holds only where it holds"
            return f": {_short(other)} already lets in all that it lets in{_left_out(term, other)}"
    return ": the rest of the pattern decides without it"


def _left_out(term: Expr, other: Expr) -> str:
    """For two exclusions joined by ||: what was probably meant."""
    both = [one for one in (term, other) if isinstance(one, Compare) and one.op is Op.NE]
    same = len(both) == 2 and both[0].selector == both[1].selector  # noqa: PLR2004 - a pair
    return "; && leaves out what each of them names" if same else ""
