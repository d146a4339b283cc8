"""Writes a table: FAQ and case entries where its columns are of that kind, else row by row under the names of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ingest import cases, columns, faq, published
from ingest.parse import removed
from ingest.parse.normal import normalise, one_line
from ingest.parse.shape import Row, Shape, shape
from ingest.parse.slots import Line, Slot, filled, line, texts
from rag.domain.statement import Cell

if TYPE_CHECKING:
    from ingest.parse.writer import Writer

_ENTRY_LEVEL = 9
"""Of the section that a FAQ entry's title opens."""
Fields = Mapping[str, str]


def write_table(
    writer: Writer,
    rows: Sequence[Line],
    *,
    heads: int | None = None,
    labelled: bool = False,
    lead: str = "",
    fields: Fields | None = None,
) -> tuple[str, ...]:
    """Writes the rows of one table and returns the names of its columns.

    Args:
        heads: how many of the first rows are its header; None where nothing says so.
        labelled: `name: value; name: value` for each row, as a data file is read; else `value | value` under the header.
        lead: its caption, already written.
        fields: of every block.
    """
    table = shape(rows, heads)
    titles = [normalise(title.text) for title in table.titles]
    for title in titles:
        writer.block(title, fields=fields)
    group = writer.group()
    if lead or table.titles:
        writer.keep_with(group)
    lead = lead or "\n".join(titles) or writer.introduced(group)
    plain = (texts(row.slots, table.columns) for row in table.rows if not row.is_section and not row.is_note)
    if entries(writer, table.header, plain, fields, table.faq):
        return table.header
    _Table(writer, table, group, labelled, lead, fields).write()
    return table.header


