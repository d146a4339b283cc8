"""Finding the right passage: our whole pipeline beside each side alone, a minimal assembly, and other frameworks' hybrids.

All search the same passages by the same vectors, each question by each in turn. Times are without embedding the question
and, for ours, without the re-ranker, whose time stands apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

import faiss
import numpy as np

from eval import ranking
from eval.bench.frameworks import Corpus, Make
from eval.dataset import Suite
from eval.items import SuiteItem
from eval.library import own_library
from eval.measure import Bars
from eval.run import ingest_suite
from rag.domain import Passage, Question
from rag.errors import ConfigError
from rag.index.lexical import Lexical
from rag.ports import Vectors
from rag.record.changes import Delta, between
from rag.runtime.console import progress
from rag.search.rewrite import rewrite
from rag.settings import Settings
from rag.wiring import Application

OURS, DENSE, BM25 = "xiansou", "dense", "bm25"
_DEPTH = 100  # passages of each side, and of a ranking
_RANKS = 60  # of reciprocal rank fusion (Cormack et al., 2009)
_SHOWN = 5  # passages that the minimal assembly reads from the record
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as every method gets it: what is searched of it, its words, each once, and its vector (dim,)."""

    text: str
    words: tuple[str, ...]
    vector: Vectors


@dataclass(frozen=True, slots=True)
class TimedRanking:
    """What a method found: passage ids, best first; milliseconds, and beside them those of a re-ranker."""

    ids: Sequence[int]
    ms: float
    rerank_ms: float = 0.0


@dataclass(frozen=True)
class Method:
    """Something that searches, and what it told of each question."""

    search: Callable[[Asking], TimedRanking]
    rankings: dict[str, ranking.Ranking] = field(default_factory=dict)
    results: list[TimedRanking] = field(default_factory=list)


def measure(
    settings: Settings,
    suites: Sequence[Suite],
    frameworks: Mapping[str, Make],
    limit: int,
    keep: Path | None,
    bars: Bars = progress,
) -> dict[str, Any]:
    """A row a suite, and over all of them the mean and the least of ours against the better single side (nDCG@10).

    Raises ConfigError for a suite without a question that has an answer.
    """
    rows = []
    for suite in [_answerable(suite).limited(limit) for suite in suites]:
        with own_library(settings, keep and keep / suite.name, serving=True) as application:
            with bars(f"{suite.name}: ingest", "files") as update:
                ingest_suite(suite, application, update)
            rows.append(_suite(application, suite, frameworks, bars))
    ratios = [row["ratio"] for row in rows]
    return {"suites": rows, "macro_ratio": round(fmean(ratios), 4), "least_ratio": round(min(ratios), 4)}


def _answerable(suite: Suite) -> Suite:
    questions = tuple(item for item in suite.questions if item.answerable)
    if not questions:
        raise ConfigError(
            "no question has a document that answers it.", field=suite.name, fix="Name a suite whose questions have documents."
        )
    return replace(suite, questions=questions)


def _suite(application: Application, suite: Suite, frameworks: Mapping[str, Make], bars: Bars) -> dict[str, Any]:
    view = application.views.live()
    view.mirror.settle()
    with application.ledger.engine.connect() as conn:
        rows = between(conn, view.generation, 0, view.mirror.version, view.embedder.dim)
    passages = {passage.id: passage for passage in _passages(application, rows.ids.tolist())}
    methods = {OURS: Method(_ours(application))} | _plain(application, rows)
    for name, make in frameworks.items():
        with bars(f"{suite.name}: {name}", "builds") as update:
            methods |= _framework(name, make, rows, passages, update)
    with bars(f"{suite.name}: ask", "questions") as update:
        for done, item in enumerate(suite.questions, 1):
            text = rewrite(Question(item.question, item.history))
            words = tuple(dict.fromkeys(view.cutter.words(text)))
            asking = Asking(text, words, view.embedder.embed_queries([text])[0])
            for method in methods.values():
                _ask(method, item, asking, passages, alternatives=suite.alternatives)
            update(done, len(suite.questions))
    return _row(suite, len(passages), methods)


def _passages(application: Application, ids: Sequence[int]) -> Iterator[Passage]:
    version = application.ledger.head()
    for at in range(0, len(ids), _AT_ONCE):
        yield from application.ledger.passages_at(ids[at : at + _AT_ONCE], version).values()


