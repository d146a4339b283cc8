"""Whether a hit answers however improbable it looks: it says nearly all that is asked, under a heading that is asked for.

The probability knows a passage as a whole, among others. A row whose label and section are both named in the question, or a
FAQ entry asked in its own words with a year before them, is sure by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rag.answering.compose.columns import SURE, pinned
from rag.answering.compose.overview import overviews
from rag.answering.compose.score import HITS, named_values, picked_rows, read_with, rows_beside, says
from rag.domain import Hit, Retrieved
from rag.domain.statement import Statement
from rag.index.languages import plainly_chinese
from rag.runtime import clock
from rag.text.answer_type import Kind, holds, kind_asked
from rag.text.everyday import Things, is_said, things_of
from rag.text.existence import thing_asked
from rag.text.in_force import in_force
from rag.text.labels import labels, period_of
from rag.text.names import asked_names, matched, sides
from rag.text.term_coverage import coverage, word_set
from rag.text.tokens import is_chinese, one_line, words

_SAID = 0.8  # of the question's words, by idf, that the hit must say
_CALLED = 0.5  # of the words of its heading or phrasing that the question must have
_ALL = 0.999  # of them, where one statement says it
_SEVERAL = 3  # words of a question that a statement in the other language says all
_VALUES = 2  # cells of a row that the question names
_HITS = 3
_CODE = 0.6  # probability from which on a passage explains a code that stands in it
_DATE = re.compile(
    r"(?:19|20)\d\d\s*年?(?:\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?|\s*(?:q[1-4]|第?[一二三四1-4]季度))?"
    r"|\b(?:in\s+)?(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+(?:19|20)\d\d"
    r"|\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?"
)


def certain(question: str, retrieved: Retrieved) -> bool:
    """Whether one of the first hits is sure to answer, by its own words alone."""
    near = [hit for hit in retrieved.hits[:_HITS] if not hit.aside]
    return any(_says(question, retrieved, hit) for hit in near) or _explains_code(question, retrieved)


def _explains_code(question: str, retrieved: Retrieved) -> bool:
    """Whether a passage that is not improbable has, among others of its kind, the very code that is asked about: E405. Whether
    the C2 has a thing is no question about the C2's name."""
    names = asked_names(question) if thing_asked(question) is None else ()
    for hit in retrieved.hits[:HITS] if names else ():
        above = (hit.passage.context, *map(str, hit.passage.fields.values()))
        inside = [name for name in names if sides([name], above) != "matches"]
        if not hit.aside and hit.probability >= _CODE and matched(inside, [], hit.passage.text):
            return True
    return False


def _says(question: str, retrieved: Retrieved, hit: Hit) -> bool:
    plain, kind = one_line(question), kind_asked(question)
    rows = [one for one in hit.passage.statements if one.kind == "row"]
    for row in rows:
        if named_values(row, plain) >= _VALUES and says(kind, hit, [row]) is not False:
            return True
        if kind not in ("steps", "reason") and pinned(question, row, rows_beside(hit, row)) >= SURE:
            return True
    if overviews(question, hit) or picked_rows(question, hit) or _all_said(question, kind, retrieved, hit):
        return True
    terms, idf = _rest(plain, retrieved, hit)
    text, things = f"{hit.passage.context}\n{hit.passage.text}", things_of(question)
    if not terms or coverage(terms, idf, text, things=things) < _SAID or holds(kind, text) is False:
        return False
    return _is_called(_title(hit), retrieved.terms, things) and coverage(terms, idf, _title(hit), things=things) > 0


def _is_called(title: str, terms: Sequence[str], things: Things) -> bool:
    """Whether a title is what is asked for: half of its words are, as they stand there or under another name."""
    called = word_set(title)
    said = called & set(terms)
    others = {one for term in set(terms) - said if term in things for one in things[term]}
    named = sum(is_said(others, word, frozenset([word])) for word in called - said)
    return bool(called) and len(said) + named >= _CALLED * len(called)


def _all_said(question: str, kind: Kind, retrieved: Retrieved, hit: Hit) -> bool:
    """Whether one statement has every word of the question and such a thing as it asks for: 押金 300 元 for 押金多少."""
    shaped = holds(kind, "") is not None
    # In the other language nothing is said by chance in the question's words: 访客wifi怎么连, Guests use Lattice-Guest.
    abroad = plainly_chinese(hit.passage.text) is (not is_chinese(question)) and len(retrieved.terms) >= _SEVERAL
    if not retrieved.terms or not (shaped or abroad):
        return False
    idf, things = np.array(retrieved.idf, np.float32), things_of(question)
    return any(
        (says(kind, hit, [one]) if shaped else True)
        and coverage(retrieved.terms, idf, _read(hit, one, whole=abroad), things=things) >= _ALL
        for one in hit.passage.statements
    )


def _read(hit: Hit, one: Statement, *, whole: bool) -> str:
    """An answer says what its question asks. whole: with what stands above it, whatever that is."""
    above = whole or hit.passage.kind == "faq"
    return f"{hit.passage.context}\n{read_with(hit, one)}" if above else read_with(hit, one)


def _title(hit: Hit) -> str:
    """The phrasing of a FAQ entry, the first line of a case (its symptom), else the innermost heading."""
    if hit.passage.kind == "faq":
        return hit.passage.context.rsplit("\n", 1)[-1]
    if hit.passage.kind == "case":
        return hit.passage.statements[0].cells[0].value if hit.passage.statements and hit.passage.statements[0].cells else ""
    return hit.passage.section[-1] if hit.passage.section else ""


def _rest(question: str, retrieved: Retrieved, hit: Hit) -> tuple[Sequence[str], np.ndarray]:
    """The question's words and their idf, without the time that the hit holds at and the names that its fields have or that
    it says nothing about: those were weighed when it was found."""
    text = question
    holds_at = period_of(hit.passage)
    if retrieved.period is not None and holds_at is not None and in_force(holds_at[0], retrieved.period, clock.today()):
        text = _DATE.sub(" ", text)
    values = " ".join(map(str, hit.passage.fields.values())).casefold()
    for name in asked_names(question):
        in_values = name.key in values.replace("-", "").replace(" ", "")
        if in_values or sides([name], labels(hit.passage), hit.passage.text) == "neutral":
            text = text.replace(name.text.casefold(), " ")
    left = set(words(text))
    kept = [(term, weight) for term, weight in zip(retrieved.terms, retrieved.idf, strict=True) if term in left]
    return [term for term, _ in kept], np.array([weight for _, weight in kept], np.float32)
