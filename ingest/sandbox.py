"""Parsing in child processes: without network, with limits on memory, time and output.

A poison document (one that hangs its parser, crashes it, or fills memory or disk) takes down the child that reads it and
nothing else. Children stay warm and are replaced after a number of documents, so that what a parser leaks goes with them.
The child's side is `ingest/sandboxed.py`; requests and replies are JSON, never pickles: a child is not trusted.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import orjson
import psutil
import structlog

from rag.domain import Block, Parsed
from rag.errors import ParseError, UpstreamError
from rag.processes import spawn_tied
from rag.settings import Settings

log = structlog.get_logger()

PARSER = "ingest.sandboxed:read"
"""What a child runs on each document, as `module:function`."""

_ROOT = str(Path(__file__).resolve().parent.parent)
_KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "HOME",
    "TESSDATA_PREFIX",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
)
_SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_THREAD_LIMIT")
_START_S = 60.0  # a machine under load needs long to start an interpreter
_TICK_S = 0.05  # between two looks at a child's memory
_BLOATED = 0.5  # share of the memory limit above which a child is not used again
_FRAME = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may use: seconds, bytes of memory and of output; a child reads `documents`, then it is replaced."""

    seconds: float = 30.0
    memory: int = 1024 * 2**20
    output: int = 64 * 2**20
    documents: int = 100

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        told = settings.parsing
        return cls(told.timeout_s, told.max_memory_mb * 2**20, told.max_output_mb * 2**20, told.recycle_after)


def parse_safely(
    content: bytes, *, filename: str | None, mime_type: str | None, settings: Settings, options: Mapping[str, Any] | None = None
) -> tuple[Parsed, dict[str, int]]:
    """What `ingest.parse.parse` and `ingest.clean.clean` give, read in a child of this process.

    Args:
        options: passed to the child's function, JSON values.

    Returns:
        The document and what each cleaning rule removed.

    Raises:
        ParseError: what the parsers raise, and `timeout`, `out_of_memory`, `crashed`, `too_large`.
        UpstreamError: no child process can be started.
    """
    told = {"filename": filename, "mime_type": mime_type, "options": dict(options or {})}
    return _read(shared(Limits.of(settings)).ask(content, told))


def shared(limits: Limits) -> Sandbox:
    """This process's sandbox; a fork makes one of its own."""
    return _shared(limits, os.getpid())


@cache
def _shared(limits: Limits, _pid: int) -> Sandbox:
    sandbox = Sandbox(limits)
    atexit.register(sandbox.close)
    return sandbox


class Sandbox:
    """Children that parse, one a thread that asks, kept for the next one. Safe for any mix of threads."""

    def __init__(self, limits: Limits, parser: str = PARSER):
        self._limits, self._parser = limits, parser
        self._idle: list[_Child] = []
        self._lock = threading.Lock()

    def ask(self, content: bytes, told: Mapping[str, Any]) -> Any:
        """The reply to one document. Raises ParseError, UpstreamError."""
        head = orjson.dumps({**told, "seconds": self._limits.seconds})
        used = self._take()
        if used is not None:
            try:
                return self._answer(used, head, content)
            except ParseError as exc:
                if exc.code not in ("crashed", "out_of_memory"):
                    raise
                # An earlier document may be to blame: the verdict is a fresh child's.
        return self._answer(_Child(self._limits, self._parser), head, content)

    def network(self) -> str:
        """How a child is kept from the network: `namespace` or `hook`. Raises UpstreamError."""
        child = self._take() or _Child(self._limits, self._parser)
        self._give(child)
        return child.network

    def close(self) -> None:
        """Ends the idle children."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _answer(self, child: _Child, head: bytes, content: bytes) -> Any:
        try:
            reply = orjson.loads(child.ask(head, content))
        except orjson.JSONDecodeError as exc:
            child.end()
            raise _crashed("its reply is damaged") from exc
        except BaseException:
            child.end()
            raise
        self._give(child)
        if (error := reply.get("error")) is not None:
            raise ParseError(str(error["detail"]), code=str(error["code"]), fix=error.get("fix"))
        return reply

    def _take(self) -> _Child | None:
        """An idle child that lives."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                child = self._idle.pop()
            if child.alive:
                return child
            child.end()

    def _give(self, child: _Child) -> None:
        if child.spent:
            child.end()
            return
        with self._lock:
            self._idle.append(child)


