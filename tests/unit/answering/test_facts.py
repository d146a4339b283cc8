"""Words and numbers of a sentence, as the check reads them."""

from __future__ import annotations

from rag.answering.facts import tokens


def test_an_amount_may_be_all_that_there_is() -> None:
    assert [one.key for one in tokens("€5")] == ["5", "euro"]
    assert [(one.key, one.pause) for one in tokens("$5, then more")][:2] == [("5", False), ("dollar", True)]
