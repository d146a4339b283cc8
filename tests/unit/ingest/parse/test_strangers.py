"""Kinds of documents that were tried from outside: exports, help centres, dialects, tables as people keep them."""

from __future__ import annotations

import io
import json
import zipfile

import docx
import pytest
import xlsxwriter
from docx.oxml import parse_xml
from pptx import Presentation
from pptx.util import Inches

from ingest import cases, faq
from ingest.languages import parted
from ingest.parse import parse
from ingest.parse.removed import UNPUBLISHED, recording
from ingest.roles import role_of
from rag.domain import Parsed


def read(content: str | bytes, name: str) -> Parsed:
    return parse(content.encode() if isinstance(content, str) else content, filename=name, mime_type=None)


# -- names of columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "question", "answer"),
    [
        ("知识点标题,知识点答案,相似说法", "知识点标题", "知识点答案"),
        ("買家問題,快捷回覆", "買家問題", "快捷回覆"),
        ("触发词,回复内容", "触发词", "回复内容"),
        ("关键字,自动回复", "关键字", "自动回复"),
        ("意图,示例问句,应答话术", "示例问句", "应答话术"),
        ("題目,解答", "題目", "解答"),
        ("User message,Bot response", "User message", "Bot response"),
        ("Customer says,We reply", "Customer says", "We reply"),
        ("Prompt,Completion,Source", "Prompt", "Completion"),
        ("Intent,Utterances,Canned response", "Utterances", "Canned response"),
        ("Article title,Article body,Locale", "Article title", "Article body"),
        ("文章标题,正文,栏目", "文章标题", "正文"),
    ],
)
def test_headers_of_entries(header: str, question: str, answer: str) -> None:
    names = header.split(",")
    found = faq.find_columns(names)
    assert found is not None
    assert (names[found.question], names[found.answer]) == (question, answer)


@pytest.mark.parametrize(
    "header", ["不良现象,原因分析,改善对策", "Alarm message,Meaning,Operator action", "告警描述,可能原因,处置措施"]
)
def test_headers_of_cases(header: str) -> None:
    assert cases.find_columns(header.split(",")) is not None


@pytest.mark.parametrize(
    "header", ["Title,Speaker,Room", "时间,主题,主讲", "Parameter,Output", "Keyword,Volume", "标题,日期", "Content,Size"]
)
def test_headers_of_other_tables(header: str) -> None:
    names = header.split(",")
    assert faq.find_columns(names) is None and cases.find_columns(names) is None


@pytest.mark.parametrize(
    ("name", "language", "bare"),
    [
        ("answer_zh-TW", "zh", "answer"),
        ("回答（繁體）", "zh", "回答"),
        ("Question (EN)", "en", "Question"),
        ("英文答案", "en", "答案"),
        ("replyEn", "en", "reply"),
        ("Answer in French", "fr", "Answer"),
        ("日文版答案", "ja", "答案"),
        ("Open", "", "Open"),
        ("Zone", "", "Zone"),
        ("answer", "", "answer"),
    ],
)
def test_one_place_knows_the_language_of_a_column(name: str, language: str, bare: str) -> None:
    assert parted(name) == (language, bare)
    if language and bare in ("answer", "Answer", "答案", "回答", "reply"):
        assert role_of(name) == "answer"


def test_persons_of_an_entry_are_left_out_and_told() -> None:
    parsed = read(
        "Question,Answer,Last edited by,Customer name\nAre you open on Sunday?,Until noon.,Iris Bell,Tom Hale\n", "f.csv"
    )
    assert "Iris" not in parsed.text and "Tom" not in parsed.text
    assert parsed.metadata["left_out"]["columns"] == ["Last edited by", "Customer name"]


def test_entries_that_are_switched_off_are_left_out_and_told() -> None:
    source = (
        "问题,答案,状态,是否启用\n停车收费吗,前两小时免费,已发布,是\n月卡多少钱,每月 260 元,草稿,是\n能过夜吗,可以,已发布,否\n"
    )
    parsed = read(source, "f.csv")
    assert [block.header for block in parsed.blocks] == ["停车收费吗"]
    assert parsed.metadata["left_out"]["entries"] == ["月卡多少钱 (状态: 草稿)", "能过夜吗 (是否启用: 否)"]
    with recording([UNPUBLISHED]):
        assert len(read(source, "f.csv").blocks) == 3


def test_the_state_of_a_ticket_keeps_nothing_back() -> None:
    parsed = read(
        "Ticket,Problem,Solution,Status\n4,Gate stuck,Oil the hinge,closed\n5,No light,Swap the fuse,pending\n", "t.csv"
    )
    assert "Swap the fuse" in parsed.text and "Oil the hinge" in parsed.text


