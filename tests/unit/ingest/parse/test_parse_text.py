"""Plain text: paragraphs, lists and sections by rules; the text itself unchanged."""

from ingest.parse import parse
from rag.domain import Block, Parsed


def read(text: str) -> Parsed:
    parsed = parse(text.encode(), filename="a.txt", mime_type=None)
    assert parsed.text == text
    return parsed


def texts(parsed: Parsed, kind: str = "text") -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks if block.kind == kind]


def block(parsed: Parsed, start: str) -> Block:
    return next(block for block in parsed.blocks if parsed.text.startswith(start, block.start))


def test_paragraphs_are_parted_by_blank_lines() -> None:
    parsed = read("第一段第一行，\n第二行。\r\n\r\n  第二段。  \n")
    assert texts(parsed) == ["第一段第一行，\n第二行。", "第二段。"]


def test_without_blank_lines_each_line_is_a_paragraph_unless_wrapped() -> None:
    assert texts(read("第一行在这里。\n第二行在这里。\n")) == ["第一行在这里。", "第二行在这里。"]
    wrapped = "This line of English prose was wrapped by an editor at a fixed\nwidth and ends here.\nNext one."
    assert texts(read(wrapped)) == [wrapped[: -len("\nNext one.")], "Next one."]


def test_lists_are_runs_of_items_without_their_bullets() -> None:
    parsed = read("步骤如下：\n\n1. 打开设置，\n   进入账户。\n2. 点击保存。\n\n说明。\n\n- 甲\n- 乙\n")
    assert texts(parsed, "list") == ["打开设置，\n   进入账户。", "点击保存。", "甲", "乙"]
    groups = [block.group for block in parsed.blocks if block.kind == "list"]
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_chinese_chapters_and_articles_nest() -> None:
    parsed = read(
        "劳动法\n\n第一章 总则\n\n第一条 为了保护劳动者的合法权益，制定本法。\n\n"
        "第二章 附则\n\n第一节 期限\n\n自公布之日起施行。\n"
    )
    assert parsed.title == "劳动法"
    assert block(parsed, "第一条").section == ("第一章 总则",)
    assert block(parsed, "自公布").section == ("第二章 附则", "第一节 期限")


def test_short_lines_and_questions_over_paragraphs_are_headings() -> None:
    parsed = read(
        "帮助\n\n如何退款？\n\n联系客服并提供订单号，三个工作日内到账。\n\n"
        "Shipping times\n\nOrders ship within two days of payment.\n"
    )
    assert parsed.title == "帮助"
    assert block(parsed, "联系客服").section == ("如何退款？",)
    assert block(parsed, "Orders").section == ("Shipping times",)


def test_numbered_titles_are_headings_and_numbered_sentences_are_not() -> None:
    parsed = read("1.1 Overview\n\nThe tool does much.\n\n1.2 Install\n\nRun it.\n\n1. First do this one.\n2. Then that one.\n")
    assert block(parsed, "The tool").section == ("1.1 Overview",)
    assert block(parsed, "Run it").section == ("1.2 Install",)
    assert texts(parsed, "list") == ["First do this one.", "Then that one."]


def test_numbered_enumeration_in_chinese_is_a_list() -> None:
    parsed = read("注意事项如下。\n\n一、不要断电。\n二、不要进水。\n")
    assert texts(parsed, "list") == ["不要断电。", "不要进水。"]


def test_question_and_answer_lines_are_faq_entries() -> None:
    parsed = read(
        "问：如何退款？\n答：联系客服。\n提供订单号。\n问：多久到账？\n答：三天。\n\nQ: Is it free?\n\nA: Yes.\n\n- for now\n"
    )
    faqs = [(block.header, parsed.text[block.start : block.end]) for block in parsed.blocks if block.kind == "faq"]
    assert faqs == [("如何退款？", "联系客服。\n提供订单号。"), ("多久到账？", "三天。"), ("Is it free?", "Yes.\n\n- for now")]


def test_a_question_without_answer_stays_text() -> None:
    assert texts(read("问：如何退款？\n\n联系客服。")) == ["问：如何退款？", "联系客服。"]


def test_a_text_of_headings_alone_is_still_text() -> None:
    assert texts(read("第一章 总则\n")) == ["第一章 总则"]
