"""The numbers behind a chart of Word, PowerPoint or Excel (DrawingML charts of any kind)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.parse.normal import one_line
from ingest.parse.writer import Writer

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_POINTS_LIMIT = 1000


def write_chart(writer: Writer, chart: Any) -> None:
    """Writes a `c:chartSpace` element: its title, then a row a category, a column a series."""
    title = chart.find(f".//{_C}chart/{_C}title")
    writer.line(one_line(" ".join(text.text or "" for text in title.iter(f"{_A}t"))) if title is not None else "")
    series = list(chart.iter(f"{_C}ser"))
    names = [one_line(" ".join(value.text or "" for value in _part(one, "tx").iter(f"{_C}v"))) for one in series]
    labels: dict[int, str] = {}
    columns: list[dict[int, str]] = []
    for one in series:
        labels = labels or _points(_part(one, "cat", "xVal"))
        columns.append(_points(_part(one, "val", "yVal")))
    indices = sorted({*labels, *(index for column in columns for index in column)})[:_POINTS_LIMIT]
    rows: Sequence[Sequence[str]] = [[labels.get(i, ""), *(column.get(i, "") for column in columns)] for i in indices]
    if rows:
        writer.plain_table([["", *names], *rows], 1)


def _part(series: Any, *names: str) -> Any:
    parts = (series.find(f"{_C}{name}") for name in names)
    return next((part for part in parts if part is not None), series.makeelement("none", {}))


def _points(part: Any) -> dict[int, str]:
    """Index → value; levels of a nested category axis are joined, the outer one first."""
    points: dict[int, str] = {}
    for point in part.iter(f"{_C}pt"):
        value, index = one_line(point.findtext(f"{_C}v") or ""), int(point.get("idx", "0"))
        points[index] = f"{value} {points[index]}" if index in points else value
    return points
