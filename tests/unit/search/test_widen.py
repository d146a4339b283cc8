"""A widened hit is an exact span of its version, and swallows no other hit."""

from __future__ import annotations

from rag.domain import Scope
from rag.search.retrieve import Retriever

PARAGRAPHS = [f"Step {number}: turn the {part} until it clicks." for number, part in enumerate("dial lever knob wheel".split())]


def test_what_follows_and_precedes_is_taken_in_within_the_budget(put, application):
    put("guide", *PARAGRAPHS)
    retriever = Retriever(application.ledger, application.views, candidates=50)
    found = retriever.retrieve("lever", Scope(), 1)
    text = application.ledger.text("guide", 1)
    whole = retriever.widened(found, 1000).hits[0].passage
    assert whole.text == text and (whole.start, whole.end) == (0, len(text))
    assert whole.id == found.hits[0].passage.id
    some = retriever.widened(found, 12).hits[0].passage
    assert some.text == text[some.start : some.end] == "\n\n".join(PARAGRAPHS[1:3])
    assert retriever.widened(found, 0) == found == retriever.widened(found, 3)


def test_other_hits_are_not_swallowed(put, application):
    put("guide", *PARAGRAPHS)
    retriever = Retriever(application.ledger, application.views, candidates=50)
    hits = retriever.widened(retriever.retrieve("lever knob", Scope(), 2), 1000).hits
    spans = sorted((hit.passage.start, hit.passage.end) for hit in hits)
    assert spans[0][1] <= spans[1][0]
