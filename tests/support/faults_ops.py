"""What the fault harness makes a process do: phases of operations on a library, each told to a journal outside of it.

An operation is noted as `sent` before and `acked` after it, each line by one write and one fsync, so that the journal is
what a client knows that watched the process die.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sqlalchemy import func, select

from ingest.jobs import Jobs
from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Question, WriteResult
from rag.fakes import HashEmbedder
from rag.index.engines.pgvector import PgVectors
from rag.index.mirror import Mirror
from rag.index.snapshot import Snapshots
from rag.index.vectors import LiveIndex
from rag.record.erase import erase
from rag.record.schema import passages
from rag.settings import Settings, load
from rag.wiring import Application, open_application

BACKUP = "before.tar"
_LETTERS = str.maketrans("0123456789", "abcdefghij")


def embedder(name: str) -> HashEmbedder:
    """`hash-64` is 64 numbers a vector."""
    made = HashEmbedder(int(name.removeprefix("hash-")))
    made.model_id = name
    return made


def settings_of(folder: Path, model: str = "hash-64") -> Settings:
    told: dict[str, object] = {"data_dir": str(folder / "data"), "embedding.model": model, "ingest.chunk_tokens": 64}
    if (url := folder / "database").exists():  # the URL of a PostgreSQL, which then is the index too
        told |= {"database.url": url.read_text(), "index.engine": "pgvector"}
    return load(Path(os.devnull), env={}, overrides=told | {"answer.max_wrong_rate": 0.99})


def sentinel(key: str) -> str:
    """A word that stands in every passage of the document `key` and nowhere else."""
    return f"zq{key.translate(_LETTERS)}q"


def mark(key: str, version: int, part: int, parts: int) -> str:
    """A word that names one passage of one version: `key.v3.p1of4`."""
    return f"{key}.v{version}.p{part}of{parts}"


def document(key: str, version: int) -> DocumentInput:
    """One to four sections, each one passage."""
    parts = 1 + (version + len(key)) % 4
    filler = [" ".join(f"w{version}x{part}x{n}" for n in range(18)) for part in range(parts)]
    sections = [f"## Part {p}\n\n{sentinel(key)} {mark(key, version, p, parts)} {filler[p]}" for p in range(parts)]
    text = f"# Title {sentinel(key)}\n\n" + "\n\n".join(sections)
    return DocumentInput(key, text.encode(), "text/markdown", filename=f"{key}.md")


class Journal:
    """Appends; what is in it was seen by the outside."""

    def __init__(self, path: Path):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._next = len(read_journal(path))

    def tell(self, **line: Any) -> int:
        number, self._next = self._next, self._next + 1
        os.write(self._file, orjson.dumps({"n": number, **line}) + b"\n")
        os.fsync(self._file)
        return number

    @contextmanager
    def op(self, kind: str, key: str = "", version: int = 0) -> Iterator[dict[str, Any]]:
        """Tells `sent`; then `acked` with what was put into the yielded dict, or `failed`."""
        number, told = self.tell(state="sent", kind=kind, id=key, version=version), dict[str, Any]()
        try:
            yield told
        except Exception as exc:  # whatever it is, it is no acknowledgement
            self.tell(state="failed", op=number, error=f"{type(exc).__name__}: {exc}")
        else:
            self.tell(state="acked", op=number, **told)


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Whole lines; one that was cut by the death of its writer was told to nobody."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [orjson.loads(line) for line in lines]


@dataclass
class Env:
    """A process's view: `folder` holds `data/` (the library), `journal.jsonl` and backups."""

    folder: Path
    journal: Journal
    application: Application | None = None
    _more: list[Application] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path) -> Env:
        return cls(folder, Journal(folder / "journal.jsonl"))

    def open(self, model: str = "hash-64") -> Application:
        self.application = open_application(settings_of(self.folder, model), load=embedder, rebuilding=True)
        self._more.append(self.application)
        return self.application

    @property
    def opened(self) -> Application:
        assert self.application is not None
        return self.application

    def close(self) -> None:
        for application in self._more:
            application.close()

    # -- operations ----------------------------------------------------------------------------------------------------

    def put(self, key: str, version: int) -> None:
        with self.journal.op("put", key, version) as told:
            pipeline = Pipeline(self.opened.ledger, self.opened.views.writing, self.opened.settings)
            told.update(self._written(pipeline.put(document(key, version))))

    def bulk(self, pairs: Sequence[tuple[str, int]]) -> None:
        sent = {key: self.journal.tell(state="sent", kind="put", id=key, version=version) for key, version in pairs}
        pipeline = Pipeline(self.opened.ledger, self.opened.views.writing, self.opened.settings)
        for outcome in pipeline.put_many([document(key, version) for key, version in pairs]):
            if outcome.result is None:
                self.journal.tell(state="failed", op=sent[outcome.input.id], error=str(outcome.error))
            else:
                self.journal.tell(state="acked", op=sent[outcome.input.id], **self._written(outcome.result))

    def job(self, key: str, version: int) -> int:
        """As API and worker do: submitted, claimed, written in the job's order, finished."""
        job = self.submit(key, version)
        self.drain()
        return job

    def submit(self, key: str, version: int) -> int:
        number = self.journal.tell(state="sent", kind="job", id=key, version=version)
        job = Jobs(self.opened.ledger.engine).submit(document(key, version))
        self.journal.tell(state="submitted", op=number, job=job)
        return job

    def drain(self) -> None:
        """Every job that waits; one whose lease a dead process holds is due at once, leases here being short."""
        jobs = Jobs(self.opened.ledger.engine)
        pipeline = Pipeline(self.opened.ledger, self.opened.views.writing, self.opened.settings)
        while (claimed := jobs.claim("driver", lease_s=0.0)) is not None:
            job, doc = claimed
            result = pipeline.put(doc, order=job)
            if jobs.finish(job, "driver", result):
                self.journal.tell(state="done", job=job, **self._written(result))

    def redeliver(self, job: int, key: str, version: int) -> None:
        """A worker that was thought dead ends what it had begun long ago. Must change nothing."""
        pipeline = Pipeline(self.opened.ledger, self.opened.views.writing, self.opened.settings)
        pipeline.put(document(key, version), order=job)

    def ask(self, key: str) -> None:
        """Any question must be answered, whatever the disk does."""
        try:
            hits = self.opened.answerer.retrieve(Question(sentinel(key))).hits
        except Exception as exc:
            self.journal.tell(state="wrong", what=f"a question failed: {exc!r}")
        else:
            if not hits:
                self.journal.tell(state="wrong", what=f"{key} is not found")

    def compare_mirror(self) -> None:
        """This process's mirror, which ran all the time, against one made anew."""
        view = self.opened.views.live()
        anew = Mirror(view.mirror.engine, view.generation, view.embedder.dim, LiveIndex)
        anew.sync()
        if content(view.mirror) != content(anew):
            self.journal.tell(state="wrong", what="the running mirror differs from a new one")

    def delete(self, key: str) -> None:
        with self.journal.op("delete", key) as told:
            told.update(self._written(self.opened.ledger.delete(key)))

    def erase(self, key: str) -> None:
        with self.journal.op("erase", key) as told:
            receipt = erase(self.opened.ledger.engine, self.opened.settings.data_dir, key)
            told.update(index_version=receipt.index_version, clean=receipt.disk_clean)

    def snapshot(self, mirror: Mirror | None = None) -> None:
        with self.journal.op("snapshot") as told:
            mirror = mirror or self.opened.views.live().mirror
            mirror.sync()
            told.update(saved=mirror.snapshot())

    def trained_mirror(self) -> Mirror:
        """Of the live generation, with an index whose base is trained at once: its snapshots have a base."""
        view, engine = self.opened.views.writing(), self.opened.ledger.engine

        def index(dim: int) -> LiveIndex:
            return LiveIndex(dim, exact_below=64, background=False)

        snapshots = Snapshots(self.opened.settings.data_dir / "snapshots", engine)
        return Mirror(engine, view.generation, view.embedder.dim, index, snapshots)

    def _written(self, result: WriteResult) -> dict[str, Any]:
        """What a client learns, and which passage ids carry it."""
        with self.opened.ledger.engine.connect() as conn:
            mine = select(func.min(passages.c.id), func.max(passages.c.id)).where(
                passages.c.document_id == result.document_id, passages.c.version == result.version
            )
            low, high = conn.execute(mine).one()
        return {
            "written": result.version,
            "outcome": result.state,
            "index_version": result.index_version,
            "passages": None if result.state == "deleted" else [low, high],
        }


def content(mirror: Mirror) -> dict[int, bytes]:
    """Vector of each passage id that a mirror holds."""
    if isinstance(mirror.index, PgVectors):
        ids = np.array(sorted(mirror._attributes), np.int64)
        assert len(mirror._lexical) == len(ids) == len(mirror.index)
        return {int(key): row.tobytes() for key, row in zip(ids, mirror.index.vectors(ids), strict=True)}
    state = mirror._index.state()
    rows = {int(key): row.tobytes() for key, row in zip(state.ids, state.rows, strict=True) if key >= 0}
    assert set(rows) == set(mirror._attributes) and len(mirror._lexical) == len(rows)
    return rows
