"""The gate between an LLM and the user."""

from __future__ import annotations

import pytest

from rag.answering.check import check
from rag.answering.gate.cut import sentences
from rag.domain import Hit, Passage


def hit(text: str, *, start: int = 100) -> Hit:
    passage = Passage(1, "doc", 3, "Title", None, None, "default", (), "text", text, "", start, start + len(text), {}, {})
    return Hit(passage, 1.0, 0.9, {})


REFUND = hit("Refunds take 5 working days. A restocking fee of 3% applies to opened boxes.")
退款 = hit("退款在 7 天内原路退回。拆封商品收取 10% 的手续费。", start=0)


def test_a_supported_sentence_cites_the_sentence_that_supports_it():
    checked = check("Opened boxes have a restocking fee of 3% [1].", [REFUND])
    assert checked.text == "Opened boxes have a restocking fee of 3%."
    assert checked.claim is not None
    span = checked.claim.support[0]
    assert REFUND.passage.text[span.start - 100 : span.end - 100] == "A restocking fee of 3% applies to opened boxes."


@pytest.mark.parametrize(
    "sentence",
    [
        "Refunds take 6 working days [1].",  # invented number
        "Our office is in Paris and opens at noon [1].",  # nothing of it stands there
        "Refunds take 5 working days plus 30 [1].",
        "[1]",
        "...",
    ],
)
def test_unsupported_sentences_are_dropped(sentence):
    assert check(sentence, [REFUND]).claim is None


def test_a_marker_without_a_passage_never_survives():
    checked = check("Refunds take 5 working days [7].", [REFUND, 退款])
    assert checked.claim is not None
    assert "[7]" not in checked.text
    assert {span.hit for span in checked.claim.support} == {0}


def test_chinese_brackets_lists_and_full_width_digits():
    checked = check("- 拆封商品收取 １０% 的手续费【1，2】。", [退款, REFUND])
    assert checked.text == "拆封商品收取 １０% 的手续费。"
    assert checked.claim is not None
    assert [span.hit for span in checked.claim.support] == [0]


def test_numbers_ignore_thousands_separators_and_spelling():
    assert check("It holds 1000 files in ３ folders.", [hit("It holds 1,000 files in three folders.")]).claim
    assert not check("It holds 1000 files in 4 folders.", [hit("It holds 1,000 files in three folders.")]).claim


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_stream_is_cut_into_sentences_with_their_markers(size):
    text = "Refunds take 5 days [1]. Fees apply. [2][3]\n\n- 第一条。[1]\n- Version 3.5 works [2]"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert [" ".join(s.split()) for s in sentences(iter(pieces))] == [
        "Refunds take 5 days [1].",
        "Fees apply. [2][3]",
        "- 第一条。[1]",
        "- Version 3.5 works [2]",
    ]