def _ours(application: Application) -> Callable[[Asking], TimedRanking]:
    """Timed as a customer asks, for as many hits as the settings say; ranked as deep as the others."""

    def search(asking: Asking) -> TimedRanking:
        began = time.perf_counter()
        rerank_ms = application.answerer.retrieve(Question(asking.text)).rerank_ms
        took = (time.perf_counter() - began) * 1000
        retrieved = application.answerer.retrieve(Question(asking.text, top_k=_DEPTH))
        return TimedRanking([hit.passage.id for hit in retrieved.hits], took - rerank_ms, rerank_ms)

    return search


def _timed(search: Callable[[Asking], Sequence[int]]) -> Method:
    def timed(asking: Asking) -> TimedRanking:
        began = time.perf_counter()
        ids = search(asking)
        return TimedRanking(ids, (time.perf_counter() - began) * 1000)

    return Method(timed)


def _plain(application: Application, rows: Delta) -> dict[str, Method]:
    """Each side alone, and what one would put together of FAISS, tantivy and the record in an afternoon."""
    faiss.omp_set_num_threads(1)
    flat, lexical = faiss.IndexFlatIP(rows.vectors.shape[1]), Lexical()
    flat.add(rows.vectors)
    lexical.apply(zip(rows.ids.tolist(), rows.words, strict=True), [])

    def dense(asking: Asking) -> list[int]:
        ids: list[int] = rows.ids[flat.search(asking.vector[None], min(_DEPTH, len(rows.ids)))[1][0]].tolist()
        return ids

    def bm25(asking: Asking) -> list[int]:
        ids: list[int] = lexical.search(asking.words, _DEPTH)[0].tolist()
        return ids

    def minimal(asking: Asking) -> list[int]:
        scores: dict[int, float] = {}
        for side in (dense(asking), bm25(asking)):
            for rank, key in enumerate(side, 1):
                scores[key] = scores.get(key, 0.0) + 1 / (_RANKS + rank)
        ranked = sorted(scores, key=lambda key: -scores[key])
        application.ledger.passages_at(ranked[:_SHOWN], application.ledger.head())
        return ranked

    return {DENSE: _timed(dense), BM25: _timed(bm25), "minimal": _timed(minimal)}


def _framework(
    name: str, make: Make, rows: Delta, passages: Mapping[int, Passage], update: Callable[[int, int], None]
) -> dict[str, Method]:
    """Twice: as it cuts words itself, and with ours, which several need for Chinese."""
    ids = [str(key) for key in rows.ids.tolist()]
    texts = [f"{passages[key].context}\n{passages[key].text}".strip() for key in rows.ids.tolist()]
    own = make(Corpus(ids, texts, rows.vectors))
    update(1, 2)
    cut = make(Corpus(ids, rows.words, rows.vectors))
    update(2, 2)
    return {
        name: _timed(lambda asking: [int(key) for key in own.search(asking.text, asking.vector, _DEPTH)]),
        f"{name}, our words": _timed(
            lambda asking: [int(key) for key in cut.search(" ".join(asking.words), asking.vector, _DEPTH)]
        ),
    }


def _ask(method: Method, item: SuiteItem, asking: Asking, passages: Mapping[int, Passage], *, alternatives: bool) -> None:
    ranking = method.search(asking)
    method.results.append(ranking)
    documents = list(dict.fromkeys(passages[key].document_id for key in ranking.ids))
    grades = {key: item.grades.get(key, 1) for key in item.documents}
    method.rankings[item.id] = (documents, grades, alternatives)


def _row(suite: Suite, passages: int, methods: Mapping[str, Method]) -> dict[str, Any]:
    metrics = {}
    for name, method in methods.items():
        scores = ranking.measure(method.rankings).values()
        took = [answer.ms for answer in method.results]
        metrics[name] = {
            "ndcg_at_10": round(fmean(score["ndcg_at_10"] for score in scores), 4),
            "recall_at_10": round(fmean(score["recall_at_10"] for score in scores), 4),
            "p50_ms": round(median(took), 3),
            "p99_ms": round(float(np.percentile(took, 99)), 3),
        }
    metrics[OURS]["rerank_p50_ms"] = round(median(answer.rerank_ms for answer in methods[OURS].results), 3)
    best = max(metrics[DENSE]["ndcg_at_10"], metrics[BM25]["ndcg_at_10"])
    rivals = [name for name in metrics if name not in (OURS, DENSE, BM25)]
    return {
        "suite": suite.name,
        "passages": passages,
        "questions": len(suite.questions),
        "ratio": round(metrics[OURS]["ndcg_at_10"] / max(best, 1e-9), 4),
        "ahead_of_all": all(metrics[OURS]["ndcg_at_10"] >= metrics[name]["ndcg_at_10"] for name in rivals),
        "methods": metrics,
    }
