"""A workbook's shared strings, as openpyxl reads them but without an object for each: most are one plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from ingest.parse.raised import lowered, raised

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
    from openpyxl.xml.functions import iterparse

    for _, node in iterparse(source):
        if node.tag != _ITEM:
            continue
        is_plain = len(node) == 1 and node[0].tag == _TEXT and not len(node[0])
        text = (node[0].text or "") if is_plain else _rich(node)  # runs of differing looks, phonetic guides
        node.clear()
        yield text.replace("x005F_", "")


def _rich(node: Any) -> str:
    """Runs one after the other, without those that are struck out; digits raised or lowered as they are shown."""
    parts: list[str] = []
    for run in node:
        if run.tag == _TEXT:
            parts.append(run.text or "")
        if run.tag != f"{_MAIN}r":
            continue  # how to pronounce it
        text = (
            "".join(one.text or "" for one in run.iterchildren(_TEXT))
            if hasattr(run, "iterchildren")
            else run.findtext(_TEXT) or ""
        )
        properties = run.find(f"{_MAIN}rPr")
        struck = properties.find(f"{_MAIN}strike") if properties is not None else None
        if struck is not None and struck.get("val", "1") not in ("0", "false"):
            continue
        place = properties.find(f"{_MAIN}vertAlign") if properties is not None else None
        shift = place.get("val", "") if place is not None else ""
        parts.append(raised(text) if shift == "superscript" else lowered(text) if shift == "subscript" else text)
    return "".join(parts)
