"""Collects the normalised text of a document that has no text of its own (HTML, PDF, DOCX, tables) with its spans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ingest import faq
from ingest.parse.normal import normalise, one_line
from ingest.parse.pairs import pair
from ingest.parse.slots import Line, line
from ingest.parse.tables import answer_text, moved, records, write_table
from rag.domain import Block, Kind, Parsed
from rag.domain.statement import Cell

_INTRODUCES = re.compile(
    r"下表|下列|如下|以下|见表|上表|表\s?\d|[:：][*_]*$|\b(?:following|below|as follows|this table|the table|table \d)\b",
    re.IGNORECASE,
)
_INTRO_LIMIT = 200
_COLUMNS_LISTED = 100


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
        self.markdown = False
        self._on_block = False
        self._strong: dict[int, int] = {}
        self._left_out: dict[str, dict[str, None]] = {}
        self._columns: dict[str, str] = {}

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
        cells: Sequence[Cell] = (),
        above: str = "",
        lead: str = "",
        strong: int = 0,
    ) -> None:
        """A block of already normalised text. `mark` (a bullet) stands before the span; `tight`: no blank line above.

        `cells`: spans from the start of the text. `strong`: length of the bold text that it begins with.
        """
        if not text:
            return
        self._bare_heading = None
        start = self._write(mark + text, "\n" if tight else "\n\n") + len(mark)
        merged = {**self.fields, **(fields or {})}
        placed = tuple(moved(cells, start))
        if strong:
            self._strong[start] = start + strong
        self._blocks.append(
            Block(start, self._length, kind, self.section, header, group, tuple(keys), merged, placed, above, lead)
        )
        self._on_block = True

    def table(
        self,
        rows: Sequence[Line],
        heads: int | None = None,
        fields: Mapping[str, str] | None = None,
        *,
        labelled: bool = False,
        lead: str = "",
    ) -> tuple[str, ...]:
        """A table, see `ingest.parse.tables.write_table`; returns the names of its columns."""
        return write_table(self, rows, heads=heads, labelled=labelled, lead=lead, fields=fields)

    def plain_table(self, rows: Sequence[Sequence[str]], heads: int | None = None) -> None:
        """A table without merged cells."""
        self.table([line(row) for row in rows], heads)

    def records(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Data rows under names that are known: FAQ and case entries, others `column: value; column: value`."""
        records(self, [one_line(name) for name in header], rows)

    def keep_with(self, group: int) -> None:
        """The block just written, a table's caption, goes with that table."""
        if self._blocks and self._on_block:
            self._blocks[-1] = replace(self._blocks[-1], group=group)

    def introduced(self, group: int) -> str:
        """The sentence directly above that introduces the table written next, kept with it in one group; '' for none."""
        last = self._blocks[-1] if self._blocks and self._on_block else None
        if last is None or last.kind != "text" or last.end - last.start > _INTRO_LIMIT or last.section != self.section:
            return ""
        text = "".join(self._parts[-1:])[-(last.end - last.start) :]
        if not introduces(text):
            return ""
        self._blocks[-1] = replace(last, group=group)
        return text

    def leave_out(self, kind: str, what: Iterable[str]) -> None:
        """Notes what of the document is not part of its text, told as `metadata["left_out"][kind]`."""
        if items := [one for one in what if one]:
            self._left_out.setdefault(kind, {}).update(dict.fromkeys(items))

    def tell_columns(self, roles: Mapping[str, str]) -> None:
        """Notes what the columns of a table were taken for, told as `metadata["columns"]`."""
        for name, role in roles.items():
            if name and len(self._columns) < _COLUMNS_LISTED:
                self._columns.setdefault(name, role)

    def faq(self, entry: faq.Entry, fields: Mapping[str, str] | None = None) -> None:
        """The answer of a FAQ entry whose question line was just written."""
        text, cells = answer_text(entry)
        self.block(
            text,
            "faq",
            tight=True,
            header=entry.question,
            group=self.group(),
            keys=entry.phrasings,
            fields={**(fields or {}), **entry.fields},
            cells=cells if len(cells) > 1 or entry.name else (),
        )

    def embed(self, inner: Parsed) -> None:
        """Another document's text and blocks, below the open section."""
        if not inner.blocks:
            return
        self._bare_heading = None
        self.markdown |= inner.markdown
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
                    cells=tuple(moved(block.cells, shift)),
                )
            )
        self.tell_columns(dict(inner.metadata.get("columns", {})))
        for kind, what in dict(inner.metadata.get("left_out", {})).items():
            self.leave_out(kind, what)

    def parsed(self, metadata: Mapping[str, Any] | None = None) -> Parsed:
        """What was collected. Headings with nothing below them count as text, for some say all in one line."""
        self._flush_heading(0)
        if not self._blocks and self._length:
            self._blocks.append(Block(0, self._length))
        about = dict(metadata or {})
        if self._left_out:
            about["left_out"] = {kind: list(what) for kind, what in self._left_out.items()}
        if self._columns:
            about["columns"] = dict(self._columns)
        return pair(Parsed("".join(self._parts), tuple(self._blocks), self.title, about, self.markdown), self._strong)

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
        self._on_block = False
        self._parts.append(text)
        self._length += len(text)
        return start


def introduces(text: str) -> bool:
    """Whether a paragraph of one sentence says what the table below it is."""
    text = text.strip(" *_")
    ends = re.findall(r"[。！？!?]|\.(?=\s|$)", text[:-1])
    return bool(text) and len(ends) < 2 and _INTRODUCES.search(text) is not None
