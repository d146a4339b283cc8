"""Which statements of a passage a question is about."""

from __future__ import annotations

from datetime import date

from rag.domain.statement import Cell, Statement
from rag.text.names import asked_names
from rag.text.statement_filter import chosen
from rag.text.validity import read_period

TODAY = date(2026, 11, 30).toordinal()


def row(*values: str, period: str = "", above: str = "", group: int = 0) -> Statement:
    cells = tuple(Cell(at, at + 1, (f"c{at}",), value) for at, value in enumerate(values))
    told = read_period(period) if period else None
    return Statement(0, 9, "row", "; ".join(values), group=group, cells=cells, label=values[0], above=above, period=told)


def kept(question: str, *statements: Statement, asked: str = "") -> list[bool]:
    return chosen(statements, question, asked_names(question), read_period(asked) if asked else None, TODAY)


def test_rows_of_another_code_are_out() -> None:
    rows = (row("J-17", "stop"), row("J-18", "clean"), row("Note", "call us"))
    assert kept("J18 怎么处理", *rows) == [False, True, True]
    assert kept("J99 怎么处理", *rows) == [True, True, True]
    assert kept("weight of KT400", row("KT400", "4 kg"), row("KT400 Pro", "6 kg")) == [True, False]
    assert kept("weight of KT400 Pro", row("KT400", "4 kg"), row("KT400 Pro", "6 kg")) == [False, True]


def test_sentences_about_other_codes_are_out() -> None:
    said = (
        Statement(0, 9, "sentence", "W11 is too wet, W12 too dry."),
        Statement(9, 20, "sentence", "W15 means the lid is open."),
    )
    assert kept("the dryer shows W15, what now", *said) == [False, True]
    assert kept("what is W13", *said) == [True, True]  # neither: nothing to prefer


def test_a_row_whose_label_the_question_has_stands_alone() -> None:
    rows = (row("浦东店", "1 号"), row("徐汇店", "2 号"))
    assert kept("徐汇店的地址", *rows) == [False, True]
    assert kept("店的地址", *rows) == [True, True]
    assert kept("白金卡的费用", row("金卡", "9 元"), row("银卡", "4 元")) == [True, True]
    plans = (row("Home", "5"), row("Home Max", "9"))
    assert kept("How much is Home Max?", *plans) == [False, True]
    parts = (row("Screen", "90", above="Mail-in"), row("Screen", "120", above="At home"))
    assert kept("screen repair at home", *parts) == [False, True]


def test_rows_that_are_over_are_out() -> None:
    rows = (row("Return", "15", period="2026-01-01 ~ 2026-06-30"), row("Return", "30", period="2026-07-01 ~ 2026-12-31"))
    assert kept("how long", *rows) == [False, True]
    assert kept("how long", *rows, asked="2026-05") == [True, False]
    assert kept("how long", *rows, asked="2020-05") == [True, True]


def test_rows_of_data_are_never_over() -> None:
    years = (row("2024", "12.1", period="2024"), row("2025", "14.5", period="2025"), row("2026", "15.0", period="2026"))
    assert kept("which year was best", *years) == [True, True, True]
    assert kept("sales of last year", *years, asked="2025") == [False, True, False]


def test_both_labels_of_a_question_with_two_parts_stay() -> None:
    rows = (row("Tanks", "2"), row("Reach of the hose", "9 m"), row("Noise", "61 dB"))
    assert kept("What is the reach of the hose, and how many tanks are there?", *rows) == [True, True, False]
    assert kept("How many tanks are there?", *rows) == [True, False, False]
    zh = (row("容量", "2 升"), row("功率", "900 瓦"), row("颜色", "白"))
    assert kept("功率和容量各是多少", *zh)[2] is False
