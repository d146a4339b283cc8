"""Measures of a ranking of documents, by trec_eval itself (pytrec_eval). The only importer of pytrec_eval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

CUTOFFS = (1, 3, 5, 10, 20)
_TREC = {"recall": "recall", "precision": "P", "success": "success", "ndcg": "ndcg_cut"}
Ranking = tuple[Sequence[str], Mapping[str, int], bool]  # documents best first, grades of the right ones, alternatives?


def measure(rankings: Mapping[str, Ranking], cutoffs: Iterable[int] = CUTOFFS) -> dict[str, dict[str, float]]:
    """Question id → recall_at_k, precision_at_k, success_at_k, ndcg_at_k, mrr, map.

    Of alternatives (documents that say the same) the first one found stands for all; the others are not counted.
    """
    import pytrec_eval

    if not rankings:
        return {}
    ks = sorted({*CUTOFFS, *cutoffs})
    qrels, run = {}, {}
    for key, (documents, grades, alternatives) in rankings.items():
        ranked, right = (_one_of(documents, grades)) if alternatives else (list(documents), dict(grades))
        qrels[key] = right
        # Scores only say the order; a question without hits needs a row too.
        run[key] = {document: float(len(ranked) - at) for at, document in enumerate(ranked)} or {"\0nothing": 1.0}
    names = {f"{name}.{','.join(map(str, ks))}" for name in _TREC.values()} | {"recip_rank", "map"}
    by_query = pytrec_eval.RelevanceEvaluator(qrels, names).evaluate(run)
    return {key: _named(values, ks) for key, values in by_query.items()}


def _one_of(documents: Sequence[str], grades: Mapping[str, int]) -> tuple[list[str], dict[str, int]]:
    first = next((document for document in documents if document in grades), None)
    ranked = [document for document in documents if document == first or document not in grades]
    return ranked, {first if first is not None else min(grades): 1}


def _named(values: Mapping[str, float], ks: Sequence[int]) -> dict[str, float]:
    named = {f"{name}_at_{k}": float(values[f"{trec}_{k}"]) for name, trec in _TREC.items() for k in ks}
    return named | {"mrr": float(values["recip_rank"]), "map": float(values["map"])}