def records(writer: Writer, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows of data that have their columns' names with them, as JSON has."""
    if not entries(writer, header, rows, None):
        cells = [line(row) for row in rows]
        names = tuple((name,) if name else () for name in header)
        table = Shape((), tuple(header), names, tuple(Row(row) for row in cells if filled(row)), len(header))
        _Table(writer, table, writer.group(), True, "", None).write()


# -- entries -----------------------------------------------------------------------------------------------------------


def entries(
    writer: Writer,
    names: Sequence[str],
    rows: Iterable[Sequence[str]],
    fields: Fields | None,
    looked: faq.Columns | None = None,
) -> bool:
    """Writes the rows as FAQ or case entries when the columns say so; False when they are neither."""
    if (roles := faq.find_columns(names) or looked) is not None:
        writer.leave_out("columns", [names[i] for i in roles.left_out])
        writer.tell_columns(roles.roles())
        tables, public = faq.by_language(roles), _Public(writer, names)
        for row in rows:
            if not public.shows(row, roles.question):
                continue
            written = [entry for one in tables if (entry := faq.read_entry(one, row)) is not None]
            for entry in written:
                _faq(writer, entry, fields)
            if not written:
                _incomplete(writer, names, row, roles, fields)
        return True
    if (case_roles := cases.find_columns(names)) is not None:
        writer.leave_out("columns", [names[i] for i in case_roles.left_out])
        writer.tell_columns(case_roles.roles(names))
        public = _Public(writer, names, states=False)
        for row in rows:
            if not public.shows(row, case_roles.title if case_roles.title is not None else case_roles.text[0]):
                continue
            if (case := cases.read_entry(case_roles, names, row)) is not None:
                writer.line(case.header)
                text, cells = labelled_lines(case.lines)
                writer.block(
                    text, "case", tight=bool(case.header), header=case.header, group=writer.group(),
                    fields={**(fields or {}), **case.fields}, cells=cells,
                )  # fmt: skip
        return True
    return False


class _Public:
    """Which rows of a table are published; the others are told."""

    def __init__(self, writer: Writer, names: Sequence[str], *, states: bool = True) -> None:
        self._writer, self._names = writer, names
        self._marks = published.marks_of(names, states=states) if removed.is_on(removed.UNPUBLISHED) else {}

    def shows(self, row: Sequence[str], named_by: int) -> bool:
        reason = published.kept_back(self._marks, self._names, row) if self._marks else ""
        if reason:
            self._writer.leave_out("entries", [f"{one_line(columns.cell(row, named_by))} ({reason})"])
            removed.note(removed.UNPUBLISHED, 1)
        return not reason


def _faq(writer: Writer, entry: faq.Entry, fields: Fields | None) -> None:
    if entry.title:
        writer.heading(entry.title, _ENTRY_LEVEL)
    writer.line(entry.question)
    writer.faq(entry, fields)
    if entry.title:
        writer.close(_ENTRY_LEVEL)


def _incomplete(writer: Writer, names: Sequence[str], row: Sequence[str], roles: faq.Columns, fields: Fields | None) -> None:
    """A row without a question or without an answer is text all the same; a title over it is its section."""
    title = columns.cell(row, roles.title)
    left = {*roles.left_out, *([roles.title] if roles.title is not None and columns.cell(row, roles.answer) else [])}
    kept = [(names[i] if i < len(names) else "", cell) for i, cell in enumerate(row) if i not in left]
    if title and roles.title in left:
        writer.heading(title, _ENTRY_LEVEL)
    text, cells = labelled_cells([name for name, _ in kept], line([cell for _, cell in kept]))
    writer.block(text, "table", fields=fields, cells=cells)
    if title and roles.title in left:
        writer.close(_ENTRY_LEVEL)


def answer_text(entry: faq.Entry) -> tuple[str, list[Cell]]:
    """A FAQ entry's answer with the further texts below it, each behind the name of its column."""
    text, cells = labelled_lines([("", entry.answer), *entry.further])
    if cells:
        cells[0] = Cell(cells[0].start, cells[0].end, (entry.name,) if entry.name else (), cells[0].value)
    return text, cells


def labelled_lines(lines: Sequence[tuple[str, str]]) -> tuple[str, list[Cell]]:
    """A labelled line for each (name, value), with the cells that they are."""
    parts, cells, at = list[str](), list[Cell](), 0
    for name, value in lines:
        if not (value := normalise(value)):
            continue
        label = columns.label(name)
        start = at + len(label)
        cells.append(Cell(start, start + len(value), (name,) if name else (), value))
        parts.append(label + value)
        at = start + len(value) + 1
    return "\n".join(parts), cells


# -- rows --------------------------------------------------------------------------------------------------------------


class _Table:
    """Rows that are neither FAQ nor cases, one block each."""

    def __init__(self, writer: Writer, table: Shape, group: int, labelled: bool, lead: str, fields: Fields | None) -> None:
        self.writer, self.table, self.group, self.lead, self.fields = writer, table, group, lead, fields
        self.labels = labelled and bool(table.header)
        self.title_row = "" if self.labels else " | ".join(filter(None, map(one_line, table.header)))
        self.leads = _labels(table.header) if self.labels and len(table.rows) > 1 else None
        self.tight = False

    def write(self) -> None:
        if self.title_row:
            self.writer.line(self.title_row)
            self.tight = True
        for row in self.table.rows:
            if row.is_section:
                self.writer.line(one_line(filled(row.slots)[0].text), tight=self.tight)
            elif row.is_note:
                self._block(*_barred(filled(row.slots)[:1], ()), row)
            elif self.table.is_form:
                self._form(row)
            elif self.labels:
                self._block(*labelled_cells(self.table.header, row.slots, self.table.names, self.leads), row)
            else:
                self._block(*_barred(row.slots, self.table.names), row)
            self.tight = True

    def _form(self, row: Row) -> None:
        slots = filled(row.slots)
        for number in range(0, len(slots), 2):
            self._block(*_barred(slots[number : number + 2], ()), row)

    def _block(self, text: str, cells: list[Cell], row: Row) -> None:
        header = "\n".join(filter(None, (self.title_row, row.above)))
        self.writer.block(
            text, "table", tight=self.tight, header=header, group=self.group, fields=self.fields,
            cells=cells, above=row.above, lead=self.lead,
        )  # fmt: skip
        self.tight = True


def _barred(slots: Sequence[Slot], names: Sequence[tuple[str, ...]]) -> tuple[str, list[Cell]]:
    """`value | value`, and its cells."""
    pairs = [(slot, one_line(slot.text)) for slot in slots]
    while pairs and not pairs[-1][1]:
        pairs.pop()
    first = next((i for i, (_, text) in enumerate(pairs) if text), 0)
    parts, cells, at = list[str](), list[Cell](), 0
    for slot, text in pairs[first:]:
        if text:
            cells.append(Cell(at, at + len(text), names_of(slot, names), text))
        parts.append(text)
        at += len(text) + 3
    return " | ".join(parts), cells


def labelled_cells(
    header: Sequence[str],
    row: Line,
    names: Sequence[tuple[str, ...]] | None = None,
    labels: Sequence[tuple[str, str]] | None = None,
) -> tuple[str, list[Cell]]:
    """One data row as readable text: `name: value; name: value`, full-width marks after Chinese names, and its cells.

    `labels`: what `_labels` gives of the header, for a table of many rows.
    """
    parts, cells, at = list[str](), list[Cell](), 0
    for slot in row:
        if not slot.text or not (value := normalise(slot.text)):
            continue
        name = header[slot.first] if slot.first < len(header) else ""
        if labels is not None and name:
            lead = labels[slot.first][1 if parts else 0]
        else:
            lead = (columns.joint(name or value) if parts else "") + columns.label(name)
        start = at + len(lead)
        at = start + len(value)
        own_names = names_of(slot, names) if names is not None else ((name,) if name else ())
        cells.append(Cell(start, at, own_names, value))
        parts.append(lead + value)
    return "".join(parts), cells


def _labels(header: Sequence[str]) -> list[tuple[str, str]]:
    """By column, what stands before its value at the beginning of a row and behind another value."""
    return [(label := columns.label(name), columns.joint(name) + label) for name in header]


def names_of(slot: Slot, names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The header cells above a slot; over several columns, those that all of them have."""
    if slot.width == 1:
        return names[slot.first] if slot.first < len(names) else ()
    over = [names[i] for i in range(slot.first, min(slot.first + slot.width, len(names)))]
    if not over:
        return ()
    return over[0] if len(over) == 1 else tuple(name for name in over[0] if all(name in one for one in over)) or over[0]


def moved(cells: Sequence[Cell], shift: int) -> list[Cell]:
    return [Cell(cell.start + shift, cell.end + shift, cell.names, cell.value) for cell in cells]
