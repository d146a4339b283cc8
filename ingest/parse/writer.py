"""Collects the normalised text of a document that has no text of its own (HTML, PDF, DOCX, tables) with its spans."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ingest import cases, columns, faq
from rag.domain import Block, Kind, Parsed

_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")
_LINE_EDGES = re.compile(r" ?\n ?")


def normalise(text: str) -> str:
    """Runs of spaces become one, lines lose their edges, blank lines fold into one, NUL and soft hyphens go."""
    text = text.replace("\x00", "").replace("\u00ad", "").replace("\u200b", "").replace("\ufeff", "")
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINE_EDGES.sub("\n", _BLANK_LINES.sub("\n\n", text)).strip()


def one_line(text: str) -> str:
    """The text on one line: a heading, a cell."""
    return " ".join(normalise(text).split())


class Writer:
    """Grows `Parsed.text` from top to bottom. Not for reuse after `parsed()`."""

    def __init__(self, title: str = "", fields: Mapping[str, str] | None = None) -> None:
        """`fields`: those of every block from now on; may be changed on the way (`writer.fields = …`)."""
        self.title = one_line(title)
        self.fields = dict(fields or {})
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._headings: list[tuple[int, str]] = []
        self._bare_heading: Block | None = None
        self._groups = 0

    def group(self) -> int:
        """A fresh group number."""
        self._groups += 1
        return self._groups - 1

    def heading(self, text: str, level: int, fields: Mapping[str, str] | None = None) -> None:
        """Opens a section. A heading that repeats the title is written but opens none.

        `fields` are those of the block that the heading becomes when nothing stands below it.
        """
        text = one_line(text)
        if not text:
            return
        self.close(level)
        start = self._write(text, "\n\n")
        if text == self.title and not self._headings:
            return
        self._bare_heading = Block(start, self._length, section=self.section, fields={**self.fields, **(fields or {})})
        self._headings.append((level, text))

    def close(self, level: int) -> None:
        """Ends the sections of this level and below."""
        self._flush_heading(level)
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()

    @property
    def section(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._headings)

    def line(self, text: str, *, tight: bool = False) -> None:
        """Text that a reader needs in place but that is not a block: a table's header row, a FAQ's question."""
        if text := normalise(text):
            self._write(text, "\n" if tight else "\n\n")

    def block(
        self,
        text: str,
        kind: Kind = "text",
        *,
        mark: str = "",
        tight: bool = False,
        header: str = "",
        group: int = -1,
        keys: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
    ) -> None:
        """A block of already normalised text. `mark` (a bullet) stands before the span; `tight`: no blank line above."""
        if not text:
            return
        self._bare_heading = None
        start = self._write(mark + text, "\n" if tight else "\n\n") + len(mark)
        told = {**self.fields, **(fields or {})}
        self._blocks.append(Block(start, self._length, kind, self.section, header, group, tuple(keys), told))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], fields: Mapping[str, str] | None = None) -> None:
        """A table as it stands in a page: FAQ and case tables by entry, others `cell | cell` under their header row."""
        names = [one_line(name) for name in header]
        if self.entries(names, rows, fields):
            return
        group, title_row = self.group(), " | ".join(filter(None, names))
        self.line(title_row)
        for number, row in enumerate(rows):
            cells = [one_line(cell) for cell in row]
            if any(cells):
                text = " | ".join(cells).strip(" |")
                tight = number > 0 or bool(title_row)
                self.block(text, "table", tight=tight, header=title_row, group=group, fields=fields)

    def records(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A data file's rows: FAQ and case entries, others `column: value; column: value`."""
        names = [one_line(name) for name in header]
        if self.entries(names, rows):
            return
        group = self.group()
        for number, row in enumerate(rows):
            self.block(labelled(names, row), "table", tight=number > 0, group=group)

    def entries(self, names: Sequence[str], rows: Sequence[Sequence[str]], fields: Mapping[str, str] | None = None) -> bool:
        """Writes the rows as FAQ or case entries when the columns say so; False when they are neither."""
        if (faq_columns := faq.find_columns(names)) is not None:
            for row in rows:
                if (entry := faq.read_entry(faq_columns, row)) is None:
                    self.block(labelled(names, row), "table", fields=fields)
                    continue
                self.line(entry.question)
                self.faq(entry, fields)
            return True
        if (case_columns := cases.find_columns(names)) is not None:
            for row in rows:
                if (case := cases.read_entry(case_columns, names, row)) is not None:
                    self.line(case.header)
                    self.block(
                        normalise(case.text),
                        "case",
                        tight=bool(case.header),
                        header=case.header,
                        group=self.group(),
                        fields={**(fields or {}), **case.fields},
                    )
            return True
        return False

    def faq(self, entry: faq.Entry, fields: Mapping[str, str] | None = None) -> None:
        """The answer of a FAQ entry whose question line was just written."""
        self.block(
            normalise(entry.answer),
            "faq",
            tight=True,
            header=entry.question,
            group=self.group(),
            keys=entry.phrasings,
            fields={**(fields or {}), **entry.fields},
        )

    def embed(self, inner: Parsed) -> None:
        """Another document's text and blocks, below the open section."""
        if not inner.blocks:
            return
        self._bare_heading = None
        shift, groups = self._write(inner.text, "\n\n"), self._groups
        for block in inner.blocks:
            if block.group >= 0:
                self._groups = max(self._groups, groups + block.group + 1)
            self._blocks.append(
                replace(
                    block,
                    start=block.start + shift,
                    end=block.end + shift,
                    section=self.section + block.section,
                    group=block.group + groups if block.group >= 0 else -1,
                    fields={**self.fields, **block.fields},
                )
            )

    def parsed(self, metadata: Mapping[str, Any] | None = None) -> Parsed:
        """What was collected. Headings with nothing below them count as text, for some say all in one line."""
        self._flush_heading(0)
        if not self._blocks and self._length:
            self._blocks.append(Block(0, self._length))
        return Parsed("".join(self._parts), tuple(self._blocks), self.title, dict(metadata or {}))

    def _flush_heading(self, level: int) -> None:
        if self._bare_heading is not None and self._headings and self._headings[-1][0] >= level:
            self._blocks.append(self._bare_heading)
        self._bare_heading = None

    def _write(self, text: str, separator: str) -> int:
        """Appends text and returns where it starts."""
        if self._parts:
            self._parts.append(separator)
            self._length += len(separator)
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        return start


def labelled(names: Sequence[str], row: Sequence[str]) -> str:
    """One data row as readable text: `name: value; name: value`, full-width marks after Chinese names."""
    parts: list[str] = []
    for number, cell in enumerate(row):
        if not (value := normalise(cell)):
            continue
        name = names[number] if number < len(names) else ""
        if parts:
            parts.append("；" if columns.is_chinese(name or value) else "; ")
        parts.append(columns.label(name) + value)
    return "".join(parts)
