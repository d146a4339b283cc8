"""Tickets of a help desk's JSON export: what was asked and publicly replied, without persons and internal notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.columns import is_chinese
from ingest.parse.normal import one_line
from ingest.parse.tables import labelled_lines
from ingest.parse.writer import Writer

_TITLES = ("subject", "title", "name", "summary")
_ASKED = ("description_text", "description", "question", "content")
_THREADS = ("comments", "conversations", "messages", "replies", "threads", "thread", "notes", "conversation_parts", "events")
_TEXTS = ("plain_body", "body_text", "body", "content", "text", "message")
_RESOLVED = ("resolution", "resolution_notes", "solution", "close_notes")
_PUBLIC = ("public", "is_public", "isPublic", "visible")
_PRIVATE = ("private", "is_private", "internal", "is_internal", "isPrivate", "isInternal")
_INNER_KINDS = ("note", "internal", "private", "private_note", "internal_note", "activity", "system")


def are_tickets(values: Sequence[object]) -> bool:
    """Whether every object of a list has a subject and a thread of messages."""
    return bool(values) and all(
        isinstance(value, Mapping) and _first(value, _TITLES) and _thread(value) is not None for value in values
    )


def write_tickets(writer: Writer, tickets: Sequence[Mapping[str, Any]]) -> None:
    """Each as a case: subject, description, what was replied in public, how it was solved."""
    for ticket in tickets:
        title = one_line(_first(ticket, _TITLES))
        chinese = is_chinese(str(ticket))
        hidden = 0
        lines = [("问题" if chinese else "Problem", title)]
        question = _plain(_first(ticket, _ASKED))
        seen = {title, question}
        lines += [("描述" if chinese else "Description", question)] if question and question != title else []
        for message in _thread(ticket) or ():
            text = _plain(_first(message, _TEXTS))
            if _is_private(message):
                hidden += 1
            elif text and text not in seen:
                seen.add(text)
                lines.append(("回复" if chinese else "Reply", text))
        if solved := _plain(_first(ticket, _RESOLVED)):
            lines.append(("解决方案" if chinese else "Resolution", solved))
        if hidden:
            writer.leave_out("internal notes", [f"{title}: {hidden}"])
        writer.line(title)
        text, cells = labelled_lines(lines)
        writer.block(text, "case", tight=True, header=title, group=writer.group(), fields=_fields(ticket), cells=cells)
    writer.leave_out("persons of tickets", dict.fromkeys(name for ticket in tickets for name in _persons(ticket)))


def _thread(ticket: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    for name in _THREADS:
        thread = ticket.get(name)
        if isinstance(thread, Mapping):  # `{"conversation_parts": {"conversation_parts": […]}}`
            thread = next((one for one in thread.values() if isinstance(one, list)), None)
        if isinstance(thread, list) and all(isinstance(one, Mapping) for one in thread):
            messages = [one for one in thread if _first(one, _TEXTS)]
            if messages or not thread:
                return messages
    return None


def _is_private(message: Mapping[str, Any]) -> bool:
    if any(message.get(name) is False for name in _PUBLIC) or any(message.get(name) is True for name in _PRIVATE):
        return True
    kinds = (message.get("type"), message.get("message_type"), message.get("part_type"), message.get("visibility"))
    return any(isinstance(kind, str) and kind.casefold() in _INNER_KINDS for kind in kinds)


def _persons(ticket: Mapping[str, Any]) -> Iterator[str]:
    for name, value in ticket.items():
        if isinstance(value, Mapping) and any(key in value for key in ("email", "phone")):
            yield name


def _fields(ticket: Mapping[str, Any]) -> dict[str, str]:
    fields = {"id": ticket.get("id"), "status": ticket.get("status"), "date": ticket.get("created_at")}
    return {name: str(value) for name, value in fields.items() if isinstance(value, str | int) and value != ""}


def _plain(text: str) -> str:
    from ingest.parse.markupcell import readable

    return readable(text)


def _first(value: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((text for name in names if isinstance(text := value.get(name), str) and text.strip()), "")
