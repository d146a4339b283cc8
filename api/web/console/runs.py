"""Evaluation runs that `xiansou eval run` kept below the data folder, and which questions two of them answer differently.

Their files are read as they are: `eval` stands beside this floor of the house, and nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import Query, Request
from fastapi.routing import APIRouter
from starlette.responses import Response

from api.scopes import Admin
from api.state import Here, State
from api.web.console.shown import Lang, show
from rag.errors import NotFound

router = APIRouter(prefix="/console")

_RUNS = 60
_METRICS = ("recall_at_5", "ndcg_at_10", "first_citation", "facts", "false_refusal", "wrong_answer", "p50_ms")
_PLOTTED = ("recall_at_5", "first_citation", "false_refusal", "wrong_answer")
_WIDE, _HIGH = 600.0, 200.0

RunId = Annotated[str, Query(max_length=200, pattern=r"^[^/\\\\]*$")]


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one run got right and the other did not."""

    question: str
    before: str
    after: str
    better: bool


@router.get("/runs")
def runs_page(request: Request, here: Here, caller: Admin, lang: Lang = None) -> Response:
    """All runs, the newest first, and how their figures went."""
    runs = _runs(here)
    names = [name for name in _METRICS if any(name in one["metrics"] for one in runs)]
    return show(request, "runs.html", caller, runs=runs, names=names, plots=_plots(runs), folder=_folder(here))


@router.get("/runs/compare")
def compare(request: Request, here: Here, caller: Admin, a: RunId, b: RunId) -> Response:
    """The questions that flipped from run `a` to run `b`."""
    before, after = _questions(here, a), _questions(here, b)
    both = [key for key in before if key in after]
    flips = [_flip(before[key], after[key]) for key in both if _right(before[key]) != _right(after[key])]
    flips.sort(key=lambda flip: flip.better)
    return show(request, "flips.html", caller, flips=flips, both=len(both), a=a, b=b)


def _folder(here: State) -> Path:
    return here.application.settings.data_dir / "eval"


def _runs(here: State) -> list[dict[str, Any]]:
    runs = []
    for file in sorted(_folder(here).glob("*/run.json"), reverse=True)[:_RUNS]:
        try:
            run = orjson.loads(file.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue  # being written, or not ours
        if isinstance(run, dict) and isinstance(run.get("metrics"), dict):
            about = {name: run.get(name) for name in ("suite", "fingerprint", "passed", "started_at")}
            runs.append(about | {"id": file.parent.name, "metrics": run["metrics"], "intervals": run.get("intervals", {})})
    return runs


def _plots(runs: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each suite with several runs: (suite, [(metric, points of its line)]), the oldest run on the left."""
    suites = dict.fromkeys(one["suite"] for one in reversed(runs))
    return [
        (str(suite), lines) for suite in suites if (lines := list(_lines([one for one in runs[::-1] if one["suite"] == suite])))
    ]


def _lines(runs: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    if len(runs) < 2:
        return
    for name in _PLOTTED:
        values = [(at, one["metrics"][name]) for at, one in enumerate(runs) if name in one["metrics"]]
        if len(values) > 1:
            step = _WIDE / (len(runs) - 1)
            yield name, " ".join(f"{at * step:.1f},{_HIGH * (1 - min(1.0, value)):.1f}" for at, value in values)


def _questions(here: State, run: str) -> dict[str, dict[str, Any]]:
    """Raises NotFound."""
    file = _folder(here) / run / "questions.jsonl"
    if run.startswith(".") or not file.is_file():
        raise NotFound(f"no run {run!r}", field="id", fix="See `xiansou eval list`.")
    rows = [orjson.loads(line) for line in file.read_bytes().splitlines() if line]
    return {row["id"]: row for row in rows}


def _right(row: dict[str, Any]) -> bool:
    """What should be answered cites the right document first (or finds it among five), what should not is refused."""
    if not row["answerable"]:
        return not row["answered"]
    return bool(row["first_citation"]) if row["answered"] is not None else row["rank"] is not None and row["rank"] <= 5


def _flip(before: dict[str, Any], after: dict[str, Any]) -> Flip:
    return Flip(after["question"] or after["id"], _said(before), _said(after), _right(after))


def _said(row: dict[str, Any]) -> str:
    if row["answered"] is False:
        return str(row["reason"] or "refused")
    return str(row["answer"] or f"rank {row['rank']}")[:300]
