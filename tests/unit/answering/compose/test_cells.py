"""The asked cell of a table, overviews, things that a table does not have; follow-ups by another thing. With the real model's
rules off: refusals by probability do not count here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.pipeline import Pipeline
from rag.domain import Answer, DocumentInput, Message, Question
from rag.wiring import Application

Ask = Callable[..., Answer]

MILLS = """# Mills compared

| | Orsa One | Orsa Duo | Orsa Pro |
| --- | --- | --- | --- |
| Price | €139 | €199 | €359 |
| Weight | 2.2 kg | 3.1 kg | 5.6 kg |
| Noise level | 73 dB | 71 dB | 65 dB |
| Remote control | ✗ | ✗ | ✓ |
"""
CARDS = """# 会员卡

| 卡种 | 年费 | 每月课时 | 备注 |
| --- | --- | --- | --- |
| 青卡 | 1,180 元 | 8 节 | 周末不可用 |
| 紫卡 | 2,280 元 | 16 节 | |
| 墨卡 | 4,580 元 | 不限 | |
"""
RATES = """# Parcel rates

| Country | Up to 2 kg | Up to 10 kg | Time |
| --- | --- | --- | --- |
| Norway | €13 | €21 | 4 days |
| Iceland | €18 | €32 | 8 days |
"""
FAQ = """# Questions

## Do you ship to Switzerland?
Yes, with DHL, in five days.

## Can I pay by invoice?
Only companies can.

## Where are you?
In Ghent, at the old harbour.
"""
EXAMS = """# 考试须知

## 模块一
100 道题，90 分合格。

## 模块二
五项实操，80 分合格。
"""
NOTES = """# Release notes

## 4.3 (2 May 2026)
- New: dark theme.

## 4.4 (9 July 2026)
- New: shared folders.
"""
HALLS = """# 开放时间

| 分馆 | 周二至周五 | 周末 |
| --- | --- | --- |
| 江北分馆 | 9:00–18:00 | 9:00–17:00 |
| 高新分馆 | 10:00–20:00 | 闭馆 |
"""
SCOOTERS = """# Scooters

| Name | Range | Price |
| --- | --- | --- |
| Finch | 30 km | €499 |
| Swift | 45 km | €649 |
| Rook | 60 km | €899 |
"""
TERMS = """# Returns

## Since April 2026
You have 45 days.

## Before April 2026
You had 14 days.
"""


@pytest.fixture
def ask(application: Application) -> Ask:
    """ask(question, former question or '', **files by name) → the answer of a library that holds them."""
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)

    def answer(question: str, former: str = "", **files: str) -> Answer:
        for name, text in files.items():
            filename = name.replace("_", ".")
            pipeline.put(DocumentInput(filename, text.encode(), filename=filename))
        lenient = application.answerer.lenient()
        if not former:
            return lenient.answer(Question(question))
        first = lenient.answer(Question(former))
        said = "\n".join(one.cited_text for one in first.citations)
        return lenient.answer(Question(question, history=(Message("user", former), Message("assistant", said))))

    return answer


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("How heavy is the Orsa Duo?", "3.1 kg", ("2.2", "€")),
        ("how loud is the pro", "65 dB", ("73", "€")),
        ("What does the Orsa One cost?", "€139", ("199", "kg")),
        ("Does the Orsa Pro have a remote control?", "✓", ("✗", "€")),
    ],
)
def test_the_cell_of_a_model_that_is_a_column(ask: Ask, question: str, right: str, wrong: tuple[str, ...]) -> None:
    answer = ask(question, mills_md=MILLS).answer
    assert right in answer
    assert not any(one in answer for one in wrong), answer


def test_the_asked_column_of_a_named_row_with_its_condition(ask: Ask) -> None:
    answer = ask("青卡一年多少钱", cards_md=CARDS).answer
    assert "1,180 元" in answer and "周末不可用" in answer
    assert "2,280" not in answer and "8 节" not in answer


def test_an_overview_has_all(ask: Ask) -> None:
    answer = ask("都有哪些卡，分别多少钱", cards_md=CARDS).answer
    assert all(price in answer for price in ("1,180", "2,280", "4,580"))


FARES = """# Boat fares

