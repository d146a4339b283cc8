"""What a library of a few pages answers and refuses, with the real model: also asked in the other language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Question
from rag.settings import load
from rag.wiring import Application, open_application

SAUNA = """# Sauna rules

## Opening hours
Open daily from 11:00 to 22:30; the last entry is at 21:00.

## Towels
Towels can be rented for 4 euros. Bathrobes are not available.

## Phones
Phones stay in the locker. Photographs are forbidden everywhere.

## Quiet room
In the quiet room nobody speaks, and drinks are not allowed.
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    opened = open_application(load(overrides={"data_dir": str(tmp_path_factory.mktemp("few"))}))
    yield opened
    opened.close()


@pytest.fixture
def holding(library: Application) -> Iterator[Callable[[str, str], None]]:
    kept: list[str] = []

    def hold(name: str, text: str) -> None:
        Pipeline(library.ledger, library.views.writing, library.settings).put(
            DocumentInput(name, text.encode(), filename=Path(name).name)
        )
        kept.append(name)

    yield hold
    for name in kept:
        library.ledger.delete(name)


@pytest.mark.parametrize(
    ("question", "said"),
    [("毛巾租金是多少欧元", "4 euros"), ("安静室里可以喝饮料吗", "not allowed"), ("每天几点开门", "11:00")],
)
def test_a_question_in_the_other_language_is_answered(library, holding, question, said):  # type: ignore[no-untyped-def]
    holding("sauna.md", SAUNA)
    answer = library.answerer.quiet().answer(Question(question))
    assert answer.status == "answered" and said in answer.answer


@pytest.mark.parametrize("question", ["给摩托车换机油怎么做", "猫要打什么疫苗"])
def test_what_is_about_something_else_is_refused_in_the_other_language(library, holding, question):  # type: ignore[no-untyped-def]
    holding("sauna.md", SAUNA)
    assert library.answerer.quiet().answer(Question(question)).status == "refused"


SCOOTERS = """# Scooters

| Name | Motor | Weight | Price |
| --- | --- | --- | --- |
| Finch | 250 W | 14 kg | €499 |
| Rook | 500 W | 19 kg | €899 |

## Showroom
You can ride every model in the showroom in Ghent. Helmets lie ready.
"""
LINES = """# 班车

## 二号线
从东门发车，每 20 分钟一班。

## 三号线
从南门发车，每 30 分钟一班。

## 票价
单程 4 元，上车扫码。
"""


@pytest.mark.parametrize(
    "question",
    ["does the Rook have a reverse gear", "Does the Finch come in green?", "is there a café in the showroom in Ghent"],
)
def test_a_named_row_or_place_that_says_nothing_of_the_asked_thing_is_no_answer(library, holding, question):  # type: ignore[no-untyped-def]
    holding("scooters.md", SCOOTERS)
    assert library.answerer.quiet().answer(Question(question)).status == "refused"


@pytest.mark.parametrize(
    ("question", "said"), [("how heavy is the Rook", "19 kg"), ("are there helmets in the showroom", "Helmets")]
)
def test_what_it_does_say_is_answered(library, holding, question, said):  # type: ignore[no-untyped-def]
    holding("scooters.md", SCOOTERS)
    assert said in library.answerer.quiet().answer(Question(question)).answer


def test_a_numeral_that_nothing_is_called_by_is_an_unknown_name(library, holding):  # type: ignore[no-untyped-def]
    holding("lines.md", LINES)
    answer = library.answerer.quiet().answer(Question("五号线多久一班"))
    assert answer.reason == "unknown_name" and "五号线" in answer.answer and "三号线" in answer.answer
    assert "30 分钟" in library.answerer.quiet().answer(Question("三号线多久一班")).answer


RATES = """# 运费说明

| 地区 | 首重 | 续重 |
| --- | --- | --- |
| 江浙沪 | 6 元 | 1 元 |
| 华南 | 10 元 | 4 元 |
| 东北 | 14 元 | 9 元 |
"""


def test_a_place_is_found_under_its_region_and_no_other_is_known(library, holding):  # type: ignore[no-untyped-def]
    holding("rates.md", RATES)
    quiet = library.answerer.quiet()
    assert "9 元" in quiet.answer(Question("寄到哈尔滨续重多少钱")).answer
    assert "14 元" not in quiet.answer(Question("寄到佛山首重多少钱")).answer
    assert quiet.answer(Question("寄到成都首重多少钱")).reason == "unknown_name"


HOUSE = """# House rules

## How do I connect to the Wi-Fi?
Members use Quarry-Team. Visitors take Quarry-Open; the code hangs at the entrance.

## What does an extra hour in the meeting room cost?
CHF 30 in Basel, €25 in Lyon.
"""
DESKS = """# Desks 工位

| City 城市 | Flex 流动工位 | Desk 固定工位 |
| --- | --- | --- |
| Basel 巴塞尔 | CHF 310 | CHF 480 |
| Lyon 里昂 | €220 | €370 |
"""


@pytest.mark.parametrize(
    ("question", "said", "unsaid"),
    [
        ("访客wifi怎么连", "Quarry-Open", "CHF"),
        ("巴塞尔固定工位多少钱", "CHF 480", "310"),
    ],
)
def test_what_the_other_language_says_in_all_words_is_an_answer(library, holding, question, said, unsaid):  # type: ignore[no-untyped-def]
    holding("house.md", HOUSE)
    holding("desks.md", DESKS)
    answer = library.answerer.quiet().answer(Question(question))
    assert said in answer.answer and unsaid not in answer.answer


TERMS = """# Returns

## Since May 2026
Goods go back within 40 days. We pay the postage.

## Before May 2026
Goods went back within 12 days. You paid the postage.

# 租借

## 2026 年 6 月 1 日起
每次最多借 30 天，逾期每天 2 元。

## 2026 年 6 月 1 日前
每次最多借 9 天，逾期每天 1 元。
"""


@pytest.mark.parametrize(
    ("question", "said", "unsaid"),
    [
        ("How many days did I have to send goods back in February 2026?", "12 days", "40"),
        ("2026 年 4 月借的，一次能借几天", "9 天", "30 天"),
    ],
)
def test_a_time_that_is_named_takes_the_terms_of_that_time(library, holding, question, said, unsaid):  # type: ignore[no-untyped-def]
    holding("terms.md", TERMS)
    answer = library.answerer.quiet().answer(Question(question)).answer
    assert said in answer and unsaid not in answer
