"""PDF files: pdfplumber for words and tables, pypdfium2 for passwords, empty text layers and damaged pages."""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any

import pdfplumber
import pypdfium2

from ingest.parse import ocr, pdftyped
from ingest.parse.normal import one_line
from ingest.parse.pdfcells import parted, runs
from ingest.parse.pdflayout import Scan, Table, write_document
from ingest.parse.pdflines import PdfLine, join, page_lines
from ingest.parse.pdfvertical import is_vertical, vertical_words
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_NO_TITLE = re.compile(
    r"untitled|unspecified|^\(?anonymous\)?$|^无标题$|^文档\d*$|^document\d*$|microsoft word|powerpoint|\.\w{2,5}$"
    r"|^\S*_\S*$|\.\.",
    re.IGNORECASE,
)
_MARGIN = 2.0
_SAME_PLACE = 1.0  # points
_DPI = 200  # of pages for OCR
_SIDE_LIMIT = 5000  # pixels
_PDFIUM = threading.Lock()  # pdfium is not safe to use from several threads

# pdfminer reports each odd font and colour space of a file as a warning.
logging.getLogger("pdfminer").setLevel(logging.ERROR)


def parse(content: bytes) -> Parsed:
    """Parses a PDF's text layer. Blocks carry `fields={"page": "3"}`; `metadata` holds `pages` and pages without text.

    Pages without text are read by OCR where tesseract is installed.

    Raises:
        ParseError: `encrypted` when it needs a password, `broken` when it cannot be opened, `needs_ocr` without text,
            `timeout` when not even the first page could be read in time.
    """
    empty, total, named = _survey(content)
    empty -= _seen_otherwise(content, empty)
    scans, late = _scans(content, sorted(empty)) if empty and ocr.available() else ({}, False)
    if len(empty) == total and not scans:
        raise ocr.too_slow() if late else ocr.needs_ocr("The PDF has no text, only images.")
    items: list[PdfLine | Table | Scan] = []
    try:
        with pdfplumber.open(io.BytesIO(content), raise_unicode_errors=False) as document:
            for page in document.pages:
                if page.page_number not in empty:
                    items.extend(_page_items(page))
                elif page.page_number in scans:
                    items.append(scans[page.page_number])
                page.close()
    except Exception:  # pdfminer raises what it stumbles over: PdfminerException, KeyError, AssertionError, …
        items = [*_plain_lines(content), *scans.values()]
    writer = Writer()
    write_document(writer, items, named)
    metadata: dict[str, Any] = {"pages": total}
    if scans:
        metadata["pages_by_ocr"] = sorted(scans)
    if missed := sorted(empty - set(scans)):
        metadata["pages_without_text"] = missed
    return writer.parsed(metadata)


def _survey(content: bytes) -> tuple[set[int], int, str]:
    """Numbers of pages without text, number of pages, title property."""
    with _PDFIUM, _open(content) as document:
        total = len(document)
        empty = {number for number in range(1, total + 1) if not _page_text(document, number - 1).strip()}
        title = one_line(document.get_metadata_dict().get("Title", ""))
    return empty, total, "" if _NO_TITLE.search(title) else title


def _seen_otherwise(content: bytes, empty: set[int]) -> set[int]:
    """Of the pages where pdfium finds no text those that have some: it reads no vertical font that is not embedded."""
    pages: set[int] = set()
    if not empty:
        return pages
    try:
        with pdfplumber.open(io.BytesIO(content), pages=sorted(empty), raise_unicode_errors=False) as document:
            for page in document.pages:
                if is_vertical([char for char in page.chars if not char["text"].startswith("(cid:")]):
                    pages.add(page.page_number)
                page.close()
    except Exception:  # pdfminer raises what it stumbles over
        return pages
    return pages


def with_grids(lines: list[PdfLine]) -> Iterator[PdfLine | Table]:
    """Lines, and tables for those that stand in columns."""
    for part, rows in (piece for run in runs(lines) for piece in parted(run)):
        if rows is None:
            yield from part
        else:
            x0, x1 = min(line.x0 for line in part), max(line.x1 for line in part)
            yield Table(tuple(map(tuple, rows)), part[0].page, x0, x1, part[0].top, part[-1].bottom)


def _scans(content: bytes, numbers: list[int]) -> tuple[dict[int, Scan], bool]:
    """(pages by number, read by OCR; those without letters are left out, whether the time did not suffice for all)."""
    scans: dict[int, Scan] = {}
    for number in numbers:
        with _PDFIUM, _open(content) as document:
            picture = _picture(document, number - 1)
        paragraphs = ocr.read(picture) if picture is not None else []
        if paragraphs is None:
            return scans, True
        if paragraphs:
            scans[number] = Scan(number, tuple(paragraphs))
    return scans, False


def _picture(document: pypdfium2.PdfDocument, index: int) -> Any:
    try:
        page = document[index]
        width, height = page.get_size()
        scale = min(_DPI / 72, _SIDE_LIMIT / max(width, height, 1))
        picture = page.render(scale=scale, grayscale=True).to_pil()
        page.close()
    except (pypdfium2.PdfiumError, ValueError):
        return None
    return picture


