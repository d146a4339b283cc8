"""What kind of thing a question asks for, and whether it stands in a text."""

from __future__ import annotations

import pytest

from rag.text.answer_type import asked_for, holds, kind_asked


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much is the yearly licence?", "price"),
        ("寄存一天多少钱", "price"),
        ("What's your hotline?", "contact"),
        ("你们的客服电话是多少", "contact"),
        ("How long does the glue need to dry?", "duration"),
        ("退款要等几天", "duration"),
        ("那几天的录像还能找回来吗", "yes_no"),
        ("When was the bridge opened?", "when"),
        ("周日几点开门", "when"),
        ("When can I call the hotline?", "when"),
        ("How many seats does the small plan have?", "amount"),
        ("最多能接几台打印机", "amount"),
        ("Where is the serial number?", "where"),
        ("谁可以改账单地址", "who"),
        ("Why does the lamp blink?", "reason"),
        ("怎么把旧数据导出来", "steps"),
        ("Can I pay by cheque?", "yes_no"),
        ("My phone was stolen and the app wants a code", "other"),
        ("The pump won't charge any more", "other"),
    ],
)
def test_the_kind_is_read_from_the_question(question: str, kind: str) -> None:
    assert kind_asked(question) == kind


@pytest.mark.parametrize(
    ("kind", "there", "missing"),
    [
        ("price", "A day costs €4.", "Open every day from 8 to 20."),
        ("price", "每天收费 6 元。", "寄存处在二楼。"),
        ("contact", "Write to help@quay.example.", "Our staff will gladly help."),
        ("duration", "Let it dry for two hours.", "Let it dry before you go on."),
        ("duration", "三个工作日内到账。", "退款原路返回。"),
        ("when", "周日 9 点开门。", "门口有停车位。"),
        ("amount", "Up to twelve seats.", "Seats can be moved between teams."),
    ],
)
def test_such_a_thing_stands_in_a_text_or_not(kind: str, there: str, missing: str) -> None:
    assert holds(kind, there) is True and holds(kind, missing) is False  # type: ignore[arg-type]


def test_of_some_kinds_the_shape_of_a_text_tells_nothing() -> None:
    assert holds("reason", "Because of the frost.") is None and holds("other", "x") is None


def test_names_are_codes_capitals_and_latin_words_within_chinese() -> None:
    assert asked_for("Does the Harbour plan cover error K-207?").names == ("Harbour", "K-207")
    assert asked_for("导出到 Lodestar 要怎么设").names == ("Lodestar",)
    assert asked_for("What do I need? The printed receipt").names == ()


def test_amounts_dates_and_ordinals_are_no_names() -> None:
    assert asked_for("Will a 40 pound dog set off the 2nd alarm in November?").names == ()
    assert asked_for("充满 128GB 的卡要 3 天吗").names == () and asked_for("2031 年的价格").names == ("2031",)


def test_people_who_tell_of_themselves_are_heard() -> None:
    assert asked_for("My lamp stays dark").personal and asked_for("灯又不亮了，咋办").personal
    assert not asked_for("How do I reset the lamp?").personal and not asked_for("如何重置灯具").personal


def test_a_name_that_stands_nowhere_is_told_however_it_is_written() -> None:
    asked = asked_for("what does error K-207 mean")
    assert not asked.unnamed("If K207 is shown, open the valve.") and asked.unnamed("If K-208 is shown, open the valve.")
    assert not asked_for("what is shown when it is cold").unnamed("Nothing.")


def test_a_long_question_costs_next_to_nothing() -> None:
    import time

    began = time.process_time()
    for text in ("a" * 32_000, "几" * 4_000, "how " * 1_000, "K-2" * 1_300):
        asked_for(text).unnamed("text")
    assert time.process_time() - began < 0.4
