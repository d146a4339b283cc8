"""Many open widgets on one API process: each waits, on a stream of events, for an LLM that is silent.

What they cost in memory, how long other questions take beside them, and how long after the search a first sentence is shown.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import orjson
import psutil

from eval.bench import waiting_llm
from eval.bench.answers import server_of
from eval.bench.load import closed_loop, percentile, request
from eval.bench.query import environment, free_port, load_documents, sentences_of, serving
from rag.errors import ConfigError
from rag.settings import Settings

_ROUNDS = 3
_AT_ONCE = 64  # widgets that open at the same time; each tells after two seconds that it waits
_FIRST = 40  # questions whose first sentence is timed
_SEARCH = ("rewrite", "retrieve", "rerank")
_HELD_S = 600.0

Say = Callable[[str], None]
_spawn = multiprocessing.get_context("spawn")


def measure(settings: Settings, documents: Path, widgets: int, clients: int, seconds: float, say: Say) -> dict[str, object]:
    """`widgets` open streams beside `clients` that ask for quoted answers, three rounds of `seconds` each, before, with, after.

    Raises ConfigError when the documents cannot be loaded, or the widgets cannot be opened.
    """
    with tempfile.TemporaryDirectory(prefix="xiansou-bench-") as folder, _llm() as llm_port:
        env = environment(settings, Path(folder))
        say("loading documents")
        load_documents(documents.resolve(), env)
        questions = sentences_of(settings.model_copy(update={"data_dir": Path(folder)}))
        with serving(env | _service(llm_port, widgets), processes=1) as port:
            server = server_of(port)
            say("warm-up")
            closed_loop(port, _quoted(questions), 2 * clients, seconds)
            texts = [f"{questions[number % len(questions)]} {number}?" for number in range(widgets)]
            asyncio.run(_known(port, texts))  # what is remembered of questions belongs to no widget
            say("without widgets")
            calm = _rounds(port, questions, clients, seconds)
            first = {name: asyncio.run(_firsts(port, questions, name)) for name in ("quoted", "prompt")}
            before = _memory_mb(server)
            say("opening widgets")
            with _open(port, texts):
                memory = _memory_mb(server)
                say("with widgets")
                beside = _rounds(port, questions, clients, seconds)
                cpu = _cpu_share(server, seconds / 2)
                first |= {f"{name}_beside": asyncio.run(_firsts(port, questions, name)) for name in ("quoted", "prompt")}
                memory = max(memory, _memory_mb(server))
                threads = server.num_threads()
            say("without again")
            time.sleep(2)
            calm += _rounds(port, questions, clients, seconds)
            after = _memory_mb(server)
    usual, met = (statistics.median(p99 for _, p99 in rounds) for rounds in (calm, beside))
    return {
        "widgets": widgets,
        "memory_mb": {"before": before, "open": memory, "more": round(memory - before, 1), "after": after},
        "threads": threads,
        "cpu_share_of_waiting": cpu,
        "p50_ms": {name: statistics.median(p50 for p50, _ in pairs) for name, pairs in (("calm", calm), ("beside", beside))},
        "p99_ms": {"calm": usual, "beside": met, "ratio": round(met / usual, 2)},
        "first_sentence_after_search_ms": {
            name: {"p50": percentile(times, 50), "p99": percentile(times, 99)} for name, times in first.items()
        },
    }


def _service(llm_port: int, widgets: int) -> dict[str, str]:
    variables = {
        "GENERATOR__KIND": "openai",
        "GENERATOR__BASE_URL": f"http://127.0.0.1:{llm_port}/v1",
        "GENERATOR__MODEL": waiting_llm.SILENT,
        "GENERATOR__TIMEOUT_S": str(_HELD_S),
        "PROFILES__PROMPT__MODEL": waiting_llm.PROMPT,
        "PROFILES__QUOTED__BACKEND": "extractive",
        "LIMITS__CONCURRENT": str(widgets + 32),
        "CACHE__TTL_S": "0",
        "ANSWER__MAX_WRONG_RATE": "1",  # every question waits for the LLM
    }
    return {f"XIANSOU__{name}": value for name, value in variables.items()}


@contextmanager
def _llm() -> Iterator[int]:
    port, up = free_port(), _spawn.Event()
    process = _spawn.Process(target=waiting_llm.serve, args=(port, up), daemon=True)
    process.start()
    try:
        if not up.wait(60):
            raise ConfigError("the measuring LLM did not start.", field="bench")
        yield port
    finally:
        process.terminate()
        process.join()


@contextmanager
def _open(port: int, texts: Sequence[str]) -> Iterator[None]:
    """The widgets, held open by a process of their own."""
    up, over = _spawn.Event(), _spawn.Event()
    reports: multiprocessing.Queue[str] = _spawn.Queue()
    process = _spawn.Process(target=_hold, args=(port, texts, up, over, reports), daemon=True)
    process.start()
    try:
        if not up.wait(_HELD_S / 2):
            raise ConfigError("the widgets could not be opened.", field="--widgets")
        if fault := reports.get():
            raise ConfigError(f"a widget was answered with {fault}", field="--widgets")
        yield
    finally:
        over.set()
        process.join(30)
        process.terminate()
    if fault := reports.get():
        raise ConfigError(f"a widget's stream ended: {fault}", field="--widgets")


def _hold(port: int, texts: Sequence[str], up: Event, over: Event, reports: multiprocessing.Queue[str]) -> None:
    asyncio.run(_held(port, texts, up, over, reports))


async def _held(port: int, texts: Sequence[str], up: Event, over: Event, reports: multiprocessing.Queue[str]) -> None:
    """Opens one stream for each question; says twice what went wrong, or "": when all are open, and at the end."""
    turn, faults = asyncio.Semaphore(_AT_ONCE), list[str]()
    opened, running = 0, list[asyncio.Task[None]]()

    async def widget(question: str) -> None:
        nonlocal opened
        async with turn:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request("/v1/query", {"question": question, "stream": True}))
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head[:20]:
                faults.append(head[:40].decode())
            await reader.readuntil(b"waiting")  # it says that the LLM is silent
            opened += 1
        try:
            while (line := await reader.readline()) and not line.startswith(b"event: answer.end"):
                pass
            faults.append("an end, too early")
        finally:
            writer.close()

    running = [asyncio.create_task(widget(question)) for question in texts]
    while opened < len(texts) and not faults and not any(task.done() for task in running):
        await asyncio.sleep(0.05)
    reports.put("; ".join(faults) or ("a widget failed" if opened < len(texts) else ""))
    up.set()
    while not over.is_set():
        await asyncio.sleep(0.2)
    reports.put("; ".join(faults[:3]))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _rounds(port: int, questions: Sequence[str], clients: int, seconds: float) -> list[tuple[float, float]]:
    """(p50, p99) in ms of quoted answers to new questions, each round."""
    met = []
    for _ in range(_ROUNDS):
        load = closed_loop(port, _quoted(questions), clients, seconds)
        if not load.ok_ms or load.errors:
            raise ConfigError(f"questions were not answered: {load.errors}.", field="--documents")
        met.append((percentile(load.ok_ms, 50), percentile(load.ok_ms, 99)))
    return met


def _quoted(questions: Sequence[str]) -> Iterator[bytes]:
    for number in itertools.count(time.monotonic_ns() % 1_000_000):
        yield request("/v1/query", {"question": f"{questions[number % len(questions)]} {number}", "profile": "quoted"})


async def _known(port: int, questions: Sequence[str]) -> None:
    """Asks each question once, of an LLM that answers at once: loads its client, fills what is remembered of questions."""
    turn = asyncio.Semaphore(8)

    async def ask(question: str) -> None:
        async with turn:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request("/v1/query", {"question": question, "profile": "prompt", "stream": True}))
            while (line := await reader.readline()) and not line.startswith(b"event: answer.end"):
                pass
            writer.close()

    await asyncio.gather(*map(ask, questions))


async def _firsts(port: int, questions: Sequence[str], profile: str) -> list[float]:
    """ms from the end of the search to the first sentence at the client, of answers that have one."""
    times = []
    for question in questions[:: max(1, len(questions) // _FIRST)][:_FIRST]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began, shown = time.perf_counter(), 0.0
        writer.write(request("/v1/query", {"question": question, "profile": profile, "stream": True}))
        name = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                name = line.strip()
                if name == b"event: answer.sentence" and not shown:
                    shown = (time.perf_counter() - began) * 1000
            elif line.startswith(b"data: ") and name == b"event: answer.end":
                spent = orjson.loads(line[6:])["timings_ms"]
                if shown:
                    times.append(shown - sum(spent.get(stage, 0.0) for stage in _SEARCH))
                break
        writer.close()
    return times


def _memory_mb(server: psutil.Process) -> float:
    return round(float(server.memory_info().rss) / 1_000_000, 1)


def _cpu_share(server: psutil.Process, seconds: float) -> float:
    """Of one core, while nothing else is asked."""
    server.cpu_percent()
    time.sleep(seconds)
    return round(float(server.cpu_percent()) / 100, 3)
