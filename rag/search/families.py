"""Names of siblings: labels of a table's rows, its columns, cells of one column, headings of one page, titles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from rag.domain import Hit

_LABEL = 40  # characters of a cell that may be what something is called
_MOST = 40  # names of one family that are compared
_SPEAKS = re.compile(r"[^\W\d]")


def families(hits: Sequence[Hit]) -> Iterator[list[str]]:
    """Of each table and page of the hits, the best hit first; names without a letter are left out."""
    for hit in hits:
        yield from tables(hit)
    yield from _of_same_columns(hits)
    yield from headings(hits)


def _of_same_columns(hits: Sequence[Hit]) -> Iterator[list[str]]:
    """Row labels of a document's tables that have the same columns, as rooms of two houses have."""
    labels: defaultdict[Hashable, list[str]] = defaultdict(list)
    for hit in hits:
        for one in hit.passage.statements:
            if one.kind == "row" and one.cells:
                labels[hit.passage.document_id, tuple(cell.names for cell in one.cells)].append(one.label)
    yield from (_short(names) for names in labels.values())


def headings(hits: Sequence[Hit]) -> Iterator[list[str]]:
    """Headings of one page, and titles."""
    above: defaultdict[Hashable, list[str]] = defaultdict(list)
    for hit in hits:
        if hit.passage.section:
            above[hit.passage.document_id, hit.passage.section[:-1]].append(hit.passage.section[-1])
        above["titles"].append(hit.passage.title)
    yield from (_short(names) for names in above.values())


def tables(hit: Hit) -> Iterator[list[str]]:
    """The families of one hit's tables."""
    rows: defaultdict[int, list[int]] = defaultdict(list)
    all_ = hit.passage.statements
    for at, one in enumerate(all_):
        if one.kind == "row" and one.cells:
            rows[one.group].append(at)
    for places in rows.values():
        statements = [all_[at] for at in places]
        yield _short(one.label for one in statements)
        yield _short(cell.names[-1] for one in statements for cell in one.cells[1:] if cell.names)
        for column in range(1, max(len(one.cells) for one in statements)):
            yield _short(one.cells[column].value for one in statements if column < len(one.cells))


def _short(names: Iterable[str]) -> list[str]:
    kept = dict.fromkeys(name.strip() for name in names if 1 < len(name.strip()) <= _LABEL and _SPEAKS.search(name))
    return list(kept)[:_MOST]
