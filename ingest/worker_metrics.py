"""Metrics of a worker that runs alone. Beside an API they are part of the API's `/metrics`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rag.errors import ConfigError
from rag.runtime.metrics import begin
from rag.settings import Settings

_SHARED = "PROMETHEUS_MULTIPROC_DIR"  # set by `xiansou serve`: its API tells ours too


@contextmanager
def serving_metrics(settings: Settings) -> Iterator[int | None]:
    """Answers Prometheus at `server.worker_metrics` meanwhile; yields the port, None: nowhere. Raises ConfigError."""
    address = settings.server.worker_metrics
    if os.environ.get(_SHARED):
        begin()
    if not address or os.environ.get(_SHARED):
        yield None
        return
    from prometheus_client import start_http_server

    begin()

    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise _wrong(f"{address!r} is no HOST:PORT.")
    try:
        server, thread = start_http_server(int(port), host.strip("[]"))
    except OSError as exc:
        raise _wrong(f"cannot listen on {address}: {exc.strerror}.") from exc
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _wrong(detail: str) -> ConfigError:
    return ConfigError(detail, field="server.worker_metrics", fix="Use an address of this machine, e.g. 0.0.0.0:9100.")