def _open(content: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as exc:
        if "password" in str(exc).lower():
            raise ParseError(
                "The PDF is protected by a password.", code="encrypted", fix="Save it without the password and send it again."
            ) from exc
        raise ParseError(
            "The PDF is damaged or incomplete.", code="broken", fix="Print it to a new PDF and send that."
        ) from exc


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    try:
        page = document[index]
        words = page.get_textpage()
        text = str(words.get_text_range())
        words.close()
        page.close()
    except pypdfium2.PdfiumError:
        return ""
    return text


def _page_items(page: Any) -> Iterator[PdfLine | Table]:
    """Lines and tables of a page, each table where it stands."""
    page = page.filter(_Unprinted(_shown(page)))
    tables = sorted((table for table in map(_table, _find_tables(page)) if table), key=lambda table: table.top)
    if is_vertical(page.chars):
        yield from with_grids(page_lines(page, vertical_words(page)))
        return
    if turned := _turned(page):
        yield from with_grids(page_lines(page, _upright_words(page, turned)))
        return
    words = page.extract_words(extra_attrs=["size", "fontname", "upright"], x_tolerance_ratio=0.15, keep_blank_chars=False)
    outside = [word for word in words if not any(_inside(word, table) for table in tables)]
    lines = page_lines(page, outside + pdftyped.words(page))
    for line in with_grids(lines):
        left, right = (line.left, line.right) if isinstance(line, PdfLine) else (line.x0, line.x1)
        while tables and tables[0].top < line.top and (tables[0].x0 < right and left < tables[0].x1):
            yield tables.pop(0)
        yield line
    yield from tables


def _turned(page: Any) -> str:
    """`btt` or `ttb` when most of the page's letters run up or down, else ''."""
    turns = [char["matrix"][1] for char in page.chars if not char.get("upright", True)]
    if len(turns) * 2 <= len(page.chars):
        return ""
    return "btt" if sum(turn > 0 for turn in turns) * 2 >= len(turns) else "ttb"


def _upright_words(page: Any, turned: str) -> list[dict[str, Any]]:
    """The words of a page set sideways, with the coordinates they have when one turns it; others are left out."""
    extracted = page.extract_words(
        char_dir=turned, line_dir="ltr" if turned == "btt" else "rtl", extra_attrs=["size", "fontname"], use_text_flow=False
    )
    height, width = float(page.height), float(page.width)
    words: list[dict[str, Any]] = []
    for word in extracted:
        x0, x1, top, bottom = (float(word[name]) for name in ("x0", "x1", "top", "bottom"))
        if turned == "btt":
            at = {"x0": height - bottom, "x1": height - top, "top": x0, "bottom": x1}
        else:
            at = {"x0": top, "x1": bottom, "top": width - x1, "bottom": width - x0}
        words.append({**word, **at, "upright": True})
    return words


def _shown(page: Any) -> tuple[float, ...]:
    """The part of the sheet that viewers show; printer's notes stand outside. A box that most text is outside of is no guide.

    pdfplumber swaps the edges of a turned page's box instead of turning it, so there all counts.
    """
    box = tuple(float(edge) for edge in page.cropbox)
    within = sum(_touches(char, box) for char in page.chars)
    known = page.rotation == 0 and within * 2 > len(page.chars)
    return box if known else (float("-inf"), float("-inf"), float("inf"), float("inf"))


def _touches(thing: dict[str, Any], box: tuple[float, ...]) -> bool:
    return bool(thing["x1"] > box[0] and thing["x0"] < box[2] and thing["bottom"] > box[1] and thing["top"] < box[3])


class _Unprinted:
    """Whether a character stands in the box and was not printed before in its place: bold is often made by printing twice.

    pdfplumber's own `dedupe_chars` looks for every character in the list of all of them: minutes for a dense page.
    """

    def __init__(self, box: tuple[float, ...]) -> None:
        self._box = box
        self._seen: dict[tuple[Any, ...], list[tuple[float, float]]] = {}

    def __call__(self, thing: dict[str, Any]) -> bool:
        if thing.get("object_type") != "char":
            return True
        if not _touches(thing, self._box):
            return False
        x, y = float(thing["x0"]), float(thing["top"])
        kind = thing["text"], thing.get("fontname"), round(float(thing.get("size") or 0), 2)
        for column in (round(x) - 1, round(x), round(x) + 1):
            for row in (round(y) - 1, round(y), round(y) + 1):
                for a, b in self._seen.get((*kind, column, row), ()):
                    if abs(a - x) <= _SAME_PLACE and abs(b - y) <= _SAME_PLACE:
                        return False
        self._seen.setdefault((*kind, round(x), round(y)), []).append((x, y))
        return True


def _find_tables(page: Any) -> list[Any]:
    try:
        return list(page.find_tables())
    except (ValueError, IndexError, TypeError, ZeroDivisionError):
        return []  # degenerate lines; the words are read without it


def _table(table: Any) -> Table | None:
    """A table with at least two rows of two filled cells; frames and boxes around text are none."""
    rows = [[_cell(cell) for cell in row] for row in table.extract()]
    if sum(sum(map(bool, row)) >= 2 for row in rows) < 2:
        return None
    filled = [i for i in range(max(map(len, rows))) if any(i < len(row) and row[i] for row in rows)]
    x0, top, x1, bottom = table.bbox
    cells = tuple(tuple(row[i] if i < len(row) else "" for i in filled) for row in rows if any(row))
    return Table(cells, table.page.page_number, x0, x1, top, bottom)


def _cell(text: str | None) -> str:
    joined = ""
    for line in (text or "").splitlines():
        joined = join(joined, line.strip())
    return one_line(joined)


def _inside(word: dict[str, Any], table: Table) -> bool:
    x, y = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(table.x0 - _MARGIN <= x <= table.x1 + _MARGIN and table.top - _MARGIN <= y <= table.bottom + _MARGIN)


def _plain_lines(content: bytes) -> Iterator[PdfLine]:
    """Lines without layout, from pdfium, for files that pdfplumber cannot read."""
    with _PDFIUM, _open(content) as document:
        for index in range(len(document)):
            for number, text in enumerate(_page_text(document, index).splitlines()):
                if text := one_line(text):
                    yield PdfLine(text, index + 1, 0, 100, number * 12.0, number * 12.0 + 10, 10, False, 0, 100)
