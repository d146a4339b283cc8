"""Which fields and values filters know: of the passages that a caller may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.record.changes import Attributes
from rag.text.filters import folded, order_of

VALUES = 50  # of a field that are told
_LONGEST = 200  # characters of a value that is told


@dataclass(slots=True)
class Field:
    """A field: its name as most documents write it, how many documents or rows have it, its values with how many have each.

    `kind`: what all values are; `least` and `most` of numbers and dates, as they are written.
    """

    names: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    count: int = 0
    least: tuple[float, Any] | None = None
    most: tuple[float, Any] | None = None

    @property
    def name(self) -> str:
        return self.names.most_common(1)[0][0]

    @property
    def kind(self) -> str:
        return next(iter(self.kinds)) if len(self.kinds) == 1 else "text"

    def add(self, name: str, value: Any) -> None:
        self.names[name] += 1
        self.count += 1
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | int | float | bool):
                self._add(one)

    def _add(self, one: str | float | bool) -> None:
        order = order_of(one)
        self.kinds.add("boolean" if isinstance(one, bool) else "text" if order is None else order[0])
        if len(str(one)) <= _LONGEST:
            self.values[str(one)] += 1
        if order is not None:
            self.least = min(self.least or (order[1], one), (order[1], one), key=lambda pair: pair[0])
            self.most = max(self.most or (order[2], one), (order[2], one), key=lambda pair: pair[0])


def fields_of(attributes: Iterable[Attributes]) -> dict[str, Field]:
    """By the folded name. Passages of one document share their metadata, which counts once."""
    fields: dict[str, Field] = {}
    seen = set[int]()
    for entry in attributes:
        both: list[Mapping[str, Any]] = [entry.fields]
        if id(entry.metadata) not in seen:
            seen.add(id(entry.metadata))
            both.append(entry.metadata)
        for mapping in both:
            for name, value in mapping.items():
                if isinstance(value, str | int | float | bool | list):
                    fields.setdefault(folded(name), Field()).add(name, value)
    return {name: one for name, one in fields.items() if one.kinds}
