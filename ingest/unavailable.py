"""Whether the ledger itself cannot be used now, whatever is asked of it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from rag.errors import UpstreamError
from rag.record.damage import explained

_LEDGER_UNAVAILABLE = "ledger_unavailable"
_UNAVAILABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_EXHAUSTED = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EROFS, errno.ENOMEM}


def unavailable(exc: BaseException) -> bool:
    """Whether the database or the disk failed (full, locked, gone) rather than what was asked of it."""
    if isinstance(exc, DBAPIError):
        code = getattr(exc.orig, "sqlite_errorcode", None)
        error = explained(exc)
        away = error is not None and error.code in (_LEDGER_UNAVAILABLE, "disk_full")
        return away or exc.connection_invalidated or (code is not None and code & 0xFF in _UNAVAILABLE)
    if isinstance(exc, UpstreamError):
        return exc.code == _LEDGER_UNAVAILABLE
    return isinstance(exc, OSError) and exc.errno in _EXHAUSTED


@contextmanager
def translated() -> Iterator[None]:
    """Raises UpstreamError where the ledger is unavailable."""
    try:
        yield
    except DBAPIError as exc:
        if not unavailable(exc):
            raise
        error = explained(exc)
        detail = "the ledger cannot be used." if error is None else error.detail
        raise UpstreamError(detail, fix=None if error is None else error.fix, code=_LEDGER_UNAVAILABLE) from exc
