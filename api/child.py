"""One child process of the supervisor: started, started again when it dies, given up when it dies at once each time."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

import structlog

from api import metrics_folder
from rag.errors import ConfigError, UpstreamError
from rag.runtime.processes import spawn_tied

log = structlog.get_logger()

_QUICK_S = 10.0  # a process that lived shorter died quickly
_QUICK_DEATHS = 5
_PAUSE_S, _LONG_PAUSE_S = 0.5, 60.0
_WRONG_CONFIG = 2  # exit code of `xiansou` for wrong settings
_READY_FD = "XIANSOU_READY_FD"
_CONFIG_ERROR = "rag.errors.ConfigError: "  # how the server reports one that its startup raised


class Child:
    """`essential`: the service ends when this one cannot be kept alive; others are tried again every minute."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        essential: bool,
        fds: Sequence[int] = (),
    ):
        self.name = name
        self.essential = essential
        self._command, self._environment, self._fds = list(command), environment, list(fds)
        self._process: subprocess.Popen[bytes] | None = None
        self._relay = threading.Thread()
        self._lines: deque[str] = deque(maxlen=20)
        self._began = self._due = 0.0
        self._ready: int | None = None  # a pipe's end: readable when the process has said so, or is gone
        self.quick_deaths = 0

    def start(self) -> None:
        """Raises UpstreamError when the operating system refuses."""
        self._forget_ready()
        self._ready, write_end = os.pipe()
        try:
            process = spawn_tied(
                self._command,
                env={**self._environment, _READY_FD: str(write_end)},
                pass_fds=[*self._fds, write_end],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as exc:
            raise UpstreamError(f"cannot start the {self.name}: {exc.strerror}.") from exc
        finally:
            os.close(write_end)
        assert process.stdout is not None
        self._process, self._began = process, time.monotonic()
        self._lines.clear()
        self._relay = threading.Thread(target=self._pass_on, args=(process.stdout,), daemon=True)
        self._relay.start()

    def successor(self) -> Child:
        """The same command once more, not started yet."""
        return Child(self.name, self._command, self._environment, essential=self.essential, fds=self._fds)

    def ready(self) -> bool:
        """Whether it has said by `tell_ready` that it serves."""
        return self._ready is not None and bool(select.select([self._ready], [], [], 0)[0]) and self.alive()

    def _forget_ready(self) -> None:
        if self._ready is not None:
            os.close(self._ready)
            self._ready = None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tend(self, *, starting: bool = False) -> None:
        """Starts it again when it died, after a pause that grows. Raises what ends the service.

        `starting`: the service is not ready yet; then an essential child may not die at all, and none for its settings.
        """
        if self._process is None:
            if time.monotonic() >= self._due:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            return
        metrics_folder.forget(self._environment, self._process.pid)
        line = self._last_line()
        quick = time.monotonic() - self._began < _QUICK_S
        self.quick_deaths = self.quick_deaths + 1 if quick else 1
        self._process = None
        if starting and (code == _WRONG_CONFIG or line.startswith(_CONFIG_ERROR)):
            raise ConfigError(f"the {self.name} refused to start: {line.removeprefix(_CONFIG_ERROR)}")
        if starting and self.essential:
            raise UpstreamError(f"the {self.name} ended at its start ({_reason(code)}): {line}")
        self._plan_restart(code, line)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal if it is alive."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Returns when it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            metrics_folder.forget(self._environment, self._process.pid)
            self._relay.join(timeout=1.0)
        self._forget_ready()

    def _plan_restart(self, code: int, line: str) -> None:
        logger = log.bind(child=self.name, ended=_reason(code), said=line)
        if self.quick_deaths < _QUICK_DEATHS:
            pause = _PAUSE_S * 2 ** (self.quick_deaths - 1)
            logger.warning("a process died and is started again", pause_s=pause)
        elif self.essential:
            raise UpstreamError(f"the {self.name} died {_QUICK_DEATHS} times in a row ({_reason(code)}): {line}")
        else:
            pause = _LONG_PAUSE_S
            logger.error("a process dies again and again; next try in a minute", deaths=self.quick_deaths)
        self._due = time.monotonic() + pause

    def _pass_on(self, stream: IO[bytes]) -> None:
        """Copies the child's output to ours and remembers its last lines."""
        with stream:
            for line in stream:
                self._lines.append(line.decode(errors="replace").strip())
                with suppress(OSError, ValueError):  # a closed stderr must not stop the child by a full pipe
                    sys.stderr.buffer.write(line)
                    sys.stderr.buffer.flush()

    def _last_line(self) -> str:
        """What it said last; not the server's remark that it could not start, which hides the cause."""
        self._relay.join(timeout=1.0)
        said = [line for line in self._lines if line and "Application startup failed" not in line]
        return said[-1].removeprefix("error: ") if said else "it said nothing"


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def tell_ready() -> None:
    """In a child: tells the supervisor that it serves."""
    descriptor = os.environ.pop(_READY_FD, None)
    if descriptor is not None:
        with suppress(OSError):
            os.write(int(descriptor), b"1")
            os.close(int(descriptor))
