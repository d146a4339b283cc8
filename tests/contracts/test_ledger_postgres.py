"""The ledger over a real PostgreSQL: what the SQLite one promises holds there too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from ingest.jobs import Jobs
from rag.domain import Chunk, DocumentInput, Question, Scope, WriteResult
from rag.errors import ConfigError, Conflict, NotFound
from rag.fakes import HashEmbedder
from rag.record.audit import Entry, record, verify
from rag.record.engine import writing
from rag.record.erase import erase
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.record.ledger import Ledger
from rag.record.rows import PreparedDocument
from rag.record.schema import SCHEMA_VERSION, metadata
from rag.settings import Settings, load
from rag.text.dictionary import load_cutter
from rag.wiring import Application, fingerprint, open_application
from tests.support import release_0_1_0
from tests.support.postgres import postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Callable[[], str]]:
    """server() → URL of a new, empty database."""
    with postgres() as database:
        yield database


@pytest.fixture
def settings(server: Callable[[], str], tmp_path: Path) -> Settings:
    return load(env={}, overrides={"data_dir": str(tmp_path), "database.url": server(), "answer.max_wrong_rate": 0.99})


@pytest.fixture
def application(settings: Settings) -> Iterator[Application]:
    opened = open_application(settings, embedder=HashEmbedder())
    yield opened
    opened.close()


def put(application: Application, name: str, body: str, **told: Any) -> WriteResult:
    vectors = application.embedder.embed_passages([body])
    doc = DocumentInput(name, body.encode(), **told)
    return application.ledger.put(
        PreparedDocument(doc, name, body, [Chunk(0, len(body), body)], vectors), application.generation
    )


def found(application: Application, question: str, **scope: Any) -> list[str]:
    return [hit.passage.text for hit in application.answerer.retrieve(Question(question, scope=Scope(**scope))).hits]


def test_every_write_is_seen_by_the_next_question_of_every_process(application: Application, settings: Settings) -> None:
    other = open_application(settings, embedder=HashEmbedder())
    versions = []
    for n in range(5):
        versions.append(put(application, "lamp", f"The lamp blinks {n} times.").index_version)
        assert found(other, "lamp blinks") == [f"The lamp blinks {n} times."]
    assert versions == sorted(set(versions))
    assert other.ledger.text("lamp", 1) == "The lamp blinks 0 times."
    application.ledger.delete("lamp")
    assert found(other, "lamp blinks") == []
    with pytest.raises(NotFound):
        other.ledger.document("lamp")
    other.close()


def test_collections_and_groups(application: Application) -> None:
    put(application, "a", "The lamp is red.", collection="x", acl=("staff",))
    put(application, "b", "The lamp is blue.", collection="y")
    assert found(application, "lamp", collections=("y",)) == ["The lamp is blue."]
    assert found(application, "lamp", groups=()) == ["The lamp is blue."]
    assert [doc.id for doc in application.ledger.page(scope=Scope(collections=("x",), groups=("staff",)))] == ["a"]
    with pytest.raises(Conflict):
        put(application, "a", "Mine.", collection="y")


def test_writers_at_once_make_one_order_without_a_gap_for_readers(application: Application) -> None:
    results: list[WriteResult] = []
    faults: list[BaseException] = []

    def write(n: int) -> None:
        try:
            results.extend(put(application, f"d{(n + k) % 5}", f"word{n} text{k}") for k in range(6))
        except BaseException as exc:
            faults.append(exc)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    seqs = [result.index_version for result in results if result.state != "unchanged"]
    assert len(seqs) == len(set(seqs))
    assert application.ledger.head() == max(seqs)
    assert application.ledger.counts()["documents"] == 5
    assert len(found(application, "word text")) == 5


def test_a_job_goes_to_one_worker(application: Application) -> None:
    jobs = Jobs(application.ledger.engine)
    ids = [jobs.submit(DocumentInput(f"d{n}", b"text")) for n in range(8)]
    taken: list[int] = []

    def work(name: str) -> None:
        while (claimed := jobs.claim(name)) is not None:
            taken.append(claimed[0])
            jobs.finish(claimed[0], name, WriteResult(claimed[1].id, 1, "added", 1))

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == ids
    assert jobs.unfinished() == 0


def test_an_erased_text_is_in_no_table(application: Application, settings: Settings) -> None:
    put(application, "secret", "The walrus password is xyzzy.")
    erase(application.ledger.engine, settings.data_dir, "secret")
    assert found(application, "walrus password") == []
    with application.ledger.engine.connect() as conn:
        for table in inspect(conn).get_table_names():
            rows = conn.execute(text(f'SELECT * FROM "{table}"')).all()
            assert "xyzzy" not in repr(rows), table


def test_keys_and_the_audit(application: Application) -> None:
    keys = Keys(application.ledger.engine)
    key, secret = keys.create("k", Rights(), made_by=COMMAND_LINE)
    assert keys.find(secret) == key
    keys.revoke(key.id)
    assert keys.find(secret) is None
    record(application.ledger.engine, *(Entry("local", "query", str(n)) for n in range(5)))
    assert verify(application.ledger.engine).rows == 5
    with application.ledger.engine.begin() as conn:
        conn.execute(text("DELETE FROM audit WHERE seq = 3"))
    assert verify(application.ledger.engine).fault == 3


def test_a_ledger_of_0_1_0_is_upgraded_and_a_newer_one_refused(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    with engine.begin() as conn:
        told = fingerprint(settings, HashEmbedder(), load_cutter(settings.retrieval.dictionary))
        release_0_1_0.build(conn, dict(told))
    application = open_application(settings, embedder=HashEmbedder())
    question, expected = release_0_1_0.ANSWERS_TO
    assert found(application, question) == [expected]
    with application.ledger.engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata) == []
    assert put(application, "more", "More text.").index_version == 6
    with writing(application.ledger.engine) as conn:
        conn.execute(text("UPDATE meta SET value = :value WHERE key = 'schema'"), {"value": str(SCHEMA_VERSION + 1)})
    application.close()
    engine.dispose()
    with pytest.raises(ConfigError, match="this program knows"):
        Ledger.open(settings.database_url)
