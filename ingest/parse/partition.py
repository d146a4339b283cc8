"""`unstructured`: the second reader of office files, mails and pages that ours trips over.

Left alone, the package reports each use to its maker, prints an advertisement and downloads a spaCy model: not here.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

# Before the import, which already reports. Assigned, not defaulted: nothing may leave the machine whatever is set outside.
os.environ.update(DO_NOT_TRACK="1", SCARF_NO_ANALYTICS="1", UNSTRUCTURED_DISABLE_NOTICE="1")

import spacy
from lxml.html import fragment_fromstring
from unstructured.nlp import tokenize

from ingest.parse.archive import open_archive
from ingest.parse.normal import normalise
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_SENTENCE_ENDS = [".", "!", "?", "…", "。", "！", "？", "；", "｡"]
_OPTIONS: Mapping[str, Any] = {"languages": [""]}  # no guessing of languages, which is random on short texts
_MAIL: Mapping[str, Any] = {"process_attachments": False}
_OFFICE = "application/vnd.openxmlformats-officedocument."

_SECOND: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        f"{_OFFICE}wordprocessingml.document": ("docx", {}),
        f"{_OFFICE}presentationml.presentation": ("pptx", {"include_slide_notes": True}),
        f"{_OFFICE}spreadsheetml.sheet": ("xlsx", {}),
        "message/rfc822": ("email", _MAIL),
        "text/html": ("html", {}),
    }
)
"""Mime type → unstructured's partitioner and its options."""


def again(content: bytes, mime_type: str) -> Parsed | None:
    """A second try at a document that our own parser tripped over; None when it fails as well, or knows no such type."""
    second = _SECOND.get(mime_type)
    if second is None:
        return None
    try:
        if content.startswith(b"PK"):
            open_archive(content).close()  # refuses bombs
        return _written(_read(second[0], content, second[1]))
    except ParseError:
        return None


def _read(kind: str, content: bytes, options: Mapping[str, Any]) -> list[Any]:
    partition: Callable[..., list[Any]] = getattr(import_module(f"unstructured.partition.{kind}"), f"partition_{kind}")
    try:
        return partition(file=io.BytesIO(content), **_OPTIONS, **options)
    except MemoryError:
        raise
    except Exception as exc:  # it lets through whatever lxml, python-docx, zipfile and email raise
        raise ParseError(
            f"The file cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again in its format, or as PDF."
        ) from exc


def _written(elements: list[Any]) -> Parsed:
    """`Title` is a guess that fails on Chinese unless the markup gave it a depth; tables and list items are marked up."""
    writer = Writer()
    for element in elements:
        about = element.metadata
        rows = _rows(about.text_as_html) if element.category == "Table" else []
        if rows:
            writer.plain_table(rows, 1)
        elif element.category == "Title" and about.category_depth is not None:
            writer.heading(element.text, about.category_depth + 1)
        elif element.text.strip():
            writer.block(normalise(element.text), "list" if element.category == "ListItem" else "text")
    parsed = writer.parsed()
    if not parsed.blocks:
        raise ParseError("The document has no text.", code="empty", fix="Send a document that has text.")
    return parsed


def _rows(html: str | None) -> list[list[str]]:
    if not html:
        return []
    return [[" ".join(cell.itertext()) for cell in row.iter("td", "th")] for row in fragment_fromstring(html).iter("tr")]


def _sentences() -> spacy.language.Language:
    """A pipeline of rules for any language. It only shifts guesses between categories that we do not rely on."""
    pipeline = spacy.blank("xx")
    pipeline.add_pipe("sentencizer", config={"punct_chars": _SENTENCE_ENDS})
    return pipeline


tokenize._load_spacy_model = _sentences  # the one place where it looks for its model, and downloads it
