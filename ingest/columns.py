"""Names of table columns in Chinese and English, compared without case, spaces, marks and numbering."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from rag.errors import ParseError

_NOTES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_NOISE = re.compile(r"[\s_\-:*#.?/'’、&]+|\d+$")
_HAN = re.compile(r"[\u3400-\u9fff]")

ROLES = ("question", "answer", "similar questions", "title", "symptom", "cause", "resolution", "show", "ignore")
"""What a column can be besides a field to filter by. `show`: its text is shown whatever its name; `ignore`: it is not read."""

_MAPPED: ContextVar[Mapping[str, str]] = ContextVar("mapped columns", default=MappingProxyType({}))
_SEEN: ContextVar[dict[str, None]] = ContextVar("names of columns that were seen", default={})  # noqa: B039
_OPTIONAL: ContextVar[frozenset[str]] = ContextVar("columns of a mapping for many files", default=frozenset())
_WANTED: ContextVar[dict[str, str]] = ContextVar("columns of the mapping that were not seen", default={})  # noqa: B039

COLUMN_LIMIT = 200
"""A table of more columns is no FAQ and no list of cases: their names are not looked at."""

FIELD_LIMIT = 200
"""Longer cells are text, not values to filter by."""


@contextmanager
def mapped(mapping: Mapping[str, str] | None, optional: Iterable[str] = ()) -> Iterator[None]:
    """Within it, tables are read as if their columns had other names: `{"Frage": "question", "Produktlinie": "product"}`.

    `optional`: those of its columns that a table need not have, for the mapping is that of a whole folder.
    """
    token = _MAPPED.set({_plain(name): role for name, role in (mapping or {}).items()})
    seen, may_miss = _SEEN.set({}), _OPTIONAL.set(frozenset(map(_plain, optional)))
    wanted = _WANTED.set({_plain(name): name for name in mapping or {}})
    try:
        yield
    finally:
        _MAPPED.reset(token)
        _WANTED.reset(wanted)
        _SEEN.reset(seen)
        _OPTIONAL.reset(may_miss)


def missed() -> tuple[str, ...]:
    """Of the mapping in force, the columns that no table read so far has."""
    return tuple(_WANTED.get().values())


def check_missed() -> None:
    """Raises ParseError `unknown_column` when the mapping of this very document names a column that none of its tables has."""
    wanting = [name for plain, name in _WANTED.get().items() if plain not in _OPTIONAL.get()]
    if wanting:
        seen = list(_SEEN.get())
        near = difflib.get_close_matches(wanting[0], seen, 1, 0.5)
        raise ParseError(
            f"No table of the document has a column `{wanting[0]}`" + (f"; did you mean `{near[0]}`?" if near else "."),
            code="unknown_column",
            field="columns",
            fix=f"Its columns: {', '.join(seen[:30])}.",
        )


def mapping_of(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The mapping that a document's metadata holds under `columns`. Raises ParseError for one that says nothing."""
    columns = metadata.get("columns", {})
    if not isinstance(columns, dict) or not all(isinstance(role, str) and role for role in columns.values()):
        raise ParseError(
            "metadata `columns` must map column names to what they are.",
            field="metadata.columns",
            fix=f'Example: {{"Frage": "question", "Antwort": "answer"}}; known: {", ".join(ROLES)}, or a field\'s name.',
            code="invalid_input",
        )
    for role in columns.values():
        check_role(role)
    return dict(columns)


def check_role(role: str) -> None:
    """Raises ParseError for what is nearly one of the roles: any other word is the name of a field."""
    near = difflib.get_close_matches(role.casefold(), ROLES, 1, 0.8)
    if role not in ROLES and near:
        raise ParseError(
            f"`{role}` is no role of a column; did you mean `{near[0]}`?",
            field="columns",
            fix=f"Known: {', '.join(ROLES)}; any other word is a field's name.",
            code="invalid_input",
        )


def normalise_name(name: str) -> str:
    """`Similar Question_2 (optional)` → `similarquestion`, `解决方案：` → `解决方案`; a mapped name → what it is mapped to."""
    plain = _plain(name)
    mapped = _MAPPED.get()
    return _plain(mapped[plain]) if plain in mapped else plain


def mapped_role(name: str) -> str:
    """What a mapping says of the column, '' where it says nothing."""
    mapped = _MAPPED.get()
    if mapped and len(_SEEN.get()) < COLUMN_LIMIT:
        _SEEN.get()[name] = None
    if not mapped or (plain := _plain(name)) not in mapped:
        return ""
    _WANTED.get().pop(plain, None)
    return mapped[plain]


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).casefold().strip()
    if not name.isascii():
        from rag.text.tokens import fold

        name = fold(name).replace("覆", "复")  # 回覆, 答覆: one word in both scripts
    return _NOISE.sub("", _NOTES.sub("", name)) or name


def names(*spellings: str) -> frozenset[str]:
    """A set of column names, written as one string of spellings separated by commas each."""
    return frozenset(normalise_name(spelling) for line in spellings for spelling in line.split(",") if spelling)


