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


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        (
            "Press D or choose **Want report** in the list.",
            "Want to hide the report? Press D or choose **Hide report** in the list.",
        ),
        ("New boards are shared with **Who**.", "**Who can edit boards**: New boards are shared with **Everyone**."),
        ("Open the page off Gitlab and read the notes.", "Open the page on Gitlab and read the notes."),
        (
            "The installer writes to Tab, and tells you when it is done.",
            "The installer writes to `~/bin/loom`, and tells you when it is done.",
        ),
        ("While leading her own choir, Verdi also taught harmony.", "While leading his own choir, Verdi also taught harmony."),
        (
            "She gave their captain, Bari, the seal in the hall of John Stone.",
            "She gave their captain, John Stone, the seal in the hall of Bari.",
        ),
        ("Clocks show 12-hour or 12-hour time.", "Clocks show 24-hour or 12-hour time."),
        ("该功能是到 3.2 起引入的一种新方式。", "该功能是从 3.2 起引入的一种新方式。"),
        ("函数保留部分键的值并返回结果。", "函数保留所有键的值并返回结果。"),
        ("第一类企业的地址发生变化的，应当及时备案。", "第二类企业的地址发生变化的，应当及时备案。"),
        ("情节严重的，处十万元以上四十万元以下罚款。", "情节严重的，处十万元以上二十万元以下罚款。"),
        ("room\\_id - Guest ID", "* room\\_id - Room ID\n* guest\\_name - Guest ID"),
        ("rates: Map[str, Booking],", "rates: Map[str, Any],\n) -> Booking:"),
    ],
)
def test_a_word_in_the_place_of_another_is_seen(sentence: str, text: str) -> None:
    assert not passes(sentence, text)
