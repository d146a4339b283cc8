"""Questions and answers in further shapes: marks in brackets, lines without question marks; lists of releases as text."""

from __future__ import annotations

from ingest.parse import parse
from rag.domain import Block


def blocks(text: str, name: str) -> list[tuple[str, str, str]]:
    parsed = parse(text.encode(), filename=name, mime_type=None)

    def said(block: Block) -> str:
        return parsed.text[block.start : block.end].strip()

    return [(block.kind, block.header or "".join(block.section[-1:]), said(block)) for block in parsed.blocks]


def test_marks_in_brackets() -> None:
    text = "泳馆问答\n\n【问】没有泳帽能下水吗？\n【答】不能，前台有售，20 元。\n\n【问】几点清场？\n【答】21:30 清场。\n"
    assert [row for row in blocks(text, "a.txt") if row[0] == "faq"] == [
        ("faq", "没有泳帽能下水吗？", "不能，前台有售，20 元。"),
        ("faq", "几点清场？", "21:30 清场。"),
    ]


def test_lines_that_ask_without_a_mark() -> None:
    rows = [
        ("会员卡丢了怎么补办", "带证件到前台补办，工本费 10 元。"),
        ("可以带小孩进馆吗", "1.2 米以下须家长陪同。"),
        ("多久能退卡", "7 天内退到原账户。"),
    ]
    page = "".join(f"<div class='q'>{question}</div><div class='a'>{answer}</div>" for question, answer in rows)
    found = blocks(f"<html><body><h1>常见问题</h1>{page}</body></html>", "a.html")
    assert [row[:2] for row in found if row[0] == "faq"] == [("faq", question) for question, _ in rows]
    prose = "<p>本馆每天开放。</p><p>怎么来都可以。</p><p>欢迎光临。</p><p>带好泳帽。</p><p>请勿奔跑。</p><p>谢谢配合。</p>"
    assert not [row for row in blocks(f"<html><body>{prose}</body></html>", "a.html") if row[0] == "faq"]


def test_a_list_of_changes_stands_under_its_release() -> None:
    text = "Pump, changes\n\n【F2.10】发布日期 2026-09-01\n1. 夜间模式\n2. 重启\n\n【F2.9】发布日期 2026-05-20\n1. 远程锁定\n"
    assert [row[1] for row in blocks(text, "a.txt")] == ["【F2.10】发布日期 2026-09-01"] * 2 + ["【F2.9】发布日期 2026-05-20"]