| Passenger | One-way | Round trip |
| --- | --- | --- |
| Adult | €14 | €22 |
| Child (4–12) | €7 | €11 |
| Resident | €3 | €5 |
"""
SITES = """# 训练点

| 训练点 | 项目 | 公交 |
| --- | --- | --- |
| 东站点 | 倒库、坡起 | 12 路 |
| 河西点 | 倒库 | 40 路 |
| 山口点 | 路考 | 7 路 |
"""
BANK = """# Account charges

| Service | Plain account | Prime account |
| --- | --- | --- |
| Cash abroad | 2% | free |
| Overdraft rate | 18% | 13% |
"""


def test_row_and_column_in_other_words(ask: Ask) -> None:
    answer = ask("what is a return ticket for a kid", fares_md=FARES).answer
    assert "€11" in answer and not any(one in answer for one in ("€22", "€7", "€5")), answer


def test_all_rows_whose_cell_lists_what_is_asked_for(ask: Ask) -> None:
    answer = ask("在哪个训练点练倒库", sites_md=SITES).answer
    assert "东站点" in answer and "河西点" in answer and "山口点" not in answer


def test_a_row_that_has_half_of_what_is_asked(ask: Ask) -> None:
    assert "13%" in ask("overdraft interest on Prime", bank_md=BANK).answer


def test_a_day_or_an_everyday_thing_is_no_unknown_name(ask: Ask) -> None:
    assert ask("what is the range of the Swift in December", scooters_md=SCOOTERS).status == "answered"
    assert ask("how far does the Rook go with Bluetooth on", scooters_md=SCOOTERS).reason != "unknown_name"


def test_an_overview_is_of_what_is_asked(ask: Ask) -> None:
    answer = ask("都有哪些卡，年费分别多少", cards_md=CARDS).answer
    assert "4,580" in answer and "8 节" not in answer


def test_an_amount_picks_its_column(ask: Ask) -> None:
    answer = ask("how much to send 4 kilos to Norway", rates_md=RATES)
    assert "€21" in answer.answer and "€13" not in answer.answer and "€32" not in answer.answer
    assert ask("price for 25 kg to Norway").status == "refused"


@pytest.mark.parametrize(
    ("question", "name", "files"),
    [
        ("How much to send 2 kg to Portugal?", "Portugal", {"rates_md": RATES}),
        ("橙卡多少钱", "橙卡", {"cards_md": CARDS}),
        ("What does the Orsa Trio cost?", "Orsa Trio", {"mills_md": MILLS}),
        ("Do you ship to Norway?", "Norway", {"faq_md": FAQ}),
        ("Can I pay with Bitcoin?", "Bitcoin", {"faq_md": FAQ}),
        ("模块四多少分合格", "模块四", {"exams_md": EXAMS}),
        ("4.5 更新了什么", "4.5", {"notes_md": NOTES}),
        ("charges of the Silver account", "Silver account", {"bank_md": BANK}),
        ("桂林分馆几点关门", "桂林分馆", {"halls_md": HALLS}),
        ("price of the Linnet", "Linnet", {"scooters_md": SCOOTERS}),
        ("你们支持花呗吗", "花呗", {"cards_md": CARDS}),
        ("Does the Swift work with Alexa?", "Alexa", {"scooters_md": SCOOTERS}),
    ],
)
def test_what_stands_beside_the_known_ones_is_unknown(ask: Ask, question: str, name: str, files: dict[str, str]) -> None:
    answer = ask(question, **files)
    assert (answer.status, answer.reason) == ("refused", "unknown_name"), answer.answer
    assert name in answer.answer


def test_a_label_that_shares_a_word_is_no_answer_to_something_else(ask: Ask) -> None:
    faq = FAQ + "\n## Can I change the auto-off time?\nYes, hold both buttons; it goes from 5 to 60 minutes.\n"
    mills = MILLS.replace("| Noise level", "| Heat-up time | 40 s | 30 s | 20 s |\n| Noise level")
    answer = ask("Can I change the auto-off time of the Orsa One?", mills_md=mills, faq_md=faq).answer
    assert "60 minutes" in answer and "40 s" not in answer


def test_an_attribute_that_no_cell_has_is_refused(ask: Ask) -> None:
    assert ask("What voltage does the Orsa Duo need?", mills_md=MILLS).status == "refused"


@pytest.mark.parametrize(
    ("former", "question", "right", "files"),
    [
        ("紫卡一年多少钱", "那青卡呢", "1,180", {"cards_md": CARDS}),
        ("What does the Orsa One cost?", "and the Pro?", "€359", {"mills_md": MILLS}),
        ("How long does a parcel to Norway take?", "What about Iceland?", "8 days", {"rates_md": RATES}),
        ("How many days do I have for a return?", "and before that?", "14 days", {"terms_md": TERMS}),
    ],
)
def test_another_thing_in_the_former_question(ask: Ask, former: str, question: str, right: str, files: dict[str, str]) -> None:
    assert right in ask(question, former, **files).answer


def test_another_thing_that_nobody_has_is_unknown(ask: Ask) -> None:
    answer = ask("and Portugal?", "How long does a parcel to Norway take?", rates_md=RATES)
    assert answer.reason == "unknown_name" and "Portugal" in answer.answer


def test_todays_version_and_the_former_one(ask: Ask) -> None:
    assert "45 days" in ask("How many days do I have for a return?", terms_md=TERMS).answer
    former = ask("How many days did I have before April 2026?").answer
    assert "14 days" in former and "45" not in former and "Before April 2026" in former


def test_a_price_of_a_year_that_nobody_speaks_of_is_refused(ask: Ask) -> None:
    assert ask("2023 年青卡多少钱", cards_md=CARDS).status == "refused"
    assert "1,180" in ask("2023 年买的青卡，现在年费多少钱").answer


LIGHTS = """# Lamp care

