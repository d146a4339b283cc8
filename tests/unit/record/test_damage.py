"""What a database says, in one line for who runs the service."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from rag.errors import ConfigError, UpstreamError
from rag.record.damage import explained
from rag.record.engine import open_engine, writing
from rag.record.server import driven
from rag.settings import Settings
from rag.wiring import open_ledger


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db.example:5432/x?sslmode=require", "postgresql+psycopg://u:***@db.example:5432/x?sslmode=require"),
        ("postgresql://u:p@h/x", "postgresql+psycopg://u:***@h/x"),
        (" postgresql+psycopg2://h/x\n", "postgresql+psycopg://h/x"),
        ("postgresql+psycopg://h/x", "postgresql+psycopg://h/x"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
        (
            "postgres://u:p@a.example:5433,b.example/x",
            "postgresql+psycopg://u:***@/x?host=a.example%3A5433&host=b.example%3A5432&target_session_attrs=read-write",
        ),
        (
            "postgresql://u:p@a,b/x?target_session_attrs=any",
            "postgresql+psycopg://u:***@/x?host=a%3A5432&host=b%3A5432&target_session_attrs=any",
        ),
    ],
)
def test_addresses_of_providers_get_our_driver(given: str, used: str) -> None:
    assert driven(given).render_as_string() == used
    assert driven(given).password == ("p" if "u:p@" in given else None)


def test_a_server_that_is_away_and_a_wrong_address_show_no_password() -> None:
    with pytest.raises(UpstreamError) as away:
        open_engine("postgresql://me:secret@127.0.0.1:9/x")
    assert away.value.code == "ledger_unavailable"
    with pytest.raises(ConfigError) as wrong:
        open_engine("me:secret at nowhere")
    assert "secret" not in f"{away.value}{wrong.value}"


def test_a_damaged_file(settings: Settings) -> None:
    ledger = open_ledger(settings)
    ledger.close()
    assert settings.ledger_file is not None
    content = settings.ledger_file.read_bytes()
    for broken in (
        os.urandom(4096) + content[4096:],
        content[: len(content) // 2 + 17],
        content[:8192] + os.urandom(len(content) - 8192),
    ):
        settings.ledger_file.write_bytes(broken)
        with pytest.raises(Exception) as caught:  # noqa: PT011  whichever statement meets it
            opened = open_ledger(settings)
            with opened.engine.connect() as conn:
                for (name,) in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all():
                    conn.execute(text(f"SELECT * FROM {name}")).all()
        told = caught.value if isinstance(caught.value, ConfigError) else explained(caught.value)
        assert told is not None
        assert told.code == "ledger_damaged"


def test_a_locked_ledger_is_worth_another_try_and_texts_are_not_shown(settings: Settings) -> None:
    ledger = open_ledger(settings)
    with writing(ledger.engine) as conn, pytest.raises(DBAPIError) as caught:
        with ledger.engine.connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=10")
            other.exec_driver_sql("INSERT INTO meta VALUES ('k', ?)", ("Anna's address",))
        conn.rollback()
    told = explained(caught.value)
    assert isinstance(told, UpstreamError)
    assert told.code == "ledger_unavailable"
    assert "Anna" not in f"{caught.value} {told}"


def test_others_errors_are_nobodys_business() -> None:
    assert explained(ValueError("x")) is None
    assert explained(sqlite3.OperationalError("database or disk is full")).code == "disk_full"  # type: ignore[union-attr]
    assert explained(psycopg.OperationalError("gone")).code == "ledger_unavailable"  # type: ignore[union-attr]
    assert explained(psycopg.DataError("x")).code == "ledger_failed"  # type: ignore[union-attr]


def test_a_new_ledger_is_its_owners_alone(settings: Settings) -> None:
    ledger = open_ledger(settings)
    with writing(ledger.engine) as conn:
        conn.exec_driver_sql("INSERT INTO meta VALUES ('k', 'v')")
    assert settings.ledger_file is not None
    files = list(Path(settings.data_dir).glob("ledger.db*"))
    assert len(files) >= 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert threading.active_count() >= 1
    ledger.close()
