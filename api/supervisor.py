"""`xiansou serve`: a small process without a model that runs API processes, ingest workers and the embedded Valkey.

Children are `xiansou api-process` and `xiansou worker`; settings go down by environment. All API processes accept from
one socket that is opened here, so the port stays ours while one of them is started again.
"""

from __future__ import annotations

import errno
import http.client
import math
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from api import metrics_folder
from api.child import Child, tell_ready
from api.environment import flat
from api.rolling import roll
from rag.errors import ConfigError, UpstreamError
from rag.runtime import service
from rag.runtime.stores import EmbeddedValkey, open_redis
from rag.settings import ENV_PREFIX, Settings

log = structlog.get_logger()

COMMAND = (sys.executable, "-m", "xiansou")

_MIN_FREE = 200_000_000  # bytes
_BACKLOG = 1024
_READY_S = 120.0
_REST_S = 4.0  # for the workers after the API processes; Valkey has 3 s after that
_STORE_EVERY_S = 1.0
_STORE_LOG_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class _Signals:
    """`stop`: end in order. `hurry`: a second signal came, end at once. `renew`: new processes take over."""

    stop: threading.Event = field(default_factory=threading.Event)
    hurry: threading.Event = field(default_factory=threading.Event)
    renew: threading.Event = field(default_factory=threading.Event)


def serve(
    settings: Settings,
    *,
    workers: int,
    ready: Callable[[], None] | None = None,
    command: Sequence[str] = COMMAND,
) -> None:
    """Serves until SIGINT, SIGTERM or SIGHUP; a second one ends everything at once. For the main thread.

    Requests under way are answered first, for at most `server.drain_s`. On SIGUSR1 new processes take over one by one
    from the same socket, so that a new program or model goes live and no request is refused or cut.

    `ready` is called once, in a thread of its own, when the API answers. A child is `command` followed by `api-process
    --fd N` or `worker`, and `--config` with an empty file: all settings are in its environment.

    Raises ConfigError (port, data_dir, disk, or a child refused its settings) or UpstreamError (the API does not become
    ready, or dies again and again). Nothing of ours runs any more when this returns or raises.
    """
    _check_data_dir(settings.data_dir)
    token = service.new_token()
    with _signals() as signals, _listen(settings) as listener, ExitStack() as announcing:
        store = _Store(settings)
        counted = metrics_folder.prepare(settings.data_dir)
        children: list[Child] = []
        try:
            store.tend()
            children += _children(settings, workers, command, listener.fileno(), store.url, counted, token)
            for child in children:
                child.start()
            if _await_ready(children, listener, signals):
                host, port = listener.getsockname()[:2]
                announcing.enter_context(service.announced(settings, host, port, token))
                log.info("serving", address=f"http://{settings.server.host}:{settings.server.port}")
                if ready is not None:
                    threading.Thread(target=ready, name="ready", daemon=True).start()
            while not signals.stop.wait(0.2):
                store.tend()
                if signals.renew.is_set():
                    signals.renew.clear()
                    roll(children, signals.stop, signals.hurry, ready_s=_READY_S, drain_s=settings.server.drain_s)
                for child in children:
                    child.tend()
        finally:
            listener.close()  # or clients would queue at a socket that nobody serves
            _end(children, signals, settings.server.drain_s)
            store.stop()
            metrics_folder.remove(counted)


# -- before the start --------------------------------------------------------------------------------------------------


def _check_data_dir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as exc:
        raise ConfigError(
            f"cannot write to {folder}: {exc.strerror}.", field="data_dir", fix="Set it to a folder that you own."
        ) from exc
    if free < _MIN_FREE:
        raise ConfigError(
            f"only {free / 1e6:.0f} MB are free in {folder}, {_MIN_FREE / 1e6:.0f} MB are needed.",
            field="data_dir",
            fix="Free some space, or set it to a folder on another disk.",
        )


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.server.host, settings.server.port
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = addresses[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as exc:
        raise _cannot_listen(exc, host, port) from exc
    return listener


def _cannot_listen(exc: OSError, host: str, port: int) -> ConfigError:
    if exc.errno == errno.EADDRINUSE:
        fix = "Set `server.port` to another one, or stop what listens there."
        return ConfigError(f"port {port} is in use on {host}.", field="server.port", fix=fix)
    if exc.errno == errno.EACCES:
        return ConfigError(f"no permission for port {port}.", field="server.port", fix="Use one above 1023.")
    fix = "Use an address of this machine, or 0.0.0.0 for all."
    return ConfigError(f"cannot listen on {host}: {exc.strerror}.", field="server.host", fix=fix)


@contextmanager
def _signals() -> Iterator[_Signals]:
    signals = _Signals()

    def receive(_number: int, _frame: object) -> None:
        (signals.hurry if signals.stop.is_set() else signals.stop).set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, receive) for number in numbers}
    before[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, lambda *_: signals.renew.set())
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# -- children ----------------------------------------------------------------------------------------------------------


