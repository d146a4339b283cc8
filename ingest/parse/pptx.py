"""PowerPoint presentations, by python-pptx: one section a slide, tables by row, charts, speaker notes below their slide."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ingest import columns
from ingest.parse import removed
from ingest.parse.archive import open_archive
from ingest.parse.chart import write_chart
from ingest.parse.lines import bullet
from ingest.parse.lines import columns as width
from ingest.parse.normal import normalise, one_line
from ingest.parse.raised import lowered, raised
from ingest.parse.slots import Line, Slot
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_PROSE_COLUMNS = 60
_SENTENCE_ENDS = "。！？.!?；;"
_FURNITURE = ("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER")
_ROW = 91440  # EMU (0.1 inch): boxes whose tops differ by less stand side by side


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    level: int = 0
    bulleted: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    rows: list[Line]


@dataclass(frozen=True, slots=True)
class _Chart:
    space: Any


def parse(content: bytes) -> Parsed:
    """Parses a .pptx. The title is that of the first slide that has one. Blocks have the field `page`, the slide's number.

    Raises:
        ParseError: `broken`, `encrypted`, `too_large`.
    """
    from pptx import Presentation

    open_archive(content).close()
    try:
        every = list(Presentation(io.BytesIO(content)).slides)
        slides = [slide for slide in every if slide._element.get("show", "1") not in ("0", "false")]
        read = [(_title(slide), list(_content(slide)), _notes(slide)) for slide in slides]
    except Exception as exc:  # python-pptx raises KeyError, ValueError, XMLSyntaxError, … on damaged packages
        raise ParseError(
            f"The presentation cannot be opened ({type(exc).__name__}).",
            code="broken",
            fix="Save it again as .pptx, or as PDF.",
        ) from exc
    writer = Writer(next((title for title, _, _ in read if title), ""))
    numbers = [number for number, slide in enumerate(every, 1) if slide in slides]
    writer.leave_out("hidden slides", [str(number) for number in range(1, len(every) + 1) if number not in numbers])
    for number, (title, content_of, notes) in zip(numbers, read, strict=True):
        writer.close(1)
        writer.fields = {"page": str(number)}
        writer.heading(title, 1)
        _write(writer, content_of)
        if not notes.strip() or not removed.is_on(removed.SPEAKER_NOTES):
            _write_notes(writer, notes)
        else:
            writer.leave_out("speaker notes", [str(number)])
            removed.note(removed.SPEAKER_NOTES, 1)
    writer.close(1)
    return writer.parsed({"slides": len(every)})


def _title(slide: Any) -> str:
    title = slide.shapes.title
    return one_line(title.text_frame.text) if title is not None else ""


def _notes(slide: Any) -> str:
    if not slide.has_notes_slide or (frame := slide.notes_slide.notes_text_frame) is None:
        return ""
    return str(frame.text)


def _content(slide: Any) -> Iterator[_Paragraph | _Table | _Chart]:
    """What stands on the slide beside its title, in reading order."""
    title = slide.shapes.title
    skipped = title.shape_id if title is not None else None
    for shape in _ordered(slide.shapes):
        if shape.shape_id != skipped and not _is_furniture(shape) and not _is_hidden(shape):
            yield from _shape(shape)


def _ordered(shapes: Any) -> list[Any]:
    """Top to bottom, and left to right within what stands side by side; a group's shapes stay together."""
    placed = sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))
    rows: list[list[Any]] = []
    for shape in placed:
        if rows and (shape.top or 0) - (rows[-1][0].top or 0) < _ROW:
            rows[-1].append(shape)
        else:
            rows.append([shape])
    return [shape for row in rows for shape in sorted(row, key=lambda shape: shape.left or 0)]


def _is_furniture(shape: Any) -> bool:
    """Date, footer and page number, which every slide repeats."""
    return bool(shape.is_placeholder and shape.placeholder_format.type is not None) and (
        shape.placeholder_format.type.name in _FURNITURE
    )


def _is_hidden(shape: Any) -> bool:
    """Switched off in the selection pane."""
    return any(
        one.get("hidden") in ("1", "true")
        for one in shape.element.iterdescendants("{*}cNvPr")
        if one.getparent().getparent() is shape.element
    )


def _shape(shape: Any) -> Iterator[_Paragraph | _Table | _Chart]:
    if hasattr(shape, "shapes"):
        for inner in _ordered(shape.shapes):
            yield from _shape(inner)
    elif getattr(shape, "has_table", False):
        yield _Table(list(_rows(shape.table)))
    elif getattr(shape, "has_chart", False):
        yield _Chart(shape.chart._chartSpace)
    elif getattr(shape, "has_text_frame", False):
        yield from _paragraphs(shape.text_frame)
    elif shape.element.tag.endswith("graphicFrame"):
        yield from _diagram(shape)


