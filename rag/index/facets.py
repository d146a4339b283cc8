"""Which products, versions and dates the live passages carry: what a question may ask for by name."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.domain.statement import Period
from rag.record.changes import Attributes
from rag.text.field_values import Family, NameValue, read_names, read_versions
from rag.text.intervals import FIRST_DAY, LAST_DAY, Days, Versions, read_days
from rag.text.tokens import Cutter, fold, words
from rag.text.validity import FROM_KEYS, RANGE_KEYS, UNTIL_KEYS, field_period, read_period

Value = NameValue | Days | Versions

DATE, UPDATED, VERSION = "date", "updated", "version"
"""What all keys of dates, of a document's last edit, of versions stand under; any other key stands for itself."""

PRODUCTS = frozenset("product products model models device devices 产品 产品名称 产品型号 型号 设备".split())
_VERSIONS = frozenset("version versions 版本 版本号 适用版本 产品版本 软件版本 固件版本".split())
_DATES = frozenset("date year published published_at release_date 日期 年份 时间 发布日期 发布时间 发生日期 发生时间".split())
_UPDATED = frozenset("updated updated_at last_updated created created_at 更新日期 更新时间 创建日期 创建时间".split())
_OTHERS = frozenset("platform os edition plan region country 平台 系统 套餐 地区 国家".split())
_KEYS = PRODUCTS | _VERSIONS | _DATES | _UPDATED | _OTHERS
_BOUNDS = FROM_KEYS | UNTIL_KEYS
_PERIODS = RANGE_KEYS - _DATES - {"valid", "period", "in_force"}  # words that head other columns, too
_BETWEEN = re.compile(r"[,，、;；|/\n]")
_EVERYDAY, _SOME = 3, 5  # passages with a word, for each one that has it as its value
_SAYS_NOTHING = frozenset(
    "all any both common general generic various other others none n/a na * - -- 全部 所有 通用 不限 其他 无".split()
)


def named(attributes: Attributes) -> list[tuple[str, Value]]:
    """(key, value) of what a question can ask for; a list and `C2, B5` are each of their values. Names are folded."""
    out: dict[tuple[str, Value], None] = {}
    for fields in (attributes.metadata, attributes.fields):
        bounds: dict[str, object] = {}
        for key, value in fields.items():
            small = key.lower()
            if small in _KEYS:
                for one in value if isinstance(value, list) else [value]:
                    out.update(dict.fromkeys(_read(small, str(one))))
            elif small in _BOUNDS or small in _PERIODS:
                bounds[small] = value
        if bounds and (period := field_period(bounds)) is not None:
            out[DATE, _days(period)] = None
    return list(out)


@lru_cache(maxsize=100_000)
def _read(key: str, text: str) -> tuple[tuple[str, Value], ...]:
    if key in _DATES or key in _UPDATED:
        span = _dated(text)
        return () if span is None else ((DATE if key in _DATES else UPDATED, span),)
    name = " ".join(fold(text).lower().split())
    if key in _VERSIONS:
        spans = read_versions(name)
        return tuple((VERSION, one) for one in (read_names(name) if spans is None else spans))
    if key in PRODUCTS:
        return tuple((key, one) for one in read_names(name))
    parts = (" ".join(part.split()) for part in (name, *_BETWEEN.split(name)))
    return tuple(dict.fromkeys((key, part) for part in parts if 2 <= len(part) <= 40 and part not in _SAYS_NOTHING))


def _dated(text: str) -> Days | None:
    period = read_period(text)
    return read_days(text) if period is None else _days(period)


def _days(period: Period) -> Days:
    return Days(FIRST_DAY if period.first is None else period.first, LAST_DAY if period.last is None else period.last)


class Facets:
    """Ids of the live passages by key and value, over the attributes of all passages (the mirror's own mapping).

    8 bytes a passage and value. Not locked: the mirror that owns it is.
    """

    def __init__(self, attributes: Mapping[int, Attributes], spread: Callable[[str], int] | None = None):
        """`spread`: how many passages have a word."""
        self._attributes, self._spread = attributes, spread
        self._held: dict[str, dict[Value, _Held]] = {}
        self._cutters: dict[str, Cutter] = {}  # of the names of each key; made anew when a name has come or gone

    def add(self, added: Iterable[tuple[int, Attributes]]) -> None:
        shared: list[tuple[str, Value]] = []
        of: Mapping[str, object] | None = None  # the document whose passages without fields of their own have those
        for passage, attributes in added:
            if attributes.fields:
                values = named(attributes)
            else:
                if attributes.metadata is not of:
                    shared, of = named(attributes) if attributes.metadata else [], attributes.metadata
                values = shared
            for key, value in values:
                held = self._held.setdefault(key, {}).get(value)
                if held is None:
                    held = self._held[key][value] = _Held()
                    self._cutters.pop(key, None)
                held.ids.append(passage)

    def fill(self, alike: Iterable[tuple[list[int], Attributes]]) -> None:
        """As `add`, of an empty one: ids with the attributes that they share."""
        for ids, its in alike:
            for key, value in named(its):
                self._held.setdefault(key, {}).setdefault(value, _Held()).ids.extend(ids)

    def remove(self, attributes: Attributes) -> None:
        """One passage with these attributes is no more."""
        for key, value in named(attributes):
            held = self._held[key][value]
            held.gone += 1
            if held.gone == len(held.ids):
                del self._held[key][value]
                self._cutters.pop(key, None)
            elif held.gone > len(held.ids) // 2 and held.gone > 1000:
                held.ids, held.gone = array("q", (one for one in held.ids if one in self._attributes)), 0

    def keys_held(self) -> list[str]:
        """That some passage has."""
        return [key for key, values in self._held.items() if values]

    def values(self, key: str) -> Iterable[Value]:
        return self._held.get(key, {}).keys()

    def has(self, key: str, name: str) -> bool:
        return name in self._held.get(key, {})

    def is_everyday(self, key: str, name: str) -> bool:
        """Whether the name is a word of many passages that are about something else: `Billing`, `Camera`. One with a digit is
        not, however short."""
        if self._spread is None or any(char.isdigit() for char in name):
            return False
        held = self._held[key].get(name) or self._held[key][Family(name)]
        rarest = min((self._spread(word) for word in words(name)), default=0)
        return rarest > _EVERYDAY * (len(held.ids) - held.gone) + _SOME

    def cutter(self, key: str) -> Cutter:
        """Finds the names among the key's values in a text."""
        cutter = self._cutters.get(key)
        if cutter is None:
            names = (value.name if isinstance(value, Family) else value for value in self.values(key))
            cutter = self._cutters[key] = Cutter(name for name in names if isinstance(name, str))
        return cutter

    def ids(self, key: str, fits: Callable[[Value], bool]) -> NDArray[np.int64]:
        """Of the passages with a value that fits, in order."""
        entries = [held for value, held in self._held.get(key, {}).items() if fits(value)]
        if not entries:
            return np.empty(0, np.int64)
        ids: NDArray[np.int64] = np.unique(np.concatenate([np.frombuffer(held.ids, np.int64) for held in entries]))
        if not any(held.gone for held in entries):
            return ids
        return np.array([one for one in ids.tolist() if one in self._attributes], np.int64)


class _Held:
    """Passages that have a value; `gone` of them are no more, and left out when they are asked for."""

    __slots__ = ("gone", "ids")

    def __init__(self) -> None:
        self.ids: array[int] = array("q")
        self.gone = 0
