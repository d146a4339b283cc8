"""Many documents at once: each has one outcome, in order of its batch, and the model does not wait for commits or parsers."""

from __future__ import annotations

import threading
import time

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput
from rag.record.ledger import Ledger
from rag.wiring import Application


def test_every_document_has_one_outcome(application: Application) -> None:
    docs = [DocumentInput(f"{n}.md", f"# Page {n}\n\n".encode() + f"Text {n}. ".encode() * 60) for n in range(60)]
    docs[7] = DocumentInput("7.pdf", b"no pdf", filename="7.pdf")
    docs[20] = DocumentInput("20.md", b"  ")
    outcomes = list(Pipeline(application.ledger, application.views.writing, application.settings).put_many(docs))
    assert sorted(o.input.id for o in outcomes) == sorted(doc.id for doc in docs)
    assert {o.input.id for o in outcomes if o.error} == {"7.pdf", "20.md"}
    versions = [o.result.index_version for o in outcomes if o.result]
    assert versions == sorted(versions)
    assert application.ledger.counts()["documents"] == 58


def test_the_model_works_while_the_batch_before_is_committed(application: Application, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    committing, overlapped = threading.Event(), threading.Event()
    put, embed = Ledger.put, type(application.embedder).embed_with_tokens

    def slow_put(self, *told):  # type: ignore[no-untyped-def]
        committing.set()
        time.sleep(0.02)
        result = put(self, *told)
        committing.clear()
        return result

    def watched(self, texts):  # type: ignore[no-untyped-def]
        if committing.wait(0.3):
            overlapped.set()
        return embed(self, texts)

    monkeypatch.setattr(Ledger, "put", slow_put)
    monkeypatch.setattr(type(application.embedder), "embed_with_tokens", watched)
    docs = [DocumentInput(f"{n}.md", "\n\n".join(f"## {n}.{m}\n\nText." for m in range(70)).encode()) for n in range(6)]
    assert sum(1 for _ in Pipeline(application.ledger, application.views.writing, application.settings).put_many(docs)) == 6
    assert overlapped.is_set()


def test_no_documents_are_none(application: Application) -> None:
    assert list(Pipeline(application.ledger, application.views.writing, application.settings).put_many([])) == []
