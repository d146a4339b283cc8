"""What parsers leave out by rule: which rules are on, and how often each removed something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

PAGE_FURNITURE = "page_furniture"
"""Running headers and footers, page numbers, tables of contents of paged documents."""
NAVIGATION = "navigation"
"""Menus, banners, forms and footers of web pages."""

UNPUBLISHED = "unpublished"
"""Drafts, archived and restricted articles, by their fields."""

SPEAKER_NOTES = "speaker_notes"
"""What a speaker has below the slides: for the staff, not for who sees the presentation."""


@dataclass(slots=True)
class _Record:
    off: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)


_record: ContextVar[_Record | None] = ContextVar("record", default=None)


@contextmanager
def recording(off: Collection[str]) -> Iterator[Counter[str]]:
    """Rules named in `off` are not applied inside; gives the counts of the others."""
    record = _Record(frozenset(off))
    mark = _record.set(record)
    try:
        yield record.counts
    finally:
        _record.reset(mark)


def is_on(rule: str) -> bool:
    record = _record.get()
    return record is None or rule not in record.off


def note(rule: str, count: int) -> None:
    """Counts what a rule removed."""
    record = _record.get()
    if record is not None and count:
        record.counts[rule] += count
