"""Vector stores side by side in one run: search, recall, live updates. Machines are noisy: ratios are of one round each."""

from __future__ import annotations

import ctypes
import gc
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.bench.data import DIM, Data, clustered, nearest
from eval.bench.peers import ALWAYS, Engine, Make, Ours
from rag.ports import Vectors

K = 10
DOCUMENT = 10  # passages of a document that is added or deleted
_QUERIES = 200
_SPARE = 20_000
_TURN_S = 1.0  # longest turn of one engine in a round
_FEWEST = 3  # queries in a turn, however slow the engine is
_CHURN = 0.4
_WRITES_A_SECOND = 50

Say = Callable[[str], None]


@dataclass
class Measured:
    """One engine at one size. `times` (rounds × queries) in ms; `results`: the ids of each query's first answer."""

    name: str
    engine: Engine
    build_s: float
    bytes_a_passage: float
    times: list[list[float]] = field(default_factory=list)
    results: dict[int, list[int]] = field(default_factory=dict)
    add_ms: list[float] = field(default_factory=list)
    delete_ms: list[float] = field(default_factory=list)
    seen: list[bool] = field(default_factory=list)
    gone: list[bool] = field(default_factory=list)


def measure(n: int, engines: dict[str, Make], rounds: int, say: Say) -> dict[str, object]:
    """Everything about one number of passages: engines round-robin, then our index under churn and under writes."""
    say(f"{n:,}: making data")
    data = clustered(n, _SPARE, _QUERIES)
    truth = nearest(data.rows, data.queries, K)
    with tempfile.TemporaryDirectory(prefix="xiansou-bench-") as folder:
        stands = [_build(name, make, data, Path(folder), say) for name, make in (ALWAYS | engines).items()]
        for turn in range(rounds):
            for one in stands:
                say(f"{n:,}: round {turn + 1} of {rounds}, {one.name}")
                _turn(one, data.queries, turn)
        for one in stands:
            say(f"{n:,}: updates, {one.name}")
            _update(one, data)
        ours = stands[0].engine
        assert isinstance(ours, Ours)
        report = {"passages": n, "engines": [_row(one, stands, truth) for one in stands]}
        say(f"{n:,}: search while documents are written")
        report["under_writes"] = _under_writes(ours, data, rounds)
        say(f"{n:,}: churn")
        report["churn"] = _churn(ours, data, truth)
        for one in stands:
            one.engine.close()
    return report


def _build(name: str, make: Make, data: Data, folder: Path, say: Say) -> Measured:
    say(f"{len(data.rows):,}: building {name}")
    gc.collect()
    before, began = _resident(), time.perf_counter()
    engine = make(folder / name.replace(" ", "-"), DIM)
    engine.add(np.arange(len(data.rows), dtype=np.int64), data.rows)
    if isinstance(engine, Ours):
        engine.index.settle()
    built = time.perf_counter() - began
    gc.collect()
    return Measured(name, engine, built, max(0, _resident() - before) / len(data.rows))


def _turn(one: Measured, queries: Vectors, turn: int) -> None:
    one.engine.search(queries[-1], K)  # what a first search prepares, and what the others have put out of the caches
    times: list[float] = []
    began = time.perf_counter()
    for step in range(len(queries)):
        at = (turn * _FEWEST + step) % len(queries)
        start = time.perf_counter()
        ids = one.engine.search(queries[at], K)
        times.append((time.perf_counter() - start) * 1000)
        one.results.setdefault(at, ids)
        if step + 1 >= _FEWEST and time.perf_counter() - began > _TURN_S:
            break
    one.times.append(times)


def _update(one: Measured, data: Data) -> None:
    """Adds and deletes one document at a time, and looks for it with the next search."""
    began = time.perf_counter()
    for step in range(100):
        rows = data.spare[step * DOCUMENT : (step + 1) * DOCUMENT]
        ids = np.arange(DOCUMENT, dtype=np.int64) + 10_000_000 + step * DOCUMENT
        start = time.perf_counter()
        one.engine.add(ids, rows)
        added = time.perf_counter()
        one.seen.append(int(ids[0]) in one.engine.search(rows[0], K))
        searched = time.perf_counter()
        one.engine.remove(ids)
        one.delete_ms.append((time.perf_counter() - searched) * 1000)
        one.add_ms.append((added - start) * 1000)
        one.gone.append(not set(ids.tolist()) & set(one.engine.search(rows[0], K)))
        if time.perf_counter() - began > 4 * _TURN_S and step >= _FEWEST:
            break


