"""`eval make-set`, `eval export`, `eval grade export|import`, `eval from-traffic`: question sets of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import InputError
from rag.runtime.console import PARTLY, ConfigOption, JsonOption, emit, load_settings, progress

_METHODS = ("faq", "heading", "cloze", "llm")
grade_app = typer.Typer(help="Two people grade answers without seeing whose they are.", no_args_is_help=True)


def mount(app: typer.Typer) -> None:
    """Adds the commands to `eval`."""
    app.command("make-set")(make_set)
    app.command("export")(export)
    app.command("from-traffic")(from_traffic)
    app.add_typer(grade_app, name="grade")


@grade_app.callback()
def root() -> None:
    """Two people grade answers without seeing whose they are."""


def make_set(
    out: Annotated[Path, typer.Option("--out", help="Question file to write; a suite of it is put beside it.")],
    limit: Annotated[int, typer.Option(min=1, help="Questions in all.")] = 200,
    per_document: Annotated[int, typer.Option(min=1, help="Questions of one document.")] = 3,
    methods: Annotated[str, typer.Option(help="Of faq, heading, cloze, llm, with commas between.")] = "faq,heading,cloze,llm",
    collection: Annotated[str | None, typer.Option(help="Only documents of this collection.")] = None,
    near_topic: Annotated[
        float, typer.Option("--near-topic", min=0, max=1, help="Share of them that is asked with its documents taken out.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Another seed draws other questions.")] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make questions of the library's own documents: by rules and, where an LLM is configured, as pairs a section."""
    from eval.make import near
    from eval.make.build import make, save
    from eval.make.sections import live_sections
    from rag.wiring import load_generator, open_ledger

    chosen = _methods(methods)
    settings = load_settings(config)
    ledger = open_ledger(settings)
    sections = live_sections(ledger.engine, collection)
    if not sections:
        raise InputError("the library is empty.", field="data_dir", fix="Run `xiansou ingest` first.")
    backend = load_generator(settings.generator) if "llm" in chosen else None
    with progress("questions", "questions") as update:
        result = make(
            sections, limit=limit, per_document=per_document, seed=seed, methods=chosen, backend=backend,
            timeout_s=settings.generator.timeout_s, progress=update,
        )  # fmt: skip
    rows = near.near_topic(result.rows, sections, ledger.engine, near_topic, seed) if near_topic else result.rows
    ledger.close()
    suite = save(rows, out)
    by_method = {m: sum(row["kind"] == m for row in result.rows) for m in chosen}
    notes = result.notes + (["no questions by an LLM: none is configured"] if "llm" in chosen and backend is None else [])
    for note in notes:
        print(f"note  {note}", file=sys.stderr)
    if as_json:
        figures = {"questions": len(result.rows), "by_method": by_method, "dropped": result.dropped, "notes": notes}
        figures["unanswerable"] = sum(row.get("answerable") is False for row in rows)
        emit(figures | {"file": str(out), "suite": str(suite)})
    else:
        kinds = ", ".join(f"{count} {name}" for name, count in by_method.items() if count)
        print(f"{len(result.rows)} questions ({kinds}) in {out}; suite {suite}")
        print("left out: " + (", ".join(f"{count} {why}" for why, count in sorted(result.dropped.items())) or "none"))
    if result.notes:
        raise typer.Exit(PARTLY)


