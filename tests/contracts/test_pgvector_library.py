"""A library whose vectors stand in PostgreSQL: written with the document, seen by every process, at one version."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from sqlalchemy import text

from ingest.pipeline import Pipeline
from ingest.reindex import reindex, rollback
from rag import doctor
from rag.domain import DocumentInput, Question, Scope, WriteResult
from rag.errors import ConfigError, Conflict
from rag.fakes import HashEmbedder
from rag.index.engines.pgvector import PgVectors
from rag.index.engines.pgvector_statements import Where
from rag.record.erase import erase
from rag.record.pgvector import VectorTable
from rag.record.pgvector_tables import drift, maintain
from rag.settings import Settings, load
from rag.wiring import Application, open_application
from tests.support.postgres import postgres


@pytest.fixture(scope="module")
def database() -> Iterator[Callable[[], str]]:
    with postgres() as make:
        yield make


def told(folder: Path, url: str, **more: Any) -> Settings:
    values = {"data_dir": str(folder), "database.url": url, "index.engine": "pgvector", "embedding.model": "hash-64"}
    return load(env={}, overrides={"answer.max_wrong_rate": 0.99} | values | more)


@pytest.fixture
def settings(database: Callable[[], str], tmp_path: Path) -> Settings:
    return told(tmp_path, database())


def opened(settings: Settings, **more: Any) -> Application:
    def embedder(name: str) -> HashEmbedder:
        made = HashEmbedder(int(name.removeprefix("hash-")))
        made.model_id = name
        return made

    return open_application(settings, load=embedder, **more)


@pytest.fixture
def application(settings: Settings) -> Iterator[Application]:
    made = opened(settings)
    yield made
    made.close()


def put(application: Application, name: str, *parts: str, **fields: Any) -> WriteResult:
    body = "\n\n".join(f"## About {part}\n\n{part}" for part in parts)
    doc = DocumentInput(name, body.encode(), "text/markdown", **fields)
    return Pipeline(application.ledger, application.views.writing, application.settings).put(doc)


def found(application: Application, question: str, **scope: Any) -> set[str]:
    hits = application.answerer.retrieve(Question(question, scope=Scope(**scope))).hits
    return {hit.passage.text.split("\n")[-1] for hit in hits}


def table(application: Application) -> VectorTable:
    index = application.views.live().mirror.index
    assert isinstance(index, PgVectors)
    return index.table


def rows(application: Application) -> int:
    with application.ledger.engine.connect() as conn:
        return int(conn.execute(text(f"SELECT count(*) FROM {table(application).name}")).scalar_one())


def test_the_next_question_of_another_process_sees_a_write_and_no_process_holds_vectors(
    application: Application, settings: Settings
) -> None:
    other = opened(settings)
    for n in range(4):
        put(application, "kettle", f"The kettle whistles {n} times.", "Its lid is blue.")
        assert found(other, "kettle whistles") == {f"The kettle whistles {n} times.", "Its lid is blue."}
        assert rows(other) == 2
    application.ledger.delete("kettle")
    assert found(other, "kettle whistles") == set()
    assert rows(other) == 0
    other.close()


def test_collections_groups_and_fields_in_the_database_and_in_the_mirror_mean_the_same(application: Application) -> None:
    put(application, "a", "Bicycles are red.", collection="shop", acl=("staff",), metadata={"year": "2020"})
    put(application, "b", "Bicycles are green.", collection="depot", metadata={"year": "2021"})
    put(application, "c", "Bicycles are black.", collection="it's \\ 'quoted'", acl=("o'hara\\",))
    index, vector = application.views.live().mirror.index, application.embedder.embed_queries(["bicycles"])[0]
    head = application.ledger.head()
    scopes = [
        Scope(),
        Scope(collection="shop"),
        Scope(collections=("shop", "it's \\ 'quoted'")),
        Scope(collections=()),
        Scope(groups=()),
        Scope(groups=("staff",)),
        Scope(groups=("o'hara\\", "none")),
        Scope(collection="nul\0"),
    ]
    attributes = application.views.live().mirror._attributes
    for scope in scopes:
        permitted = {key for key, its in attributes.items() if scope.permits(its.collection, its.acl)}
        ids, _ = index.search(vector, 10, None, Where(head, scope))
        assert set(ids.tolist()) == permitted, scope
    assert found(application, "bicycles", filters={"year": "2021"}) == {"Bicycles are green."}


def test_a_question_at_an_older_version_finds_what_was_retired_since_and_nothing_newer(application: Application) -> None:
    put(application, "rule", "The fee is ten.")
    before = application.ledger.head()
    put(application, "rule", "The fee is twelve.")
    put(application, "more", "The fee has a note.")
    index, vector = application.views.live().mirror.index, application.embedder.embed_queries(["fee"])[0]
    then, _ = index.search(vector, 10, None, Where(before))
    texts = [p.text.split("\n")[-1] for p in application.ledger.passages_at(then.tolist(), before).values()]
    assert (len(then), texts) == (1, ["The fee is ten."])
    assert found(application, "fee") == {"The fee is twelve.", "The fee has a note."}
    hits = application.answerer.retrieve(Question("fee", as_of=before)).hits
    assert [hit.passage.text.split("\n")[-1] for hit in hits] == ["The fee is ten."]


def test_questions_while_others_write_lose_no_document(application: Application, settings: Settings) -> None:
    """A document that is replaced between a question's look at the head and its search must not vanish for it."""
    other, stop, faults = opened(settings), threading.Event(), []
    put(application, "clock", "The clock shows 0.")

    def ask() -> None:
        while not stop.is_set():
            seen = found(other, "clock shows")
            if len(seen) != 1:
                faults.append(seen)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(60):
        put(application, "clock", f"The clock shows {n}.")
    stop.set()
    for thread in threads:
        thread.join()
    other.close()
    assert faults == []