def test_pages_in_cells_are_read_as_pages() -> None:
    source = 'Title,Body\nCare,"<p>Wipe it <b>weekly</b>.</p><img src=x alt=""cloth C9"">"\nAge,"a &lt; 3&nbsp;years, if 2<5"\nIcon,"![arrow at port P2](p.png)"\n'  # noqa: E501
    text = read(source, "a.csv").text
    assert "Wipe it weekly." in text and "cloth C9" in text and "a < 3 years, if 2<5" in text and "arrow at port P2" in text
    assert "<p>" not in text and "![" not in text


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_articles_below_other_keys() -> None:
    page = {"articles": {"page": 1, "items": [
        {"id": "k1", "name": "Dry the tent", "publicUrl": "https://d.example/k1", "status": "published", "text": "<p>Air it 9 h.</p>",  # noqa: E501
         "updatedAt": "2026-02-01"},
        {"id": "k2", "name": "Tent price", "status": "notpublished", "publicUrl": "https://d.example/k2", "text": "<p>120 EUR</p>"},  # noqa: E501
    ]}}  # fmt: skip
    parsed = read(json.dumps(page), "docs.json")
    assert [block.fields["url"] for block in parsed.blocks] == ["https://d.example/k1"]
    assert "Air it 9 h." in parsed.text and "120" not in parsed.text and "publicUrl" not in parsed.text


def test_an_article_that_says_little_stands_among_the_others() -> None:
    told = {"html_url": "https://z.example/1", "locale": "en", "draft": False, "title": "Fees", "body": "<p>4 EUR</p>"}
    parsed = read(
        json.dumps({"count": 2, "articles": [told, {"title": "New fees", "body": "<p>9 EUR</p>", "draft": True}]}), "z.json"
    )
    assert "4 EUR" in parsed.text and "9 EUR" not in parsed.text and "count" not in parsed.text


def test_tickets_without_persons_and_internal_notes() -> None:
    ticket = {
        "id": 12, "subject": "Oven smokes", "description": "It smokes at 200 °C.", "requester": {"name": "Ada Quist", "email": "a@q.example"},  # noqa: E501
        "comments": [{"public": True, "body": "Clean the <b>fan F2</b>."}, {"public": False, "body": "third complaint this week"}],  # noqa: E501
    }  # fmt: skip
    parsed = read(json.dumps([ticket]), "t.json")
    assert [block.kind for block in parsed.blocks] == ["case"]
    assert "Clean the fan F2." in parsed.text
    assert "Ada" not in parsed.text and "third complaint" not in parsed.text
    assert parsed.metadata["left_out"] == {"internal notes": ["Oven smokes: 1"], "persons of tickets": ["requester"]}


# -- XML ---------------------------------------------------------------------------------------------------------------


