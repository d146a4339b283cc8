"""Sentences of Chinese and English text as exact spans."""

import time
from itertools import pairwise

import pytest

from rag.text.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。请问如何退款？谢谢！", ["你好。", "请问如何退款？", "谢谢！"]),
        ("先登录；再点击设置……完成。", ["先登录；", "再点击设置……", "完成。"]),
        ("他说：“好。走吧。”然后离开。", ["他说：“好。走吧。”", "然后离开。"]),
        ("见说明（例如 a。b）即可。下一步。", ["见说明（例如 a。b）即可。", "下一步。"]),
        ("Is it ok?是的!好", ["Is it ok?", "是的!", "好"]),
        ("It works. Really? Yes!", ["It works.", "Really?", "Yes!"]),
        ('"Why?" he asked. (See above.) Next', ['"Why?" he asked.', "(See above.)", "Next"]),
        ("Wait... what? And... Then", ["Wait... what?", "And...", "Then"]),
        ("**Note.** Do it.", ["**Note.**", "Do it."]),
        ("先停机。**不要拆盖**，会烫伤。", ["先停机。", "**不要拆盖**，会烫伤。"]),
        ("It rests. *Never* shake it.", ["It rests.", "*Never* shake it."]),
        ("Order by **2 p.m. Pacific Time** today. Pay later.", ["Order by **2 p.m. Pacific Time** today.", "Pay later."]),
        ("We close at 4 p.m. Ring before.", ["We close at 4 p.m.", "Ring before."]),
    ],
)
def test_ends(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Use e.g. this one.",
        "See Fig. 2 for version 1.2.3 of the tool.",
        "Dr. Smith and J. Doe met U.S. officials at 5 p.m. on Monday.",
        "Visit https://example.com/?a=1.b for more.",
        "Run `SELECT 1; x. Y` now.",
        "It costs approx. 5 USD.",
        "Step 1. Create the table.",
        "步骤 1. 创建表。",
        "参见[文档](/a/b.md?x=1)了解 v6.4.0 的变化。",
    ],
)
def test_one_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_no_comes_before_a_number_or_ends_a_sentence() -> None:
    assert sentences("See No. 5 below. The answer is no. Then stop.") == ["See No. 5 below.", "The answer is no.", "Then stop."]


def test_list_bullets_headings_and_quotes_are_not_part_of_sentences() -> None:
    text = "## 安装\n1. 打开设置。\n2、点击保存。\n- item one\n* [ ] todo\n（3）第三步。\n> > 引用。"
    assert sentences(text) == ["安装", "打开设置。", "点击保存。", "item one", "todo", "第三步。", "引用。"]


def test_lines_of_markup_alone_are_no_sentences() -> None:
    text = '<Step title="x">\n```sql\nSELECT 1\n```\n---\n![a](b.png)\n|---|---|\n:::\n{{< copyable "sql" >}}\n[!NOTE]\n</Step>'
    assert sentences(text) == ["SELECT 1"]


def test_a_table_row_is_one_sentence_without_its_outer_bars() -> None:
    assert sentences("| a. b | 第一。第二 |\n| c | d |") == ["a. b | 第一。第二", "c | d"]


def test_an_element_around_a_line_is_taken_off() -> None:
    assert sentences('<p className="x">hello. you</p>') == ["hello.", "you"]
    assert sentences("<b>A</b> and <b>B</b>.") == ["<b>A</b> and <b>B</b>."]


def test_a_newline_ends_a_sentence_but_not_wrapped_prose() -> None:
    assert sentences("short line\nanother line") == ["short line", "another line"]
    wrapped = "This is a long line of English text that was wrapped by an editor\nand goes on here. Then more."
    assert sentences(wrapped) == [wrapped[: wrapped.index(" Then")], "Then more."]


def test_a_list_item_after_a_long_line_stays_apart() -> None:
    long = "This is a long line of English text that has no full stop at its end at all"
    assert sentences(f"{long}\n- item") == [long, "item"]


@pytest.mark.parametrize("text", ["", "  \n ", "。。。", "***", "| | |"])
def test_nothing_to_quote(text: str) -> None:
    assert sentences(text) == []


def test_spans_are_in_order_and_trimmed() -> None:
    text = "  一。 \r\n\r\n  Two is here.  3 \u3000四。  "
    spans = split_sentences(text)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert spans == sorted(spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize("unit", ["(", "（", "`", "- ", "[", "![", "<a ", "A. ", ":::", "“", "1.", "<b>"])
def test_time_is_linear_in_hostile_text(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    started = time.perf_counter()
    split_sentences(text)
    assert time.perf_counter() - started < 3