def test_a_refused_write_leaves_no_row(application: Application) -> None:
    put(application, "x", "A first text.")
    before = rows(application)
    with pytest.raises(Conflict, match="belongs to collection"):
        put(application, "x", "Another text.", collection="other")
    assert rows(application) == before


def test_an_erased_text_leaves_its_row_and_what_is_remembered(application: Application, settings: Settings) -> None:
    put(application, "secret", "The walrus hides here.")
    assert found(application, "walrus") == {"The walrus hides here."}
    erase(application.ledger.engine, settings.data_dir, "secret")
    assert rows(application) == 0
    assert found(application, "walrus") == set()
    assert not application.views.live().mirror.index._kept


def test_a_library_that_was_faiss_is_filled_and_a_half_filled_one_is_completed(database: Any, tmp_path: Path) -> None:
    url = database()
    before = opened(told(tmp_path, url, **{"index.engine": "faiss"}))
    for n in range(5):
        put(before, f"d{n}", f"Lantern {n} glows.", f"灯笼{n}号会发光，请在夜里使用。")
    application = opened(told(tmp_path, url))
    assert len(application.views.live().mirror.index) == 10
    put(before, "d9", "Lantern 9 glows.")  # a process with other settings writes into it all the same
    assert "Lantern 9 glows." in found(application, "lantern 9")
    name = table(application).name
    with application.ledger.engine.begin() as conn:
        conn.execute(text(f"DELETE FROM {name} WHERE id % 2 = 0"))
        conn.execute(text(f"INSERT INTO {name} SELECT 99999, embedding, 1, '', '{{}}', 0 FROM {name} LIMIT 1"))
        half = orjson.dumps({"dim": 64, "ready": False}).decode()
        conn.execute(text("UPDATE meta SET value = :half WHERE key LIKE 'pgvector:%'"), {"half": half})
    again = opened(told(tmp_path, url))
    state = drift(again.ledger.engine, table(again))
    assert (state.rows, state.lacking, state.foreign) == (11, 0, 0)
    with again.ledger.engine.connect() as conn:
        sides = conn.execute(text(f"SELECT side, count(*) FROM {name} GROUP BY side")).tuples().all()
        assert dict(sides)[2] == 5
        conn.execute(text(f"DROP TABLE {name}"))
        conn.commit()
    rebuilt = opened(told(tmp_path, url))
    assert len(rebuilt.views.live().mirror.index) == 11
    for one in (before, application, again, rebuilt):
        one.close()


