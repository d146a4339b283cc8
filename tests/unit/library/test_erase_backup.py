"""Erasing leaves no byte; a backup is whole; a restore does not bring the erased back."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
import threading

import pytest
from sqlalchemy import select

from rag.domain import Scope
from rag.errors import ConfigError, InputError, NotFound
from rag.library.backup import backup, restore, thin_out
from rag.library.engine import writing
from rag.library.erase import erase
from rag.library.ledger import Ledger
from rag.library.schema import job_contents, jobs, vectors
from rag.library.tokens import words
from rag.library.tombstones import Tombstone, append, of_folder

CANARY = "canaryzq7781"


def bytes_below(folder, needle: str) -> list[str]:
    return [str(f) for f in folder.rglob("*") if f.is_file() and needle.encode() in f.read_bytes()]


def search(house, text):
    shelf = house.shelves.live()
    found = shelf.mirror.search(shelf.embedder.embed_queries([text])[0], words(text), 50, Scope())
    return {p.text for p in house.ledger.passages_at(found.ids.tolist(), found.version).values()}


def test_an_erased_document_leaves_no_byte_below_the_data_dir(house, put, settings):
    put("secret", f"The name is {CANARY}.", "shared sentence", title=f"title {CANARY}", source=f"/x/{CANARY}", url=CANARY)
    put("secret", f"The name was {CANARY}.", "shared sentence")
    put("other", "shared sentence")
    with writing(house.ledger.engine) as conn:
        values = {"id": 7, "state": "queued", "document_id": "secret", "input": CANARY, "attempts": 1}
        conn.execute(jobs.insert().values(created_at=0, updated_at=0, **values))
        conn.execute(job_contents.insert().values(job_id=7, content=CANARY.encode()))
    assert search(house, CANARY)
    assert bytes_below(settings.data_dir, CANARY)
    receipt = erase(house.ledger.engine, settings.data_dir, "secret")
    assert (receipt.document_id, receipt.versions, receipt.disk_clean) == ("secret", 2, True)
    assert bytes_below(settings.data_dir, CANARY) == []
    assert search(house, CANARY) == {"shared sentence"}
    assert len(house.shelves.live().mirror) == 1
    with house.ledger.engine.connect() as conn:
        assert len(conn.execute(select(vectors)).all()) == 1  # the one that another document shares
    for read in (lambda: house.ledger.text("secret", 1), lambda: erase(house.ledger.engine, settings.data_dir, "secret")):
        with pytest.raises(NotFound):
            read()
    assert put("secret", "a new beginning").version == 3


def test_backup_while_writing_and_restore(house, put, settings, tmp_path):
    for n in range(30):
        put(f"d{n}", f"text {n}")
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            put("busy", f"busy {(n := n + 1)}")

    writer = threading.Thread(target=write)
    writer.start()
    manifest = backup(house.ledger.engine, tmp_path / "b.tar")
    stop.set()
    writer.join()
    assert manifest.documents >= 30
    highest = house.ledger.head()
    house.ledger.delete("d1")
    with pytest.raises(ConfigError, match="in use"):
        restore(tmp_path / "b.tar", settings.data_dir)
    house.close()
    restored = restore(tmp_path / "b.tar", settings.data_dir)
    ledger = Ledger.open(settings.database_url)
    assert ledger.text("d1", 1) == "text 1"
    assert ledger.head() == restored.index_version > highest
    with ledger.engine.connect() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    ledger.close()


def test_a_restore_never_resurrects_what_was_erased_since(house, put, settings, tmp_path):
    put("secret", f"The name is {CANARY}.")
    put("kept", "kept text")
    backup(house.ledger.engine, tmp_path / "old.tar")
    erase(house.ledger.engine, settings.data_dir, "secret")
    put("secret", "a new beginning")
    backup(house.ledger.engine, tmp_path / "new.tar")
    house.close()

    restored = restore(tmp_path / "old.tar", settings.data_dir)
    assert restored.erased_again == ["secret"]
    assert bytes_below(settings.data_dir, CANARY) == []
    ledger = Ledger.open(settings.database_url)
    assert [doc.id for doc in ledger.page()] == ["kept"]
    ledger.close()

    again = restore(tmp_path / "new.tar", settings.data_dir)
    assert again.erased_again == []
    ledger = Ledger.open(settings.database_url)
    assert [doc.id for doc in ledger.page()] == ["kept", "secret"]
    ledger.close()


def test_a_damaged_or_foreign_backup_is_refused_and_changes_nothing(house, put, settings, tmp_path):
    put("a", "text")
    backup(house.ledger.engine, tmp_path / "b.tar")
    with pytest.raises(InputError, match="there already"):
        backup(house.ledger.engine, tmp_path / "b.tar")
    house.close()
    good = (tmp_path / "b.tar").read_bytes()
    at = good.index(b"SQLite format 3")
    (tmp_path / "flipped.tar").write_bytes(good[: at + 5000] + bytes([good[at + 5000] ^ 1]) + good[at + 5001 :])
    (tmp_path / "short.tar").write_bytes(good[: len(good) // 2])
    (tmp_path / "text.tar").write_text("no backup")
    for name in ("flipped", "short", "text", "absent"):
        with pytest.raises(InputError):
            restore(tmp_path / f"{name}.tar", settings.data_dir)
    with sqlite3.connect(settings.data_dir / "ledger.db") as raw:
        assert raw.execute("select count(*) from documents").fetchone() == (1,)


def test_what_was_erased_stays_erased_on_another_machine(house, put, tmp_path):
    """A disk dies; the newest backup at hand is older than an erasure."""
    put("secret.md", "the zyxwvut token opens the vault")
    put("kept.md", "the door is green")
    shelf = tmp_path / "shelf"
    backup(house.ledger.engine, shelf / "monday.tar")
    erase(house.ledger.engine, house.settings.data_dir, "secret.md")
    elsewhere = tmp_path / "new machine"
    restored = restore(shelf / "monday.tar", elsewhere)
    assert restored.erased_again == ["secret.md"]
    assert b"zyxwvut" not in b"".join(file.read_bytes() for file in elsewhere.rglob("*") if file.is_file())
    # The list was lost as well: a later backup beside the older one holds it.
    (shelf / "erased.jsonl").unlink()
    backup(house.ledger.engine, shelf / "tuesday.tar")
    assert restore(shelf / "monday.tar", tmp_path / "third").erased_again == ["secret.md"]
    # And the machine that it was restored on passes it on.
    shutil.copy(shelf / "monday.tar", tmp_path / "alone.tar")
    assert restore(tmp_path / "alone.tar", elsewhere).erased_again == ["secret.md"]


def test_another_librarys_erasures_are_not_ours(house, put, tmp_path):
    put("a.md", "the door is green")
    backup(house.ledger.engine, tmp_path / "shelf" / "a.tar")
    append(tmp_path / "shelf", Tombstone("another", "a.md", 99, 0.0))
    assert restore(tmp_path / "shelf" / "a.tar", tmp_path / "new").erased_again == []


def test_a_backup_is_its_owners_alone_and_holds_the_settings(house, put, tmp_path):
    put("a.md", "the door is green")
    settings = tmp_path / "xiansou.toml"
    settings.write_text('[ingest]\nmask_key = "k"\n')
    backup(house.ledger.engine, tmp_path / "b.tar", settings=settings)
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert tar.extractfile("settings.toml").read() == settings.read_bytes()
    restore(tmp_path / "b.tar", tmp_path / "new")
    assert (tmp_path / "new" / "ledger.db").stat().st_mode & 0o777 == 0o600


def test_old_backups_go_and_their_erasures_stay(house, put, tmp_path):
    put("secret.md", "the zyxwvut token")
    for day in range(1, 6):
        backup(house.ledger.engine, tmp_path / f"xiansou-2026010{day}T000000Z.tar")
        if day == 2:
            erase(house.ledger.engine, house.settings.data_dir, "secret.md")
    (tmp_path / "mine.tar").write_bytes(b"not one of those")
    (tmp_path / "erased.jsonl").unlink()
    assert [file.name[15:16] for file in thin_out(tmp_path, 2)] == ["1", "2", "3"]
    assert sorted(file.name for file in tmp_path.glob("*.tar")) == [
        "mine.tar",
        "xiansou-20260104T000000Z.tar",
        "xiansou-20260105T000000Z.tar",
    ]
    assert [one.document_id for one in of_folder(tmp_path)] == ["secret.md"]