def _methods(text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [name for name in chosen if name not in _METHODS]
    if unknown or not chosen:
        named = unknown[0] if unknown else ""
        raise InputError(f"there is no method `{named}`.", field="--methods", fix=f"There are {', '.join(_METHODS)}.")
    return chosen


def export(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS", help="A question file with answers.")],
    out: Annotated[Path, typer.Option("--out", help="JSON Lines file to write.")],
    as_json: JsonOption = False,
) -> None:
    """Write `{"context": [question, answer, …, question], "target": answer}`, the form that fine-tuning platforms take."""
    from eval.finetune import save
    from eval.items import load_questions

    written, without = save(load_questions(questions), out)
    if as_json:
        emit({"rows": written, "without_answer": without, "file": str(out)})
    else:
        print(f"{written} rows in {out}; {without} questions have no answer")


@grade_app.command("export")
def grade_export(
    source: Annotated[list[str], typer.Argument(metavar="SOURCE…", help="A question file, or kept runs (several are mixed).")],
    out: Annotated[Path, typer.Option("--out", help="New folder for the sheets.")],
    sample: Annotated[int | None, typer.Option(min=1, help="Grade so many only, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(help="Of the draw and of the orders.")] = 0,
    runs: Annotated[Path | None, typer.Option(help="Folder of kept runs; default: `eval/` below `data_dir`.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a CSV sheet for each of two graders; the key that says whose answer it is stays with you."""
    from eval import grade
    from eval.runs import find

    if len(source) == 1 and Path(source[0]).is_file():
        items = grade.items_of_set(Path(source[0]))
    else:
        root_ = runs or load_settings(config).data_dir / "eval"
        items = grade.items_of_runs([find(root_, name) for name in source])
    written = grade.export(items, out, sample=sample, seed=seed)
    if as_json:
        emit(written)
        return
    print(f"{written['items']} items in {out}: {', '.join(written['sheets'])}; keep {grade.KEY} from the graders")
    for name, help_ in grade.HELP.items():
        print(f"  {name}: {help_}")


@grade_app.command("import")
def grade_import(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of `grade export`, its sheets filled in.")],
    as_json: JsonOption = False,
) -> None:
    """Read both sheets: agreement in percent and as Cohen's kappa, means, and the items on which the two differ."""
    from eval import grade

    agreement = grade.read(folder)
    if as_json:
        emit(agreement)
        return
    for name, value in agreement["agreement"].items():
        print(f"{name:<10} agree {value['percent']} %, kappa {value['kappa']}, weighted {value['weighted_kappa']}")
    for origin, value in agreement["by_origin"].items():
        print(f"{origin}  correct {value['correct']:g}  supported {value['supported']:g}  ({value['items']} items)")
    for row in agreement["differ"]:
        print(f"differ  {row['item']}  {row['question']}")
    print(f"{agreement['accepted']} of {agreement['items']} accepted by both: {folder / 'accepted.jsonl'}")


def from_traffic(
    out: Annotated[Path, typer.Option("--out", help="Question file to write; what is still open goes beside it.")],
    days: Annotated[float, typer.Option(min=0.01, help="How far back.")] = 30,
    limit: Annotated[int, typer.Option(min=1, help="Questions in all, those with feedback first.")] = 500,
    collection: Annotated[str | None, typer.Option(help="Only questions to this collection.")] = None,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn kept answers and what people thought of them into a labelled set."""
    from eval.make.build import save
    from eval.traffic import sample
    from rag.wiring import open_ledger

    ledger = open_ledger(load_settings(config))
    sampled = sample(ledger.engine, days=days, limit=limit, collection=collection, seed=seed)
    ledger.close()
    suite = save(sampled.labelled, out, suite=bool(sampled.labelled))  # a suite without questions cannot be run
    open_file = out.with_suffix(".open.jsonl")
    save(sampled.open, open_file, suite=False)
    figures = {
        "labelled": len(sampled.labelled),
        "open": len(sampled.open),
        "answers_seen": sampled.seen,
        "repeats": sampled.repeats,
    }
    figures["stale"] = sampled.stale
    print("note  these are customers' own words: treat the files as personal data", file=sys.stderr)
    if as_json:
        emit(figures | {"file": str(out), "open_file": str(open_file), "suite": str(suite) if sampled.labelled else None})
        return
    print(f"{len(sampled.labelled)} labelled questions in {out}; {len(sampled.open)} still need their documents: {open_file}")
    print(f"of {sampled.seen} kept answers: {sampled.repeats} repeats, {sampled.stale} whose documents are gone")
