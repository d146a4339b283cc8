"""Two API hosts over one PostgreSQL beside one host: questions a second, each host held to a core of its own.

Hosts are simulated: two services with data folders of their own on one machine. Who asks and the database stand on the same
cores, so their part is reckoned out: a host's questions a second are those that its core would answer if nothing else ran
there, 1000 / processor milliseconds of the API process an answer. What the clock says is told beside it.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from eval.bench.answers import Say, server_of
from eval.bench.load import closed_loop, request
from eval.bench.pgvector import _database
from eval.bench.query import environment, load_documents, sentences_of, serving
from rag.errors import ConfigError
from rag.settings import Settings

Host = tuple[int, psutil.Process]


def measure(
    settings: Settings, url: str, documents: Path, clients: int, seconds: float, rounds: int, say: Say
) -> dict[str, object]:
    """Rounds of one host alone, then both at once; `clients` ask each. Raises ConfigError, also on fewer than two cores."""
    cores = sorted(os.sched_getaffinity(0))[:2] if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        raise ConfigError("two cores are needed.", field="bench", fix="Run it on a Linux machine with two or more.")
    with _database(url) as database, ExitStack() as stack:
        hosts, questions = list[Host](), list[str]()
        for number, core in enumerate(cores):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xiansou-bench-")))
            env = environment(settings, folder) | {
                "XIANSOU__DATABASE__URL": database,
                "XIANSOU__INDEX__ENGINE": "pgvector",
                "XIANSOU__CACHE__TTL_S": "0",
            }
            if not number:
                say("loading documents")
                load_documents(documents.resolve(), env)
                overrides = {"data_dir": folder, "database": settings.database.model_copy(update={"url": database})}
                questions = sentences_of(settings.model_copy(update=overrides))
            with _on(core):
                port = stack.enter_context(serving(env, processes=1))
            hosts.append((port, server_of(port)))
        say("warm-up")
        for host in hosts:
            _asked([host], questions, 2 * clients, seconds)
        alone, both = list[tuple[float, float]](), list[list[tuple[float, float]]]()
        for number in range(rounds):
            say(f"round {number + 1}")
            alone += _asked([hosts[number % 2]], questions, clients, seconds)
            both.append(_asked(hosts, questions, clients, seconds))
    return _report(alone, both)


@contextmanager
def _on(core: int) -> Iterator[None]:
    """What is started meanwhile stays on that core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _asked(hosts: Sequence[Host], questions: Sequence[str], clients: int, seconds: float) -> list[tuple[float, float]]:
    """(answers a second by the clock, processor milliseconds of the API process an answer) of each host, asked at once."""

    def ask(host: Host) -> tuple[float, float]:
        port, process = host
        before = process.cpu_times()
        load = closed_loop(port, _new(questions), clients, seconds)
        after = process.cpu_times()
        if not load.ok_ms:
            raise ConfigError(f"no question was answered: {load.errors}.", field="--documents")
        return load.rate, (after.user + after.system - before.user - before.system) * 1000 / len(load.ok_ms)

    with ThreadPoolExecutor(len(hosts)) as pool:
        return list(pool.map(ask, hosts))


def _new(questions: Sequence[str]) -> Iterator[bytes]:
    for number in itertools.count(time.monotonic_ns() % 1_000_000):
        yield request("/v1/query", {"question": f"{questions[number % len(questions)]} {number}"})


def _report(alone: list[tuple[float, float]], both: list[list[tuple[float, float]]]) -> dict[str, object]:
    one = statistics.median(1000 / cpu for _, cpu in alone)
    two = statistics.median(sum(1000 / cpu for _, cpu in hosts) for hosts in both)
    clock = statistics.median(rate for rate, _ in alone), statistics.median(sum(rate for rate, _ in hosts) for hosts in both)
    return {
        "one_host": {"answers_a_second_of_its_core": round(one, 1), "by_the_clock": round(clock[0], 1)},
        "two_hosts": {"answers_a_second_of_their_cores": round(two, 1), "by_the_clock": round(clock[1], 1)},
        "ratio": round(two / one, 2),
        "ratio_by_the_clock": round(clock[1] / clock[0], 2),
    }
