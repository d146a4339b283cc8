"""The picture of the house, drawn from the floors that import-linter holds (pyproject.toml) and the rooms' own first words."""

from __future__ import annotations

import ast
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "house.svg"

_WIDTH, _FLOOR, _GAP, _LEFT = 920, 58, 10, 20


def floors() -> list[list[str]]:
    """The layers, highest first; rooms of one floor beside each other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def first_words(module: str) -> str:
    """The first sentence of a module's or package's docstring."""
    path = ROOT / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(said.replace("`", "").split()).split(". ")[0].rstrip(".")


def draw() -> str:
    """The picture as SVG: no fonts, scripts or styles from outside."""
    rows = floors()
    height = len(rows) * (_FLOOR + _GAP) + 70
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" font-family="sans-serif">',
        "<title>The floors of Xiansou: a room imports only from floors below it</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="30" font-size="15" fill="#333">A room imports only from the floors below it.</text>',
    ]
    top = 46
    for row in rows:
        width = (_WIDTH - 2 * _LEFT - _GAP * (len(row) - 1)) / len(row)
        for number, room in enumerate(row):
            out += _room(_LEFT + number * (width + _GAP), top, width, room)
        top += _FLOOR + _GAP
    return "\n".join([*out, "</svg>"]) + "\n"


def _room(x: float, y: float, width: float, room: str) -> list[str]:
    inside = room.startswith("rag.")
    most = int((width - 24) / 6.8)
    words = first_words(room)
    shown = words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + " …"
    name = room.replace(".", "/") + ("/" if (ROOT / Path(*room.split("."))).is_dir() else "")
    fill = "#eef3fb" if inside else "#fdf3e3"
    return [
        f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{_FLOOR}" rx="6" fill="{fill}" stroke="#8a9bb8"/>',
        f'<text x="{x + 12:.0f}" y="{y + 24}" font-size="15" font-weight="600" fill="#1b2a41">{escape(name)}</text>',
        f'<text x="{x + 12:.0f}" y="{y + 44}" font-size="12" fill="#445">{escape(shown)}</text>',
    ]


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
