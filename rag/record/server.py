"""A PostgreSQL server that may go silent: its URL, and what a connection and a write transaction are told at their beginning.

A cut network says nothing to anybody. Without these, a question waits for a quarter of an hour, and the server keeps the
write lock of a host that is gone for two hours.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVER = "postgresql+psycopg"
_HOSTS = re.compile(r"^(?P<before>[a-z0-9+]+://(?:[^@/]*@)?)(?P<hosts>[^@/?]*,[^@/?]*)(?P<after>[/?].*)?$")
_CONNECT_S = 5  # a server that is away must not hold a request longer
_SILENT_S = 6  # after which a peer that confirms nothing is gone: a few lost packets take less
_IDLE_S = 3  # without a word, after which it is asked for one
_LOOK_S = 2  # how often the server looks, while it works, whether anybody is still there
_IN_TURN_S = 30  # longest wait for the write lock, as SQLite's
_PAUSED_S = 60  # longest silence in the middle of a write: a process that was stopped must not stop all the others

# libpq's names; what the URL says goes before. Each is without effect on a socket file.
_OURS = {
    "connect_timeout": _CONNECT_S,
    "keepalives_idle": _IDLE_S,
    "keepalives_interval": 1,
    "keepalives_count": _SILENT_S - _IDLE_S,
    "tcp_user_timeout": _SILENT_S * 1000,
}
# The same at the server's end. Without it the advisory locks of a host that is gone are held until TCP gives up.
SESSION = (
    f"SET tcp_keepalives_idle = {_IDLE_S}; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = {_SILENT_S - _IDLE_S}; "
    f"SET tcp_user_timeout = {_SILENT_S * 1000}; SET client_connection_check_interval = {_LOOK_S * 1000}"
)
# One statement, whose limits are this transaction's.
ONE_WRITER = (
    f"SELECT set_config('lock_timeout', '{_IN_TURN_S}s', true), "
    f"set_config('idle_in_transaction_session_timeout', '{_PAUSED_S}s', true), pg_advisory_xact_lock(20260611)"
)


def driven(url: str) -> URL:
    """The URL with our driver: providers print `postgres://` or `postgresql://`, which name another one or none.

    Several hosts may stand in it with commas between; the one that takes writes is meant. Raises ArgumentError.
    """
    address = re.sub(r"^postgres://", "postgresql://", url.strip())
    several = _HOSTS.match(address) if address.startswith("postgresql") else None
    if several is not None:
        address = f"{several['before']}{several['after'] or ''}"
    try:
        parsed = make_url(address)
    except ValueError as exc:  # a port that is no number
        raise ArgumentError(str(exc)) from exc
    if parsed.drivername in ("postgresql", "postgresql+psycopg2"):
        parsed = parsed.set(drivername=_DRIVER)
    if several is not None:
        hosts = [host if re.search(r":\d+$", host) else f"{host}:5432" for host in several["hosts"].split(",")]
        parsed = parsed.update_query_dict({"host": hosts})
    if len(_given(parsed.query.get("host"))) > 1 and "target_session_attrs" not in parsed.query:
        parsed = parsed.update_query_dict({"target_session_attrs": "read-write"})  # never the standby, never one that was one
    return parsed


def _given(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def connect_args(url: URL) -> dict[str, Any]:
    """What the driver is told beside the URL."""
    return {name: value for name, value in _OURS.items() if name not in url.query}


def begin_session(connection: Any, _record: object) -> None:
    """For SQLAlchemy's event `connect`: a new connection of the driver."""
    from psycopg import Error

    try:
        with connection.cursor() as cursor:
            cursor.execute(SESSION)
        connection.commit()
    except Error:  # before PostgreSQL 14, or a system that cannot: it keeps to its own settings
        connection.rollback()