def _row(one: Measured, stands: Sequence[Measured], truth: NDArray[np.int64]) -> dict[str, object]:
    ours, flat = stands[0], stands[1]
    times = np.concatenate([np.array(turn) for turn in one.times])
    return {
        "engine": one.name,
        "p50_ms": round(float(np.median(times)), 4),
        "p99_ms": round(float(np.percentile(times, 99)), 4),
        "recall": round(recall([one.results[at] for at in one.results], truth[list(one.results)]), 4),
        "slower_than_xiansou": _ratio(one, ours),
        "faster_than_flat": _ratio(flat, one),
        "build_s": round(one.build_s, 2),
        "bytes_a_passage": round(one.bytes_a_passage),
        "add_ms": round(float(np.median(one.add_ms)), 4),
        "delete_ms": round(float(np.median(one.delete_ms)), 4),
        "visible": {"true": sum(one.seen), "false": len(one.seen) - sum(one.seen)},
        "gone": {"true": sum(one.gone), "false": len(one.gone) - sum(one.gone)},
    }


def _ratio(one: Measured, other: Measured) -> float:
    """Median over the rounds of the ratio of the two medians in a round."""
    ratios = [np.median(a) / np.median(b) for a, b in zip(one.times, other.times, strict=True)]
    return round(float(np.median(ratios)), 2)


def _under_writes(ours: Ours, data: Data, rounds: int) -> dict[str, object]:
    """Turns of searching alone and beside a thread that adds a document, and deletes an older one, 50 times a second."""
    alone: list[float] = []
    beside: list[float] = []
    ratios: list[float] = []
    for turn in range(max(5, rounds)):
        idle = _search_for(ours, data.queries, 2 * _TURN_S)
        stop = threading.Event()
        writer = threading.Thread(target=_write, args=(ours, data.spare, 20_000_000 + turn * 1_000_000, stop))
        writer.start()
        busy = _search_for(ours, data.queries, 2 * _TURN_S)
        stop.set()
        writer.join()
        ratios.append(float(np.percentile(busy, 99) / np.percentile(idle, 99)))
        alone, beside = alone + idle, beside + busy
    report: dict[str, object] = {
        f"{name}_{label}_ms": round(float(np.percentile(times, share)), 4)
        for label, times in (("idle", alone), ("writing", beside))
        for name, share in (("p50", 50), ("p99", 99))
    }
    return report | {"p99_ratio": round(float(np.median(ratios)), 3), "documents_a_second": _WRITES_A_SECOND}


def _search_for(ours: Ours, queries: Vectors, seconds: float) -> list[float]:
    times: list[float] = []
    began = time.perf_counter()
    while (start := time.perf_counter()) - began < seconds:
        ours.search(queries[len(times) % len(queries)], K)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _write(ours: Ours, spare: Vectors, first: int, stop: threading.Event) -> None:
    began, written = time.perf_counter(), 0
    while not stop.is_set():
        at = written * DOCUMENT
        place = at % (len(spare) - DOCUMENT)
        ours.add(np.arange(first + at, first + at + DOCUMENT, dtype=np.int64), spare[place : place + DOCUMENT])
        if written >= _WRITES_A_SECOND:
            old = first + at - _WRITES_A_SECOND * DOCUMENT
            ours.remove(np.arange(old, old + DOCUMENT, dtype=np.int64))
        written += 1
        stop.wait(max(0.0, began + written / _WRITES_A_SECOND - time.perf_counter()))
    ours.remove(np.arange(first, first + written * DOCUMENT, dtype=np.int64))


def _churn(ours: Ours, data: Data, truth: NDArray[np.int64]) -> dict[str, object]:
    """Replaces 40 % of the passages by others of the same law, 100 at a time, and compares recall with the start's."""
    before = recall([ours.search(query, K) for query in data.queries], truth)
    n = len(data.rows)
    other = clustered(round(_CHURN * n), 0, 0, seed=11, like=7).rows
    gone = np.random.default_rng(5).permutation(n)[: len(other)].astype(np.int64)
    for at in range(0, len(other), 100):
        ours.remove(gone[at : at + 100])
        ours.add(np.arange(100_000_000 + at, 100_000_000 + min(at + 100, len(other)), dtype=np.int64), other[at : at + 100])
    ours.index.settle()
    kept = np.setdiff1d(np.arange(n), gone)
    ids = np.concatenate([kept, 100_000_000 + np.arange(len(other))])
    exact = ids[nearest(np.concatenate([data.rows[kept], other]), data.queries, K)]
    after = recall([ours.search(query, K) for query in data.queries], exact)
    return {
        "share": _CHURN,
        "recall_before": round(before, 4),
        "recall_after": round(after, 4),
        "loss": round(before - after, 4),
    }


def recall(rankings: Sequence[Sequence[int]], truth: NDArray[np.int64]) -> float:
    """Mean share of each query's exact nearest that were found."""
    return float(np.mean([len(np.intersect1d(ids, exact)) / len(exact) for ids, exact in zip(rankings, truth, strict=True)]))


def _resident() -> int:
    """Resident bytes of this process; 0 where there is no /proc."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # what was freed counts as free
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0
