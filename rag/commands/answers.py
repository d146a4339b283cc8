"""`answers` and `replay`: what was answered, why, and the same once more."""

from __future__ import annotations

import time
from typing import Annotated, get_args

import typer

from rag.domain import Status
from rag.errors import InputError
from rag.runtime.console import PARTLY, WRONG, ConfigOption, JsonOption, emit, load_settings

answers = typer.Typer(help="List, explain and remove answers that were given.", no_args_is_help=True)

AnswerArgument = Annotated[str, typer.Argument(metavar="ANSWER_ID")]


@answers.command("list")
def list_answers(
    status: Annotated[str | None, typer.Option(help="`answered`, `refused`, `clarify` or `chat`.")] = None,
    rated: Annotated[str | None, typer.Option(help="`up` or `down`: those that somebody rated so.")] = None,
    days: Annotated[float, typer.Option(min=0, help="Of the last so many days.")] = 36_500,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many.")] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List answers, newest first."""
    from rag.record.answers import Answers
    from rag.record.serializers import iso_time
    from rag.wiring import open_ledger

    ratings = {None: None, "up": 1, "down": -1}
    if rated not in ratings:
        raise InputError(f"{rated!r} is no rating.", field="--rated", fix="Take `up` or `down`.")
    if status is not None and status not in get_args(Status):
        raise InputError(f"{status!r} is no status.", field="--status", fix=f"Take one of {', '.join(get_args(Status))}.")
    book = Answers(open_ledger(load_settings(config)).engine)
    stored = book.page(status=status, rated=ratings[rated], since=time.time() - days * 86_400, limit=limit)
    if as_json:
        keys = ("conversation_id", "profile", "collection", "status", "reason", "question", "index_version", "cached_from")
        rows = [{key: getattr(one, key) for key in keys} | {"ratings": list(one.ratings)} for one in stored]
        ids = [{"answer_id": one.id, "created_at": iso_time(one.at)} for one in stored]
        emit({"answers": [place | rest for place, rest in zip(ids, rows, strict=True)]})
        return
    for one in stored:
        print(f"{one.id}\t{iso_time(one.at)}\t{one.reason or one.status}\t{one.question}")


@answers.command("show")
def show_answer(answer_id: AnswerArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Explain an answer: question, query, candidates with scores, prompt, the LLM's own words, feedback."""
    from rag.answering.explain import explain
    from rag.record.answers import Answers
    from rag.wiring import open_ledger

    ledger = open_ledger(load_settings(config))
    explained = explain(ledger.engine, Answers(ledger.engine).get(answer_id))
    if as_json:
        emit(explained)
        return
    answer = explained["answer"]
    print(
        f"{explained['created_at']}  {answer['status']}  {answer['reason'] or ''}  index version {explained['index_version']}"
    )
    print(f"question  {explained['question']}\nquery     {explained['query']}")
    if (condensed := explained["condensed"]) and condensed["outcome"]:
        print(f"by LLM    {condensed['outcome']}; by the rules: {condensed['rules']}")
    print(f"\n{answer['answer']}\n")
    for one in explained["candidates"]:
        print(f"{one['probability']:.0%}  {one['document_id']} (version {one['version']}, passage {one['passage_id']})")
    for message in explained["prompt"]:
        print(f"\n{message['role']}:\n{message['content']}")
    if explained["raw"]:
        print(f"\nThe LLM wrote:\n{explained['raw']}")
    for one in explained["feedback"]:
        print(f"\n{one['rating']}  {one['reason'] or ''}  {one['comment'] or ''}  {one['correction'] or ''}")


@answers.command("rm")
def remove_answers(
    answer_ids: Annotated[list[str], typer.Argument(metavar="ANSWER_ID…")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove answers from the record, with their questions and feedback."""
    from rag.record.answers import Answers
    from rag.wiring import open_ledger

    removed = Answers(open_ledger(load_settings(config)).engine).remove(answer_ids)
    failed = [{"answer_id": key, "error": f"no answer {key!r}"} for key in answer_ids if key not in removed]
    if as_json:
        emit({"removed": removed, "failed": failed})
    for key in removed if not as_json else ():
        print(f"removed {key}")
    for failure in failed:
        typer.echo(f"failed  {failure['error']}", err=True)
    if failed:
        raise typer.Exit(PARTLY if removed else WRONG)


def replay(answer_id: AnswerArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Make an answer again from the library as it was, and show what differs; exit code 1 when something does."""
    from rag.answering.replay import replay_json
    from rag.wiring import open_application

    application = open_application(load_settings(config))
    result = application.memory.replay(application.memory.find(answer_id), application.answerer.make)
    if as_json:
        emit(replay_json(result))
    else:
        print(f"{'identical' if result.identical else 'not the same'} at index version {result.stored.index_version}")
        for one in result.differences:
            print(f"\n{one.part}:")
            print(one.diff or "\n".join((f"then  {one.then}", f"now   {one.now}")))
    if not result.identical:
        raise typer.Exit(PARTLY)
