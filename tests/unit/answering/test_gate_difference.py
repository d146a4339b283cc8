"""What a claim says of two rows or columns of a table is computed."""

from __future__ import annotations

import pytest

from rag.answering.check import Gate
from rag.domain import Hit, Passage

KETTLES = """| Model | Weight | Holds | Price |
| --- | --- | --- | --- |
| Brook S | 780 g | 1.2 l | €34 |
| Brook M | 910 g | 1.7 l | €49 |
| Brook M Steel | 1250 g | 1.7 l | €72 |
"""
灯 = """| 型号 | 重量 | 续航 | 价格 |
| --- | --- | --- | --- |
| 萤火 L1 | 210 克 | 8 小时 | 89 元 |
| 萤火 L2 | 260 克 | 14 小时 | 129 元 |
"""
PLANS = """| | 体验版 | 家用版 | 门店版 |
| --- | --- | --- | --- |
| 月付 | 5 元 | 18 元 | 40 元 |
| 年付 | 50 元 | 180 元 | 390 元 |
"""


def verdict(sentence: str, table: str, question: str = "") -> str:
    passage = Passage(1, "doc", 1, "", None, None, "default", (), "table", table, "", 0, len(table), {}, {})
    return Gate([Hit(passage, 1.0, 0.9, {})], question=question, policy="repair").check(f"{sentence} [1]").verdict


@pytest.mark.parametrize(
    ("sentence", "table"),
    [
        ("The Brook M weighs 130 g more than the Brook S.", KETTLES),
        ("The Brook S is €15 cheaper than the Brook M.", KETTLES),
        ("The Brook M Steel is heavier than the Brook M.", KETTLES),
        ("L2 比 L1 重 50 克，贵 40 元。", 灯),
        ("L2 的续航比 L1 长 6 小时。", 灯),
        ("家用版的年付比体验版贵 130 元。", PLANS),
    ],
)
def test_a_true_difference_passes(sentence: str, table: str) -> None:
    assert verdict(sentence, table) == "supported"


@pytest.mark.parametrize(
    ("sentence", "table"),
    [
        ("The Brook M weighs 140 g more than the Brook S.", KETTLES),
        ("The Brook M is €15 cheaper than the Brook S.", KETTLES),
        ("The Brook M is heavier than the Brook M Steel.", KETTLES),
        ("The Brook M is not heavier than the Brook S.", KETTLES),
        ("The Brook M weighs 130 g more than the Otter S.", KETTLES),
        ("L2 比 L1 重 50 克，贵 60 元。", 灯),
        ("L1 比 L2 重 50 克。", 灯),
        ("家用版的月付比体验版贵 130 元。", PLANS),
    ],
)
def test_an_untrue_one_does_not(sentence: str, table: str) -> None:
    assert verdict(sentence, table) == "dropped"
