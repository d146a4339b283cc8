"""Sentences that only point elsewhere."""

from __future__ import annotations

import pytest

from rag.text.references import only_refers


@pytest.mark.parametrize(
    "text",
    [
        "退货的规则见《退换货说明》。",
        "3 号机的代码见《代码表》，5 号机的见《旧代码表》。",
        "本页列出所有灯语。",
        "See Billing and refunds.",
        "Refunds are explained in Money back.",
        "This guide covers the pump only.",
        "更多型号请看下表。",
        "Otherwise go through these points.",
        "Read Move the pump to another tank instead.",
        "请按以下步骤逐项排查。",
    ],
)
def test_a_sentence_that_only_points_elsewhere(text: str) -> None:
    assert only_refers(text)


@pytest.mark.parametrize(
    "text",
    [
        "保修两年，详见《保修条款》。",
        "Refunds take 5 days, see Money back.",
        "请查看指示灯是否亮着。",
        "You can see the picture in the app.",
        "Go to Settings and tap Reset.",
    ],
)
def test_one_that_says_something_itself(text: str) -> None:
    assert not only_refers(text)
