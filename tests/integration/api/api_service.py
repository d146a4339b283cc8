"""The service as users have it: a real server on a real port, a worker, a ledger; only the embedder is a double."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from ingest import worker
from rag.fakes import HashEmbedder
from rag.settings import Settings, load


def make_settings(folder: Path, **overrides: Any) -> Settings:
    # Probabilities are calibrated for a real model; with the double every question that has a hit is to be answered.
    told = {"data_dir": str(folder), "answer.max_wrong_rate": 1.0, "ingest.max_bytes": 2_000_000}
    return load(env={}, overrides=told | {key.replace("__", "."): value for key, value in overrides.items()})


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serves the app on a free port; yields its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended at its start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """A worker, in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(settings,), kwargs={"stop": stop, "embedder": HashEmbedder()})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
