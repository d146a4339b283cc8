"""`eval run|list|report|compare|metrics`, and `reindex`, which lets nothing go live that measures worse."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.commands import sets
from rag.runtime.console import PARTLY, ConfigOption, JsonOption, emit, load_settings, progress

if TYPE_CHECKING:
    from eval.dataset import Suite
    from eval.run import Report
    from rag.settings import Settings

eval_app = typer.Typer(help="Measure retrieval and answers.", no_args_is_help=True)
_TELLING = 5  # questions below which a language or type is not printed apart
RunsOption = Annotated[Path | None, typer.Option(help="Folder of kept runs; default: `eval/` below `data_dir`.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a report for the browser here.")]


@eval_app.command()
def calibrate(
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="A suite whose documents are in the library.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct the live generation's probabilities by questions of its own; the service takes them at its next start."""
    from eval.calibrate import calibrate as correct
    from eval.dataset import load_suite
    from rag.wiring import open_application

    application = open_application(load_settings(config))
    calibrated = correct(load_suite(suite), application)
    application.close()
    if as_json:
        emit(asdict(calibrated))
    else:
        fitted = calibrated.calibration
        print(
            f"logit → {fitted.slope:.3f} · logit {fitted.offset:+.3f}, of {fitted.questions} questions; calibration error "
            f"{calibrated.error_before:.3f} → {calibrated.error_after:.3f} (by halves)"
        )
        if calibrated.curve:
            print("answer.max_wrong_rate  unanswerable questions answered  answerable questions refused  (by halves)")
        for row in calibrated.curve:
            print(f"{row.max_wrong_rate:>21}  {row.wrong_answer:>31.3f}  {row.false_refusal:>28.3f}")


@eval_app.callback()
def root() -> None:
    """Measure retrieval and answers."""


@eval_app.command()
def run(
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="A suite file, or a folder with corpus, queries and qrels.")],
    documents: Annotated[Path | None, typer.Option(help="The suite's documents, when they lie elsewhere.")] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep the suite's library here: the next run embeds nothing, a stopped one goes on.")
    ] = None,
    runs: RunsOption = None,
    only_retrieval: Annotated[bool, typer.Option("--only-retrieval", help="Do not answer: rank documents only.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask so many questions at most, the same ones every time.")] = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Let the configured LLM grade answers; also their perplexity.")
    ] = False,
    html: HtmlOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a suite's questions against its documents, in a library of its own; the run is kept."""
    from eval.dataset import load_suite

    settings = load_settings(config)
    loaded = load_suite(suite, documents).limited(limit)
    options = {"only_retrieval": only_retrieval, "limit": limit, "judge": judge}
    report, kept = _measure(settings, loaded, options, keep, runs or settings.data_dir / "eval")
    print(f"kept as {kept}", file=sys.stderr)
    if html:
        from eval.report import write
        from eval.runs import load

        write(html, load(kept))
    if as_json:
        emit(report.as_dict() | {"run": kept.name, "folder": str(kept)})
    else:
        _print(report, loaded.metrics)
    if report.failed_thresholds:
        raise typer.Exit(PARTLY)


def _measure(settings: Settings, suite: Suite, options: dict[str, Any], keep: Path | None, root: Path) -> tuple[Report, Path]:
    """Ingests, asks and keeps the run, in a library of its own."""
    from eval.judge import Judge
    from eval.library import own_library
    from eval.measure import measure
    from rag.wiring import load_generator

    with own_library(settings, keep) as application:
        judge = Judge(load_generator(settings.generator), settings.generator) if options["judge"] else None
        report, kept = measure(application, suite, options, root, keep, judge)
    for failure in report.ingest.failed:
        print(f"failed  {failure['source']}: {failure['error']}", file=sys.stderr)
    return report, kept


def _print(report: Report, chosen: tuple[str, ...]) -> None:
    from eval.names import SHORT

    print(f"{report.suite}: {report.ingest.sentence()}")
    for name, value in report.metrics.items():
        if name in (chosen or SHORT):
            low, high = report.all.intervals.get(name, (value, value))
            print(f"  {name:<15} {value:g}" + (f"  [{low:g}, {high:g}]" if low != high else ""))
    for title, groups in (("language", report.languages), ("type", report.types)):
        groups = {name: summary for name, summary in groups.items() if summary.metrics["questions"] >= _TELLING}
        for name, summary in groups.items() if len(groups) > 1 else ():
            shown = ("recall_at_5", "ndcg_at_10", "mrr", "first_citation", "false_refusal", "wrong_answer")
            values = "  ".join(f"{key} {summary.metrics[key]:g}" for key in shown if key in summary.metrics)
            print(f"{title} {name} ({summary.metrics['questions']:g}): {values}")
    for note in report.notes:
        print(f"note  {note}", file=sys.stderr)
    for line in report.failed_thresholds:
        print(f"below threshold  {line}")


