"""A sealed ledger takes no more documents: its library has moved, and a write there would be acknowledged and lost.

Triggers of the database itself refuse, so processes that run already are held to it at their next statement. Questions,
answers, feedback and the audit go on; `xiansou migrate` carries those over when it is run again.
"""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from rag.record.engine import writing

SAID = "xiansou: sealed"  # `rag.record.damage` knows it
_TABLES = (
    "changes generations documents versions passages erased contents vectors late readings "
    "jobs job_contents batches job_batches job_cancels"
).split()
_KINDS = ("INSERT", "UPDATE", "DELETE")
_FUNCTION = f"""CREATE OR REPLACE FUNCTION xiansou_sealed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{SAID}'; END $$"""


def seal(engine: Engine) -> None:
    """After the write that is under way, if one is. Sealing again does nothing."""
    with writing(engine) as conn:
        _open(conn)
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql(_FUNCTION)
        for table in _TABLES:
            for statement in _triggers(conn, table):
                conn.exec_driver_sql(statement)


def unseal(engine: Engine) -> None:
    """It takes documents again."""
    with writing(engine) as conn:
        _open(conn)


def _triggers(conn: Connection, table: str) -> list[str]:
    if conn.dialect.name == "postgresql":
        when = " OR ".join(_KINDS)
        return [f"CREATE TRIGGER sealed BEFORE {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION xiansou_sealed()"]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    return [f"CREATE TRIGGER sealed_{table}_{kind.lower()} BEFORE {kind} ON {table} {refuse}" for kind in _KINDS]


def _open(conn: Connection) -> None:
    for table in _TABLES:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS sealed ON {table}")
            continue
        for kind in _KINDS:
            conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS sealed_{table}_{kind.lower()}")
