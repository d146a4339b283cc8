"""Means over many questions, with bootstrap intervals, over all and by language and type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval import refusal, texts
from eval.metrics import Scored

Values = NDArray[np.float64]
_RESAMPLES = 1000
# Reading order: finding, saying, declining, cost; what a gate most often rests on stands last, before the prompt returns.
_ORDER = ("questions", "recall_at_", "success_at_", "precision_at_", "ndcg_at_", "mrr", "map", "first_citation", "facts",
          "citation_", "support", "judged_", "exact_match", "f1", "contains", "rouge_l", "bleu", "perplexity",
          "refusal_accuracy", "wrong_rate", "coverage", "aurc", "e_aurc", "calibration_error", "prompt_", "completion_",
          "retrieve_", "mean_ms", "p90_ms", "p95_ms", "p99_ms", "false_refusal", "p50_ms", "wrong_answer")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """`metrics`: name → value; `intervals`: name → the middle 95 % of its bootstrap (over questions)."""

    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]]


def summarise(rows: Sequence[Scored]) -> dict[str, float]:
    """Values of `measure`, without intervals."""
    return measure(rows, resamples=0).metrics


def by(rows: Sequence[Scored], key: Callable[[Scored], str], *, resamples: int = _RESAMPLES) -> dict[str, Summary]:
    """A summary for each language or type; rows that have none are left out."""
    names = sorted({key(row) for row in rows} - {""})
    return {name: measure([row for row in rows if key(row) == name], resamples=resamples) for name in names}


def measure(rows: Sequence[Scored], *, resamples: int = _RESAMPLES) -> Summary:
    """Every metric that some row measures, rounded to four digits; what no row measures is left out.

    Intervals: percentile bootstrap over the questions (Efron 1979), 1,000 resamples (250 of AURC and its like), the same
    every time.
    """
    metrics: dict[str, float] = {"questions": float(len(rows))}
    intervals: dict[str, tuple[float, float]] = {}
    for name, (columns, statistic) in _statistics(rows).items():
        metrics[name] = _round(statistic(*columns))
        if resamples and len(columns[0]) > 1:
            intervals[name] = _interval(columns, statistic, resamples)
    metrics |= _corpus_bleu(rows)
    return Summary(dict(sorted(metrics.items(), key=lambda item: place(item[0]))), intervals)


def column(rows: Sequence[Scored], name: str) -> dict[str, float]:
    """Question id → its own value of a metric that is a mean over questions."""
    return {row.id: value for row in rows if (value := value_of(row, name)) is not None}


def value_of(row: Scored, name: str) -> float | None:
    """One question's value; None when it is not measured on it."""
    if name in ("first_citation", "false_refusal"):
        if not row.answerable or row.answered is None:
            return None
        return float(bool(row.first_citation)) if name == "first_citation" else float(not row.answered)
    if name == "wrong_answer":
        return None if row.answerable or row.answered is None else float(row.answered)
    if name == "coverage":
        return None if row.answered is None else float(row.answered)
    if name in ("facts", "milliseconds", "retrieve_ms"):
        value = getattr(row, name)
        return None if value is None else float(value)
    return row.values.get(name)


Statistic = Callable[..., float]


def _statistics(rows: Sequence[Scored]) -> dict[str, tuple[tuple[Values, ...], Statistic]]:
    """Name → its columns (a value a question each) and what makes one number of them."""
    names = dict.fromkeys(("first_citation", "facts", "false_refusal", "wrong_answer", "coverage"))
    for row in rows:
        names |= dict.fromkeys(row.values)
    statistics: dict[str, tuple[tuple[Values, ...], Statistic]] = {}
    for name in names:
        values = [value for row in rows if (value := value_of(row, name)) is not None]
        if values:
            statistics[name] = (np.array(values),), _perplexity if name == "perplexity" else _mean
    if rows:
        sure = np.array([row.confidence for row in rows])
        wrong = np.array([float(not row.right) for row in rows])
        statistics |= {
            "aurc": ((sure, wrong), refusal.aurc),
            "e_aurc": ((sure, wrong), refusal.e_aurc),
            "coverage_at_risk_5": ((sure, wrong), lambda c, w: refusal.coverage_at(c, w, 0.05)),
            "coverage_at_risk_10": ((sure, wrong), lambda c, w: refusal.coverage_at(c, w, 0.10)),
            "calibration_error": ((sure, 1 - wrong), refusal.calibration_error),
        }
    for prefix, name in (("", "milliseconds"), ("retrieve_", "retrieve_ms")):
        times = np.array([value for row in rows if (value := value_of(row, name)) is not None])
        if len(times):
            statistics |= {f"{prefix}p{q}_ms": ((times,), _Percentile(q)) for q in (50, 90, 95, 99)}
            statistics[f"{prefix}mean_ms"] = (times,), _mean
    return statistics


def _mean(values: Values) -> float:
    return float(values.mean())


def _perplexity(values: Values) -> float:
    """Geometric mean: each value is exp(−mean log-probability) of one answer."""
    return float(np.exp(np.log(values).mean()))


@dataclass(frozen=True, slots=True)
class _Percentile:
    q: int

    def __call__(self, values: Values) -> float:
        return float(np.percentile(values, self.q))


def _interval(columns: tuple[Values, ...], statistic: Statistic, resamples: int) -> tuple[float, float]:
    n, rng = len(columns[0]), np.random.default_rng(0)
    if statistic is _mean or isinstance(statistic, _Percentile):
        # Many resamples in one go; in parts, so that thousands of questions need little memory.
        parts = (columns[0][rng.integers(0, n, (100, n))] for _ in range(resamples // 100))
        if isinstance(statistic, _Percentile):
            draws_of = np.concatenate([np.percentile(part, statistic.q, axis=1) for part in parts])
        else:
            draws_of = np.concatenate([part.mean(axis=1) for part in parts])
    else:
        draws = (rng.integers(0, n, n) for _ in range(resamples // 4))
        draws_of = np.array([statistic(*(values[at] for values in columns)) for at in draws])
    low, high = np.percentile(draws_of, [2.5, 97.5])
    return _round(float(low)), _round(float(high))


def _corpus_bleu(rows: Sequence[Scored]) -> dict[str, float]:
    answered = [row for row in rows if row.answerable and row.answered is not None and row.references]
    if not answered:
        return {}
    answers = [texts.said(row.answer or "") if row.answered else "" for row in answered]
    return {"bleu": _round(texts.bleu(answers, [row.references for row in answered], [row.lang for row in answered]))}


def _round(value: float) -> float:
    return round(value, 4)


def place(name: str) -> tuple[int, str, int]:
    """Sorts names of metrics into reading order."""
    stem, _, k = name.partition("_at_")
    known: Mapping[int, str] = dict(enumerate(_ORDER))
    at = next((at for at, start in known.items() if name.startswith(start)), len(_ORDER))
    return at, stem, int(k) if k.isdigit() else 0
