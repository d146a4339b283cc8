"""What an extractive answer costs: CPU of `POST /v1/query` beside the embedder's own, answers a second beside another build."""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from eval.bench.load import Load, closed_loop, request
from eval.bench.query import environment, load_documents, sentences_of, serving
from rag.errors import ConfigError
from rag.settings import Settings

_ROUNDS = 3

Say = Callable[[str], None]


def measure(
    settings: Settings, documents: Path, clients: int, seconds: float, against: Path | None, say: Say
) -> dict[str, object]:
    """New questions to one API process of each build in turn, three rounds, median of each figure.

    `against`: a checkout of another build, whose code is run by this Python. Raises ConfigError when it is none, or when the
    documents cannot be loaded.
    """
    builds: dict[str, Path | None] = {"this": None}
    if against is not None:
        if not (against / "xiansou.py").is_file():
            raise ConfigError(f"{against} is no checkout of Xiansou.", field="--against", fix="Name a folder with xiansou.py.")
        builds["other"] = against.resolve()
    with ExitStack() as stack:
        ports: dict[str, tuple[int, psutil.Process]] = {}
        for name, checkout in builds.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xiansou-bench-")))
            env = environment(settings, folder) | {"XIANSOU__CACHE__TTL_S": "0"}
            if checkout is not None:
                env |= {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}  # else `-m` would find the code where we stand
            say(f"loading documents ({name})")
            load_documents(documents.resolve(), env)
            if name == "this":
                questions = sentences_of(settings.model_copy(update={"data_dir": folder}))
            port = stack.enter_context(serving(env, processes=1))
            ports[name] = port, server_of(port)
        embedder_ms = embedder_cpu(settings, questions)
        rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in ports}
        for number in range(_ROUNDS):
            for name, (port, process) in ports.items():
                say(f"answers, round {number + 1} ({name})")
                rounds[name].append(_round(port, process, questions, clients, seconds))
    return _report(rounds, embedder_ms)


def _report(rounds: dict[str, list[tuple[float, float]]], embedder_ms: float) -> dict[str, object]:
    report: dict[str, object] = {"embedder_cpu_ms": round(embedder_ms, 2)}
    rates: dict[str, float] = {}
    for name, measured in rounds.items():
        rates[name] = statistics.median(rate for rate, _ in measured)
        cpu = statistics.median(cpu for _, cpu in measured)
        report[name] = {
            "answers_per_s": round(rates[name], 1),
            "cpu_ms_an_answer": round(cpu, 2),
            "of_embedder": round(cpu / embedder_ms, 2),
        }
    if "other" in rates:
        report["answers_per_s_of_other"] = round(rates["this"] / rates["other"], 2)
    return report


def _round(port: int, process: psutil.Process, questions: Sequence[str], clients: int, seconds: float) -> tuple[float, float]:
    """(answers a second, CPU milliseconds an answer) over all threads of the API process."""
    before = _cpu(process)
    load: Load = closed_loop(port, _asks(questions), clients, seconds)
    if not load.ok_ms:
        raise ConfigError(f"no question was answered: {load.errors}.", field="--documents")
    return load.rate, (_cpu(process) - before) * 1000 / len(load.ok_ms)


def _asks(questions: Sequence[str]) -> Iterator[bytes]:
    for number in itertools.count(time.monotonic_ns() % 1_000_000):
        yield request("/v1/query", {"question": f"{questions[number % len(questions)]} {number}"})


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def server_of(port: int) -> psutil.Process:
    """The API process: of our children that hold the port the one that works, their youngest."""
    servers = [
        child
        for child in psutil.Process(os.getpid()).children(recursive=True)
        if any(c.laddr.port == port for c in child.net_connections("tcp") if c.laddr)
    ]
    if not servers:
        raise ConfigError(f"no process listens on port {port}.", field="serve")
    return max(servers, key=lambda child: child.create_time())


def embedder_cpu(settings: Settings, questions: Sequence[str], count: int = 200) -> float:
    """CPU milliseconds of one new question's embedding, on one thread."""
    from rag.wiring import embedder_loader

    alone = settings.model_copy(update={"embedding": settings.embedding.model_copy(update={"threads": 1})})
    embedder = embedder_loader(alone)(settings.embedding.model)
    texts = [f"{questions[number % len(questions)]} {number}" for number in range(count)]
    embedder.embed_queries(["one to warm up"])
    began = time.process_time()
    for question in texts:
        embedder.embed_queries([question])
    return (time.process_time() - began) * 1000 / count
