"""The record: one transaction a document, versions kept, ids never reused."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from rag.domain import Chunk, DocumentInput
from rag.errors import ConfigError, Conflict, NotFound
from rag.record.engine import writing
from rag.record.ledger import Ledger
from rag.record.rows import PreparedDocument
from rag.record.schema import jobs, meta, passages


def test_put_replaces_in_one_step_and_counts_versions(application, put):
    first = put("a", "red apple", "green pear")
    again = put("a", "red apple", "green pear")
    second = put("a", "red apple", "blue plum")
    assert (first.state, first.version, first.embedded) == ("added", 1, 2)
    assert (again.state, again.version, again.index_version) == ("unchanged", 1, first.index_version)
    assert (second.state, second.version, second.embedded) == ("updated", 2, 1)
    assert second.index_version == first.index_version + 1
    assert application.ledger.text("a", 1) == "red apple\n\ngreen pear"
    assert application.ledger.document("a").version == 2


def test_deleted_document_is_gone_and_its_version_number_is_not_reused(application, put):
    put("a", "one")
    receipt = application.ledger.delete("a")
    assert (receipt.state, receipt.version) == ("deleted", 1)
    for read in (
        lambda: application.ledger.document("a"),
        lambda: application.ledger.text("a", 1),
        lambda: application.ledger.delete("a"),
    ):
        with pytest.raises(NotFound):
            read()
    assert put("a", "one").version == 2


def test_passage_ids_are_never_reused(application, put):
    def ids() -> set[int]:
        with application.ledger.engine.connect() as conn:
            return set(conn.scalars(select(passages.c.id).where(passages.c.retired_seq.is_(None))))

    put("a", "one", "two")
    before = ids()
    application.ledger.delete("a")
    with writing(application.ledger.engine) as conn:
        conn.execute(passages.delete())
    put("b", "three")
    assert before and not before & ids()


def test_a_database_that_cannot_be_reached_is_an_error_that_callers_know(application, put, tmp_path):
    """Workers try again after a DBAPIError; one of the driver's own would end the job."""
    put("a", "one")
    folder = application.settings.data_dir
    application.ledger.engine.dispose()
    folder.rename(tmp_path / "away")
    try:
        for work in (lambda: put("b", "two"), lambda: application.ledger.delete("a"), application.ledger.head):
            with pytest.raises(OperationalError, match="unable to open"):
                work()
    finally:
        (tmp_path / "away").rename(folder)
    assert application.ledger.head() == 1


def test_an_older_job_never_overwrites(application, put):
    doc = DocumentInput("a", b"old")
    old = PreparedDocument(doc, "a", "old", [Chunk(0, 3, "old")], application.embedder.embed_passages(["old"]))
    put("a", "new")
    with writing(application.ledger.engine) as conn:
        conn.execute(text("update documents set write_order = 7"))
    assert application.ledger.put(old, application.generation, order=6).state == "unchanged"
    assert application.ledger.text("a", 1) == "new"
    assert application.ledger.put(old, application.generation, order=8).state == "updated"


def test_a_delete_wins_over_every_job_submitted_before_it(application, put):
    """PUT ?wait=queued, DELETE, then the worker comes round to the job: the document must stay deleted."""
    put("a", "first")
    with writing(application.ledger.engine) as conn:
        told = {"state": "queued", "document_id": "a", "input": "{}", "attempts": 0, "created_at": 0, "updated_at": 0}
        conn.execute(jobs.insert().values(id=5, **told))
    application.ledger.delete("a")
    doc = DocumentInput("a", b"late")
    late = PreparedDocument(doc, "a", "late", [Chunk(0, 4, "late")], application.embedder.embed_passages(["late"]))
    assert application.ledger.put(late, application.generation, order=5).state == "unchanged"
    with pytest.raises(NotFound):
        application.ledger.document("a")
    assert application.ledger.put(late, application.generation, order=6).state == "added"


def test_other_collection_and_other_generation_conflict(application, put):
    put("a", "one")
    with pytest.raises(Conflict, match="collection"):
        put("a", "two", collection="tenant-b")
    doc = DocumentInput("b", b"x")
    with pytest.raises(Conflict) as caught:
        application.ledger.put(PreparedDocument(doc, "b", "x", [], np.empty((0, 64), np.float32)), application.generation + 1)
    assert caught.value.code == "generation_changed"


def test_listing_pages_by_id(application, put):
    for name in ("c", "a", "b", "é/文档"):
        put(name, name, source=f"/docs/{name}")
    assert [d.id for d in application.ledger.page(limit=2)] == ["a", "b"]
    assert [d.id for d in application.ledger.page(after="b")] == ["c", "é/文档"]
    assert [d.id for d in application.ledger.page(source_prefix="/docs/é")] == ["é/文档"]
    assert application.ledger.page(source_prefix="/docs/%") == []


def test_failed_transaction_leaves_nothing(application, put):
    put("a", "one")
    doc = DocumentInput("a", b"two")
    wrong = PreparedDocument(doc, "a", "two", [Chunk(0, 3, "two")], np.empty((0, 64), np.float32))
    with pytest.raises(ValueError, match="zip"):
        application.ledger.put(wrong, application.generation)
    assert application.ledger.document("a").version == 1
    assert application.ledger.head() == 1


def test_parallel_writers_lose_nothing(application, put):
    def write(name: str) -> None:
        for n in range(10):
            put(name, f"{name} {n}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert application.ledger.head() == 40
    assert {d.id: d.version for d in application.ledger.page()} == dict.fromkeys("abcd", 10)


def test_sqlite_is_durable_and_a_newer_schema_is_refused(application, settings):
    with application.ledger.engine.connect() as conn:
        pragmas = [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert pragmas == ["wal", 2, 1]
    with writing(application.ledger.engine) as conn:
        conn.execute(meta.update().where(meta.c.key == "schema").values(value="99"))
    with pytest.raises(ConfigError, match="schema 99"):
        Ledger.open(settings.database_url)


def test_unusable_place_is_a_config_error(tmp_path):
    (tmp_path / "file").write_text("")
    for url in (f"sqlite:///{tmp_path}/file/ledger.db", "nonsense"):
        with pytest.raises(ConfigError):
            Ledger.open(url)
