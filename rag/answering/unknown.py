"""What is said where a question is about a name that no document has: which one, and whether one of the nearest is meant."""

from __future__ import annotations

from collections.abc import Sequence

from rag.domain import Language
from rag.domain.grounding import Unknown


def unknown_text(unknown: Sequence[Unknown], language: Language) -> str:
    """A sentence that names what is not known, and a question back with the nearest names that the documents have."""
    names = list(dict.fromkeys(one.name for one in unknown))
    nearest = list(dict.fromkeys(name for one in unknown for name in one.nearest))
    if language == "zh":
        sentence = f"资料里没有{_zh([f'“{name}”' for name in names])}的内容。"
        return sentence + (
            f"您是指 {_zh(nearest, '还是')}？" if len(nearest) > 1 else f"您是指 {nearest[0]} 吗？" if nearest else ""
        )
    sentence = f"The documents don't mention {_en([f'“{name}”' for name in names])}."
    return sentence + (f" Did you mean {_en(nearest, 'or')}?" if nearest else "")


def _zh(names: Sequence[str], last: str = "和") -> str:
    head = "、".join(names[:-1])
    spaced = " " if last == "还是" and head else ""
    return f"{head}{spaced}{last}{spaced}{names[-1]}" if head else names[-1]


def _en(names: Sequence[str], last: str = "and") -> str:
    head = ", ".join(names[:-1])
    return f"{head} {last} {names[-1]}" if head else names[-1]
