"""Case libraries: tables of symptoms, causes and resolutions, recognised by column names in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest import columns
from ingest.roles import LEFT_OUT, role_of

_FILTER_LIMIT = 64  # characters; a longer value of an unknown column is text, nobody filters by it
_FIELDS = ("id", "code", *(name for name in columns.FIELDS if name not in ("id", "code")))
_SHOWN = ("code",)  # of the fields, those that a customer reads too


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a case table keeps what. `text`: columns that are shown, in the file's order; `fields`: position → name.

    `others`: columns that are shown and, where their values are short, can be filtered by as well. `left_out`: columns that
    are neither: persons, priorities, ratings, records.
    """

    title: int | None
    text: tuple[int, ...]
    fields: Mapping[int, str]
    others: Mapping[int, str] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()

    def roles(self, names: Sequence[str]) -> dict[str, str]:
        """Name of each column → what it was taken for."""
        roles_of = {i: f"field {name}" for i, name in {**self.others, **self.fields}.items()}
        roles_of |= {i: role_of(names[i]) or "shown" for i in self.text} | dict.fromkeys(self.left_out, "left out")
        roles_of |= {self.title: "title"} if self.title is not None else {}
        return {names[i]: role for i, role in sorted(roles_of.items()) if i < len(names) and names[i]}


@dataclass(frozen=True, slots=True)
class Entry:
    """One case: (column, text) of what is shown, a header of id, title, product and version, its fields."""

    lines: tuple[tuple[str, str], ...]
    header: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """One labelled line a column."""
        return "\n".join(columns.label(name) + value for name, value in self.lines)


def find_columns(header: Sequence[str]) -> Columns | None:
    """The columns of a case table, or None. It needs a resolution with something it resolves, or a symptom with its cause."""
    if len(header) > columns.COLUMN_LIMIT:
        return None
    roles = [role_of(name) if name else "" for name in header]
    symptoms = [i for i, role in enumerate(roles) if role in ("symptom", "question")]
    titles = [i for i, role in enumerate(roles) if role == "title"]
    resolutions = _resolutions(roles, bool(symptoms or titles))
    has_cause = "cause" in roles
    if not (resolutions and (symptoms or has_cause or titles)) and not (symptoms and has_cause):
        return None
    title = titles[0] if titles else None
    # Further columns are text as well, unless they are values to filter by: what is in a case must be found.
    telling = {i for i, role in enumerate(roles) if role in ("symptom", "question", "cause", "resolution")} | {
        *titles[:1],
        *resolutions,
    }
    left_out = tuple(
        i for i, role in enumerate(roles) if role in (*LEFT_OUT, "forbidden", "ignore") and not _is_field(header[i])
    )
    further = columns.field_columns(header, {*telling, *left_out})
    fields = {i: name for i, name in further.items() if name in _FIELDS or roles[i] == "label"}
    text = tuple(
        i
        for i, name in enumerate(header)
        if name and i not in left_out
        and (i not in fields or fields[i] in _SHOWN or roles[i] == "show")
        and (i != title or not symptoms)
    )  # fmt: skip
    others = {i: name for i, name in further.items() if i not in fields}
    return Columns(title, text, fields, others, left_out)


def _resolutions(roles: Sequence[str], subject: bool) -> list[int]:
    """Where a ticket has no column of its own for it, what was answered is what solved it."""
    resolutions = [i for i, role in enumerate(roles) if role == "resolution"]
    return resolutions or (
        [i for i, role in enumerate(roles) if role == "answer"] if subject and "question" not in roles else []
    )


def _is_field(name: str) -> bool:
    return columns.field_of(name) in _FIELDS or columns.mapped_role(name) not in ("", "ignore")


def read_entry(roles: Columns, header: Sequence[str], row: Sequence[str]) -> Entry | None:
    """The row's case, or None for a row without text."""
    lines = tuple((header[i], value) for i in roles.text if (value := columns.cell(row, i)))
    if not lines:
        return None
    fields = columns.read_fields(row, roles.fields)
    others = columns.read_fields(row, roles.others)
    title = " ".join(columns.cell(row, roles.title).split())
    heads = [fields.get("id", ""), fields.get("code", ""), title, fields.get("product", ""), fields.get("version", "")]
    short = {name: value for name, value in others.items() if len(value) <= _FILTER_LIMIT and "\n" not in value}
    return Entry(lines, " · ".join(dict.fromkeys(filter(None, heads))), short | fields)
