"""Hours in minutes: questions, writes, deletions and restarts of the API processes at once, with errors and memory counted."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from eval.bench import query
from eval.bench.load import Load, closed_loop, request
from rag.settings import Settings

_WRITTEN = 40  # documents that are replaced and deleted in turn
_RESTART_EVERY_S = 120.0
_SAMPLE_EVERY_S = 5.0

Say = Callable[[str], None]


def soak(settings: Settings, documents: Path, minutes: float, say: Say) -> dict[str, object]:
    """Runs so long; errors by kind, and the memory of all processes at the first and at the last fifth of the time."""
    seconds = minutes * 60
    with tempfile.TemporaryDirectory(prefix="xiansou-soak-") as folder:
        env = query.environment(settings, Path(folder))
        query.load_documents(documents, env)
        questions = query.sentences_of(settings.model_copy(update={"data_dir": Path(folder)}))
        port = query.free_port()
        environment = env | {"XIANSOU__SERVER__PORT": str(port), "XIANSOU__SERVER__PROCESSES": "2"}
        process = subprocess.Popen([sys.executable, "-m", "xiansou", "serve"], env=environment, stdout=subprocess.DEVNULL)
        try:
            query.await_ready(port, process)
            return _run(process, port, questions, seconds, say)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _run(process: subprocess.Popen[bytes], port: int, questions: list[str], seconds: float, say: Say) -> dict[str, object]:
    loads: dict[str, Load] = {}
    works = {
        "questions": (_asking(questions), 3),
        "answers": (_answering(questions), 1),
        "writes": (_writing(), 1),
    }

    def work(name: str) -> None:
        requests, clients = works[name]
        loads[name] = closed_loop(port, requests, clients, seconds)

    threads = [threading.Thread(target=work, args=(name,)) for name in works]
    for thread in threads:
        thread.start()
    memory, restarts, began = [], 0, time.monotonic()
    while any(thread.is_alive() for thread in threads):
        time.sleep(_SAMPLE_EVERY_S)
        passed = time.monotonic() - began
        memory.append(_memory(process.pid))
        say(f"{passed / 60:.1f} minutes, {memory[-1] / 1e6:.0f} MB")
        if hasattr(signal, "SIGUSR1") and passed > (restarts + 1) * _RESTART_EVERY_S and passed < seconds - 60:
            process.send_signal(signal.SIGUSR1)
            restarts += 1
    return {name: load.as_dict() for name, load in loads.items()} | {"restarts": restarts, "memory": _trend(memory)}


def _asking(questions: list[str]) -> Iterator[bytes]:
    return query.bodies(questions)


def _answering(questions: list[str]) -> Iterator[bytes]:
    for question in itertools.cycle(questions):
        yield request("/v1/query", {"question": question})


def _writing() -> Iterator[bytes]:
    """Replaces documents in turn and deletes each fourth one just written."""
    for number in itertools.count():
        place = f"/v1/documents/soak-{number % _WRITTEN}.md"
        text = f"# Note {number % _WRITTEN}\n\nEdition {number} of this note says that shelf {number % 97} holds part {number}."
        yield request(place, {"text": text}, "PUT")
        if number % 4 == 3:
            yield request(place, method="DELETE")


def _memory(pid: int) -> int:
    """Resident bytes of the service's processes, shared pages counted once where the system tells."""
    total = 0
    for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            total += one.memory_full_info().pss if os.name == "posix" and sys.platform == "linux" else one.memory_info().rss
        except psutil.Error:
            continue
    return total


def _trend(memory: list[int]) -> dict[str, float]:
    """Medians, so that the moments in which a successor starts do not count."""
    part = max(1, len(memory) // 5)
    first, last = sorted(memory[part : 2 * part] or memory)[part // 2], sorted(memory[-part:])[part // 2]
    return {"early_mb": round(first / 1e6, 1), "late_mb": round(last / 1e6, 1), "growth": round(last / first - 1, 4)}
