"""Compiled regular expressions, kept beside the bytecode of this file.

We have some 600, and Python compiles them anew in every process: a fifth of a command that answers a question. Kept is what
its compiler hands to the engine, by expression and flags, for one version of Python. Written are only expressions of modules
that were imported, before anything was asked, so that no text of a question or a document gets there.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import re
import sys
import threading
from array import array
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_sre: Any = importlib.import_module("_sre")  # the engine; typing knows nothing of it

Key = tuple[str, int]
Compiled = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]  # flags, code, groups, their names both ways

_WORTH = 30  # new expressions that are worth writing the file anew: 20 ms
_VERSION = (sys.version, _sre.MAGIC, _sre.CODESIZE, array("I").itemsize)


def place() -> Path:
    """Where they are kept: as bytecode is, one file a version of Python."""
    return Path(importlib.util.cache_from_source(__file__)).with_suffix(".patterns")


class Patterns:
    """Stands before the compiler of `re` from `begin` on."""

    def __init__(self, path: Path):
        self._path = path
        self._known = _read(path)
        self._new: dict[Key, Compiled] | None = {}  # None: nothing is noted any more
        self._given = threading.local()  # what the thread's own compilation was asked for; the compiler adds flags of its own
        self._compiler: Any = re._compiler  # type: ignore[attr-defined]
        self._slow: Callable[..., re.Pattern[str]] = self._compiler.compile

    def begin(self) -> None:
        self._compiler.compile = self.compile
        self._compiler._sre = SimpleNamespace(**{**vars(_sre), "compile": self._hand_over})

    def compile(self, pattern: Any, flags: int = 0) -> re.Pattern[str]:
        """As `re._compiler.compile`."""
        known = self._known.get((pattern, flags)) if isinstance(pattern, str) else None
        if known is not None:
            try:
                own_flags, code, groups, names, by_number = known
                kept: re.Pattern[str] = _sre.compile(pattern, own_flags, array("I", code).tolist(), groups, names, by_number)
                return kept
            except (RuntimeError, TypeError, ValueError, OverflowError):  # a damaged file: the engine checks what it is handed
                del self._known[pattern, flags]
        self._given.flags = flags
        return self._slow(pattern, flags)

    def _hand_over(self, pattern: Any, flags: int, code: list[int], groups: int, names: Any, by_number: Any) -> Any:
        """What the compiler calls last."""
        if self._new is not None and isinstance(pattern, str):
            self._new[pattern, self._given.flags] = (flags, array("I", code).tobytes(), groups, dict(names), tuple(by_number))
        return _sre.compile(pattern, flags, code, groups, names, by_number)

    def keep(self, *, always: bool = False) -> None:
        """Ends the noting and writes what is new, where it is worth it; `always`: though Python is not to write bytecode."""
        new, self._new = self._new, None
        if not new or len(new) < (1 if always else _WORTH) or (sys.dont_write_bytecode and not always):
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(f".{os.getpid()}")
            part.write_bytes(marshal.dumps((_VERSION, self._known | new)))
            os.replace(part, self._path)
        except OSError:  # a folder that is not ours, a full disk: the next one compiles them, too
            pass


def _read(path: Path) -> dict[Key, Compiled]:
    try:
        version, known = marshal.loads(path.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return known if version == _VERSION else {}


_patterns: Patterns | None = None


def begin() -> None:
    """From now on, once a process."""
    global _patterns
    if _patterns is None:
        _patterns = Patterns(place())
        _patterns.begin()


def keep(*, always: bool = False) -> None:
    if _patterns is not None:
        _patterns.keep(always=always)
