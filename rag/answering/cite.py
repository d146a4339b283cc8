"""Numbers: claims become sentences with `[n]`, and every `[n]` has its citation and the other way round."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.check import Checked
from rag.answering.gate.shown import safe, safe_url
from rag.domain import Citation, Claim, Hit, Passage, Sentence, Span
from rag.domain.grounding import Grounded

_OWN_NUMBER = re.compile(r"\[(\d+)\]")


def _link(passage: Passage) -> str | None:
    """The entry's own link where its table has one, else the document's."""
    return safe_url(passage.fields.get("url")) or safe_url(passage.url)


def _gap(text: str) -> str:
    """Between a claim and its markers: inside a table's last row or a fence they would be part of it."""
    return "\n\n" if text.endswith(("|", "```")) else " "


class Numbering:
    """Gives citations their numbers, in order of first use; the same span keeps its number."""

    def __init__(self, hits: Sequence[Hit]):
        self._hits = hits
        self._numbers: dict[tuple[str, int, int, tuple[tuple[int, int], ...]], Citation] = {}

    def read(self, hits: Sequence[Hit]) -> None:
        """The hits as they were read, some of them with their whole section."""
        self._hits = hits

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._numbers.values())

    def sentence(self, claim: Claim) -> Sentence:
        """The claim's text followed by its markers; a bracketed number of the documents' own must not look like one."""
        cited = tuple(dict.fromkeys(self._cite(span) for span in claim.support))
        marks = "".join(f"[{citation.n}]" for citation in cited)
        text = _OWN_NUMBER.sub(r"［\1］", safe(claim.text))
        return Sentence(f"{text}{_gap(text)}{marks}" if marks else text, cited)

    def grounded(self, checked: Checked) -> Grounded:
        """The verdict on a sentence with the numbers of its citations; a dropped text is not shown."""
        if checked.claim is None:
            return Grounded("dropped", checked.fault, None)
        numbers = dict.fromkeys(self._cite(span).n for span in checked.claim.support)
        shown = checked.claim.text if checked.verdict == "replaced" else checked.text
        return Grounded(checked.verdict, checked.fault, safe(shown), tuple(numbers))

    def number(self, hit: int) -> int | None:
        """The first citation of that hit's passage, None when it is not cited."""
        passage = self._hits[hit].passage.id
        return next((citation.n for citation in self._numbers.values() if citation.passage_id == passage), None)

    def _cite(self, span: Span) -> Citation:
        hit = self._hits[span.hit]
        passage = hit.passage
        key = (passage.document_id, span.start, span.end, span.parts)
        if key not in self._numbers:
            self._numbers[key] = Citation(
                n=len(self._numbers) + 1,
                document_id=passage.document_id,
                version=passage.version,
                passage_id=passage.id,
                title=passage.title,
                url=_link(passage),
                section=passage.section,
                cited_text="\n".join(
                    passage.text[a - passage.start : b - passage.start] for a, b in span.parts or ((span.start, span.end),)
                ),
                start=span.start,
                end=span.end,
                score=round(hit.probability, 4),
                spans=span.parts,
            )
        return self._numbers[key]
