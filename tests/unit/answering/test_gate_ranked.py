"""What is said of one row beside all others, and what is excepted: only where the whole table, or the denial, is there."""

from __future__ import annotations

import pytest

from rag.answering.check import Gate
from rag.domain import Hit, Passage

KILNS = """| Kiln | Firing cost | Noise | Ventilated |
| --- | --- | --- | --- |
| Ost | €14 | 48 dB | no |
| Pell | €22 | 39 dB | yes |
| Quin | €9 | 51 dB | no |
"""
RIGHTS = """| Action | Keeper | Helper | Guest |
| --- | --- | --- | --- |
| Open the vault | yes | no | no |
| Read the log | yes | yes | no |
"""
LOANS = "Books can be borrowed for 21 days.\n\nAtlases, maps and rare prints cannot be borrowed."


def hit(text: str, at: int = 1) -> Hit:
    kind = "table" if text.startswith("|") else "text"
    passage = Passage(at, f"d{at}", 1, "Manual", None, None, "default", (), kind, text, "", 0, len(text), {}, {})
    return Hit(passage, 1.0, 0.9, {})


def passes(sentence: str, text: str, rest: str = "", question: str = "") -> bool:
    """rest: what of the section is in another passage."""
    one = hit(text)
    gate = Gate([one], question=question, policy="repair", section=lambda at: hit(text + rest).passage)
    return gate.check(f"{sentence} [1].").claim is not None


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("The cheapest kiln is Quin at €9", "The cheapest kiln is Ost at €14"),
        ("Pell is the quietest, at 39 dB", "Ost is the quietest, at 48 dB"),
        ("Pell has the highest firing cost", "Quin has the highest firing cost"),
        ("Quin is the loudest of the three kilns", "Quin is the loudest of the four kilns"),
        ("Only Pell is ventilated", "Only Ost is ventilated"),
    ],
)
def test_a_row_has_the_least_or_the_most_or_has_it_alone(right: str, wrong: str) -> None:
    assert passes(right, KILNS)
    assert not passes(wrong, KILNS)


def test_nothing_is_said_of_a_table_that_goes_on_in_another_passage() -> None:
    assert not passes("The cheapest kiln is Quin at €9", KILNS, "| Rook | €4 | 60 dB | no |\n")
    assert Gate([hit(KILNS)], policy="repair").check("The cheapest kiln is Quin at €9 [1].").claim is None


def test_a_column_has_it_alone() -> None:
    assert passes("Only the Keeper can open the vault", RIGHTS)
    assert not passes("Only the Keeper can read the log", RIGHTS)


@pytest.mark.parametrize(
    ("sentence", "fine"),
    [
        ("Books can be borrowed for 21 days, except atlases, maps and rare prints", True),
        ("Books can be borrowed for 21 days, except atlases and novels", False),
        ("Atlases can be borrowed for 21 days, except books", False),
    ],
)
def test_what_is_excepted_is_denied_in_a_sentence_of_its_own(sentence: str, fine: bool) -> None:
    assert passes(sentence, LOANS) == fine