def _children(
    settings: Settings, workers: int, command: Sequence[str], fd: int, redis_url: str, counted: Path, token: str
) -> list[Child]:
    """The API processes, then the workers."""
    environment = dict(os.environ) | dict(flat(settings, ENV_PREFIX))
    environment[f"{ENV_PREFIX}REDIS__URL"] = redis_url
    environment.setdefault("MALLOC_ARENA_MAX", "2")  # glibc keeps one a thread, up to 8 a core, each with its own leavings
    environment[metrics_folder.VARIABLE] = str(counted)
    environment[service.TOKEN_VARIABLE] = token
    rest = ["--config", os.devnull]
    api = [*command, "api-process", "--fd", str(fd), *rest]
    apis = [
        Child(f"API process {n}", api, environment, essential=True, fds=[fd]) for n in range(1, settings.server.processes + 1)
    ]
    work = [*command, "worker", *rest]
    return apis + [Child(f"worker {n}", work, environment, essential=False) for n in range(1, workers + 1)]


def _await_ready(children: Sequence[Child], listener: socket.socket, signals: _Signals) -> bool:
    """True when `/readyz` answers 200; False when a signal came before."""
    deadline = time.monotonic() + _READY_S
    while not signals.stop.wait(0.1):
        answer = _readyz(listener)
        if answer is None:
            return True
        for child in children:
            child.tend(starting=True)
        if time.monotonic() > deadline:
            raise UpstreamError(f"the API is not ready after {_READY_S:.0f} s: {answer}", fix="Read its lines above.")
    return False


def _readyz(listener: socket.socket) -> str | None:
    """None when ready, else what is wrong."""
    host, port = listener.getsockname()[:2]
    connection = http.client.HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=1.0)
    try:
        connection.request("GET", "/readyz")
        reply = connection.getresponse()
        text = reply.read(500).decode(errors="replace")
        return None if reply.status == 200 else f"{reply.status} {text}"
    except (OSError, http.client.HTTPException) as exc:
        return f"no answer ({exc})"
    finally:
        connection.close()


def _end(children: Sequence[Child], signals: _Signals, drain_s: float) -> None:
    """API processes first, since requests that they still answer may wait for a worker; what does not end is killed."""
    began = time.monotonic()
    apis = [child for child in children if child.essential]
    for group, patience in ((apis, drain_s + 1), (children, drain_s + 1 + _REST_S)):
        for child in group:
            child.signal(signal.SIGTERM)
        while any(child.alive() for child in group) and time.monotonic() - began < patience:
            if signals.hurry.wait(0.05):
                break
    for child in children:
        child.kill()


class _Store:
    """The embedded Valkey, kept alive; nothing when a server is given."""

    def __init__(self, settings: Settings):
        """Raises ConfigError for a wrong URL."""
        self._server = None if settings.redis.url else EmbeddedValkey(settings.data_dir / "redis")
        if self._server is None:
            open_redis(settings).close()
        self.url = settings.redis.url if self._server is None else self._server.url
        self._looked_at = self._logged_at = float("-inf")

    def tend(self) -> None:
        """Starts it when it does not answer. Raises ConfigError when there is none for this machine."""
        now = time.monotonic()
        if self._server is None or now - self._looked_at < _STORE_EVERY_S:
            return
        self._looked_at = now
        try:
            self._server.start(patience=2.0)
        except UpstreamError as exc:
            if now - self._logged_at >= _STORE_LOG_EVERY_S:
                self._logged_at = now
                log.warning("the embedded Valkey does not run; questions are answered without it", error=str(exc))

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()


# -- the API process ---------------------------------------------------------------------------------------------------


def api_process(settings: Settings, fd: int, create_app: Callable[[Settings], Any] | None = None) -> None:
    """Serves HTTP on the listening socket `fd` until SIGTERM, then answers what is under way, at most `server.drain_s`.

    Raises ConfigError as `create_app` does; SystemExit(3) when the app's startup fails.
    """
    import uvicorn

    class Telling(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            tell_ready()

    config = uvicorn.Config(
        (create_app or _the_app)(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who a forwarded request is from, `api.auth_peer` decides
        lifespan="on",
        timeout_graceful_shutdown=math.ceil(settings.server.drain_s),
    )
    Telling(config).run(sockets=[socket.socket(fileno=fd)])


def _the_app(settings: Settings) -> Any:
    from api.app import create_app  # imports the model's libraries: not for the supervisor

    return create_app(settings)
