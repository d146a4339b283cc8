from __future__ import annotations

import pytest

from rag.library.tokens import is_chinese, words


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
