"""Parts of a Word package that its text refers to: foot- and endnotes, charts, chunks of HTML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from ingest.parse.attached import embed
from ingest.parse.chart import write_chart
from ingest.parse.docxstyles import w
from ingest.parse.writer import Writer

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"


class Parts:
    """The parts of one document, by the ids that stand in its text."""

    def __init__(self, document: Any) -> None:
        self._part = document.part
        self._notes: dict[tuple[str, str], Any] = {}
        for relation in document.part.rels.values():
            kind = relation.reltype.rsplit("/", 1)[-1]
            if kind in ("footnotes", "endnotes") and not relation.is_external:
                for note in _xml(relation.target_part.blob).iter(w(kind[:-1])):
                    self._notes[kind[:-1], note.get(w("id"))] = note

    def notes(self, paragraph: Any) -> Iterator[Any]:
        """Foot- and endnotes that the paragraph refers to, as elements with paragraphs inside."""
        for kind in ("footnote", "endnote"):
            for reference in paragraph.iter(w(f"{kind}Reference")):
                if (note := self._notes.get((kind, reference.get(w("id"))))) is not None:
                    yield note

    def write_charts(self, writer: Writer, paragraph: Any) -> None:
        for chart in paragraph.iter(_CHART):
            if (part := self._part.related_parts.get(chart.get(f"{_R}id"))) is not None:
                write_chart(writer, _xml(part.blob))

    def write_chunk(self, writer: Writer, chunk: Any) -> None:
        """An `altChunk`: a page of HTML, a saved web page or another document that stands in this place."""
        if (part := self._part.related_parts.get(chunk.get(f"{_R}id"))) is not None:
            embed(writer, part.blob, str(part.partname))


def _xml(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, recover=True, no_network=True))
