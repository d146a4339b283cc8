"""OpenDocument (.odt, .ods, .odp), by lxml: headings, lists, tables with merged cells, slides with notes, footnotes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from ingest import columns
from ingest.parse import removed
from ingest.parse.archive import encrypted, open_archive
from ingest.parse.normal import normalise, one_line
from ingest.parse.odfstyles import LOOKS, PLAIN, look_of, looks
from ingest.parse.raised import lowered, raised
from ingest.parse.sheet import parted, write_rows
from ingest.parse.slots import Line, Slot, width
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TEXT, _TABLE, _DRAW = (f"{{{_NS}{name}:1.0}}" for name in ("office", "text", "table", "drawing"))
_PRESENTATION, _STYLE = (f"{{{_NS}{name}:1.0}}" for name in ("presentation", "style"))
_DC = "{http://purl.org/dc/elements/1.1/}"
_REPEAT_LIMIT = 1000
_SPACES = re.compile(r"\s+")
_SKIPPED = {
    f"{_TEXT}tracked-changes",
    f"{_TEXT}sequence-decls",
    f"{_TEXT}table-of-content",
    f"{_OFFICE}annotation",
    f"{_OFFICE}forms",
    f"{_TABLE}shapes",
    f"{_TABLE}named-expressions",
    f"{_DRAW}object",
}


def parse(content: bytes) -> Parsed:
    """Parses an OpenDocument file. The title is the first paragraph in style Title, a single top heading, or the property.

    Raises:
        ParseError: `broken`, `encrypted`, `too_large`.
    """
    with open_archive(content) as archive:
        names = set(archive.namelist())
        if "content.xml" not in names:
            raise ParseError("The file is damaged or incomplete.", code="broken", fix="Save and send it again.")
        manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
        if b"encryption-data" in manifest:
            raise encrypted()
        root, meta = (_xml(archive.read(name)) if name in names else None for name in ("content.xml", "meta.xml"))
        styles = _xml(archive.read("styles.xml")) if "styles.xml" in names else None
    assert root is not None
    body = root.find(f"{_OFFICE}body")
    if body is None:
        raise ParseError("The file has no content.", code="broken", fix="Save and send it again.")
    LOOKS.set(looks([root, styles]))
    reader = _Reader(Writer(_title(body, meta)), _numbered([root, styles]))
    for part in body:
        if part.tag == f"{_OFFICE}spreadsheet":
            reader.sheets(part)
        elif part.tag == f"{_OFFICE}presentation":
            reader.slides(part)
        else:
            reader.walk(part)
    return reader.writer.parsed()


def _xml(data: bytes) -> Any:
    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, huge_tree=True, recover=True, no_network=True))
    except etree.LxmlError as exc:
        raise ParseError("The file is damaged.", code="broken", fix="Save and send it again.") from exc


def _title(body: Any, meta: Any) -> str:
    for paragraph in body.iter(f"{_TEXT}p"):
        if paragraph.get(f"{_TEXT}style-name") == "Title" and (text := one_line(_text(paragraph))):
            return text
    tops = [heading for heading in body.iter(f"{_TEXT}h") if heading.get(f"{_TEXT}outline-level", "1") == "1"]
    if len(tops) == 1:
        return one_line(_text(tops[0]))
    named = meta.find(f".//{_DC}title") if meta is not None else None
    return one_line(named.text or "") if named is not None else ""


def _numbered(roots: list[Any]) -> set[tuple[str, str]]:
    """(list style, level) of the levels that count."""
    levels: set[tuple[str, str]] = set()
    for root in roots:
        for style in root.iter(f"{_TEXT}list-style") if root is not None else ():
            for level in style.iter(f"{_TEXT}list-level-style-number"):
                levels.add((style.get(f"{_STYLE}name", ""), level.get(f"{_TEXT}level", "1")))
    return levels


class _Reader:
    """Walks the content once, in order."""

    def __init__(self, writer: Writer, numbered: set[tuple[str, str]]) -> None:
        self.writer, self.numbered = writer, numbered

    def walk(self, element: Any) -> None:
        for child in element:
            if not isinstance(child.tag, str) or child.tag in _SKIPPED or look_of(child).out:
                continue
            if child.tag == f"{_TEXT}h":
                level = child.get(f"{_TEXT}outline-level", "1")
                self.writer.heading(_text(child), int(level) if level.isdigit() else 1)
            elif child.tag == f"{_TEXT}p":
                self._paragraph(child)
            elif child.tag == f"{_TEXT}list":
                self._list(child, self.writer.group(), 0, child.get(f"{_TEXT}style-name", ""))
            elif child.tag == f"{_TABLE}table":
                self._table(child)
            else:
                self.walk(child)

    def _paragraph(self, paragraph: Any) -> None:
        text = normalise(_text(paragraph))
        if paragraph.get(f"{_TEXT}style-name") == "Title":
            self.writer.heading(text, 1)
        else:
            self.writer.block(text)
        for inner in paragraph.iter(f"{_DRAW}text-box", f"{_TEXT}note-body"):
            self.walk(inner)

    def _list(self, element: Any, group: int, depth: int, style: str) -> None:
        counts = (style, str(depth + 1)) in self.numbered
        number, tight = 0, depth > 0
        for item in element:
            if item.tag not in (f"{_TEXT}list-item", f"{_TEXT}list-header"):
                continue
            number += 1
            mark = "  " * depth + (f"{number}. " if counts else "- ")
            for part in item:
                if part.tag == f"{_TEXT}list":
                    self._list(part, group, depth + 1, part.get(f"{_TEXT}style-name", style))
                elif part.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                    if part.tag == f"{_TEXT}h":  # numbered headings are written as lists
                        self.walk([part])
                        continue
                    text = normalise(_text(part))
                    self.writer.block(text, "list", mark=mark, tight=tight, group=group)
                    mark, tight = "  " * (depth + 1), tight or bool(text)

    def _table(self, table: Any) -> None:
        all_rows = list(_rows(table))
        heads = sum(1 for row in table.iterfind(f"{_TABLE}table-header-rows/{_TABLE}table-row"))
        rows = [row for row in all_rows if row]
        if width(rows) < 2:
            for row in rows:
                self.writer.block("\n".join(slot.text for slot in row))
            return
        self.writer.table(rows, heads if heads < len(rows) and heads else None)

    def sheets(self, book: Any) -> None:
        tables = [table for table in book.iter(f"{_TABLE}table")]
        for table in tables:
            if len(tables) > 1:
                self.writer.heading(table.get(f"{_TABLE}name", ""), 1)
            for part in parted(list(_rows(table, _hidden_columns(table)))):
                write_rows(self.writer, part)

    def slides(self, show: Any) -> None:
        for number, page in enumerate(show.iter(f"{_DRAW}page"), 1):
            self.writer.close(1)
            self.writer.fields = {"page": str(number)}
            frames = [frame for frame in page if frame.tag != f"{_PRESENTATION}notes"]
            titles = [frame for frame in frames if frame.get(f"{_PRESENTATION}class") == "title"]
            for title in titles:
                self.writer.heading(" ".join(_text(part) for part in title.iter(f"{_TEXT}p")), 1)
            for frame in frames:
                if frame not in titles and frame.get(f"{_PRESENTATION}class") not in ("footer", "date-time", "page-number"):
                    self.walk([frame])
            for notes in page.iter(f"{_PRESENTATION}notes"):
                self._notes(notes, number)

    def _notes(self, notes: Any, page: int) -> None:
        texts = [text for paragraph in notes.iter(f"{_TEXT}p") if (text := normalise(_text(paragraph)))]
        if texts and removed.is_on(removed.SPEAKER_NOTES):
            self.writer.leave_out("speaker notes", [str(page)])
            removed.note(removed.SPEAKER_NOTES, 1)
            return
        header = "演讲者备注" if columns.is_chinese("".join(texts)) else "Speaker notes"
        if texts:
            self.writer.line(header)
        for text in texts:
            self.writer.block(text, tight=True, header=header)


def _rows(table: Any, hidden: Collection[int] = ()) -> Iterator[Line]:
    """Visible rows down to the last filled cell of each; an empty list for a blank row."""
    hanging: dict[int, tuple[int, Slot]] = {}
    for row in table.iter(f"{_TABLE}table-row"):
        if next(row.iterancestors(f"{_TABLE}table")) is not table:
            continue
        line = _line(row, hanging)
        if row.get(f"{_TABLE}visibility") == "collapse":
            continue
        line = _visible(line, hidden) if hidden else line
        while line and not line[-1].text:
            line.pop()
        for _ in range(_count(row, "number-rows-repeated") if line else 1):
            yield list(line)


def _line(row: Any, hanging: dict[int, tuple[int, Slot]]) -> Line:
    """`hanging`: column → (rows that a merged cell still spans, the cell); kept from row to row."""
    line: Line = []
    x = 0
    for cell in row:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        for _ in range(_count(cell, "number-columns-repeated")):
            if cell.tag.endswith("covered-table-cell"):
                if x in hanging:
                    left, slot = hanging.pop(x)
                    if left > 1:
                        hanging[x] = (left - 1, slot)
                    line.append(slot)
            else:
                text = "\n".join(normalise(_text(part)) for part in cell.iter(f"{_TEXT}p"))
                wide, down = _count(cell, "number-columns-spanned"), _count(cell, "number-rows-spanned")
                line.append(Slot(x, text, wide))
                if down > 1:
                    hanging[x] = (down - 1, Slot(x, text, wide, hung=True))
            x += 1
    return line


def _visible(line: Line, hidden: Collection[int]) -> Line:
    kept: Line = []
    for slot in line:
        wide = sum(column not in hidden for column in range(slot.first, slot.first + slot.width))
        if wide:
            before = sum(column < slot.first for column in hidden)
            kept.append(replace(slot, first=slot.first - before, width=wide))
    return kept


def _hidden_columns(table: Any) -> set[int]:
    columns: set[int] = set()
    at = 0
    for column in table.iter(f"{_TABLE}table-column"):
        count = _count(column, "number-columns-repeated")
        if column.get(f"{_TABLE}visibility") == "collapse":
            columns |= set(range(at, at + count))
        at += count
    return columns


def _count(element: Any, name: str) -> int:
    value = element.get(f"{_TABLE}{name}", "1")
    return min(int(value), _REPEAT_LIMIT) if value.isdigit() and value != "0" else 1


def _text(element: Any) -> str:
    return "" if look_of(element).out else "".join(_texts(element))


def _texts(element: Any) -> Iterator[str]:
    yield _SPACES.sub(" ", element.text or "")  # only `text:s` and its like are spaces to keep
    for child in element:
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            yield " " * (int(count) if count.isdigit() else 1)
        elif child.tag == f"{_TEXT}tab":
            yield " "
        elif child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif isinstance(child.tag, str) and (look := look_of(child)) != PLAIN:
            if not look.out:
                text = "".join(_texts(child))
                yield raised(text) if look.place > 0 else lowered(text) if look.place < 0 else text
        elif child.tag == f"{_TEXT}ruby":
            yield "".join("".join(_texts(base)) for base in child.iterchildren(f"{_TEXT}ruby-base"))
        elif child.tag == f"{_TEXT}note":
            yield "".join(child.itertext(f"{_TEXT}note-citation"))
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED and child.tag != f"{_DRAW}frame":
            yield from _texts(child)
        yield _SPACES.sub(" ", child.tail or "")
