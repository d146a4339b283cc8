"""A workbook's shared strings, as openpyxl reads them but without an object for each: most are one plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ITEM, _TEXT = f"{_MAIN}si", f"{_MAIN}t"


def read_strings(reader: Any) -> None:
    """In place of `openpyxl.reader.excel.ExcelReader.read_strings`."""
    from openpyxl.xml.constants import SHARED_STRINGS

    part = reader.package.find(SHARED_STRINGS)
    if part is not None:
        with reader.archive.open(part.PartName[1:]) as source:
            reader.shared_strings = list(_strings(source))


def _strings(source: IO[bytes]) -> Iterator[str]:
    from openpyxl.cell.text import Text
    from openpyxl.xml.functions import iterparse

    for _, node in iterparse(source):
        if node.tag != _ITEM:
            continue
        if len(node) == 1 and node[0].tag == _TEXT and not len(node[0]):
            text = node[0].text or ""
        else:  # runs of differing looks, phonetic guides
            text = Text.from_tree(node).content
        node.clear()
        yield text.replace("x005F_", "")
