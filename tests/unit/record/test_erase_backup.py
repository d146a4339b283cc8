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
from rag.record.backup import backup, restore, thin_out
from rag.record.engine import writing
from rag.record.erase import erase
from rag.record.ledger import Ledger
from rag.record.schema import job_contents, jobs, vectors
from rag.record.tombstones import Tombstone, append, of_folder
from rag.text.tokens import words

CANARY = "canaryzq7781"


def bytes_below(folder, needle: str) -> list[str]:
    return [str(f) for f in folder.rglob("*") if f.is_file() and needle.encode() in f.read_bytes()]


def search(application, text):
    view = application.views.live()
    found = view.mirror.search(view.embedder.embed_queries([text])[0], words(text), 50, Scope())
    return {p.text for p in application.ledger.passages_at(found.ids.tolist(), found.version).values()}


def test_an_erased_document_leaves_no_byte_below_the_data_dir(application, put, settings):
    put("secret", f"The name is {CANARY}.", "shared sentence", title=f"title {CANARY}", source=f"/x/{CANARY}", url=CANARY)
    put("secret", f"The name was {CANARY}.", "shared sentence")
    put("other", "shared sentence")
    with writing(application.ledger.engine) as conn:
        values = {"id": 7, "state": "queued", "document_id": "secret", "input": CANARY, "attempts": 1}
        conn.execute(jobs.insert().values(created_at=0, updated_at=0, **values))
        conn.execute(job_contents.insert().values(job_id=7, content=CANARY.encode()))
    assert search(application, CANARY)
    assert bytes_below(settings.data_dir, CANARY)
    receipt = erase(application.ledger.engine, settings.data_dir, "secret")
    assert (receipt.document_id, receipt.versions, receipt.disk_clean) == ("secret", 2, True)
    assert bytes_below(settings.data_dir, CANARY) == []
    assert search(application, CANARY) == {"shared sentence"}
    assert len(application.views.live().mirror) == 1
    with application.ledger.engine.connect() as conn:
        assert len(conn.execute(select(vectors)).all()) == 1  # the one that another document shares
    for read in (
        lambda: application.ledger.text("secret", 1),
        lambda: erase(application.ledger.engine, settings.data_dir, "secret"),
    ):
        with pytest.raises(NotFound):
            read()
    assert put("secret", "a new beginning").version == 3


def test_backup_while_writing_and_restore(application, put, settings, tmp_path):
    for n in range(30):
        put(f"d{n}", f"text {n}")
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            put("busy", f"busy {(n := n + 1)}")

    writer = threading.Thread(target=write)
    writer.start()
    manifest = backup(application.ledger.engine, tmp_path / "b.tar")
    stop.set()
    writer.join()
    assert manifest.documents >= 30
    highest = application.ledger.head()
    application.ledger.delete("d1")
    with pytest.raises(ConfigError, match="in use"):
        restore(tmp_path / "b.tar", settings.data_dir)
    application.close()
    restored = restore(tmp_path / "b.tar", settings.data_dir)
    ledger = Ledger.open(settings.database_url)
    assert ledger.text("d1", 1) == "text 1"
    assert ledger.head() == restored.index_version > highest
    with ledger.engine.connect() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    ledger.close()


def test_a_restore_never_resurrects_what_was_erased_since(application, put, settings, tmp_path):
    put("secret", f"The name is {CANARY}.")
    put("kept", "kept text")
    backup(application.ledger.engine, tmp_path / "old.tar")
    erase(application.ledger.engine, settings.data_dir, "secret")
    put("secret", "a new beginning")
    backup(application.ledger.engine, tmp_path / "new.tar")
    application.close()

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


def test_a_damaged_or_foreign_backup_is_refused_and_changes_nothing(application, put, settings, tmp_path):
    put("a", "text")
    backup(application.ledger.engine, tmp_path / "b.tar")
    with pytest.raises(InputError, match="there already"):
        backup(application.ledger.engine, tmp_path / "b.tar")
    application.close()
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


