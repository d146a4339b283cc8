"""Chat windows read Markdown: links must end before Chinese punctuation, and ranges must not be struck out."""

from __future__ import annotations

import pytest

from api.wire.citations import Rendering
from api.wire.shown import for_chat
from rag.domain import Citation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请打开https://help.example.com/a?x=1。然后登录", "请打开https://help.example.com/a?x=1 。然后登录"),
        ("（见 http://help.example.com/b）", "（见 http://help.example.com/b ）"),
        ("先访问 www.example.com，再登录", "先访问 www.example.com ，再登录"),
        ("https://zh.example.org/wiki/网关。谢谢", "https://zh.example.org/wiki/网关 。谢谢"),
        ("See https://help.example.com/a. Then log in.", "See https://help.example.com/a. Then log in."),
        ("[说明](https://help.example.com/a)，请看", "[说明](https://help.example.com/a)，请看"),
        ("运行 `curl https://help.example.com/a。` 即可", "运行 `curl https://help.example.com/a。` 即可"),
        ("套餐100~200元，运费5~8元", "套餐100～200元，运费5～8元"),
        ("-10℃~60℃，3%~5%", "-10℃～60℃，3%～5%"),
        ("2 weeks~3 weeks, 5~8 kW", "2 weeks～3 weeks, 5～8 kW"),
        ("Edit ~/.config and https://help.example.com/~7/x", "Edit ~/.config and https://help.example.com/~7/x"),
        ("~~old~~ and `5~8`", "~~old~~ and `5~8`"),
    ],
)
def test_only_what_a_window_would_misread_changes(text: str, expected: str) -> None:
    assert for_chat(text) == expected
    assert for_chat(expected) == expected


def test_markers_are_where_the_shown_text_has_them() -> None:
    citation = Citation(1, "d", 1, 7, "标题", "https://help.example.com/d", (), "原文", 0, 2, 0.9)
    shown = Rendering("annotations", "http://localhost")
    shown.add("详见https://help.example.com/d。 [1]", [citation])
    shown.add("价格5~8元。 [1]", [citation])
    assert shown.text == "详见https://help.example.com/d 。 [1]\n价格5～8元。 [1]"
    assert [shown.text[mark.start : mark.end] for mark in shown.marks] == ["[1]", "[1]"]
