from __future__ import annotations

import pytest

from rag.text.tokens import Cutter, is_chinese, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("错误码 E-4012", {"错误码", "e-4012", "4012"}),
        ("升级到 v7.1.2 版本", {"升级", "v7.1.2", "版本"}),
        ("ＡＰＩ密钥", {"api", "密钥"}),
        ("tidb_mem_quota_query", {"tidb_mem_quota_query", "quota"}),
        ("maxUploadSize", {"maxuploadsize", "upload"}),
        ("running payments", {"run", "payment"}),
        ("C++ and C#", {"c++", "c#"}),
    ],
)
def test_names_are_kept_whole_and_words_are_found(text, expected):
    assert expected <= set(words(text))


def test_function_words_carry_nothing_but_negation_stays():
    assert words("how can I do this") == []
    assert words("的呢吗") == []
    assert "not" in words("do not open")


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("如何使用 OpenAI API key", True),
        ("What is 退款?", True),
        ("What does the word 退款 mean here?", False),
        ("", False),
        ("123", False),
    ],
)
def test_language(text, chinese):
    assert is_chinese(text) is chinese


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("網路連線設定", {"连线", "设定"}),  # traditional forms are read as simplified ones
        ("e4012", {"e4012"}),
        ("E-4012", {"e-4012", "e4012"}),
        ("v7.1.2", {"v7.1.2", "7.1.2"}),
    ],
)
def test_other_ways_to_write_the_same_are_found(text, expected):
    assert expected <= set(words(text))


def test_a_dictionary_keeps_names_whole_besides_their_parts():
    cutter = Cutter(["Skynook Plus", "雀云存", "C2 Pro", "c2"])
    assert {"skynook_plus", "skynook"} <= set(cutter.words("How much is SKYNOOK  plus?"))
    assert {"雀云存", "c2_pro"} <= set(cutter.words("Ｃ２ Pro 能用雀雲存吗"))
    assert "c2" not in cutter.names_in("C2 Pro")  # the longest name at a place
    assert cutter.names_in("the XC2 and C20") == []  # never inside a longer word
    assert Cutter().words("雀云存") == words("雀云存")
    assert Cutter().identity == "" and cutter.identity == Cutter(["C2", "c2 pro", "雀雲存", "skynook plus"]).identity
