"""What a library of so many passages and so many questions a second needs, reckoned from measured curves.

Between two measured sizes the curves are straight; beyond the largest they go on as between the last two, and what is reckoned
so says so. Prices are yours to give: the defaults are of the order that clouds ask, and no offer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rag.errors import InputError


@dataclass(frozen=True, slots=True)
class Point:
    """Measured by `xiansou bench capacity`: MB, seconds and milliseconds of processor time."""

    passages: int
    memory_mb: float  # of an API process, without what is mapped
    mapped_mb: float  # files that it maps, shared by the processes of a machine
    peak_mb: float  # of a start from the ledger alone
    ledger_mb: float  # synthetic: without token bits, long texts, former versions
    snapshot_mb: float
    build_s: float  # from the ledger alone, the index's training and the snapshot's words included
    start_s: float  # from a snapshot
    search_ms: float
    server_mb: float = 0.0  # the table of vectors with its graphs, in the database
    server_ms: float = 0.0  # of the database, a search


FAISS = (
    Point(10_000, 127, 46, 287, 35, 18, 2.6, 0.11, 5.07),
    Point(100_000, 346, 54, 1023, 344, 199, 38, 0.93, 5.52),
    # Memory and snapshot with 180 MB for the trained index, ten times that of 100,000; the search goes on from there, too.
    Point(1_000_000, 2450, 54, 6541, 3441, 2044, 379, 11.6, 10.0),
)
"""Of `index.engine = "faiss"`; see docs/capacity.md for the day, the versions and the commands."""

PGVECTOR = (
    Point(10_000, 105, 57, 180, 39, 4, 0.7, 0.23, 3.3, 30, 4.0),
    Point(50_000, 106, 58, 261, 158, 17, 2.8, 0.25, 3.8, 152, 6.8),
    # Computed: straight on, but searches: the words' part as with FAISS, the graph's with the logarithm.
    Point(1_000_000, 139, 82, 2185, 2990, 330, 52, 0.73, 8.3, 3040, 8.7),
)
"""Of `index.engine = "pgvector"`, on a PostgreSQL with its default settings; docs/capacity.md."""

CURVES = {"faiss": FAISS, "pgvector": PGVECTOR}
MEASURED = {"faiss": 1_000_000, "pgvector": 50_000}  # up to which size

REAL_KB = 9.3  # of a passage in a ledger of real help pages, with token bits and texts; 640 passages of 62 documents
QUESTION_MS = 14.0  # of an extractive answer in a small library (docs/decisions/0088-one-blas-thread.md)
EMBED_PER_CORE = 30.0  # passages of 240 tokens a second (docs/decisions/0002-default-embedding-model.md)
BUSY = 0.6  # share of a core that is planned for: beyond it those that wait grow quickly
MODEL_GB = 0.6  # of a process with a small library: the embedding model and the program (docs/deployment.md)
SYSTEM_GB = 2.0  # of a machine, for the system, the supervisor and Valkey
WORKER_GB = 1.0  # of an ingest worker
WORKER_CORES = 1  # that are left to it
HOURS = 730.0  # of a month
_SUFFIX = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Prices:
    """Of an hour of a core and of a GB of memory, of a month of a GB of disk."""

    core: float = 0.03
    memory: float = 0.004
    disk: float = 0.10


@dataclass(frozen=True, slots=True)
class Machine:
    """The most that one machine may have; smaller ones are planned where they do. Memory is exceeded only by what one process
    needs."""

    cores: int = 16
    memory_gb: float = 64.0


def number(text: str) -> int:
    """`20M`, `1.5k`, `3,000` → 20000000, 1500, 3000. Raises InputError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmb]?)", text.strip().lower().replace(",", "").replace("_", ""))
    count = round(float(match[1]) * _SUFFIX[match[2]]) if match else 0
    if not 1 <= count <= 10**12:
        raise InputError(f"{text!r} is no number of passages.", field="--passages", fix="Example: 300k, 20M.")
    return count


def at(passages: int, of: Callable[[Point], float], points: tuple[Point, ...] = FAISS) -> float:
    """The curve's value; never below 0."""
    before, after = points[0], points[1]
    for one, other in pairwise(points):
        before, after = one, other
        if passages <= other.passages:
            break
    slope = (of(after) - of(before)) / (after.passages - before.passages)
    return max(0.0, of(before) + slope * (passages - before.passages))


