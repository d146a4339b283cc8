"""What a database's error means for who runs the service: one line with the fix, and none of the documents' text."""

from __future__ import annotations

import sqlite3

from rag.errors import ConfigError, UpstreamError, XiansouError

_DAMAGED = ("not a database", "malformed", "corrupt", "file is encrypted")
_FULL = ("disk is full", "no space left", "disk i/o error")
# The server is away, ends, starts, recovers, has become a standby, or threw us out: the same may work a little later.
_SERVER = (
    "OperationalError",
    "InterfaceError",
    "ConnectionTimeout",
    "PoolTimeout",
    "AdminShutdown",
    "CrashShutdown",
    "CannotConnectNow",
    "IdleInTransactionSessionTimeout",
    "IdleSessionTimeout",
    "ReadOnlySqlTransaction",
    "TooManyConnections",
    "DeadlockDetected",
    "SerializationFailure",
    "QueryCanceled",
)
RETRY_S = 5.0


def explained(error: BaseException) -> XiansouError | None:
    """The error in our words; None for one that is not a database's.

    ConfigError: a damaged or unwritable ledger, a full disk. UpstreamError `ledger_unavailable`: the server is away, or the
    ledger is locked, so that the same may work a little later.
    """
    for at in _chain(error):
        if "xiansou: sealed" in str(at):
            return UpstreamError(
                "this library has moved to another database and takes no changes here.",
                field="database.url",
                fix="Set `database.url` to the new one and restart; to stay here after all: `xiansou migrate --reopen`.",
                code="ledger_unavailable",
            )
        if isinstance(at, sqlite3.DatabaseError):
            return _of_sqlite(at)
        if type(at).__module__.split(".")[0] == "psycopg" or type(at).__module__.startswith("psycopg"):
            return _of_server(at)
        if type(at).__module__ == "sqlalchemy.exc" and type(at).__name__ == "TimeoutError":  # of its pool
            return _away("all connections to the ledger are busy")
    return None


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = getattr(at, "orig", None) or at.__cause__
    return chain


def _of_sqlite(error: sqlite3.DatabaseError) -> XiansouError:
    said = str(error).lower()
    if any(word in said for word in _DAMAGED):
        return ConfigError(
            f"the ledger is damaged ({_short(error)}).",
            field="data_dir",
            fix="Stop the service and put a backup back: `xiansou restore FILE`.",
            code="ledger_damaged",
        )
    if any(word in said for word in _FULL):
        return ConfigError(
            f"the ledger cannot be written ({_short(error)}): the disk is full or fails.",
            field="data_dir",
            fix="Free some space; what was acknowledged is there, and questions are answered meanwhile.",
            code="disk_full",
        )
    if "readonly" in said or "unable to open" in said:
        fix = "Check permissions of `data_dir`, and whether you are the service's user."
        return ConfigError(f"the ledger cannot be opened for writing ({_short(error)}).", field="data_dir", fix=fix)
    if "locked" in said or "busy" in said:
        return _away("the ledger is locked by another process")
    return ConfigError(f"the ledger failed ({_short(error)}).", field="data_dir", fix="See `xiansou doctor`.")


def _of_server(error: BaseException) -> XiansouError:
    if type(error).__name__ == "LockNotAvailable":
        return _away("another writer holds the ledger")
    if type(error).__name__ == "DiskFull":
        return UpstreamError("the database server's disk is full.", fix="Free some space there.", code="disk_full")
    if type(error).__name__ in _SERVER:
        return _away(f"the database server does not answer ({type(error).__name__})")
    return UpstreamError(f"the database refused a statement ({type(error).__name__}).", code="ledger_failed")


def _away(detail: str) -> UpstreamError:
    return UpstreamError(f"{detail}.", field="database.url", fix="Look whether it runs; try again.", code="ledger_unavailable")


def _short(error: BaseException) -> str:
    """What SQLite says is one of its own phrases; what stands in a statement is never shown."""
    return str(error).splitlines()[0][:80] if str(error) else type(error).__name__
