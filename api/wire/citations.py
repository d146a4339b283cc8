"""Citations in other protocols: where a marker `[n]` stands in the text, where its link leads, and how a client shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from api.wire.links import Links
from api.wire.shown import for_chat
from rag.domain import Citation

Style = Literal["annotations", "markdown", "openwebui", "none"]
STYLES: tuple[str, ...] = get_args(Style)
JOINT = "\n"  # between the sentences of an answer, as `Answer.answer` joins them

_MARKER = re.compile(r"\[(\d+)\]")
_MARKERS = re.compile(r" ?(?:\[\d+\])+")


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker in a text: `text[start:end]` is its link or `[n]`, in code points."""

    start: int
    end: int
    citation: Citation


@dataclass(slots=True)
class Rendering:
    """An answer's text as a client wants it, sentence by sentence, with the places of its markers so far.

    `links`: where citations lead.
    """

    style: Style
    links: Links
    text: str = ""
    marks: list[Mark] = field(default_factory=list)

    def add(self, sentence: str, citations: Sequence[Citation]) -> str:
        """What is appended to `text` for a sentence."""
        piece, marks = render(for_chat(sentence), {citation.n: citation for citation in citations}, self.style, self.links)
        joint = JOINT if self.text else ""
        offset = len(self.text) + len(joint)
        self.marks += [Mark(mark.start + offset, mark.end + offset, mark.citation) for mark in marks]
        self.text += joint + piece
        return joint + piece


def render(text: str, citations: Mapping[int, Citation], style: Style, links: Links) -> tuple[str, list[Mark]]:
    """The text in a style: `markdown` makes links of the markers, `none` takes them out, the others leave them."""
    if style == "none":
        return _MARKERS.sub("", text), []
    out, marks, at = "", list[Mark](), 0
    for marker in _MARKER.finditer(text):
        citation = citations.get(int(marker[1]))
        if citation is None:
            continue
        out += text[at : marker.start()]
        shown = f"[{marker[0]}]({_in_markdown(links.of(citation))})" if style == "markdown" else marker[0]
        marks.append(Mark(len(out), len(out) + len(shown), citation))
        out, at = out + shown, marker.end()
    return out + text[at:], marks


def url_citations(marks: Sequence[Mark], links: Links) -> list[dict[str, Any]]:
    """OpenAI's `url_citation` for each marker."""
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": mark.start,
                "end_index": mark.end,
                "title": mark.citation.title,
                "url": links.of(mark.citation),
            },
        }
        for mark in marks
    ]


def context(citations: Sequence[Citation], links: Links) -> dict[str, Any]:
    """Azure's `message.context`, with the exact place of each citation beside it."""
    return {
        "citations": [
            {
                "content": citation.cited_text,
                "title": citation.title,
                "url": links.of(citation),
                "filepath": citation.document_id,
                "chunk_id": str(citation.passage_id),
                "n": citation.n,
                "document_id": citation.document_id,
                "version": citation.version,
                "passage_id": citation.passage_id,
                "section": list(citation.section),
                "cited_text": citation.cited_text,
                "start": citation.start,
                "end": citation.end,
                "score": citation.score,
            }
            for citation in citations
        ]
    }


def open_webui_source(citation: Citation, links: Links) -> dict[str, Any]:
    """An Open WebUI event: a source chip that opens the cited passage.

    It numbers the different `metadata.source`, so no two citations share one (`api.wire.links`); where that is an address, it
    is shown in the place of the name unless the source is called external.
    """
    url = links.of(citation)
    about = {
        "source": url,
        "external": True,
        "name": citation.title,
        "document_id": citation.document_id,
        "version": citation.version,
    }
    source = {"id": str(citation.n), "name": citation.title, "url": url}
    return {
        "type": "source",
        "data": {"source": source, "document": [citation.cited_text], "metadata": [about], "distances": [citation.score]},
    }


def _in_markdown(url: str) -> str:
    """A link's address may hold no space or bracket."""
    return url.replace(" ", "%20").replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
