"""How quickly documents are read (parsed and cleaned), and in how much memory; beside another build in turn.

Each file is read in a new process of each build, so a build's memory is its own. Processor time: what else runs counts little.
"""

from __future__ import annotations

import csv
import io
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from eval.bench.folder import section
from rag.errors import ConfigError

_ROUNDS = 3
_CELLS = 100_000
_ENTRIES = 6_000
_PAGES = 40
_LONGEST_S = 1_200

# Run by the interpreter of each build: only what both have. The first argument is how often the files are read.
_CHILD = """
import gc, json, sys, time
from ingest.clean import clean
from ingest.parse import parse
def high_water():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
def read(path, content):
    return len(clean(parse(content, filename=path, mime_type=None))[0].blocks)
files = [(path, open(path, "rb").read()) for path in sys.argv[2:]]
first = files[0][0]
suffix = first[first.rindex("."):]
small = {".csv": b"a,b\\n1,2\\n", ".md": b"# A\\n\\nB is here.", ".html": b"<h1>A</h1><p>B is here."}
if suffix in small:
    read("a" + suffix, small[suffix])
else:
    import openpyxl
gc.collect()
before = high_water()
began, blocks = time.process_time(), 0
for _ in range(int(sys.argv[1])):
    for path, content in files:
        blocks += read(path, content)
print(json.dumps({"cpu_s": time.process_time() - began, "blocks": blocks,
                  "mb": (high_water() - before) / 1000}))
"""

Say = Callable[[str], None]