def _paragraphs(frame: Any) -> Iterator[_Paragraph]:
    for paragraph in frame.paragraphs:
        properties = paragraph._p.find(f"{_A}pPr")
        marked = properties is not None and any(properties.find(f"{_A}{mark}") is not None for mark in ("buChar", "buAutoNum"))
        yield _Paragraph(_text(paragraph._p), paragraph.level, marked)


def _text(paragraph: Any) -> str:
    """Runs, fields and line breaks; python-pptx leaves out fields and formulas."""
    parts: list[str] = []
    for element in paragraph.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == f"{_A}br":
            parts.append("\n")
        elif element.tag.endswith("}t"):
            parts.append(_run(element))
    return normalise("".join(parts).replace("\v", "\n"))


def _run(text: Any) -> str:
    """A run's text: nothing where it is struck out, digits raised or lowered as they are shown."""
    properties = text.getparent().find(f"{_A}rPr")
    if properties is None:
        return text.text or ""
    if properties.get("strike", "noStrike") != "noStrike":
        return ""
    shift = properties.get("baseline", "0").rstrip("%")
    place = int(shift) if shift.lstrip("-").isdigit() else 0
    return raised(text.text or "") if place > 0 else lowered(text.text or "") if place < 0 else text.text or ""


def _rows(table: Any) -> Iterator[Line]:
    """Slots by row; a cell that goes over several rows stands in each."""
    merged: dict[tuple[int, int], Slot] = {}
    for y, row in enumerate(table.rows):
        line: Line = []
        for x, cell in enumerate(row.cells):
            if (y, x) in merged:
                line.append(merged[y, x])
            if cell.is_spanned:
                continue
            text = "\n".join(filter(None, (_text(paragraph._p) for paragraph in cell.text_frame.paragraphs)))
            wide, high = (cell.span_width, cell.span_height) if cell.is_merge_origin else (1, 1)
            line.append(Slot(x, text, wide))
            merged |= {(y + down, x): Slot(x, text, wide, hung=True) for down in range(1, high)}
        yield line


def _diagram(shape: Any) -> Iterator[_Paragraph]:
    """The points of a SmartArt drawing."""
    for element in shape.element.iter():
        name = element.attrib.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm")
        if name is None:
            continue
        from lxml import etree

        data = etree.fromstring(shape.part.related_part(name).blob, etree.XMLParser(resolve_entities=False))
        for paragraph in data.iter(f"{_A}p"):
            yield _Paragraph(_text(paragraph), 0, True)


# -- writing -----------------------------------------------------------------------------------------------------------


def _write(writer: Writer, content: Sequence[_Paragraph | _Table | _Chart]) -> None:
    filled = [item for item in content if not isinstance(item, _Paragraph) or any(char.isalnum() for char in item.text)]
    for is_item, run in groupby(filled, key=_is_item):
        if is_item:
            _items(writer, [item for item in run if isinstance(item, _Paragraph)])
            continue
        for item in run:
            if isinstance(item, _Table):
                writer.table(item.rows)
            elif isinstance(item, _Chart):
                write_chart(writer, item.space)
            else:
                writer.block(item.text)


def _is_item(item: _Paragraph | _Table | _Chart) -> bool:
    """Whether it is a point of a list. Most bullets are the layout's, of which the slide knows nothing: short is a point."""
    if not isinstance(item, _Paragraph):
        return False
    prose = width(item.text) > _PROSE_COLUMNS and item.text[-1] in _SENTENCE_ENDS
    return item.bulleted or item.level > 0 or not prose


def _items(writer: Writer, items: list[_Paragraph]) -> None:
    if len(items) == 1 and not items[0].bulleted:
        writer.block(items[0].text)
        return
    group = writer.group()
    for number, item in enumerate(items):
        length = bullet(item.text)
        mark = "  " * item.level + (item.text[:length] or "- ")
        writer.block(item.text[length:], "list", mark=mark, tight=number > 0, group=group)


def _write_notes(writer: Writer, notes: str) -> None:
    paragraphs = [text for line in notes.splitlines() if (text := normalise(line))]
    if not paragraphs:
        return
    header = "演讲者备注" if columns.is_chinese(notes) else "Speaker notes"
    writer.line(header)
    for text in paragraphs:
        writer.block(text, tight=True, header=header)
