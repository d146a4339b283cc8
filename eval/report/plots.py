"""Small line charts and interval plots as SVG text. Colours come from the page's CSS, so both themes fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

W, H = 360, 230
LEFT, RIGHT, TOP, BOTTOM = 40, 18, 10, 34
_MOST = 240  # points drawn of one line


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its CSS class (`a`, `b`), points left to right."""

    css: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, slots=True)
class Axis:
    """From least to greatest, where its marks stand, and whether it is logarithmic. `percent`: marks read as %."""

    low: float
    high: float
    ticks: Sequence[float]
    percent: bool = False
    log: bool = False

    def place(self, value: float) -> float:
        """0..1 along the axis."""
        low, high, at = (math.log(max(v, 1e-9)) if self.log else v for v in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low or 1.0)))

    def text(self, value: float) -> str:
        return f"{value:.0%}" if self.percent else f"{value:g}"


def share(high: float = 1.0) -> Axis:
    """0 to `high` in five steps, as percent."""
    return Axis(0.0, high, [high * step / 5 for step in range(6)], percent=True)


def nice(high: float) -> float:
    """The least of .1 .2 .5 1 that is not below `high`: a share's upper end."""
    return next((end for end in (0.1, 0.2, 0.5) if high <= end), 1.0)


def logarithmic(low: float, high: float) -> Axis:
    """Around the given milliseconds, marks at 1, 2, 5 × 10ⁿ."""
    low, high = max(low, 0.01) * 0.9, max(high, 0.02) * 1.1
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [digit * 10.0**power for power in decades for digit in (1, 2, 5)]
    inside = [tick for tick in ticks if low <= tick <= high]
    if len(inside) > 6:
        inside = [tick for tick in inside if f"{tick:.0e}"[0] == "1"]
    return Axis(low, high, inside, log=True)


def chart(lines: Sequence[Line], x: Axis, y: Axis, x_name: str, label: str, *, steps: bool = False) -> str:
    """An SVG of lines over two axes. `x_name` is HTML put into the text below; `label` is read to the blind."""
    parts = [f'<svg viewBox="0 0 {W} {H}" role="img" aria-label="{escape(label)}">']
    for tick in y.ticks:
        at = _y(y.place(tick))
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{at:.1f}" x2="{W - RIGHT}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{at + 4:.1f}" text-anchor="end">{y.text(tick)}</text>')
    for tick in x.ticks:
        at = _x(x.place(tick))
        parts.append(f'<line class="grid" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{H - BOTTOM}"/>')
        parts.append(f'<text x="{at:.1f}" y="{H - BOTTOM + 14}" text-anchor="middle">{x.text(tick)}</text>')
    parts.append(f'<text class="name" x="{(LEFT + W - RIGHT) / 2}" y="{H - 4}" text-anchor="middle">{x_name}</text>')
    parts += [_polyline(line, x, y, steps) for line in lines if len(line.x)]
    return "".join([*parts, "</svg>"])


def forest(rows: Sequence[tuple[str, float, float, float, bool]], label: str) -> str:
    """Differences with intervals: (name, difference, low, high, less is better) one under the other, around zero."""
    height = 22 * len(rows) + 34
    most = max((max(abs(low), abs(high)) for _, _, low, high, _ in rows), default=0.0) or 0.01
    left, middle, half = 118, (118 + W - 8) / 2, (W - 8 - 118) / 2
    parts = [f'<svg viewBox="0 0 {W} {height}" role="img" aria-label="{escape(label)}">']
    parts.append(f'<line class="axis" x1="{middle}" y1="4" x2="{middle}" y2="{height - 28}"/>')
    for end in (-most, most):
        at = middle + half * 0.96 * end / most
        parts.append(f'<text x="{at:.1f}" y="{height - 14}" text-anchor="{"start" if end < 0 else "end"}">{end:+.3g}</text>')
    parts.append(f'<text x="{middle}" y="{height - 14}" text-anchor="middle">0</text>')
    for number, (name, difference, low, high, less) in enumerate(rows):
        y = 16 + 22 * number
        css = "even" if low <= 0 <= high else ("good" if (difference > 0) != less else "bad")
        x1, x2, at = (middle + half * 0.96 * value / most for value in (low, high, difference))
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<line class="{css} interval" x1="{x1:.1f}" y1="{y}" x2="{x2:.1f}" y2="{y}"/>')
        parts.append(f'<circle class="{css}" cx="{at:.1f}" cy="{y}" r="4"/>')
    return "".join([*parts, "</svg>"])


def ecdf(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Sorted values and the share at or below each."""
    ordered = sorted(values)
    return ordered, [(at + 1) / len(ordered) for at in range(len(ordered))]


def _polyline(line: Line, x: Axis, y: Axis, steps: bool) -> str:
    chosen = np.unique(np.linspace(0, len(line.x) - 1, _MOST).round().astype(int)).tolist()
    points = [(_x(x.place(line.x[at])), _y(y.place(line.y[at]))) for at in chosen]
    if steps:
        points = [point for at, (px, py) in enumerate(points) for point in ((px, points[max(0, at - 1)][1]), (px, py))]
    return f'<polyline class="{line.css}" points="{" ".join(f"{px:.1f},{py:.1f}" for px, py in points)}"/>'


def _x(place: float) -> float:
    return LEFT + place * (W - LEFT - RIGHT)


def _y(place: float) -> float:
    return H - BOTTOM - place * (H - TOP - BOTTOM)
