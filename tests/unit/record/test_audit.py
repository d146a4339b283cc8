"""The audit's chain: whatever is done to its rows is found, by any number of writers it stays whole, and backups keep it."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from rag.record import audit
from rag.record.audit import Entry, Trail, record, verify
from rag.record.backup import backup, restore
from rag.record.engine import open_engine

ROWS = 40


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'data' / 'ledger.db'}")
    record(made, *(Entry(f"key:{n % 3}", "ask", f"ans_{n}", {"status": 200, "n": n}) for n in range(ROWS)))
    return made


def test_an_untouched_chain_is_whole(engine: Engine) -> None:
    verdict = verify(engine)
    assert (verdict.ok, verdict.rows) == (True, ROWS)
    record(engine, Entry("local", "delete_document", "a.md"))
    assert verify(engine, verdict.head).ok  # an earlier head is still part of it
    assert not verify(engine, "7:" + "0" * 64).ok


def change(rng: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """Statements that do one thing to the rows."""
    row, other = rng.sample(range(1, ROWS + 1), 2)
    kind = rng.choice(["edit", "delete", "insert", "swap", "truncate", "rehash"])
    if kind == "edit":
        column = rng.choice(["at", "who", "action", "target", "detail", "previous", "hash"])
        value = {"at": 5.0, "previous": b"x" * 32, "hash": b"x" * 32}.get(column, "other")
        return [(f"UPDATE audit SET {column} = :v WHERE seq = :row", {"v": value, "row": row})]
    if kind == "delete":
        return [("DELETE FROM audit WHERE seq = :row", {"row": row})]
    if kind == "insert":
        copied = "SELECT :seq, at, who, action, target, detail, previous, hash FROM audit WHERE seq = :row"
        return [(f"INSERT INTO audit {copied}", {"seq": ROWS + rng.randint(1, 3), "row": row})]
    if kind == "swap":
        moves = ((row, -1), (other, row), (-1, other))
        return [("UPDATE audit SET seq = :to WHERE seq = :of", {"of": of, "to": to}) for of, to in moves]
    if kind == "truncate":
        return [("DELETE FROM audit WHERE seq > :row", {"row": rng.randint(0, ROWS - 1)})]
    # Cleverer: the row is deleted, and those after it move up.
    return [
        ("DELETE FROM audit WHERE seq = :row", {"row": row}),
        ("UPDATE audit SET seq = -seq WHERE seq > :row", {"row": row}),
        ("UPDATE audit SET seq = -seq - 1 WHERE seq < 0", {}),
    ]


def test_whatever_is_done_to_the_rows_is_found(engine: Engine) -> None:
    rng, missed = random.Random(7), []
    for n in range(300):
        statements = change(rng)
        with engine.connect() as conn:
            for statement, values in statements:
                conn.execute(text(statement), values)
            verdict = _verify_inside(conn)
            conn.rollback()
        if verdict.ok:
            missed.append((n, statements))
    assert missed == []
    assert verify(engine).ok


def _verify_inside(conn: Any) -> audit.Verdict:
    """`verify` of what this connection sees and nobody else."""

    class Here:
        def connect(self) -> Here:
            return self

        def __enter__(self) -> Any:
            return conn

        def __exit__(self, *_: object) -> None: ...

    return verify(Here())  # type: ignore[arg-type]


def test_the_fault_is_named_with_its_row(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE audit SET who = 'nobody' WHERE seq = 17"))
    verdict = verify(engine)
    assert (verdict.ok, verdict.fault, verdict.reason) == (False, 17, "it was changed")


def test_rows_of_another_ledger_do_not_pass(engine: Engine, tmp_path: Path) -> None:
    other = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with engine.connect() as conn, other.begin() as there:
        for row in conn.execute(text("SELECT * FROM audit")).mappings():
            names = ", ".join(row)
            there.execute(text(f"INSERT INTO audit ({names}) VALUES ({', '.join(f':{name}' for name in row)})"), dict(row))
    assert verify(other).fault == 1


def test_many_writers_make_one_chain(engine: Engine) -> None:
    trails = [Trail(create_engine(engine.url)) for _ in range(2)]

    def write(n: int) -> None:
        for _ in range(50):
            trails[n % 2].later(Entry("key:a", "ask"))
        for _ in range(5):
            record(engine, Entry("key:b", "put_document"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for trail in trails:
        trail.close()
    verdict = verify(engine)
    assert (verdict.ok, verdict.rows) == (True, ROWS + 4 * 55)


@pytest.mark.alone
def test_a_question_waits_for_the_audit_for_microseconds(engine: Engine) -> None:
    trail, took = Trail(engine), []
    for _ in range(500):
        began = time.perf_counter()
        trail.later(Entry("key:a", "ask", "ans_1", {"status": 200}))
        took.append(time.perf_counter() - began)
    trail.close()
    assert sorted(took)[250] < 0.001
    assert verify(engine).rows == ROWS + 500


def test_the_chain_survives_backup_and_restore(engine: Engine, tmp_path: Path) -> None:
    head = verify(engine).head
    backup(engine, tmp_path / "copy.tar")
    record(engine, Entry("key:a", "ask"))
    engine.dispose()
    restore(tmp_path / "copy.tar", tmp_path / "data")
    again = open_engine(f"sqlite:///{tmp_path / 'data' / 'ledger.db'}")
    assert verify(again, head).ok
    record(again, Entry("command line: op", "restore"))
    assert verify(again, head).rows == ROWS + 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [({}, 3), ({"who": "key:1"}, 3), ({"action": "nothing"}, 0), ({"since": time.time() + 86_400}, 0)],
)
def test_entries_are_listed_newest_first(engine: Engine, asked: dict[str, Any], found: int) -> None:
    told = audit.entries(engine, limit=3, **asked)
    assert len(told) == found
    assert [seq for seq, _ in told] == sorted((seq for seq, _ in told), reverse=True)