def is_chinese(text: str) -> bool:
    """Whether the text has a Chinese character."""
    return _HAN.search(text) is not None


@lru_cache(maxsize=1024)
def label(name: str) -> str:
    """A column's name as it stands before its value; nothing for a column without a name."""
    if not name:
        return ""
    name = name.rstrip(":： ")
    return f"{name}：" if is_chinese(name) else f"{name}: "


def joint(text: str) -> str:
    """What parts a value with its label from the one before: `text` is its name, or itself where it has none."""
    return "；" if is_chinese(text) else "; "


FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "id": names(
            "id,no,number,#,nr,seq,serial no,item no,case id,case no,case number,ticket,ticket id,ticket no,ticket"
            " number,faq id,data id,key",
            "编号,序号,序,案例编号,案例号,工单,工单号,工单编号,问题编号,问题单号,知识编号,id号",
        ),
        "code": names(
            "code,fault code,error code,alarm code,failure code,trouble code,status code,error no,error number",
            "故障代码,故障码,错误代码,错误码,报警代码,报警码,告警代码,告警码,报错代码,报错码,异常代码,异常码,代码,故障编码,错误编码",
        ),
        "product": names(
            "product,products,product name,product line,product family,module,component,model,models,device,device model",
            "applies to,applies to model,applies to models,applies to product,applicable model,applicable models,"
            "applicable products,supported models,supported products,for model,for models,model no,model number,product model",
            "产品,产品名称,产品型号,产品线,产品系列,型号,机型,设备型号,设备,模块,组件,所属产品,涉及产品,相关产品,系列",
            "适用型号,适用产品,适用机型,适用系列,适用设备,适用范围型号,支持型号,支持机型",
        ),
        "version": names(
            "version,versions,product version,release,firmware,firmware version,software version,app version,system version,"
            "applicable version,applicable versions,affected version,affected versions,applies to version,version range",
            "版本,版本号,产品版本,适用版本,软件版本,固件版本,系统版本,程序版本,影响版本,版本范围,涉及版本",
        ),
        "date": names(
            "date,updated,updated at,last update,last updated,created,created at,modified,modified at,published,"
            "日期,时间,更新时间,更新日期,创建时间,创建日期,发生时间,发生日期,修改时间,发布时间,发布日期,提交时间,解决时间"
        ),
        "valid_from": names(
            "valid from,effective from,effective date,start date,starts,starts on,in force from,"
            "生效日期,生效时间,开始日期,开始时间,起始日期,起始时间,执行日期,起"
        ),
        "valid_until": names(
            "valid until,valid to,valid till,expires,expiry,expiry date,expiration date,end date,ends,ends on,"
            "失效日期,失效时间,截止日期,截止时间,结束日期,结束时间,到期日,到期日期,到期时间,止"
        ),
        "validity": names(
            "validity,validity period,valid period,valid,effective period,",
            "有效期,有效时间,有效期限,有效期间,适用时间,适用期间,执行期间",
        ),
        "status": names("status,state,ticket status,case status,状态,处理状态,工单状态,案例状态,当前状态"),
        "category": names("category,type,topic,分类,类别,类目,问题分类,问题类型"),
        "url": names("url,link,html url,page url,source url,链接,网址,地址链接,原文链接"),
        "language": names("language,lang,locale,语言,语种"),
    }
)


def find(header: Sequence[str], wanted: Iterable[str]) -> tuple[int, ...]:
    """Positions of the columns whose names are among `wanted`, in the order of the header."""
    wanted = frozenset(wanted)
    return tuple(i for i, name in enumerate(header) if name and normalise_name(name) in wanted)


@cache
def _known_fields() -> Mapping[str, str]:
    return {spelling: field for field, spellings in FIELDS.items() for spelling in spellings}


def field_of(name: str) -> str:
    """Our name of the field that a column of this name holds, '' for none."""
    plain = normalise_name(name)
    return _known_fields().get(plain) or _known_fields().get(normalise_name(name.rsplit(".", 1)[-1]), "")


def field_columns(header: Sequence[str], taken: Iterable[int]) -> dict[int, str]:
    """The columns that are not `taken` → the names of their fields: ours where known, else the file's own."""
    taken = frozenset(taken)
    result: dict[int, str] = {}
    for i, name in enumerate(header):
        if i not in taken and name:
            field = field_of(name) or name
            role = mapped_role(name)
            field = role if role and role not in ROLES else field
            result[i] = name if field in result.values() else field
    return result


def cell(row: Sequence[str], position: int | None) -> str:
    """The cell, stripped; empty where the row is too short or there is no such column."""
    return row[position].strip() if position is not None and position < len(row) else ""


def read_fields(row: Sequence[str], columns: Mapping[int, str]) -> dict[str, str]:
    """Short values of the row by field name; empty ones, long ones and markup are left out."""
    values = {field: cell(row, i) for i, field in columns.items()}
    return {field: value for field, value in values.items() if 0 < len(value) <= FIELD_LIMIT and value[0] != "<"}