def test_a_graph_is_built_and_a_table_with_dead_rows_is_cleaned(application: Application) -> None:
    for n in range(30):
        put(application, f"d{n}", *(f"Robot {n} has part {m}." for m in range(10)))
    index, engine = application.views.live().mirror.index, application.ledger.engine
    assert maintain(engine, table(application), graph_from=100, dead_above=0.05)
    index._graph, index._gather = (True, 0.0), 5
    for n in range(0, 30, 2):
        application.ledger.delete(f"d{n}")
    vector = application.embedder.embed_queries(["Robot part"])[0]
    live = set(application.views.live().mirror._attributes)
    for k in (10, 60, 400):
        ids, cosines = index.search(vector, k, None, Where(application.ledger.head()))
        assert len(ids) == min(k, 150)
        assert set(ids.tolist()) <= live
        assert (np.diff(cosines) <= 0).all()
    cleaned = f"SELECT vacuum_count FROM pg_stat_all_tables WHERE relname = '{table(application).name}'"
    deadline = time.monotonic() + 60
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        while not conn.execute(text(cleaned)).scalar_one():  # sessions tell what they deleted after a second or more
            assert time.monotonic() < deadline
            time.sleep(0.5)
            assert maintain(engine, table(application), graph_from=100, dead_above=0.05)
    ids, _ = index.search(vector, 60, None, Where(application.ledger.head()))
    assert len(ids) == 60


def test_generations_have_tables_of_their_own(settings: Settings, tmp_path: Path) -> None:
    application = opened(settings)
    put(application, "a", "Ferries leave at noon.")
    first = table(application)
    builder = opened(told(tmp_path, settings.database_url, **{"embedding.model": "hash-32"}), rebuilding=True)
    assert reindex(builder, lambda *_: []).state == "swapped"
    builder.close()
    after = opened(told(tmp_path, settings.database_url, **{"embedding.model": "hash-32"}))
    assert (table(after).dim, table(after).generation) == (32, first.generation + 1)
    put(after, "b", "Ferries are late.")
    after.ledger.delete("a")
    assert found(after, "ferries") == {"Ferries are late."}
    after.close()
    back = opened(settings, rebuilding=True)
    assert rollback(back).state == "swapped"
    back.close()
    assert found(application, "ferries") == {"Ferries are late."}
    assert table(application) == first
    application.close()


def test_it_says_what_is_wrong_and_what_to_do(database: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs the ledger in PostgreSQL") as bad:
        opened(load(env={}, overrides={"data_dir": str(tmp_path), "index.engine": "pgvector", "embedding.model": "hash-64"}))
    assert bad.value.field == "index.engine"
    settings = told(tmp_path / "x", database())
    application = opened(settings)
    put(application, "a", "A text.")
    name = table(application).name
    application.close()
    for comment, word in (
        ({"library": "another", "dim": 64}, "belongs to another library"),
        (None, "belongs to another library"),
    ):
        with application.ledger.engine.begin() as conn:
            said = "NULL" if comment is None else f"'{orjson.dumps(comment).decode()}'"
            conn.execute(text(f"COMMENT ON TABLE {name} IS {said.replace(':', chr(92) + ':')}"))
        with pytest.raises(ConfigError, match=word) as bad:
            opened(settings)
        assert (bad.value.field, name in str(bad.value.fix)) == ("index.engine", True)
    with pytest.raises(ConfigError, match="at most 4000 dimensions"):
        PgVectors(application.ledger.engine, 77, 5000)
    application.ledger.close()


def test_the_doctor_tells_of_the_table(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    put(application, "a", "A text.", "Another text.")
    monkeypatch.setattr(doctor, "open_application", lambda *_: opened(application.settings))
    checks = {check.name: check for check in doctor._index(application.settings)}
    assert checks["vectors"].state == "ok"
    assert "2 rows" in checks["vectors"].detail
    with application.ledger.engine.begin() as conn:
        conn.execute(text(f"DELETE FROM {table(application).name}"))
    checks = {check.name: check for check in doctor._index(application.settings)}
    assert (checks["vectors"].state, "2 passages have no row" in checks["vectors"].detail) == ("fail", True)
