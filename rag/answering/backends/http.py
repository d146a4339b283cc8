"""HTTP clients whose reads end at once when the generation they serve is stopped, also in the middle of a silence.

A blocked read cannot be ended from another thread in httpx itself. So the sockets wait in short slices and look in between.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import httpcore
import httpx

from rag.answering.stop import current
from rag.tracing import trace_headers

_SLICE_S = 0.1
_Value = TypeVar("_Value")


def client(base_url: str = "", headers: dict[str, str] | None = None) -> httpx.Client:
    """A client as httpx makes it (proxies of the environment included), with sockets that can be stopped."""
    made = httpx.Client(
        base_url=base_url,
        headers=headers,
        timeout=httpx.Timeout(600, connect=10),
        event_hooks={"request": [lambda request: request.headers.update(trace_headers())]},
    )
    for transport in (made._transport, *made._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:  # httpx has no public way to give a network backend to its own transports
            pool._network_backend = _Network(pool._network_backend)
    return made


class _Network(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend):
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stop = current()
        if stop is not None:
            timeout = max(0.01, min(stop.left(), timeout or stop.left()))
        return _Socket(self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(self, *args: Any, **told: Any) -> httpcore.NetworkStream:
        return _Socket(self._inner.connect_unix_socket(*args, **told))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Socket(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream):
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return _sliced(lambda slice_s: self._inner.read(max_bytes, timeout=slice_s), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Socket(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _sliced(read: Callable[[float], _Value], timeout: float | None) -> _Value:
    """Reads with `timeout` seconds of patience, or until this thread's generation is stopped. Raises ReadTimeout."""
    stop, waited = current(), 0.0
    if stop is None:
        return read(timeout) if timeout is not None else read(600)
    while True:
        if stop.is_set() or stop.left() <= 0 or (timeout is not None and waited >= timeout):
            raise httpcore.ReadTimeout("stopped")
        try:
            return read(_SLICE_S)
        except httpcore.ReadTimeout:
            waited += _SLICE_S


def server_sent(lines: Iterable[str]) -> Iterable[str]:
    """The data of each event of a stream of lines, without OpenAI's `[DONE]`."""
    for line in lines:
        data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        if data and data != "[DONE]":
            yield data
