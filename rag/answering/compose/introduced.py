"""Tables of the same columns that only the sentence or caption above tells apart: fares to Gull and to Seal Island."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rag.answering.compose.said import text_of
from rag.domain import Hit
from rag.text.numerals import zh_number
from rag.text.tokens import words

_YEAR = frozenset(("年", "year"))
_NUMBERED = re.compile(r"[一二三四五六七八九十]+(?=号|期|楼|层|区|栋|组|班|车间|线)")


def otherwise_introduced(question: str, hits: Sequence[Hit]) -> frozenset[tuple[int, int]]:
    """(hit, group) of the tables whose introduction has fewer of the question's words than another's of the same columns in
    the same document, words that all introductions share aside."""
    kin: defaultdict[tuple[str, tuple[str, ...]], dict[tuple[int, int], str]] = defaultdict(dict)
    for at, hit in enumerate(hits):
        for one, before in zip(hit.passage.statements, (None, *hit.passage.statements), strict=False):
            if one.kind != "row" or not one.cells:
                continue
            if introduction := one.lead or (text_of(hit, before) if before is not None and before.kind == "sentence" else ""):
                heads = tuple(cell.name for cell in one.cells)
                kin[hit.passage.document_id, heads].setdefault((at, one.group), introduction)
    out: set[tuple[int, int]] = set()
    for (_, heads), introductions in kin.items():
        if len(introductions) < 2:
            continue
        tables = {place: _words(text) for place, text in introductions.items()}
        question_words = _words(question)
        inside = _words("\n".join((*heads, *_cells(hits, tables))))  # what a row or column is called chooses no table
        shared = frozenset.intersection(*tables.values()) | inside | _YEAR
        said = {place: len((own - shared) & question_words) for place, own in tables.items()}
        out |= {place for place, count in said.items() if count < max(said.values())}
    return frozenset(out)


def _cells(hits: Sequence[Hit], tables: Iterable[tuple[int, int]]) -> Iterator[str]:
    wanted = frozenset(tables)
    for at, hit in enumerate(hits):
        for one in hit.passage.statements:
            if one.cells and (at, one.group) in wanted:
                yield from (cell.value for cell in one.cells)


def _words(text: str) -> frozenset[str]:
    """Words, and those that stand side by side as one: southern farms."""
    cut = words(_NUMBERED.sub(lambda match: str(zh_number(match[0])), text))
    return frozenset(cut) | {f"{one} {other}" for one, other in pairwise(cut)}
