"""What a question asks for by name: the product, version or date that a passage's fields carry.

Soft on purpose: a passage of the product that the question names comes forward, one of another product steps back, and
nothing is lost when the question is about both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.library.changes import Attributes
from rag.library.tokens import Cutter

_KEYS = frozenset(
    (
        "product products model models version versions platform os edition plan region country date year device devices "
        "产品 产品名称 型号 版本 适用版本 平台 系统 套餐 地区 国家 日期 年份 设备"
    ).split()
)
_FORWARD, _BACK = 0.3, 0.3  # of the final score, whose candidates spread over about 1


def wishes(question: str, candidates: Sequence[Attributes]) -> dict[str, frozenset[str]]:
    """Key → its values, among those of the candidates, that the question names."""
    values: dict[str, set[str]] = {}
    for attributes in candidates:
        for key, value in _named(attributes):
            values.setdefault(key, set()).add(value)
    found = {key: frozenset(Cutter(of_key).names_in(question)) for key, of_key in values.items()}
    return {key: named for key, named in found.items() if named}


def lean(wanted: Mapping[str, frozenset[str]], candidates: Sequence[Attributes]) -> NDArray[np.float32]:
    """What is added to each candidate's score (m,)."""
    return np.array([_lean(wanted, attributes) for attributes in candidates], np.float32)


def _lean(wanted: Mapping[str, frozenset[str]], attributes: Attributes) -> float:
    has: dict[str, set[str]] = {}
    for key, value in _named(attributes):
        has.setdefault(key, set()).add(value)
    told = [_FORWARD if has[key] & named else -_BACK for key, named in wanted.items() if key in has]
    return sum(told)


def _named(attributes: Attributes) -> list[tuple[str, str]]:
    """(key, value) of what can be named, values folded as names are."""
    out: list[tuple[str, str]] = []
    for key, told in (*attributes.metadata.items(), *attributes.fields.items()):
        if key.lower() in _KEYS:
            for value in told if isinstance(told, list) else [told]:
                text = " ".join(str(value).lower().split())
                if 2 <= len(text) <= 40:
                    out.append((key.lower(), text))
    return out
