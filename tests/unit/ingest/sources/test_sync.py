"""Synchronising: what changed is written, what is gone is deleted at once, and nothing is emptied by accident."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import schedule
from ingest.catalogue import Catalogue, Source, parse_every
from ingest.connectors.base import Fetched, Item
from ingest.folder import Summary
from ingest.pipeline import Pipeline
from ingest.sync import document_id, sync
from ingest.watch import follow
from rag.domain import Question
from rag.errors import Conflict, InputError, NotFound, UpstreamError, XiansouError
from rag.wiring import Application


class Shelf:
    """A source in memory: key → content; `marked`: whether listing tells what changed."""

    def __init__(self, *, marked: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.marked, self.reads = marked, 0
        self.broken: XiansouError | None = None
        self.vanished: set[str] = set()

    def items(self) -> Iterator[Item]:
        if self.broken:
            raise self.broken
        for key, content in self.files.items():
            yield Item(key, str(hash(content)) if self.marked else "")

    def read(self, item: Item, mark: str) -> Fetched | None:
        self.reads += 1
        if item.key in self.vanished:
            raise NotFound("gone")
        content = self.files[item.key]
        return None if mark == str(hash(content)) else Fetched(content, str(hash(content)), item.key)

    def close(self) -> None:
        """Nothing is open."""


SOURCE = Source("docs", "folder", "/somewhere", "default", {}, 60.0, None, None, None, None)


@pytest.fixture
def catalogue(application: Application) -> Catalogue:
    opened = Catalogue(application.ledger.engine)
    opened.add(SOURCE)
    return opened


def run(application: Application, shelf: Shelf, **told: bool) -> Summary:
    def pipeline() -> Pipeline:
        return Pipeline(application.ledger, application.views.writing, application.settings)

    return sync(
        Catalogue(application.ledger.engine).claim("docs"),
        application.ledger,
        pipeline,
        application.settings,
        connector=shelf,
        **told,
    )  # type: ignore[arg-type]


def counts(summary: Summary) -> tuple[int, int, int, int, int]:
    return summary.added, summary.updated, summary.unchanged, summary.deleted, len(summary.failed)


@pytest.mark.parametrize("marked", [True, False])
def test_a_source_is_followed(application: Application, catalogue: Catalogue, marked: bool) -> None:
    shelf = Shelf(marked=marked)
    shelf.files = {f"{n}.md": f"# Page {n}\n\nText of page {n}.".encode() for n in range(6)}
    assert counts(run(application, shelf)) == (6, 0, 0, 0, 0)
    assert application.ledger.document("docs/3.md").source == "docs:3.md"
    shelf.reads = 0
    assert counts(run(application, shelf)) == (0, 0, 6, 0, 0)
    assert shelf.reads == (0 if marked else 6)
    shelf.files["3.md"] = b"# Page 3\n\nThe lamp is purple."
    del shelf.files["4.md"]
    assert counts(run(application, shelf)) == (0, 1, 4, 1, 0)
    assert "purple" in application.answerer.retrieve(Question("purple lamp")).hits[0].passage.text
    with pytest.raises(NotFound):
        application.ledger.document("docs/4.md")
    told = catalogue.get("docs")
    assert told.result is not None
    assert (told.result["deleted"], told.error) == (1, None)
    assert told.due is not None
    assert 50 < told.due - time.time() <= 60


def test_a_document_that_was_deleted_by_hand_comes_again(application: Application, catalogue: Catalogue) -> None:
    shelf = Shelf()
    shelf.files = {"a.md": b"one", "b.md": b"two"}
    run(application, shelf)
    application.ledger.delete("docs/a.md")
    assert counts(run(application, shelf)) == (1, 0, 1, 0, 0)


def test_an_unreachable_source_deletes_nothing(application: Application, catalogue: Catalogue) -> None:
    shelf = Shelf()
    shelf.files = {"a.md": b"one", "b.md": b"two"}
    run(application, shelf)
    shelf.broken = UpstreamError("the disk is not mounted", code="unreachable")
    with pytest.raises(UpstreamError):
        run(application, shelf)
    assert application.ledger.counts()["documents"] == 2
    assert (catalogue.get("docs").error or {})["code"] == "unreachable"
    shelf.broken = None
    assert counts(run(application, shelf)) == (0, 0, 2, 0, 0), "the lease was given back"


@pytest.mark.parametrize("how", ["not listed", "listed but gone"])
def test_a_sudden_loss_deletes_nothing_unless_told(application: Application, catalogue: Catalogue, how: str) -> None:
    shelf = Shelf(marked=False)
    shelf.files = {f"{n}.md": f"page {n}".encode() for n in range(6)}
    run(application, shelf)
    if how == "not listed":
        shelf.files = dict(list(shelf.files.items())[:2])
    else:
        shelf.vanished = set(list(shelf.files)[2:])
    with pytest.raises(InputError) as refused:
        run(application, shelf)
    assert refused.value.code == "sudden_loss"
    assert application.ledger.counts()["documents"] == 6
    assert counts(run(application, shelf, force=True)) == (0, 0, 2, 4, 0)


def test_what_cannot_be_read_is_told_and_tried_again(application: Application, catalogue: Catalogue) -> None:
    shelf = Shelf()
    shelf.files = {"a.md": b"one", "bad.pdf": b"no pdf"}
    summary = run(application, shelf)
    assert counts(summary) == (1, 0, 0, 0, 1)
    assert summary.failed[0]["source"] == "bad.pdf"
    shelf.files["bad.pdf.md"] = shelf.files.pop("bad.pdf")
    assert counts(run(application, shelf)) == (1, 0, 1, 0, 0)


def test_one_synchronises_at_a_time_and_a_dead_one_is_taken_over(
    application: Application, catalogue: Catalogue, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    assert catalogue.claim_due() is not None
    assert catalogue.claim_due() is None
    with pytest.raises(Conflict):
        catalogue.claim("docs")
    monkeypatch.setattr("ingest.catalogue.now", lambda: time.time() + 130)
    assert catalogue.claim_due() is not None


def test_names_intervals_and_ids() -> None:
    assert [parse_every(text) for text in (None, "never", "15m", "6h", "1d", "10s")] == [None, None, 900, 21600, 86400, 10]
    for text in ("0m", "5s", "often", "-1h"):
        with pytest.raises(InputError):
            parse_every(text)
    assert document_id(SOURCE, "https://docs.example.com/a/b?c=1") == "docs/docs.example.com/a/b?c=1"
    long = [document_id(SOURCE, "x" * 600 + end) for end in "ab"]
    assert len(set(long)) == 2
    assert max(map(len, long)) <= 512


def test_the_worker_synchronises_what_is_due(application: Application, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nThe lamp is purple.")
    catalogue, stop = Catalogue(application.ledger.engine), threading.Event()
    catalogue.add(replace(SOURCE, id="mine", location=str(folder)))
    thread = schedule.start(application, stop)
    try:
        deadline = time.monotonic() + 20
        while catalogue.get("mine").synced_at is None and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    assert application.ledger.document("mine/a.md").passages == 1


def test_a_removed_source_leaves_its_documents_to_the_caller(application: Application, catalogue: Catalogue) -> None:
    shelf = Shelf()
    shelf.files = {"a.md": b"one"}
    run(application, shelf)
    assert catalogue.remove("docs") == ["docs/a.md"]
    assert catalogue.all() == []
    with pytest.raises(NotFound):
        catalogue.get("docs")


def test_watching_follows_each_burst_of_changes(tmp_path: Path) -> None:
    stop, runs, told = threading.Event(), list[list[str]](), list[object]()
    seen = threading.Event()

    def again() -> Summary:
        runs.append(sorted(path.name for path in tmp_path.iterdir()))
        seen.set()
        if len(runs) == 2:
            raise InputError("over half is gone")
        return Summary()

    thread = threading.Thread(target=follow, args=([tmp_path], again, told.append, stop))
    thread.start()
    time.sleep(0.5)  # until the watch stands
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text("text")
        assert seen.wait(10)
        seen.clear()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert runs[0] == ["a.md"]
    assert runs[-1] == ["a.md", "b.md", "c.md"]
    assert isinstance(told[1], InputError), "a refusal is told, and followed further"
    assert isinstance(told[-1], Summary)
