"""Word documents made here."""

import copy
import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.parse import parse
from rag.domain import Parsed
from rag.errors import ParseError

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def build(fill: Callable[[Document], None]) -> bytes:
    document = docx.Document()
    fill(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def read(fill: Callable[[Document], None]) -> Parsed:
    return parse(build(fill), filename="a.docx", mime_type=None)


def seen(parsed: Parsed) -> list[tuple[str, str, str, str]]:
    return [(b.kind, " › ".join(b.section), b.header, parsed.text[b.start : b.end]) for b in parsed.blocks]


def test_title_headings_and_lists() -> None:
    def fill(document: Document) -> None:
        document.add_heading("用户手册", 0)
        document.add_heading("安装", 1)
        document.add_paragraph("先下载。")
        document.add_heading("步骤", 2)
        document.add_paragraph("打开", style="List Number")
        document.add_paragraph("确认", style="List Number")
        document.add_heading("卸载", 1)
        document.add_paragraph("1. 手写的编号")

    parsed = read(fill)
    assert parsed.title == "用户手册"
    assert seen(parsed) == [
        ("text", "安装", "", "先下载。"),
        ("list", "安装 › 步骤", "", "打开"),
        ("list", "安装 › 步骤", "", "确认"),
        ("list", "卸载", "", "手写的编号"),
    ]
    assert "1. 打开\n2. 确认" in parsed.text
    assert parsed.blocks[1].group == parsed.blocks[2].group


def test_tables_with_merged_cells_and_faq_tables() -> None:
    def fill(document: Document) -> None:
        table = document.add_table(3, 2)
        for row, texts in zip(table.rows, (("产品", "价格"), ("甲", "1 元"), ("", "2 元")), strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        table.cell(1, 0).merge(table.cell(2, 0))
        document.add_paragraph("说明。")
        faq = document.add_table(2, 2)
        for row, texts in zip(faq.rows, (("问题", "答案"), ("如何退款？", "联系客服。")), strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text

    assert seen(read(fill)) == [
        ("table", "", "产品 | 价格", "甲 | 1 元"),
        ("table", "", "产品 | 价格", "甲 | 2 元"),
        ("text", "", "", "说明。"),
        ("faq", "", "如何退款？", "联系客服。"),
    ]


def test_chinese_documents_without_heading_styles() -> None:
    def fill(document: Document) -> None:
        for text in ("第一章 总则", "本制度适用于全体员工。", "一、目的", "规范管理。"):
            document.add_paragraph(text)
        document.add_paragraph().add_run("联系方式").bold = True
        document.add_paragraph("电话 400。")

    assert [(section, text) for _, section, _, text in seen(read(fill))] == [
        ("第一章 总则", "本制度适用于全体员工。"),
        ("第一章 总则 › 一、目的", "规范管理。"),
        ("第一章 总则 › 一、目的 › 联系方式", "电话 400。"),
    ]


def test_content_controls_and_tracked_changes() -> None:
    def fill(document: Document) -> None:
        body = document.element.body
        body.insert(
            0,
            parse_xml(
                f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
            ),
        )
        body.insert(
            1,
            parse_xml(
                f"<w:p {nsdecls('w')}><w:r><w:t>Kept </w:t></w:r><w:ins><w:r><w:t>added</w:t></w:r></w:ins>"
                f"<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
            ),
        )

    assert [text for *_, text in seen(read(fill))] == ["In a control.", "Kept added"]


def test_strict_namespaces() -> None:
    content = build(lambda document: document.add_paragraph("Some text.") and None)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            data = data.replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                b"http://purl.oclc.org/ooxml/officeDocument/relationships",
            )
            data = data.replace(
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            target.writestr(name, data)
    parsed = parse(buffer.getvalue(), filename="strict.docx", mime_type=None)
    assert parsed.text == "Some text."


@pytest.mark.parametrize(("cut", "code"), [(slice(0, 2000), "broken"), (slice(100, None), "broken")])
def test_damaged_files(cut: slice, code: str) -> None:
    content = build(lambda document: document.add_paragraph("Text.") and None)[cut]
    with pytest.raises(ParseError) as caught:
        parse(content, filename="a.docx", mime_type=None)
    assert caught.value.code == code


def test_an_empty_document() -> None:
    with pytest.raises(ParseError) as caught:
        read(lambda document: None)
    assert caught.value.code == "empty"


@pytest.mark.parametrize(
    ("kind", "text", "marks"),
    [
        ("decimal", "第%1条", ["第1条 ", "第2条 "]),
        ("chineseCounting", "第%1章", ["第一章 ", "第二章 "]),
        ("lowerLetter", "(%1)", ["(a) ", "(b) "]),
        ("upperRoman", "%1.", ["I. ", "II. "]),
        ("bullet", "\uf0b7", ["- ", "- "]),
    ],
)
def test_numbers_of_lists_and_headings_as_word_shows_them(kind: str, text: str, marks: list[str]) -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    abstract = (
        f'<w:abstractNum xmlns:w="{W}" w:abstractNumId="90"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl></w:abstractNum>'
    )
    numbering.insert(0, parse_xml(abstract))
    numbering.append(parse_xml(f'<w:num xmlns:w="{W}" w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    numbered = parse_xml(f'<w:numPr xmlns:w="{W}"><w:ilvl w:val="0"/><w:numId w:val="90"/></w:numPr>')
    document.add_heading("Rule", 1)._p.get_or_add_pPr().append(copy.deepcopy(numbered))
    document.add_paragraph("first")._p.get_or_add_pPr().append(copy.deepcopy(numbered))
    document.add_heading("Other", 1)
    document.add_paragraph("text")
    buffer = io.BytesIO()
    document.save(buffer)
    parsed = parse(buffer.getvalue(), filename="a.docx", mime_type=None)
    heading = "Rule" if kind == "bullet" else f"{marks[0]}Rule"
    assert parsed.text.startswith(f"{heading}\n\n{marks[1]}first")
    assert parsed.blocks[0].section == (heading,)