class _Child:
    """One child process; for one thread at a time."""

    def __init__(self, limits: Limits, parser: str):
        """Raises UpstreamError when it does not start."""
        self._limits, self._documents = limits, 0
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "ingest.sandboxed", parser, str(limits.memory), str(limits.output)]
        try:
            with theirs:
                self._process = spawn_tied(
                    command,
                    env=_environment(),
                    cwd="/",
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            self._watched = psutil.Process(self._process.pid)
            self.network = self._receive(time.monotonic() + _START_S).decode("ascii", "replace")
        except (OSError, psutil.Error, ParseError) as exc:
            self._socket.close()
            if hasattr(self, "_process"):
                self.end()
            raise UpstreamError(
                f"no process to parse documents in could be started: {exc}.", fix="See whether the machine has memory left."
            ) from exc
        # Where the kernel permits no namespace (some containers), native code in a parser could still open a socket.
        tell = log.debug if self.network == "namespace" else log.warning
        tell("parser process started", pid=self._process.pid, network=f"refused by {self.network}")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def spent(self) -> bool:
        """Whether it has read its share of documents, or kept too much memory."""
        return self._documents >= self._limits.documents or self._own_memory() > self._limits.memory * _BLOATED

    def ask(self, head: bytes, content: bytes) -> bytes:
        """Raises ParseError `timeout`, `out_of_memory`, `crashed`, `too_large`; then the child is of no more use."""
        self._documents += 1
        deadline = time.monotonic() + self._limits.seconds
        try:
            self._socket.settimeout(self._limits.seconds)
            self._socket.sendall(_FRAME.pack(len(head)) + head + _FRAME.pack(len(content)))
            self._socket.sendall(content)
        except TimeoutError:
            self._late()
        except OSError as exc:
            raise _crashed("it ended") from exc
        return self._receive(deadline)

    def end(self) -> None:
        """Kills it and what it started."""
        self._socket.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def _receive(self, deadline: float) -> bytes:
        size = _FRAME.unpack(self._exactly(_FRAME.size, deadline))[0]
        if size > self._limits.output + 4096:
            raise too_much(self._limits.output)
        return self._exactly(size, deadline)

    def _exactly(self, size: int, deadline: float) -> bytes:
        parts, missing, peak = list[bytes](), size, 0
        while missing:
            left = deadline - time.monotonic()
            if left <= 0:
                self._late()
            self._socket.settimeout(min(_TICK_S, left))
            try:
                part = self._socket.recv(min(missing, 2**20))
            except TimeoutError:
                peak = max(peak, self._memory())
                if peak > self._limits.memory:
                    raise _too_hungry(self._limits.memory) from None
                continue
            except OSError as exc:
                raise _crashed("it ended") from exc
            if not part:
                self._died(peak)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _own_memory(self) -> int:
        with suppress(psutil.Error):
            return int(self._watched.memory_info().rss)
        return 0

    def _memory(self) -> int:
        """Bytes that it and what it started (OCR) occupy now."""
        total = self._own_memory()
        with suppress(psutil.Error):
            total += sum(process.memory_info().rss for process in self._watched.children(recursive=True))
        return total

    def _late(self) -> NoReturn:
        raise ParseError(
            f"Parsing took over {self._limits.seconds:g} seconds.",
            code="timeout",
            fix="Split the document, save it in another format, or raise `parsing.timeout_s`.",
        )

    def _died(self, peak: int) -> NoReturn:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.returncode
        if peak > self._limits.memory * 0.8:
            raise _too_hungry(self._limits.memory)
        if code == -signal.SIGXFSZ:
            raise too_much(self._limits.output)
        name = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
        raise _crashed(name)


def too_much(limit: int) -> ParseError:
    return ParseError(
        f"The document gives over {limit // 2**20} MiB of text.",
        code="too_large",
        fix="Split it, or raise `parsing.max_output_mb`.",
    )


def _too_hungry(limit: int) -> ParseError:
    return ParseError(
        f"Parsing needs over {limit // 2**20} MiB of memory.",
        code="out_of_memory",
        fix="Split the document, save it in another format, or raise `parsing.max_memory_mb`.",
    )


def _crashed(how: str) -> ParseError:
    return ParseError(f"The document crashes its parser ({how}).", code="crashed", fix="Save it again, or in another format.")


def _environment() -> dict[str, str]:
    """No secrets of ours, one thread for numeric libraries, imports from where this package is."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
    return kept | dict.fromkeys(_SINGLE, "1") | {"PYTHONPATH": path, "PYTHONUTF8": "1"}


def _read(reply: Mapping[str, Any]) -> tuple[Parsed, dict[str, int]]:
    """The reply as records; every span is checked, for a child that is not trusted must not break citations."""
    try:
        text = str(reply["text"])
        blocks = tuple(_block(row, len(text)) for row in reply["blocks"])
        counts = {str(name): int(count) for name, count in reply["counts"].items()}
        return Parsed(text, blocks, str(reply["title"]), dict(reply["metadata"]), bool(reply["markdown"])), counts
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise _crashed("its reply is damaged") from exc


def _block(row: list[Any], length: int) -> Block:
    start, end, kind, section, header, group, keys, fields = row
    if not 0 <= start < end <= length:
        raise ValueError("a span outside of the text")
    return Block(start, end, kind, tuple(section), header, group, tuple(keys), fields)