def measure(against: Path | None, say: Say, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Median of `rounds` rounds of each build in turn. `against`: a checkout of another build with a `.venv` of its own.

    Returns, by what was read: cells or entries or pages a second, MB beyond the program itself, and with `against` how many
    times as quick as the other and which share of its memory. Raises ConfigError.
    """
    builds = {"this": (Path(sys.executable), Path(__file__).parents[2])}
    if against is not None:
        python = against.resolve() / ".venv/bin/python"
        if not (against / "ingest/parse").is_dir() or not python.exists():
            raise ConfigError(
                f"{against} is no installed checkout.", field="--against", fix="Name a folder with xiansou.py and .venv."
            )
        builds["other"] = python, against.resolve()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="xiansou-bench-") as folder:
        for name, (count, repeat, files) in _cases(Path(folder)).items():
            met: dict[str, list[dict[str, float]]] = {build: [] for build in builds}
            for number in range(rounds):
                say(f"{name}, round {number + 1}")
                for build in builds if number % 2 else reversed(builds):
                    met[build].append(_read(*builds[build], repeat, files))
            figures[name] = _row(count * repeat, met)
    return figures


def _row(count: int, met: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    seconds = {build: statistics.median(one["cpu_s"] for one in rounds) for build, rounds in met.items()}
    memory = {build: statistics.median(one["mb"] for one in rounds) for build, rounds in met.items()}
    row: dict[str, Any] = {"a_second": round(count / seconds["this"]), "mb": round(memory["this"], 1)}
    if "other" in met:
        row |= {"other_a_second": round(count / seconds["other"]), "other_mb": round(memory["other"], 1)}
        row["times_as_quick"] = round(seconds["other"] / seconds["this"], 2)
        row["of_its_memory"] = round(memory["this"] / max(0.1, memory["other"]), 2)
    return row


def _read(python: Path, checkout: Path, repeat: int, files: list[Path]) -> dict[str, float]:
    env = {**os.environ, "PYTHONPATH": str(checkout), "DO_NOT_TRACK": "1", "UNSTRUCTURED_DISABLE_NOTICE": "1"}
    command = [str(python), "-c", _CHILD, str(repeat), *map(str, files)]
    done = subprocess.run(command, capture_output=True, env=env, cwd=checkout, timeout=_LONGEST_S, check=False)
    if done.returncode:
        raise ConfigError(f"{checkout} cannot read them: {done.stderr.decode()[-300:]}", field="--against")
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def _cases(folder: Path) -> dict[str, tuple[int, int, list[Path]]]:
    """By name: how many things are read, how often, and the files."""
    cases: dict[str, tuple[int, int, list[Path]]] = {}
    for name, columns in (("tall", 10), ("broad", 1_000), ("one_row", _CELLS)):
        rows = [[f"Column {number}" for number in range(columns)], *_cells(columns)]
        cases[f"cells_{name}_csv"] = _CELLS, 1, [_csv(folder / f"{name}.csv", rows)]
        if columns <= 1_000:
            cases[f"cells_{name}_xlsx"] = _CELLS, 1, [_xlsx(folder / f"{name}.xlsx", rows)]
    entries = [["Question", "Answer", "Category"], *_entries()]
    cases["faq_csv"] = _ENTRIES, 1, [_csv(folder / "faq.csv", entries)]
    cases["faq_xlsx"] = _ENTRIES, 1, [_xlsx(folder / "faq.xlsx", entries)]
    for kind, page in (("html", _html), ("md", _markdown)):
        files = []
        for number in range(_PAGES):
            files.append(folder / f"page{number}.{kind}")
            files[-1].write_text(page(number), encoding="utf-8")
        cases[f"pages_{kind}"] = _PAGES, 5, files
    return cases


def _cells(columns: int) -> Iterator[list[str]]:
    for row in range(max(1, _CELLS // columns)):
        yield [
            f"Model {row}-{column}" if column % 3 == 0 else f"{row * column % 997}.5" if column % 3 == 1 else "有货 3–5 天"
            for column in range(columns)
        ]


def _entries() -> Iterator[list[str]]:
    for number in range(_ENTRIES):
        yield [f"How do I reset camera model C{number}?", section(number, 3), "设置" if number % 2 else "Devices"]


def _csv(path: Path, rows: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def _xlsx(path: Path, rows: list[list[str]]) -> Path:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet")
    for row in rows:
        sheet.append([float(cell) if cell.endswith(".5") else cell for cell in row])
    book.save(path)
    return path


def _html(number: int) -> str:
    """A page as help centres have it: navigation, sections, lists, a table, accordions."""
    links = "".join(f'<li><a href="/page{at}">Page {at}</a></li>' for at in range(30))
    parts = [
        f"<h2 id='s{at}'>Chapter {number}.{at}</h2><p>{section(number * 100 + at, 4)}</p><ul>"
        + "".join(f"<li>{section(number * 100 + at + step, 1)} <a href='#s{step}'>More</a></li>" for step in range(5))
        + "</ul><table><tr><th>Model</th><th>Price</th></tr>"
        + "".join(f"<tr><td>C{row}</td><td><b>{row * 9}</b> EUR</td></tr>" for row in range(8))
        + f"</table><details><summary>Does it work in {at}?</summary><p>{section(at, 1)}</p></details>"
        for at in range(12)
    ]
    return (
        f"<!doctype html><html lang='en'><head><title>Manual {number} | Help</title>"
        "<style>.x{display:none}</style></head><body>"
        f"<nav class='menu'><ul>{links}</ul></nav><main><article><h1>Manual {number}</h1>{''.join(parts)}</article></main>"
        f"<footer><p>© Example</p><ul>{links}</ul></footer></body></html>"
    )


def _markdown(number: int) -> str:
    parts = [f"---\ntitle: Manual {number}\n---\n"]
    for at in range(12):
        steps = "\n".join(f"{step + 1}. {section(number * 100 + at + step, 1)}" for step in range(5))
        rows = "\n".join(f"| C{row} | **{row * 9}** EUR |" for row in range(8))
        parts.append(
            f"## Chapter {number}.{at}\n\n{section(number * 100 + at, 4)}\n\n{steps}\n\n"
            f"| Model | Price |\n| --- | --- |\n{rows}\n\n"
            f":::note\n{section(at, 1)} See [the other page](page{at}.md).\n:::\n"
        )
    return "\n".join(parts)
