"""Two runs of the same questions: what was won, what was lost, and whether it could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.metrics import Scored
from eval.names import LESS_IS_BETTER
from eval.runs import Kept
from eval.summary import column, place
from rag.errors import InputError

_RESAMPLES = 9_999
_NOT_COMPARED = frozenset(
    [f"success_at_{k}" for k in (1, 3, 5, 10, 20)] + [f"{name}_at_{k}" for name in ("precision", "ndcg") for k in (1, 3, 20)]
)


@dataclass(frozen=True, slots=True)
class Paired:
    """One metric on the questions that both runs measure.

    Attributes:
        interval: middle 95 % of the paired bootstrap of the difference b − a.
        wins, losses: questions on which B is better, worse; the rest are ties.
        permutation: two-sided p of the paired randomisation test (signs of the differences flipped, Fisher; Smucker,
            Allan, Carterette, CIKM 2007). wilcoxon: of the signed-rank test. None when no question differs.
    """

    metric: str
    n: int
    a: float
    b: float
    difference: float
    interval: tuple[float, float]
    wins: int
    losses: int
    ties: int
    permutation: float | None
    wilcoxon: float | None

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def compare(a: Kept, b: Kept) -> dict[str, Any]:
    """Everything the report shows, as JSON. Raises InputError when the runs share no question."""
    left, right = {row.id: row for row in a.questions}, {row.id: row for row in b.questions}
    shared = [key for key in left if key in right and left[key].question == right[key].question]
    if not shared:
        raise InputError("the two runs share no question.", field="B", fix="Compare runs of the same suite.")
    rows = [left[key] for key in shared], [right[key] for key in shared]
    languages = sorted({row.lang for row in rows[0]} - {""})
    return {
        "a": _about(a),
        "b": _about(b),
        "kind": _kind(a, b),
        "differences": differences(a.report.get("configuration", {}), b.report.get("configuration", {})),
        "same_documents": a.report.get("library") == b.report.get("library"),
        "questions": len(shared),
        "only_a": len(left) - len(shared),
        "only_b": len(right) - len(shared),
        "metrics": [difference.as_dict() for difference in paired(*rows)],
        "by_language": {
            lang: [
                difference.as_dict()
                for difference in paired([r for r in rows[0] if r.lang == lang], [r for r in rows[1] if r.lang == lang])
            ]
            for lang in languages
        },
        "flipped": [_flip(one, other) for one, other in zip(*rows, strict=True) if verdict(one) != verdict(other)],
    }


def paired(a: Sequence[Scored], b: Sequence[Scored]) -> list[Paired]:
    """Every metric that both measure, in reading order. Rows are of the same questions, in the same order."""
    names = {"first_citation", "facts", "false_refusal", "wrong_answer", "milliseconds", "retrieve_ms"}
    names |= {name for row in (*a, *b) for name in row.values}
    differences = []
    for name in sorted(names, key=place):
        if name in _NOT_COMPARED:
            continue
        one, other = column(a, name), column(b, name)
        keys = [key for key in one if key in other]
        if keys:
            differences.append(_paired(name, [one[key] for key in keys], [other[key] for key in keys]))
    return differences


def _paired(name: str, a: Sequence[float], b: Sequence[float]) -> Paired:
    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    delta = other - one
    better = -delta if name in LESS_IS_BETTER else delta
    rng = np.random.default_rng(0)
    means = np.concatenate([delta[rng.integers(0, len(delta), (100, len(delta)))].mean(axis=1) for _ in range(20)])
    low, high = np.percentile(means, [2.5, 97.5])
    return Paired(
        name, len(delta), round(float(one.mean()), 4), round(float(other.mean()), 4), round(float(delta.mean()), 4),
        (round(float(low), 4), round(float(high), 4)), int((better > 1e-9).sum()), int((better < -1e-9).sum()),
        int((np.abs(better) <= 1e-9).sum()), permutation(delta), wilcoxon(delta),
    )  # fmt: skip


def permutation(delta: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    """Two-sided p that differences of this mean come from flipping signs at random. Exact for few, sampled for many."""
    from scipy import stats

    # Zeros never change the sum; leaving them out keeps the exact test within reach.
    kept = delta[np.abs(delta) > 1e-9]
    if len(kept) < 2:
        return None if len(kept) == 0 else 1.0  # one difference: either sign is as likely
    test = stats.permutation_test(
        (kept,), np.sum, permutation_type="samples", vectorized=True, n_resamples=_RESAMPLES, batch=500,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return round(float(test.pvalue), 5)


def wilcoxon(delta: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    """Two-sided p of Wilcoxon's signed-rank test, zeros left out."""
    from scipy import stats

    kept = delta[np.abs(delta) > 1e-9]
    if len(kept) == 0:
        return None
    return round(float(stats.wilcoxon(kept, method="auto" if len(set(np.abs(kept))) == len(kept) else "asymptotic").pvalue), 5)


def differences(a: dict[str, Any], b: dict[str, Any], prefix: str = "") -> list[dict[str, Any]]:
    """Settings that differ, by dotted name."""
    changed: list[dict[str, Any]] = []
    for key in sorted({*a, *b}):
        one, other, name = a.get(key), b.get(key), f"{prefix}{key}"
        if isinstance(one, dict) and isinstance(other, dict):
            changed += differences(one, other, f"{name}.")
        elif one != other:
            changed.append({"setting": name, "a": one, "b": other})
    return changed


def _about(run: Kept) -> dict[str, Any]:
    names = ("id", "suite", "started_at", "date", "fingerprint", "library", "program", "metrics", "intervals", "by_language",
             "by_type", "passed", "notes")  # fmt: skip
    return {name: run.report.get(name) for name in names}


def _kind(a: Kept, b: Kept) -> str:
    return "dates" if a.report.get("fingerprint") == b.report.get("fingerprint") else "configurations"


def verdict(row: Scored) -> str:
    """What a reader of the answer would say of it; of retrieval alone, whether the first document is right."""
    if row.answered is None:
        return "right" if row.right or not row.answerable else "wrong"
    if not row.answerable:
        return "wrong" if row.answered else "right"
    if not row.answered:
        return "refused"
    return "right" if row.first_citation else "wrong"


_BEST = {"right": 2, "refused": 1, "wrong": 0}


def _flip(one: Scored, other: Scored) -> dict[str, Any]:
    won = _BEST[verdict(other)] > _BEST[verdict(one)]
    return {
        "id": one.id,
        "lang": one.lang,
        "type": one.kind,
        "question": one.question,
        "expected": list(one.documents) if one.answerable else [],
        "won": won,
        "a": side(one),
        "b": side(other),
    }


def side(row: Scored) -> dict[str, Any]:
    """What one run found and said, for a reader: the first three hits, the answer."""
    hits = [
        {
            "document_id": hit["document_id"],
            "passage_id": hit["passage_id"],
            "title": hit["title"],
            "text": hit["text"][:400],
            "probability": hit["probability"],
            "right": row.answerable and hit["document_id"] in row.documents,
        }
        for hit in row.hits[:3]
    ]
    return {"verdict": verdict(row), "rank": row.rank, "answer": row.answer, "reason": row.reason, "hits": hits}
