"""Listed places in a text, found by looking words up."""

from __future__ import annotations

import time

import pytest

from rag.text.places import places_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Parcels to South Korea and North Macedonia",
            ("South Korea", "North Macedonia"),
        ),  # the longest name that stands there
        ("UNITED KINGDOM, united kingdom", ("UNITED KINGDOM",)),
        ("the Spaniards of Spainville paint in Spain's north", ("Spain",)),  # whole words alone
        ("寄到德国和法国", ("德国", "法国")),
        ("寄到Germany吗", ("Germany",)),
        ("İstanbul und Österreich, then Norway", ("Norway",)),  # a letter that is two when it is small
        ("Norwayİ", ("Norway",)),
        ("", ()),
    ],
)
def test_places(text: str, found: tuple[str, ...]) -> None:
    assert places_in(text) == found


def test_the_first_question_waits_for_no_pattern() -> None:
    from rag.text import places

    places._groups.cache_clear()
    places.places_in.cache_clear()
    began = time.process_time()
    places.places_in("What does shipping to Portugal cost?")
    assert time.process_time() - began < 0.1  # 0.2 s and more with a pattern of all names
