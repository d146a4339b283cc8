"""Bars on a terminal: the whole, and below it the parts of a step that takes long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rag.runtime.console import Updates

_FEW = 256  # parts below which a step is over before one has read how far it is
_NAME = 28  # characters of a part's name


class Bars(Updates):
    """Of one `Progress`. How long it takes and how long it will are told apart by a word each."""

    def __init__(self, bar: Progress, label: str, unit: str):
        self._bar, self._unit = bar, unit
        self._whole = bar.add_task(label, total=None, about=unit)
        self._part: TaskID | None = None
        self._name = ""

    def __call__(self, done: int, total: int) -> None:
        elapsed = self._bar.tasks[0].elapsed or 0
        speed = f"{done / elapsed:.1f}" if elapsed else "–"
        self._bar.update(self._whole, completed=done, total=total, about=f"{self._unit}  {speed}/s")

    def part(self, name: str, done: int, total: int) -> None:
        """Shown while it is under way; a line for each name in turn."""
        if total < _FEW:
            return
        if self._part is None or name != self._name:
            self._over()
            shown = name if len(name) <= _NAME else f"…{name[1 - _NAME :]}"
            self._name, self._part = name, self._bar.add_task(shown, total=total, about="passages")
        self._bar.update(self._part, completed=done, total=total)
        if done >= total:
            self._over()

    def _over(self) -> None:
        if self._part is not None:
            self._bar.remove_task(self._part)
        self._part, self._name = None, ""


@contextmanager
def drawn(label: str, unit: str, console: Console | None = None) -> Iterator[Bars]:
    """Bars on standard error, until the end of the block."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[about]}"),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("left about"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console or Console(stderr=True)) as bar:
        yield Bars(bar, label, unit)
