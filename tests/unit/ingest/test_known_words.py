"""An edited document has the words of its new passages cut, and no others."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput
from rag.record.schema import passages
from rag.text.tokens import Cutter, words
from rag.wiring import Application


def manual(changed: int | None = None) -> DocumentInput:
    parts = [f"## Chapter {at}\n\n" + f"Step {at} of the manual turns the dial. " * 12 for at in range(20)]
    if changed is not None:
        parts[changed] += "A sentence was added. "
    return DocumentInput("manual.md", "\n\n".join(parts).encode(), mime_type="text/markdown")


def test_an_edit_cuts_the_words_of_what_it_touched(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline, cut, real = (
        Pipeline(application.ledger, application.views.writing, application.settings),
        list[str](),
        Cutter.words,
    )

    def counted(self: Cutter, text: str) -> list[str]:
        cut.append(text)
        return real(self, text)

    monkeypatch.setattr(Cutter, "words", counted)
    first = pipeline.put(manual())
    assert len(cut) == first.passages > 15
    cut.clear()
    list(pipeline.put_many([manual(changed=3)]))
    assert 1 <= len(cut) <= 2
    with application.ledger.engine.connect() as conn:
        rows = conn.execute(select(passages).where(passages.c.retired_seq.is_(None))).all()
    assert len(rows) >= first.passages
    assert all(row.words == " ".join(words(f"{row.context}\n{row.text}")) for row in rows)
