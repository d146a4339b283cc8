"""What a library of n passages takes: memory of a process, disk, time of a build and of a start, of a search.

Every step runs in a process of its own, so that its memory is its own. Processor time is told beside the clock: machines are
shared. Synthetic vectors and words, as `xiansou bench index` has them; a real ledger holds token bits and texts besides.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.data import clustered
from eval.bench.index import Say
from eval.bench.record import BULK, Texts, _application
from rag.domain import Scope
from rag.errors import UpstreamError

_QUESTIONS = 200
_WORDS = 6  # of a question
_CANDIDATES = 50  # from each side, as `retrieval.candidates` has it


def measure(n: int, say: Say, library: Path | None = None) -> dict[str, Any]:
    """One point of the curves. `library`: a data_dir that `fill` has made, which is kept."""
    kept = nullcontext(library) if library is not None else tempfile.TemporaryDirectory(prefix="xiansou-bench-")
    with kept as folder:
        place = Path(str(folder))
        if not (place / "ledger.db").exists():
            say(f"{n:,}: filling the library")
            _apart("fill", place, n)
        shutil.rmtree(place / "snapshots", ignore_errors=True)
        say(f"{n:,}: a start from the ledger, and a snapshot")
        built = _apart("build", place, n)
        say(f"{n:,}: a start from the snapshot, and searches")
        started = _apart("start", place, n)
        return {"passages": n, "engine": "faiss"} | built | started


def fill(folder: Path, n: int) -> dict[str, Any]:
    """A library of n passages in a data_dir."""
    texts, rows = Texts(), clustered(n, 0, 0).rows
    with _application(folder) as application:
        for at in range(0, n, BULK):
            application.ledger.put(texts.document(f"bulk{at}", rows[at : at + BULK]), application.generation)
    return {}


def build(folder: Path, n: int) -> dict[str, Any]:
    """A start from the ledger alone, training included, and a snapshot."""
    with _application(folder) as application:
        clock, cpu = time.perf_counter(), time.process_time()
        mirror = application.views.live().mirror
        ready = time.perf_counter() - clock, time.process_time() - cpu
        mirror.settle()
        if mirror._saving is not None:  # the one that such a build begins by itself
            mirror._saving.join()
        trained = time.process_time() - cpu
        mirror.snapshot()
        figures = {"ledger_start_s": round(ready[0], 2), "build_cpu_s": round(trained, 2), "build_peak_mb": _memory("VmHWM")}
    place = max((folder / "snapshots").glob("[0-9]*-*"), key=lambda one: one.stat().st_mtime)
    return figures | {"ledger_mb": _mb(folder / "ledger.db"), "snapshot_mb": sum(map(_mb, place.rglob("*")))}


def start(folder: Path, n: int) -> dict[str, Any]:
    """A start from the snapshot, and searches: every question with its own vector and words."""
    questions = clustered(0, 0, _QUESTIONS).queries
    texts = Texts()
    queries = [texts._rng.choice(texts._words, _WORDS, replace=False, p=texts._weights).tolist() for _ in questions]
    with _application(folder) as application:
        before = _memory("VmRSS")
        clock, cpu = time.perf_counter(), time.process_time()
        mirror = application.views.live().mirror
        figures = {"snapshot_start_s": round(time.perf_counter() - clock, 2), "snapshot_start_cpu_s": _since(cpu)}
        took, cpu = [], time.process_time()
        for vector, words in zip(questions, queries, strict=True):
            clock = time.perf_counter()
            mirror.search(vector, words, _CANDIDATES, Scope())
            took.append((time.perf_counter() - clock) * 1000)
        p50, p99 = np.percentile(took, [50, 99]).round(2).tolist()
        spent = (time.process_time() - cpu) * 1000 / len(took)
        memory = {"memory_mb": _memory("RssAnon"), "mapped_mb": _memory("RssFile"), "empty_mb": before}
        return figures | {"search_p50_ms": p50, "search_p99_ms": p99, "search_cpu_ms": round(spent, 2)} | memory


def _since(cpu: float) -> float:
    return round(time.process_time() - cpu, 2)


def _memory(what: str) -> int:
    """MB, of this process; 0 where the system does not tell (it is Linux that does)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{what}:")), 0)


def _mb(file: Path) -> int:
    return round(file.stat().st_size / 1e6) if file.is_file() else 0


def _apart(step: str, folder: Path, n: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "eval.bench.capacity", step, str(folder), str(n)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UpstreamError(f"`{step}` with {n:,} passages ended with {done.returncode}: {done.stderr[-400:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    chosen = {"fill": fill, "build": build, "start": start}[sys.argv[1]]
    print(json.dumps(chosen(Path(sys.argv[2]), int(sys.argv[3]))))
