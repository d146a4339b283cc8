"""Case libraries: tables of symptoms, causes and resolutions, recognised by column names in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest import columns

_SYMPTOMS = columns.names(
    "symptom,symptoms,problem,problem description,issue,issue description,description,error,"
    "现象,故障现象,问题现象,问题描述,故障描述,问题,症状,案例描述,描述,报错信息"
)
_CAUSES = columns.names(
    "cause,causes,root cause,reason,analysis,原因,故障原因,问题原因,根因,根本原因,原因分析,问题分析,可能原因"
)
_RESOLUTIONS = columns.names(
    "resolution,solution,solutions,fix,workaround,action,how to fix,"
    "解决方案,解决方法,解决办法,处理方法,处理方案,处理办法,处理措施,处理步骤,解决措施,解决步骤,处理过程,处理建议"
)
_TITLES = columns.names("title,subject,summary,case,case title,标题,案例标题,案例名称,案例,主题,名称,故障名称")
_FILTER_LIMIT = 64  # characters; a longer value of an unknown column is text, nobody filters by it
_FIELDS = ("id", "product", "version", "date", "status", "category", "url", "language")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a case table keeps what. `text`: columns that are shown, in the file's order; `fields`: position → name.

    `others`: columns that are shown and, where their values are short, can be filtered by as well.
    """

    title: int | None
    text: tuple[int, ...]
    fields: Mapping[int, str]
    others: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One case: readable text with one labelled line a column, a header of id, title, product and version, its fields."""

    text: str
    header: str
    fields: Mapping[str, str] = field(default_factory=dict)


def find_columns(header: Sequence[str]) -> Columns | None:
    """The columns of a case table, or None. It needs a resolution with something it resolves, or a symptom with its cause."""
    symptoms, causes = columns.find(header, _SYMPTOMS), columns.find(header, _CAUSES)
    resolutions, titles = columns.find(header, _RESOLUTIONS), columns.find(header, _TITLES)
    if not (resolutions and (symptoms or causes or titles)) and not (symptoms and causes):
        return None
    title = titles[0] if titles else None
    # Further columns are text as well, unless they are values to filter by: what is in a case must be found.
    further = columns.field_columns(header, {*symptoms, *causes, *resolutions, *titles[:1]})
    fields = {position: name for position, name in further.items() if name in _FIELDS}
    text = tuple(i for i, name in enumerate(header) if name and i not in fields and i != title)
    others = {position: name for position, name in further.items() if position not in fields}
    return Columns(title, text, fields, others)


def read_entry(found: Columns, header: Sequence[str], row: Sequence[str]) -> Entry | None:
    """The row's case, or None for a row without text."""
    lines = [columns.label(header[i]) + value for i in found.text if (value := columns.cell(row, i))]
    if not lines:
        return None
    fields = columns.read_fields(row, found.fields)
    others = columns.read_fields(row, found.others)
    title = " ".join(columns.cell(row, found.title).split())
    heads = [fields.get("id", ""), title, fields.get("product", ""), fields.get("version", "")]
    short = {name: value for name, value in others.items() if len(value) <= _FILTER_LIMIT and "\n" not in value}
    return Entry("\n".join(lines), " · ".join(filter(None, heads)), short | fields)
