"""CSV, TSV, XLSX, JSON and JSON Lines."""

import datetime
import io
import json

import pytest
from openpyxl import Workbook

from ingest.parse import parse
from rag.domain import Parsed
from rag.errors import ParseError


def read(text: str, name: str = "a.csv", encoding: str = "utf-8") -> Parsed:
    return parse(text.encode(encoding), filename=name, mime_type=None)


def seen(parsed: Parsed) -> list[tuple[str, str, str, str]]:
    return [(b.kind, " › ".join(b.section), b.header, parsed.text[b.start : b.end]) for b in parsed.blocks]


def texts(parsed: Parsed) -> list[str]:
    return [text for *_, text in seen(parsed)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_rows_under_their_columns(delimiter: str) -> None:
    rows = [["Name", "City", "Since"], ["Ada", "London", "1815"], ["Bo", "", "1900"]]
    parsed = read("\n".join(delimiter.join(row) for row in rows))
    assert texts(parsed) == ["Name: Ada; City: London; Since: 1815", "Name: Bo; Since: 1900"]
    assert {block.group for block in parsed.blocks} == {0}


def test_chinese_columns_in_gb18030_and_quoted_newlines() -> None:
    parsed = read('姓名,备注\n张三,"第一行\n第二行"\n', encoding="gb18030")
    assert texts(parsed) == ["姓名：张三；备注：第一行\n第二行"]


def test_a_faq_file() -> None:
    parsed = read('标准问题,相似问题,答案,产品\n如何退款？,怎么退钱|退款流程,"联系客服。\n提供订单号。",A1\n没有答案,,,A1\n')
    assert parsed.text == "如何退款？\n联系客服。\n提供订单号。\n\n标准问题：没有答案；产品：A1"
    entry = parsed.blocks[0]
    assert (entry.kind, entry.header, entry.keys, entry.fields) == (
        "faq",
        "如何退款？",
        ("怎么退钱", "退款流程"),
        {"product": "A1"},
    )
    assert parsed.text[entry.start : entry.end] == "联系客服。\n提供订单号。"
    assert parsed.blocks[1].kind == "table"


def test_a_case_file() -> None:
    parsed = read("案例编号,标题,问题描述,原因,解决方案,产品,日期,备注\nC-1,打不开,黑屏,断电,插电,X1,2024-01-02,常见\n")
    (case,) = parsed.blocks
    assert parsed.text == "C-1 · 打不开 · X1\n问题描述：黑屏\n原因：断电\n解决方案：插电\n备注：常见"
    assert parsed.text[case.start : case.end].startswith("问题描述：黑屏")
    assert (case.kind, case.header) == ("case", "C-1 · 打不开 · X1")
    assert case.fields == {"id": "C-1", "product": "X1", "date": "2024-01-02", "备注": "常见"}


def test_titles_above_a_table_and_tables_without_header() -> None:
    assert texts(read("Cups,,\nTeam,City,Cups\nBlues,STL,1\n")) == ["Cups", "Team: Blues; City: STL; Cups: 1"]
    assert texts(read("1,2,3\na,b,c\n")) == ["1 | 2 | 3", "a | b | c"]
    assert texts(read("Industry\nSales\nOther\n")) == ["Industry", "Sales", "Other"]


def workbook(*sheets: tuple[str, list[list[object]]], merge: str = "") -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if merge:
            sheet.merge_cells(merge)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_sheets_are_sections_and_values_read_as_in_excel() -> None:
    date = datetime.datetime(2024, 5, 1)
    content = workbook(
        ("价格", [["产品", "单价", "折扣", "日期"], ["甲", 9.5, 0.25, date], ["乙", 3.0, None, None]]),
        ("FAQ", [["Question", "Answer"], ["Free?", "Yes."]]),
    )
    parsed = parse(content, filename="a.xlsx", mime_type=None)
    assert seen(parsed) == [
        ("table", "价格", "", "产品：甲；单价：9.5；折扣：0.25；日期：2024-05-01"),
        ("table", "价格", "", "产品：乙；单价：3"),
        ("faq", "FAQ", "Free?", "Yes."),
    ]


def test_merged_cells_are_filled_and_blank_rows_part_tables() -> None:
    rows: list[list[object]] = [["Kind", "Item"], ["Fruit", "apple"], [None, "pear"], [], ["Colour", "Code"], ["red", "#f00"]]
    parsed = parse(workbook(("S", rows), merge="A2:A3"), filename="a.xlsx", mime_type=None)
    assert texts(parsed) == ["Kind: Fruit; Item: apple", "Kind: Fruit; Item: pear", "Colour: red; Code: #f00"]
    assert len({block.group for block in parsed.blocks}) == 2


def test_a_sheet_stretched_by_formats_is_read_quickly() -> None:
    book = Workbook()
    book.active["A1"], book.active["A2"], book.active["XFD1000000"] = "only", "text", None
    buffer = io.BytesIO()
    book.save(buffer)
    assert texts(parse(buffer.getvalue(), filename="a.xlsx", mime_type=None)) == ["only", "text"]


def test_json_lists_of_objects() -> None:
    value = {
        "version": 2,
        "faqs": [
            {"question": "如何退款?", "answer": "联系客服。", "similar_questions": ["怎么退钱"], "meta": {"product": "A"}}
        ],
        "about": {"name": "x", "deep": [{"a": {"b": True}, "c": [1, 2]}]},
    }
    parsed = read(json.dumps(value, ensure_ascii=False), "a.json")
    assert seen(parsed) == [
        ("text", "", "", "version: 2"),
        ("faq", "faqs", "如何退款?", "联系客服。"),
        ("text", "about", "", "name: x"),
        ("table", "about › deep", "", "a.b: true; c: 1 | 2"),
    ]
    assert parsed.blocks[1].keys == ("怎么退钱",)
    assert parsed.blocks[1].fields == {"product": "A"}


def test_json_lines() -> None:
    parsed = read('{"title":"T1","text":"One."}\n\n{"title":"T2","text":"Two.","x":null}\n', "a.jsonl")
    assert texts(parsed) == ["title: T1; text: One.", "title: T2; text: Two."]


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ('{"a": }', "a.json", "line 1, column 7"),
        ('{"a": 1}\n{oops}\n', "a.jsonl", "Line 2"),
        ("[" * 100_000, "a.json", "nested"),
    ],
)
def test_broken_json(text: str, name: str, says: str) -> None:
    with pytest.raises(ParseError, match=says) as caught:
        read(text, name)
    assert caught.value.code == "broken"
