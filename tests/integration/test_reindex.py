"""Generations: built beside the live one, swapped whole, rolled back with the edits since."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from ingest.pipeline import Pipeline
from ingest.reindex import reindex, rollback
from rag.domain import DocumentInput, Question
from rag.errors import ConfigError, Conflict, NotFound
from rag.fakes import HashEmbedder
from rag.record.rebuild import locked
from rag.settings import load as load_settings
from rag.wiring import open_application


def load(name: str) -> HashEmbedder:
    embedder = HashEmbedder(int(name.removeprefix("hash-")))
    embedder.model_id = name
    return embedder


def accept(application, view):
    return []


@pytest.fixture
def told(settings):
    def with_model(name: str):
        told = {"data_dir": str(settings.data_dir), "embedding.model": name, "answer.max_wrong_rate": 1.0}
        return load_settings(env={}, overrides=told)

    return with_model


@pytest.fixture
def old(told):
    """A library of 40 documents in 64 dimensions."""
    application = open_application(told("hash-64"), load=load)
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    for n in range(40):
        pipeline.put(DocumentInput(f"doc{n}", f"# Title {n}\n\nThe code of item{n} is {n * 111}.".encode(), "text/markdown"))
    yield application
    application.close()


@pytest.fixture
def new(told, old):
    application = open_application(told("hash-96"), load=load, rebuilding=True)
    yield application
    application.close()


def ask(application, n: int) -> str:
    return application.answerer.answer(Question(f"code of item{n}")).answer


def test_swap_is_followed_by_a_running_process_and_refused_by_a_restart_with_old_settings(told, old, new):
    with pytest.raises(ConfigError, match="reindex"):
        open_application(told("hash-96"), load=load)
    before = old.ledger.head()
    outcome = reindex(new, accept)
    assert (outcome.state, outcome.documents, outcome.failed) == ("swapped", 40, [])
    assert outcome.index_version == before + 1
    assert "777" in ask(old, 7)  # a process that has been running all the time
    assert old.embedder.dim == 96
    with pytest.raises(ConfigError):
        open_application(told("hash-64"), load=load)
    assert reindex(new, accept).state == "unchanged"


def test_nothing_changed_embeds_nothing(old):
    embedded = old.embedder.embedded
    outcome = reindex(old, accept)
    assert (outcome.state, outcome.embedded) == ("unchanged", 0)
    assert old.embedder.embedded == embedded


def test_a_refused_build_leaves_the_live_one(old, new):
    head = old.ledger.head()
    outcome = reindex(new, lambda application, view: ["recall fell"])
    assert (outcome.state, outcome.gate) == ("refused", ["recall fell"])
    assert old.ledger.head() == head
    assert "333" in ask(old, 3)
    assert reindex(new, accept).state == "swapped"


def test_an_interrupted_build_goes_on_where_it_stopped(old, new):
    class Stop(Exception):
        pass

    def interrupt(done, total):
        if done >= 16:
            raise Stop

    with pytest.raises(Stop):
        reindex(new, accept, progress=interrupt)
    assert "333" in ask(old, 3)
    outcome = reindex(new, accept)
    assert (outcome.state, outcome.documents) == ("swapped", 24)


def test_edits_during_the_build_are_in_the_new_generation(old, new):
    pipeline = Pipeline(old.ledger, old.views.writing, old.settings)

    def edit(application, view):
        """Runs as the gate: after the build, before the swap."""
        pipeline.put(DocumentInput("doc1", b"The code of item1 is changed-one.", "text/markdown"))
        pipeline.put(DocumentInput("fresh", b"The code of item99 is brand-new.", "text/markdown"))
        old.ledger.delete("doc2")
        return []

    assert reindex(new, edit).state == "swapped"
    for application in (old, new):
        assert "changed-one" in ask(application, 1)
        assert "brand-new" in ask(application, 99)
        assert "222" not in ask(application, 2)


def test_writers_and_readers_go_on_through_the_swap(old, new):
    pipeline = Pipeline(old.ledger, old.views.writing, old.settings)
    stop, faults, written = threading.Event(), [], []

    def write():
        n = 0
        while not stop.is_set():
            n += 1
            for outcome in pipeline.put_many([DocumentInput(f"w{n}", f"The code of extra{n} is x{n}x.".encode())]):
                if outcome.error:
                    faults.append(outcome.error)
            written.append(n)
            time.sleep(0.01)

    def read():
        while not stop.is_set():
            if "555" not in ask(old, 5):
                faults.append("hole")

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    outcome = reindex(new, accept)
    time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()
    assert outcome.state == "swapped"
    assert faults == []
    found = {doc.id for doc in old.ledger.page(limit=1000)}
    assert {f"w{n}" for n in written} <= found
    hits = old.answerer.retrieve(Question(f"extra{written[-1]}")).hits
    assert hits[0].passage.document_id == f"w{written[-1]}"


def test_rollback_brings_the_former_back_with_the_edits_since(old, new, told):
    reindex(new, accept)
    Pipeline(new.ledger, new.views.writing, new.settings).put(DocumentInput("doc4", b"The code of item4 is edited-later."))
    back = open_application(told("hash-64"), load=load, rebuilding=True)
    assert rollback(back).state == "swapped"
    assert "edited-later" in ask(old, 4)
    assert old.embedder.dim == 64
    assert open_application(told("hash-64"), load=load).embedder.dim == 64


def test_rollback_without_a_former_one(old):
    with pytest.raises(NotFound):
        rollback(old)


def test_the_second_is_told_who_holds_the_lock_and_a_dead_holder_is_replaced(old, new):
    with locked(old.ledger.engine, "process 1 on elsewhere"), pytest.raises(Conflict, match="process 1 on elsewhere"):
        reindex(new, accept)
    with pytest.raises(ZeroDivisionError), locked(old.ledger.engine, "process 2", lease_s=0.0):
        assert reindex(new, accept).state == "swapped"
        raise ZeroDivisionError


def test_a_parser_that_reads_another_text_now_moves_no_offset(old, new, monkeypatch):
    """Stored answers cite `text[start:end]` of the version: a new parser may change passages, never that."""
    from ingest import reindex as module

    read = module.read_again

    def changed(*args):
        found = read(*args)
        shifted = (replace(c, start=c.start + 1, end=c.end + 1) for c in found.chunks)
        return replace(found, text=f"!{found.text}", chunks=tuple(shifted))

    monkeypatch.setattr(module, "read_again", changed)
    assert reindex(new, accept).state == "swapped"
    (hit, *_) = new.answerer.retrieve(Question("code of item7")).hits
    passage = hit.passage
    assert new.ledger.text(passage.document_id, passage.version)[passage.start : passage.end] == passage.text
    assert "777" in ask(new, 7)
