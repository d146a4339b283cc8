"""Names with numbers: what is one, which are the same, which are siblings."""

from __future__ import annotations

import pytest

from rag.text.names import asked_names, matched, names_in, sides


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("What does fault J-17 mean?", ["j17"]),
        ("J17 怎么处理", ["j17"]),
        ("KT-400 Pro 的重量", ["kt400 pro"]),
        ("KT400 plus the stand", ["kt400"]),
        ("sessions in 6.3.1", ["6.3.1"]),
        ("v6.3 怎么升级", ["6.3"]),
        ("6.3 版本打不开", ["6.3"]),
        ("KT400 系列", ["kt400"]),
        ("my iPhone 15 and Windows 11 with Wi-Fi 6 over USB-C", []),
        ("三星 S24 能用吗", []),
        ("an IP67 case with RS-485 and H.265", []),
        ("CR2032 电池，2.4 GHz，12V 2A", []),
        ("订单 B20260011 到哪了", []),
        ("order number R2291", []),
        ("H1 2026 and Q3 2025", []),
        ("A4 paper", []),
        ("on 2026-05-01 at 8:30", []),
    ],
)
def test_names_of_a_text(text: str, keys: list[str]) -> None:
    assert [name.key for name in names_in(text)] == keys


@pytest.mark.parametrize(
    ("question", "labels", "body", "side"),
    [
        ("J17 怎么处理", ["J-17"], "", "matches"),
        ("J17 怎么处理", ["J18"], "", "sibling"),
        ("J17 怎么处理", ["J18"], "see also J17", "matches"),
        ("J17 怎么处理", ["Cleaning"], "wash it", "neutral"),
        ("KT400 price", ["KT400 Pro"], "", "sibling"),
        ("KT400 Pro price", ["KT400"], "", "sibling"),
        ("KT400 Pro price", ["KT400 series"], "", "matches"),
        ("KT400 系列多少钱", ["KT400 Pro"], "", "matches"),
        ("in 6.3", ["6.3.1 (2026-03-03)"], "", "matches"),
        ("in 6.3.1", ["6.4.0 (2026-05-03)"], "", "sibling"),
        ("what does memo 3 say", ["Memo 3"], "", "matches"),
        ("what does memo 3 say", ["Memo 33"], "", "sibling"),
        ("how do I clean it", ["KT400"], "", "neutral"),
    ],
)
def test_sides(question: str, labels: list[str], body: str, side: str) -> None:
    assert sides(asked_names(question), labels, body) == side


def test_what_is_matched() -> None:
    asked = asked_names("KT400 shows J17")
    assert matched(asked, ["KT400"], "J17: too hot") == {"kt#", "j#"}
    assert matched(asked, ["KT500"], "J17: too hot") == {"j#"}
