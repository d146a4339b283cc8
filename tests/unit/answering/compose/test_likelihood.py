"""How likely the library answers: the passage's probability and what its best statement says."""

from __future__ import annotations

import pytest

from rag.answering.compose.likelihood import likelihood
from rag.answering.compose.score import Scored
from rag.domain import Hit, Passage, Retrieved
from rag.domain.statement import Statement


def found(probability: float, text: str = "它可以放在雨里。", correction: tuple[float, float] = (1.0, 0.0)) -> Retrieved:
    passage = Passage(1, "a.md", 1, "A", None, None, "default", (), "text", text, "A", 0, len(text), {}, {})
    return Retrieved((Hit(passage, 1.0, probability, {}),), 1, (), (), correction=correction)


def scored(own: float) -> list[Scored]:
    return [Scored(0, 0, Statement(0, 3, "sentence"), 0.4, 0.1, 0.1, 0, own, own)]


def test_a_statement_that_says_what_is_asked_speaks_for_its_passage() -> None:
    low, high = (likelihood("能放雨里吗", found(0.6), scored(own)) for own in (2.5, 6.0))
    assert low < 0.6 < high
    assert likelihood("能放雨里吗", found(0.2), scored(6.0)) < high


def test_without_statements_it_is_the_likeliest_passage() -> None:
    assert likelihood("能放雨里吗", found(0.42), []) == 0.42
    assert likelihood("能放雨里吗", Retrieved((), 1, (), ()), scored(6.0)) == 0.0


def test_in_the_other_language_less_is_said_in_the_same_words() -> None:
    own, other = likelihood("可以放雨里吗", found(0.6), scored(3.0)), likelihood("is it fine in rain", found(0.6), scored(3.0))
    assert other > own


def test_a_correction_moves_it_as_it_moves_passages() -> None:
    plain, moved = (
        likelihood("能吗", found(0.5), scored(5.0)),
        likelihood("能吗", found(0.8, correction=(1, 1.3863)), scored(5.0)),
    )
    assert moved / (1 - moved) == pytest.approx(4 * plain / (1 - plain), rel=1e-3)
