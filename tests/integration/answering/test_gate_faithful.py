"""Faithful sentences as models word them, and the false ones beside them that must not come with them."""

from __future__ import annotations

import pytest

from rag.answering.check import Gate
from rag.answering.gate.vectors import WordVectors
from rag.domain import Hit, Passage
from rag.index.late_interaction import pack
from rag.ports import Embedder
from rag.settings import load
from rag.wiring import embedder_loader

TABLE = (
    "| Action | Owner | Reader |\n| --- | --- | --- |\n| Export | yes | no |\n"
    "| Rename the board | yes | no |\n| Comment | yes | yes |"
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    settings = load(env={})
    return embedder_loader(settings)(settings.embedding.model)


def passes(sentence: str, text: str, embedder: Embedder, question: str = "") -> bool:
    passage = Passage(1, "doc", 1, "", None, None, "default", (), "text", text, "", 0, len(text), {}, {})
    bits = pack(embedder.embed_with_tokens([text])[1][0])
    words = WordVectors(embedder, lambda ids: [bits for _ in ids])
    gate = Gate([Hit(passage, 1.0, 0.9, {})], question=question, policy="repair", words=words)
    return gate.check(f"{sentence} [1]").claim is not None


@pytest.mark.parametrize(
    ("right", "wrong", "text"),
    [
        (
            "Vouchers, cheques and coins aren't taken at the gate.",
            "Vouchers, cheques and coins are taken at the gate.",
            "At the gate we do not take cheques, coins or vouchers.",
        ),
        (
            "Halls that need a key card, such as studios, aren't open to visitors.",
            "Halls that need a key card, such as studios, are open to visitors.",
            "Halls with a key card (studios, labs) are not open to visitors.",
        ),
        (
            "You can pay by credit or debit card, Zappo or Minto Pay.",
            "You can pay by credit or debit card, Zappo or Quila Pay.",
            "Credit/debit card, Zappo and Minto Pay.",
        ),
        (
            "订单还是“待出库”的话，您可以自己改一次地址。",
            "订单还是“已出库”的话，您可以自己改一次地址。",
            "订单显示“待出库”时，可自己改一次地址。",
        ),
        (
            "想登记小船、皮艇或桨板，则要金卡或更高。",
            "想登记小船、皮艇或桨板，则要银卡。",
            "小船、皮艇、桨板的登记需要金卡或以上。",
        ),
        (
            "Tickets are sold at the kiosk from 9 to 11.",
            "Tickets are sold at the kiosk and online.",
            "Tickets are sold at the kiosk from 9 to 11, and not online.",
        ),
        (
            "绿灯一直亮说明水满了，先停泵，再开排水阀就行。",
            "绿灯一直亮说明缺油，先停泵再加油就行。",
            "| 灯 | 含义 | 处理 |\n| --- | --- | --- |\n| 绿灯常亮 | 水满 | 停泵，打开排水阀 |\n"
            "| 绿灯闪烁 | 缺油 | 停泵，加油 |",
        ),
    ],
)
def test_the_same_in_other_structure_passes_and_its_opposite_does_not(
    right: str, wrong: str, text: str, embedder: Embedder
) -> None:
    assert passes(right, text, embedder)
    assert not passes(wrong, text, embedder)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Export and renaming the board are not possible for readers.", "Export and comments are not possible for readers."),
    ],
)
def test_what_is_said_of_a_list_is_looked_up_in_each_row(right: str, wrong: str, embedder: Embedder) -> None:
    assert passes(right, TABLE, embedder, "What can a Reader do?")
    assert not passes(wrong, TABLE, embedder, "What can a Reader do?")


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            "Enter the new title for the board and click on the **Board Options** button.",
            "* Choose the board and then click on the **Board Options**\n* Enter the new title for the board and click on the "
            "**Store Title** button",
        ),
        ("That's it - your lamp may now be blinking!", "That's it - your lamp should now be blinking!"),
    ],
)
def test_a_step_keeps_its_own_object_and_its_modal(wrong: str, text: str, embedder: Embedder) -> None:
    assert not passes(wrong, text, embedder)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("Teal card holders can bring their dog for free.", "Teal card holders can bring their cat at no charge."),
        ("Silver partners may park two cars free of charge.", "Gold partners can park two cars at no charge."),
        ("木质的托盘可以用洗碗机洗。", "陶瓷的托盘可以放进洗碗机清洗。"),
        ("周末租船要提前两天告知码头。", "平日租船须提前两天通知码头。"),
        (
            "If the crate is already sealed, you can change the label once.",
            "If the crate is unsealed, you may change the label once.",
        ),
    ],
)
def test_things_of_one_kind_are_not_taken_for_each_other(wrong: str, text: str, embedder: Embedder) -> None:
    assert not passes(wrong, text, embedder)
