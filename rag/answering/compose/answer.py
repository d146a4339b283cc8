"""The answer without an LLM: statements chosen, rendered, and cited by their exact spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.answering.compose.choose import Unit, flowing, one_item, spans_of, unit
from rag.answering.compose.columns import lacks_attribute
from rag.answering.compose.render import clean
from rag.answering.compose.said import text_of
from rag.answering.compose.score import HITS, Scored, in_other_language, read_with, says, scored
from rag.answering.inject import instructing
from rag.domain import Claim, Hit, Passage, Retrieved, Span
from rag.domain.statement import Statement
from rag.ports import Vectors
from rag.runtime import clock
from rag.text.answer_type import Kind, holds, kind_asked
from rag.text.attributes import lacks_plainly
from rag.text.in_force import in_force
from rag.text.labels import period_of
from rag.text.names import Name, asked_names, names_in
from rag.text.statement_filter import chosen
from rag.text.term_coverage import word_set

_NEAR, _ELSEWHERE = 1.2, 0.3  # how far behind the best a further statement may score: of its passage, of another
_SURE, _UNSURE = 0.85, 0.6  # probability of the best passage below which others are shown beside it, and how far behind
_WHICH = re.compile(
    r"哪(?:一?个|一|些|几个?)?(?:版本?|型号|款|套餐|档|年|章|条|地区|门店|网点|产品|机型|固件|更新|批次?)|什么(?:版本|型号|套餐)"
    r"|(?:since|in|as of|from|before|after) (?:which|what) (?:version|release|build|update)"
    r"|\b(?:which|what) (?:version|release|edition|model|plan|tier|year|product|device|section|article|store|branch)s?\b",
    re.IGNORECASE,
)
_FIRM = ("price", "contact", "duration")  # kinds whose shapes are known well enough to refuse without: dawn is a time, too
# Numbers that are no price, whatever is asked: 80 minutes, 24 V, 25 °C.
_MEASURED = re.compile(
    r"(?:\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b|[一二两三四五六七八九十]+)(?:\s*(?:–|-|to|±|至|到)\s*\d[\d.,]*)?\s*"
    r"(?:(?:milli)?seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|°\s?[CF]?|℃|m?V|m?A|k?W|k?N|bar|k?g|mm|cm|k?m|m?l|L|GB|MB"
    r"|TB|dB|Hz|rpm|秒|分钟|小时|天|日|周|月|年|度|伏|瓦|公?斤|千?克|毫?米|厘米|公里|毫?升|分贝|步|次|节|堂|课时|个?人|位|名|张|页)(?![A-Za-z])",
    re.IGNORECASE,
)
_SHARE = 0.5  # of the question's words; a best statement that has as many needs no other that has less than half of its
_UNITS = 3  # given at most
_WHOLE = 400  # characters up to which the best passage is given whole


@dataclass(frozen=True, slots=True)
class Composed:
    """Claims, the best first, with the hits that they point into; none where no hit says what is asked for."""

    claims: tuple[Claim, ...]
    retrieved: Retrieved


def compose(
    question: str,
    retrieved: Retrieved,
    query: Vectors,
    bits: Sequence[bytes],
    *,
    limit: int,
    scores: Sequence[Scored] | None = None,
    grow: Callable[[Retrieved, int], Retrieved] = lambda retrieved, _: retrieved,
    item: int | None = None,
) -> Composed:
    """What the statements of the hits answer.

    Args:
        query: (m, dim) token vectors of the question.
        bits: token bits of each hit.
        limit: most statements in all.
        scores: of the statements of these hits, where they are known already.
        grow: gives the hit at a place its whole section, for a procedure that was cut into several passages.
        item: the item of a list that is asked for, -1 for the last.
    """
    retrieved = harmless(retrieved)
    scores = scored(question, retrieved, query, bits) if scores is None else scores
    if not scores:
        return Composed((), retrieved)
    order = sorted(scores, key=lambda one: -one.score)
    if _is_cut(retrieved.hits[order[0].hit], order[0].statement):
        first = order[0]
        retrieved = harmless(grow(retrieved, first.hit))
        scores = scored(question, retrieved, query, bits)
        order = sorted(scores, key=lambda one: (_place(one) != _place(first), -one.score))
    if item is not None and (single := one_item(retrieved.hits[order[0].hit], order[0], item)) is not None:
        return Composed((_claim(retrieved.hits, single, headed=False),), retrieved)
    units = _units(question, retrieved, scores, order, limit)
    kind = kind_asked(question)
    # It is about that, and does not say how much or how long.
    if kind in _FIRM and not any(_holds_kind(retrieved.hits, unit, kind) for unit in units):
        return Composed((), retrieved)
    if all(_lacks(question, kind, retrieved.hits, unit) or _of_another_year(question, kind, retrieved, unit) for unit in units):
        return Composed((), retrieved)
    headed = _WHICH.search(question) is not None or _several(retrieved.hits, units) or _dated_above(kind, retrieved.hits, units)
    claims = [_claim(retrieved.hits, unit, headed=headed or _is_former(retrieved, unit)) for unit in units]
    return Composed(tuple(claims), retrieved)


def _holds_kind(hits: Sequence[Hit], unit: Unit, kind: Kind) -> bool:
    """Whether it holds such a thing; a bare number is enough where no address is asked for: four coins are a price."""
    hit = hits[unit.hit]
    if says(kind, hit, [hit.passage.statements[place] for place in unit.places]) is not False:
        return True
    return kind != "contact" and holds("amount", _MEASURED.sub(" ", unit.text)) is True


def _lacks(question: str, kind: Kind, hits: Sequence[Hit], unit: Unit) -> bool:
    """Whether it tells other attributes of the thing than the one asked for."""
    passage = hits[unit.hit].passage
    statements = [passage.statements[place] for place in unit.places]
    rows = [one for one in statements if one.kind == "row" and len(one.cells) > 1]
    prose = "\n".join(text_of(hits[unit.hit], one) for one in statements if not one.cells)
    above = "\n".join((passage.title, *passage.section, prose))
    if not rows:
        return kind not in ("steps", "reason", "yes_no", "other") and lacks_plainly(
            question, "\n".join((above, passage.context, unit.text))
        )
    return passage.kind not in ("faq", "case") and lacks_attribute(question, rows, above)


_YEAR = re.compile(r"(?<![\d.])(?:19|20)\d\d(?!\d)")
_BOUGHT = re.compile(r"买|购|下单|签|\b(?:bought|purchased|ordered|signed|joined)\b", re.IGNORECASE)


def _of_another_year(question: str, kind: Kind, retrieved: Retrieved, unit: Unit) -> bool:
    """Whether a price or number of a past year is asked for, and this says nothing of that year. A year in which something was
    bought only tells of a fact."""
    period, years = retrieved.period, _YEAR.findall(question)
    if not years or kind not in ("price", "amount") or _BOUGHT.search(question):
        return False
    if period is None or period.last is None or period.last >= clock.today():
        return False
    passage = retrieved.hits[unit.hit].passage
    if (held := period_of(passage)) is not None:
        return not held[0].meets(period)
    return not any(year in f"{passage.title}\n{passage.context}\n{passage.text}" for year in years)


def _is_former(retrieved: Retrieved, unit: Unit) -> bool:
    """Whether it answers for a time that was asked about and is over: then it says so."""
    held = period_of(retrieved.hits[unit.hit].passage)
    return retrieved.period is not None and held is not None and not in_force(held[0], None, clock.today())


def _several(hits: Sequence[Hit], units: Sequence[Unit]) -> bool:
    """Whether units come from different sections of one document, which only their headings tell apart."""
    passages = [hits[unit.hit].passage for unit in units]
    sections = {(passage.document_id, passage.section) for passage in passages if passage.kind not in ("faq", "case")}
    return len(sections) > 1 and len({document for document, _ in sections}) == 1


def _place(one: Scored) -> tuple[int, int]:
    return one.hit, one.statement.start


def _units(question: str, retrieved: Retrieved, scores: Sequence[Scored], order: Sequence[Scored], limit: int) -> list[Unit]:
    best, units, given = order[0], list[Unit](), set[tuple[int, int]]()
    names = asked_names(question)
    foreign = in_other_language(question, retrieved.hits[:HITS])
    elsewhere = _ELSEWHERE if retrieved.hits[best.hit].probability >= _SURE else _UNSURE
    for one in order:
        if len(units) >= _UNITS or best.score - one.score > _NEAR or len(given) >= limit:
            break
        if (one.hit, one.place) in given:
            continue
        if units and (
            (foreign[one.hit] and not foreign[best.hit])
            or _another_case(retrieved, best, one)
            or _sibling(retrieved, best, one)
            or _unnamed(retrieved, names, best, one)
            or (one.hit != best.hit and (best.score - one.score > elsewhere or _poorer(best, one)))
        ):
            continue
        if any(_within(retrieved.hits, one, other) for other in units):
            continue
        chosen = unit(question, retrieved.hits, scores, one)
        if any((chosen.hit, place) in given for place in chosen.places) or chosen.text in [other.text for other in units]:
            continue
        given.update((chosen.hit, place) for place in chosen.places)
        units.append(chosen)
    return _whole(question, retrieved.hits, best, units)


def _within(hits: Sequence[Hit], one: Scored, unit: Unit) -> bool:
    """Whether the statement was given already, by a hit that has grown over its passage."""
    passage, its = hits[unit.hit].passage, hits[one.hit].passage
    if (passage.document_id, passage.version) != (its.document_id, its.version):
        return False
    first, last = passage.statements[unit.places[0]], passage.statements[unit.places[-1]]
    return first.start <= one.statement.start and one.statement.end <= last.end


def _is_cut(hit: Hit, best: Statement) -> bool:
    """Whether the statement is a step of a procedure that goes on in another passage."""
    held = sum(one.kind == "step" and one.group == best.group for one in hit.passage.statements)
    return best.kind == "step" and best.total > held


def harmless(retrieved: Retrieved) -> Retrieved:
    """The hits without statements that tell an assistant what to do, and without empty ones: whatever is given whole is given
    without them."""
    return replace(retrieved, hits=tuple(map(_without_instructions, retrieved.hits)))


def _without_instructions(hit: Hit) -> Hit:
    passage = hit.passage
    kept = tuple(
        one
        for one in passage.statements
        if text_of(hit, one).strip() and not instructing(passage.text, one.start - passage.start, one.end - passage.start)
    )
    return hit if len(kept) == len(passage.statements) else replace(hit, passage=replace(passage, statements=kept))


def _another_case(retrieved: Retrieved, best: Scored, other: Scored) -> bool:
    """One settled case answers: others of its symptom were ranked behind it."""
    return best.hit != other.hit and all(retrieved.hits[one.hit].passage.kind == "case" for one in (best, other))


def _poorer(best: Scored, other: Scored) -> bool:
    return best.around >= _SHARE and other.around < _SHARE * best.around


def _sibling(retrieved: Retrieved, best: Scored, other: Scored) -> bool:
    """Whether words of the question stand over the best statement (its headings, its table's caption, its row's label) that
    do not stand over the other one, and none the other way round: that one is about another thing of the kind."""
    terms = set(retrieved.terms)
    mine, its = (_over(retrieved.hits[one.hit], one.statement) & terms for one in (best, other))
    return bool(mine - its) and not its - mine


def _unnamed(retrieved: Retrieved, names: Sequence[Name], best: Scored, other: Scored) -> bool:
    """Whether the best statement has a name of the question that the other one, by itself and what stands over it, has not."""
    return any(
        one.key in _names(retrieved.hits[best.hit], best.statement)
        and one.key not in _names(retrieved.hits[other.hit], other.statement)
        for one in names
    )


def _names(hit: Hit, one: Statement) -> frozenset[str]:
    fields = map(str, hit.passage.fields.values())
    text = "\n".join((*hit.passage.section, *fields, one.above, one.label, read_with(hit, one)))
    return frozenset(name.key for name in names_in(text))


def _over(hit: Hit, one: Statement) -> frozenset[str]:
    return word_set("\n".join((*hit.passage.section, one.lead, one.above, one.label)))


def _whole(question: str, hits: Sequence[Hit], best: Scored, units: list[Unit]) -> list[Unit]:
    """With the rest of the best passage, where that is short prose: its sentences need each other. Not with what it says of
    others than the question names."""
    passage = hits[best.hit].passage
    kinds = {one.kind for one in passage.statements}
    if passage.kind in ("faq", "case") or kinds & {"row", "field", "note"} or len(passage.text) > _WHOLE:
        return units
    all_ = [text_of(hits[best.hit], one) for one in passage.statements]
    meant = chosen(passage.statements, question, asked_names(question), None, clock.today(), all_)
    places = [place for place, kept in enumerate(meant) if kept]
    return [Unit(best.hit, tuple(places), flowing(hits[best.hit], places)), *(u for u in units if u.hit != best.hit)]


_GENERIC = re.compile(
    r"added|changed|fixed|removed|deprecated|security|improve(?:ments|d)|new(?: features)?|features|(?:bug )?fixes|known issues"
    r"|other"
    r"|新增(?:功能)?|新功能|变更|修复|优化|改进|移除|删除|其他|其它|已知问题|问题修复|功能优化",
    re.IGNORECASE,
)


def _heading(passage: Passage) -> str:
    """The innermost heading that says which one it is: of `4.2.0 › Added` the first."""
    own = [one for one in passage.section if not _GENERIC.fullmatch(one.strip())]
    return own[-1] if own else passage.section[-1] if passage.section else passage.title


def _dated_above(kind: Kind, hits: Sequence[Hit], units: Sequence[Unit]) -> bool:
    """Whether it is asked when, and only the heading of what answers has a date."""
    if kind != "when" or not units:
        return False
    return not _DATED.search(units[0].text) and _DATED.search(_heading(hits[units[0].hit].passage)) is not None


_DATED = re.compile(r"(?:19|20)\d\d[-/.年]\s?\d{1,2}|\d{1,2}\s?月\s?\d{1,2}\s?日|\b(?:19|20)\d\d\b")


def _claim(hits: Sequence[Hit], unit: Unit, *, headed: bool) -> Claim:
    """`headed`: with the heading, which is what the question asks for."""
    passage = hits[unit.hit].passage
    spans = spans_of(passage, unit.places)
    heading = clean(_heading(passage)) if headed else ""
    text = f"{heading}\n{unit.text}" if heading and heading not in unit.text else unit.text
    return Claim(text, (Span(unit.hit, spans[0][0], spans[-1][1], spans if len(spans) > 1 else ()),))
