"""XML of any vocabulary, and `unstructured` as the second reader of what our own parsers trip over."""

from __future__ import annotations

import io

import pytest
from docx import Document

from ingest.parse import docx, parse
from rag.errors import ParseError

BOOK = """<?xml version="1.0"?><!DOCTYPE book [<!ENTITY hidden SYSTEM "file:///etc/passwd">]>
<book><title>Guide</title><para>Press the red button for 5 seconds.</para><para>按下按钮五秒。&hidden;</para></book>"""


def test_xml_gives_its_texts_in_order_and_resolves_no_entity() -> None:
    parsed = parse(BOOK.encode(), filename="guide.xml", mime_type=None)
    assert parsed.title == "Guide" and parsed.text.startswith("Guide\n\n"), "a title of the document, no longer a text of it"
    assert [parsed.text[block.start : block.end] for block in parsed.blocks] == [
        "Press the red button for 5 seconds.",
        "按下按钮五秒。",
    ]


def test_xml_that_is_none_is_broken() -> None:
    with pytest.raises(ParseError) as caught:
        parse(b"<book><title>Guide</book>", filename="guide.xml", mime_type=None)
    assert caught.value.code == "broken"


def test_what_our_parser_trips_over_is_read_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    written, told = Document(), io.BytesIO()
    written.add_heading("Returns", 1)
    written.add_paragraph("Send it back within 30 days.")
    table = written.add_table(2, 2)
    for cell, text in zip([*table.rows[0].cells, *table.rows[1].cells], ["Model", "Price", "C2", "49 euros"], strict=True):
        cell.text = text
    written.save(told)

    def trip(content: bytes) -> None:
        raise RecursionError("odd file")

    monkeypatch.setattr(docx, "parse", trip)
    parsed = parse(told.getvalue(), filename="returns.docx", mime_type=None)
    found = {parsed.text[block.start : block.end]: block for block in parsed.blocks}
    assert found["Send it back within 30 days."].section == ("Returns",)
    assert found["C2 | 49 euros"].header == "Model | Price"


def test_what_both_trip_over_fails_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "parse", lambda content: 1 / 0)
    buffer = io.BytesIO()
    Document().save(buffer)
    with pytest.raises(ParseError) as caught:
        parse(buffer.getvalue(), filename="odd.docx", mime_type=None)
    assert caught.value.code == "broken"
