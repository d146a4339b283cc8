"""How well each statement of the hits answers, from what is stored: token bits, words. No embedding but the question's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.answering.compose.columns import of_attribute, pinned
from rag.answering.compose.extreme import asks_extreme, extreme
from rag.answering.compose.holders import holders
from rag.answering.compose.introduced import otherwise_introduced
from rag.answering.compose.overview import overviews, tables_of
from rag.answering.compose.said import text_of
from rag.answering.compose.values import is_named
from rag.domain import Hit, Retrieved
from rag.domain.statement import Period, Statement
from rag.index.languages import plainly_chinese
from rag.index.late_interaction import best_in
from rag.ports import Vectors
from rag.runtime import clock
from rag.text.answer_type import Kind, holds, kind_asked
from rag.text.everyday import things_of
from rag.text.names import Name, asked_names, matched, sides
from rag.text.references import only_refers
from rag.text.statement_filter import chosen
from rag.text.term_coverage import coverage, word_set
from rag.text.tokens import is_chinese, one_line, words

HITS = 5  # passages whose statements compete
_ENTRIES = ("faq", "case")
_HEAD = 0.9  # of a match with a token of the title and headings, against one of the statement itself
_VALUE = 0.7  # for each cell whose value stands in the question
_LATE, _HIT = 8.0, 0.7  # of its own tokens, of its passage among the others
_KIND = 0.5  # against a statement that holds nothing of the kind that is asked for: no amount, no time
_ATTRIBUTE = 1.0  # of a row whose label is the attribute that is asked for, in whatever words
_CALLED = 1.0  # of a row whose label is the name that is asked about; a share of it where the label says more
_PINNED = 3.5  # of a row of which the question names both the thing and what is asked of it
_FOREIGN = 0.5  # against a statement in the other language, where the question's own has some as well
_REFERS = 0.8  # against a sentence that only says where something is told
_WHETHER = 1.5  # against an entry that says whether something is so, where it is asked how to do it
_STEP = 0.5  # of a step, where it is asked how to do something
_TEXT = ("sentence", "item", "note")
_NO_CELL = ("steps", "reason")  # what no cell answers
_COUNTED = frozenset("一 二 三 四 五 六 七 八 九 十".split())


@dataclass(frozen=True, slots=True)
class Scored:
    """A statement of the hit at position `hit`, its place among the passage's statements, and what speaks for it.

    late: late interaction of its own tokens, about −1..1; covered: share (0–1) of the question's words in it and in its cells'
    names; around: the same with what stands above it (title, headings, what introduces it); values: cells whose value stands
    in the question; own: the score without the passage's place among the others.
    """

    hit: int
    place: int
    statement: Statement
    late: float
    covered: float
    around: float
    values: int
    own: float
    score: float


def read_with(hit: Hit, one: Statement) -> str:
    """The statement with the names of its cells and what introduces it: what a reader of the row has before the eyes."""
    names = " ".join(cell.name for cell in one.cells)
    values = " ".join(cell.value for cell in one.cells)
    return " ".join(filter(None, (one.lead, one.above, names, values or text_of(hit, one))))


def scored(question: str, retrieved: Retrieved, query: Vectors, bits: Sequence[bytes]) -> list[Scored]:
    """All statements of the first hits in reading order.

    query: (m, dim) the question's token vectors; bits: token bits of each hit.
    """
    names, today = asked_names(question), clock.today()
    out_of_table = otherwise_introduced(question, retrieved.hits[:HITS])
    pairs = [
        (at, n, one)
        for at, hit in enumerate(retrieved.hits[:HITS])
        for n, one in _meant(hit, question, names, retrieved.period, today)
        if one.kind != "row" or (at, one.group) not in out_of_table
    ]
    late = _late(retrieved.hits, pairs, query, bits)
    plain, kind = one_line(question), kind_asked(question)
    # Names of whole passages have chosen among the hits already: here they would only favour whatever repeats them.
    called = [label for hit in retrieved.hits[:HITS] for label in (hit.passage.context, *map(str, hit.passage.fields.values()))]
    decided = frozenset(word for name in names if sides([name], called) == "matches" for word in words(name.text))
    kept = [(term, weight) for term, weight in zip(retrieved.terms, retrieved.idf, strict=True) if term not in decided]
    terms, idf = [term for term, _ in kept], np.array([weight for _, weight in kept], np.float32)
    things, out = things_of(question), []
    foreign = in_other_language(question, retrieved.hits[:HITS])
    chosen_rows = _chosen_rows(question, retrieved.hits[:HITS])
    for (at, n, one), own in zip(pairs, late.tolist(), strict=True):
        hit = retrieved.hits[at]
        text = read_with(hit, one)
        if hit.passage.kind in _ENTRIES:  # an answer says what its question asks
            text = f"{hit.passage.context}\n{text}"
        covered = coverage(terms, idf, text, things=things)
        around = coverage(terms, idf, f"{hit.passage.context}\n{text}", things=things) if covered < 1 else 1.0
        values = named_values(one, plain)
        score = _LATE * own + covered + around + _VALUE * values
        if says(kind, hit, [one]) is False:
            score -= _KIND
        if foreign[at]:
            score -= _FOREIGN
        if one.kind in _TEXT and kind != "where" and only_refers(text_of(hit, one)):
            score -= _REFERS
        if kind == "steps" and _says_whether(hit):
            score -= _WHETHER
        if kind == "steps" and one.kind == "step":
            score += _STEP
        if of_attribute(question, one):
            score += _ATTRIBUTE if len(words(one.label or one.cells[0].value)) < 2 else _ATTRIBUTE / 2
        if one.kind == "row" and one.cells and names:  # of rows with a name the one that is called so, and little else
            score += _CALLED * matched_share(names, one.label or one.cells[0].value)
        if one.kind == "row" and kind not in _NO_CELL:
            score += _PINNED * max(pinned(question, one, rows_beside(hit, one)), float((at, one.start) in chosen_rows))
        out.append(Scored(at, n, one, own, covered, around, values, score, score + _HIT * hit.score))
    return out


def _chosen_rows(question: str, hits: Sequence[Hit]) -> set[tuple[int, int]]:
    """Hits and starts of the rows that a table is asked to pick, else of tables that are asked for as a whole."""
    picked = {(at, one.start) for at, hit in enumerate(hits) for one in picked_rows(question, hit)}
    return picked or {(at, one.start) for at, hit in enumerate(hits) for rows in overviews(question, hit) for one in rows}


def picked_rows(question: str, hit: Hit) -> list[Statement]:
    """Rows of the hit's tables with the least or the most of what is asked for, or for which it holds."""
    return [rows[at] for rows in tables_of(hit) for at, _ in picked(question, rows, hit.passage.context)]


