"""One line of `xiansou doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """`ok`, `warn`: something to look at, `fail`: something does not work; `fix` says what to do."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    fix: str | None = None
