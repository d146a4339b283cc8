"""Names of table columns in Chinese and English, compared without case, spaces, marks and numbering."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from rag.errors import ParseError

_NOTES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NOISE = re.compile(r"[\s_\-:*#.?/]+|\d+$")
_HAN = re.compile(r"[\u3400-\u9fff]")

ROLES = ("question", "answer", "similar questions", "title", "symptom", "cause", "resolution")
"""What a column can be besides a field to filter by; each is a name that its table knows in `ingest.faq` or `ingest.cases`."""

_MAPPED: ContextVar[Mapping[str, str]] = ContextVar("mapped columns", default=MappingProxyType({}))

FIELD_LIMIT = 200
"""Longer cells are text, not values to filter by."""


@contextmanager
def mapped(mapping: Mapping[str, str] | None) -> Iterator[None]:
    """Within it, tables are read as if their columns had other names: `{"Frage": "question", "Produktlinie": "product"}`."""
    token = _MAPPED.set({_plain(name): role for name, role in (mapping or {}).items()})
    try:
        yield
    finally:
        _MAPPED.reset(token)


def mapping_of(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The mapping that a document's metadata holds under `columns`. Raises ParseError for one that says nothing."""
    told = metadata.get("columns", {})
    if not isinstance(told, dict) or not all(isinstance(role, str) and role for role in told.values()):
        raise ParseError(
            "metadata `columns` must map column names to what they are.",
            field="metadata.columns",
            fix=f'Example: {{"Frage": "question", "Antwort": "answer"}}; known: {", ".join(ROLES)}, or a field\'s name.',
            code="invalid_input",
        )
    return dict(told)


def normalise_name(name: str) -> str:
    """`Similar Question_2 (optional)` → `similarquestion`, `解决方案：` → `解决方案`; a mapped name → what it is mapped to."""
    plain = _plain(name)
    return _plain(_MAPPED.get().get(plain, plain))


def _plain(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).casefold().strip()
    return _NOISE.sub("", _NOTES.sub("", name)) or name


def names(*spellings: str) -> frozenset[str]:
    """A set of column names, written as one string of spellings separated by commas each."""
    return frozenset(normalise_name(spelling) for line in spellings for spelling in line.split(","))


def is_chinese(text: str) -> bool:
    """Whether the text has a Chinese character."""
    return _HAN.search(text) is not None


def label(name: str) -> str:
    """A column's name as it stands before its value; nothing for a column without a name."""
    if not name:
        return ""
    name = name.rstrip(":： ")
    return f"{name}：" if is_chinese(name) else f"{name}: "


FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "id": names(
            "id,no,number,case id,case no,case number,ticket,ticket id,faq id", "编号,序号,案例编号,工单号,工单编号,问题编号"
        ),
        "product": names("product,product name,module,component,产品,产品名称,产品型号,型号,模块,组件,所属产品"),
        "version": names("version,product version,release,版本,版本号,产品版本,适用版本,软件版本"),
        "date": names(
            "date,updated,updated at,last update,last updated,created,created at,"
            "日期,时间,更新时间,更新日期,创建时间,发生时间,发生日期"
        ),
        "status": names("status,state,状态,处理状态"),
        "category": names("category,type,topic,分类,类别,类目,问题分类,问题类型"),
        "url": names("url,link,链接,网址"),
        "language": names("language,lang,语言"),
    }
)


def find(header: Sequence[str], wanted: Iterable[str]) -> tuple[int, ...]:
    """Positions of the columns whose names are among `wanted`, in the order of the header."""
    wanted = frozenset(wanted)
    return tuple(i for i, name in enumerate(header) if name and normalise_name(name) in wanted)


def field_columns(header: Sequence[str], taken: Iterable[int]) -> dict[int, str]:
    """The columns that are not `taken` → the names of their fields: ours where known, else the file's own."""
    taken = frozenset(taken)
    known = {spelling: field for field, spellings in FIELDS.items() for spelling in spellings}
    result: dict[int, str] = {}
    for i, name in enumerate(header):
        if i not in taken and name:
            field = known.get(normalise_name(name)) or known.get(normalise_name(name.rsplit(".", 1)[-1]), name)
            field = _MAPPED.get().get(_plain(name), field)
            result[i] = name if field in result.values() else field
    return result


def cell(row: Sequence[str], position: int | None) -> str:
    """The cell, stripped; empty where the row is too short or there is no such column."""
    return row[position].strip() if position is not None and position < len(row) else ""


def read_fields(row: Sequence[str], columns: Mapping[int, str]) -> dict[str, str]:
    """Short values of the row by field name; empty ones, long ones and markup are left out."""
    values = {field: cell(row, i) for i, field in columns.items()}
    return {field: value for field, value in values.items() if 0 < len(value) <= FIELD_LIMIT and value[0] != "<"}