def said(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


def test_a_sentence_with_marks_keeps_its_order() -> None:
    parsed = read(
        "<?xml version='1.0'?><doc><title>Finch</title><p>Turn <ui>dial <b>D3</b></ui> to 4 &amp; wait m<sup>2</sup>.</p></doc>",  # noqa: E501
        "a.xml",
    )
    assert parsed.title == "Finch"
    assert said(parsed) == ["Turn dial D3 to 4 & wait m²."]


def test_topics_lists_and_tables_of_xml() -> None:
    source = (
        "<?xml version='1.0'?><topic><title>Pump</title><section><title>Steps</title><steps><step><cmd>Close <uicontrol>V1</uicontrol>.</cmd>"  # noqa: E501
        "<info>It hisses.</info></step><step><cmd>Open V2.</cmd></step></steps></section><table><title>Oil</title><tgroup><thead><row>"  # noqa: E501
        "<entry>Part</entry><entry>Oil</entry></row></thead><tbody><row><entry>Axle</entry><entry>30 ml</entry></row></tbody></tgroup></table></topic>"  # noqa: E501
    )
    parsed = read(source, "a.xml")
    assert "1. Close V1." in parsed.text and "It hisses." in parsed.text and "2. Open V2." in parsed.text
    row = next(block for block in parsed.blocks if block.kind == "table")
    assert [(cell.name, cell.value) for cell in row.cells] == [("Part", "Axle"), ("Oil", "30 ml")]


def test_records_of_xml_are_rows_and_its_names_of_characters_are_known() -> None:
    items = "".join(f"<item><sku>{sku}</sku><size>{size}&nbsp;&micro;m</size></item>" for sku, size in (("A1", 5), ("A2", 8)))
    row = read(f"<items>{items}</items>", "a.xml").blocks[1]
    assert [(cell.name, cell.value) for cell in row.cells] == [("sku", "A2"), ("size", "8 µm")]


def test_xml_by_its_first_line() -> None:
    assert said(read("<?xml version='1.0'?><task><title>T</title><p>Pull <b>L2</b> out.</p></task>", "a.dita")) == [
        "Pull L2 out."
    ]


# -- pages of help centres ---------------------------------------------------------------------------------------------


def test_what_frames_an_article_is_not_read() -> None:
    page = """<html><head><title>Fold the cot | Nestling Help</title></head><body><div id="navbar"><a href="/">Nestling</a><span>⌘K</span></div>
    <main><div class="lead"><h1>Fold the cot</h1></div><article><p>Press both <b>R4</b> buttons.</p><p>Next steps need two people.</p></article>
    <div class="meta-x">Written by Una Frost<br>Updated over a month ago</div><div>Was this article helpful? <button>Yes</button></div>
    <p>3 out of 9 found this helpful</p><p><a href="/a">Next: Wash the cot</a></p></main></body></html>"""  # noqa: E501
    parsed = read(page, "a.html")
    assert parsed.title == "Fold the cot"
    assert said(parsed) == ["Press both R4 buttons.", "Next steps need two people."]


def test_a_chinese_page_without_its_frame() -> None:
    page = "<html><body><main><h1>拆洗床围</h1><p>水温不超过 30 度。</p><p>最后更新：2026-03-01</p><div>本文对您有帮助吗？</div></main></body></html>"  # noqa: E501
    assert said(read(page, "a.html")) == ["水温不超过 30 度。"]


def test_each_question_of_an_accordion_is_kept() -> None:
    items = "".join(
        f'<h3><button class="acc">{q}</button></h3><div class="collapse">{a}</div>'
        for q, a in (("Can it swim?", "No."), ("Is it loud?", "40 dB."))
    )
    assert [block.section for block in read(f"<html><body><h1>FAQ</h1>{items}</body></html>", "a.html").blocks] == [
        ("Can it swim?",),
        ("Is it loud?",),
    ]


def test_names_of_classes_that_only_sound_alike() -> None:
    page = """<html><body><main><h1>T</h1><div class="cookie-baking">Bake at 180 °C.</div><div class="pager-use">It beeps twice.</div>
    <div class="cookie-banner">We use cookies.</div></main></body></html>"""  # noqa: E501
    assert said(read(page, "a.html")) == ["Bake at 180 °C.", "It beeps twice."]


def test_what_only_another_medium_hides_is_seen() -> None:
    page = """<html><head><style>@media print{.np{display:none}} @media (max-width:3px){.np{display:none}} .gone{opacity:0}</style></head>
    <body><p class="np">Cord 2 m.</p><p class="gone">Ghost.</p><dialog><p>Closed.</p></dialog><dialog open><p>Open 4.</p></dialog></body></html>"""  # noqa: E501
    assert "Cord 2 m." in (text := read(page, "a.html").text)
    assert "Ghost" not in text and "Closed" not in text


# -- dialects of Markdown ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Costs ~~19~~ 24 EUR.", "Costs 24 EUR."),
        ("Costs <del>19</del> <s>20</s> 24 EUR.", "Costs 24 EUR."),
        ("Takes {--six--}{++seven++} days{>>ask Bo<<}, {~~ten~>nine~~} at sea.", "Takes seven days, nine at sea."),
        ("Press ++ctrl+p++ twice. { .hint #x }", "Press Ctrl+P twice."),
        (":material-fire: Hot, see[^a].", "Hot, see."),
        ("Area 4 m^2^, CO~2~ and 3~5 days or 10~20.", "Area 4 m², CO₂ and 3~5 days or 10~20."),
        ("Write C++ and `{.a}` or {name}.", "Write C++ and `{.a}` or {name}."),
        ("{{% tip %}}Use LB-2{{% /tip %}}", "Use LB-2"),
        ('{% include note.html content="Wind it 9 times." %}', "Wind it 9 times."),
    ],
)
def test_marks_of_dialects(source: str, shown: str) -> None:
    assert said(read(f"# T\n\n{source}\n", "a.md")) == [shown]


def test_struck_text_of_a_table() -> None:
    row = read("| Plan | Fee |\n|---|---|\n| Solo | ~~9 EUR~~ 12 EUR |\n", "a.md").blocks[0]
    assert [cell.value for cell in row.cells] == ["Solo", "12 EUR"]


def test_directives_of_myst() -> None:
    source = "# Kiln\n\n(top)=\n```{warning}\n:class: big\nOver 900 °C it locks.\n```\n\n% ask Bo\n\n:::{note} Glaze\nUse {term}`G4 <glaze>`.\n:::\n\n```{code-block} sh\nkiln on\n```\n"  # noqa: E501
    parsed = read(source, "a.md")
    assert [(block.kind, text) for block, text in zip(parsed.blocks, said(parsed), strict=True)] == [
        ("text", "Over 900 °C it locks."),
        ("text", "Glaze"),
        ("text", "Use G4."),
        ("code", "kiln on"),
    ]


