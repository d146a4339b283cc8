"""OFD (GB/T 33190): the words of each page where they stand, laid out as those of a PDF."""

from __future__ import annotations

import math
import posixpath
import unicodedata
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from lxml import etree

from ingest.parse.archive import open_archive
from ingest.parse.normal import one_line
from ingest.parse.ocr import needs_ocr
from ingest.parse.pdf import with_grids
from ingest.parse.pdflayout import write_document
from ingest.parse.pdflines import page_lines
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_POINTS = 72 / 25.4  # of a millimetre, OFD's unit
_NARROW, _WIDE = 0.55, 1.0  # width of a character, in font sizes, where no font says it
_GAP = 0.5  # font sizes between two characters that do not touch
_DEPTH_LIMIT = 20
Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1, 0, 0, 1, 0, 0)
Word = dict[str, Any]


def parse(content: bytes) -> Parsed:
    """Parses the first document of an OFD file. Blocks carry `fields={"page": "3"}`.

    Raises:
        ParseError: `broken`, `needs_ocr` without text, what `open_archive` raises.
    """
    try:
        with open_archive(content) as archive:
            document = _Document(archive)
            pages = [document.words(page) for page in document.pages]
    except (KeyError, etree.LxmlError, zipfile.BadZipFile, AttributeError, ValueError, RecursionError) as exc:
        raise ParseError("The OFD file is damaged or incomplete.", code="broken", fix="Save it again, or as PDF.") from exc
    if not any(pages):
        raise needs_ocr("The OFD file has no text, only images.")
    items = [
        item
        for number, words in enumerate(pages, 1)
        for item in with_grids(page_lines(SimpleNamespace(page_number=number), words))
    ]
    writer = Writer()
    write_document(writer, items, document.title)
    if document.hidden:
        writer.leave_out("hidden texts", [str(document.hidden)])
    return writer.parsed({"pages": len(pages)})


class _Document:
    """The parts of one document inside the archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = {name.lstrip("/").lower(): name for name in archive.namelist()}
        self.hidden = 0
        body = self._read("OFD.xml").find("{*}DocBody")
        self.root = (body.findtext("{*}DocRoot") or "").strip().lstrip("/")
        self.title = one_line(body.findtext("{*}DocInfo/{*}Title") or "")
        tree = self._read(self.root)
        self.templates = {
            one.get("ID"): self._beside(one.get("BaseLoc")) for one in tree.iterfind("{*}CommonData/{*}TemplatePage")
        }
        self.pages = [self._beside(one.get("BaseLoc")) for one in tree.iterfind("{*}Pages/{*}Page")]

    def words(self, at: str) -> list[Word]:
        """The words of a page with those of its templates; unsorted."""
        page = self._read(at)
        words: list[Word] = []
        for used in page.iterfind("{*}Template"):
            if (template := self.templates.get(used.get("TemplateID"))) is not None:
                words += self._of(self._read(template))
        return words + self._of(page)

    def _of(self, page: Any) -> list[Word]:
        layers = page.iterfind("{*}Content/{*}Layer")
        return [word for layer in layers for word in self._inside(layer, _SAME, 0)]

    def _inside(self, element: Any, above: Matrix, depth: int) -> Iterator[Word]:
        for child in element if depth < _DEPTH_LIMIT else ():
            name = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if name not in ("TextObject", "PageBlock", "CompositeObject", "Content", "Layer"):
                continue
            if _unseen(child):
                self.hidden += bool("".join(child.itertext()).strip())
            elif name == "TextObject":
                yield from _words(child, above)
            else:
                yield from self._inside(child, _times(_own(child), above), depth + 1)

    def _beside(self, path: str) -> str:
        folder = "" if path.startswith("/") else posixpath.dirname(self.root)
        return posixpath.normpath(posixpath.join(folder, path.lstrip("/")))

    def _read(self, name: str) -> Any:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        return etree.fromstring(self.archive.read(self.names[name.lower()]), parser)


def _unseen(element: Any) -> bool:
    """Whether an object is hidden or wholly transparent."""
    if (element.get("Visible") or "").lower() in ("false", "0") or element.get("Alpha") == "0":
        return True
    colour = element.find("{*}FillColor")
    return colour is not None and colour.get("Alpha") == "0"


def _own(element: Any) -> Matrix:
    """From an object's own coordinates to those of what it stands in."""
    numbers = _numbers(element.get("CTM"))
    matrix: Matrix = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]) if len(numbers) == 6 else _SAME
    place = _numbers(element.get("Boundary"))
    x, y = (place[0], place[1]) if len(place) == 4 else (0.0, 0.0)
    return (*matrix[:4], matrix[4] + x, matrix[5] + y)


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _words(text_object: Any, above: Matrix) -> Iterator[Word]:
    matrix = _times(_own(text_object), above)
    size = float(text_object.get("Size") or 3.5)
    bold = int(text_object.get("Weight") or 400) >= 600
    x = y = 0.0
    for code in text_object.iterfind("{*}TextCode"):
        x, y = float(code.get("X") or x), float(code.get("Y") or y)
        text = (code.text or "").strip("\r\n")
        yield from _runs(text, x, y, _steps(code.get("DeltaX")), _steps(code.get("DeltaY")), size, bold, matrix)


def _runs(
    text: str, x: float, y: float, across: list[float], down: list[float], size: float, bold: bool, matrix: Matrix
) -> Iterator[Word]:
    """A text's parts between spaces and gaps. One that runs down stays whole."""
    upright = not down or bool(across)
    run, start, end = "", x, x
    for number, char in enumerate(text):
        width = size * (_WIDE if unicodedata.east_asian_width(char) in "WFA" else _NARROW)
        if run and upright and (char.isspace() or x - end > _GAP * size):
            yield _word(run, start, end, y, size, bold, matrix)
            run = ""
        if not char.isspace():
            start = x if not run else start
            run, end = run + char, x + width
        x += (across[number] if number < len(across) else width) if upright else 0
    if run:
        yield _word(run, start, end, y, size, bold, matrix)


def _word(text: str, x0: float, x1: float, y: float, size: float, bold: bool, matrix: Matrix) -> Word:
    a, b, c, d, e, f = matrix
    left, right = a * x0 + c * y + e, a * x1 + c * y + e
    base = b * x0 + d * y + f
    tall = size * (math.hypot(c, d) or 1)
    return {
        "text": text,
        "x0": min(left, right) * _POINTS,
        "x1": max(left, right) * _POINTS,
        "top": (base - tall * 0.85) * _POINTS,
        "bottom": (base + tall * 0.15) * _POINTS,
        "size": tall * _POINTS,
        "fontname": "Bold" if bold else "",
        "upright": True,
    }


def _steps(text: str | None) -> list[float]:
    """`3 g 2 4 5`: 3, then twice 4, then 5."""
    steps: list[float] = []
    parts = (text or "").split()
    at = 0
    while at < len(parts):
        if parts[at] == "g" and at + 2 < len(parts):
            steps += [float(parts[at + 2])] * min(int(float(parts[at + 1])), 100_000)
            at += 3
        else:
            steps.append(float(parts[at]))
            at += 1
    return steps


def _numbers(text: str | None) -> list[float]:
    return [float(part) for part in (text or "").split()]
