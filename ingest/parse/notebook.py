"""Notebooks (.ipynb): text, code and results, as their readers see them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.parse import html, markdown
from ingest.parse.normal import normalise
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_CELL = frozenset("remove-cell remove_cell hide-cell hide_cell hidden skip internal".split())
_INPUT = frozenset("remove-input remove_input hide-input hide_input hide-code".split())
_OUTPUT = frozenset("remove-output remove_output hide-output hide_output".split())
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_OBJECT = re.compile(r"<[\w.]+(?: [\w.]+)*(?: at 0x[0-9a-f]+)?>")


def parse(text: str) -> Parsed:
    """Parses a decoded notebook. Raises ParseError `broken`."""
    try:
        notebook = json.loads(text)
        cells = (
            notebook["cells"] if "cells" in notebook else [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        )
        writer = Writer()
        for cell in cells:
            _cell(writer, cell)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise ParseError("The notebook is damaged.", code="broken", fix="Save it again, or export it as HTML.") from exc
    return writer.parsed()


def _cell(writer: Writer, cell: Mapping[str, Any]) -> None:
    about = cell.get("metadata") or {}
    tags = {str(tag) for tag in about.get("tags") or ()}
    jupyter = about.get("jupyter") or {}
    kind, source = cell.get("cell_type"), _joined(cell.get("source", cell.get("input", "")))
    if tags & _CELL or (about.get("slideshow") or {}).get("slide_type") == "skip":
        writer.leave_out("cells", [source.strip().partition("\n")[0][:80]])
        return
    if kind in ("markdown", "heading"):
        _markdown(writer, "#" * int(cell.get("level", 1)) + " " + source if kind == "heading" else source)
    elif kind == "code":
        if source.strip() and not (tags & _INPUT or jupyter.get("source_hidden")):
            writer.block("\n".join(line.rstrip() for line in source.splitlines()).strip("\n"), "code")
        if not (tags & _OUTPUT or jupyter.get("outputs_hidden")):
            for output in cell.get("outputs") or ():
                _output(writer, output)


def _markdown(writer: Writer, source: str) -> None:
    """Headings open the sections of what follows, in the cells below too."""
    for part in _parts(source):
        if match := re.match(r"(#{1,6})\s+(.+?)\s*#*\s*$", part):
            writer.heading(match[2], len(match[1]))
            writer.title = writer.title or match[2]
        elif part.strip():
            writer.embed(markdown.parse(part))


def _parts(source: str) -> Iterator[str]:
    """Headings, and what stands between them; `#` inside code is none."""
    held: list[str] = []
    fenced = False
    for line in source.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not fenced and re.match(r"#{1,6}\s", line):
            yield "\n".join(held)
            yield line
            held = []
        else:
            held.append(line)
    yield "\n".join(held)


def _output(writer: Writer, output: Mapping[str, Any]) -> None:
    """A result in the form that is shown; what went wrong while it was made is none."""
    if output.get("output_type") == "stream":
        if output.get("name", output.get("stream", "stdout")) != "stderr":
            _plain(writer, _joined(output.get("text", "")))
        return
    if output.get("output_type") in ("error", "pyerr"):
        return
    data = output.get("data") or output
    for kind, write in (("text/markdown", _markdown), ("text/html", _html), ("text/latex", _plain), ("text/plain", _plain)):
        if text := _joined(data.get(kind, data.get(kind.partition("/")[2], ""))):
            write(writer, text)
            return


def _html(writer: Writer, source: str) -> None:
    writer.embed(html.parse_text(f"<main>{source}</main>"))


def _plain(writer: Writer, text: str) -> None:
    text = _COLOURS.sub("", text).strip("\n")
    if text.strip() and not _OBJECT.fullmatch(text.strip()):
        writer.block(
            normalise(text) if "\n" not in text.strip() else text.strip(), "text" if "\n" not in text.strip() else "code"
        )


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")
