"""Chinese words by jieba's dictionary, which is read when the first Chinese text comes: an English question needs none."""

from __future__ import annotations

from collections.abc import Sequence


def cut(text: str, hmm: bool = True) -> Sequence[str]:
    """Words, one after the other. `hmm`: also words that the dictionary does not have."""
    import rjieba

    words: Sequence[str] = rjieba.cut(text, hmm)
    return words


def cut_for_search(text: str) -> Sequence[str]:
    """Words, and the words in long ones."""
    import rjieba

    words: Sequence[str] = rjieba.cut_for_search(text)
    return words


def tag(text: str) -> Sequence[tuple[str, str]]:
    """Words with their parts of speech."""
    import rjieba

    tagged: Sequence[tuple[str, str]] = rjieba.tag(text)
    return tagged
