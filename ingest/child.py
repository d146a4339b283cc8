"""A child process that parses: how it is started, watched, asked and ended. What it runs is `ingest/sandboxed.py`."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil
import structlog

from rag.errors import ParseError, UpstreamError
from rag.runtime.processes import spawn_tied
from rag.settings import Settings

log = structlog.get_logger()

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
        parsing = settings.parsing
        return cls(parsing.timeout_s, parsing.max_memory_mb * 2**20, parsing.max_output_mb * 2**20, parsing.recycle_after)


class Child:
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
            raise crashed("it ended") from exc
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
                raise crashed("it ended") from exc
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
        raise crashed(name)


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


def crashed(how: str) -> ParseError:
    return ParseError(f"The document crashes its parser ({how}).", code="crashed", fix="Save it again, or in another format.")


def _environment() -> dict[str, str]:
    """No secrets of ours, one thread for numeric libraries, imports from where this package is."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
    return kept | dict.fromkeys(_SINGLE, "1") | {"PYTHONPATH": path, "PYTHONUTF8": "1"}
