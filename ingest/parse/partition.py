"""The one door to `unstructured`: offline, silent, its elements as plain records and its errors as ours.

Left alone, the package reports each use to its maker, prints an advertisement and downloads a spaCy model.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

# Before the import, which already reports. Assigned, not defaulted: nothing may leave the machine whatever is set outside.
os.environ.update(DO_NOT_TRACK="1", SCARF_NO_ANALYTICS="1", UNSTRUCTURED_DISABLE_NOTICE="1")

import spacy
from lxml.html import fragment_fromstring
from unstructured.nlp import tokenize
from unstructured.partition.email import partition_email
from unstructured.partition.pptx import partition_pptx

from ingest.parse.archive import open_archive
from rag.errors import ParseError

_SENTENCE_ENDS = [".", "!", "?", "…", "。", "！", "？", "；", "｡"]
_OPTIONS: Mapping[str, Any] = {"languages": [""]}  # no guessing of languages, which is random on short texts


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of a document in reading order.

    Attributes:
        category: unstructured's name of what it is. `Title`, `NarrativeText` and `UncategorizedText` are guesses that fail
            on Chinese; `ListItem` and `Table` come from the markup.
        depth: of a heading or list item, 0 outermost; None where the markup says nothing.
        page: slide number from 1; 0 in documents without pages.
        rows: cell texts of a table.
    """

    category: str
    text: str
    depth: int | None = None
    page: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def slides(content: bytes) -> tuple[list[Element], dict[int, str]]:
    """(what stands on the slides of a .pptx, slide number → speaker notes).

    Raises:
        ParseError: `broken`, `encrypted`, `too_large`, and `empty` when there is no text at all.
    """
    open_archive(content).close()
    # Notes come as the first element of their slide and look like any other: only a second reading tells them apart.
    alone, together = (
        _read(partial(partition_pptx, file=io.BytesIO(content), include_slide_notes=noted, **_OPTIONS))
        for noted in (False, True)
    )
    counts: dict[int, int] = {}
    for element in alone:
        counts[element.page] = counts.get(element.page, 0) + 1
    notes: dict[int, str] = {}
    for element in reversed(together):
        counts[element.page] = counts.get(element.page, 0) - 1
        if counts[element.page] < 0:
            notes[element.page] = element.text
    if not alone and not notes:
        raise ParseError(
            "The presentation has no text.", code="empty", fix="If its slides are pictures, run it through OCR first."
        )
    return alone, notes


def mail(message: bytes, paragraphs: Callable[[str], str]) -> list[Element]:
    """The body of a mail, HTML preferred; attachments are left out. `paragraphs` gives a plain body one line a paragraph.

    Raises:
        ParseError: `broken`.
    """
    options = {**_OPTIONS, "process_attachments": False, "paragraph_grouper": paragraphs}
    return _read(partial(partition_email, file=io.BytesIO(message), **options))


def _read(partition: Callable[[], list[Any]]) -> list[Element]:
    try:
        elements = partition()
    except MemoryError:
        raise
    except Exception as exc:  # it lets through whatever python-pptx, lxml, zipfile and email raise
        if isinstance(exc, RuntimeError) and "password" in str(exc):
            raise ParseError(
                "The file is protected by a password.", code="encrypted", fix="Save it without the password and send it again."
            ) from exc
        raise ParseError(
            f"The file cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again in its format, or as PDF."
        ) from exc
    return [_element(element) for element in elements if element.text.strip()]


def _element(element: Any) -> Element:
    about = element.metadata
    return Element(element.category, element.text, about.category_depth, about.page_number or 0, _rows(about.text_as_html))


def _rows(html: str | None) -> tuple[tuple[str, ...], ...]:
    if not html:
        return ()
    return tuple(
        tuple(" ".join(cell.itertext()) for cell in row.iter("td", "th")) for row in fragment_fromstring(html).iter("tr")
    )


def _sentences() -> spacy.language.Language:
    """A pipeline of rules for any language. It only shifts guesses between categories that we do not rely on."""
    pipeline = spacy.blank("xx")
    pipeline.add_pipe("sentencizer", config={"punct_chars": _SENTENCE_ENDS})
    return pipeline


tokenize._load_spacy_model = _sentences  # the one place where it looks for its model, and downloads it
