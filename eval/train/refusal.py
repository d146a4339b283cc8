"""Weights of the probability in small libraries and across languages: `python -m eval.train.refusal DATA CASES [ROWS]`.

DATA: the public data (`retrieval/xquad_en`, `retrieval/xquad_zh`); CASES: a folder with `cases.jsonl` and a folder a library;
ROWS: where the features are kept, so that a second fit asks nothing. Prints weights, their hash, and what each set says of
weights that never saw it. The same rows give the same weights.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy.stats import rankdata

from eval.train.features import cases, parallel, rows
from rag.record.calibration import PLAIN, threshold
from rag.search.calibrate import Features, everywhere, usual
from rag.settings import load
from rag.wiring import open_application

Row = Mapping[str, Any]
Values = NDArray[np.float64]
_DRAWN = 3.0  # towards zero, for standardised features
_NEAR = 0.8  # of the near-topic questions are refused where a tenth of all may be answered wrongly: half of all are near


def few(features: Features) -> list[float]:
    """What counts in a small library."""
    return [everywhere(features), features.chinese, features.weakest, features.coverage, features.tabular, features.entry]


def abroad(features: Features) -> list[float]:
    """What counts where the library is in the other language."""
    return [features.late or 0.0, features.margin, features.ahead, features.short]


def fit(rows: Sequence[Row], known: Callable[[Features], list[float]]) -> Values:
    """(1 + features,): the constant first. Each question's likeliest hit is what it is judged by, found in turns."""
    each = [np.array([known(Features(**hit)) for hit in row["hits"]], np.float64) for row in rows]
    right = np.array([row["answerable"] for row in rows], np.float64)
    counts = Counter((row["set"], row["answerable"]) for row in rows)
    weights = np.array([counts[row["set"], row["answerable"]] ** -0.5 for row in rows])
    weights *= len(weights) / weights.sum()
    first = everywhere if known is few else (lambda one: one.late or 0.0)
    picked = [int(np.argmax([first(Features(**hit)) for hit in row["hits"]])) for row in rows]
    for _ in range(6):
        fitted = _logistic(np.array([hits[at] for hits, at in zip(each, picked, strict=True)]), right, weights)
        anew = [int(np.argmax(hits @ fitted[1:])) for hits in each]
        if anew == picked:
            break
        picked = anew
    return fitted


def _logistic(x: Values, y: Values, weights: Values) -> Values:
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack([(x - centre) / spread, np.ones(len(x))])
    prior = np.diag([_DRAWN] * x.shape[1] + [1e-6])
    fitted = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ fitted))
        step = np.linalg.solve((z * (p * (1 - p) * weights)[:, None]).T @ z + prior, z.T @ ((y - p) * weights) - prior @ fitted)
        fitted = fitted + step
        if float(np.abs(step).max()) < 1e-10:
            break
    slopes = fitted[:-1] / spread
    return np.append(fitted[-1] - slopes @ centre, slopes)


def best(rows: Sequence[Row], weights: Values, known: Callable[[Features], list[float]]) -> Values:
    """The likeliest hit's logit, of each question."""
    return np.array([max(weights[0] + np.array(known(Features(**hit))) @ weights[1:] for hit in row["hits"]) for row in rows])


def level(rows: Sequence[Row], weights: Values, known: Callable[[Features], list[float]], *, own: bool) -> Values:
    """The same weights with constants by which the shipped thresholds answer a fifth of the near-topic questions, on the mean
    of the sets of a language. own: by language, of which the second feature is the sign; else one for both."""
    off = {}
    for chinese in (False, True):
        wanted = np.log((p := threshold(0.1, usual(PLAIN, chinese=chinese))) / (1 - p))
        near = [row for row in rows if not row["answerable"] and row["hits"][0]["chinese"] == chinese]
        sets = sorted({row["set"] for row in near})
        reached = [np.quantile(best([row for row in near if row["set"] == name], weights, known), _NEAR) for name in sets]
        off[chinese] = float(wanted - np.mean(reached))
    moved = weights.copy()
    moved[0] += off[False] if own else (off[False] + off[True]) / 2
    if own:
        moved[2] += off[True] - off[False]
    return moved


