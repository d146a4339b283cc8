"""What a sentence is made of as the gate compares it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["word", "name", "number", "operator", "function", "join"]


@dataclass(frozen=True, slots=True)
class Tok:
    """`key`: what is compared; `text`: as written; `soft`: may be missing (one, an article in other words)."""

    key: str
    kind: Kind
    text: str = ""
    unit: str = ""
    soft: bool = False
    opens: bool = False  # stands first in its sentence

    @property
    def content(self) -> bool:
        return self.kind in ("word", "name", "number")

    @property
    def fact(self) -> bool:
        return self.kind in ("name", "number")


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens between pauses or joining words. `join`: the joining word before it; `hard`: a stop or semicolon before it."""

    tokens: tuple[Tok, ...]
    join: str = ""
    hard: bool = False
    mark: str = ""  # the mark before it

    @property
    def content(self) -> tuple[Tok, ...]:
        return tuple(token for token in self.tokens if token.content)

    @property
    def operators(self) -> tuple[str, ...]:
        return tuple(token.key for token in self.tokens if token.kind == "operator")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in clauses."""

    clauses: tuple[Clause, ...]
    keys: frozenset[str] = field(default=frozenset())

    @property
    def tokens(self) -> Iterator[Tok]:
        return (token for clause in self.clauses for token in clause.tokens)
