"""What `xiansou doctor` says of what should happen by itself, and what it does not say."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy import insert

from ingest.reindex import noted
from rag.check import Check
from rag.doctor import examine
from rag.errors import ConfigError, Conflict
from rag.record.backup import backup
from rag.record.engine import writing
from rag.record.last import last, note
from rag.record.ledger import Ledger
from rag.record.tables.sources import sources
from rag.runtime.stores import _binary
from rag.settings import Settings, load


@pytest.fixture
def ledger(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setattr("rag.doctor._index", lambda settings: iter(()))  # needs a model, and is not what is looked at here
    return Ledger.open(settings.database_url)


def said(settings: Settings, name: str) -> Check:
    return next(check for check in examine(settings) if check.name == name)


def test_re_indexes(settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(settings, "reindex").state == "ok"
    with noted(ledger.engine) as tell:
        tell("swapped", [])
    assert said(settings, "reindex").detail.startswith("last good one 0 s ago")
    with noted(ledger.engine) as tell:
        tell("refused", ["recall_at_5: 0.5 (threshold 0.9)"])
    refused = said(settings, "reindex")
    assert refused.state == "warn"
    assert "was refused: recall_at_5: 0.5 (threshold 0.9); last good one 0 s ago" in refused.detail
    with pytest.raises(ConfigError), noted(ledger.engine):
        raise ConfigError("no model")
    assert "was failed: no model" in said(settings, "reindex").detail
    with pytest.raises(Conflict), noted(ledger.engine):
        raise Conflict("another is at it")
    assert (last(ledger.engine, "reindex") or {})["reasons"] == ["no model"]
    with noted(ledger.engine) as tell:
        tell("unchanged", [])
    assert said(settings, "reindex").state == "ok"
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + 3 * 86400)
    old = said(settings, "reindex")
    assert (old.state, old.detail) == ("warn", "last good one 3 days ago")


def test_a_suite_that_is_not_there(settings: Settings, ledger: Ledger) -> None:
    told = load(env={}, overrides={"data_dir": str(settings.data_dir), "reindex.suite": "nowhere.toml"})
    check = said(told, "reindex")
    assert check.state == "warn"
    assert "nowhere.toml" in check.detail


def test_sources_that_fail_are_named(settings: Settings, ledger: Ledger) -> None:
    assert all(check.name != "sources" for check in examine(settings))
    row = {
        "kind": "web",
        "location": "https://x.example",
        "collection": "default",
        "options": "{}",
        "lease": 0,
        "created_at": 0,
    }
    with writing(ledger.engine) as conn:
        conn.execute(insert(sources), [row | {"id": "good", "error": None}, row | {"id": "shop", "error": '{"code": "x"}'}])
    check = said(settings, "sources")
    assert (check.state, check.detail) == ("warn", "1 of 2 could not be synchronised: shop")


def test_backups(settings: Settings, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(settings, "backup").detail == "none was made yet"
    backup(ledger.engine, tmp_path / "b.tar")
    check = said(settings, "backup")
    assert (check.state, check.detail) == ("ok", f"the last one 0 s ago: {tmp_path / 'b.tar'}")
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + 9 * 86400)
    assert said(settings, "backup").state == "warn"


def test_who_may_read_the_ledger(settings: Settings, ledger: Ledger) -> None:
    assert all(check.name != "permissions" for check in examine(settings))
    assert settings.ledger_file is not None
    settings.ledger_file.chmod(0o644)
    assert "chmod 600" in (said(settings, "permissions").fix or "")


def test_no_password_is_shown_and_a_wrong_one_is_told(settings: Settings, ledger: Ledger, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [
            str(_binary()),
            "--port",
            "0",
            "--unixsocket",
            str(tmp_path / "v"),
            "--requirepass",
            "geheim",
            "--save",
            "",
            "--bind",
            "127.0.0.1",
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 10
        while not (tmp_path / "v").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)

        def redis(password: str) -> Check:
            url = f"unix://:{password}@{tmp_path / 'v'}"
            return said(load(env={}, overrides={"data_dir": str(settings.data_dir), "redis.url": url}), "redis")

        right, wrong = redis("geheim"), redis("falsch")
        assert right.detail == f"unix://***@{tmp_path / 'v'}, answers"
        assert (wrong.state, "falsch" in wrong.detail) == ("warn", False)
        assert "refuses the name or password" in wrong.detail
    finally:
        server.kill()
        server.wait()
    away = load(env={}, overrides={"data_dir": str(settings.data_dir), "redis.url": "redis://me:geheim@127.0.0.1:9/0"})
    assert said(away, "redis").detail.startswith("redis://***@127.0.0.1:9/0 does not answer")


def test_what_was_done_last_is_kept_once(ledger: Ledger) -> None:
    for number in range(3):
        note(ledger.engine, "backup", file=str(number))
    assert (last(ledger.engine, "backup") or {})["file"] == "2"
    assert last(ledger.engine, "good reindex") is None
