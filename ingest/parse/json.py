"""JSON and JSON Lines: lists of objects become rows (FAQ and case entries where their keys say so), objects sections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.parse.articles import are_articles, find_articles, names_beside, write_articles
from ingest.parse.markupcell import readable
from ingest.parse.slots import line
from ingest.parse.tables import labelled_cells
from ingest.parse.tickets import are_tickets, write_tickets
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DEPTH_LIMIT = 20


def parse(text: str) -> Parsed:
    """Parses decoded JSON.

    Raises:
        ParseError: `broken` with the position of the error.
    """
    writer = Writer()
    _write(writer, _load(text, "The file"), 1)
    return writer.parsed()


def parse_lines(text: str) -> Parsed:
    """Parses decoded JSON Lines, one value a line; blank lines are skipped.

    Raises:
        ParseError: `broken` with the number of the line.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    writer = Writer()
    _write(writer, [_load(line, f"Line {number}") for number, line in lines], 1)
    return writer.parsed()


def _load(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        detail = f"{where} is not JSON: {exc.msg} (line {exc.lineno}, column {exc.colno})."
        raise ParseError(detail, code="broken", fix="Correct it, or send the text as a .txt file.") from exc
    except RecursionError as exc:
        raise ParseError(f"{where} is nested too deeply.", code="broken", fix="Flatten it to a list of objects.") from exc


def _write(writer: Writer, value: Any, level: int) -> None:
    if isinstance(value, list):
        objects = [item for item in value if isinstance(item, dict)]
        if objects and are_articles(objects):
            write_articles(writer, objects)
        elif objects and are_tickets(objects):
            write_tickets(writer, objects)
        elif objects:
            _rows(writer, objects)
        for item in value:
            if not isinstance(item, dict):
                writer.block(_scalar(item), "list", group=0) if not isinstance(item, list) else _write(writer, item, level)
    elif isinstance(value, dict) and (articles := find_articles(value)):
        write_articles(writer, articles, names_beside(value))
    elif isinstance(value, dict) and are_tickets([value]):
        write_tickets(writer, [value])
    elif isinstance(value, dict):
        simple = {key: item for key, item in value.items() if not _nested(item) or level > _DEPTH_LIMIT}
        names = list(simple)
        text, cells = labelled_cells(names, line([_scalar(simple[name]) for name in names]))
        writer.block(text, cells=cells)
        for key, item in value.items():
            if key not in simple:
                writer.heading(key, level)
                _write(writer, item, level + 1)
    else:
        writer.block(_scalar(value))


def _rows(writer: Writer, objects: Sequence[Mapping[str, Any]]) -> None:
    flat = [dict(_flattened(item)) for item in objects]
    header = list(dict.fromkeys(key for item in flat for key in item))
    writer.records(header, [[item.get(key, "") for key in header] for item in flat])


def _flattened(value: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Nested objects as dotted keys; lists of simple values as one value `a | b`, which a FAQ reads as phrasings."""
    if depth > _DEPTH_LIMIT or not _nested(value):
        yield prefix, _scalar(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _flattened(item, f"{prefix}.{key}" if prefix else str(key), depth + 1)
    else:
        for number, item in enumerate(value, 1):
            yield from _flattened(item, f"{prefix}.{number}", depth + 1)


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value))


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " | ".join(_scalar(item) for item in value)
    return readable(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