def picked(question: str, rows: Sequence[Statement], above: str) -> list[tuple[int, Statement]]:
    """Of the rows of one table, as `extreme` and `holders`."""
    return extreme(question, rows, above) if asks_extreme(question) else holders(question, rows, above)


def _says_whether(hit: Hit) -> bool:
    """Whether it is a FAQ's entry that a yes or no answers, without steps: `Does cancelling delete my account?`"""
    kind = kind_asked(hit.passage.context.rsplit("\n", 1)[-1]) if hit.passage.kind == "faq" else "other"
    return kind == "yes_no" and all(one.kind != "step" for one in hit.passage.statements)


def matched_share(names: Sequence[Name], label: str) -> float:
    """How much (0–1) of a label the names are: a half of `Doorbell D3`, nothing where it has none of them."""
    if not matched(names, [label]):
        return 0.0
    called = word_set(label)
    return min(1.0, len({word for name in names for word in words(name.text)} & called) / max(len(called), 1))


def in_other_language(question: str, hits: Sequence[Hit]) -> list[bool]:
    """Of each hit whether it is in the other language than the question; none is where all are."""
    chinese = is_chinese(question)
    foreign = [plainly_chinese(hit.passage.text) is (not chinese) for hit in hits]
    return [False] * len(foreign) if all(foreign) else foreign


def rows_beside(hit: Hit, row: Statement) -> list[Statement]:
    """The rows of its table that the passage has, the row among them."""
    return [one for one in hit.passage.statements if one.kind == "row" and one.group == row.group and one.cells]


def _meant(hit: Hit, question: str, names: Sequence[Name], wanted: Period | None, today: int) -> list[tuple[int, Statement]]:
    """The statements that the question may be about: not of another name, not over."""
    speaking = _speaking(hit)
    keep = chosen([one for _, one in speaking], question, names, wanted, today, [text_of(hit, one) for _, one in speaking])
    return [pair for pair, kept in zip(speaking, keep, strict=True) if kept]


def _speaking(hit: Hit) -> list[tuple[int, Statement]]:
    """The statements but those that only introduce others: the words of an introduction count for what it introduces."""
    statements = hit.passage.statements
    leads = {_bare(one.lead) for one in statements if one.lead}
    kept = [
        (n, one)
        for n, one in enumerate(statements)
        if one.cells or one.mark or not leads or not any(_bare(text_of(hit, one)).startswith(lead) for lead in leads)
    ]
    return kept or list(enumerate(statements))


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(":：。.,，;； ")


def named_values(one: Statement, question: str) -> int:
    """How many cells' values, and section rows, a question (of `one_line`) names."""
    return sum(is_named(cell.value, question) for cell in one.cells) + is_under(one, question)


def is_under(one: Statement, question: str) -> bool:
    """Whether the section row above a row is named in the question, its numbering aside: 二、寄修服务, Mail-in service."""
    heading_words = word_set(one.above) - _COUNTED
    return bool(heading_words) and 2 * len(heading_words & word_set(question)) >= len(heading_words)


def says(kind: Kind, hit: Hit, statements: Iterable[Statement]) -> bool | None:
    """Whether one of the statements holds such a thing as is asked for; None where shapes do not tell."""
    if holds(kind, "") is None:
        return None
    return any(
        holds(kind, text_of(hit, one)) or any(holds(kind, f"{cell.name}: {cell.value}") for cell in one.cells)
        for one in statements
    )


def _late(
    hits: Sequence[Hit], pairs: Sequence[tuple[int, int, Statement]], query: Vectors, bits: Sequence[bytes]
) -> NDArray[np.float32]:
    ranges = [(at, *one.tokens) for at, _, one in pairs]
    if not len(query) or not any(last > first for _, first, last in ranges):
        return np.zeros(len(pairs), np.float32)
    heads = {at: (at, 0, min((a for o, a, b in ranges if o == at and b > a), default=0)) for at, _, _ in ranges}
    late = best_in(query, bits, [*ranges, *heads.values()])
    above = dict(zip(heads, late[:, len(ranges) :].T, strict=True))
    best = np.stack(
        [
            np.maximum(own, (1.0 if hits[at].passage.kind in _ENTRIES else _HEAD) * above[at])
            for (at, _, _), own in zip(ranges, late[:, : len(ranges)].T, strict=True)
        ],
        axis=1,
    )
    weights = best.max(axis=1) - best.mean(axis=1) + 1e-3
    return np.asarray(weights @ best / weights.sum(), np.float32)
