"""The HTTP service under load: server and client are separate processes, the embedder alone on the same cores beside them."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from eval.bench.load import Load, closed_loop, open_loop, percentile, request
from rag.errors import ConfigError
from rag.settings import Settings
from rag.text.sentences import split_sentences

_LONGEST = 80  # characters of a question
_REPEATED = 50  # questions that are asked again and again
_SLOW = 2.0  # times the calm median: slower is not recovered
_READY_S = 120.0

Say = Callable[[str], None]


def measure(settings: Settings, documents: Path, clients: int, seconds: float, say: Say) -> dict[str, object]:
    """Throughput of `/v1/retrieve` for new and for repeated questions, overload and recovery, one API process against four.

    Raises ConfigError when the documents cannot be loaded.
    """
    with tempfile.TemporaryDirectory(prefix="xiansou-bench-") as folder:
        env = environment(settings, Path(folder))
        say("loading documents")
        load_documents(documents, env)
        questions = sentences_of(settings.model_copy(update={"data_dir": Path(folder)}))
        say("embedder alone")
        alone = _embedder_alone(settings, questions, seconds)
        with serving(env, processes=1) as port:
            say("new questions")
            _warm(port, questions, clients)
            new = closed_loop(port, bodies(questions), clients, seconds)
            say("one client")
            calm = closed_loop(port, bodies(questions), 1, seconds / 2)
            say("repeated questions")
            repeated = closed_loop(port, bodies(questions, _REPEATED), clients, seconds)
            say("overload")
            over = _overload(port, questions, new, calm, seconds)
        with serving(env, processes=4) as port:
            say("four processes")
            _warm(port, questions, 4 * clients)
            four = closed_loop(port, bodies(questions, _REPEATED), clients, seconds)
            four_new = closed_loop(port, bodies(questions), clients, seconds)
    return {
        "clients": clients,
        "embedder_alone_per_s": round(alone, 1),
        "new_questions": new.as_dict() | {"of_embedder_alone": _ratio(new.rate, alone)},
        "p99_of_p50": _ratio(percentile(new.ok_ms, 99), percentile(new.ok_ms, 50)),
        "one_client": calm.as_dict(),
        "repeated_questions": repeated.as_dict(),
        "overload": over,
        "four_processes": four.as_dict() | {"of_one_process": _ratio(four.rate, repeated.rate)},
        "four_processes_new_questions": four_new.as_dict() | {"of_one_process": _ratio(four_new.rate, new.rate)},
    }


@contextmanager
def serving(env: dict[str, str], processes: int) -> Iterator[int]:
    """`xiansou serve` in processes of its own, until the end of the block; its port."""
    port = free_port()
    environment = env | {"XIANSOU__SERVER__PORT": str(port), "XIANSOU__SERVER__PROCESSES": str(processes)}
    process = subprocess.Popen([sys.executable, "-m", "xiansou", "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        await_ready(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(settings: Settings, folder: Path) -> dict[str, str]:
    facts = {
        "XIANSOU__DATA_DIR": str(folder),
        "XIANSOU__EMBEDDING__MODEL": settings.embedding.model,
        "XIANSOU__EMBEDDING__FOLDER": str(settings.model_folder.resolve()),
        "XIANSOU__LOG__LEVEL": "error",
    }
    return dict(os.environ) | facts


def load_documents(documents: Path, env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "xiansou", "ingest", str(documents), "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        raise ConfigError(f"the documents cannot be loaded: {done.stderr[-500:]}", field="--documents")


def sentences_of(settings: Settings) -> list[str]:
    """Sentences of the library, each short enough to be a question."""
    from rag.wiring import open_ledger

    ledger = open_ledger(settings)
    sentences: dict[str, None] = {}
    try:
        for doc in ledger.page(limit=500):
            text = ledger.text(doc.id, doc.version)
            for start, end in split_sentences(text):
                sentence = " ".join(text[start:end].split())
                if len(sentence) >= 12:
                    sentences[sentence[:_LONGEST]] = None
    finally:
        ledger.close()
    if len(sentences) < 2 * _REPEATED:
        raise ConfigError("the documents have too few sentences to ask for.", field="--documents", fix="Name more documents.")
    return list(sentences)


def bodies(questions: Sequence[str], repeated: int | None = None) -> Iterator[bytes]:
    """Requests without end: the first few again and again, or each one new, made so by a number."""
    if repeated:
        yield from itertools.cycle([request("/v1/retrieve", {"question": q}) for q in questions[:repeated]])
    for number in itertools.count(time.monotonic_ns() % 1_000_000):
        yield request("/v1/retrieve", {"question": f"{questions[number % len(questions)]} {number}"})


def _embedder_alone(settings: Settings, questions: Sequence[str], seconds: float) -> float:
    """Questions a second, one on each usable core, as the service embeds them."""
    from rag.wiring import embedder_loader

    embedder = embedder_loader(settings)(settings.embedding.model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    numbers = itertools.count()
    end = time.perf_counter() + seconds

    def work() -> int:
        done = 0
        while time.perf_counter() < end:
            number = next(numbers)
            embedder.embed_queries([f"{questions[number % len(questions)]} {number}"])
            done += 1
        return done

    with ThreadPoolExecutor(cores) as pool:
        return sum(future.result() for future in [pool.submit(work) for _ in range(cores)]) / seconds


def _warm(port: int, questions: Sequence[str], clients: int) -> None:
    closed_loop(port, bodies(questions, _REPEATED), clients, 3.0)


def _overload(port: int, questions: Sequence[str], sustained: Load, calm: Load, seconds: float) -> dict[str, object]:
    """Three times the sustainable rate; then how long until a lone client is served as before."""
    met = open_loop(port, bodies(questions), 3 * sustained.rate, 2 * seconds)
    began, good = time.perf_counter(), 0
    usual = percentile(calm.ok_ms, 50)
    requests = bodies(questions)
    while good < 10 and time.perf_counter() - began < 60:
        one = closed_loop(port, requests, 1, 0.05)
        good = good + 1 if one.ok_ms and percentile(one.ok_ms, 50) <= _SLOW * usual else 0
    return met.as_dict() | {
        "sent_per_s": round(3 * sustained.rate, 1),
        "goodput": _ratio(met.rate, sustained.rate),
        "p99_of_sustained": _ratio(percentile(met.ok_ms, 99), percentile(sustained.ok_ms, 99)),
        "recovery_s": round(time.perf_counter() - began, 2),
    }


def _ratio(one: float, other: float) -> float:
    return round(one / other, 3) if other else 0.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ConfigError(f"`xiansou serve` ended with exit code {process.returncode}.", field="serve")
        try:
            if closed_loop(port, itertools.repeat(request("/readyz", method="GET")), 1, 0.05).ok_ms:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise ConfigError(f"the service is not ready after {_READY_S:.0f} s.", field="serve")
