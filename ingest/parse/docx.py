"""Word documents, by python-docx and a walk of our own over their XML.

`unstructured` reads them through python-docx as well, but drops what stands in content controls and tracked insertions,
gives Title and Heading 1 the same depth, and flattens tables to one string; so it is not used here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from ingest.parse.archive import open_archive
from ingest.parse.docxparts import Parts
from ingest.parse.docxstyles import Styles, w
from ingest.parse.lines import bullet, numbered_level
from ingest.parse.mathtext import linear
from ingest.parse.normal import normalise, one_line
from ingest.parse.raised import lowered, raised
from ingest.parse.slots import Line, Slot, width
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_TEXT = {w("t"), f"{_MATH}t"}
_EQUATIONS = {f"{_MATH}oMath", f"{_MATH}oMathPara"}
_BREAKS = {w("br"): "\n", w("cr"): "\n", w("tab"): " ", w("noBreakHyphen"): "-"}
_NOT_TEXT = {
    w("del"),
    w("moveFrom"),
    w("pPr"),
    w("rPr"),
    w("txbxContent"),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}
_STRICT = b"http://purl.oclc.org/ooxml/"
_NAMESPACES = (
    (_STRICT + b"officeDocument/relationships", b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    (_STRICT + b"wordprocessingml/main", b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    (_STRICT + b"officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
    (_STRICT + b"drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)
_styles: ContextVar[Styles | None] = ContextVar("styles of the document", default=None)
_NO_TITLES = ("word document", "document", "文档", "未命名")
_BOLD_LEVEL = 10
_BOLD_LIMIT = 60


def parse(content: bytes) -> Parsed:
    """Parses a .docx. The title is the paragraph in style Title, else a single level-1 heading, else the file's property.

    Raises:
        ParseError: `broken` when it cannot be opened.
    """
    import docx

    with open_archive(content) as archive:
        content = _transitional(content, archive)
    try:
        document = docx.Document(io.BytesIO(content))
        body, styles = document.element.body, Styles(document)
        _styles.set(styles)
    except Exception as exc:  # python-docx raises KeyError, ValueError, XMLSyntaxError, … on damaged packages
        raise ParseError(
            f"The Word document cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again as .docx."
        ) from exc
    named = document.core_properties.title or ""
    reader = _Reader(Writer(_title(body, styles) or ("" if named.lower() in _NO_TITLES else named)), styles, Parts(document))
    reader.walk(body)
    return reader.writer.parsed()


def _transitional(content: bytes, archive: zipfile.ZipFile) -> bytes:
    """A package in ISO strict namespaces, which python-docx does not know, in the usual ones."""
    if "_rels/.rels" not in archive.namelist() or _STRICT not in archive.read("_rels/.rels"):
        return content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in archive.infolist():
            data = archive.read(entry)
            if entry.filename.endswith((".xml", ".rels")):
                for strict, usual in _NAMESPACES:
                    data = data.replace(strict, usual)
            target.writestr(entry.filename, data)
    return buffer.getvalue()


def _title(body: Any, styles: Styles) -> str:
    tops: list[str] = []
    for paragraph in body.iter(w("p")):
        if styles.name(paragraph) == "title" and (text := one_line(text_of(paragraph))):
            return text
        if styles.level(paragraph) == 1 and (text := one_line(text_of(paragraph))):
            tops.append(text)
    return tops[0] if len(tops) == 1 else ""


class _Reader:
    """Walks the body once, in order."""

    def __init__(self, writer: Writer, styles: Styles, parts: Parts) -> None:
        self.writer, self.styles, self.parts = writer, styles, parts
        self._groups: dict[str, int] = {}
        self._typed_list = -1

    def walk(self, element: Any) -> None:
        children = [child for child in element if isinstance(child.tag, str)]
        for number, child in enumerate(children):
            if child.tag == w("p"):
                follower = next((text_of(later) for later in children[number + 1 :] if later.tag == w("p")), "")
                self._paragraph(child, follower)
            elif child.tag == w("tbl"):
                self._table(child)
            elif child.tag == w("altChunk"):
                self.parts.write_chunk(self.writer, child)
            elif child.tag not in (w("sectPr"), w("sdtPr"), w("sdtEndPr")) and child.tag not in _NOT_TEXT:
                self.walk(child)

    def _paragraph(self, paragraph: Any, follower: str) -> None:
        text = normalise(text_of(paragraph))
        name = self.styles.name(paragraph)
        if text and not name.startswith("toc"):
            level = self._level(paragraph, text, follower)
            if level:
                self._groups.clear()
                self.writer.heading(self._numbered(paragraph) + text, level)
            else:
                self._body_text(paragraph, text)
        for box in (*_text_boxes(paragraph), *self.parts.notes(paragraph)):
            self.walk(box)
        self.parts.write_charts(self.writer, paragraph)

    def _numbered(self, paragraph: Any) -> str:
        """The number of a heading as it is shown, with a space after it."""
        number = self.styles.number(paragraph)
        mark = self.styles.next_mark(*number) if number else ""
        return "" if mark == "- " else mark

    def _level(self, paragraph: Any, text: str, follower: str) -> int:
        if level := self.styles.level(paragraph):
            return level
        if self.styles.name(paragraph) == "title":
            return 1
        if self.styles.number(paragraph) or "\n" in text:
            return 0
        if not self.styles.has_headings and (level := numbered_level(text, normalise(follower))):
            return level
        short = len(text) <= _BOLD_LIMIT and text[-1] not in "。.!！;；:：,，、"
        return _BOLD_LEVEL if short and follower.strip() and self.styles.is_bold(paragraph) else 0

    def _body_text(self, paragraph: Any, text: str) -> None:
        strong = _strong_lead(paragraph, text)
        if number := self.styles.number(paragraph):
            numbering, depth = number
            group = self._groups.setdefault(numbering, -1)
            if group < 0:
                group = self._groups[numbering] = self.writer.group()
            mark = "  " * depth + self.styles.next_mark(numbering, depth)
            said = _SAID.match(mark)
            # `第二条`, `1.2`: what a text is cited by belongs to it, as the number of a step does not.
            self.writer.block(
                text if said is None else f"{mark.strip()} {text}",
                "list" if said is None else "text",
                mark=mark if said is None else "",
                tight=self._typed_list == group,
                group=group if said is None else -1,
                strong=strong if said is None else 0,
            )
            self._typed_list = group
        elif length := bullet(text):
            tight = self._typed_list >= 0
            self._typed_list = self._typed_list if tight else self.writer.group()
            self.writer.block(text[length:], "list", mark=text[:length], tight=tight, group=self._typed_list)
        else:
            self._typed_list = -1
            self.writer.block(text, strong=strong)

    def _table(self, table: Any) -> None:
        self._typed_list = -1
        rows = [row for row in table.iter(w("tr")) if next(row.iterancestors(w("tbl"))) is table]
        grid = _grid(rows)
        if width(grid) < 2:
            for cell in table.iter(w("tc")):
                if next(cell.iterancestors(w("tbl"))) is table:
                    self.walk(cell)
            return
        marked = [row.find(f"{w('trPr')}/{w('tblHeader')}") is not None for row in rows]
        heads = marked.index(False) if False in marked else 0
        self.writer.table(grid, heads or None)


_SAID = re.compile(
    r"\s*(?:第\s*[一二三四五六七八九十百千零〇\d]+\s*[条條章节節款项項编編部篇]|\d{1,3}(?:\.\d{1,3})+[.、]?|(?:Article|Section|Clause|Chapter|Part|Appendix)\s+\S+|§\s*\S+)\s*$",
    re.IGNORECASE,
)


def _grid(rows: list[Any]) -> list[Line]:
    """Slots by row; a cell that goes over several rows stands in each."""
    grid: list[Line] = []
    for row in rows:
        line: Line = []
        at = _number(row.find(f"{w('trPr')}/{w('gridBefore')}"), 0)
        above = {slot.first: slot for slot in grid[-1]} if grid else {}
        for cell in row.iter(w("tc")):
            if next(cell.iterancestors(w("tr"))) is not row:
                continue
            properties = cell.find(w("tcPr"))
            span, merge = (
                (properties.find(w(name)) for name in ("gridSpan", "vMerge")) if properties is not None else (None, None)
            )
            paragraphs = [paragraph for paragraph in cell.iter(w("p"))]
            text = "\n".join(filter(None, (normalise(text_of(paragraph)) for paragraph in paragraphs)))
            hung = merge is not None and merge.get(w("val")) != "restart" and at in above
            wide = min(_number(span, 1), 100)
            line.append(
                Slot(at, above[at].text, wide, hung=True) if hung else Slot(at, text, wide, strong=_is_strong(paragraphs))
            )
            at += wide
        grid.append(line)
    return grid


def _number(element: Any, default: int) -> int:
    value = element.get(w("val"), "") if element is not None else ""
    return int(value) if value.isdigit() and int(value) else default


def _strong_lead(paragraph: Any, text: str) -> int:
    """Length of the bold text that a paragraph begins with, when it is not bold throughout."""
    lead = ""
    for run in paragraph.iterchildren(w("r")):
        piece = "".join(_texts(run))
        bold = run.find(f"{w('rPr')}/{w('b')}")
        if piece.strip() and (bold is None or bold.get(w("val"), "1") in ("0", "false")):
            break
        lead += piece
    lead = normalise(lead)
    return len(lead) if lead and len(lead) < len(text) and text.startswith(lead) else 0


def _is_strong(paragraphs: list[Any]) -> bool:
    """Whether all runs with text are bold by themselves."""
    runs = [run for paragraph in paragraphs for run in paragraph.iter(w("r")) if "".join(_texts(run)).strip()]
    bold = [run.find(f"{w('rPr')}/{w('b')}") for run in runs]
    return bool(runs) and all(mark is not None and mark.get(w("val"), "1") not in ("0", "false") for mark in bold)


def text_of(paragraph: Any) -> str:
    """The paragraph's own text: insertions kept; deletions, hidden and struck text, text boxes left out."""
    return "".join(_texts(paragraph))


