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
from rag.record.rows import Prepared
from rag.record.schema import jobs, meta, passages


def test_put_replaces_in_one_step_and_counts_versions(house, put):
    first = put("a", "red apple", "green pear")
    again = put("a", "red apple", "green pear")
    second = put("a", "red apple", "blue plum")
    assert (first.state, first.version, first.embedded) == ("added", 1, 2)
    assert (again.state, again.version, again.index_version) == ("unchanged", 1, first.index_version)
    assert (second.state, second.version, second.embedded) == ("updated", 2, 1)
    assert second.index_version == first.index_version + 1
    assert house.ledger.text("a", 1) == "red apple\n\ngreen pear"
    assert house.ledger.document("a").version == 2


def test_deleted_document_is_gone_and_its_version_number_is_not_reused(house, put):
    put("a", "one")
    receipt = house.ledger.delete("a")
    assert (receipt.state, receipt.version) == ("deleted", 1)
    for read in (lambda: house.ledger.document("a"), lambda: house.ledger.text("a", 1), lambda: house.ledger.delete("a")):
        with pytest.raises(NotFound):
            read()
    assert put("a", "one").version == 2


def test_passage_ids_are_never_reused(house, put):
    def ids() -> set[int]:
        with house.ledger.engine.connect() as conn:
            return set(conn.scalars(select(passages.c.id).where(passages.c.retired_seq.is_(None))))

    put("a", "one", "two")
    before = ids()
    house.ledger.delete("a")
    with writing(house.ledger.engine) as conn:
        conn.execute(passages.delete())
    put("b", "three")
    assert before and not before & ids()


def test_a_database_that_cannot_be_reached_is_an_error_that_callers_know(house, put, tmp_path):
    """Workers try again after a DBAPIError; one of the driver's own would end the job."""
    put("a", "one")
    folder = house.settings.data_dir
    house.ledger.engine.dispose()
    folder.rename(tmp_path / "away")
    try:
        for work in (lambda: put("b", "two"), lambda: house.ledger.delete("a"), house.ledger.head):
            with pytest.raises(OperationalError, match="unable to open"):
                work()
    finally:
        (tmp_path / "away").rename(folder)
    assert house.ledger.head() == 1


def test_an_older_job_never_overwrites(house, put):
    doc = DocumentInput("a", b"old")
    old = Prepared(doc, "a", "old", [Chunk(0, 3, "old")], house.embedder.embed_passages(["old"]))
    put("a", "new")
    with writing(house.ledger.engine) as conn:
        conn.execute(text("update documents set write_order = 7"))
    assert house.ledger.put(old, house.generation, order=6).state == "unchanged"
    assert house.ledger.text("a", 1) == "new"
    assert house.ledger.put(old, house.generation, order=8).state == "updated"


def test_a_delete_wins_over_every_job_submitted_before_it(house, put):
    """PUT ?wait=queued, DELETE, then the worker comes round to the job: the document must stay deleted."""
    put("a", "first")
    with writing(house.ledger.engine) as conn:
        told = {"state": "queued", "document_id": "a", "input": "{}", "attempts": 0, "created_at": 0, "updated_at": 0}
        conn.execute(jobs.insert().values(id=5, **told))
    house.ledger.delete("a")
    doc = DocumentInput("a", b"late")
    late = Prepared(doc, "a", "late", [Chunk(0, 4, "late")], house.embedder.embed_passages(["late"]))
    assert house.ledger.put(late, house.generation, order=5).state == "unchanged"
    with pytest.raises(NotFound):
        house.ledger.document("a")
    assert house.ledger.put(late, house.generation, order=6).state == "added"


def test_other_collection_and_other_generation_conflict(house, put):
    put("a", "one")
    with pytest.raises(Conflict, match="collection"):
        put("a", "two", collection="tenant-b")
    doc = DocumentInput("b", b"x")
    with pytest.raises(Conflict) as caught:
        house.ledger.put(Prepared(doc, "b", "x", [], np.empty((0, 64), np.float32)), house.generation + 1)
    assert caught.value.code == "generation_changed"


def test_listing_pages_by_id(house, put):
    for name in ("c", "a", "b", "é/文档"):
        put(name, name, source=f"/docs/{name}")
    assert [d.id for d in house.ledger.page(limit=2)] == ["a", "b"]
    assert [d.id for d in house.ledger.page(after="b")] == ["c", "é/文档"]
    assert [d.id for d in house.ledger.page(source_prefix="/docs/é")] == ["é/文档"]
    assert house.ledger.page(source_prefix="/docs/%") == []


def test_failed_transaction_leaves_nothing(house, put):
    put("a", "one")
    doc = DocumentInput("a", b"two")
    wrong = Prepared(doc, "a", "two", [Chunk(0, 3, "two")], np.empty((0, 64), np.float32))
    with pytest.raises(ValueError, match="zip"):
        house.ledger.put(wrong, house.generation)
    assert house.ledger.document("a").version == 1
    assert house.ledger.head() == 1


def test_parallel_writers_lose_nothing(house, put):
    def write(name: str) -> None:
        for n in range(10):
            put(name, f"{name} {n}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert house.ledger.head() == 40
    assert {d.id: d.version for d in house.ledger.page()} == dict.fromkeys("abcd", 10)


def test_sqlite_is_durable_and_a_newer_schema_is_refused(house, settings):
    with house.ledger.engine.connect() as conn:
        pragmas = [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert pragmas == ["wal", 2, 1]
    with writing(house.ledger.engine) as conn:
        conn.execute(meta.update().where(meta.c.key == "schema").values(value="99"))
    with pytest.raises(ConfigError, match="schema 99"):
        Ledger.open(settings.database_url)


def test_unusable_place_is_a_config_error(tmp_path):
    (tmp_path / "file").write_text("")
    for url in (f"sqlite:///{tmp_path}/file/ledger.db", "nonsense"):
        with pytest.raises(ConfigError):
            Ledger.open(url)