def plan(
    passages: int, qps: float, machine: Machine | None = None, prices: Prices | None = None, engine: str = "faiss"
) -> dict[str, Any]:
    """Machines, memory, disk, time and costs by stage, each with its reason. Raises InputError."""
    if not 0 < qps <= 1e6:
        raise InputError(f"{qps:g} questions a second.", field="--qps", fix="Example: 50.")
    if engine not in CURVES:
        raise InputError(f"there are no curves of {engine!r}.", field="--engine", fix=f"One of {', '.join(CURVES)}.")
    machine, prices, points = machine or Machine(), prices or Prices(), CURVES[engine]
    serving = _serving(passages, qps, machine, points)
    stages = [_ingest(passages, prices), _store(passages, serving, prices, points)]
    if engine == "pgvector":
        stages.append(_database(passages, qps, prices))
    stages += [_start(passages, serving, points), _serve(serving, prices)]
    largest = MEASURED[engine]
    return {
        "passages": passages,
        "qps": qps,
        "engine": engine,
        "measured_up_to": largest,
        "computed": passages > largest,
        "machines": serving["machines"],
        "per_machine": {"cores": serving["cores"], "memory_gb": serving["machine_gb"], "processes": serving["per_machine"]},
        "stages": stages,
        "cost_a_month": round(sum(stage["cost_a_month"] for stage in stages)),
        "cost_once": round(sum(stage["cost_once"] for stage in stages), 2),
        "settings": _settings(serving),
        "advice": _advice(passages, serving, machine),
    }


def _serving(passages: int, qps: float, most: Machine, points: tuple[Point, ...]) -> dict[str, Any]:
    question = QUESTION_MS + max(0.0, at(passages, lambda one: one.search_ms, points) - points[0].search_ms)
    processes = max(1, math.ceil(qps * question / 1000 / BUSY))
    each = process_gb(passages, points)
    shared = SYSTEM_GB + WORKER_GB + at(passages, lambda one: one.mapped_mb, points) / 1000
    least = shared + max(each, at(passages, lambda one: one.peak_mb, points) / 1000)
    largest = max(most.memory_gb, _power(least))
    by_cores, by_memory = max(1, most.cores - WORKER_CORES), max(1, int((largest - shared) / max(each, 1e-9)))
    machines = math.ceil(processes / min(by_cores, by_memory))
    each_machine = math.ceil(processes / machines)
    return {
        "points": points,
        "question_ms": question,
        "processes": processes,
        "process_gb": each,
        "least_gb": least,
        "machine_gb": min(largest, _power(max(least, shared + each_machine * each))),
        "per_machine": each_machine,
        "machines": machines,
        "cores": min(most.cores, int(_power(each_machine + WORKER_CORES))),
        "by": "memory" if by_memory < min(by_cores, processes) else "processor",
    }


def process_gb(passages: int, points: tuple[Point, ...] = FAISS) -> float:
    """Of an API process that answers from so many passages, without what is mapped."""
    return MODEL_GB + max(0.0, at(passages, lambda one: one.memory_mb, points) - points[0].memory_mb) / 1000


def _power(least: float) -> float:
    """Machines come in powers of two."""
    return float(2 ** max(1, math.ceil(math.log2(least))))


def _ingest(passages: int, prices: Prices) -> dict[str, Any]:
    hours = passages / EMBED_PER_CORE / 3600
    return _stage(
        "ingest",
        {"core_hours": round(hours, 1)},
        f"every passage is embedded once: {EMBED_PER_CORE:.0f} of 240 tokens a second and core; workers share it, edits embed "
        "their own sections only",
        once=hours * prices.core,
    )


