"""Upgrades: a filled ledger of release 0.1.0 becomes today's, with all that is in it, in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from ingest.jobs import Jobs
from rag.domain import Question
from rag.errors import ConfigError
from rag.fakes import HashEmbedder
from rag.record import migrations
from rag.record.engine import open_engine, writing
from rag.record.ledger import Ledger
from rag.record.schema import SCHEMA_VERSION, metadata
from rag.settings import load
from rag.text.dictionary import load_cutter
from rag.wiring import fingerprint, open_application
from tests.support import make_revision, release_0_1_0


@pytest.fixture
def old(tmp_path: Path) -> str:
    """URL of a filled ledger of release 0.1.0."""
    settings = load(env={}, overrides={"data_dir": str(tmp_path)})
    engine = create_engine(settings.database_url)
    with engine.begin() as conn:
        cutter = load_cutter(settings.retrieval.dictionary)
        release_0_1_0.build(conn, dict(fingerprint(settings, HashEmbedder(), cutter)))
    engine.dispose()
    return settings.database_url


def rows(conn: Connection) -> dict[str, list[Any]]:
    """All rows of the tables that there were."""
    names = [table for table in inspect(conn).get_table_names() if table in _OF_0_1_0]
    return {name: [tuple(row) for row in conn.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2"))] for name in names}


_OF_0_1_0 = (
    "changes", "generations", "documents", "versions", "passages", "erased", "contents", "vectors", "late", "jobs",
    "job_contents",
)  # fmt: skip


def test_a_ledger_of_0_1_0_has_the_newest_schema_and_all_its_rows(old: str) -> None:
    raw = create_engine(old)
    with raw.connect() as conn:
        before = rows(conn)
        assert inspect(conn).has_table("api_keys") is False
    raw.dispose()
    assert len(before["passages"]) == 3
    ledger = Ledger.open(old)
    with ledger.engine.connect() as conn:
        after = rows(conn)
        assert {row[-1] for row in after["passages"]} == {None}  # statements: there are none until a re-index makes them
        assert after | {"passages": [row[:-1] for row in after["passages"]]} == before
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata) == []
        assert conn.scalar(text("SELECT value FROM meta WHERE key = 'schema'")) == str(SCHEMA_VERSION)
        assert conn.scalar(text("SELECT value FROM meta WHERE key = 'library'")) == release_0_1_0.LIBRARY
    assert Jobs(ledger.engine).get(7).document_id == "new.md"
    ledger.close()
    Ledger.open(old).close()  # a second time there is nothing to do


def test_an_upgraded_ledger_answers(old: str, tmp_path: Path) -> None:
    question, expected = release_0_1_0.ANSWERS_TO
    application = open_application(load(env={}, overrides={"data_dir": str(tmp_path)}), embedder=HashEmbedder())
    found = application.answerer.retrieve(Question(question))
    assert [hit.passage.text for hit in found.hits] == [expected]
    assert found.version == 5
    past = application.answerer.retrieve(Question(question, as_of=2))
    assert release_0_1_0.TEXTS[1] in [hit.passage.text for hit in past.hits]
    application.close()


def test_the_revisions_make_exactly_the_tables_that_the_program_has() -> None:
    lacks = make_revision.code()
    assert lacks == "pass", f"run `python -m tests.support.make_revision --again`; missing:\n{lacks}"
    assert make_revision.last() == SCHEMA_VERSION


def test_a_new_ledger_and_an_upgraded_one_are_the_same(old: str, tmp_path: Path) -> None:
    Ledger.open(old).close()
    Ledger.open(f"sqlite:///{tmp_path / 'new.db'}").close()

    def schema(url: str) -> dict[str, Any]:
        engine = create_engine(url)
        told = inspect(engine)
        names = set(told.get_table_names()) - {"alembic_version"}
        found = {
            name: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in told.get_columns(name)],
                sorted((index["name"], index["column_names"]) for index in told.get_indexes(name)),
                sorted(key["constrained_columns"] for key in told.get_foreign_keys(name)),
                told.get_pk_constraint(name)["constrained_columns"],
            )
            for name in names
        }
        with engine.connect() as conn:
            auto = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
            found["autoincrement"] = set(conn.scalars(text(auto)))
        engine.dispose()
        return found

    assert schema(old) == schema(f"sqlite:///{tmp_path / 'new.db'}")


def test_an_upgrade_that_fails_changes_nothing(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(conn: Connection, *_: Any) -> None:
        conn.execute(text("CREATE TABLE half (a INTEGER)"))
        raise RuntimeError("the machine stops here")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "upgrade", half)
        with pytest.raises(RuntimeError):
            Ledger.open(old)
    raw = create_engine(old)
    with raw.connect() as conn:
        assert not inspect(conn).has_table("half")
        assert conn.scalar(text("SELECT value FROM meta WHERE key = 'schema'")) == "1"
    raw.dispose()
    Ledger.open(old).close()


def test_a_newer_ledger_refuses_an_older_program(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    engine = open_engine(url)
    with writing(engine) as conn:
        conn.execute(text("UPDATE meta SET value = :value WHERE key = 'schema'"), {"value": str(SCHEMA_VERSION + 1)})
    engine.dispose()
    with pytest.raises(ConfigError, match=f"schema {SCHEMA_VERSION + 1}") as caught:
        Ledger.open(url)
    assert "newer Xiansou" in (caught.value.fix or "")
