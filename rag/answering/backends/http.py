"""HTTP clients whose reads end at once when the generation they serve is stopped, also in the middle of a silence.

A blocked read cannot be ended from another thread in httpx itself. So the sockets wait in short slices and look in between.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import httpx

from rag.answering.stop import current
from rag.runtime.tracing import trace_headers

_SLICE_S, _LONGEST_SLICE_S = 0.1, 0.5  # the longer a backend is silent, the less often it is looked
_TIMEOUT = httpx.Timeout(600, connect=10)
# How many answers there are at once is `limits.concurrent`'s affair; httpx alone would let 100 talk and the rest wait.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20)
_Value = TypeVar("_Value")


def client(base_url: str = "", headers: dict[str, str] | None = None) -> httpx.Client:
    """A client as httpx makes it (proxies of the environment included), with sockets that can be stopped."""
    session = httpx.Client(
        base_url=base_url,
        headers=headers,
        timeout=_TIMEOUT,
        limits=_LIMITS,
        event_hooks={"request": [lambda request: request.headers.update(trace_headers())]},
    )
    make_stoppable(session)
    return session


def waiting_client() -> httpx.AsyncClient:
    """As `client`, for an event loop, where whoever is cancelled stops reading."""

    async def traced(request: httpx.Request) -> None:
        request.headers.update(trace_headers())

    return httpx.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS, event_hooks={"request": [traced]})


def make_stoppable(session: Any) -> None:
    """Gives such sockets to a client of httpx or httpx2, which some libraries make themselves; replies are closed in time."""
    hooks = session.event_hooks
    session.event_hooks = {**hooks, "response": [*hooks.get("response", []), _note]}
    for transport in (session._transport, *session._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:  # there is no public way to give a network backend to their own transports
            core = sys.modules[type(pool).__module__.partition(".")[0]]
            pool._network_backend = _Network(pool._network_backend, core.ReadTimeout)


def _note(response: Any) -> None:
    stop = current()
    if stop is not None:
        stop.opened(response.close)


class _Network:
    """A NetworkBackend of httpcore or httpcore2. `timeout`: the error that they raise when a read takes too long."""

    def __init__(self, inner: Any, timeout: type[Exception]):
        self._inner, self._timeout = inner, timeout

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _Socket:
        stop = current()
        if stop is not None:
            timeout = max(0.01, min(stop.left(), timeout or stop.left()))
        return _Socket(self._inner.connect_tcp(host, port, timeout, local_address, socket_options), self._timeout)

    def connect_unix_socket(self, *args: Any, **options: Any) -> _Socket:
        return _Socket(self._inner.connect_unix_socket(*args, **options), self._timeout)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Socket:
    """A NetworkStream."""

    def __init__(self, inner: Any, timeout: type[Exception]):
        self._inner, self._timeout = inner, timeout

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return _sliced(lambda slice_s: bytes(self._inner.read(max_bytes, timeout=slice_s)), timeout, self._timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Socket:
        return _Socket(self._inner.start_tls(ssl_context, server_hostname, timeout), self._timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _sliced(read: Callable[[float], _Value], timeout: float | None, late: type[Exception]) -> _Value:
    """Reads with `timeout` seconds of patience, or until this thread's generation is stopped. Raises `late`."""
    stop, waited = current(), 0.0
    if stop is None:
        return read(timeout if timeout is not None else 600)
    while True:
        if stop.is_set() or stop.left() <= 0 or (timeout is not None and waited >= timeout):
            raise late("stopped")
        slice_s = min(_LONGEST_SLICE_S, max(_SLICE_S, waited / 4), max(0.01, stop.left()))
        try:
            return read(slice_s)
        except late:
            waited += slice_s


def server_sent(lines: Iterable[str]) -> Iterable[str]:
    """The data of each event of a stream of lines, without OpenAI's `[DONE]`."""
    for line in lines:
        data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        if data and data != "[DONE]":
            yield data