def _texts(element: Any) -> Iterator[str]:
    styles = _styles.get()
    for child in element:
        if child.tag == w("r") and styles is not None and styles.special:
            if not styles.is_out(child):
                text, place = "".join(_texts_of_run(child)), styles.raised(child)
                yield raised(text) if place == "superscript" else lowered(text) if place else text
        elif child.tag == w("ruby"):
            yield "".join("".join(_texts(base)) for base in child.iterchildren(w("rubyBase")))
        elif child.tag == w("sdt") and child.find(f"{w('sdtPr')}/{w('showingPlcHdr')}") is not None:
            continue  # `Click here to enter text.` of a form that nobody has filled in
        elif child.tag in _EQUATIONS:
            yield linear(child)
        elif child.tag in _TEXT:
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]
        elif isinstance(child.tag, str) and child.tag not in _NOT_TEXT:
            yield from _texts(child)


def _texts_of_run(run: Any) -> Iterator[str]:
    """A run's own text; runs do not hold runs but in a ruby."""
    for child in run:
        if child.tag in _TEXT:
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]
        elif child.tag == w("ruby"):
            yield "".join("".join(_texts(base)) for base in child.iterchildren(w("rubyBase")))
        elif isinstance(child.tag, str) and child.tag not in _NOT_TEXT:
            yield from _texts(child)


def _text_boxes(paragraph: Any) -> Iterator[Any]:
    """Text boxes anchored in the paragraph; the compatibility copy of each is skipped."""
    for box in paragraph.iter(w("txbxContent")):
        if not any("Fallback" in ancestor.tag for ancestor in box.iterancestors()):
            yield box
