"""Rows and versions: the unit stands in the header, a cell denies, a heading names an older edition."""

from __future__ import annotations

from rag.answering.check import Gate
from rag.domain import Hit, Passage

FERRY = """| Route | Fare | Working days |
| --- | --- | --- |
| Corr to Fenn | €14 | 2–4 |
| Corr to Lund | €22 | 5–9 |
"""
ROOMS = """| | Studio | Studio Plus | Loft |
| --- | --- | --- | --- |
| Late keys | none | until 21:00 | until 23:00 |
| Bicycles | members yes, day guests no | members yes, day guests yes | yes |
"""


def hit(text: str, at: int = 1, section: tuple[str, ...] = (), kind: str = "table") -> Hit:
    passage = Passage(at, f"d{at}", 1, "Manual", None, None, "default", section, kind, text, "", 0, len(text), {}, {})
    return Hit(passage, 1.0, 0.9, {})


def passes(sentence: str, *hits: Hit, question: str = "") -> bool:
    return Gate(hits, question=question, policy="repair").check(sentence).claim is not None


def test_a_bare_number_has_the_unit_of_its_column() -> None:
    assert passes("Corr to Fenn costs €14 and takes 2 to 4 working days [1].", hit(FERRY))
    assert not passes("Corr to Fenn costs €14 and takes 5 to 9 working days [1].", hit(FERRY))


def test_a_cell_of_another_column_with_a_like_name_is_not_meant() -> None:
    assert not passes("The Studio has late keys until 21:00 [1].", hit(ROOMS))


def test_a_cell_that_denies_is_not_told_without_it() -> None:
    assert not passes("In the Studio, day guests may bring bicycles [1].", hit(ROOMS))


def test_an_older_version_is_not_given_as_the_current_one() -> None:
    new = hit("Albums hold at most 900 pictures.", 1, ("Version 3.1 (May 2026)",), "text")
    old = hit("Albums hold at most 400 pictures.", 2, ("Version 2.8 (June 2024)",), "text")
    assert passes("Albums hold at most 900 pictures [1].", new, old)
    assert not passes("Albums hold at most 400 pictures [2].", new, old)
    assert passes("In version 2.8, albums hold at most 400 pictures [2].", new, old)
    assert passes("Albums hold at most 400 pictures [2].", new, old, question="How many pictures did version 2.8 allow?")
    assert passes("Albums hold at most 400 pictures [1].", old)


def test_steps_keep_their_order() -> None:
    text = "1. Switch off the pump.\n2. Wait 5 minutes.\n3. Close the valve."
    assert passes("First switch off the pump, then close the valve [1].", hit(text, kind="text"))
    assert not passes("First close the valve, then switch off the pump [1].", hit(text, kind="text"))
