"""Bad input to pgvector as engine: what is another's, half done, gone or lost is told, or mended; never answered from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ingest.jobs import Jobs
from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Question, WriteResult
from rag.errors import ConfigError, UpstreamError, XiansouError
from rag.fakes import HashEmbedder
from rag.index.engines.pgvector import PgVectors
from rag.record.damage import explained
from rag.record.pgvector_tables import drift
from rag.record.server import driven
from rag.settings import Settings, load
from rag.wiring import Application, open_application
from tests.support.postgres import postgres


@pytest.fixture(scope="module")
def database() -> Iterator[Callable[[], str]]:
    with postgres() as make:
        yield make


@pytest.fixture
def settings(database: Callable[[], str], tmp_path: Path) -> Settings:
    told = {"data_dir": str(tmp_path), "database.url": database(), "index.engine": "pgvector"}
    return load(env={}, overrides=told | {"answer.max_wrong_rate": 1.0})


@pytest.fixture
def opened(settings: Settings) -> Iterator[Callable[..., Application]]:
    """opened(dimensions=64) → a process's view of the library."""
    made: list[Application] = []

    def make(dim: int = 64) -> Application:
        made.append(open_application(settings, embedder=HashEmbedder(dim)))
        return made[-1]

    yield make
    for application in made:
        application.close()


def put(application: Application, name: str, said: str) -> WriteResult:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    return pipeline.put(DocumentInput(name, said.encode()))


def found(application: Application, question: str) -> set[str]:
    return {hit.passage.text for hit in application.answerer.retrieve(Question(question, top_k=50)).hits}


def index_of(application: Application) -> PgVectors:
    index = application.views.live().mirror.index
    assert isinstance(index, PgVectors)
    return index


def test_a_model_of_other_dimensions_under_the_same_name_is_refused(opened: Callable[..., Application]) -> None:
    first = opened()
    put(first, "a", "The pump hums.")
    with pytest.raises(ConfigError, match="64 dimensions; the model has 48") as bad:
        opened(48)
    assert bad.value.field == "index.engine"
    assert found(first, "pump") == {"The pump hums."}


def test_a_database_that_holds_something_else_is_refused_and_left_alone(
    opened: Callable[..., Application], settings: Settings
) -> None:
    other = create_engine(driven(settings.database_url))
    with other.begin() as conn:
        conn.execute(text("CREATE TABLE documents (title text)"))
        conn.execute(text("INSERT INTO documents VALUES ('a shop''s invoice')"))
    with pytest.raises(XiansouError) as bad:
        opened()
    assert (bad.value.field, "another program" in bad.value.detail) == ("database.url", True)
    with other.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")).scalar() == 1
    other.dispose()


def test_a_table_that_vanished_is_an_error_until_the_next_start_builds_it_anew(opened: Callable[..., Application]) -> None:
    application = opened()
    put(application, "a", "The pump hums.")
    with application.ledger.engine.begin() as conn:
        conn.execute(text(f"DROP TABLE {index_of(application).table.name}"))
    with pytest.raises(Exception) as asked:  # noqa: PT011  (what the API says is the test's matter)
        found(application, "pump")
    told = explained(asked.value)
    assert isinstance(told, UpstreamError)
    assert told.code == "ledger_failed"
    with pytest.raises(Exception):  # noqa: B017,PT011
        put(application, "a", "The pump is silent.")
    assert application.ledger.text("a", 1) == "The pump hums."  # a write without its vectors is none
    again = opened()
    assert found(again, "pump") == {"The pump hums."}
    put(again, "a", "The pump is silent.")
    assert found(again, "pump") == found(application, "pump") == {"The pump is silent."}


def test_a_half_built_generation_is_never_answered_from(opened: Callable[..., Application]) -> None:
    """As a process leaves it that was killed while it filled the table: noted as not ready, with rows lacking and too many."""
    application = opened()
    for n in range(6):
        put(application, f"d{n}", f"Pump number {n} hums.")
    table = index_of(application).table
    with application.ledger.engine.begin() as conn:
        conn.execute(text(f"DELETE FROM {table.name} WHERE id IN (SELECT id FROM {table.name} LIMIT 4)"))
        zero = "[" + ",".join(["0.5"] * 64) + "]"
        conn.execute(text(f"INSERT INTO {table.name} VALUES (999999, '{zero}', 1, '', '{{}}', 0)"))
        conn.execute(
            text(f"UPDATE meta SET value = replace(value, 'true', 'false') WHERE key = 'pgvector\\:{table.generation}'")
        )
    again = opened()
    assert len(found(again, "pump number hums")) == 6
    state = drift(again.ledger.engine, index_of(again).table)
    assert (state.rows, state.lacking, state.foreign) == (6, 0, 0)


def test_who_lost_the_lease_cannot_end_the_job_and_its_late_write_changes_nothing(opened: Callable[..., Application]) -> None:
    application = opened()
    jobs, doc = Jobs(application.ledger.engine), DocumentInput("a", b"The pump hums.")
    first = jobs.submit(doc)
    assert jobs.claim("slow", lease_s=0.0) is not None
    claimed = jobs.claim("quick")
    assert claimed is not None and claimed[0] == first
    assert not jobs.renew(first, "slow")
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    assert jobs.finish(first, "quick", pipeline.put(doc, order=first))
    second = jobs.submit(DocumentInput("a", b"The pump is silent."))
    claimed = jobs.claim("quick")
    assert claimed is not None
    assert jobs.finish(second, "quick", pipeline.put(claimed[1], order=second))
    late = pipeline.put(doc, order=first)
    assert (late.state, jobs.finish(first, "slow", late)) == ("unchanged", False)
    assert found(application, "pump") == {"The pump is silent."}
    assert drift(application.ledger.engine, index_of(application).table).rows == 1


def test_a_connection_that_breaks_in_the_middle_of_a_write_leaves_nothing(opened: Callable[..., Application]) -> None:
    application, other = opened(), opened()
    put(application, "a", "The pump hums.")
    head = application.ledger.head()
    broken = """CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
    CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()"""
    table = index_of(application).table.name
    with application.ledger.engine.begin() as conn:
        conn.exec_driver_sql(broken.format(table=table))
    with pytest.raises(Exception) as bad:  # noqa: PT011
        put(application, "a", "The pump is silent.")
    told = explained(bad.value)
    assert told is not None and told.code == "ledger_unavailable"
    for one in (application, other):
        assert (one.ledger.head(), found(one, "pump")) == (head, {"The pump hums."})
    with application.ledger.engine.begin() as conn:
        conn.exec_driver_sql(f"DROP TRIGGER broken ON {table}")
    put(application, "a", "The pump is silent.")  # nobody holds the write lock
    assert found(other, "pump") == {"The pump is silent."}
