"""Whether the best statement, though near, says nothing of what is asked: not the thing whose existence or price is asked, or
of a named row none of the rest of the question."""

from __future__ import annotations

import re

import numpy as np

from rag.answering.compose.score import Scored
from rag.domain import Retrieved
from rag.domain.statement import Statement
from rag.text.answer_type import kind_asked
from rag.text.attributes import attributes_asked, is_called, looks_like
from rag.text.calendar_spans import during
from rag.text.everyday import things_of
from rag.text.existence import thing_asked, thing_priced
from rag.text.term_coverage import coverage, word_set
from rag.text.tokens import one_line, words

_THING = 0.5  # of the thing's words, by idf, that its passage says
_REST = 0.15  # of the other words of the question, by idf, that a row's columns and headings say
_CELLS = 3  # a row of fewer says one thing


def is_unsaid(question: str, retrieved: Retrieved, best: Scored) -> bool:
    """Whether what is asked, beyond what the question only names, does not stand in the best statement's passage."""
    hit = retrieved.hits[best.hit]
    for thing in filter(None, (thing_asked(question), thing_priced(question))):
        share = _share(words(thing), question, retrieved, f"{hit.passage.context}\n{hit.passage.text}")
        if share is not None and share < _THING:
            return True
    row = best.statement
    if kind_asked(question) == "which":  # asked is for the column or row itself
        return False
    if row.kind != "row" or len(row.cells) < _CELLS or not best.values or _has_attribute(question, row):
        return False
    if _counts(question, row):
        return False
    own = word_set(" ".join((row.label, *(cell.value for cell in row.cells))))
    above = " ".join((hit.passage.context, row.lead, row.above, *(cell.name for cell in row.cells)))
    share = _share([word for word in words(question) if word not in own], question, retrieved, above)
    return share is not None and share < _REST


_COUNTED = re.compile(
    r"how (?:many|much) (?P<after>[^?？.!,，。]{2,40})"
    r"|(?P<before>[^?？.!,，。]{1,12}?)(?:是|有|要)?(?:多少|几)(?P<zh>[^?？,，。]{0,8})"
)


def _counts(question: str, row: Statement) -> bool:
    """Whether a number is asked for of what the row is called: how many devices, of a row Devices."""
    match, label = _COUNTED.search(one_line(question)), word_set(row.label or row.cells[0].value)
    if match is None or not label:
        return False
    return label <= word_set(" ".join(part for part in match.groups() if part))


def _has_attribute(question: str, row: Statement) -> bool:
    if during(question, [cell.name for cell in row.cells]):
        return True
    return any(
        any(is_called(attribute, cell.name) or looks_like(attribute, cell.value) for cell in row.cells)
        for attribute in attributes_asked(question)
    )


def _share(question_words: list[str], question: str, retrieved: Retrieved, text: str) -> float | None:
    """Share of the words that the text says, by idf; None where none of them tells anything."""
    weights = dict(zip(retrieved.terms, retrieved.idf, strict=True))
    terms = [word for word in dict.fromkeys(question_words) if word in weights]
    if not terms:
        return None
    return coverage(terms, np.array([weights[term] for term in terms], np.float32), text, things=things_of(question))
