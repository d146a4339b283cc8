"""What is asked of a whole table: its extremes, for which of its things it holds, how all differ; with the real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Question
from rag.settings import load
from rag.wiring import Application, open_application

PAGES = {
    "storage.md": """# Storage units

Rent a unit by the month. All units are dry and lit.

| Unit | Area | Monthly rent | Access | Heated |
| --- | --- | --- | --- | --- |
| Locker S | 2 m² | €29 | lobby hours | no |
| Locker M | 4 m² | €45 | lobby hours | yes |
| Garage L | 18 m² | €139 | day and night | no |
""",
    "memberships.md": """# Climbing memberships

| | Bronze | Silver | Gold |
| --- | --- | --- | --- |
| Monthly fee | €19 | €35 | €59 |
| Guest passes | 0 | 2 | unlimited |
| Coaching | group only | group only | group and personal |
| Sauna | ✗ | ✓ | ✓ |
""",
    "qicai.md": """# 露营装备租赁

| 帐篷 | 可住人数 | 日租 | 重量 | 防雨 |
| --- | --- | --- | --- | --- |
| 山雀 1 | 2 人 | 39 元 | 1.8 kg | 否 |
| 山雀 2 | 3 人 | 49 元 | 2.6 kg | 是 |
| 大雁 | 6 人 | 98 元 | 7.5 kg | 是 |
""",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    opened = open_application(load(overrides={"data_dir": str(tmp_path_factory.mktemp("tables"))}))
    pipeline = Pipeline(opened.ledger, opened.views.writing, opened.settings)
    for name, text in PAGES.items():
        pipeline.put(DocumentInput(name, text.encode(), filename=Path(name).name))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "said", "unsaid"),
    [
        ("which storage unit is the cheapest?", ["Locker S", "€29"], ["Garage", "€45"]),
        ("largest unit by area", ["Garage L", "18 m²"], ["Locker"]),
        ("which membership has the most guest passes", ["Gold", "unlimited"], ["Silver", "Bronze"]),
        ("哪款帐篷最轻", ["山雀 1", "1.8 kg"], ["大雁", "山雀 2"]),
        ("最贵的帐篷是哪款", ["大雁", "98 元"], ["39"]),
        ("which membership is the most expensive?", ["Gold", "€59"], ["€19", "€35"]),
        ("what is the difference between Locker S and Garage L", ["2 m²", "18 m²"], ["4 m²"]),
        ("which units are heated?", ["Locker M"], ["Locker S", "Garage"]),
        ("which memberships include the sauna", ["Silver", "Gold"], ["Bronze"]),
        ("which membership has personal coaching", ["Gold", "personal"], ["Silver"]),
        ("哪些帐篷不防雨", ["山雀 1"], ["大雁", "山雀 2"]),
        ("what are the differences between the memberships?", ["Bronze", "Silver", "Gold", "€35"], ["Locker"]),
        ("difference between Silver and Gold membership", ["Silver", "Gold", "€59"], ["Bronze"]),
    ],
)
def test_what_is_asked_of_a_table(library: Application, question: str, said: list[str], unsaid: list[str]) -> None:
    answer = library.answerer.quiet().answer(Question(question))
    assert answer.status == "answered", answer.answer
    assert all(one in answer.answer for one in said), answer.answer
    assert not any(one in answer.answer for one in unsaid), answer.answer


@pytest.mark.parametrize(
    "question",
    ["which unit has a window?", "which kayak is the cheapest?", "what is the fastest way to the airport", "哪款帐篷最吵"],
)
def test_what_no_column_says_is_not_picked(library: Application, question: str) -> None:
    answer = library.answerer.quiet().answer(Question(question))
    assert answer.status != "answered" or "€" not in answer.answer, answer.answer


LIKE = {
    "fares.md": """# Cable car fares

Fares from the lake station to Kestrel Peak, in euros.

| Passenger | Single | Return |
| --- | --- | --- |
| Adult | 18.00 | 29.00 |
| Child | 9.00 | 14.50 |

Fares from the lake station to Rowan Hut, in euros.

| Passenger | Single | Return |
| --- | --- | --- |
| Adult | 11.00 | 17.00 |
| Child | 5.50 | 8.00 |
""",
    "changes.md": """# Lumen editor, changes

## [3.1.0] - 2026-06-02

### Added
- Handwriting on tablets.

## [3.0.0] - 2026-01-20

### Removed
- The fax export is gone.
""",
}


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    opened = open_application(load(overrides={"data_dir": str(tmp_path_factory.mktemp("alike"))}))
    pipeline = Pipeline(opened.ledger, opened.views.writing, opened.settings)
    for name, text in LIKE.items():
        pipeline.put(DocumentInput(name, text.encode(), filename=name))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "said", "unsaid"),
    [
        ("child return to Kestrel Peak", "14.50", "8.00"),
        ("what does an adult single to Rowan Hut cost", "11.00", "18.00"),
        ("which version added handwriting?", "3.1.0", "Fax"),
        ("when was the fax export removed", "2026-01-20", "3.1.0"),
    ],
)
def test_tables_by_their_introduction_and_changes_by_their_release(
    alike: Application, question: str, said: str, unsaid: str
) -> None:
    answer = alike.answerer.quiet().answer(Question(question))
    assert said in answer.answer and unsaid not in answer.answer, answer.answer
