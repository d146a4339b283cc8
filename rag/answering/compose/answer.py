"""The answer without an LLM: statements chosen, rendered, and cited by their exact spans."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.compose.choose import Unit, flowing, spans_of, unit
from rag.answering.compose.render import clean
from rag.answering.compose.score import Scored, scored, text_of
from rag.answering.inject import instructing
from rag.domain import Claim, Hit, Retrieved, Span
from rag.library.coverage import word_set
from rag.ports import Vectors
from rag.statement import Statement

_NEAR, _ELSEWHERE = 1.2, 0.3  # how far behind the best a further statement may score: of its passage, of another
_SURE, _UNSURE = 0.9, 1.2  # probability of the best passage below which others are shown beside it, and how far behind
_WHICH = re.compile(
    r"哪(?:一?个|一|些|几个?)?(?:版本?|型号|款|套餐|档|年|章|条|地区|门店|网点|产品|机型)|什么(?:版本|型号|套餐)"
    r"|\b(?:which|what) (?:version|release|edition|model|plan|tier|year|product|device|section|article|store|branch)s?\b",
    re.IGNORECASE,
)
_UNITS = 3  # given at most
_WHOLE = 400  # characters up to which the best passage is given whole


def compose(question: str, found: Retrieved, query: Vectors, bits: Sequence[bytes], *, limit: int) -> list[Claim]:
    """Claims, the best first; empty when no hit has a statement.

    query: (m, dim) token vectors of the question, bits: token bits of each hit; `limit`: most statements in all.
    """
    scores = [one for one in scored(question, found, query, bits) if not _instructs(found.hits[one.hit], one)]
    if not scores:
        return []
    order = sorted(scores, key=lambda one: -one.score)
    best, units, given = order[0], list[Unit](), set[tuple[int, int]]()
    elsewhere = _ELSEWHERE if found.hits[best.hit].probability >= _SURE else _UNSURE
    for one in order:
        if len(units) >= _UNITS or best.score - one.score > _NEAR or len(given) >= limit:
            break
        if (one.hit, one.place) in given:
            continue
        if units and (_sibling(found, best, one) or (one.hit != best.hit and best.score - one.score > elsewhere)):
            continue
        made = unit(found.hits, scores, one)
        if any((made.hit, place) in given for place in made.places) or made.text in [other.text for other in units]:
            continue
        given.update((made.hit, place) for place in made.places)
        units.append(made)
    units = _whole(found.hits, best, units)
    named = _WHICH.search(question) is not None
    return [_claim(found.hits, made, headed=named) for made in units]


def _instructs(hit: Hit, one: Scored) -> bool:
    start, passage = one.statement.start - hit.passage.start, hit.passage
    return instructing(passage.text, start, one.statement.end - passage.start) or not text_of(hit, one.statement).strip()


def _sibling(found: Retrieved, best: Scored, other: Scored) -> bool:
    """Whether words of the question stand over the best statement (its headings, its table's caption, its row's label) that
    do not stand over the other one, and none the other way round: that one is about another thing of the kind."""
    terms = set(found.terms)
    mine, its = (_over(found.hits[one.hit], one.statement) & terms for one in (best, other))
    return bool(mine - its) and not its - mine


def _over(hit: Hit, one: Statement) -> frozenset[str]:
    return word_set("\n".join((*hit.passage.section, one.lead, one.above, one.label)))


def _whole(hits: Sequence[Hit], best: Scored, units: list[Unit]) -> list[Unit]:
    """With the rest of the best passage, where that is short prose: its sentences need each other."""
    passage = hits[best.hit].passage
    kinds = {one.kind for one in passage.statements}
    if passage.kind in ("faq", "case") or kinds & {"row", "field", "note"} or len(passage.text) > _WHOLE:
        return units
    places = range(len(passage.statements))
    return [Unit(best.hit, tuple(places), flowing(hits[best.hit], places)), *(u for u in units if u.hit != best.hit)]


def _claim(hits: Sequence[Hit], made: Unit, *, headed: bool) -> Claim:
    """`headed`: with the heading, which is what the question asks for."""
    passage = hits[made.hit].passage
    spans = spans_of(passage, made.places)
    heading = clean(passage.section[-1]) if headed and passage.section else ""
    text = f"{heading}\n{made.text}" if heading and heading not in made.text else made.text
    return Claim(text, (Span(made.hit, spans[0][0], spans[-1][1], spans if len(spans) > 1 else ()),))
