"""Ingest under measurement: first run beside the bare model, nightly runs beside LlamaIndex, a worker's memory."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil

from eval.bench.encode import BATCH, PlainEncoder
from eval.bench.folder import application_over, fill, ingested, section
from eval.bench.nightly import Recalling, nightly
from ingest import sources
from ingest.jobs import Jobs
from ingest.pipeline import Pipeline
from ingest.read import read_document
from rag.domain import Chunk, DocumentInput
from rag.ports import Embedder
from rag.record.ledger import Ledger
from rag.record.rows import PreparedDocument
from rag.settings import ENV_PREFIX, Settings, load
from rag.wiring import Application, embedder_loader

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Documents of the first run, sections of each; documents of the nightly folder; files of the unchanged folder; jobs of
    the worker; texts of the embedder's race; rounds of what is compared."""

    documents: int = 20
    sections: int = 10
    nightly: int = 50
    files: int = 1000
    jobs: int = 1000
    texts: int = 96
    rounds: int = 3


FULL = Sizes(documents=100, sections=10, nightly=100, files=5000, jobs=1000, texts=480, rounds=5)


def measure(sizes: Sizes, say: Say, settings: Settings) -> dict[str, Any]:
    """All figures of one run on this machine; seconds, and passages a second."""
    model = embedder_loader(settings)(settings.embedding.model)
    with tempfile.TemporaryDirectory(prefix="xiansou-bench-") as name:
        folder = Path(name)
        say("first run and the bare model")
        first = _first(sizes, folder / "first", model)
        say("the embedder and SentenceTransformer")
        embedder = _embedders(sizes, model, settings)
        say("nightly run and LlamaIndex")
        nights = nightly(folder / "nightly", model, settings, sizes.nightly, sizes.rounds, say)
        say("an unchanged folder")
        unchanged = _unchanged(sizes, folder / "unchanged", model)
        say("a worker's memory")
        memory = _worker_memory(sizes, folder / "worker", settings)
    return {"first_ingest": first, "embedder": embedder, "nightly": nights, "unchanged": unchanged, "worker_memory": memory}


def _first(sizes: Sizes, folder: Path, model: Embedder) -> dict[str, Any]:
    """Each round: the folder into an empty library, and its passages through the model alone, in turns."""
    fill(folder / "docs", sizes.documents, sizes.sections)
    texts = _passages(folder / "docs", model, folder / "read")
    ours, bare = list[float](), list[float]()
    for turn in range(sizes.rounds):
        with application_over(folder / f"data{turn}", model) as application:
            Pipeline(application.ledger, application.views.writing, application.settings).put(
                DocumentInput("warm", b"A first text.")
            )
            for who in ("ours", "bare") if turn % 2 else ("bare", "ours"):
                began = time.perf_counter()
                if who == "ours":
                    passages = ingested(folder / "docs", application).passages
                    ours.append(passages / (time.perf_counter() - began))
                else:
                    model.embed_passages(texts)
                    bare.append(len(texts) / (time.perf_counter() - began))
    ratio = median(a / b for a, b in zip(ours, bare, strict=True))
    return {
        "passages": len(texts),
        "tokens_a_passage": round(float(np.mean(model.count_tokens(texts))), 1),
        "passages_per_s": round(median(ours), 2),
        "model_alone_per_s": round(median(bare), 2),
        "ratio": round(ratio, 3),
        "target": 0.95,
    }


def _passages(docs: Path, model: Embedder, data: Path) -> list[str]:
    with application_over(data, model) as application:
        view = application.views.writing()
        return [
            chunk.search_text
            for file in sorted(docs.iterdir())
            for chunk in read_document(DocumentInput(file.name, file.read_bytes()), view, application.settings).chunks
        ]