def test_queries_of_obsidian_are_no_text() -> None:
    assert said(read("# T\n\nKept.\n\n```dataview\nlist from #a\n```\n", "a.md")) == ["Kept."]


# -- office ------------------------------------------------------------------------------------------------------------


def book(write: object) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as opened:
        write(opened)  # type: ignore[operator]
    return made.getvalue()


def test_struck_and_raised_text_of_a_sheet() -> None:
    def write(opened: xlsxwriter.Workbook) -> None:
        struck, high = opened.add_format({"font_strikeout": True}), opened.add_format({"font_script": 1})
        sheet = opened.add_worksheet("Fees")
        sheet.write_row(0, 0, ["Room", "Fee"])
        sheet.write(1, 0, "Attic")
        sheet.write_rich_string(1, 1, struck, "30 EUR ", "45 EUR for 9 m", high, "2", " net")
        sheet.write_row(2, 0, ["Barn", "8 EUR"], struck)
        sheet.write_row(3, 0, ["Shed", "5 EUR"])

    parsed = read(book(write), "a.xlsx")
    assert said(parsed) == ["Room: Attic; Fee: 45 EUR for 9 m² net", "Room: Shed; Fee: 5 EUR"]
    assert parsed.metadata["left_out"]["struck out cells"] == ["Fees!A3", "Fees!B3"]


def test_struck_raised_and_hidden_text_of_slides() -> None:
    made = Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = "Yard"
    runs = slide.shapes.add_textbox(0, Inches(3), Inches(4), Inches(1)).text_frame.paragraphs[0]
    for text, name, value in (
        ("was 4 ", "strike", "sngStrike"),
        ("now 6 m", "", ""),
        ("2", "baseline", "30000"),
        (" of the grounds.", "", ""),
    ):
        run = runs.add_run()
        run.text = text
        if name:
            run._r.get_or_add_rPr().set(name, value)
    hidden = slide.shapes.add_textbox(0, Inches(5), Inches(4), Inches(1))
    hidden.text_frame.text = "Nobody sees 77."
    hidden._element.nvSpPr.cNvPr.set("hidden", "1")
    saved = io.BytesIO()
    made.save(saved)
    assert said(read(saved.getvalue(), "a.pptx")) == ["now 6 m² of the grounds."]


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def test_numbers_of_clauses_belong_to_their_text_and_prompts_do_not() -> None:
    made = docx.Document()
    numbering = made.part.numbering_part.element
    levels = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>'
    )
    numbering.insert(0, parse_xml(f'<w:abstractNum {_W} w:abstractNumId="70">{levels}</w:abstractNum>'))
    restart = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride>'
    numbering.append(parse_xml(f'<w:num {_W} w:numId="70"><w:abstractNumId w:val="70"/></w:num>'))
    numbering.append(parse_xml(f'<w:num {_W} w:numId="71"><w:abstractNumId w:val="70"/>{restart}</w:num>'))
    for text, number, depth in (("租期", 70, 0), ("最短三天。", 70, 1), ("违约", 71, 0)):
        properties = made.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {_W}><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'))
    prompt = parse_xml(
        f"<w:p {_W}><w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>点击输入</w:t></w:r></w:sdtContent></w:sdt><w:r><w:t>押金栏</w:t></w:r></w:p>"  # noqa: E501
    )
    made.element.body.insert(len(made.element.body) - 1, prompt)
    saved = io.BytesIO()
    made.save(saved)
    assert said(read(saved.getvalue(), "a.docx")) == ["第一条 租期", "1.1 最短三天。", "第九条 违约", "押金栏"]


def test_hidden_struck_and_raised_text_of_opendocument() -> None:
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "style"))
    styles = (
        '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="H2" style:family="text" style:parent-style-name="H"/>'
        '<style:style style:name="S" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>'  # noqa: E501
        '<style:style style:name="U" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>'
    )
    body = (
        '<text:p>Holds 40 kg<text:span text:style-name="H"> (44)</text:span><text:span text:style-name="H2"> (45)</text:span>, '
        '<text:span text:style-name="S">19 </text:span>24 EUR, 3 m<text:span text:style-name="U">2</text:span></text:p>'
        '<text:section text:display="none"><text:p>Section 99</text:p></text:section>'
    )
    content = (
        f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}"  # noqa: E501
        "</office:text></office:body></office:document-content>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", content)
    assert said(read(packed.getvalue(), "a.odt")) == ["Holds 40 kg, 24 EUR, 3 m²"]


def test_a_column_of_no_width_is_hidden() -> None:
    def write(opened: xlsxwriter.Workbook) -> None:
        sheet = opened.add_worksheet()
        sheet.write_row(0, 0, ["Item", "Fee", "Margin"])
        sheet.write_row(1, 0, ["Key", "5 EUR", "40 %"])
        sheet.set_column(2, 2, 0)

    assert "40 %" not in read(book(write), "a.xlsx").text
