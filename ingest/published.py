"""Rows that their readers do not see: an entry of a FAQ that is a draft, switched off or for the staff alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.columns import cell, names, normalise_name
from ingest.parse.frontmatter import unpublished

_STATES = names(
    "status,state,publish status,publication status,article status,faq status,visibility,audience,access,"
    "状态,发布状态,知识状态,审核状态,问答状态,上线状态,启用状态,使用状态,当前状态,可见性,可见范围,公开范围"
)
_YES = names(
    "published,is published,public,is public,enabled,is enabled,active,is active,live,online,visible,show on website,"
    "是否发布,已发布,发布,是否公开,公开,是否启用,启用,是否有效,有效,是否上线,上线,是否对外,对外,对外可见,是否展示,展示"
)
_NO = names("draft,is draft,archived,is archived,hidden,is hidden,internal,is internal,private,is private,disabled,deleted,"
            "草稿,是否草稿,是否下线,是否停用,停用,是否归档,是否内部,仅内部,是否删除")  # fmt: skip
_OFF = re.compile(
    r"(?:已|未|待)?(?:停用|禁用|失效|作废|下架|下线|隐藏|归档|废弃|删除|启用前|审核中|审核|发布)|不公开|私有|内部(?:可见|使用)?|仅?(?:内部|员工|客服)(?:可见)?|草稿"
    r"|disabled|offline|off|expired|withdrawn|not published|internal only|staff(?: only)?|agents?(?: only)?"
    r"|employees?(?: only)?",
    re.IGNORECASE,
)
_ON = frozenset(("已发布", "发布", "已审核", "审核"))
_FALSE = frozenset("否 不 no n false 0 off × ✗ ✘ x 未启用 停用 禁用 disabled".split())
_TRUE = frozenset("是 yes y true 1 on √ ✓ ✔".split())

Marks = Mapping[int, str]
"""Position of a column → `state`, `yes` (a no keeps the row back) or `no` (a yes does)."""


def marks_of(header: Sequence[str], *, states: bool = True) -> Marks:
    """The columns that say whether a row is published. `states`: also those called status, which of a ticket is none."""
    marks: dict[int, str] = {}
    for i, name in enumerate(header):
        plain = normalise_name(name) if name else ""
        if plain in _YES:
            marks[i] = "yes"
        elif plain in _NO:
            marks[i] = "no"
        elif plain in _STATES and (states or "发布" in plain or "publi" in plain):
            marks[i] = "state"
    return marks


def kept_back(marks: Marks, header: Sequence[str], row: Sequence[str]) -> str:
    """Why readers do not see the row, as `name: value`; '' when they do."""
    for i, kind in marks.items():
        value = cell(row, i)
        plain = value.casefold()
        if (
            (kind == "yes" and plain in _FALSE)
            or (kind == "no" and plain in _TRUE)
            or (kind == "state" and value not in _ON and (_OFF.fullmatch(value) or unpublished({"status": value})))
        ):
            return f"{header[i]}: {value}"
    return ""
