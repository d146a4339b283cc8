"""What the rows of a table are: titles above it, header rows, section rows, data, labels with their values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest import cases, faq
from ingest.columns import COLUMN_LIMIT
from ingest.parse.header import distinct_names, is_value
from ingest.parse.lines import fits
from ingest.parse.slots import Line, Slot, filled, is_blank, texts, width

_LEAD_ROWS = 10
_HEAD_ROWS = 4
_SECTION_COLUMNS = 120
_NUMBERED = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}[、．.]|[(（][一二三四五六七八九十\d]{1,3}[)）]|第[一二三四五六七八九十\d]{1,3}[部章节类]|[IVX]{1,4}\.\s|[A-H][.、]\s?"
    r"|(?:Section|Part|Group|Category)\s+\w+\b)"
)
_NOTE = re.compile(r"(?:[*※]|(?:备?注|说明|备注|附注|注意|提示|Notes?|Remarks?|Source|来源)\s*\d{0,2}\s*[:：])", re.IGNORECASE)
_LABEL = re.compile(
    r".{0,20}(?:名称?|品名|货号|分机|场所|型号|编号|编码|号码?|地址|地点|位置|电话|热线|邮箱|网址|日期|时间|周期|期限?|人员?|人|部门|单位|重量|尺寸|颜色|功率|电压|电流|容量"
    r"|材质|接口|精度|范围|规格|品牌|产地|方式|渠道|费用?|价格?|金额|标准|温度|湿度|噪音|等级|系统|要求|条件|说明|备注|内容|数量|类型|状态|版本|频率|续航)|.{1,40}[:：]"
    r"|.{0,30}\b(?:name|model|number|no\.?|code|address|phone|hotline|e-?mail|date|time|hours|period|person|department|weight|size"
    r"|dimensions|colou?r|power|voltage|capacity|material|interface|accuracy|range|price|fee|cost|warranty|brand|type|status|version"
    r"|location|contact|deadline|temperature|noise|rating|operating system|website)",
    re.IGNORECASE,
)
_HEADS = re.compile(
    r"(?:项目?|名称|参数(?:名称?)?|属性|指标|字段|条目|内容|说明|描述|值|数值|参数值|取值|规格|备注|含义|单位|价格|单价|金额|费用|功能|类别|类型|版本|型号|产品|地区|城市|国家"
    r"|items?|names?|param(?:eter)?s?|property|propert(?:y|ies)|attributes?|fields?|keys?|values?|descriptions?|specifications?|specs?|meaning|details?"
    r"|prices?|costs?|fees?|features?|types?|options?|settings?|default|notes?|products?|models?|plans?|regions?|countr(?:y|ies)|cit(?:y|ies))(?:[(（].*[)）])?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of data, a section row (`is_section`) or a remark that goes over the whole table (`is_note`)."""

    slots: Line
    above: str = ""
    is_section: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as a reader takes it.

    Attributes:
        titles: rows above the header that name the whole table.
        header: the names of each column as one text; empty without a header row.
        names: by column, its header cells from above to below.
        rows: what stands below, in order.
        faq: a FAQ by its look, whose columns have no names that say so.
        is_form: labels with their values, two cells each, in rows of several pairs.
    """

    titles: tuple[Slot, ...]
    header: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    columns: int
    faq: faq.Columns | None = None
    is_form: bool = False


def shape(rows: Sequence[Line], heads: int | None = None) -> Shape:
    """Finds out what the rows are. `heads`: how many of the first ones are marked as header rows; None: nothing says so."""
    rows = [row for row in rows if not is_blank(row)]
    count = width(rows)
    titles: list[Slot] = []
    while len(rows) > 1 and count > 1 and _is_title(rows[0], rows, count, marked=bool(heads)):
        titles.append(filled(rows[0])[0])
        rows, heads = rows[1:], heads - 1 if heads else heads
    labels = not heads and bool(rows) and _has_row_heads(rows)
    is_form = not heads and not labels and _is_form(rows, count)
    looked: faq.Columns | None = None
    if not heads:
        above, heads, looked = (0, 0, None) if is_form or labels else _heads(rows, count)
        titles += [slot for row in rows[:above] for slot in filled(row)]
        rows = rows[above:]
    head, body = rows[:heads], rows[heads:]
    names = _names(head, count)
    header = tuple(column[0] if len(column) == 1 else " ".join(dict.fromkeys(column)) for column in names)
    if heads and looked is None and faq.find_columns(header) is None and cases.find_columns(header) is None:
        looked = faq.columns_by_look(header, [texts(row, count) for row in body])
    return Shape(
        tuple(titles),
        header if any(header) else (),
        names,
        tuple(_sections(body, count, bool(head))),
        count,
        looked,
        is_form,
    )


def _is_title(row: Line, rows: Sequence[Line], count: int, *, marked: bool) -> bool:
    slots = filled(row)
    if len(slots) != 1 or (slots[0].first and slots[0].width < count):
        return False
    others = max(len(filled(other)) for other in rows[1:])
    whole = slots[0].width >= count
    return others > 1 and (whole or (not marked and (count > 2 or len(filled(rows[1])) > 1)))


def _has_row_heads(rows: Sequence[Line]) -> bool:
    """Whether each row has its own head before its values, and the columns have none."""
    return all(len(row) > 1 and row[0].head and not any(slot.head for slot in row[1:]) for row in rows)


def _is_form(rows: Sequence[Line], count: int) -> bool:
    """Labels and values side by side, as a Word form has them: all rows have pairs, the values cover more columns."""
    if len(rows) < 2 or count < 3:
        return False
    wide = 0
    for row in rows:
        slots = [slot for slot in row if slot.text or slot.width > 1]
        if len(slots) % 2 or any(not slot.text or is_value(slot.text) or len(slot.text) > 30 for slot in slots[::2]):
            return False
        if any(label.width > value.width for label, value in zip(slots[::2], slots[1::2], strict=True)):
            return False
        wide += any(slot.width > 1 for slot in slots)
    labels = [slot.text for row in rows for slot in filled(row)[::2]]
    if wide * 2 >= len(rows) and len(set(labels)) == len(labels):
        known = sum(_LABEL.fullmatch(label) is not None for label in labels)
        if any(slot.width > 1 for slot in rows[0]) or known * 3 >= len(labels):
            return True
    return count >= 4 and all(_LABEL.fullmatch(label) for label in labels)


def _heads(rows: Sequence[Line], count: int) -> tuple[int, int, faq.Columns | None]:
    """(rows above the header, header rows, columns of a FAQ without header)."""
    plain = [texts(row, count) for row in rows[:_LEAD_ROWS]]
    for number, row in enumerate(plain):
        if len(rows) > 1 and (faq.find_columns(row) or cases.find_columns(row)):
            return number, 1, None
    asks = bool(plain) and count <= COLUMN_LIMIT and any(map(faq.is_question, plain[0]))
    if asks or count == 2:
        plain += [texts(row, count) for row in rows[_LEAD_ROWS:]]
    looked = faq.columns_by_look([], plain) if asks else None
    if looked is not None and faq.is_question(plain[0][looked.question]):
        return 0, 0, looked
    if len(rows) < 2:
        return 0, 0, None
    deep = _deep(rows, plain)
    if deep:
        return 0, deep, None
    if not distinct_names([slot.text for slot in rows[0]]) or (count == 2 and _is_labels(plain)):
        return 0, 0, None
    return 0, 1, None


def _deep(rows: Sequence[Line], plain: Sequence[Sequence[str]]) -> int:
    """How many rows a header of several rows has; 0 for a header of one row, and for none."""
    if not _are_names(rows[0]):
        return 0
    number = 1
    while number < min(_HEAD_ROWS, len(rows) - 1) and _are_names(rows[number]) and _divides(rows[number - 1], rows[number]):
        number += 1
    if number > 1:
        return number
    gaps = len(rows) > 2 and plain[2][0] and _fills_gaps(plain[0], plain[1]) and _are_names(rows[1])
    return 2 if gaps else 0


def _are_names(row: Line) -> bool:
    return all(not is_value(slot.text) and fits(slot.text, 40) and "\n" not in slot.text for slot in filled(row))


def _divides(above: Line, below: Line) -> bool:
    """Whether a row has several cells below one cell of the row above."""
    if below[0].text and not below[0].hung and above[0].width < 2:
        return False  # the label of a row
    inner = [slot for slot in below if slot.text and not slot.hung]
    return any(
        sum(slot.first <= one.first < slot.first + slot.width for one in inner) > 1
        for slot in above
        if slot.width > 1 and slot.text
    )


def _fills_gaps(first: Sequence[str], second: Sequence[str]) -> bool:
    """A header of two rows without merged cells: `Model, Warranty, , Price` over ` , home, abroad, `."""
    if not first[0] or second[0] or all(first):
        return False
    return all(b for a, b in zip(first, second, strict=True) if not a) and any(
        a and b for a, b in zip(first, second, strict=True)
    )


def _is_labels(plain: Sequence[Sequence[str]]) -> bool:
    """Whether two columns are labels with their values and not a list under a header."""
    if all(_HEADS.fullmatch(cell.strip()) for cell in plain[0]):
        return False
    labels, values = [row[0].strip() for row in plain], [row[1] for row in plain]
    if len(set(labels)) < len(labels) or not all(labels):
        return False
    known = sum(_LABEL.fullmatch(label) is not None for label in labels)
    digits = [any(char.isdigit() for char in value) for value in values]
    if not digits[0] and all(digits[1:]) and known < len(labels):
        return False  # `Price` over prices
    return _LABEL.fullmatch(labels[0]) is not None and known >= 2 and known * 2 >= len(labels)


def _names(head: Sequence[Line], count: int) -> tuple[tuple[str, ...], ...]:
    """By column, the header cells above it; a name without a cell of its own below goes over the columns beside it."""
    columns: list[list[str]] = [[] for _ in range(count)]
    for number, row in enumerate(head):
        above = ""
        below = {slot.first for slot in (head[number + 1] if number + 1 < len(head) else ()) if slot.text and not slot.hung}
        for slot in row:
            text = " ".join(slot.text.split())
            if not text and above and slot.first in below:
                text = above
            above = text
            for column in range(slot.first, min(slot.first + slot.width, count)) if text else ():
                if not columns[column] or columns[column][-1] != text:
                    columns[column].append(text)
    return tuple(map(tuple, columns))


def _sections(rows: Sequence[Line], count: int, has_header: bool) -> list[Row]:
    """The rows, each with the section row above it."""
    filled_rows = [filled(row) for row in rows]
    marks = [_section(row, count) for row in filled_rows]
    is_data = [len(row) > 1 for row in filled_rows]
    last_data = max((number for number, data in enumerate(is_data) if data), default=-1)
    sure = "sure" in marks[: max(last_data, 0)]
    first = has_header and count > 2 and bool(marks) and marks[0] == "likely" and last_data > 0
    with_sections: list[Row] = []
    above = ""
    for number, row in enumerate(rows):
        followed = any(is_data[number + 1 : number + 3])
        mark = marks[number]
        only = filled_rows[number][0]
        if mark and not is_data[number] and number >= last_data and (_NOTE.match(only.text) or only.width >= count > 1):
            with_sections.append(Row(row, is_note=True))
        elif followed and (mark == "sure" or (mark == "likely" and first and not sure)):
            above = " ".join(only.text.split())
            with_sections.append(Row(row, is_section=True))
        else:
            with_sections.append(Row(row, above))
    return with_sections


def _section(slots: Sequence[Slot], count: int) -> str:
    """`sure` for a row that names the rows below it, `likely` where it may be an item without values, '' for data."""
    if len(slots) != 1 or slots[0].hung or count < 2 or not fits(slots[0].text, _SECTION_COLUMNS) or "\n" in slots[0].text:
        return ""
    only = slots[0]
    if only.width >= count and count > 1:
        return "sure"
    if only.first:
        return ""
    marked = only.strong or only.width > 1 or only.head or _NUMBERED.match(only.text) or only.text[-1] in ":："
    return "sure" if marked and not is_value(only.text) else "" if is_value(only.text) else "likely"
