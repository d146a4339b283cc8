"""Whether a row of a table without markup names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.parse.lines import fits

_VALUE = re.compile(r"(?=\D*\d)[\s\d.,:/%+\-¥$€£()年月日]+|[-–—]|\S+@\S+|https?://\S+")
_NAME_COLUMNS = 40


def is_value(text: str) -> bool:
    """Whether it is a number, a date, an address: nothing that names a column."""
    return _VALUE.fullmatch(text.strip()) is not None


def distinct_names(row: Sequence[str]) -> bool:
    """A header has distinct short names, no numbers or dates."""
    cells = [cell.strip() for cell in row]
    filled = [cell for cell in cells if cell]
    return (
        len(filled) * 2 > len(cells)
        and len(set(filled)) == len(filled)
        and all(fits(cell, _NAME_COLUMNS) and not is_value(cell) and "\n" not in cell for cell in filled)
    )
