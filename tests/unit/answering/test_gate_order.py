"""A passage's own words in another order, and small words of which one in the other's place turns the meaning round."""

from __future__ import annotations

import pytest

from rag.answering.check import check
from rag.domain import Hit, Passage


def passes(sentence: str, text: str) -> bool:
    passage = Passage(1, "doc", 1, "", None, None, "default", (), "text", text, "", 0, len(text), {}, {})
    return check(f"{sentence} [1]", [Hit(passage, 1.0, 0.9, {})]).claim is not None


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Trays have a surcharge of 4 %.", "A surcharge of 4 % applies to trays."),
        ("300 stamps are now worth €6.", "300 stamps are worth €6."),
        ("每天 15:00 前付款的预售订单当天发出。", "每天 15:00 前付款的预售订单当天发出，之后的次日发出。"),
    ],
)
def test_a_phrase_that_moved_with_its_preposition_says_the_same(sentence: str, text: str) -> None:
    assert passes(sentence, text)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        (
            "There has been a revival of jazz in Tesla since the 1990s.",
            "There has been a revival of Tesla since the 1990s in jazz.",
        ),
        ("The Treaty of Vienna ended the Siege of Basel.", "The Treaty of Basel ended the Siege of Vienna."),
        ("legend to According, Sawa lived in the river.", "According to legend, Sawa lived in the river."),
        ("Those of the of the turn century are kept.", "Those of the turn of the century are kept."),
        ("The province came over the rule of the duke.", "The province came under the rule of the duke."),
        ("The tool helps to detect or block double entries.", "The tool helps to detect and block double entries."),
        ("Copies the packed file from your own store.", "Copies the packed file to your own store."),
        ("They came from Denmark, Iceland and Denmark.", "They came from Denmark, Iceland and Norway."),
        ("例如，`09:15` 表示 `00:09:51`。", "例如，`09:15` 表示 `00:09:15`。"),
        ("4、拔下电源线，等待十分钟。", "7、拔下电源线，等待十分钟。"),
        (
            "**Host**：输入对话框中的 `PORT` 参数。",
            "**Host**：输入对话框中的 `HOST` 参数。\n\n**Port**：输入对话框中的 `PORT` 参数。",
        ),
    ],
)
def test_words_that_changed_places_or_turn_it_round_are_seen(sentence: str, text: str) -> None:
    assert passes(text.split("\n")[0], text)
    assert not passes(sentence, text)