@eval_app.command("list")
def list_runs(runs: RunsOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Kept runs, oldest first, with their configuration's fingerprint."""
    from eval.runs import every

    root_ = runs or load_settings(config).data_dir / "eval"
    names = ("id", "suite", "date", "fingerprint", "passed", "metrics", "options", "seconds")
    rows: list[dict[str, Any]] = [{name: kept.get(name) for name in names} for kept in every(root_)]
    if as_json:
        emit({"runs": rows, "folder": str(root_)})
        return
    for row in rows:
        shown = [f"{n} {row['metrics'][n]:g}" for n in ("recall_at_5", "ndcg_at_10", "first_citation") if n in row["metrics"]]
        print(f"{row['id']}  {row['fingerprint']}  {'passed' if row['passed'] else 'failed'}  {'  '.join(shown)}")
    if not rows:
        print(f"no runs in {root_}")


@eval_app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the start of one, or `latest`.")],
    html: Annotated[Path, typer.Option("--html", help="Where to write it.")] = Path("report.html"),
    runs: RunsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """A kept run as a page for the browser."""
    from eval.report import write
    from eval.runs import find

    kept = find(runs or load_settings(config).data_dir / "eval", name)
    write(html, kept)
    emit({"run": kept.id, "html": str(html)}) if as_json else print(f"written: {html}")


@eval_app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A run's id, the start of one, its folder, `latest`, `latest~1`.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The run that is held against it.")],
    suite: Annotated[
        Path | None, typer.Option(help="Then A and B are settings files: each is measured on this suite first.")
    ] = None,
    documents: Annotated[Path | None, typer.Option(help="The suite's documents, when they lie elsewhere.")] = None,
    only_retrieval: Annotated[bool, typer.Option("--only-retrieval", help="With --suite: do not answer.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="With --suite: ask so many questions at most.")] = None,
    keep: Annotated[Path | None, typer.Option(help="With --suite: keep the two libraries here.")] = None,
    html: HtmlOption = None,
    runs: RunsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Two runs question by question: wins, losses, significance, and the questions that flipped."""
    from eval.compare import compare as compare_runs
    from eval.report import write
    from eval.runs import find

    root_ = runs or load_settings(config).data_dir / "eval"
    if suite is not None:
        options = {"only_retrieval": only_retrieval, "limit": limit, "judge": False}
        a, b = (
            _measured(Path(name), suite, documents, options, keep and keep / side, root_) for side, name in (("a", a), ("b", b))
        )
    one, other = find(root_, a), find(root_, b)
    comparison = compare_runs(one, other)
    if html:
        write(html, one, other, comparison)
    if as_json:
        emit(comparison)
        return
    print(f"A {one.id}\nB {other.id}\n{comparison['questions']} questions in both")
    for differs in comparison["differences"]:
        print(f"  {differs['setting']}: {differs['a']} → {differs['b']}")
    print(
        f"  {'metric':<20}{'A':>9}{'B':>9}{'B − A':>9}  {'95 % interval':<20}{'won':>5}{'lost':>6}  p (permutation, Wilcoxon)"
    )
    for row in comparison["metrics"]:
        low, high = row["interval"]
        chance = "–" if row["permutation"] is None else f"{row['permutation']:.4f}, {row['wilcoxon']:.4f}"
        print(
            f"  {row['metric']:<20}{row['a']:>9.4g}{row['b']:>9.4g}{row['difference']:>+9.4g}  "
            f"{f'[{low:+.4f}, {high:+.4f}]':<20}{row['wins']:>5}{row['losses']:>6}  {chance}"
        )
    for flip in comparison["flipped"]:
        print(
            f"{'won ' if flip['won'] else 'lost'}  {flip['id']}  {flip['a']['verdict']} → {flip['b']['verdict']}  "
            f"{flip['question']}"
        )
    if html:
        print(f"written: {html}", file=sys.stderr)


def _measured(config: Path, suite: Path, documents: Path | None, options: dict[str, Any], keep: Path | None, root: Path) -> str:
    """Measures one configuration; returns the folder of its run."""
    from eval.dataset import load_suite

    loaded = load_suite(suite, documents).limited(options["limit"])
    return str(_measure(load_settings(config), loaded, options, keep, root)[1])


@eval_app.command()
def metrics(as_json: JsonOption = False) -> None:
    """Names of all metrics, for a suite's thresholds, and what each means."""
    from eval.names import AT, ONE

    descriptions = {f"{name}_at_K": text for name, text in AT.items()} | ONE
    if as_json:
        emit({"metrics": descriptions})
        return
    for name, text in descriptions.items():
        print(f"{name:<20}{text}")


sets.mount(eval_app)


def reindex(
    embedding: Annotated[str | None, typer.Option(help="Embedding model to build with; default: the settings'.")] = None,
    suite: Annotated[Path | None, typer.Option(help="Suite that must pass; default: `reindex.suite`.")] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Make the former generation live again.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Rebuild even when nothing changed.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the next generation of the index beside the live one, check it, and swap; edits and questions go on meanwhile."""
    import ingest.reindex as job
    from eval.gate import gate
    from ingest.reindex import noted
    from rag.wiring import open_application

    settings = load_settings(config, embedding__model=embedding)
    checks = gate(suite or (Path(settings.reindex.suite) if settings.reindex.suite else None))
    application = open_application(settings, rebuilding=True)
    try:
        with noted(application.ledger.engine) as tell, progress("reindex", "documents") as update:
            outcome = (
                job.rollback(application, progress=update)
                if rollback
                else job.reindex(application, checks, force=force, progress=update)
            )
            tell(outcome.state, outcome.gate)
    finally:
        application.close()
    for reason in outcome.gate:
        print(f"refused: {reason}", file=sys.stderr)
    if as_json:
        emit(asdict(outcome))
    else:
        print(
            f"{outcome.state}: generation {outcome.generation}, {outcome.documents} documents, {outcome.embedded} passages "
            f"embedded in {outcome.seconds:.1f} s; index version {outcome.index_version}"
        )
        if outcome.reread or outcome.masked:
            print(
                f"{outcome.reread} documents were read again by the rules that are set now; {outcome.masked} are kept masked "
                "only: ingest their files to apply other rules to them"
            )
    if outcome.state == "refused":
        raise typer.Exit(PARTLY)