def test_what_was_erased_stays_erased_on_another_machine(application, put, tmp_path):
    """A disk dies; the newest backup at hand is older than an erasure."""
    put("secret.md", "the zyxwvut token opens the vault")
    put("kept.md", "the door is green")
    view = tmp_path / "shelf"
    backup(application.ledger.engine, view / "monday.tar")
    erase(application.ledger.engine, application.settings.data_dir, "secret.md")
    elsewhere = tmp_path / "new machine"
    restored = restore(view / "monday.tar", elsewhere)
    assert restored.erased_again == ["secret.md"]
    assert b"zyxwvut" not in b"".join(file.read_bytes() for file in elsewhere.rglob("*") if file.is_file())
    # The list was lost as well: a later backup beside the older one holds it.
    (view / "erased.jsonl").unlink()
    backup(application.ledger.engine, view / "tuesday.tar")
    assert restore(view / "monday.tar", tmp_path / "third").erased_again == ["secret.md"]
    # And the machine that it was restored on passes it on.
    shutil.copy(view / "monday.tar", tmp_path / "alone.tar")
    assert restore(tmp_path / "alone.tar", elsewhere).erased_again == ["secret.md"]


def test_another_librarys_erasures_are_not_ours(application, put, tmp_path):
    put("a.md", "the door is green")
    backup(application.ledger.engine, tmp_path / "shelf" / "a.tar")
    append(tmp_path / "shelf", Tombstone("another", "a.md", 99, 0.0))
    assert restore(tmp_path / "shelf" / "a.tar", tmp_path / "new").erased_again == []


def test_a_backup_is_its_owners_alone_and_holds_the_settings(application, put, tmp_path):
    put("a.md", "the door is green")
    settings = tmp_path / "xiansou.toml"
    settings.write_text('[ingest]\nmask_key = "k"\n')
    backup(application.ledger.engine, tmp_path / "b.tar", settings=settings)
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert tar.extractfile("settings.toml").read() == settings.read_bytes()
    restore(tmp_path / "b.tar", tmp_path / "new")
    assert (tmp_path / "new" / "ledger.db").stat().st_mode & 0o777 == 0o600


def test_old_backups_go_and_their_erasures_stay(application, put, tmp_path):
    put("secret.md", "the zyxwvut token")
    for day in range(1, 6):
        backup(application.ledger.engine, tmp_path / f"xiansou-2026010{day}T000000Z.tar")
        if day == 2:
            erase(application.ledger.engine, application.settings.data_dir, "secret.md")
    (tmp_path / "mine.tar").write_bytes(b"not one of those")
    (tmp_path / "erased.jsonl").unlink()
    assert [file.name[15:16] for file in thin_out(tmp_path, 2)] == ["1", "2", "3"]
    assert sorted(file.name for file in tmp_path.glob("*.tar")) == [
        "mine.tar",
        "xiansou-20260104T000000Z.tar",
        "xiansou-20260105T000000Z.tar",
    ]
    assert [one.document_id for one in of_folder(tmp_path)] == ["secret.md"]


def test_a_copy_does_not_erase_from_the_backups_of_its_original(application, put, settings, tmp_path):
    put("secret.md", "the zyxwvut token")
    backups = tmp_path / "backups"
    backup(application.ledger.engine, backups / "one.tar")
    copy = tmp_path / "copy"
    shutil.copytree(settings.data_dir, copy)
    tried = Ledger.open(f"sqlite:///{copy}/ledger.db")
    erase(tried.engine, copy, "secret.md")
    assert of_folder(backups) == []  # the original never erased it: its backup must bring it back
    assert [one.document_id for one in of_folder(copy)] == ["secret.md"]
    backup(tried.engine, tmp_path / "of-copy" / "one.tar")
    tried.close()
    assert restore(backups / "one.tar", tmp_path / "new").erased_again == []


def test_a_moved_library_goes_on_erasing_from_its_backups(application, put, settings, tmp_path):
    put("secret.md", "the zyxwvut token")
    backup(application.ledger.engine, tmp_path / "backups" / "one.tar")
    moved = tmp_path / "moved"
    shutil.copytree(settings.data_dir, moved)
    (settings.data_dir / "ledger.db").unlink()
    ledger = Ledger.open(f"sqlite:///{moved}/ledger.db")
    erase(ledger.engine, moved, "secret.md")
    ledger.close()
    assert [one.document_id for one in of_folder(tmp_path / "backups")] == ["secret.md"]
