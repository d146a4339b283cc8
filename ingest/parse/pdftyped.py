"""What was typed onto a PDF page and is seen there, but is no part of the page's own text: form values, typewriter notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pdfminer.pdftypes import resolve1
from pdfminer.psparser import PSLiteral
from pdfminer.utils import decode_text

from ingest.parse.lines import columns

_SIZE = re.compile(r"([\d.]+)\s+Tf")
_UNSEEN = 1 << 1 | 1 << 5  # hidden, no view
_PASSWORD = 1 << 13
_BODY = 11.0


def words(page: Any) -> list[dict[str, Any]]:
    """Words as pdfplumber's, one for each typed line. Sticky notes, buttons, hidden and password fields are left out."""
    try:
        return [word for note in page.annots for word in _lines(note)]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return []  # a file that breaks the rules; the page is read without it


def _lines(note: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    data = note.get("data") or {}
    lines = [line.strip() for line in _typed(note, data).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if not any(lines) or int(resolve1(data.get("F")) or 0) & _UNSEEN:
        return
    height = (note["bottom"] - note["top"]) / len(lines)
    match = _SIZE.search(_text(_inherited(data, "DA")))
    size = float(match[1]) if match and float(match[1]) else min(_BODY, height * 0.75)
    for number, line in enumerate(lines):
        if line:
            middle = note["top"] + height * (number + 0.5)
            width = min(note["x1"] - note["x0"], columns(line) * size * 0.5)
            at = {"x0": note["x0"] + 2, "x1": note["x0"] + 2 + width, "top": middle - size / 2, "bottom": middle + size / 2}
            yield {"text": line, "size": size, "fontname": "", "upright": True, **at}


def _typed(note: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    kind = _name(data.get("Subtype"))
    if kind == "FreeText":
        return str(note.get("contents") or "")
    if kind != "Widget" or _name(_inherited(data, "FT")) not in ("Tx", "Ch"):
        return ""
    if int(resolve1(_inherited(data, "Ff")) or 0) & _PASSWORD:
        return ""
    value = resolve1(_inherited(data, "V"))
    return "\n".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _inherited(data: Mapping[str, Any], key: str) -> Any:
    """A field's entry, which its parents may hold for it."""
    for _ in range(8):
        if key in data:
            return data[key]
        above = resolve1(data.get("Parent"))
        if not isinstance(above, dict):
            return None
        data = above
    return None


def _text(value: Any) -> str:
    value = resolve1(value)
    return decode_text(value) if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _name(value: Any) -> str:
    value = resolve1(value)
    return str(value.name) if isinstance(value, PSLiteral) else ""
