"""Passages that disagree are told, and passages about different things are not taken for disagreeing."""

from __future__ import annotations

from typing import Any

import pytest

from rag.answering.cite import Numbering
from rag.answering.contradict import Contradictions
from rag.domain import Claim, Hit, Passage, Span


def hit(at: int, text: str, *, title: str = "", date: str = "", section: tuple[str, ...] = (), **fields: Any) -> Hit:
    metadata = {"date": date} if date else {}
    passage = Passage(at, f"d{at}", 1, title, None, None, "default", section, "text", text, "", 0, len(text), fields, metadata)
    return Hit(passage, 1.0, 0.9, {})


def disagreement(*hits: Hit, language: str = "en") -> tuple[Contradictions, Numbering, list[str]]:
    """After an answer that quotes the first hit whole."""
    numbering, found = Numbering(hits), Contradictions(hits)
    first = hits[0].passage
    said = [numbering.sentence(Claim(first.text, (Span(0, 0, len(first.text)),)))]
    found.look("", said)
    return found, numbering, [numbering.sentence(claim).text for claim in found.told(language)]


def test_two_numbers_are_told_the_newest_first() -> None:
    old = hit(1, "Refunds take 5 working days.", title="Old terms", date="2025-01-01")
    new = hit(2, "Refunds take 7 working days.", title="Terms", date="2026-03-01")
    found, numbering, told = disagreement(old, new)
    assert told == [
        "Note that the documents disagree: Terms (2026-03-01) says “Refunds take 7 working days”, "
        "but Old terms (2025-01-01) says “Refunds take 5 working days”. [2][1]"
    ]
    (shown,) = found.shown(numbering)
    assert shown.kind == "number"
    assert [(s.document_id, s.n, s.value, s.date) for s in shown.statements] == [
        ("d2", 2, "7 work", "2026-03-01"),
        ("d1", 1, "5 work", "2025-01-01"),
    ]


def test_without_dates_the_last_one_written_comes_first() -> None:
    _, _, told = disagreement(hit(1, "退款在 7 天内原路退回账户。"), hit(2, "退款在 15 天内原路退回账户。"), language="zh")
    assert told == [
        "请注意，文档的说法不一致：《d2》写的是“退款在 15 天内原路退回账户”，而《d1》写的是“退款在 7 天内原路退回账户”。 [2][1]"
    ]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("The warranty of the C2 ends in 2027.", "The warranty of the C2 ends in 2028.", "date"),
        ("Opened boxes can be returned to the shop.", "Opened boxes cannot be returned to the shop.", "yes_no"),
        ("拆封的商品可以退货到门店。", "拆封的商品不可以退货到门店。", "yes_no"),
        ("会员日是每年的 5 月 1 日。", "会员日是每年的 6 月 8 日。", "date"),
    ],
)
def test_dates_and_yes_and_no(one: str, other: str, kind: str) -> None:
    found, numbering, _ = disagreement(hit(1, one), hit(2, other))
    assert [shown.kind for shown in found.shown(numbering)] == [kind]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (hit(1, "The C2 records for 5 hours."), hit(2, "The B5 records for 9 hours.")),
        (
            hit(1, "It records for 5 hours.", section=("Battery of the C2",)),
            hit(2, "It records for 9 hours.", section=("Hub",)),
        ),
        (hit(1, "The lens is cleaned in 5 minutes.", product="C2"), hit(2, "The lens is cleaned in 9 minutes.", product="B5")),
        (hit(1, "Refunds take 5 working days."), hit(2, "Refunds take 5 working days, or 7 in May.")),
        (hit(1, "Refunds take 5 working days."), hit(2, "Parcels arrive after 3 working days.")),
        (hit(1, "Refunds take 5 working days."), hit(2, "Refunds take five working days.")),
        (hit(1, "The door opens at 9 and weighs 3 kg."), hit(2, "The door is 2 metres wide.")),
    ],
)
def test_what_is_about_something_else_or_says_the_same(one: Hit, other: Hit) -> None:
    assert disagreement(one, other)[2] == []
