"""When a whole document holds, by its own word: front matter (`valid_from`), a line that opens it (版本：2024版　执行时间：…),
or the edition in its file's name where its title has none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from rag.domain import Chunk, Parsed
from rag.domain.statement import Period
from rag.text.validity import FROM_KEYS, OVER, RANGE_KEYS, UNTIL_KEYS, field_period, read_period

# Of pages these say when they were written, or when an event is.
_OF_PAGES = frozenset(
    "date year period valid start end from until since start_date end_date starts ends starts_at ends_at 时间 日期 期间 时段 "
    "季度 年份 年度 开始日期 开始时间 起始日期 结束日期 结束时间 活动时间 活动日期".split()
)
_KEYS = (FROM_KEYS | UNTIL_KEYS | RANGE_KEYS) - _OF_PAGES
_SAYS = re.compile(
    r"版本|版次|修订|执行|施行|实施|生效|启用|适用|有效|废止"
    r"|\b(?:edition|version|revision|effective|in force|applies|valid|superseded)\b",
    re.IGNORECASE,
)
_OPENING, _LONGEST = 3, 70  # blocks before the first heading that are read; characters of one that says when all of it holds


def with_validity(parsed: Parsed, chunks: tuple[Chunk, ...], title: str, name: str) -> tuple[Chunk, ...]:
    """The chunks with the document's period as fields `valid_from` and `valid_until`, where it has one and they have none."""
    period = _by_fields(parsed.metadata)
    if period is None and read_period(title, title=True) is None:
        period = next(_by_opening(parsed), None) or read_period(PurePosixPath(name).stem, title=True)
    if period is None or period == OVER:
        return chunks
    fields = _as_fields(period)
    return tuple(
        one if field_period(one.fields) is not None else replace(one, fields=fields | dict(one.fields)) for one in chunks
    )


def _by_fields(metadata: Mapping[str, Any]) -> Period | None:
    named = {key: value for key, value in metadata.items() if str(key).strip().lower().replace("-", "_") in _KEYS}
    return field_period({key: value for key, value in named.items() if isinstance(value, str | int | date)})


def _by_opening(parsed: Parsed) -> Iterator[Period]:
    """Of the lines before the first heading below the title."""
    first = parsed.blocks[0].section if parsed.blocks else ()
    for block in parsed.blocks[:_OPENING]:
        if block.section != first or block.kind != "text":
            return
        for line in parsed.text[block.start : block.end].splitlines():
            if len(line) <= _LONGEST and _SAYS.search(line) and (period := read_period(line.strip("*_> "))) is not None:
                yield period


def _as_fields(period: Period) -> dict[str, str]:
    days = {"valid_from": period.first, "valid_until": period.last}
    return {
        key: date.fromordinal(day).isoformat()
        for key, day in days.items()
        if day is not None and 1 < day < date.max.toordinal()
    }
