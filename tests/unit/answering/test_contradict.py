"""Passages that disagree are told, and passages about different things are not taken for disagreeing."""

from __future__ import annotations

from dataclasses import replace
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
    return found, numbering, [numbering.sentence(claim).text for claim in found.claims(language)]


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            hit(1, "Memo 3 says the lucky number is 21.", title="Memo 3"),
            hit(2, "Memo 33 says the lucky number is 231.", title="Memo 33"),
        ),
        (
            hit(1, "The pump weighs 4 kg in all.", title="KT-100 sheet"),
            hit(2, "The pump weighs 6 kg in all.", title="KT-200 sheet"),
        ),
        (hit(1, "The pump weighs 4 kg in all.", title="KT400"), hit(2, "The pump weighs 6 kg in all.", title="KT400 Pro")),
        (
            hit(1, "最多可建 3 个应用，日志保留 7 天。", title="方案", section=("银卡版",)),
            hit(2, "最多可建 3 个应用，日志保留 90 天。", title="方案", section=("金卡版",)),
        ),
        (
            hit(1, "The desk opens at 8 in the morning.", title="Offices", section=("Bremen office",)),
            hit(2, "The desk opens at 9 in the morning.", title="Offices", section=("Kassel office",)),
        ),
        (
            hit(
                1,
                "Goods may be returned within 30 days.",
                title="Returns",
                section=("Version 2, in force since 1 January 2026",),
            ),
            hit(
                2,
                "Goods may be returned within 14 days.",
                title="Returns",
                section=("Version 1, in force until 31 December 2025",),
            ),
        ),
        (
            hit(1, "出差每晚住宿上限 300 元。", title="出差标准_2024"),
            hit(2, "出差每晚住宿上限 350 元。", title="出差标准_2025"),
        ),
        (
            hit(1, "Changed: sessions are kept for 30 days by default.", title="Changes", section=("5.4.0 (2026-08-01)",)),
            hit(2, "Changed: sessions are kept for 90 days by default.", title="Changes", section=("5.3.0 (2026-03-01)",)),
        ),
        (
            hit(1, "Sessions are kept for 30 days by default (was 90).", title="Terms"),
            hit(2, "Sessions are kept for 30 days by default.", title="Terms of use"),
        ),
        (
            hit(1, "Item 776 costs 12 euros and lasts 3 years.", title="FAQ"),
            hit(2, "Item 77 costs 806 euros and lasts 3 years.", title="FAQ"),
        ),
        (hit(1, "Up to 3 apps are free for each team.", plan="Basic"), hit(2, "Up to 9 apps are free for each team.")),
        (
            hit(1, "Refunds arrive within 5 working days.", title="FAQ", section=("When do I get my refund?",)),
            hit(2, "Parcels arrive within 10 working days.", title="FAQ", section=("Who pays for the parcel?",)),
        ),
    ],
)
def test_siblings_and_versions_in_time_do_not_disagree(one: Hit, other: Hit) -> None:
    assert disagreement(one, other)[2] == []
    assert disagreement(other, one)[2] == []


def test_rows_of_one_table_and_one_section_do_not_disagree() -> None:
    def row(at: int, text: str) -> Hit:
        told = hit(at, text, title="Shops").passage
        return Hit(replace(told, document_id="shops", kind="table"), 1.0, 0.9, {})

    assert (
        disagreement(
            row(1, "Shop: Aalborg; Rooms: 100 rooms; City: Nord"), row(2, "Shop: Aarhus; Rooms: 149 rooms; City: Nord")
        )[2]
        == []
    )
    steps = [hit(at, f"Hold the button of the lamp for {at + 3} seconds.", section=("Reset",)) for at in (1, 2)]
    same = [Hit(replace(told.passage, document_id="lamp"), 1.0, 0.9, {}) for told in steps]
    assert disagreement(*same)[2] == []
    assert disagreement(*steps)[2] != []


def test_the_note_says_where_each_stands() -> None:
    one = hit(1, "Refunds take 5 working days.", title="Terms", section=("Refunds",), date="2025-01-01")
    other = hit(2, "Refunds take 7 working days.", title="Terms", section=("Refund",))
    _, _, (told,) = disagreement(one, other)
    assert "Terms › Refunds (2025-01-01) says" in told
    assert "Terms › Refund says" in told
    alike = [hit(at, f"Refunds take {at} working days.", title="Terms", section=("Refunds",)) for at in (5, 7)]
    _, _, (told,) = disagreement(*alike)
    assert "Terms › Refunds [d7] says" in told and "Terms › Refunds [d5] says" in told


def test_a_hit_that_stands_aside_is_not_compared() -> None:
    one = hit(1, "Refunds take 5 working days.")
    other = replace(hit(2, "Refunds take 7 working days."), aside="not in force at the asked time")
    assert disagreement(one, other)[2] == []
