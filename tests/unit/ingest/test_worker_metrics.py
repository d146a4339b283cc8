"""A worker alone tells its own metrics; beside an API it is the API that does."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from ingest.worker_metrics import serving_metrics
from rag.errors import ConfigError
from rag.runtime.metrics import INGEST_JOBS
from rag.settings import Settings, load


def settings(folder: Path, address: str) -> Settings:
    return load(env={}, overrides={"data_dir": str(folder), "server.worker_metrics": address})


def test_a_worker_alone(tmp_path: Path) -> None:
    INGEST_JOBS.labels("live").inc()
    with serving_metrics(settings(tmp_path, "127.0.0.1:0")) as port:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'xiansou_ingest_jobs_total{outcome="live"}' in text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")


def test_beside_an_api_or_without_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_metrics(settings(tmp_path, "")) as port:
        assert port is None
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with serving_metrics(settings(tmp_path, "127.0.0.1:0")) as port:
        assert port is None


def test_an_address_that_cannot_be(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for address in ("9100", "127.0.0.1:http", f"127.0.0.1:{taken.getsockname()[1]}"):
            with pytest.raises(ConfigError) as caught, serving_metrics(settings(tmp_path, address)):
                pass
            assert caught.value.field == "server.worker_metrics"
