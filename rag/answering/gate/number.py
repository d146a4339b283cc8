"""A number as it is compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A number at text[start:end]. `value`, `unit`: as compared; `word`: written as a word that may mean nothing (one)."""

    start: int
    end: int
    value: str
    unit: str = ""
    word: bool = False

    @property
    def key(self) -> str:
        return f"{self.value} {self.unit}".strip()
