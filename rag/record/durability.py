"""What an acknowledgement of PostgreSQL is worth: on which disks a COMMIT is when the client hears of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from rag.record.prepared import borrowed, plain

# Who may not look into the standbys (role pg_monitor) sees their number, and no state.
_ASKED = """SELECT current_setting('fsync'), current_setting('synchronous_commit'),
current_setting('synchronous_standby_names'), pg_is_in_recovery(), (SELECT count(*) FROM pg_stat_replication),
(SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))"""


@dataclass(frozen=True, slots=True)
class Durability:
    """`detail`: one line. `fix` None: a crash of it loses nothing acknowledged, nor does a fail-over to a standby, where
    there is one."""

    detail: str
    fix: str | None = None


def durability(engine: Engine) -> Durability | None:
    """None for SQLite, whose commits are always on the disk."""
    if engine.dialect.name != "postgresql":
        return None
    with borrowed(engine) as conn:
        fsync, commit, names, standby, replicas, waited_for = plain(conn, _ASKED).fetchone()
    if standby:
        return Durability(
            "this server is a standby: it takes no writes", "Point `database.url` to the server that takes writes."
        )
    if fsync == "off" or commit == "off":
        what = "fsync" if fsync == "off" else "synchronous_commit"
        return Durability(
            f"`{what}` is off: a crash of the server may lose what was acknowledged just before",
            f"Set `{what} = on` on the server.",
        )
    if names and commit == "local":
        return Durability(
            "`synchronous_commit` is local: a fail-over may lose what was acknowledged just before",
            "Set `synchronous_commit = on` on the server.",
        )
    if names:
        there = "" if waited_for or not replicas else ", whose state this user may not see (role pg_monitor)"
        waiting = "" if replicas else ", none of which is connected: writes wait for one"
        return Durability(
            f"a write is acknowledged when it is on a standby too ({names}){there}{waiting}",
            None if replicas else "Start a standby, or empty `synchronous_standby_names` while there is none.",
        )
    if replicas:
        return Durability(
            f"{replicas} standby servers follow a little behind: a fail-over may lose what was acknowledged just before",
            "Set `synchronous_standby_names` on the server if it must not.",
        )
    return Durability("a write is acknowledged when it is on the server's disk; no standby follows")
