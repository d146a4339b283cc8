"""Questions with their answers in the shapes that pages and tables have."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from ingest.columns import mapped
from ingest.parse import parse
from rag.domain import Block, Parsed

PAIRS = [
    ("How do I clean the sieve?", "Rinse it under warm water. Never use soap."),
    ("Where is the serial number?", "On the sticker below the battery."),
    ("The lamp stays dark.", "Charge it for two hours."),
    ("Can I wash the cover?", "Yes, at 30 degrees."),
]


def read(content: str | bytes, name: str) -> Parsed:
    return parse(content if isinstance(content, bytes) else content.encode(), filename=name, mime_type=None)


def entries(parsed: Parsed) -> list[tuple[str, str]]:
    return [(b.header, parsed.text[b.start : b.end]) for b in parsed.blocks if b.kind == "faq"]


def page(body: str) -> str:
    return f"<html><body><main><h1>Help</h1>{body}</main></body></html>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bold.md", "# Help\n\n" + "\n\n".join(f"**{q}**\n{a}" for q, a in PAIRS)),
        ("bold-same-line.md", "# Help\n\n" + "\n\n".join(f"**{q}** {a}" for q, a in PAIRS)),
        ("bold-apart.md", "# Help\n\n" + "\n\n".join(f"**{q}**\n\n{a}" for q, a in PAIRS)),
        ("items.md", "# Help\n\n" + "\n".join(f"- **{q}** {a}" for q, a in PAIRS)),
        ("numbered.md", "# Help\n\n" + "\n".join(f"{n}. **{q}**\n   {a}" for n, (q, a) in enumerate(PAIRS, 1))),
        ("numbered.txt", "\n\n".join(f"{n}. {q}\n{a}" for n, (q, a) in enumerate(PAIRS, 1))),
        ("marks.txt", "\n".join(f"Q: {q} A: {a}" for q, a in PAIRS)),
        ("marks-below.txt", "\n\n".join(f"Q: {q}\nA: {a}" for q, a in PAIRS)),
        ("break.html", page("".join(f"<p><b>{q}</b><br>{a}</p>" for q, a in PAIRS))),
        ("items.html", page("<ul>" + "".join(f"<li><strong>{q}</strong> {a}</li>" for q, a in PAIRS) + "</ul>")),
        ("items-p.html", page("<ol>" + "".join(f"<li><p><b>{q}</b></p><p>{a}</p></li>" for q, a in PAIRS) + "</ol>")),
        ("list.html", page("<dl>" + "".join(f"<dt>{q}</dt><dd>{a}</dd>" for q, a in PAIRS) + "</dl>")),
    ],
)
def test_a_page_of_questions_gives_the_answers(name: str, content: str) -> None:
    assert entries(read(content, name)) == PAIRS


def test_numbered_chinese_questions_on_lines_of_their_own() -> None:
    source = "1、怎么更换滤棉？\n打开后盖，抽出旧滤棉。\n\n2、滤棉可以水洗吗？\n不可以。\n\n3、指示灯一直红着\n长按复位键。\n"
    assert entries(read(source, "a.txt")) == [
        ("怎么更换滤棉？", "打开后盖，抽出旧滤棉。"),
        ("滤棉可以水洗吗？", "不可以。"),
        ("指示灯一直红着", "长按复位键。"),
    ]


def test_a_question_in_a_text_is_no_faq() -> None:
    source = (
        "# N\n\nWhy does it hum? Because of the coil.\n\nThe coil is new.\n\n- Is it loud? No.\n- It is small.\n- It is red.\n"
    )
    assert entries(read(source, "a.md")) == []
    links = "# L\n\n- [What is new?](http://x/?a=b) by A\n- [Why now?](http://x/?c=d) by B\n- the code `a?b` and `c?d`\n"
    assert entries(read(links, "a.md")) == []


def test_an_answer_keeps_its_list_and_ends_at_a_table() -> None:
    source = (
        "# H\n\n**How do I start?**\n\nDo this:\n\n1. Plug in.\n2. Wait.\n\n**What does it cost?**\n\nSee here.\n\n"
        "| A | B |\n|--|--|\n| 1 | 2 |\n"
    )
    parsed = read(source, "a.md")
    assert entries(parsed) == [("How do I start?", "Do this:\n\n1. Plug in.\n2. Wait."), ("What does it cost?", "See here.")]
    assert [block.kind for block in parsed.blocks] == ["faq", "faq", "table"]


# -- tables ------------------------------------------------------------------------------------------------------------


def test_no_header_row_is_taken_from_the_data() -> None:
    for source in (
        "Is it heavy?,Two kilos.\nIs it loud?,Thirty decibels.\n",
        "General,Is it heavy?,It weighs two kilos.\nGeneral,Is it loud?,About thirty decibels.\n",
    ):
        assert [header for header, _ in entries(read(source, "a.csv"))] == ["Is it heavy?", "Is it loud?"]
    assert entries(read("水壶能煮茶吗,可以，用中档。\n水壶能煮粥吗,不可以，会糊底。\n水壶多重,1.1 千克左右。\n", "a.csv"))[
        0
    ] == (
        "水壶能煮茶吗",
        "可以，用中档。",
    )


def test_columns_of_any_name_are_known_by_their_questions() -> None:
    source = "Anliegen,Reaktion\nHow do I pair it?,Hold the button.\nCan I use two?,Yes; each needs a name.\n"
    assert entries(read(source, "a.csv")) == [
        ("How do I pair it?", "Hold the button."),
        ("Can I use two?", "Yes; each needs a name."),
    ]
    assert entries(read("Name,City\nAda,Lyon\nBo,Brest\n", "a.csv")) == []


@pytest.mark.parametrize(
    "header",
    [
        "用户问题,推荐话术", "常见问题,参考答案", "顧客問題,標準回覆", "提问,回复内容", "問題（必填）,答覆",
        "Customer question,Suggested reply",
        "Query,Approved response", "FAQ,Answer text", "问句,标准应答", "Q,A",
    ],
)  # fmt: skip
def test_names_that_people_give_such_columns(header: str) -> None:
    assert entries(read(f"{header}\n洗衣袋,冷水手洗。\n", "a.csv")) == [("洗衣袋", "冷水手洗。")]


def test_a_template_with_titles_and_a_question_a_line() -> None:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(["段落标题（选填）", "段落内容（必填）", "问题（选填，每行一个）"])
    sheet.append(["除霜", "关机两小时，再擦干。", "怎么除霜\n多久除一次霜"])
    sheet.append(["运输", "直立运输。", None])
    buffer = io.BytesIO()
    made.save(buffer)
    parsed = read(buffer.getvalue(), "a.xlsx")
    first, second = parsed.blocks
    assert (first.kind, first.header, first.keys, first.section) == ("faq", "怎么除霜", ("多久除一次霜",), ("除霜",))
    assert parsed.text[first.start : first.end] == "关机两小时，再擦干。"
    assert second.section == ("运输",) and "直立运输。" in parsed.text[second.start : second.end]


def one(source: str) -> tuple[Parsed, Block]:
    parsed = read(source, "a.csv")
    return parsed, parsed.blocks[0]


def test_every_visible_column_of_an_entry_is_part_of_it() -> None:
    parsed, block = one("问题,答案,注意,适用机型,编号,编辑人,标签\n能放冰箱吗,可以。,不要放冷冻室。,K1、K2,7,小林,存放\n")
    assert parsed.text[block.start : block.end] == "可以。\n注意：不要放冷冻室。\n适用机型：K1、K2"
    assert [(cell.name, cell.value) for cell in block.cells] == [
        ("答案", "可以。"), ("注意", "不要放冷冻室。"), ("适用机型", "K1、K2"),
    ]  # fmt: skip
    assert all(parsed.text[cell.start : cell.end] == cell.value for cell in block.cells)
    assert block.fields == {"product": "K1、K2", "id": "7", "标签": "存放"}
    assert parsed.metadata["left_out"] == {"columns": ["编辑人"]}


def test_several_answers_and_answers_by_language() -> None:
    parsed, block = one("question,answer (shop),answer (online)\nHow do I pay?,At the till.,By card.\n")
    assert [cell.names for cell in block.cells] == [("answer (shop)",), ("answer (online)",)]
    assert parsed.text[block.start : block.end] == "At the till.\nanswer (online): By card."
    source = "问题(中文),Question (EN),答案(中文),Answer (EN)\n能退吗？,Can I return it?,七天内可以。,Within seven days.\n"
    assert entries(read(source, "a.csv")) == [("能退吗？", "七天内可以。"), ("Can I return it?", "Within seven days.")]
    for header in ("q_zh,a_zh,q_en,a_en", "questionZh,answerZh,questionEn,answerEn", "中文问题,中文答案,英文问题,英文答案"):
        source = header + "\n能改期吗？,提前一天可以。,Can I rebook?,Until the day before.\n"
        assert entries(read(source, "a.csv")) == [("能改期吗？", "提前一天可以。"), ("Can I rebook?", "Until the day before.")]


def test_what_must_not_be_said_is_not_read() -> None:
    parsed, block = one("场景,客户问题,标准话术,禁止说法\n退款,多久到账,三天内到账。,明天就到\n")
    assert (block.header, parsed.text[block.start : block.end]) == ("多久到账", "三天内到账。")
    assert "明天就到" not in parsed.text
    assert parsed.metadata["left_out"] == {"columns": ["禁止说法"]}


# -- cases -------------------------------------------------------------------------------------------------------------

TICKETS = (
    "Ticket,Requester,Email,Phone,Subject,Description,Agent,Solution,Priority,Satisfaction,Status\n"
    "88,Ann Poe,ann@x.example,555 0101,No sound,Nothing over HDMI,Joe,Choose HDMI as output,High,4,closed\n"
)


def test_a_case_says_what_was_wrong_and_what_helped_and_not_who_it_was() -> None:
    parsed, block = one(TICKETS)
    assert block.kind == "case"
    assert parsed.text[block.start : block.end] == "Description: Nothing over HDMI\nSolution: Choose HDMI as output"
    for private in ("Ann", "ann@x", "0101", "Joe", "High"):
        assert private not in parsed.text and private not in str(dict(block.fields))
    told = parsed.metadata["left_out"]["columns"]
    assert told == ["Requester", "Email", "Phone", "Agent", "Priority", "Satisfaction"]
    assert block.fields == {"id": "88", "status": "closed"}


def test_left_out_columns_can_be_chosen_and_others_ignored() -> None:
    with mapped({"Agent": "show", "Description": "ignore"}):
        parsed, block = one(TICKETS)
    told = "Subject: No sound\nAgent: Joe\nSolution: Choose HDMI as output"
    assert parsed.text[block.start : block.end] == told, "the subject is what was wrong where nothing else says it"
    folder = {"Filiale": "product", "Agnet": "show"}
    with mapped(folder, folder):  # of a folder; a file's own mapping is refused: test_as_read
        parsed, _ = one(TICKETS)
    assert parsed.metadata["left_out"]["columns of the mapping that are not there"] == ["Filiale", "Agnet"]


@pytest.mark.parametrize(
    "header",
    [
        "报警代码,报警名称,可能的原因,处理方法", "故障码,故障现象,原因分析,排除措施",
        "Alarm code,Alarm name,Probable cause,Remedy",
        "Error code,Problem,Possible reasons,What to do", "錯誤代碼,故障現象,可能原因,解決辦法",
    ],
)  # fmt: skip
def test_tables_of_faults_are_cases_row_by_row(header: str) -> None:
    parsed = read(f"{header}\nA7,fan blocked,dust；hair,clean the fan；replace it\nA8,door open,latch,close it\n", "a.csv")
    assert [block.kind for block in parsed.blocks] == ["case", "case"]
    assert [block.fields.get("code") for block in parsed.blocks] == ["A7", "A8"]
    values = [cell.value for cell in parsed.blocks[0].cells]
    assert values == ["A7", "fan blocked", "dust；hair", "clean the fan；replace it"]


def test_a_table_of_shops_keeps_its_phones() -> None:
    parsed = read("门店,店长,电话,地址\n一店,张三,021-1,淮海路 1 号\n", "a.csv")
    assert [block.kind for block in parsed.blocks] == ["table"]
    assert {cell.name: cell.value for cell in parsed.blocks[0].cells}["电话"] == "021-1"
    assert "left_out" not in parsed.metadata