def report(rows: Sequence[Row], known: Callable[[Features], list[float]], *, own: bool) -> None:
    """AUROC with its 95 % interval, refused and answered by the shipped thresholds, of sets by weights from the other parts."""
    scores = np.zeros(len(rows))
    for part in sorted({row["part"] for row in rows}):
        here = np.array([row["part"] == part for row in rows])
        others = [row for row, held in zip(rows, here, strict=True) if not held]
        weights = level(others, fit(others, known), known, own=own)
        scores[here] = best([row for row, held in zip(rows, here, strict=True) if held], weights, known)
    for name in sorted({(row["set"], row["hits"][0]["chinese"]) for row in rows}):
        at = np.array([(row["set"], row["hits"][0]["chinese"]) == name for row in rows])
        some, right = scores[at], np.array([row["answerable"] for row in rows])[at]
        least = np.log((p := threshold(0.1, usual(PLAIN, chinese=name[1]))) / (1 - p))
        area, (low, high) = auroc(some, right), interval(some, right)
        refused, wrong = float((some[right] < least).mean()), float((some[~right] >= least).mean())
        print(f"{name[0]:22s} {'zh' if name[1] else 'en'} {len(some):4d}  AUROC {area:.3f} ({low:.3f}–{high:.3f})  ", end="")
        print(f"refused {refused:.2f}  answered wrongly {wrong:.2f}")


def auroc(scores: Values, right: NDArray[np.bool_]) -> float:
    """Probability that an answerable question scores above an unanswerable one."""
    ranks, many = rankdata(scores), int(right.sum())
    return float((ranks[right].sum() - many * (many + 1) / 2) / (many * (len(right) - many)))


def interval(scores: Values, right: NDArray[np.bool_], times: int = 400) -> tuple[float, float]:
    """95 % by bootstrap over questions."""
    rng, samples = np.random.default_rng(0), list[float]()
    for _ in range(times):
        at = rng.integers(0, len(right), len(right))
        if 0 < right[at].sum() < len(right):
            samples.append(auroc(scores[at], right[at]))
    return float(np.quantile(samples, 0.025)), float(np.quantile(samples, 0.975))


def main(data: Path, folder: Path, keep: Path) -> None:
    if not keep.exists():
        _ask(data, folder, keep)
    with gzip.open(keep, "rt", encoding="utf-8") as file:
        rows = [row for line in file if (row := json.loads(line))["hits"]]
    away = [row for row in rows if row["hits"][0]["abroad"]]
    home = [row for row in rows if not row["hits"][0]["abroad"] and row["hits"][0]["small"] == 1]
    for name, some, known, own in (("_SMALL", home, few, True), ("_ABROAD", away, abroad, False)):
        report(some, known, own=own)
        values = tuple(round(float(one), 3) for one in level(some, fit(some, known), known, own=own))
        print(f"{name} = {values}  # sha256 {hashlib.sha256(orjson.dumps(values)).hexdigest()[:16]}, {len(some)} questions")


def _ask(data: Path, folder: Path, keep: Path) -> None:
    corpus, queries = {}, {}
    for lang in ("zh", "en"):
        root = data / "retrieval" / f"xquad_{lang}"
        corpus[lang] = _lines(root / "corpus.jsonl.gz")
        number = {row["id"]: str(at) for at, row in enumerate(corpus[lang])}
        right = json.loads((root / "qrels.json").read_text(encoding="utf-8"))
        pairs = [(row["text"], list(right.get(row["id"], ()))) for row in _lines(root / "queries.jsonl.gz")]
        queries[lang] = [(text, number[keys[0]]) for text, keys in pairs if keys and keys[0] in number]
    case_rows = [json.loads(line) for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]
    with tempfile.TemporaryDirectory() as place, gzip.open(keep, "wt", encoding="utf-8") as file:
        application = open_application(load(overrides={"data_dir": place}))
        for row in rows(iter([*cases(folder, case_rows), *parallel(corpus, queries)]), application):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        application.close()


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3] if len(sys.argv) > 3 else "refusal-rows.jsonl.gz"))
