"""What `xiansou doctor` says of keys and of the audit."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from rag.doctor import Check, examine
from rag.record.audit import Entry, record
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.record.ledger import Ledger
from rag.settings import Settings, load
from tests.support import llm_server as llm
from tests.support.llm_server import llm_server


@pytest.fixture
def ledger(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setattr("rag.doctor._index", lambda settings: iter(()))  # needs a model, and is not what is looked at here
    opened = Ledger.open(settings.database_url)
    yield opened
    opened.close()


def said(settings: Settings, name: str) -> Check:
    (check,) = (check for check in examine(settings) if check.name == name)
    return check


@pytest.mark.parametrize(
    ("host", "state"),
    [("127.0.0.1", "ok"), ("::1", "ok"), ("localhost", "ok"), ("0.0.0.0", "warn"), ("10.1.2.3", "warn")],
)
def test_without_a_key_nobody_but_loopback_is_answered(settings: Settings, ledger: Ledger, host: str, state: str) -> None:
    check = said(load(env={}, overrides={"data_dir": str(settings.data_dir), "server.host": host}), "keys")
    assert (check.state, check.detail.split(";")[0]) == (state, "0 live, 0 expired")
    if state == "warn":
        assert host in check.detail
        assert "keys create" in (check.fix or "")


def test_expired_keys_and_endless_ones_for_everything_are_named(settings: Settings, ledger: Ledger) -> None:
    keys = Keys(ledger.engine)
    keys.create("widget", Rights(), made_by=COMMAND_LINE)
    assert said(settings, "keys") == Check("keys", "ok", "1 live, 0 expired")
    lead, _ = keys.create("lead", Rights(("admin",)), made_by=COMMAND_LINE)
    keys.create("until", Rights(("admin",)), made_by=COMMAND_LINE, expires_at=time.time() + 3600)
    hint = said(settings, "keys")
    assert (hint.state, hint.detail) == ("ok", "3 live, 0 expired")
    assert (hint.fix or "").endswith(f"never expire: lead ({lead.id}).")
    old, _ = keys.create("old", Rights(), made_by=COMMAND_LINE, expires_at=time.time() + 0.05)
    time.sleep(0.06)
    check = said(settings, "keys")
    assert (check.state, check.detail) == ("warn", "3 live, 1 expired")
    assert f"old ({old.id})" in (check.fix or "")
    keys.revoke(old.id)
    assert said(settings, "keys").state == "ok"


def test_where_the_audit_breaks(settings: Settings, ledger: Ledger) -> None:
    assert said(settings, "audit") == Check("audit", "ok", "0 rows, none changed")
    record(ledger.engine, *(Entry("key:a", "ask", None, {"n": n}) for n in range(5)))
    assert said(settings, "audit") == Check("audit", "ok", "5 rows, none changed")
    with ledger.engine.begin() as conn:
        conn.execute(text("UPDATE audit SET who = 'key:b' WHERE seq = 3"))
    check = said(settings, "audit")
    assert (check.state, check.detail) == ("fail", "row 3: it was changed")
    off = load(env={}, overrides={"data_dir": str(settings.data_dir), "audit.enabled": False})
    assert said(off, "audit").state == "fail"


def backend(settings: Settings, url: str, model: str = "m-large", **more: str) -> Settings:
    told = {"generator.kind": "openai", "generator.base_url": url, "generator.model": model}
    return load(env={}, overrides={"data_dir": str(settings.data_dir), **told, **more})


def test_a_backend_that_answers_was_asked_for_one_token(settings: Settings, ledger: Ledger) -> None:
    with llm_server(llm.reply("ok")) as server:
        check = said(backend(settings, server.url), "generator")
        assert (check.state, server.calls[0]["max_tokens"]) == ("ok", 1)


@pytest.mark.parametrize(
    ("status", "detail", "fix"),
    [
        (401, "refuses the key", "api_key"),
        (403, "refuses the key", "api_key"),
        (404, "knows no such model", "did you mean `m-large`?"),
    ],
)
def test_a_backend_that_refuses_or_has_no_such_model(
    settings: Settings, ledger: Ledger, status: int, detail: str, fix: str
) -> None:
    with llm_server(llm.status(status)) as server:
        server.models = ("m-large", "z")
        check = said(backend(settings, server.url, "m-lrage"), "generator")
    assert check.state == "fail"
    assert detail in check.detail and fix in (check.fix or "")


def test_a_dead_backend_and_an_address_that_is_none(settings: Settings, ledger: Ledger) -> None:
    with llm_server(llm.reply("ok")) as server:
        url = server.url
    dead = said(backend(settings, url), "generator")
    assert dead.state == "fail" and "cannot be reached" in dead.detail
    odd = said(backend(settings, "127.0.0.1:9/v1"), "generator")
    assert odd.state == "fail" and "no address" in odd.detail
