"""Of which language the passages of a document are: Chinese, another one, or neither.

A passage is of its document's language, whatever stands in it; where the document has both, of the one that clearly
prevails in it. See `rag.index.languages`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import TypeVar

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"(?<![^\s])[A-Za-z]+(?![^\s])")
_FEW = 4  # Latin words that do not make a passage English
_MOST = 0.7  # of a document's plain passages, from which on the others are left-overs in it

Counted = tuple[int, int]  # Han characters and Latin words of a passage
_Key = TypeVar("_Key", bound=Hashable)


def counted(words: str) -> Counted:
    """Of a passage's words, with a space between."""
    return len(_HAN.findall(words)), len(_LATIN.findall(words))


def side(han: int, latin: int) -> bool | None:
    """Of so many Han characters and Latin words: whether they are Chinese; None when neither language clearly prevails."""
    if han >= 2 * latin and han:
        return True
    return False if latin >= 2 * han and latin >= _FEW else None


def sides(passages: Mapping[_Key, Counted]) -> dict[_Key, bool | None]:
    """Of one document's passages: whether each is Chinese; None for those that are of neither side."""
    own = {key: side(*counts) for key, counts in passages.items()}
    plain = [one for one in own.values() if one is not None]
    han, latin = (sum(counts[at] for counts in passages.values()) for at in (0, 1))
    prevails = side(han, latin)
    whole = prevails if prevails is not None and plain.count(prevails) >= _MOST * len(plain) else None
    return own if whole is None else dict.fromkeys(own, whole)
