"""`xiansou bench`: measurements beside what a user would take instead, in one run on this machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.errors import InputError
from rag.runtime.console import ConfigOption, JsonOption, emit, load_settings, progress

bench = typer.Typer(help="Measure speed on this machine, side by side with alternatives.", no_args_is_help=True)


@bench.callback()
def root() -> None:
    """Measure speed on this machine, side by side with alternatives."""


@bench.command()
def index(
    rows: Annotated[str, typer.Option(help="Numbers of passages, with commas between.")] = "10000,100000",
    peers: Annotated[bool, typer.Option("--peers", help="Also measure the peers that are installed (extra `bench`).")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which every engine has its turn.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Search, recall, live updates, durable writes and cold starts; synthetic clustered vectors of 384 dimensions."""
    from eval.bench import index as stores
    from eval.bench import record
    from eval.bench.peers import installed

    sizes = _sizes(rows)
    engines = installed() if peers else {}
    steps = sum(3 + (2 + len(engines)) * (2 + rounds) + n // record.BULK + 3 for n in sizes)
    done = 0
    reports: list[dict[str, Any]] = []
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(min(done, steps), steps)

        for n in sizes:
            reports.append(stores.measure(n, engines, rounds, say) | record.measure(n, rounds, say))
    report = {"conditions": _conditions(), "rounds": rounds, "sizes": reports}
    if as_json:
        emit(report)
        return
    for size in reports:
        _table(size)


@bench.command()
def pgvector(
    url: Annotated[str, typer.Option(help="A PostgreSQL server with pgvector, where a database may be made and dropped.")],
    rows: Annotated[str, typer.Option(help="Numbers of passages, with commas between.")] = "10000",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which every side has its turn.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """PostgreSQL as the index: search beside LlamaIndex's PGVectorStore (extra `bench`), writes beside bare INSERTs, memory."""
    from eval.bench import pgvector as database

    sizes, done = _sizes(rows), 0
    reports: list[dict[str, Any]] = []
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(done, done + 1)

        for n in sizes:
            reports.append(database.measure(url, n, rounds, say))
    report = {"conditions": _conditions(), "rounds": rounds, "sizes": reports}
    if as_json:
        emit(report)
        return
    for size in reports:
        print(f"\n{size['passages']:,} passages; memory of a process without its model, MB: {size['memory_mb']}")
        for name, row in size["search"].items():
            print(f"  {name:<26}{'  '.join(f'{key} {value}' for key, value in row.items())}")
        print(f"  a document of ten passages  {'  '.join(f'{key} {value}' for key, value in size['write'].items())}")


@bench.command()
def capacity(
    rows: Annotated[str, typer.Option(help="Numbers of passages, with commas between.")] = "10000,100000",
    library: Annotated[Path | None, typer.Option(help="Data folder that is filled where it is empty, and kept.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Memory, disk, time of a build, a start and a search by the size of the library: what `xiansou plan` reckons with."""
    from eval.bench import capacity as curves

    sizes = _sizes(rows)
    if library is not None and len(sizes) > 1:
        raise InputError("one library has one size.", field="rows", fix="Give one number to --rows.")
    done = 0
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(min(done, 3 * len(sizes)), 3 * len(sizes))

        points = [curves.measure(n, say, library) for n in sizes]
    if as_json:
        emit({"conditions": _conditions(), "points": points})
        return
    for point in points:
        print(f"\n{point.pop('passages'):,} passages")
        for name, value in point.items():
            print(f"  {name:<22}{value:>12}")


@bench.command()
def ingest(
    full: Annotated[bool, typer.Option("--full", help="Larger sizes: about 15 minutes instead of 3.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """First run, nightly run, unchanged folder, a worker's memory, the embedder, each beside what it is measured against."""
    from eval.bench import ingest as figures

    done = 0
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(done, 7)

        measured = figures.measure(figures.FULL if full else figures.Sizes(), say, load_settings(config))
    report = {"conditions": _conditions(), "full": full} | measured
    if as_json:
        emit(report)
        return
    for name, figure in measured.items():
        print(f"{name.replace('_', ' ')}")
        for key, value in figure.items():
            print(f"  {key.replace('_', ' '):<32}{value}")


@bench.command()
def reading(
    against: Annotated[Path | None, typer.Option(help="Checkout of another build with a `.venv` of its own, in turn.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which every build has its turn.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Parsing and cleaning: wide and tall tables, a long FAQ, pages; processor time and memory, beside another build."""
    from eval.bench import reading as read

    done = 0
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(done, 9 * rounds)

        figures = read.measure(against, say, rounds)
    report = {"conditions": _conditions(), **figures}
    emit(report) if as_json else _figures(report)


@bench.command()
def retrieval(
    suites: Annotated[list[Path], typer.Argument(metavar="SUITE...", help="Suite files, or folders of public sets.")],
    peers: Annotated[
        bool, typer.Option("--peers", help="Also measure the frameworks that are installed (extra `bench`).")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Questions of each suite at most, the same ones every time.")] = 300,
    keep: Annotated[Path | None, typer.Option(help="Keep each suite's library below this folder.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ranking and time of retrieval beside dense and BM25 alone, a minimal assembly, and other frameworks' hybrids."""
    from eval.bench import retrieval as finding
    from eval.bench.frameworks import installed
    from eval.dataset import load_suite

    loaded, frameworks = [load_suite(suite) for suite in suites], installed() if peers else {}
    measured = finding.measure(load_settings(config), loaded, frameworks, limit, keep)
    report = {"conditions": _conditions()} | measured
    if as_json:
        emit(report)
        return
    for row in measured["suites"]:
        _ranking_table(row)
    print(f"\nmean × {measured['macro_ratio']}, least × {measured['least_ratio']} of the better side")


@bench.command()
def query(
    documents: Annotated[Path, typer.Option(help="Documents that are searched.")] = Path("examples"),
    clients: Annotated[int, typer.Option(min=1, help="Clients that ask at once.")] = 8,
    seconds: Annotated[float, typer.Option(min=1, help="Length of each part.")] = 10.0,
    soak: Annotated[float, typer.Option(min=0, help="Instead: questions, writes and restarts for so many minutes.")] = 0.0,
    answers: Annotated[bool, typer.Option("--answers", help="Instead: what an extractive answer costs.")] = False,
    against: Annotated[Path | None, typer.Option(help="With --answers: checkout of another build, asked in turn.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """The HTTP service under load: new and repeated questions, overload, several processes; the embedder alone beside it."""
    from eval.bench import answers as answering
    from eval.bench import query as service
    from eval.bench.soak import soak as run_soak

    settings = load_settings(config)
    steps = int(soak * 12) if soak else 8 if not answers else 4 if against is None else 8
    done = 0
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(min(done, steps), steps)

        if soak:
            report = run_soak(settings, documents, soak, say)
        elif answers or against is not None:
            report = answering.measure(settings, documents, clients, seconds, against, say)
        else:
            report = service.measure(settings, documents, clients, seconds, say)
    report = {"conditions": _conditions(), **report}
    if as_json:
        emit(report)
    else:
        _figures(report)


@bench.command()
def widgets(
    documents: Annotated[Path, typer.Option(help="Documents that are searched.")] = Path("examples"),
    count: Annotated[int, typer.Option("--widgets", min=1, max=2000, help="Open widgets, each with a stream.")] = 500,
    clients: Annotated[int, typer.Option(min=1, help="Others that ask at once.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="Length of each round.")] = 10.0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Widgets that wait for a slow LLM on one API process: memory, other questions beside them, first sentences."""
    from eval.bench import widgets as waiting

    done = 0
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(min(done, 6), 6)

        measured = waiting.measure(load_settings(config), documents, count, clients, seconds, say)
    report = {"conditions": _conditions(), **measured}
    emit(report) if as_json else _figures(report)


@bench.command()
def hosts(
    url: Annotated[str, typer.Option(help="A PostgreSQL server with pgvector, where a database may be made and dropped.")],
    documents: Annotated[Path, typer.Option(help="Documents that are searched.")] = Path("examples"),
    clients: Annotated[int, typer.Option(min=1, help="Clients that ask each host at once.")] = 4,
    seconds: Annotated[float, typer.Option(min=1, help="Length of each round.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of one host, then of both.")] = 3,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Two API hosts over one PostgreSQL beside one, each on a core of its own: questions a second."""
    from eval.bench import hosts as beside

    done = 0
    with progress("bench", "steps") as update:

        def say(step: str) -> None:
            nonlocal done
            done += 1
            update(min(done, rounds + 2), rounds + 2)

        figures = beside.measure(load_settings(config), url, documents, clients, seconds, rounds, say)
    report = {"conditions": _conditions(), **figures}
    emit(report) if as_json else _figures(report)


def _figures(report: dict[str, Any]) -> None:
    for name, value in report.items():
        print(f"{name:<30}{value if not isinstance(value, dict) else ''}")
        for key, one in value.items() if isinstance(value, dict) else ():
            print(f"  {key:<28}{one}")


def _sizes(rows: str) -> list[int]:
    try:
        sizes = [int(part) for part in rows.split(",")]
    except ValueError as exc:
        raise InputError(f"{rows!r} is not a list of numbers.", field="--rows", fix="Example: 10000,100000.") from exc
    if min(sizes) < 1000:
        raise InputError("fewer than 1,000 passages say nothing.", field="--rows", fix="Example: 10000,100000.")
    return sizes


def _conditions() -> dict[str, object]:
    """What the figures depend on besides the code."""
    return {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "faiss": version("faiss-cpu"),
        "numpy": version("numpy"),
    }


def _table(size: dict[str, Any]) -> None:
    print(f"\n{size['passages']:,} passages")
    heads = f"{'p50 ms':>10}{'p99 ms':>10}{'recall':>8}{'× ours':>9}{'add ms':>9}{'del ms':>9}{'bytes':>8}  seen, gone"
    print(f"  {'engine':<18}{heads}")
    for row in size["engines"]:
        seen, gone = row["visible"], row["gone"]
        print(
            f"  {row['engine']:<18}{row['p50_ms']:>10.3f}{row['p99_ms']:>10.3f}{row['recall']:>8.3f}"
            f"{row['slower_than_xiansou']:>9.1f}{row['add_ms']:>9.3f}{row['delete_ms']:>9.3f}{row['bytes_a_passage']:>8}"
            f"  {seen['true']}/{seen['true'] + seen['false']} {gone['true']}/{gone['true'] + gone['false']}"
        )
    writes, churn, durable = size["under_writes"], size["churn"], size["durable"]
    print(f"  search beside 50 documents/s: p99 × {writes['p99_ratio']:.2f} of idle ({writes['p99_idle_ms']:.2f} ms)")
    print(f"  recall after {churn['share']:.0%} churn: {churn['recall_after']:.4f} (loss {churn['loss']:.4f})")
    print(f"  durable put {durable['put_ms']:.2f} ms, × {durable['put_ratio']:.2f} of bare SQLite; ", end="")
    print(f"delete {durable['delete_ms']:.2f} ms, × {durable['delete_ratio']:.2f}")
    for name, times in size["visibility"].items():
        print(f"  {name} at the next search, two processes: {times['true']} true, {times['false']} false")
    print(
        f"  cold start {size['cold_start']['ledger_s']} s from the ledger, {size['cold_start']['snapshot_s']} s from a snapshot"
    )


def _ranking_table(row: dict[str, Any]) -> None:
    print(f"\n{row['suite']}: {row['passages']:,} passages, {row['questions']} questions; × {row['ratio']} of the better side")
    print(f"  {'':<24}{'nDCG@10':>9}{'recall@10':>11}{'p50 ms':>9}{'p99 ms':>9}")
    for name, metrics in row["methods"].items():
        ranked = f"{metrics['ndcg_at_10']:>9.4f}{metrics['recall_at_10']:>11.4f}"
        apart = f"  + re-ranker {metrics['rerank_p50_ms']:.2f}" if "rerank_p50_ms" in metrics else ""
        print(f"  {name:<24}{ranked}{metrics['p50_ms']:>9.2f}{metrics['p99_ms']:>9.2f}{apart}")