| What you see | What it does |
| --- | --- |
| Dust on the lens | wipe it with a dry cloth |
| Body above 60 °C | dims itself (H31) until it has cooled |
| Rain | nothing, it is sealed |
"""
LIGHTS_ZH = """# 灯具

灯体超过 60 °C 时会自动变暗，显示 H31，凉下来后恢复。
"""


def test_a_code_inside_a_table_chooses_its_row(ask: Ask) -> None:
    said = ask("My lamp got very hot outside and shows H31", lights_md=LIGHTS).answer
    assert "until it has cooled" in said and "dry cloth" not in said and "sealed" not in said


def test_nothing_in_the_other_language_stands_beside_an_answer_in_the_own_one(ask: Ask) -> None:
    said = ask("My lamp got very hot outside and shows H31", lights_md=LIGHTS, zh_md=LIGHTS_ZH).answer
    assert "until it has cooled" in said and "变暗" not in said
    only = ask("灯很烫，显示 H31 是怎么回事").answer
    assert "变暗" in only and "cooled" not in only


TERMS_OF_PARTS = """# Guarantee

| Product | Guarantee |
| --- | --- |
| Kettle K7 | 24 months |
| Rechargeable packs in K7 and K9 | 12 months |
| Mugs M1 and M2 | 6 months, not covered when dropped |
"""


def test_a_row_called_by_a_model_goes_before_one_that_only_has_it(ask: Ask) -> None:
    said = ask("How long is the guarantee of the K7?", parts_md=TERMS_OF_PARTS).answer
    assert said.index("24 months") < (said.index("12 months") if "12 months" in said else len(said))
    assert "6 months, not" not in said


def test_an_attribute_alone_is_asked_of_the_model_spoken_of(ask: Ask) -> None:
    former = "Can I put the Kettle K7 into the dishwasher?"
    assert "24 months" in ask("how long is the guarantee?", former, parts_md=TERMS_OF_PARTS).answer


def test_a_row_is_named_by_its_own_word_where_an_attribute_is_asked_for(ask: Ask) -> None:
    said = ask("How long is the guarantee on the kettle?", parts_md=TERMS_OF_PARTS).answer
    assert "24 months" in said and "6 months" not in said and "12 months" not in said
