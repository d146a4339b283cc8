"""AsciiDoc tables, as HTML: cells with spans, styles, duplication; also `,===` and `format=csv`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence

_CELL = re.compile(r"(?:(?<=[\s|!])|^)((?:(\d+)?(?:\.(\d+))?[+*])?[<^>]?(?:\.[<^>])?([aemshlvd])?)\|(?!=)")
_REPEATED = re.compile(r"(\d+)\*")


def table(
    lines: Sequence[str],
    mark: str,
    options: Sequence[str],
    title: str,
    blocks: Callable[[Sequence[str]], str],
    inline: Callable[[str], str],
) -> str:
    """The table between its `|===` lines. `options` as its attribute line has them."""
    attributes = {part.partition("=")[0].strip().lower(): part.partition("=")[2].strip().strip("\"'") for part in options}
    flags = {
        *re.split(r"[,\s]+", attributes.get("options", attributes.get("opts", ""))),
        *(one[1:] for one in options if one.startswith("%")),
    }
    styles = _columns(attributes.get("cols", ""))
    caption = f"<caption>{title}</caption>" if title else ""
    separator = {",": ",", ":": ":"}.get(mark, attributes.get("separator", ""))
    if attributes.get("format") in ("csv", "tsv", "dsv") or mark in ",:":
        separator = separator or {"tsv": "\t", "dsv": ":"}.get(attributes.get("format", ""), ",")
        rows = [
            [inline(cell) for cell in row] for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=separator) if any(row)
        ]
        grid = [[(cell, "") for cell in row] for row in rows]
    else:
        text = "\n".join(lines)
        text = text if mark != "!" else re.sub(r"(?<!\\)!", "|", text)
        grid = _rows(text, lines, styles, blocks, inline)
    head = "header" in flags or ("noheader" not in flags and _is_implied(lines, grid))
    out = []
    for number, row in enumerate(grid):
        tag = "th" if head and number == 0 else "td"
        out.append(f"<tr>{''.join(f'<{tag}{spans}>{cell}</{tag}>' for cell, spans in row)}</tr>")
    return f"<table>{caption}{''.join(out)}</table>"


def _columns(spec: str) -> list[str]:
    """The style of each column, '' for plain ones."""
    styles: list[str] = []
    for one in filter(None, (part.strip() for part in re.split(r"[,;]", spec))):
        match = _REPEATED.match(one)
        style = one[-1] if one[-1] in "aemshlvd" else ""
        styles += [style] * (int(match[1]) if match else 1)
    return styles


def _is_implied(lines: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]]) -> bool:
    """The first line holds a whole row and is followed by a blank one."""
    filled = next((i for i, line in enumerate(lines) if line.strip()), None)
    if filled != 0 or len(lines) < 2 or lines[1].strip() or len(rows) < 2:
        return False
    return len(_CELL.findall(lines[0])) == len(rows[0]) and len(rows[0]) > 1


def _rows(
    text: str, lines: Sequence[str], styles: list[str], blocks: Callable[[Sequence[str]], str], inline: Callable[[str], str]
) -> list[list[tuple[str, str]]]:
    cells = _cells(text)
    width = len(styles) or next((len(_CELL.findall(line)) for line in lines if _CELL.search(line)), 1)
    first = next((line for line in lines if _CELL.search(line)), "")
    if not styles:
        width = (
            sum(int(match[2] or 1) if match[1].endswith(("+", "*")) or match[2] else 1 for match in _CELL.finditer(first)) or 1
        )
    rows: list[list[tuple[str, str]]] = [[]]
    hanging: dict[int, int] = {}
    at = 0
    for spec, content in cells:
        for _ in range(spec.times):
            while hanging.get(at, 0) and at < width:
                hanging[at] -= 1
                at += 1
            if at >= width:
                rows.append([])
                at = 0
                while hanging.get(at, 0) and at < width:
                    hanging[at] -= 1
                    at += 1
            style = spec.style or (styles[at] if at < len(styles) else "")
            inner = _content(content, style, blocks, inline)
            spans = (f' colspan="{spec.wide}"' if spec.wide > 1 else "") + (f' rowspan="{spec.down}"' if spec.down > 1 else "")
            rows[-1].append((inner, spans))
            for column in range(at, at + spec.wide):
                if spec.down > 1:
                    hanging[column] = spec.down - 1
            at += spec.wide
    return [row for row in rows if row]


def _content(content: str, style: str, blocks: Callable[[Sequence[str]], str], inline: Callable[[str], str]) -> str:
    if style == "a":
        return blocks(content.strip("\n").splitlines())
    parts = [part for part in re.split(r"\n\s*\n", content.strip()) if part.strip()]
    written = "".join(f"<p>{inline(part)}</p>" for part in parts) if len(parts) > 1 else inline(content.strip())
    return f"<strong>{written}</strong>" if style in ("s", "h") and written else written


class _Spec:
    """What stands before a cell's bar: `2+`, `.3+`, `3*`, `a`."""

    def __init__(self, match: re.Match[str] | None) -> None:
        span = match[1] if match else ""
        self.times = int(match[2]) if match and match[2] and "*" in span else 1
        self.wide = int(match[2]) if match and match[2] and "+" in span else 1
        self.down = int(match[3]) if match and match[3] else 1
        self.style = (match[4] or "") if match else ""


def _cells(text: str) -> list[tuple[_Spec, str]]:
    cells: list[tuple[_Spec, str]] = []
    matches = list(_CELL.finditer(text))
    for number, match in enumerate(matches):
        end = matches[number + 1].start(1) if number + 1 < len(matches) else len(text)
        cells.append((_Spec(match), text[match.end() : end].replace("\\|", "|")))
    return cells
