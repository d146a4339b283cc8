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
