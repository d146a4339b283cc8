"""What the gate takes for the same in other words, with the real model's token vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag.answering.check import Gate
from rag.answering.gate.vectors import WordVectors
from rag.domain import Hit, Passage
from rag.index.late_interaction import pack
from rag.ports import Embedder
from rag.settings import load
from rag.wiring import embedder_loader

Says = Callable[..., bool]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    settings = load(env={})
    return embedder_loader(settings)(settings.embedding.model)


@pytest.fixture
def says(embedder: Embedder) -> Says:
    """Whether the passage says the sentence, with the bits that a library would have stored for it."""

    def check(text: str, sentence: str, *, question: str = "", context: str = "") -> bool:
        passage = Passage(1, "d", 1, context, None, None, "default", (), "text", text, context, 0, len(text), {}, {})
        full = f"{context}\n{text}" if context else text
        words = WordVectors(embedder, lambda ids: [pack(embedder.embed_with_tokens([full])[1][0]) for _ in ids])
        gate = Gate([Hit(passage, 1.0, 0.9, {})], question=question, words=words)
        return gate.check(f"{sentence} [1]").verdict in ("quoted", "supported")

    return check


LOCKERS = "Lockers are emptied every Sunday night, and whatever is found in them is kept at the front desk for 14 days."
POOL = "泳池每周一上午清洗，期间暂停开放。遗失手牌的，需要赔偿 20 元。"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Guests must hand in the key before they leave.", "You need to give back the key before leaving."),
        ("Unused vouchers lapse after 90 days.", "Unused vouchers become void after 90 days."),
        ("会员被移出后会立即失去进入权限。", "会员被移出之后，会马上失去进入权限。"),
        ("遗失的手牌不可补办。", "手牌遗失后无法补办。"),
        ("The invitation expires after 48 hours.", "The invitation expires after two days."),
    ],
)
def test_the_same_in_other_words_passes(says: Says, text: str, sentence: str) -> None:
    assert says(text, sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Guests must hand in the key before they leave.", "You need to give back the key after leaving."),
        ("Guests must hand in the key before they leave.", "You need to give back the key and the towel before leaving."),
        (LOCKERS, "Lockers are emptied every Sunday night because of thefts."),
        (LOCKERS, "Whatever is found in them is sold at the front desk after 14 days."),
        ("Opened bottles cannot be taken back.", "Bottles can't be brought back."),
        ("Press the green knob to heat and the red knob to cool.", "Turn the red knob to heat and the green knob to cool."),
        ("The blue line runs every 10 minutes, the red line every 20 minutes.", "The red line goes every 10 minutes."),
        ("Bags up to 8 kg travel free.", "Luggage of at least 8 kg travels free."),
        ("Not all rooms have a kettle.", "None of the rooms has a kettle, so bring your own."),
        (POOL, "手牌遗失的话需要赔偿押金。"),
        (POOL, "泳池每周一上午正常开放。"),
        ("会员可以先入场，再补票。", "会员要先买票，然后才能进场。"),
        ("没有小票的，按最低价退款。", "退款按最低价计算。"),
        ("更换滤网时不需要断电。", "换滤网的时候不要断开电源。"),
    ],
)
def test_another_thing_in_other_words_does_not(says: Says, text: str, sentence: str) -> None:
    assert not says(text, sentence)


def test_a_word_exchanged_in_a_quote_is_no_rewording(says: Says) -> None:
    text = "The upper cabin is heated during the winter months at no charge."
    assert not says(text, "The lower cabin is heated during the winter months at no charge.")
    assert not says(text, "The upper cabin is heated during the summer months at no charge.")


PLANS = "| Depot | Trucks | Fuel |\n| --- | --- | --- |\n| North | 14 | diesel |\n| South | 9 | electric |\n"


def test_a_row_in_other_words(says: Says) -> None:
    assert says(PLANS, "There are 14 trucks at the North depot.", context="Depots and fleets")
    assert not says(PLANS, "There are 9 trucks at the North depot.", context="Depots and fleets")
    assert not says(PLANS, "The North depot runs on electric trucks.", context="Depots and fleets")


def test_words_of_one_row_are_not_another_rows_in_other_words(says: Says) -> None:
    codes = "| Code | Meaning |\n| --- | --- |\n| F1 | Filter clogged |\n| F2 | Door open |\n"
    assert says(codes, "F1 means the filter is clogged.")
    assert not says(codes, "F2 means the filter is clogged.")


def test_a_passage_whose_bits_do_not_fit_is_read_without_them(embedder: Embedder) -> None:
    text = "Unused vouchers lapse after 90 days."
    passage = Passage(1, "d", 1, "", None, None, "default", (), "text", text, "", 0, len(text), {}, {})
    gate = Gate([Hit(passage, 1.0, 0.9, {})], words=WordVectors(embedder, lambda ids: [b"\x00" for _ in ids]))
    assert gate.check("Unused vouchers lapse after 90 days. [1]").verdict == "quoted"
    assert gate.check("Coupons nobody used lose their value. [1]").verdict in ("replaced", "dropped")
