"""Names of metrics: what there is, and what each means in a few words."""

from __future__ import annotations

import difflib
import re

from rag.errors import ConfigError

AT = {
    "recall": "share of the right documents among the first k documents",
    "precision": "share of right ones among the first k documents",
    "success": "questions with a right document among the first k",
    "ndcg": "discounted gain of the first k documents against the best order",
}
ONE = {
    "questions": "questions asked",
    "mrr": "1 / place of the first right document",
    "map": "mean average precision",
    "first_citation": "answerable questions whose first citation names a right document (a refusal counts as wrong)",
    "facts": "expected facts said, over answered answerable questions that have facts",
    "citation_precision": "citations that name a right document",
    "citation_recall": "right documents that are cited",
    "support": "sentences of the answer whose words and numbers are in the text that they cite",
    "false_refusal": "answerable questions refused",
    "wrong_answer": "unanswerable questions answered",
    "wrong_rate": "answered questions that are unanswerable or whose first citation names no right document",
    "refusal_accuracy": "questions rightly answered or rightly refused",
    "coverage": "questions answered",
    "aurc": "area under the risk–coverage curve (less is better)",
    "e_aurc": "the part of it that a perfect order of confidence would save",
    "coverage_at_risk_5": "share that can be answered with at most 5 % wrong",
    "coverage_at_risk_10": "share that can be answered with at most 10 % wrong",
    "calibration_error": "distance between stated probability and share of right first hits",
    "exact_match": "answers equal to a reference (SQuAD)",
    "f1": "token F1 against the best reference (SQuAD; Chinese by characters)",
    "contains": "answers that contain a reference word for word",
    "rouge_l": "ROUGE-L F1 against the best reference",
    "bleu": "corpus BLEU, 0–1",
    "perplexity": "of the backend's own answer to the same prompt",
    "judged_correct": "correctness by an LLM judge, 0–1",
    "judged_support": "sentences supported, by an LLM judge, 0–1",
    "prompt_tokens": "mean a question",
    "completion_tokens": "mean a question",
    "mean_ms": "time of an answer",
    "p50_ms": "time of an answer, median",
    "p90_ms": "time of an answer",
    "p95_ms": "time of an answer",
    "p99_ms": "time of an answer",
    "retrieve_mean_ms": "time of retrieval",
    "retrieve_p90_ms": "time of retrieval",
    "retrieve_p50_ms": "time of retrieval, median",
    "retrieve_p95_ms": "time of retrieval",
    "retrieve_p99_ms": "time of retrieval",
}
LESS_IS_BETTER = frozenset(
    ("false_refusal", "wrong_answer", "wrong_rate", "aurc", "e_aurc", "calibration_error", "perplexity", "prompt_tokens",
     "completion_tokens", "mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "retrieve_mean_ms", "retrieve_p50_ms",
     "retrieve_p90_ms", "retrieve_p95_ms", "retrieve_p99_ms", "milliseconds", "retrieve_ms")
)  # fmt: skip
_AT_NAME = re.compile(rf"({'|'.join(AT)})(?:_at_|@)(\d{{1,3}})")


def check_metric(name: str, where: str) -> None:
    """Raises ConfigError with the nearest name when there is no such metric."""
    if name in ONE or (_AT_NAME.fullmatch(name) and cutoff(name)):
        return
    known = [*ONE, *(f"{stem}_at_{k}" for stem in AT for k in (1, 3, 5, 10, 20))]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean `{near[0]}`?" if near else "See `xiansou eval metrics`."
    raise ConfigError(f"there is no metric `{name}`.", field=where, fix=hint)


def cutoff(name: str) -> int:
    """The k of `recall_at_k`; 0 for others."""
    match = _AT_NAME.fullmatch(name)
    return int(match[2]) if match else 0


# What is printed to a terminal when a suite names no metrics; the JSON has all.
SHORT = ("questions", "recall_at_1", "recall_at_5", "recall_at_10", "precision_at_5", "ndcg_at_10", "mrr", "first_citation",
         "facts", "citation_precision", "citation_recall", "support", "judged_correct", "judged_support", "exact_match", "f1",
         "contains", "rouge_l", "bleu", "perplexity", "refusal_accuracy", "wrong_rate", "aurc", "calibration_error",
         "prompt_tokens", "completion_tokens", "retrieve_p50_ms", "p95_ms", "false_refusal", "p50_ms",
         "wrong_answer")  # fmt: skip
