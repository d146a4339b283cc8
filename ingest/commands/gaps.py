"""`xiansou gaps`: what people ask and the documents do not answer; accept an answer, or dismiss."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from rag.runtime.console import PARTLY, ConfigOption, JsonOption, emit, load_settings

gaps = typer.Typer(help="What people ask and the documents do not answer.", invoke_without_command=True)

GapArgument = Annotated[str, typer.Argument(metavar="GAP_ID")]
_DAYS = typer.Option(min=1, max=36_500, help="Of the last so many days.")
_DECIDED = typer.Option("--decided", help="Also those that were accepted or dismissed.")
_LIMIT = typer.Option(min=1, max=1000, help="At most this many.")


@gaps.callback()
def list_gaps(
    context: typer.Context,
    days: Annotated[int, _DAYS] = 90,
    decided: Annotated[bool, _DECIDED] = False,
    limit: Annotated[int, _LIMIT] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Unanswered and badly rated questions in groups, the most asked first."""
    if context.invoked_subcommand is not None:
        return
    from rag.gaps import find_gaps, gap_json, nearest
    from rag.wiring import open_application

    application = open_application(load_settings(config))
    gaps = find_gaps(application, days=days, every_state=decided)
    shown = [gap_json(gap) | {"nearest": nearest(application, gap)} for gap in gaps[:limit]]
    if as_json:
        emit({"gaps": shown, "total": len(gaps)})
        return
    for row in shown:
        print(f"{row['count']:>5}×  {row['name']}  ({row['gap_id']}, {row['state']})")
        print(f"        {', '.join(row['keywords'])}; {row['first_seen'][:10]} to {row['last_seen'][:10]}")
        for one in row["nearest"][:1]:
            print(f"        nearest: {one['document_id']} ({one['probability']:.0%})")


@gaps.command("show")
def show_gap(gap_id: GapArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show a gap's questions, the nearest documents, and a draft of an answer where there is one."""
    from rag.gaps import draft, find_gap, gap_json, nearest
    from rag.wiring import open_application

    application = open_application(load_settings(config))
    gap = find_gap(application, gap_id)
    reply = gap_json(gap) | {"nearest": nearest(application, gap), "draft": draft(application, gap)}
    if as_json:
        emit(reply)
        return
    print(f"{gap.name}  ({gap.state}; asked {len(gap.members)} times)")
    for question in gap.questions[1:]:
        print(f"  {question}")
    for one in reply["nearest"]:
        print(f"nearest: {one['document_id']} ({one['probability']:.0%})")
    if reply["draft"]:
        print(f"\ndraft ({reply['draft']['source']}):\n{reply['draft']['answer'] or 'the documents hold no evidence'}")


@gaps.command("accept")
def accept_gap(
    gap_id: GapArgument,
    answer: Annotated[str, typer.Option(help="The text that answers these questions.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an answer as a FAQ document, and ask the gap's questions again; exit code 1 when some stay unanswered."""
    from ingest.pipeline import Pipeline
    from rag.gaps import accepted, faq_document, find_gap
    from rag.wiring import open_application

    settings = load_settings(config)
    application = open_application(settings)
    gap = find_gap(application, gap_id)
    written = Pipeline(application.ledger, application.views.writing, settings).put(faq_document(gap, answer))
    retried = accepted(application, gap, written.document_id)
    if as_json:
        place = {"document_id": written.document_id, "version": written.version, "index_version": written.index_version}
        emit({"gap_id": gap.id, **place, **asdict(retried)})
    else:
        print(f"published {written.document_id} (index version {written.index_version}); {retried.answered} of {retried.asked}")
        print(f"questions are answered now, {retried.from_document} of them from it")
        for question in retried.still_open:
            print(f"still open: {question}")
    if retried.still_open:
        raise typer.Exit(PARTLY)


@gaps.command("dismiss")
def dismiss_gap(gap_id: GapArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """These questions shall not be answered: do not show them again."""
    from rag.gaps import dismiss, find_gap
    from rag.wiring import open_application

    application = open_application(load_settings(config))
    dismiss(application, find_gap(application, gap_id))
    if as_json:
        emit({"gap_id": gap_id, "state": "dismissed"})
    else:
        print(f"dismissed {gap_id}")