def _embedders(sizes: Sizes, model: Embedder, settings: Settings) -> dict[str, Any]:
    """Texts of mixed lengths, as documents give them; in turns."""
    rng = random.Random(5)
    texts = [section(number, rng.choice((2, 6, 12, 14, 16))) for number in range(sizes.texts)]
    plain = PlainEncoder.of(settings)
    plain.encode(texts[:BATCH])
    model.embed_passages(texts[:8])
    ours, theirs = list[float](), list[float]()
    for turn in range(sizes.rounds):
        for who in ("ours", "theirs") if turn % 2 else ("theirs", "ours"):
            began = time.perf_counter()
            (model.embed_passages if who == "ours" else plain.encode)(texts)
            (ours if who == "ours" else theirs).append(len(texts) / (time.perf_counter() - began))
    return {
        "texts": len(texts),
        "tokens_a_text": round(float(np.mean(model.count_tokens(texts))), 1),
        "passages_per_s": round(median(ours), 2),
        "sentence_transformer_per_s": round(median(theirs), 2),
        "ratio": round(median(a / b for a, b in zip(ours, theirs, strict=True)), 2),
        "target": 1.3,
    }


def _unchanged(sizes: Sizes, folder: Path, model: Embedder) -> dict[str, Any]:
    """A folder that is in the library already, read again: every byte is compared, not size and time."""
    docs = folder / "docs"
    fill(docs, sizes.files, 1)
    known = Recalling(model)
    with application_over(folder / "data", known) as application:
        _store(docs, application)
        before, took = known.calls, list[float]()
        for _ in range(sizes.rounds):
            began = time.perf_counter()
            summary = ingested(docs, application)
            took.append(time.perf_counter() - began)
            assert summary.unchanged == sizes.files, summary
        return {
            "files": sizes.files,
            "files_per_s": round(sizes.files / median(took)),
            "target": 1000,
            "embedded": known.calls - before,
            "embedded_target": 0,
        }


def _store(docs: Path, application: Application) -> None:
    """Writes the documents of a folder as ingest does, but without parsing them: only what comes after is measured."""
    for file in sources.name(sources.find([docs]), application.ledger):
        doc = sources.read(file, application.settings.ingest.max_bytes)
        text = doc.content.decode()
        vectors = application.embedder.embed_passages([text])
        application.ledger.put(
            PreparedDocument(doc, file.id, text, [Chunk(0, len(text), text)], vectors), application.generation
        )


def _worker_memory(sizes: Sizes, folder: Path, settings: Settings) -> dict[str, Any]:
    """A worker process alone with the queue: its peak until document 100 and until the last one, its parsers' beside it."""
    loaded = load(env={}, overrides={"data_dir": str(folder)})
    ledger = Ledger.open(loaded.database_url)
    jobs = Jobs(ledger.engine)
    ids = [jobs.submit(DocumentInput(f"{n}.md", f"# Note {n}\n\n{section(n, 3)}".encode())) for n in range(sizes.jobs)]
    paths = {"DATA_DIR": folder, "EMBEDDING__FOLDER": settings.model_folder, "LOG__LEVEL": "error"}
    environment = os.environ | {f"{ENV_PREFIX}{name}": str(value) for name, value in paths.items()}
    worker = subprocess.Popen([sys.executable, "-m", "xiansou", "worker", "--config", os.devnull], env=environment)
    peaks, own, early = [0], psutil.Process(worker.pid), 0
    try:
        while (left := jobs.unfinished()) and worker.poll() is None:
            peaks.append(own.memory_info().rss)
            if not early and sizes.jobs - left >= 100:
                early = max(peaks)
            time.sleep(0.05)
        children = max((child.memory_info().rss for child in own.children(recursive=True)), default=0)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
        dead = sum(jobs.get(job_id).state != "live" for job_id in ids)
        ledger.close()
    return {
        "documents": sizes.jobs,
        "peak_mb_at_100": round(early / 1e6, 1),
        "peak_mb_at_end": round(max(peaks) / 1e6, 1),
        "growth": round(max(peaks) / early - 1, 4) if early else None,
        "target": 0.10,
        "parser_mb": round(children / 1e6, 1),
        "not_live": dead,
    }
