"""Grading by two people who do not see what they grade from: sheets out, sheets in, and how far the two agree."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from eval.items import json_lines
from eval.metrics import Scored
from eval.runs import Kept
from eval.texts import said
from rag.errors import ConfigError, InputError

COLUMNS = ("item", "question", "answer", "passages", "correct", "supported", "comment")
GRADES = {"correct": (0, 1, 2), "supported": (0, 1)}
HELP = {
    "correct": "2 right and complete, 1 partly right, 0 wrong",
    "supported": "1 the passages say it, 0 they do not",
}
KEY = "key.json"
_SHEETS = ("grader-1.csv", "grader-2.csv")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Item:
    """What is graded. `origin` (the run or file) and `row` stand in the key alone, never on a sheet."""

    key: str
    origin: str
    question: str
    answer: str
    passages: tuple[str, ...]
    row: Mapping[str, Any]


def items_of_set(file: Path) -> list[Item]:
    """Of a question file with answers, as `eval make-set` writes it. Raises ConfigError."""
    rows = [row for _, row in json_lines(file) if row.get("answers")]
    if not rows:
        raise ConfigError("there is no answer to grade in it.", field=str(file), fix="Name a file made by `eval make-set`.")
    return [
        _item(file.name, str(row["id"]), str(row["question"]), str(row["answers"][0]), (str(row.get("passage", "")),), row)
        for row in rows
    ]


def items_of_runs(runs: Sequence[Kept]) -> list[Item]:
    """Answered questions of one run, or of several mixed, so that nobody knows whose answer it is."""
    items = []
    for run in runs:
        for row in run.questions:
            if row.answered and row.answer:
                items.append(_item(run.id, row.id, row.question, said(row.answer), _cited(row), {"id": row.id}))
    if not items:
        raise InputError("no answer was given in it.", field="SOURCE", fix="Run the suite without --only-retrieval.")
    return items


def export(items: Sequence[Item], folder: Path, *, sample: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Writes a sheet for each of two graders, in different orders, and the key that they must not see.

    Raises InputError when sheets are there already: they may be filled in.
    """
    if any((folder / name).exists() for name in (*_SHEETS, KEY)):
        raise InputError(f"{folder} holds sheets already.", field="--out", fix="Name a new folder; nothing was changed.")
    rng = random.Random(seed)
    chosen = rng.sample(list(items), min(sample or len(items), len(items)))
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SHEETS:
        order = rng.sample(chosen, len(chosen))
        with (folder / name).open("w", encoding="utf-8-sig", newline="") as file:  # the mark lets Excel read Chinese
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for item in order:
                passages = "\n\n".join(item.passages)
                writer.writerow([item.key, *map(_inert, (item.question, item.answer, passages)), "", "", ""])
    key = {item.key: {"origin": item.origin, "question": item.question, "row": dict(item.row)} for item in chosen}
    (folder / KEY).write_bytes(orjson.dumps(key, option=orjson.OPT_INDENT_2))
    return {"folder": str(folder), "items": len(chosen), "sheets": list(_SHEETS), "grades": HELP}


def read(folder: Path) -> dict[str, Any]:
    """Both sheets: agreement and kappa of each grade, means by origin, items on which the two differ, the accepted rows.

    Raises InputError that names sheet, line and column for a grade that is missing or none; nothing is written then.
    """
    try:
        key = orjson.loads((folder / KEY).read_bytes())
    except (OSError, orjson.JSONDecodeError) as exc:
        raise ConfigError(
            f"cannot read {folder / KEY}: {exc}.", field="FOLDER", fix="Name a folder of `grade export`."
        ) from exc
    one, other = (_sheet(folder / name, key) for name in _SHEETS)
    items = list(key)
    report: dict[str, Any] = {"items": len(items), "agreement": {}, "by_origin": {}, "differ": [], "folder": str(folder)}
    for grade in GRADES:
        a, b = [one[item][grade] for item in items], [other[item][grade] for item in items]
        report["agreement"][grade] = {
            "percent": round(100 * sum(x == y for x, y in zip(a, b, strict=True)) / len(items), 1),
            "kappa": kappa(a, b),
            "weighted_kappa": kappa(a, b, weights="quadratic"),
        }
    for origin in sorted({key[item]["origin"] for item in items}):
        own = [item for item in items if key[item]["origin"] == origin]
        report["by_origin"][origin] = {"items": len(own)} | {
            grade: round(sum(one[i][grade] + other[i][grade] for i in own) / 2 / len(own) / max(GRADES[grade]), 4)
            for grade in GRADES
        }
    for item in items:
        if any(one[item][grade] != other[item][grade] for grade in GRADES):
            shown = [{grade: sheet[item][grade] for grade in GRADES} for sheet in (one, other)]
            report["differ"].append(
                {"item": item, "question": key[item]["question"], "grader_1": shown[0], "grader_2": shown[1]}
            )
    accepted = [i for i in items if all(s[i]["correct"] == 2 and s[i]["supported"] == 1 for s in (one, other))]
    report["accepted"] = len(accepted)
    (folder / "accepted.jsonl").write_bytes(b"".join(orjson.dumps(key[item]["row"]) + b"\n" for item in accepted))
    return report


def kappa(a: Sequence[int], b: Sequence[int], weights: str | None = None) -> float | None:
    """Cohen's kappa by scikit-learn; None where both gave one and the same grade to all, which leaves nothing to agree on."""
    from sklearn.metrics import cohen_kappa_score

    if len({*a, *b}) < 2:
        return None
    return round(float(cohen_kappa_score(a, b, weights=weights)), 4)


def _sheet(file: Path, key: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    try:
        text = _decoded(file.read_bytes())
    except OSError as exc:
        raise InputError(f"cannot read {file.name}: {exc.strerror}.", field=str(file), fix="Put the sheet back.") from exc
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    grades: dict[str, dict[str, int]] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter), 2):
        item = (row.get("item") or "").strip()
        if not item and not any(str(value or "").strip() for value in row.values()):
            continue
        if item not in key:
            raise InputError(
                f"{file.name}, row {number}: there is no item {item!r}.", field="item", fix="Keep the column as it was."
            )
        grades[item] = {grade: _grade(file, number, grade, row.get(grade)) for grade in GRADES}
    missing = [item for item in key if item not in grades]
    if missing:
        raise InputError(
            f"{file.name} lacks {len(missing)} items, for example {missing[0]}.", field="item", fix="Grade all rows."
        )
    return grades


def _grade(file: Path, number: int, name: str, value: str | None) -> int:
    text = (value or "").strip().removesuffix(".0")
    if text not in {str(grade) for grade in GRADES[name]}:
        said_ = f"{text!r}" if text else "nothing"
        raise InputError(f"{file.name}, row {number}: `{name}` is {said_}.", field=name, fix=f"Write {HELP[name]}.")
    return int(text)


def _decoded(raw: bytes) -> str:
    """Excel in Chinese saves CSV as GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("the sheet is neither UTF-8 nor GB18030.", field="FOLDER", fix="Save it as CSV UTF-8.")


def _item(origin: str, key: str, question: str, answer: str, passages: tuple[str, ...], row: Mapping[str, Any]) -> Item:
    return Item(sha256(f"{origin}\0{key}".encode()).hexdigest()[:8], origin, question, answer, passages, row)


def _cited(row: Scored) -> tuple[str, ...]:
    """Texts of the hits that the answer cites; all shown hits when none of them is."""
    cited = tuple(str(hit["text"]) for hit in row.hits if hit["document_id"] in row.cited)
    return cited[:5] or tuple(str(hit["text"]) for hit in row.hits[:3])


def _inert(text: str) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