def _store(passages: int, serving: dict[str, Any], prices: Prices, points: tuple[Point, ...]) -> dict[str, Any]:
    ledger, snapshot = passages * REAL_KB / 1e6, at(passages, lambda one: one.snapshot_mb, points) / 1000
    vectors = at(passages, lambda one: one.server_mb, points) / 1000
    disk = 2 * (ledger + vectors) + 3 * snapshot * serving["machines"]
    return _stage(
        "store",
        {"ledger_gb": round(ledger, 2), "snapshot_gb": round(snapshot, 2), "disk_gb": round(disk, 1)},
        f"{REAL_KB} KB a passage in the ledger{', and its vectors with their graphs' if vectors else ''}, twice for a re-index "
        "(the next generation beside the live one); two snapshots are kept on each machine and a third is written",
        month=disk * prices.disk,
    )


def _database(passages: int, qps: float, prices: Prices) -> dict[str, Any]:
    spent, held = at(passages, lambda one: one.server_ms, PGVECTOR), at(passages, lambda one: one.server_mb, PGVECTOR) / 1000
    cores, memory = int(_power(qps * spent / 1000 / BUSY)), _power(SYSTEM_GB + held)
    return _stage(
        "database",
        {"vectors_gb": round(held, 2), "search_ms": round(spent, 1), "cores": cores, "memory_gb": memory},
        f"a search takes {spent:.1f} ms of one of its cores, which are kept {BUSY:.0%} busy; vectors and graphs are to fit in "
        "its memory, or searches wait for the disk; a standby is as much again",
        month=(cores * prices.core + memory * prices.memory) * HOURS,
    )


def _start(passages: int, serving: dict[str, Any], points: tuple[Point, ...]) -> dict[str, Any]:
    start, build = (at(passages, what, points) for what in (lambda one: one.start_s, lambda one: one.build_s))
    return _stage(
        "start",
        {"snapshot_s": round(start, 1), "ledger_s": round(build, 1), "memory_gb": round(serving["least_gb"], 1)},
        "processor time until a process answers, from a snapshot and without one; a start without one takes most memory",
    )


def _serve(serving: dict[str, Any], prices: Prices) -> dict[str, Any]:
    machines, memory = serving["machines"], serving["machine_gb"]
    hour = machines * (serving["cores"] * prices.core + memory * prices.memory)
    return _stage(
        "serve",
        {
            "processes": serving["processes"],
            "process_gb": round(serving["process_gb"], 2),
            "question_ms": round(serving["question_ms"], 1),
            "machines": machines,
        },
        f"a question takes {serving['question_ms']:.1f} ms of a core, and cores are kept {BUSY:.0%} busy; "
        f"{'each process holds all vectors; ' if serving['points'] is FAISS else ''}{serving['by']} decides how many machines",
        month=hour * HOURS,
    )


def _stage(name: str, needs: dict[str, Any], why: str, *, month: float = 0.0, once: float = 0.0) -> dict[str, Any]:
    return {"stage": name, "needs": needs, "why": why, "cost_a_month": round(month, 2), "cost_once": round(once, 2)}


def _settings(serving: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {"server.processes": serving["per_machine"]}
    if serving["machines"] > 1:
        settings |= {"database.url": "postgresql://…", "redis.url": "redis://…"}
    if serving["points"] is PGVECTOR:
        settings |= {"database.url": "postgresql://…", "index.engine": "pgvector"}
    return settings


def _advice(passages: int, serving: dict[str, Any], machine: Machine) -> list[str]:
    lines = []
    if serving["machines"] > 1:
        lines.append(
            "more than one machine: PostgreSQL holds the ledger (`xiansou migrate --to postgresql://…`), one Redis is shared"
        )
    elif serving["points"] is FAISS:
        lines.append(
            "one machine is enough: SQLite holds the ledger; a second machine would be for its failure, not for its load"
        )
    if serving["machine_gb"] > machine.memory_gb:
        lines.append(
            f"a process and its start need {serving['least_gb']:.0f} GB: machines of {serving['machine_gb']:.0f} GB, "
            f"not {machine.memory_gb:.0f}"
        )
    if serving["by"] == "memory" and serving["points"] is FAISS:
        lines.append("the vectors of every process are what costs: compare with `--engine pgvector`, which holds them once")
    engine, bench = ("faiss", "capacity") if serving["points"] is FAISS else ("pgvector", "pgvector")
    if passages > (largest := MEASURED[engine]):
        lines.append(f"computed: measured up to {largest:,} passages; measure yours with `xiansou bench {bench}`")
    return lines
