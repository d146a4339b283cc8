"""PowerPoint presentations, by unstructured: one section a slide, tables by row, speaker notes below their slide."""

from __future__ import annotations

from itertools import groupby

from ingest import columns
from ingest.parse import partition
from ingest.parse.header import split_header
from ingest.parse.lines import bullet
from ingest.parse.lines import columns as width
from ingest.parse.partition import Element
from ingest.parse.writer import Writer, normalise
from rag.domain import Parsed

_PROSE_COLUMNS = 60
_SENTENCE_ENDS = "。！？.!?；;"


def parse(content: bytes) -> Parsed:
    """Parses a .pptx. The title is that of the first slide that has one.

    Raises:
        ParseError: `broken`, `encrypted`, `too_large`, `empty`.
    """
    elements, notes = partition.slides(content)
    slides = {page: list(group) for page, group in groupby(elements, key=lambda element: element.page)}
    writer = Writer(next((element.text for element in elements if _is_title(element)), ""))
    for page in sorted({*slides, *notes}):
        _slide(writer, slides.get(page, []))
        _notes(writer, notes.get(page, ""))
    return writer.parsed({"slides": max({*slides, *notes})})


def _is_title(element: Element) -> bool:
    """Whether it stands in the slide's title box; what unstructured takes for a title elsewhere lies deeper."""
    return element.category == "Title" and element.depth == 0


def _slide(writer: Writer, elements: list[Element]) -> None:
    writer.close(1)
    # Boxes come from top to bottom: something small may stand above the title.
    for element in filter(_is_title, elements):
        writer.heading(element.text, 1)
    body = [element for element in elements if not _is_title(element)]
    for is_item, run in groupby(body, key=_is_item):
        if is_item:
            _items(writer, list(run))
            continue
        for element in run:
            if element.rows:
                writer.table(*split_header(element.rows))
            else:
                writer.block(normalise(element.text))


def _is_item(element: Element) -> bool:
    """Whether it is a point of a list. Most bullets are the layout's, of which the slide knows nothing: short is a point."""
    text = element.text.strip()
    prose = width(text) > _PROSE_COLUMNS and text[-1] in _SENTENCE_ENDS
    return not element.rows and (element.category == "ListItem" or _level(element) > 0 or not prose)


def _level(element: Element) -> int:
    """Indentation of a paragraph. unstructured adds one to what it takes for a title outside of the title box."""
    return max(0, (element.depth or 0) - (element.category == "Title"))


def _items(writer: Writer, items: list[Element]) -> None:
    if len(items) == 1 and items[0].category != "ListItem":
        writer.block(normalise(items[0].text))
        return
    group = writer.group()
    for number, item in enumerate(items):
        text = normalise(item.text)
        length = bullet(text)
        mark = "  " * _level(item) + (text[:length] or "- ")
        writer.block(text[length:], "list", mark=mark, tight=number > 0, group=group)


def _notes(writer: Writer, notes: str) -> None:
    paragraphs = [text for line in notes.splitlines() if (text := normalise(line))]
    if not paragraphs:
        return
    header = "演讲者备注" if columns.is_chinese(notes) else "Speaker notes"
    writer.line(header)
    for text in paragraphs:
        writer.block(text, tight=True, header=header)
